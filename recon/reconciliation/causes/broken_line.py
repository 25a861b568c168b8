"""A broken line: everything that its causes are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from recon.base.month import Month
from recon.base.result import Cause, Entry, Flag, Status


@dataclass(frozen=True, slots=True)
class AlternativeTerm:
    """Another term that gives exactly the recognized amount.

    `doubtful` where no earlier month speaks for it, and a slip may give the amount as well.
    """

    cause: Cause
    label: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class OffsettingLine:
    """Another line that is off by the opposite amount.

    It is the first of those that could be meant, `numbers` and `names` are of them all, and one of
    the two could mean `most` lines. `balanced` where as many lines have the amount too much as
    lack it, so that moving it explains them all; `common` where other lines are off by it, too.
    """

    contract_id: str
    revenue_type: str
    currency: str
    numbers: Sequence[int]
    names: Sequence[str]
    most: int
    balanced: bool
    common: bool
    to_date_expected: int
    to_date_recognized: int
    text: str = ""

    @property
    def single(self) -> bool:
        """Whether the two can only mean each other."""
        return self.most == 1


@dataclass(frozen=True, slots=True)
class Objection:
    """Something that speaks against a cause.

    `cause` is the one that it would be instead, if any.
    """

    cause: Cause | None
    text: str


class MonthOff(NamedTuple):
    """Another month of a line that is off.

    `offset` is that month less the reconciled one; `difference` recognized less `due`,
    `entries` those of its sign.
    """

    offset: int
    due: int
    difference: int
    entries: tuple[Entry, ...]


class BrokenLine(NamedTuple):
    """One line that breaks; amounts in ten-thousandths.

    Differences are recognized less expected. `number` is the `line` of the relations. `entries` are
    those of the month and its neighbours, `months_off` other months that have what it lacks or the
    other way round, `months_alike` how many more lack as much, `nearby` the differences of the
    customer's other lines. `recognized_before` are the amounts of the months before, the nearest
    first, where the month has a credit note. `unread` says which entries of the line cannot be
    read, and `against` where the amount that it lacks is found instead. `ledger_from` is the first
    month that the ledger covers, and `known_difference` the difference to date from there on; so
    many `months_with_part` have an entry of just the amount that is missing.
    """

    number: int
    month: Month
    entries: tuple[Entry, ...]
    entries_of_month: tuple[Entry, ...]
    alternative_terms: tuple[AlternativeTerm, ...]
    months_off: tuple[MonthOff, ...]
    months_alike: int
    recognized_before: tuple[int, ...]
    unread: str
    against: tuple[Objection, ...]
    nearby: Sequence[tuple[Cause, int]]
    offsetting_lines: Mapping[Cause, OffsettingLine]
    status: Status
    flags: tuple[Flag, ...]
    contract_id: str
    id_key: str
    revenue_type: str
    currency: str
    unit: int
    customer: str
    segment: str
    owner: str
    expected: int
    recognized: int
    difference: int
    allowed: int
    entry_count: int
    to_date_expected: int
    to_date_recognized: int
    before_difference: int
    after_difference: int
    expected_before: int
    expected_after: int
    months_broken: int
    ledger_from: int | None
    known_difference: int | None
    months_with_part: int
    on_contract: bool
    known_contract: bool
    full_value: int | None
    term_start: date | None
    last_month: int | None
    start_month: int | None
    closed_early_on: date | None
    lines_that_cancel: int

    @property
    def lacks(self) -> bool:
        """Whether the line recognizes less than it expects."""
        return self.on_contract and self.expected * self.difference < 0

    @property
    def way(self) -> int:
        """Sign of the line's amounts: -1 of a credit."""
        due = self.expected or self.full_value or self.to_date_recognized
        return -1 if due < 0 else 1

    def on_own_document(self, entry: Entry) -> bool:
        """Whether no other entry shares the document of one."""
        document = entry.document_ref
        return document != "" and sum(e.document_ref == document for e in self.entries) == 1

    def offsetting_line(self, cause: Cause) -> OffsettingLine | None:
        """Line off by the opposite amount for a cause."""
        return self.offsetting_lines.get(cause)
