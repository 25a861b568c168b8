"""The result of a reconciliation: breaks, totals, the bridge.

Amounts are ten-thousandths of the currency unit (see `recon.base.money`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from recon.base import money
from recon.base.events import Event, Severity
from recon.base.month import Month
from recon.base.policy import Policy

if TYPE_CHECKING:
    import pandas as pd


class Status(StrEnum):
    """The status of a line; exactly one each.

    `invalid` are the rows of `Reconciliation.invalid`.
    """

    MATCHED = "matched"
    WITHIN_TOLERANCE = "within_tolerance"
    OVER_RECOGNIZED = "over_recognized"
    UNDER_RECOGNIZED = "under_recognized"
    NOT_RECOGNIZED = "not_recognized"
    NOT_EXPECTED = "not_expected"
    INVALID = "invalid"


class Cause(StrEnum):
    """The causes of breaks, in the order of naming."""

    CATCH_UP = "catch_up"
    DUPLICATE_ENTRY = "duplicate_entry"
    POSTED_AGAIN = "posted_again"
    SIGN_FLIPPED = "sign_flipped"
    CREDIT_NOTE = "credit_note"
    DECIMAL_SHIFT = "decimal_shift"
    DIGITS_SWAPPED = "digits_swapped"
    WRONG_PERIOD = "wrong_period"
    PARTIAL_POSTING = "partial_posting"
    WRONG_TYPE = "wrong_type"
    WRONG_CONTRACT = "wrong_contract"
    POSTED_TOGETHER = "posted_together"
    MISTYPED_CONTRACT = "mistyped_contract"
    WRONG_CURRENCY = "wrong_currency"
    FULL_VALUE = "full_value"
    WRONG_DURATION = "wrong_duration"
    WRONG_START = "wrong_start"
    OTHER_CONVENTION = "other_convention"
    AMENDED = "amended"
    STOPPED_BY_DAYS = "stopped_by_days"
    REMAINDER_TAKEN = "remainder_taken"
    TWO_CAUSES = "two_causes"
    EXTRA_ENTRY = "extra_entry"
    ENDED = "ended"
    NOT_STARTED = "not_started"
    UNKNOWN_CONTRACT = "unknown_contract"
    NOT_POSTED = "not_posted"
    UNEXPLAINED = "unexplained"


# Differences of timing: what one month lacks another one has too much of.
TIMING = frozenset({Cause.WRONG_PERIOD, Cause.CATCH_UP})


class Certainty(StrEnum):
    """How reliable the cause of a break is."""

    CERTAIN = "certain"
    AMBIGUOUS = "ambiguous"
    UNEXPLAINED = "unexplained"


class Flag(StrEnum):
    """A further remark on a line."""

    TERM_MISMATCH = "term_mismatch"
    CLOSED_EARLY = "closed_early"
    CARRIED_DIFFERENCE = "carried_difference"
    OVER_CONTRACT_VALUE = "over_contract_value"
    SPELLING = "spelling"
    SECOND_MONTH = "second_month"
    THIRD_MONTH = "third_month"


class Side(StrEnum):
    """The two sides that are compared."""

    ANALYTICS = "analytics"
    ACCOUNTING = "accounting"


class Entry(NamedTuple):
    """One accounting entry of a line that breaks.

    `offset` is its month less the reconciled one.
    """

    entry_id: str
    amount: int
    offset: int
    document_ref: str
    posted_at: str


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The line that is off by the opposite amount.

    It is there where a cause is between two lines. `offset` is its month less the reconciled one: 0
    unless an entry stands in the wrong month.
    """

    contract_id: str
    revenue_type: str
    currency: str
    offset: int
    to_date_expected: int
    to_date_recognized: int


NAME_LENGTH = 12


