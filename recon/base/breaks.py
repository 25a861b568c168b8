"""Breaks: lines outside tolerance, why, and how much they matter.

Amounts are ten-thousandths of the currency unit (see `recon.base.money`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from recon.base import money
from recon.base.cash import CashCause, CashStatus
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.text import words

# What speaks against every cause of a line with such an entry.
NOT_READ = "an entry of it cannot be read"


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


# A cause of either kind of run; an equal word is an equal cause.
AnyCause = Cause | CashCause
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


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [one + other for one in _LETTERS for other in _LETTERS]


def short_name(length: int, *parts: str) -> str:
    """Letters and digits for some texts, always the same ones.

    At most 50, those of base32, which Python's own library writes many times slower.
    """
    pairs = (length + 1) // 2
    size = (10 * pairs + 7) // 8
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    bits = int.from_bytes(digest[:size], "big") >> (8 * size - 10 * pairs)
    letters = [_PAIRS[bits >> shift & 1023] for shift in range(10 * pairs - 10, -1, -10)]
    return "".join(letters)[:length]


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
    the id of the event that it belongs to, '' for none. `to_date` is whether its difference
    is all that is open, as in order to cash, and not the part of a month. `contract_key` is the id
    as it is compared, '' where it comes from the journal.
    """

    name: str
    contract_id: str
    revenue_type: str
    currency: str
    customer: str
    segment: str
    owner: str
    status: Status | CashStatus
    cause: AnyCause
    candidates: tuple[AnyCause, ...]
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
    to_date: bool = False
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
        if self.cause == Cause.UNEXPLAINED and not self.ambiguous:
            return Certainty.UNEXPLAINED
        return Certainty.AMBIGUOUS if self.ambiguous or self.against else Certainty.CERTAIN

    @property
    def named_cause(self) -> str:
        """Its cause in words, or that it cannot be judged."""
        unjudged = NOT_READ in self.against and self.cause is Cause.NOT_POSTED
        return "cannot be judged" if unjudged else words(self.cause)

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


class EarlierValue(NamedTuple):
    """A contract's value in an earlier run, in ten-thousandths.

    The key is as it is matched; `month` is that of the run.
    """

    id_key: str
    revenue_type: str
    currency: str
    value: int
    month: str


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
