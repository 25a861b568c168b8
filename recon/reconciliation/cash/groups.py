"""Passes that group: several documents matched by their sum.

Reads `unmatched` and `documents`. Makes `found_groups`: found (a number), document.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from recon.base import money
from recon.base.matching import By, MatchingRule
from recon.reconciliation.cash.pairs import eligible, key_list
from recon.reconciliation.cash.subsets import MOST, Group, Halves, Steps, groups_for, steps_for
from recon.store.session import Session

# Steps of all searches of a rule, and of those among one customer's documents.
STEPS, STEPS_OF_BLOCK = 4_000_000, 600_000
# Among so few documents of each side sums of several against several are looked for.
FEW = 8
# A sum that so many groups might have by chance, in a thousand, proves nothing.
CHANCE = 10
_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class NotTried:
    """Documents among which no groups were looked for, and why."""

    rule: str
    customer: str | None
    currency: str | None
    documents: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Row:
    """An open document of a block."""

    document: int
    side: int
    day: int | None
    amount: int
    alike: Hashable


def find_groups(session: Session, rule: MatchingRule) -> list[NotTried]:
    """Make `found_groups`; return the blocks that were not tried."""
    session.execute("CREATE OR REPLACE TEMP TABLE found_groups (found BIGINT, document BIGINT)")
    if By.NUMBER in rule.by:
        _by_number(session, rule)
        return []
    return _by_sums(session, rule)


def _by_number(session: Session, rule: MatchingRule) -> None:
    """Group documents of a number whose sums agree.

    By sign, those of one sign, whatever their sums. Those of one side alone that add up to nothing
    are a reversal, unless they are a sale and its payment, or one of them does not count yet.
    """
    keys = key_list(rule)
    both = "n1 > 0 AND n2 > 0 AND n1 + n2 > 2"
    meant = (
        both
        if By.SIGN in rule.by
        else f"s1 = s2 AND ({both} OR n1 * n2 = 0 AND NOT paid AND now = 0)"
    )
    listed = keys.replace("sign(amount)", "sign(amount) AS sign")
    session.execute(
        f"""INSERT INTO found_groups
        WITH grouped AS (
            SELECT {listed}, count(*) FILTER (side = 1) AS n1, count(*) FILTER (side = 2) AS n2,
                coalesce(sum(amount) FILTER (side = 1), 0) AS s1,
                coalesce(sum(amount) FILTER (side = 2), 0) AS s2, list(document) AS documents,
                coalesce(sum(amount) FILTER (counts), 0) AS now,
                coalesce(bool_or(kind = 'invoice') AND bool_or(kind = 'payment'), false) AS paid
            FROM {eligible(session, rule)} GROUP BY ALL)
        SELECT documents[1], unnest(documents) FROM grouped WHERE {meant}"""
    )


def _by_sums(session: Session, rule: MatchingRule) -> list[NotTried]:
    """Group documents that mean only each other by their sums."""
    keys = key_list(rule)
    rows = session.execute(
        f"""SELECT dense_rank() OVER (ORDER BY {keys}) AS block, customer, currency, document, side,
            date_diff('day', DATE '1970-01-01', day) AS day, amount, ref_key, kind
        FROM {eligible(session, rule)}
        QUALIFY min(side) OVER (PARTITION BY {keys}) <> max(side) OVER (PARTITION BY {keys})
        ORDER BY block, side, day NULLS LAST, amount, ref_key, kind, document"""
    ).fetchall()
    blocks = [list(block) for _, block in groupby(rows, key=lambda row: row[0])]
    total, left_out, found = Steps(STEPS), list[NotTried](), list[tuple[int, int]]()
    # The small ones first, so that a large one takes no steps from them.
    for block in sorted(blocks, key=len):
        documents = [
            _Row(row[3], row[4], row[5], row[6], (row[6], row[5], row[7], row[8])) for row in block
        ]
        unit = money.minor_unit(block[0][2] or "")
        search = _Search(documents, rule.window, unit, total)
        if reason := search.obstacle():
            left_out.append(NotTried(rule.name, block[0][1], block[0][2], len(block), reason))
            continue
        found += [(min(group), document) for group in search.groups() for document in group]
    if found:
        session.executemany("INSERT INTO found_groups VALUES (?, ?)", found)
    return left_out


class _Search:
    """A search for groups among a block's open documents."""

    def __init__(
        self, documents: Sequence[_Row], window: int | None, unit: int, total: Steps
    ) -> None:
        self._sides = {side: [row for row in documents if row.side == side] for side in (1, 2)}
        # Those without a day come last.
        self._days = {
            side: [row.day for row in rows if row.day is not None]
            for side, rows in self._sides.items()
        }
        self._window, self._unit, self._total = window, unit, total
        self._halves: dict[tuple[int, ...], Halves] = {}

    def obstacle(self) -> str:
        """Why the block cannot be searched whole, or ''."""
        needed = 0
        for side, others in ((1, 2), (2, 1)):
            for row in self._sides[side]:
                needed += steps_for(len(self._near(row, others)))
                if needed > min(STEPS_OF_BLOCK, self._total.left):
                    return f"too many groups of up to {MOST} documents are possible"
        return ""

    def groups(self) -> list[tuple[int, ...]]:
        """The groups that mean only each other."""
        found, doubtful = list[tuple[int, ...]](), list[tuple[int, ...]]()
        for side, others in ((1, 2), (2, 1)):
            for row in self._sides[side]:
                self._of(row, others, found, doubtful)
        found += self._several()
        claims = Counter(document for group in {*found, *doubtful} for document in group)
        return [group for group in dict.fromkeys(found) if all(claims[d] == 1 for d in group)]

    def _of(
        self,
        row: _Row,
        others: int,
        found: list[tuple[int, ...]],
        doubtful: list[tuple[int, ...]],
    ) -> None:
        """Find the group that makes up one document."""
        near = self._near(row, others)
        halves = self._halves_of(near)
        solutions = halves.adding_up_to(row.amount, self._total)
        for group in solutions or ():
            whole = (row.document, *(near[at].document for at in group))
            alone = solutions is not None and len(solutions) == 1 and len(group) > 1
            certain = alone and not self._by_chance(near)
            (found if certain else doubtful).append(whole)

    def _near(self, row: _Row, others: int) -> list[_Row]:
        found, days = self._sides[others], self._days[others]
        if self._window is None:
            return found
        if row.day is None:
            return found[len(days) :]
        return found[
            bisect_left(days, row.day - self._window) : bisect_right(days, row.day + self._window)
        ]

    def _halves_of(self, near: Sequence[_Row]) -> Halves:
        key = tuple(row.document for row in near)
        if key not in self._halves:
            self._halves[key] = Halves([row.amount for row in near], [row.alike for row in near])
        return self._halves[key]

    def _by_chance(self, near: Sequence[_Row], groups: int | None = None) -> bool:
        """Whether such a sum might be there by chance.

        The sums of few prices meet often: they are counted in steps of the largest amount that
        divides all of them.
        """
        from math import gcd

        step = max(gcd(*(row.amount for row in near)), self._unit)
        room = sum(abs(row.amount) for row in near) // step
        tried = groups_for(len(near)) if groups is None else groups
        return tried * _THOUSAND > CHANCE * max(room, 1) and len(near) > 2  # noqa: PLR2004

    def _several(self) -> Iterator[tuple[int, ...]]:
        """Yield the pair of groups of all documents, if any.

        Only all that is open of both sides together: of a smaller pair another one is the rest.
        """
        first, second = self._sides[1], self._sides[2]
        if not (2 <= len(first) <= MOST and 2 <= len(second) <= MOST):  # noqa: PLR2004
            return
        if sum(row.amount for row in first) != sum(row.amount for row in second):
            return
        days = [row.day for row in (*first, *second)]
        known = [day for day in days if day is not None]
        if self._window is not None and (
            len(known) < len(days) or max(known) - min(known) > self._window
        ):
            return
        if not any(self._is_part(group) for group in _parts(first)):
            yield tuple(row.document for row in (*first, *second))

    def _is_part(self, group: Sequence[_Row]) -> bool:
        """Whether a part of the other side has this sum."""
        total, second = sum(row.amount for row in group), self._sides[2]
        halves = self._halves_of(second)
        solutions: list[Group] | None = halves.adding_up_to(total, self._total)
        return solutions is None or any(len(each) < len(second) for each in solutions)


def _parts(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Yield the parts of some rows, but never all."""
    for mask in range(1, 2 ** len(rows) - 1):
        yield [row for at, row in enumerate(rows) if mask >> at & 1]
