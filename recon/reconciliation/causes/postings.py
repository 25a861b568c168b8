"""What was posted: an entry stands there twice, with another amount or in another month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recon.base import money
from recon.base.result import Cause, Counterpart, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import Facts


def duplicate_entry(facts: Facts) -> str | None:
    """One posting, or the whole batch, stands more than once on the same document."""
    surplus = repeated(facts)
    return _taken_away(facts, surplus) if surplus else None


def repeated(facts: Facts) -> Sequence[Entry]:
    """Return the repeated entries without which the month agrees; none where it does not."""
    surplus = _surplus(facts.entries_of_month)
    for copies in surplus:
        for count in range(1, len(copies)):
            if copies[0].amount * count == facts.difference:
                return copies[-count:]
    batch = [entry for copies in surplus for entry in copies[1:]]
    if len(surplus) > 1 and sum(entry.amount for entry in batch) == facts.difference:
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


def _taken_away(facts: Facts, surplus: Sequence[Entry]) -> str:
    documents = {entry.document_ref for entry in surplus}
    document = f" on {documents.pop()}" if len(documents) == 1 and all(documents) else ""
    amount = wording.amount(facts, sum(entry.amount for entry in surplus))
    repeat = f"repeats a posting of {amount}{document}; without it"
    if len(surplus) > 1:
        repeat = f"repeat postings{document}, {amount} in all; without them"
    ids = wording.ids(surplus, ", ")
    return f"{ids} {repeat} the month agrees with {wording.amount(facts, facts.expected)}."


def sign_flipped(facts: Facts) -> str | None:
    """The recognized amount, or one of its entries, has the wrong sign."""
    if facts.expected == 0 or facts.entry_count == 0:
        return None
    if -facts.recognized == facts.expected:
        return f"{wording.recognized(facts)} has the sign turned; {wording.expected(facts)}."
    for entry in facts.entries_of_month:
        turned = (entry.amount < 0) != (facts.expected < 0)
        if turned and 2 * entry.amount == facts.difference:
            return f"{wording.entry(facts, entry)} has the sign turned; {wording.expected(facts)}."
    return None


def decimal_shift(facts: Facts) -> str | None:
    """The recognized amount, or one of its entries, is 10, 100 or 1000 times too large or small."""
    if facts.expected == 0 or facts.entry_count == 0:
        return None
    for entry, amount in _amounts(facts):
        right = amount - facts.difference
        if shifted := _shift(amount, right):
            return (
                f"{_wrong(facts, entry)} is {shifted} the {wording.amount(facts, right)} that fits."
            )
    return None


def _amounts(facts: Facts) -> Iterator[tuple[Entry | None, int]]:
    """Yield what may be wrong by itself: the recognized amount, then each of several entries."""
    yield None, facts.recognized
    if facts.entry_count > 1:
        for entry in facts.entries_of_month:
            yield entry, entry.amount


def _wrong(facts: Facts, entry: Entry | None) -> str:
    return wording.entry(facts, entry) if entry else wording.recognized(facts)


def _shift(amount: int, right: int) -> str | None:
    if amount == 0 or right == 0:
        return None
    for factor in (10, 100, 1000):
        if amount * factor == right:
            return f"1/{factor:,} of"
        if right * factor == amount:
            return f"{factor:,} times"
    return None


def digits_swapped(facts: Facts) -> str | None:
    """Two neighbouring digits of the recognized amount, or of one entry, are exchanged."""
    if facts.expected == 0 or facts.difference % (9 * facts.unit):
        return None
    for entry, amount in _amounts(facts):
        right = amount - facts.difference
        if pair := _swapped(amount, right, facts.currency):
            return (
                f"{_wrong(facts, entry)} has the digits {pair[0]} and {pair[1]} exchanged: "
                f"{wording.amount(facts, right)} fits."
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


def wrong_period(facts: Facts) -> str | None:
    """An entry stands in the month before or after the one that expects and lacks it."""
    found = misplaced(facts)
    return _moved(facts, *found) if found else None


def misplaced(facts: Facts) -> tuple[Sequence[Entry], int] | None:
    """Return the equal entries one of which is in the wrong month, and how far off it is."""
    neighbours = (
        (-1, facts.before_difference, facts.expected_before),
        (1, facts.after_difference, facts.expected_after),
    )
    for offset, difference, expected in neighbours:
        if difference != -facts.difference:
            continue
        here = [e for e in facts.entries if e.offset == 0 and e.amount == facts.difference]
        there = [e for e in facts.entries if e.offset == offset and e.amount == difference]
        if here and expected:
            return here, offset
        if there and facts.expected:
            return there, -offset
    return None


def _moved(facts: Facts, entries: Sequence[Entry], by: int) -> str:
    """Return the sentence for one of several equal entries: which one it was, nobody can tell."""
    stands = facts.month + entries[0].offset
    moved = f"{wording.ids(entries, ' or ')} ({wording.amount(facts, entries[0].amount)})"
    return f"{moved} stands in {stands} but belongs in {stands + by}, which lacks just that amount."


def catch_up(facts: Facts) -> str | None:
    """The month makes good what earlier months lacked: to date everything agrees."""
    if facts.to_date_recognized != facts.to_date_expected:
        return None
    return (
        f"To date {wording.amount(facts, facts.to_date_recognized)} is recognized, just as "
        f"expected: the month makes good {wording.signed(facts, facts.difference)} of earlier "
        "months."
    )


def entries_concerned(facts: Facts, cause: Cause) -> Sequence[Entry]:
    """Return the entries that a cause is about; all of the month where it singles none out."""
    if cause is Cause.DUPLICATE_ENTRY:
        return repeated(facts)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(facts)):
        return found[0]
    return facts.entries_of_month


def counterpart(facts: Facts, cause: Cause) -> Counterpart | None:
    """Return the line that is off by the opposite amount, None where the cause needs no other.

    None too where the lines of a contract cancel out only all together.
    """
    if cause is Cause.WRONG_PERIOD and (found := misplaced(facts)):
        entries, by = found
        neighbour = entries[0].offset or by
        return Counterpart(
            facts.contract_id, facts.revenue_type, facts.currency, neighbour,
            facts.to_date_expected, facts.to_date_recognized,
        )  # fmt: skip
    partner = facts.partner(cause)
    if partner is None or not (partner.balanced or partner.single):
        return None
    return Counterpart(
        partner.contract_id, partner.revenue_type, partner.currency, 0,
        partner.to_date_expected, partner.to_date_recognized,
    )  # fmt: skip


def objections(facts: Facts, cause: Cause) -> tuple[str, ...]:
    """Return what speaks against booking what a line lacks."""
    if not facts.unread:
        return facts.against
    # Where nothing was posted, the explanation names the entry.
    named = "" if cause is Cause.NOT_POSTED else f" ({facts.unread})"
    return (f"an entry of it cannot be read{named}", *facts.against)