def short_name(length: int, *parts: str) -> str:
    """Letters and digits for some texts, always the same ones."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(digest).decode("ascii")[:length]


def fingerprint(id_key: str, revenue_type: str, currency: str) -> str:
    """The name of a break: that of its line.

    It is the same in every run and month. `id_key` is what the comparison folds the contract's id
    to: Python folds a few letters otherwise, and two lines would have one name. A line has at most
    one break a month. Of ten million lines two have the same 60 bits in one of 20,000 companies;
    the first few letters are enough to ask for one.
    """
    return "B-" + short_name(NAME_LENGTH, id_key, revenue_type, currency)


@dataclass(frozen=True, slots=True)
class Break:
    """A line outside tolerance, why, and how much it matters.

    The one model of a break: reports, journal, evidence and Slack all render it. `name` is that
    under which people speak of it, like `B-7KQ2M4XAU3EP` (see `fingerprint`). `concerned` are the
    ids of the entries that the cause is about: of the repeated ones, of those in the wrong month,
    else of all in the month. `against` are the sentences that speak against the cause. `event` is
    the id of the event that it belongs to, '' for none. `contract_key` is the id as it is compared,
    '' where it comes from the journal.
    """

    name: str
    contract_id: str
    revenue_type: str
    currency: str
    customer: str
    segment: str
    owner: str
    status: Status
    cause: Cause
    candidates: tuple[Cause, ...]
    severity: Severity
    expected: int
    recognized: int
    difference: int
    allowed: int
    to_date_expected: int
    to_date_recognized: int
    flags: tuple[Flag, ...]
    entries: tuple[Entry, ...]
    explanation: str
    concerned: tuple[str, ...] = ()
    counterpart: Counterpart | None = None
    against: tuple[str, ...] = ()
    event: str = ""
    contract_key: str = field(default="", compare=False, repr=False)

    @property
    def percent(self) -> str:
        """The variance, difference / expected, or `n/a` without any expected."""
        return money.percent(self.difference, self.expected)

    @property
    def to_date_difference(self) -> int:
        """To-date recognized less to-date expected."""
        return self.to_date_recognized - self.to_date_expected

    @property
    def ambiguous(self) -> bool:
        """Whether more than one cause explains the difference."""
        return len(self.candidates) > 1

    @property
    def certainty(self) -> Certainty:
        """How reliable its cause is."""
        if self.cause is Cause.UNEXPLAINED and not self.ambiguous:
            return Certainty.UNEXPLAINED
        return Certainty.AMBIGUOUS if self.ambiguous or self.against else Certainty.CERTAIN

    @property
    def entry_ids(self) -> tuple[str, ...]:
        """The ids of the month's entries."""
        return tuple(entry.entry_id for entry in self.entries if entry.offset == 0)

    @property
    def reported(self) -> tuple[object, ...]:
        """The values by which one run's break differs from another's.

        A break whose entries alone were posted anew, or whose tolerance is another one, is the
        same to people: it has not changed, and its acknowledgement holds.
        """
        return (
            self.name, self.contract_id, self.revenue_type, self.currency, self.customer,
            self.segment, self.owner, self.status, self.cause, self.severity, self.expected,
            self.recognized, self.difference, self.to_date_difference, self.explanation,
        )  # fmt: skip

    def changed_from(self, before: Break) -> bool:
        """Whether people see another break than before."""
        return self is not before and self.reported != before.reported


