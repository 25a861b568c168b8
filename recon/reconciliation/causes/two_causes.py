"""Two causes: pairs of errors that explain a difference together.

A step puts one error right, and leaves entries and a smaller difference; a second one has to leave
nothing. Only lines that no single cause explains are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

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
    found: tuple[Cause, Cause] | None = None
    moves = _moves(line)
    for first, entries, change in _steps(line, line.entries_of_month, moves):
        for second in _fitting(line, entries, line.difference + change, moves):
            if first is second and first in _OF_AMOUNTS:
                continue
            pair = (first, second) if _ORDER[first] <= _ORDER[second] else (second, first)
            if found not in (None, pair):
                return None
            found = pair
    if not found:
        return None
    one, other = (cause.value.replace("_", " ") for cause in found)
    both = f"{one} twice" if one == other else f"{one} and {other}"
    return (
        f"{wording.recognized(line)} is recognized; {wording.expected(line)}: two causes, {both}, "
        "explain the difference together, and no other two do."
    )


# Two of them, on one entry, give nearly any amount.
_OF_AMOUNTS = frozenset({Cause.DECIMAL_SHIFT, Cause.DIGITS_SWAPPED})
_ORDER = {cause: place for place, cause in enumerate(Cause)}


def _steps(line: BrokenLine, entries: Sequence[Entry], moves: _Moves) -> Iterator[Step]:
    """Yield the ways to put one error right."""
    yield from _taken_away(line, entries)
    way = line.way
    if all(entry.amount * way < 0 for entry in entries):
        turned = [_changed(entry, -entry.amount) for entry in entries]
        yield Cause.SIGN_FLIPPED, turned, 2 * sum(entry.amount for entry in turned)
    for place, entry in enumerate(entries):
        for cause, amount in _corrected(line, entry, alone=len(entries) == 1):
            changed = [*entries[:place], _changed(entry, amount), *entries[place + 1 :]]
            yield cause, changed, amount - entry.amount
    for cause, amount in moves.of(entries):
        yield cause, entries, amount


def _changed(entry: Entry, amount: int) -> Entry:
    """The entry with another amount, faster than `_replace`."""
    return Entry(entry.entry_id, amount, entry.offset, entry.document_ref, entry.posted_at)


def _taken_away(line: BrokenLine, entries: Sequence[Entry]) -> Iterator[Step]:
    """Yield repeated entries and credit notes, each left aside."""
    if len(entries) < 2:  # noqa: PLR2004 - one repeats none, and is the whole month
        return
    way = line.way
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
        elif entry.amount * way < 0 and line.on_own_document(entry):
            yield Cause.CREDIT_NOTE, rest, -entry.amount
        seen.add(same)
        amounts.add(entry.amount)


def _corrected(line: BrokenLine, entry: Entry, *, alone: bool) -> Iterator[tuple[Cause, int]]:
    """Yield amounts that may have been meant."""
    amount, unit = entry.amount, line.unit
    if not amount:
        return
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


class _Moves(NamedTuple):
    """Amounts that may come from elsewhere, or go there.

    What goes (`leaving`) to where it lacks is an entry of just that amount. `parts` are amounts of
    entries that both neighbouring months have, `amounts` all of these.
    """

    coming: Sequence[tuple[Cause, int]]
    leaving: Sequence[tuple[Cause, int]]
    parts: Set[int]
    amounts: Set[int]

    def of(self, entries: Sequence[Entry]) -> Iterator[tuple[Cause, int]]:
        """Yield those of a month with such entries."""
        yield from self.coming
        if self.leaving or self.parts:
            amounts = {entry.amount for entry in entries}
            yield from ((cause, move) for cause, move in self.leaving if -move in amounts)
            yield from ((Cause.PARTIAL_POSTING, part) for part in self.parts - amounts)


def _moves(line: BrokenLine) -> _Moves:
    off = [
        (Cause.WRONG_PERIOD, line.before_difference),
        (Cause.WRONG_PERIOD, line.after_difference),
    ]
    off += [(Cause.WRONG_PERIOD, month.difference) for month in line.months_off]
    off += line.nearby
    before, after = (
        {entry.amount for entry in line.entries if entry.offset == at} for at in (-1, 1)
    )
    way, parts = line.way, before & after
    return _Moves(
        [move for move in off if move[1] * way > 0],
        [move for move in off if move[1] * way < 0],
        parts,
        parts | {amount for _, amount in off},
    )


def _fitting(
    line: BrokenLine, entries: Sequence[Entry], difference: int, moves: _Moves
) -> Iterator[Cause]:
    """Yield the causes that explain a difference of some entries."""
    if difference == 0 or not entries:
        return
    amounts, way = [entry.amount for entry in entries], line.way
    if difference in amounts:
        for cause, _, change in _taken_away(line, entries):
            if change == -difference:
                yield cause
    if difference == 2 * sum(amounts) and all(amount * way < 0 for amount in amounts):
        yield Cause.SIGN_FLIPPED
    if len(entries) > 1:
        for entry in entries:
            turned = difference == 2 * entry.amount and entry.amount * way < 0
            if turned and not line.on_own_document(entry):
                yield Cause.SIGN_FLIPPED
    yield from _miswritten(line, amounts, difference)
    if -difference in moves.amounts:
        for cause, amount in moves.of(entries):
            if amount == -difference:
                yield cause


def _miswritten(line: BrokenLine, amounts: Sequence[int], difference: int) -> Iterator[Cause]:
    """Yield how one of several amounts may be written wrong.

    Shifted or with digits exchanged, an amount changes by a multiple of nine.
    """
    if difference % 9:
        return
    digits = not difference % (9 * line.unit)
    for amount in amounts:
        if shift(amount, amount - difference):
            yield Cause.DECIMAL_SHIFT
        if digits and swapped(amount, amount - difference, line.currency):
            yield Cause.DIGITS_SWAPPED
