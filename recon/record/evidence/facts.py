"""The contents of a pack, and the findings about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recon.base.events import Severity
from recon.base.result import Reconciliation, Side
from recon.config import Settings
from recon.reconciliation.cash.receivable import Receivables
from recon.record.evidence.extracts import Kept
from recon.record.journal.chain import Link
from recon.record.journal.signing import Signature


@dataclass(frozen=True, slots=True)
class Previous:
    """The run before: id, and SHA-256 of its SHA256SUMS."""

    run_id: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """The facts of a run, for its pack.

    Moments know their time zone. `signoffs` are those of all runs before, `journal` is the
    journal's last seal before this run, and `interrupted` are the packs of runs that were cut off
    before their record. `follows` is the last recorded run, '' for none.
    """

    run_id: str
    started: datetime
    ended: datetime
    user: str
    host: str
    versions: Mapping[str, str]
    settings: Settings
    fail_on: Severity | None = None
    exit_code: int = 0
    signoffs: Sequence[Signature] = ()
    previous: Previous | None = None
    journal: Link | None = None
    interrupted: Sequence[Previous] = ()
    follows: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackContents(RunFacts):
    """The contents of the pack of a month.

    `relations` are what to select both sides from, `trails` how they came here; both are looked
    at when the pack is written. `kept` are extracts that an earlier run has made of the very same
    rows.
    """

    result: Reconciliation
    relations: Mapping[Side, str]
    trails: Mapping[Side, Callable[[], Mapping[str, object]]]
    kept: Mapping[Side, Kept] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashContents(RunFacts):
    """The contents of the pack of order to cash.

    `trails` are how the sides came here, `places` the rows that the result names, by side and
    number.
    """

    result: Receivables
    sample: bool
    trails: Mapping[str, Callable[[], Mapping[str, object]]]
    places: Mapping[str, Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class PackFinding:
    """A reason why a run's pack does not prove itself."""

    run: str
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"
