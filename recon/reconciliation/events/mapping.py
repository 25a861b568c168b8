"""Mapping: entries of a type or currency under another one.

`recon.reconciliation.relations` lists the relations that it reads and makes.

The lines of a mark that have no entry are held against the other lines of their contracts that have
too much: by type, where all differences of the contract in that currency cancel out; by currency,
where the amount is the one that is lacking, or that amount at one rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from recon.base.events import EventKind
from recon.reconciliation.events.factors import simplest
from recon.reconciliation.events.found import FEWEST, Axis, Found, Mark, enough
from recon.reconciliation.events.marks import MARKED, Marks
from recon.reconciliation.events.saying import number, sentence_start
from recon.store.session import Session

# Marks of which nearly all lines have no entry. Two lines are a pair, so that three pairs do.
_MARKS = f"(FROM event_marks k WHERE 2 * lacking >= {FEWEST} AND lacking * 5 >= due * 4)"
_LACKING = "(FROM lines_off WHERE on_contract AND entries = 0 AND expected <> 0)"
_SURPLUS = "(FROM lines_off WHERE sign(expected) * difference >= 0 AND entries > 0)"
_TYPES = f"""
    WITH contracts AS (
        SELECT id_key, currency, any_value(type) FILTER (entries > 0) AS other,
            list(line) FILTER (entries > 0) AS surplus
        FROM lines_off GROUP BY id_key, currency
        HAVING sum(difference) = 0 AND count(DISTINCT type) FILTER (entries > 0) = 1
            AND bool_and(entries > 0 OR on_contract))
    SELECT mark, other, list(l.line), flatten(list(surplus)), 1, 1
    FROM {_LACKING} l JOIN contracts c USING (id_key, currency) JOIN {_MARKS} k ON {MARKED}
    GROUP BY mark, other HAVING 2 * count(*) >= {FEWEST} ORDER BY mark, other"""
_PAIRS = f"""
    SELECT mark, b.currency AS other, l.line, b.line AS surplus, -l.difference AS lacks,
        b.difference AS has, greatest(l.unit, b.unit) AS unit
    FROM {_LACKING} l
    JOIN {_SURPLUS} b ON b.id_key = l.id_key AND b.type = l.type AND b.currency <> l.currency
        AND sign(b.difference) = -sign(l.difference)
    JOIN {_MARKS} k ON {MARKED}"""
_PARTS = 10**9


def mappings(connection: Session, marks: Marks) -> Iterator[Found]:
    """Yield marks whose entries are under another type or currency."""
    for mark, other, lines, surplus, *_ in connection.execute(_TYPES).fetchall():
        yield from _found(marks, mark, other, lines, surplus, None)
    rates = {
        (mark, other): rate
        for mark, other, least, most in connection.execute(_rates()).fetchall()
        if (rate := Fraction(1) if least <= _PARTS <= most else simplest(least, most))
    }
    if rates:
        for mark, other, lines, surplus in connection.execute(_converted(rates)).fetchall():
            yield from _found(marks, mark, other, lines, surplus, rates[mark, other])


def _rates() -> str:
    return f"""
    SELECT mark, other, quantile_disc((CAST(has AS HUGEINT) - unit) * {_PARTS} // lacks, 0.5),
        quantile_disc((CAST(has AS HUGEINT) + unit) * {_PARTS} // lacks, 0.5)
    FROM (
        FROM ({_PAIRS})
        QUALIFY abs(lacks) >= quantile_disc(abs(lacks), 0.5) OVER (PARTITION BY mark, other))
    GROUP BY mark, other HAVING 2 * count(*) >= 2 ORDER BY mark, other"""


def _converted(rates: dict[tuple[int, str], Fraction]) -> str:
    listed = ", ".join(
        f"({mark}, '{other}', CAST({f.numerator} AS HUGEINT), CAST({f.denominator} AS HUGEINT))"
        for (mark, other), f in rates.items()
    )
    return f"""
    WITH rates(mark, other, num, den) AS (VALUES {listed})
    SELECT mark, other, list(line), list(surplus) FROM ({_PAIRS}) JOIN rates USING (mark, other)
    WHERE if(num = den, has = lacks, abs(has * den - lacks * num) <= unit * (den + num))
    GROUP BY mark, other ORDER BY mark, other"""


def _found(
    marks: Marks, at: int, other: str, lines: list[int], surplus: list[int], rate: Fraction | None
) -> Iterator[Found]:
    mark, counts = marks[at]
    # Lines of the mark that lack nothing, since nothing of theirs is posted here or there, are few.
    every = frozenset(lines) | frozenset(surplus)
    if not enough(2 * len(set(lines)), 2 * counts.due):
        return
    by = "" if rate is None or rate == 1 else f", at a rate of {number(rate)}"
    yield Found(
        EventKind.MAPPING, mark, every, len(set(lines)), counts.due, f"{other}{by}",
        lambda told, net: f"{sentence_start(_of(mark))}: the entries are under {other}{by}, on "
        f"{told} ({net}).",
        f"Correct the mapping of {mark.words} in accounting, and move the entries from {other}."
        if rate is None
        else f"Correct the currency of the entries of {mark.words}, which are in {other}.",
    )  # fmt: skip


def _of(mark: Mark) -> Mark:
    return mark if mark.axis is not Axis.SIDE else Mark(Axis.IDS, "", "every contract line")
