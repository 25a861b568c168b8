"""Two causes: pairs of errors that explain a difference together.

A step puts one error right, and leaves entries and a smaller difference; a second one has to leave
nothing. Only lines that no single cause explains are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from recon.base.result import Cause, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.amounts import SHIFTS, shift, swapped
from recon.reconciliation.causes.broken_line import BrokenLine

# A month with more entries is not searched.
_ENTRIES = 8
# A cause put right: the entries left, and by how much the month changes.
Step = tuple[Cause, Sequence[Entry], int]


def two_causes(line: BrokenLine) -> str | None:
    """Exactly one pair of causes explains the difference."""
    if not line.expected or not 0 < line.entry_count <= _ENTRIES:
        return None
    pairs = set()
    for first, entries, change in _steps(line, line.entries_of_month):
        for second in _fitting(line, entries, line.difference + change):
            if first is not second or first not in _OF_AMOUNTS:
                pairs.add(tuple(sorted((first, second), key=_ORDER.__getitem__)))
                if len(pairs) > 1:
                    return None
    if not pairs:
        return None
    one, other = (cause.value.replace("_", " ") for cause in pairs.pop())
    both = f"{one} twice" if one == other else f"{one} and {other}"
    return (
        f"{wording.recognized(line)} is recognized; {wording.expected(line)}: two causes, {both}, "
        "explain the difference together, and no other two do."
    )


# Two of them, on one entry, give nearly any amount.
_OF_AMOUNTS = frozenset({Cause.DECIMAL_SHIFT, Cause.DIGITS_SWAPPED})
_ORDER = {cause: place for place, cause in enumerate(Cause)}


def _steps(line: BrokenLine, entries: Sequence[Entry]) -> Iterator[Step]:
    """Yield the ways to put one error right."""
    yield from _taken_away(line, entries)
    if all(entry.amount * line.way < 0 for entry in entries):
        turned = [entry._replace(amount=-entry.amount) for entry in entries]
        yield Cause.SIGN_FLIPPED, turned, 2 * sum(entry.amount for entry in turned)
    for place, entry in enumerate(entries):
        for cause, amount in _corrected(line, entry, alone=len(entries) == 1):
            changed = [*entries[:place], entry._replace(amount=amount), *entries[place + 1 :]]
            yield cause, changed, amount - entry.amount
    for cause, amount in _moving(line, entries):
        yield cause, entries, amount


def _taken_away(line: BrokenLine, entries: Sequence[Entry]) -> Iterator[Step]:
    """Yield repeated entries and credit notes, each left aside."""
    copies = Counter((entry.amount, entry.document_ref) for entry in entries)
    seen: set[tuple[int, str]] = set()
    amounts: set[int] = set()
    for place, entry in enumerate(entries):
        rest = [*entries[:place], *entries[place + 1 :]]
        same = entry.amount, entry.document_ref
        if same in seen:
            yield Cause.DUPLICATE_ENTRY, rest, -entry.amount
        elif entry.amount in amounts and copies[same] == 1:
            yield Cause.POSTED_AGAIN, rest, -entry.amount
        elif entry.amount * line.way < 0 and line.on_own_document(entry) and rest:
            yield Cause.CREDIT_NOTE, rest, -entry.amount
        seen.add(same)
        amounts.add(entry.amount)


def _corrected(line: BrokenLine, entry: Entry, *, alone: bool) -> Iterator[tuple[Cause, int]]:
    """Yield amounts that may have been meant."""
    amount, unit = entry.amount, line.unit
    if not alone and amount * line.way < 0 and not line.on_own_document(entry):
        yield Cause.SIGN_FLIPPED, -amount
    for factor in SHIFTS:
        yield Cause.DECIMAL_SHIFT, amount * factor
        if amount % (factor * unit) == 0:
            yield Cause.DECIMAL_SHIFT, amount // factor
    if amount % unit == 0:
        digits = str(abs(amount) // unit)
        for place, (one, next_one) in enumerate(pairwise(digits)):
            if one != next_one and not (place == 0 and next_one == "0"):
                other = f"{digits[:place]}{next_one}{one}{digits[place + 2 :]}"
                yield Cause.DIGITS_SWAPPED, int(other) * unit * (1 if amount > 0 else -1)


def _moving(line: BrokenLine, entries: Sequence[Entry]) -> Iterator[tuple[Cause, int]]:
    """Yield amounts that may come from elsewhere, or go there.

    What goes to where it lacks is an entry of just that amount.
    """
    off = [
        (Cause.WRONG_PERIOD, line.before_difference),
        (Cause.WRONG_PERIOD, line.after_difference),
    ]
    off += [(Cause.WRONG_PERIOD, month.difference) for month in line.months_off]
    amounts = {entry.amount for entry in entries}
    for cause, difference in (*off, *line.nearby):
        comes = difference * line.way > 0
        if difference and (comes or -difference in amounts):
            yield cause, difference
    parts = [{entry.amount for entry in line.entries if entry.offset == at} for at in (-1, 1)]
    for amount in parts[0] & parts[1] - amounts:
        yield Cause.PARTIAL_POSTING, amount


def _fitting(line: BrokenLine, entries: Sequence[Entry], difference: int) -> Iterator[Cause]:
    """Yield the causes that explain a difference of some entries."""
    if difference == 0 or not entries:
        return
    for cause, _, change in _taken_away(line, entries):
        if change == -difference:
            yield cause
    turned = all(entry.amount * line.way < 0 for entry in entries)
    if turned and difference == 2 * sum(entry.amount for entry in entries):
        yield Cause.SIGN_FLIPPED
    for entry in entries:
        right = entry.amount - difference
        wrong = len(entries) > 1 and entry.amount * line.way < 0
        if wrong and right == -entry.amount and not line.on_own_document(entry):
            yield Cause.SIGN_FLIPPED
        if shift(entry.amount, right):
            yield Cause.DECIMAL_SHIFT
        if not difference % (9 * line.unit) and swapped(entry.amount, right, line.currency):
            yield Cause.DIGITS_SWAPPED
    for cause, amount in _moving(line, entries):
        if amount == -difference:
            yield cause