@dataclass(frozen=True, slots=True)
class CarriedDifference:
    """A line that agrees in the month, not to date.

    `months` are those in which it went off. It is no break of the month.
    """

    contract_id: str
    revenue_type: str
    currency: str
    customer: str
    owner: str
    to_date_expected: int
    to_date_recognized: int
    months: tuple[Month, ...]
    candidates: tuple[Cause, ...]
    explanation: str

    @property
    def cause(self) -> Cause:
        """The first of the causes that fit."""
        return self.candidates[0]

    @property
    def certainty(self) -> Certainty:
        """How reliable its cause is."""
        if self.cause is Cause.UNEXPLAINED:
            return Certainty.UNEXPLAINED
        return Certainty.AMBIGUOUS if len(self.candidates) > 1 else Certainty.CERTAIN

    @property
    def to_date_difference(self) -> int:
        """To-date recognized less to-date expected."""
        return self.to_date_recognized - self.to_date_expected


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that cannot be compared.

    `row` counts from 1 in the order in which the source delivers its contract lines, or the
    entries of the month. `place` names it in the source, as `entries.csv, line 12`.
    """

    side: Side
    row: int
    id: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a currency, or of a part."""

    expected: int
    recognized: int
    gross_difference: int
    contract_lines: int
    inactive_lines: int
    matched: int
    within_tolerance: int
    breaks: int

    def masked(self, ppm: int) -> bool:
        """Whether a small net difference hides a gross one.

        The tolerance is in millionths.
        """
        allowed = ppm * abs(self.expected)
        return abs(self.difference) * 1_000_000 <= allowed < self.gross_difference * 1_000_000

    @property
    def difference(self) -> int:
        """The net difference: recognized less expected."""
        return self.recognized - self.expected

    @property
    def compared(self) -> int:
        """The lines with revenue in the month, on either side.

        The others, outside their term for the most part, match trivially and would flatter the
        rate.
        """
        return self.matched - self.inactive_lines + self.within_tolerance + self.breaks

    @property
    def match_rate(self) -> str:
        """The matching share of compared lines, as `97.31%`.

        Lines within tolerance match.
        """
        return money.share(self.compared - self.breaks, self.compared)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of the bridge from expected to recognized."""

    bucket: str
    amount: int
    lines: int


@dataclass(frozen=True, slots=True)
class CurrencyPart:
    """The totals of a part of one currency.

    The part is a segment, a revenue type or a kind of revenue.
    """

    by: str
    name: str
    currency: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One side's delivery; for accounting, the month's entries.

    `repeated` are the rows that are equal to an earlier one in every column. Of the invalid ones,
    `unread_amounts` have none that could be read.
    """

    rows: int
    invalid: int
    control_total: Mapping[str, int]
    description: str = "data frame"
    repeated: int = 0
    unread_amounts: int = 0

    @property
    def compared(self) -> int:
        """The rows that were compared with the other side."""
        return self.rows - self.invalid - self.repeated


LINE_COLUMNS = (
    "contract_id", "revenue_type", "kind", "currency", "customer", "segment", "owner", "status",
    "cause", "severity", "expected", "recognized", "difference", "allowed", "to_date_expected",
    "to_date_recognized", "unrecognized_remainder", "entries", "flags", "event",
)  # fmt: skip


class Lines(Protocol):
    """All compared lines, read in batches to spare memory."""

    columns: tuple[str, ...]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[object, ...]]: ...

    def texts(self, expression: str, made: Mapping[str, str]) -> Iterator[str]:
        """A text for each line.

        It is SQL over the columns that `made` makes, by name.
        """
        ...

    def to_pandas(self) -> pd.DataFrame:
        """The lines as a data frame, with int64 ten-thousandths."""
        ...


@dataclass(frozen=True)
class Reconciliation:
    """The result of a month, which nothing counts again.

    Every report, the console and Slack read it. `places` are those of the rows that are named, by
    number in their source.
    """

    month: Month
    policy: Policy
    sources: Mapping[Side, SourceFacts]
    totals: Mapping[str, Totals]
    bridge: Mapping[str, Sequence[Bucket]]
    breaks: Sequence[Break]
    invalid: Sequence[InvalidRow]
    parts: Sequence[CurrencyPart]
    flags: Mapping[Flag, int]
    notices: Sequence[str]
    lines: Lines = field(compare=False, repr=False)
    events: Sequence[Event] = ()
    carried: Sequence[CarriedDifference] = ()
    places: Mapping[Side, Mapping[int, str]] = field(default_factory=dict)

    @property
    def severity(self) -> Severity | None:
        """The worst severity, or None.

        An invalid row is at least high.
        """
        found = [item.severity for item in self.breaks] + [event.severity for event in self.events]
        return max(found + [Severity.HIGH] * bool(self.invalid), default=None)

    def breaks_from(self, severity: Severity | None) -> bool:
        """Whether anything is at or above a severity; None never.

        Breaks count, events, and invalid rows.
        """
        found = self.severity
        return severity is not None and found is not None and found >= severity

    def masked(self, currency: str) -> bool:
        """Whether net is within tolerance and gross is not."""
        return self.totals[currency].masked(self.policy.tolerance.ppm or 0)
