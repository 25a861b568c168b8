"""Amounts: entries whose amount is written wrong."""

from __future__ import annotations

from collections.abc import Iterator

from recon.base import money
from recon.base.result import Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine


def sign_flipped(line: BrokenLine) -> str | None:
    """Every entry has the wrong sign, or a single one.

    A single turned entry on a document of its own may be a credit note.
    """
    if line.expected == 0 or line.entry_count == 0:
        return None
    entries = line.entries_of_month
    turned = [entry for entry in entries if entry.amount * line.expected < 0]
    if len(turned) == len(entries) and -line.recognized == line.expected:
        return f"{wording.recognized(line)} has the wrong sign; {wording.expected(line)}."
    for entry in turned:
        if 2 * entry.amount == line.difference and not line.on_own_document(entry):
            return f"{wording.entry(line, entry)} has the wrong sign; {wording.expected(line)}."
    return None


def decimal_shift(line: BrokenLine) -> str | None:
    """The decimal point of an amount is shifted.

    It is the recognized amount, or that of one entry.
    """
    if line.expected == 0 or line.entry_count == 0:
        return None
    for entry, amount in _amounts(line):
        right = amount - line.difference
        if shifted := shift(amount, right):
            return (
                f"{_wrong(line, entry)} is {shifted} {wording.amount(line, right)}, the amount "
                "that would agree."
            )
    return None


def _amounts(line: BrokenLine) -> Iterator[tuple[Entry | None, int]]:
    """Yield the recognized amount, then each of several entries'.

    Where the month agrees without one of them, another one is wrong only if the months around have
    an entry of the amount that it would be.
    """
    yield None, line.recognized
    if line.entry_count > 1:
        entries = line.entries_of_month
        too_many = any(entry.amount == line.difference for entry in entries)
        around = {entry.amount for entry in line.entries if entry.offset}
        for entry in entries:
            if not too_many or entry.amount - line.difference in around:
                yield entry, entry.amount


def _wrong(line: BrokenLine, entry: Entry | None) -> str:
    return wording.entry(line, entry) if entry else wording.recognized(line)


SHIFTS = (10, 100, 1000)


def shift(amount: int, right: int) -> str | None:
    """Words for a shifted decimal point, or None."""
    if amount == 0 or right == 0:
        return None
    for factor in SHIFTS:
        if amount * factor == right:
            return f"1/{factor:,} of"
        if right * factor == amount:
            return f"{factor:,} times"
    return None


def digits_swapped(line: BrokenLine) -> str | None:
    """Two neighbouring digits of an amount are exchanged.

    It is the recognized amount, or that of one entry.
    """
    if line.expected == 0 or line.difference % (9 * line.unit):
        return None
    for entry, amount in _amounts(line):
        right = amount - line.difference
        if pair := swapped(amount, right, line.currency):
            return (
                f"{_wrong(line, entry)} has the digits {pair[0]} and {pair[1]} exchanged: "
                f"{wording.amount(line, right)} would agree."
            )
    return None


def swapped(amount: int, right: int, currency: str) -> str | None:
    """Neighbouring digits whose exchange makes an amount right."""
    unit, least = money.minor_unit(currency), money.decimals(currency) + 1
    if right == 0 or (amount < 0) != (right < 0) or amount % unit or right % unit:
        return None
    digits = str(abs(amount) // unit).zfill(least)
    wanted = str(abs(right) // unit).zfill(least)
    if len(wanted) != len(digits):
        # Nobody writes a zero in front: that would be a shifted decimal point.
        return None
    for place in range(len(digits) - 1):
        pair = digits[place : place + 2]
        if pair[0] != pair[1] and digits[:place] + pair[::-1] + digits[place + 2 :] == wanted:
            return pair
    return None
