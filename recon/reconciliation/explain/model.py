"""Model: a contract's detail in one month, as frozen data.

Amounts are ten-thousandths of the currency unit; a text that does not apply is ''.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from recon.base.events import Event, Severity
from recon.base.month import Month
from recon.base.result import Break, CarriedDifference, Cause, Flag, Status


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a line, and the rules that recognize it.

    A field of an invalid row is None where it is missing or unreadable. `term_start` to
    `term_end` is the term over which the line is recognized: of a type that is recognized at a
    point in time, the one month. `kind` is `duration`, `dates` for a term from start to close, or
    `month` for a value that is that of a month, whose term may have no end. `first_month` and
    `last_month` are the first and the last one that may expect anything.
    """

    value: int | None
    duration: int | None
    booked_on: date | None
    started_on: date | None
    close_date: date | None
    terminated_on: date | None
    closed_on: date | None
    term_start: date | None
    term_end: date | None
    first_month: Month | None
    last_month: Month | None
    recognition: str
    convention: str
    basis: str
    rounding: str
    kind: str = "duration"
    free_months: int = 0
    free_at: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a term has come in the reconciled month.

    `elapsed` / `parts` of the value is earned with the month, `elapsed_before` / `parts_before`
    without it. The term has `denominator` parts, of which the first period counts `first` and each
    further one `step`, None where they count by their days. `earned` and `earned_before` are the
    rounded amounts. Where a stop cuts the month's period, it counts `stop_days` of its `stop_of`
    days, which are `stop_share` of `parts`.
    """

    period: int
    periods: int
    elapsed_before: int
    parts_before: int
    elapsed: int
    parts: int
    denominator: int
    first: int | None
    step: int | None
    earned_before: int
    earned: int
    stop_days: int | None = None
    stop_of: int | None = None
    stop_share: int | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a figure came about: with numbers, and in words."""

    formula: str
    words: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """Allowed difference: the largest of rate, rounding and floor.

    `by_rate` is `ppm` millionths of the expected amount, `by_rounding` half a minor unit for
    every month of the term; `cap` None is no cap. `origin` is the key of the rate in the policy,
    `decides` is one of `rate`, `rounding`, `floor` and `cap`.
    """

    ppm: int
    origin: str
    by_rate: int
    term_months: int
    by_rounding: int
    floor: int
    cap: int | None
    allowed: int
    decides: str


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month of a line, or several added up.

    `last` is the last of several. `to_come`: after the reconciled month and after the line's last
    entry, where a difference would prove nothing.
    """

    month: Month
    last: Month
    expected: int
    recognized: int
    to_date_expected: int
    to_date_recognized: int
    entries: int
    to_come: bool

    @property
    def difference(self) -> int | None:
        """Recognized less expected."""
        return None if self.to_come else self.recognized - self.expected

    @property
    def to_date_difference(self) -> int | None:
        """To-date recognized less to-date expected."""
        return None if self.to_come else self.to_date_recognized - self.to_date_expected


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One accounting entry; `reason` is why it is kept out.

    `month` and `amount` are None where they cannot be read; the texts are as delivered.
    """

    entry_id: str
    contract_id: str
    revenue_type: str
    currency: str
    month: Month | None
    period_text: str
    amount: int | None
    amount_text: str
    document_ref: str
    posted_at: str
    compliance: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: rule, reason, severity."""

    by: str
    why: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class CauseFinding:
    """Cause of a break and its severity.

    `tried` are the causes that do not fit.
    """

    item: Break
    ladder: tuple[Rung, ...]
    tried: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One revenue type of the contract in one currency.

    `status` is None where neither side has anything to compare: accounting has entries of other
    months only. `value` is the contract value rounded to the minor unit; months' expected
    amounts and `remainder`, left unrecognized by closing early, add up to it. `event` is the one
    that it belongs to.
    """

    revenue_type: str
    currency: str
    customer_id: str
    customer: str
    segment: str
    owner: str
    status: Status | None
    flags: tuple[Flag, ...]
    terms: Terms | None
    value: int
    remainder: int
    expected: int
    recognized: int
    to_date_expected: int
    to_date_recognized: int
    derivation: Derivation
    allowance: Allowance | None
    finding: CauseFinding | None
    months: Sequence[MonthRow]
    entries: Sequence[EntryRow]
    carried: CarriedDifference | None = None
    event: Event | None = None

    @property
    def difference(self) -> int:
        """Recognized less expected."""
        return self.recognized - self.expected

    @property
    def to_date_difference(self) -> int:
        """To-date recognized less to-date expected."""
        return self.to_date_recognized - self.to_date_expected


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """Contract row that cannot be compared, and why.

    `row` counts from 1 in the source, where `place` names it.
    """

    row: int
    place: str
    revenue_type: str
    currency: str
    customer_id: str
    customer: str
    segment: str
    owner: str
    terms: Terms
    reason: str


@dataclass(frozen=True, slots=True)
class ContractDetail:
    """Everything about one contract in one month.

    `kept_out` are the entries of the month, or of no readable one, that are not compared;
    `kept_out_elsewhere` counts those of other months.
    """

    month: Month
    contract_id: str
    lines: Sequence[Line]
    invalid: Sequence[InvalidLine]
    kept_out: Sequence[EntryRow]
    kept_out_elsewhere: int
