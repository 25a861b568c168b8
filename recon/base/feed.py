"""A feed: files that one sender delivers again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from recon.base.feeds import FeedKind

NOT_AFTER_TODAY, REQUIRED = "not after today", "required"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule for the values of a column.

    `bounds` are comparisons, such as (">=", "0"); `one_of` are the values allowed, if any. `rule`
    is the check as it is written, or one of two words.
    """

    column: str
    rule: str
    bounds: tuple[tuple[str, str], ...] = ()
    one_of: tuple[str, ...] = ()


class OnConflict(StrEnum):
    """Two different rows of one key in one file."""

    REJECT = "reject"
    LAST = "last"


class Repeats(StrEnum):
    """Equal rows of a sale without line numbers."""

    KEEP = "keep"
    DROP = "drop"


class OwnIds(StrEnum):
    """Whether all feeds share the ids of products and customers."""

    SHARED = "shared"
    OWN = "own"


class OnOverlap(StrEnum):
    """A row that another feed has delivered already."""

    TELL = "tell"
    REFUSE = "refuse"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Expected:
    """The days and the time by which a feed delivers."""

    days: str
    time: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: files that come again and again.

    `path` is a file or a glob, absolute; `columns` maps our names to theirs, `values` by column
    their values to ours, `fixed` our names to the value of every row. `currency` is that of rows
    without one. `receivable` is 1 or -1, by which an amount changes what the customer owes.
    `max_rejected` and `thin` are in millionths. Loaded files go to the folder `archive`, refused
    ones to `refused`, if any. The others are as those of `SourceSettings`.
    """

    name: str
    kind: FeedKind
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    known: tuple[str, ...] = ()
    currency: str = "USD"
    receivable: int = 1
    max_rejected: int | None = None
    on_conflict: OnConflict = OnConflict.REJECT
    repeats: Repeats = Repeats.KEEP
    ids: OwnIds = OwnIds.SHARED
    on_overlap: OnOverlap = OnOverlap.TELL
    expected: Expected | None = None
    thin: int = 500_000
    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    dates: str | None = None
    sheet: str | int | None = None
    skip_head: int = 0
    skip_foot: int = 0
    where: str | None = None
    archive: Path | None = None
    refused: Path | None = None

    @property
    def key(self) -> str:
        """Its table in the configuration."""
        return f"feeds.{self.name}"
