"""The journal's terms: runs, breaks, events, and open items.

Amounts are ten-thousandths of the currency unit (see `recon.base.money`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from recon.base.month import Month
from recon.base.result import Break, Bucket, Reconciliation, Totals
from recon.reconciliation.verdict import verdict

# The source that only runs of order to cash have.
LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Reported:
    """The figures of a run's reports, which nobody counts again.

    `bridge` has the steps from expected to recognized by currency; `masked` are the currencies in
    which a net difference within tolerance hides a gross one beyond it.
    """

    verdict: str
    masked: tuple[str, ...]
    bridge: Mapping[str, tuple[Bucket, ...]]

    @classmethod
    def of(cls, result: Reconciliation) -> Reported:
        """The figures of a result."""
        return cls(
            verdict(result),
            tuple(filter(result.masked, result.totals)),
            {currency: tuple(steps) for currency, steps in result.bridge.items()},
        )


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a month, as it ended.

    `folder` is relative to the reports; `evidence` is the SHA-256 of the evidence's SHA256SUMS;
    `supersedes` names the run that was signed off before, if the month was; `reported` is None for
    a run that was recorded by journals of schema 3 or earlier.
    """

    run_id: str
    month: Month
    started: datetime
    ended: datetime
    who: str
    host: str
    versions: Mapping[str, str]
    policy: Mapping[str, str]
    sources: Mapping[str, str]
    severity: str
    exit_code: int
    folder: str
    evidence: str
    invalid: int
    totals: Mapping[str, Totals]
    supersedes: str = ""
    provisional: bool = False
    reported: Reported | None = None

    @property
    def of_cash(self) -> bool:
        """Whether it is a run of order to cash."""
        return LEDGER in self.sources

    @property
    def verdict(self) -> str:
        """The run's verdict in a word, to compare runs by."""
        return self.severity or "clean"

    @property
    def breaks(self) -> int:
        """How many breaks the run saw, in all currencies."""
        return sum(totals.breaks for totals in self.totals.values())


class State(StrEnum):
    """The state of a break."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """The kind of an event of a break or month."""

    RUN = "run"
    INTERRUPTED = "interrupted"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    ACCEPTED = "accepted"
    SIGNED_OFF = "signed_off"


@dataclass(frozen=True, slots=True)
class Event:
    """An event, with who and when.

    `number` is its place in time. `subject` is the name of a break, the run that ran or was cut
    off before its record, or the run that was signed; `detail` is the month until which an
    acknowledgement holds, the role of a signature, or the seal of the evidence that a run left
    that was cut off. What a signatory has accepted comes right before the signature.
    """

    number: int
    at: datetime
    who: str
    host: str
    kind: Kind
    subject: str
    month: Month
    reason: str = ""
    detail: str = ""


class Lapse(NamedTuple):
    """An acknowledgement that no longer holds, and the change.

    `month` is the one in which the break changed, `then` the break as it was acknowledged, None
    where the month adds to it, and `now` the break as the run saw it that came upon the change.
    """

    event: Event
    month: Month
    then: Break | None
    now: Break


class OpenItem(NamedTuple):
    """A break from its first month until it is resolved.

    `seen` has it by month, as the last run of that month saw it; `acknowledged` is the event that
    holds, if any, and `lapsed` the last one that held before the break changed, if none holds now.
    """

    name: str
    first_month: Month
    first_seen: datetime
    seen: Mapping[Month, Break]
    last: Break
    notes: Sequence[Event] = ()
    acknowledged: Event | None = None
    resolved: Event | None = None
    lapsed: Lapse | None = None

    @property
    def state(self) -> State:
        """The state of the break."""
        if self.resolved:
            return State.RESOLVED
        return State.ACKNOWLEDGED if self.acknowledged else State.OPEN

    @property
    def amount(self) -> int:
        """The open amount: the differences of all months seen.

        A difference to date is the whole of it.
        """
        if self.last.to_date:
            return self.last.difference
        return sum(item.difference for item in self.seen.values())

    def months_old(self, month: Month) -> int:
        """The age in a month, 0 in the first one."""
        return month.index - self.first_month.index

    def days_old(self, now: datetime) -> int:
        """The whole days for which it has been known."""
        return (now - self.first_seen).days


class Role(StrEnum):
    """In which role somebody signs, in the order of signing."""

    PREPARER = "preparer"
    REVIEWER = "reviewer"
