"""What was posted: an entry stands there twice, with another amount or in another month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recon.base import money
from recon.base.result import Cause, Counterpart, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine


def duplicate_entry(line: BrokenLine) -> str | None:
    """One posting, or the whole batch, stands more than once on the same document."""
    surplus = repeated(line)
    return _taken_away(line, surplus) if surplus else None


def repeated(line: BrokenLine) -> Sequence[Entry]:
    """Return the repeated entries without which the month agrees; none where it does not."""
    surplus = _surplus(line.entries_of_month)
    for copies in surplus:
        for count in range(1, len(copies)):
            if copies[0].amount * count == line.difference:
                return copies[-count:]
    batch = [entry for copies in surplus for entry in copies[1:]]
    if len(surplus) > 1 and sum(entry.amount for entry in batch) == line.difference:
        return batch
    return ()


def _surplus(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return the entries of equal amount and document; no document equals no document only."""
    if len(entries) < 2:  # noqa: PLR2004 - one repeats none
        return []
    copies: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        copies[entry.amount, entry.document_ref].append(entry)
    return [same for same in copies.values() if len(same) > 1 and same[0].amount]


def _taken_away(line: BrokenLine, surplus: Sequence[Entry]) -> str:
    documents = {entry.document_ref for entry in surplus}
    document = f" on {documents.pop()}" if len(documents) == 1 and all(documents) else ""
    amount = wording.amount(line, sum(entry.amount for entry in surplus))
    repeat = f"repeats a posting of {amount}{document}; without it"
    if len(surplus) > 1:
        repeat = f"repeat postings{document}, {amount} in all; without them"
    ids = wording.ids(surplus, ", ")
    return f"{ids} {repeat} the month agrees with {wording.amount(line, line.expected)}."


def sign_flipped(line: BrokenLine) -> str | None:
    """The recognized amount, or one of its entries, has the wrong sign."""
    if line.expected == 0 or line.entry_count == 0:
        return None
    if -line.recognized == line.expected:
        return f"{wording.recognized(line)} has the sign turned; {wording.expected(line)}."
    for entry in line.entries_of_month:
        turned = (entry.amount < 0) != (line.expected < 0)
        if turned and 2 * entry.amount == line.difference:
            return f"{wording.entry(line, entry)} has the sign turned; {wording.expected(line)}."
    return None


def decimal_shift(line: BrokenLine) -> str | None:
    """The recognized amount, or one of its entries, is 10, 100 or 1000 times too large or small."""
    if line.expected == 0 or line.entry_count == 0:
        return None
    for entry, amount in _amounts(line):
        right = amount - line.difference
        if shifted := _shift(amount, right):
            return (
                f"{_wrong(line, entry)} is {shifted} the {wording.amount(line, right)} that fits."
            )
    return None


def _amounts(line: BrokenLine) -> Iterator[tuple[Entry | None, int]]:
    """Yield what may be wrong by itself: the recognized amount, then each of several entries."""
    yield None, line.recognized
    if line.entry_count > 1:
        for entry in line.entries_of_month:
            yield entry, entry.amount


def _wrong(line: BrokenLine, entry: Entry | None) -> str:
    return wording.entry(line, entry) if entry else wording.recognized(line)


def _shift(amount: int, right: int) -> str | None:
    if amount == 0 or right == 0:
        return None
    for factor in (10, 100, 1000):
        if amount * factor == right:
            return f"1/{factor:,} of"
        if right * factor == amount:
            return f"{factor:,} times"
    return None


def digits_swapped(line: BrokenLine) -> str | None:
    """Two neighbouring digits of the recognized amount, or of one entry, are exchanged."""
    if line.expected == 0 or line.difference % (9 * line.unit):
        return None
    for entry, amount in _amounts(line):
        right = amount - line.difference
        if pair := _swapped(amount, right, line.currency):
            return (
                f"{_wrong(line, entry)} has the digits {pair[0]} and {pair[1]} exchanged: "
                f"{wording.amount(line, right)} fits."
            )
    return None


def _swapped(amount: int, right: int, currency: str) -> str | None:
    """Return the two neighbouring digits whose exchange makes the right amount of one."""
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


def wrong_period(line: BrokenLine) -> str | None:
    """An entry stands in the month before or after the one that expects and lacks it."""
    found = misplaced(line)
    return _moved(line, *found) if found else None


def misplaced(line: BrokenLine) -> tuple[Sequence[Entry], int] | None:
    """Return the equal entries one of which is in the wrong month, and how far off it is."""
    neighbours = (
        (-1, line.before_difference, line.expected_before),
        (1, line.after_difference, line.expected_after),
    )
    for offset, difference, expected in neighbours:
        if difference != -line.difference:
            continue
        here = [e for e in line.entries if e.offset == 0 and e.amount == line.difference]
        there = [e for e in line.entries if e.offset == offset and e.amount == difference]
        if here and expected:
            return here, offset
        if there and line.expected:
            return there, -offset
    return None


def _moved(line: BrokenLine, entries: Sequence[Entry], by: int) -> str:
    """Return the sentence for one of several equal entries: which one it was, nobody can tell."""
    stands = line.month + entries[0].offset
    moved = f"{wording.ids(entries, ' or ')} ({wording.amount(line, entries[0].amount)})"
    return f"{moved} stands in {stands} but belongs in {stands + by}, which lacks just that amount."


def catch_up(line: BrokenLine) -> str | None:
    """The month makes good what earlier months lacked: to date everything agrees."""
    if line.to_date_recognized != line.to_date_expected:
        return None
    return (
        f"To date {wording.amount(line, line.to_date_recognized)} is recognized, just as "
        f"expected: the month makes good {wording.signed(line, line.difference)} of earlier "
        "months."
    )


def entries_concerned(line: BrokenLine, cause: Cause) -> Sequence[Entry]:
    """Return the entries that a cause is about; all of the month where it singles none out."""
    if cause is Cause.DUPLICATE_ENTRY:
        return repeated(line)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        return found[0]
    return line.entries_of_month


def counterpart(line: BrokenLine, cause: Cause) -> Counterpart | None:
    """Return the line that is off by the opposite amount, None where the cause needs no other.

    None too where the lines of a contract cancel out only all together.
    """
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        entries, by = found
        neighbour = entries[0].offset or by
        return Counterpart(
            line.contract_id, line.revenue_type, line.currency, neighbour,
            line.to_date_expected, line.to_date_recognized,
        )  # fmt: skip
    other = line.offsetting_line(cause)
    if other is None or not (other.balanced or other.single):
        return None
    return Counterpart(
        other.contract_id, other.revenue_type, other.currency, 0,
        other.to_date_expected, other.to_date_recognized,
    )  # fmt: skip


def objections(line: BrokenLine, cause: Cause) -> tuple[str, ...]:
    """Return what speaks against booking what a line lacks."""
    if not line.unread:
        return line.against
    # Where nothing was posted, the explanation names the entry.
    named = "" if cause is Cause.NOT_POSTED else f" ({line.unread})"
    return (f"an entry of it cannot be read{named}", *line.against)
