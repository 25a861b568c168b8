"""Postings: entries posted twice, with another amount or month.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recon.base import money
from recon.base.month import Month
from recon.base.result import Cause, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.expected import TERM
from recon.reconciliation.policy_sql import ALLOWANCE
from recon.store.session import Session, is_any


def create_neighbour_months(connection: Session, month: Month) -> None:
    """Create `neighbour_months`: differences of the months around each break."""
    found = _neighbour_months(month, is_any(connection, "added_rows"))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE neighbour_months AS {found}")


def _neighbour_months(month: Month, added: bool) -> str:
    m = month.index
    own = "breaks ANTI JOIN added_rows USING (line)" if added else "breaks"
    return f"""
    WITH earned AS (
        SELECT line, list(CASE WHEN on_contract THEN own_accrued(elapsed, {TERM}) ELSE 0 END
            ORDER BY end_month) AS by_month
        FROM ({_months_around(m, own)}) GROUP BY line
        {_earned_by_added_rows(m) if added else ""}),
    due AS (
        SELECT line, by_month[2] - by_month[1] AS expected_before2,
            by_month[3] - by_month[2] AS expected_before,
            by_month[5] - by_month[4] AS expected_after
        FROM earned),
    posted_near AS (
        SELECT line, sum(amount) FILTER (distance = -2) AS before2,
            sum(amount) FILTER (distance = -1) AS before,
            sum(amount) FILTER (distance = 1) AS after
        FROM break_entries GROUP BY line),
    measured AS (
        -- Before the first entry of the ledger and after its last, what is lacking proves nothing.
        SELECT l.line, ppm, floor, cap, unit, term_months,
            expected_before2, expected_before, expected_after,
            if(first_month < {m}, coalesce(before, 0) - expected_before, 0) AS before_difference,
            if(first_month < {m - 1}, coalesce(before2, 0) - expected_before2, 0)
                AS before2_difference,
            if(last_month > {m}, coalesce(after, 0) - expected_after, 0) AS after_difference
        FROM breaks l JOIN due USING (line) LEFT JOIN posted_near USING (line)
        CROSS JOIN ledger_span)
    SELECT line, expected_before, expected_after, before_difference, after_difference,
        CASE WHEN within(before_difference, expected_before, {ALLOWANCE}) THEN 1
            WHEN within(before2_difference, expected_before2, {ALLOWANCE}) THEN 2
            ELSE 3 END AS months_broken
    FROM measured"""


def _months_around(m: int, lines: str) -> str:
    """SELECT of some lines with each month's end, and the periods elapsed by then."""
    return f"""
        SELECT *, periods_by(end_month, {TERM}) AS elapsed
        FROM (FROM {lines}), range({m - 3}, {m + 2}) months(end_month)"""


def _earned_by_added_rows(m: int) -> str:
    rows = _months_around(m, "added_rows SEMI JOIN breaks USING (line)")
    return f"""
        UNION ALL SELECT line, list(earned ORDER BY end_month)
        FROM (
            SELECT line, end_month, sum(own_accrued(elapsed, {TERM})) AS earned
            FROM ({rows}) GROUP BY line, end_month)
        GROUP BY line"""


def entries_of(connection: Session) -> dict[int, tuple[Entry, ...]]:
    """Entries of breaks, month and neighbours, by line."""
    cursor = connection.execute(
        """SELECT line, coalesce(entry_id, ''), amount, distance,
            coalesce(document_ref, ''), coalesce(posted_at, '')
        FROM break_entries WHERE distance >= -1
        ORDER BY line, distance, posted_at, entry_id, amount"""
    )
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    while rows := cursor.fetchmany(10_000):
        for line, *values in rows:
            found[line].append(Entry(*values))
    return {line: tuple(entries) for line, entries in found.items()}


def duplicate_entry(line: BrokenLine) -> str | None:
    """A posting, or a batch, repeats on the same document."""
    surplus = repeated(line)
    return _taken_away(line, surplus) if surplus else None


def repeated(line: BrokenLine) -> Sequence[Entry]:
    """Repeated entries without which the month agrees, if any."""
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
    """Entries of equal amount and document, where there are several.

    An entry without a document equals only others without one.
    """
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
    return f"{ids} {repeat} the month comes to {wording.amount(line, line.expected)}, as expected."


def sign_flipped(line: BrokenLine) -> str | None:
    """The recognized amount, or one entry, has the wrong sign."""
    if line.expected == 0 or line.entry_count == 0:
        return None
    if -line.recognized == line.expected:
        return f"{wording.recognized(line)} has the wrong sign; {wording.expected(line)}."
    for entry in line.entries_of_month:
        turned = (entry.amount < 0) != (line.expected < 0)
        if turned and 2 * entry.amount == line.difference:
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
        if shifted := _shift(amount, right):
            return (
                f"{_wrong(line, entry)} is {shifted} {wording.amount(line, right)}, the amount "
                "that would agree."
            )
    return None


def _amounts(line: BrokenLine) -> Iterator[tuple[Entry | None, int]]:
    """Yield the recognized amount, then each of several entries'."""
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
    """Two neighbouring digits of an amount are exchanged.

    It is the recognized amount, or that of one entry.
    """
    if line.expected == 0 or line.difference % (9 * line.unit):
        return None
    for entry, amount in _amounts(line):
        right = amount - line.difference
        if pair := _swapped(amount, right, line.currency):
            return (
                f"{_wrong(line, entry)} has the digits {pair[0]} and {pair[1]} exchanged: "
                f"{wording.amount(line, right)} would agree."
            )
    return None


def _swapped(amount: int, right: int, currency: str) -> str | None:
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


def wrong_period(line: BrokenLine) -> str | None:
    """An entry is in the month beside the lacking one."""
    found = misplaced(line)
    return _moved(line, *found) if found else None


def misplaced(line: BrokenLine) -> tuple[Sequence[Entry], int] | None:
    """Equal entries of which one is misplaced, and how far.

    None where no entry is. The distance is in months, to the right one.
    """
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
    """Sentence for one of several equal entries.

    Which one it was, nobody can tell.
    """
    stands = line.month + entries[0].offset
    moved = f"{wording.ids(entries, ' or ')} ({wording.amount(line, entries[0].amount)})"
    return (
        f"{moved} is in {stands} but belongs in {stands + by}, which is short by exactly that "
        "amount."
    )


def catch_up(line: BrokenLine) -> str | None:
    """The month catches up earlier months: to date everything agrees."""
    if line.to_date_recognized != line.to_date_expected:
        return None
    return (
        f"To date {wording.amount(line, line.to_date_recognized)} is recognized, as "
        f"expected: the month catches up {wording.signed(line, line.difference)} from earlier "
        "months."
    )


def entries_concerned(line: BrokenLine, cause: Cause) -> Sequence[Entry]:
    """Entries that a cause is about.

    They are all of the month where it singles none out.
    """
    if cause is Cause.DUPLICATE_ENTRY:
        return repeated(line)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        return found[0]
    return line.entries_of_month
