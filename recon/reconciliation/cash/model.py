"""The matching of two sides, as reports read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from recon.reconciliation.cash.groups import NotTried
from recon.reconciliation.cash.passes import Passed


class Kind(StrEnum):
    """How well the documents of a match agree."""

    MATCHED = "matched"
    GROUPED = "grouped"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Document:
    """A document; `open` is its amount in no match."""

    side: int
    place: str
    ref: str | None
    customer: str | None
    day: date | None
    amount: int
    currency: str
    kind: str | None
    open: int
    document: int = 0
    sale: str | None = None
    tax: int = 0
    lines: int = 1
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """Documents of both sides that belong together.

    `difference` is the second side less the first one; of several currencies it is 0.
    """

    rule: str
    kind: Kind
    documents: tuple[Document, ...]
    difference: int
    interchangeable: bool = False
    number: int = 0

    def of(self, side: int) -> list[Document]:
        """Its documents of a side."""
        return [document for document in self.documents if document.side == side]


@dataclass(frozen=True, slots=True)
class Sums:
    """Documents and amounts of one side and currency."""

    documents: int = 0
    amount: int = 0
    matched: int = 0
    matched_amount: int = 0

    @property
    def open(self) -> int:
        """The documents in no match."""
        return self.documents - self.matched

    @property
    def open_amount(self) -> int:
        """The amount in no match."""
        return self.amount - self.matched_amount


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that cannot be matched, and why.

    `number` and `customer` are those of its document, '' where they are not known.
    """

    side: int
    place: str
    reason: str
    number: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """The result of matching two sides.

    `names` are those of the sides; `sums` are by side and currency. `groups`, `near` and
    `unmatched` are complete; of the plain pairs there is only the number in `passed`.
    """

    names: tuple[str, str]
    passed: Sequence[Passed]
    sums: Mapping[tuple[int, str], Sums]
    groups: Sequence[Match]
    near: Sequence[Match]
    unmatched: Sequence[Document]
    invalid: Sequence[InvalidRow]
    not_tried: Sequence[NotTried]
    notices: Sequence[str] = ()

    @property
    def currencies(self) -> list[str]:
        """The currencies of both sides."""
        return sorted({currency for _, currency in self.sums})

    def sums_of(self, side: int, currency: str) -> Sums:
        """The sums of a side in a currency."""
        return self.sums.get((side, currency), Sums())

    @property
    def agrees(self) -> bool:
        """Whether every row is in an exact match."""
        return not (self.near or self.unmatched or self.invalid)
