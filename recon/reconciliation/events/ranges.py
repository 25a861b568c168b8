"""Ranges: neighbours among the contracts that show the same.

Lines are neighbours by their place in the source, by the number at the end of their ids, or, in a
book that is not large, by the order of their ids. A range counts where as many neighbours would not
show the same by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import exp, lgamma
from typing import NamedTuple

from recon.reconciliation.events.found import FEWEST, Axis, Mark, enough
from recon.reconciliation.events.marks import DUE
from recon.store.session import Session, literal

# Lines that are off by chance make no more than so many ranges in all months of a book.
_BY_CHANCE = 1e-5
# In a larger book the order of all ids is not asked for.
_ORDERED = 200_000
_NUMBER = re.compile(r"\d{1,15}$")


class Placed(NamedTuple):
    """Line of a range: place in the source, and id."""

    line: int
    id: str
    id_key: str


def ranges(
    connection: Session, lines: Sequence[Placed], due: int
) -> Iterator[tuple[Mark, list[int], int]]:
    """Yield ranges of contracts, with their lines and sizes."""
    known = [line for line in lines if line.line > 0]
    if len(known) == due:
        return
    rate = len(known) / max(due, 1)
    ranks = _ranks(connection, known) if due <= _ORDERED else {}
    for group in _neighbours(known, ranks, rate):
        by_id = sorted(group, key=lambda line: line.id_key)
        first, last = by_id[0], by_id[-1]
        (marked,) = connection.execute(
            f"""SELECT count(*) FROM lines_compared WHERE {DUE}
                AND id_key BETWEEN {literal(first.id_key)} AND {literal(last.id_key)}
                AND length(id_key) = {len(first.id_key)}"""
        ).fetchone() or (0,)
        chance = _chance(len(group), marked, len(known), due)
        if enough(len(group), marked) and due * chance < _BY_CHANCE:
            mark = Mark(
                Axis.RANGE, f"{first.id} to {last.id}", f"contracts {first.id} to {last.id}"
            )
            yield mark, [line.line for line in group], marked


def _chance(explained: int, marked: int, known: int, due: int) -> float:
    """Chance of so many known lines in one range.

    It is that of a draw: as many lines as are known, of those due, of which some are in the range.
    """
    marked = max(marked, explained)
    due = max(due, marked + known - explained)
    drawn = _ways(marked, explained) + _ways(due - marked, known - explained)
    return exp(drawn - _ways(due, known))


def _ways(of: int, chosen: int) -> float:
    """Logarithm of the ways to choose some of many."""
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def _ranks(connection: Session, lines: Sequence[Placed]) -> dict[int, int]:
    """The places of lines among those due, ordered by id."""
    rows = connection.execute(
        f"""SELECT line, place FROM (
            SELECT line, dense_rank() OVER (ORDER BY length(id_key), id_key) AS place
            FROM lines_compared WHERE {DUE})
        WHERE line IN (SELECT unnest(?))""",
        [[line.line for line in lines]],
    ).fetchall()
    return dict(rows)


def _neighbours(
    lines: Sequence[Placed], ranks: Mapping[int, int], rate: float
) -> Iterator[list[Placed]]:
    """Yield groups of lines next to each other."""
    seen: set[frozenset[int]] = set()
    numbered = [
        (line.id_key[: found.start()], int(found[0]), line)
        for line in lines
        if (found := _NUMBER.search(line.id_key))
    ]
    places = [("", line.line, line) for line in lines]
    ranked = [("", ranks[line.line], line) for line in lines if line.line in ranks]
    # Most lines of a book expect revenue; the closest third of random gaps is not closer.
    apart = max(1, min(8, int(0.1 / max(rate, 1e-9))))
    # One that is as it should be stands between two of a range.
    for order, by in ((numbered, apart), (places, apart), (ranked, max(2, apart))):
        for group in _close(sorted(order, key=lambda at: at[:2]), by):
            if (key := frozenset(line.line for line in group)) not in seen:
                seen.add(key)
                yield group


def _close(order: Sequence[tuple[str, int, Placed]], apart: int) -> Iterator[list[Placed]]:
    """Yield runs of lines closer than chance has them."""
    run: list[tuple[str, int, Placed]] = []
    for at in order:
        if run and (at[0] != run[-1][0] or at[1] - run[-1][1] > apart):
            if len(run) >= FEWEST:
                yield [line for _, _, line in run]
            run = []
        run.append(at)
    if len(run) >= FEWEST:
        yield [line for _, _, line in run]
