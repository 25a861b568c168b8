"""Other months: entries in another month than their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from recon.base.result import Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine, MonthOff
from recon.reconciliation.entry_detail import A_YEAR

# So many entries are moved together at most, out of so many in a month.
_TOGETHER, _TRIED = 3, 20


class Misplaced(NamedTuple):
    """Entries in the wrong month, and the way to theirs.

    `entries` belong there together, or any one of them where they are `equal`.
    """

    entries: Sequence[Entry]
    by: int
    equal: bool

    @property
    def other_month(self) -> int:
        """Offset of the month that is not the reconciled one."""
        return self.entries[0].offset or self.by


def wrong_period(line: BrokenLine) -> str | None:
    """Entries are in another month, and one month lacks them."""
    found = misplaced(line)
    return _moved(line, found) if found else None


def misplaced(line: BrokenLine) -> Misplaced | None:
    """Entries of another month, the nearest one first, or None."""
    return next(misplacements(line), None)


def far_away(line: BrokenLine) -> bool:
    """Whether a month without entries has its own far away.

    Two errors of a line may look so: one month that lacks its entry, another with one too many. The
    next months and the same month of another year are where an entry is mistyped to.
    """
    found = misplaced(line)
    return bool(found and not line.entry_count and abs(found.other_month) not in (1, A_YEAR))


def claimed(line: BrokenLine) -> str:
    """Words for an amount that more months lack than have.

    They are '' for any other.
    """
    amount = -line.difference
    if line.lacks:
        having = sum(month.difference // amount for month in _months(line)
                     if month.difference % amount == 0)  # fmt: skip
        lacking = line.months_alike + 1
    else:
        having = 1
        lacking = sum(month.difference == amount and month.due != 0 for month in _months(line))
    if lacking <= having or not misplaced(line):
        return ""
    return f"{lacking} months lack the amount, and {having} too much of it stands elsewhere"


def misplacements(line: BrokenLine) -> Iterator[Misplaced]:
    """Yield the moves of entries that make the month agree."""
    for offset, due, difference, entries in _months(line):
        if difference * line.difference >= 0:
            continue
        if due and difference == -line.difference:
            here = [entry for entry in line.entries_of_month if entry.amount * line.difference > 0]
            if found := _adding_up(here, line.difference):
                yield Misplaced(found, offset, equal=_equal(found, line.difference))
                continue
        there = [entry for entry in entries if entry.amount * difference > 0]
        lacks = line.expected and _covers(difference, -line.difference, there)
        if lacks and (found := _adding_up(there, -line.difference)):
            yield Misplaced(found, -offset, equal=_equal(found, line.difference))


def _covers(surplus: int, amount: int, entries: Sequence[Entry]) -> bool:
    """Whether a surplus is an amount, or several times that."""
    if surplus == amount:
        return True
    equal = sum(entry.amount == amount for entry in entries)
    return surplus % amount == 0 and 0 < surplus // amount <= equal


def _months(line: BrokenLine) -> Iterator[MonthOff]:
    """Yield the months around, the nearest first."""
    near = ((-1, line.expected_before, line.before_difference),
            (1, line.expected_after, line.after_difference))  # fmt: skip
    for offset, due, difference in near:
        if difference * line.difference < 0:
            entries = tuple(entry for entry in line.entries if entry.offset == offset)
            yield MonthOff(offset, due, difference, entries)
    yield from line.months_off


def _equal(entries: Sequence[Entry], amount: int) -> bool:
    return abs(entries[0].amount) == abs(amount)


def _adding_up(entries: Sequence[Entry], amount: int) -> Sequence[Entry]:
    """Entries of an amount, or few that make it up."""
    if single := [entry for entry in entries if entry.amount == amount]:
        return single
    tried = [entry for entry in entries if abs(entry.amount) < abs(amount)][:_TRIED]
    for count in range(2, _TOGETHER + 1):
        for few in combinations(tried, count):
            if sum(entry.amount for entry in few) == amount:
                return few
    return ()


def _moved(line: BrokenLine, found: Misplaced) -> str:
    """Sentence for the entries that stand in the wrong month.

    Which one of several equal entries it was, nobody can tell.
    """
    entries = found.entries
    stands = line.month + entries[0].offset
    amount = wording.amount(line, abs(line.difference) * (1 if entries[0].amount > 0 else -1))
    one = found.equal or len(entries) == 1
    verbs = ("is", "belongs") if one else ("are", "belong")
    return (
        f"{wording.ids(entries, ' or ' if one else ', ')} ({amount}) {verbs[0]} in {stands} but "
        f"{verbs[1]} in {stands + found.by}, which is short by exactly that amount."
    )
