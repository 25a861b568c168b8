"""Together: one posting for several lines of a customer.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import NamedTuple

from recon.base import money
from recon.base.result import Cause, Entry
from recon.reconciliation.causes.broken_line import BrokenLine, OffsettingLine
from recon.store.session import Session

# A customer with more lines off is not searched, and no more lines are taken together.
_LINES, _TOGETHER = 16, 4
# The lines of customers of which some lack revenue and some have too much.
_OF_CUSTOMERS = f"""
    SELECT buyer, currency, line, id, type, expected, difference, entries, to_date_expected,
        to_date_recognized
    FROM (
        SELECT *, count(*) OVER of_buyer AS many, min(sign(difference)) OVER of_buyer AS least,
            max(sign(difference)) OVER of_buyer AS most
        FROM lines_off WHERE buyer IS NOT NULL WINDOW of_buyer AS (PARTITION BY buyer, currency))
    WHERE many BETWEEN 2 AND {_LINES} AND least < most
    ORDER BY buyer, currency, id, type"""


class LineOff(NamedTuple):
    """Line of a customer that is off, in ten-thousandths."""

    buyer: str
    currency: str
    line: int
    contract_id: str
    revenue_type: str
    expected: int
    difference: int
    entries: int
    to_date_expected: int
    to_date_recognized: int

    @property
    def name(self) -> str:
        """Contract and revenue type."""
        return f"{self.contract_id} {self.revenue_type}"


def customers_off(connection: Session) -> list[list[LineOff]]:
    """Lines of customers with too much and too little."""
    rows = [LineOff(*row) for row in connection.execute(_OF_CUSTOMERS).fetchall()]
    return [list(lines) for _, lines in groupby(rows, key=lambda row: (row.buyer, row.currency))]


def nearby_amounts(
    customers: Sequence[Sequence[LineOff]],
) -> dict[int, tuple[tuple[Cause, int], ...]]:
    """Differences of a customer's other lines by line.

    The cause is the one by which an amount would move between the two.
    """
    return {
        line.line: tuple(
            (
                Cause.WRONG_TYPE if other.contract_id == line.contract_id
                else Cause.WRONG_CONTRACT,
                other.difference,
            )
            for other in lines if other.line != line.line
        )
        for lines in customers for line in lines
    }  # fmt: skip


def lines_together(
    customers: Sequence[Sequence[LineOff]], entries: Mapping[int, Sequence[Entry]]
) -> dict[int, OffsettingLine]:
    """Lines of one posting, by each of them."""
    found: defaultdict[int, list[tuple[LineOff, Sequence[LineOff], str]]] = defaultdict(list)
    for lines in customers:
        for line, others, said in _together(lines, entries):
            for member in (line, *others):
                found[member.line].append((line, others, said))
    return {number: _offsetting(number, sets) for number, sets in found.items()}


def _together(
    lines: Sequence[LineOff], entries: Mapping[int, Sequence[Entry]]
) -> Iterator[tuple[LineOff, Sequence[LineOff], str]]:
    """Yield lines of one posting, with a sentence."""
    for line in lines:
        posted = [entry for entry in entries.get(line.line, ()) if entry.offset == 0]
        opposite = [other for other in lines if other.difference * line.difference < 0]
        for others in _adding_up(opposite, -line.difference):
            if said := _one_entry(line, others, posted) or _several(line, others, entries):
                yield line, others, said


def _adding_up(lines: Sequence[LineOff], amount: int) -> Iterator[Sequence[LineOff]]:
    """Yield few lines whose differences make an amount."""
    for count in range(1, min(len(lines), _TOGETHER) + 1):
        for few in combinations(lines, count):
            if sum(other.difference for other in few) == amount:
                yield few


def _one_entry(line: LineOff, others: Sequence[LineOff], posted: Sequence[Entry]) -> str | None:
    """Sentence for one entry of several lines, or None."""
    if any(other.entries or not other.expected for other in others):
        return None
    whole = line.expected + line.difference
    own = len(posted) == 1 and line.expected != 0 and posted[0].amount == whole
    found = posted if own else [entry for entry in posted if entry.amount == line.difference]
    if not found or (len(others) == 1 and not own):
        return None
    names = ", ".join(other.name for other in ((line, *others) if own else others))
    return f"{_amount(found[0], line)} is one entry for {names}: it has to be divided."


def _several(
    line: LineOff, others: Sequence[LineOff], entries: Mapping[int, Sequence[Entry]]
) -> str | None:
    """Sentence for several entries of one line, or None."""
    if line.entries or len(others) == 1:
        return None
    parts = []
    for other in others:
        if other.line not in entries:
            # Of a line within tolerance the entries are not known.
            parts.append(f"{_pretty(other.difference, other)} on {other.name}")
            continue
        of_month = (entry for entry in entries.get(other.line, ()) if entry.offset == 0)
        part = next((entry for entry in of_month if entry.amount == other.difference), None)
        if part is None:
            return None
        parts.append(f"{_amount(part, other)} on {other.name}")
    return f"{' and '.join(parts)} stand for {line.name}, which has no entry."


def _amount(entry: Entry, line: LineOff) -> str:
    return f"{entry.entry_id or 'An entry'} ({_pretty(entry.amount, line)})"


def _pretty(amount: int, line: LineOff) -> str:
    return f"{money.pretty(amount, line.currency)} {line.currency}"


def _offsetting(
    number: int, sets: Sequence[tuple[LineOff, Sequence[LineOff], str]]
) -> OffsettingLine:
    """Lines that one may have been posted together with."""
    line, others, said = sets[0]
    other = others[0] if line.line == number else line
    numbers = {member.line for one, rest, _ in sets for member in (one, *rest)} - {number}
    return OffsettingLine(
        other.contract_id, other.revenue_type, other.currency, sorted(numbers), (), len(sets),
        True, False, other.to_date_expected, other.to_date_recognized, said,
    )  # fmt: skip


def posted_together(line: BrokenLine) -> str | None:
    """One posting is for several lines, or several for one."""
    found = line.offsetting_line(Cause.POSTED_TOGETHER)
    return found.text if found else None
