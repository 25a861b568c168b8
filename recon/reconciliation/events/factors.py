"""Factors: recognized over expected is one number for a mark.

`recon.reconciliation.relations` lists the relations that it reads and makes.

A factor is looked for where nearly all posted lines of a mark are off. Each line's amounts, to a
minor unit, leave it a span; the factor is the simplest number in the middle of the spans of the
larger lines. Lines then have it to the minor unit, or not. A change of value from some month on
gives each line a factor of its own, by the months that it has left: there the value's factor is
looked for, less 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from recon.base.events import EventKind
from recon.base.month import Month
from recon.reconciliation.events.batches import (
    DOCUMENT_AND_DAY,
    TWICE,
    Symptom,
    lines_of_documents,
    mark_of_document,
)
from recon.reconciliation.events.found import FEWEST, Axis, Found, Mark, enough
from recon.reconciliation.events.marks import DUE, MARKED, MOSTLY_OFF, Marks
from recon.reconciliation.events.saying import number, sentence_start, times
from recon.store.session import Session

# Spans are counted in so many parts of 1.
_PARTS = 10**9
# A span that is wider tells nothing.
_WIDEST = _PARTS // 50
_UNITS = {
    Fraction(100): '[accounting] unit = "0.01"',
    Fraction(1000): '[analytics] unit = "1000"',
    Fraction(1, 100): '[analytics] unit = "0.01"',
    Fraction(1, 1000): '[accounting] unit = "1000"',
}
_TURNED = "[accounting] invert = true"


class _Span(NamedTuple):
    """Span of a mark's factor, in parts."""

    mark: int
    model: str
    least: int
    most: int


class _Fit(NamedTuple):
    """Lines of a mark that have a factor.

    `tolerated` of them are within tolerance, `to_date` have the factor to date, too; most are off
    for `since` months.
    """

    mark: int
    model: str
    lines: list[int]
    tolerated: int
    to_date: int
    since: int | None


def factors(connection: Session, month: Month, marks: Marks) -> Iterator[Found]:
    """Yield the marks whose lines have one factor."""
    mostly_off = f"JOIN (FROM event_marks k WHERE {MOSTLY_OFF}) k ON {MARKED}"
    for fit, factor in _fitting(connection, month, mostly_off, f"JOIN event_marks k ON {MARKED}"):
        mark, counts = marks[fit.mark]
        if enough(len(fit.lines), counts.posted):
            yield _found(month, mark, counts.posted, fit, factor)


def factors_of_documents(connection: Session, month: Month) -> Iterator[Found]:
    """Yield documents and posting days with one factor."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE event_documents AS
        SELECT dense_rank() OVER (ORDER BY axis, value) AS mark, axis, value, line
        FROM (SELECT DISTINCT line, {DOCUMENT_AND_DAY} FROM break_entries WHERE distance = 0)
        WHERE value IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY axis, value) >= {FEWEST}"""
    )
    rows = connection.execute("SELECT DISTINCT mark, axis, value FROM event_documents").fetchall()
    named = {number: (Axis(axis), value) for number, axis, value in rows}
    joined = "JOIN event_documents k USING (line)"
    fits = [
        (fit, factor, (Symptom(TWICE, 0), *named[fit.mark]))
        for fit, factor in (_fitting(connection, month, joined, joined) if named else ())
        if fit.model == "ratio" and len(fit.lines) >= FEWEST
    ]
    lines = lines_of_documents(connection, month, {of for *_, of in fits}) if fits else {}
    for fit, factor, of in fits:
        if enough(len(fit.lines), lines.get(of, len(fit.lines))):
            yield _found(month, mark_of_document(*of[1:]), lines[of], fit, factor)


def _fitting(
    connection: Session, month: Month, among: str, held: str
) -> Iterator[tuple[_Fit, Fraction]]:
    """Yield the lines of marks that have a factor.

    It is looked for `among` the lines joined so, and `held` against those.
    """
    spans = [_Span(*row) for row in connection.execute(_spans(month, among)).fetchall()]
    known = {
        (span.mark, span.model): factor
        for span in spans
        if (factor := simplest(span.least, span.most)) is not None
        and factor != (1 if span.model == "ratio" else 0)
    }
    if not known:
        return
    for fit in (_Fit(*row) for row in connection.execute(_fits(month, known, held)).fetchall()):
        yield fit, known[fit.mark, fit.model]


def simplest(least: int, most: int) -> Fraction | None:
    """Simplest decimal in a span, or simplest 1 over one.

    None where the span is too wide, or holds 0.
    """
    if most - least > _WIDEST * max(1, abs(least) // _PARTS) or least <= 0 <= most:
        return None
    digits, decimal = _shortest(least, most)
    over, inverse = _shortest(_PARTS**2 // most, _PARTS**2 // least)
    return decimal if digits <= over + 1 or not inverse else 1 / inverse


def _shortest(least: int, most: int) -> tuple[int, Fraction]:
    """The decimal of fewest places in a span; their number."""
    middle = Fraction(least + most, 2 * _PARTS)
    for places in range(-6, 9):
        step = Fraction(10) ** -places
        nearest = round(middle / step) * step
        if least <= nearest * _PARTS <= most:
            return places, nearest
    return 9, middle


_AMOUNTS = (
    "expected", "recognized", "difference", "to_date_expected", "to_date_recognized",
    "to_date_difference", "value",
)  # fmt: skip


def _lines(month: Month, joined: str) -> str:
    """SELECT of off lines with marks and factors' parts."""
    # They are multiplied by parts and factors.
    amounts = ", ".join(f"CAST(l.{amount} AS HUGEINT) AS {amount}" for amount in _AMOUNTS)
    return f"""
        SELECT k.mark, l.line, l.unit, l.status, {amounts}, since,
            l.term_months - ({month.index} - l.start_month + 1 - since) AS months_left,
            {month.index} - l.start_month + 1 AS months_run
        FROM (
            SELECT *, to_date_recognized - to_date_expected AS to_date_difference,
                CASE WHEN over_time AND value <> 0 AND sign(to_date_difference) = sign(difference)
                    AND {month.index} < start_month + term_months
                    THEN nullif(least(
                        (2 * CAST(abs(to_date_difference) AS HUGEINT) + abs(difference))
                            // (2 * CAST(abs(difference) AS HUGEINT)),
                        {month.index} - start_month + 1), 0) END AS since
            FROM lines_off WHERE {DUE} AND entries > 0) l
        {joined}"""


def _spans(month: Month, joined: str) -> str:
    return f"""
    WITH met AS ({_lines(month, joined)}),
    larger AS (
        SELECT mark, since, abs(expected) AS due, recognized * sign(expected) AS got,
            unit + unit * abs(recognized) // abs(expected) AS slack,
            difference * sign(value) * months_left AS change, 2 * unit * months_left AS leeway,
            abs(value) AS value
        FROM met WHERE abs(difference) > unit
        QUALIFY abs(expected) // unit
            >= quantile_disc(abs(expected) // unit, 0.5) OVER (PARTITION BY mark)),
    spans AS (
        SELECT mark, 'ratio' AS model, (CAST(got AS HUGEINT) - slack) * {_PARTS} // due AS least,
            (CAST(got AS HUGEINT) + slack) * {_PARTS} // due AS most
        FROM larger
        UNION ALL SELECT mark, 'value', (CAST(change AS HUGEINT) - leeway) * {_PARTS} // value,
            (CAST(change AS HUGEINT) + leeway) * {_PARTS} // value
        FROM larger WHERE since IS NOT NULL)
    SELECT mark, model, quantile_disc(least, 0.5), quantile_disc(most, 0.5)
    FROM spans GROUP BY mark, model HAVING count(*) > 1 ORDER BY mark, model"""


def _fits(month: Month, known: dict[tuple[int, str], Fraction], joined: str) -> str:
    listed = ", ".join(
        f"({mark}, '{model}', CAST({f.numerator} AS HUGEINT), CAST({f.denominator} AS HUGEINT))"
        for (mark, model), f in known.items()
    )
    return f"""
    WITH factors(mark, model, num, den) AS (VALUES {listed}),
    met AS ({_lines(month, joined)}),
    fitting AS (
        SELECT *, abs(to_date_recognized * den - to_date_expected * num)
            <= unit * (den + abs(num)) * (months_run + 1) AS same_to_date
        FROM met JOIN factors USING (mark)
        WHERE CASE model
            WHEN 'ratio' THEN abs(recognized * den - expected * num) <= unit * (den + abs(num))
            ELSE since IS NOT NULL AND abs(difference * months_left * den - value * num)
                <= 2 * unit * months_left * den END)
    SELECT mark, model, list(line ORDER BY line),
        count(*) FILTER (status = 'within_tolerance'), count(*) FILTER (same_to_date),
        mode(since)
    FROM fitting GROUP BY mark, model ORDER BY mark, model"""


def _found(month: Month, mark: Mark, marked: int, fit: _Fit, factor: Fraction) -> Found:
    lines, count = frozenset(fit.lines), len(fit.lines)
    first = (month - ((fit.since or 1) - 1)).name
    if fit.model == "value":
        return Found(
            EventKind.REPRICED, mark, lines, count, marked, f"value {1 + factor}",
            lambda told, net: f"{sentence_start(mark)}: accounting spreads {times(1 + factor)} the "
            f"contract value from {first} on over the months that are left, on {told} ({net}).",
            f"Ask whether the value changed in {first}; if so, deliver the new value in analytics.",
            cost=_digits(1 + factor),
        )  # fmt: skip
    kind = _kind(mark, factor)
    # A document or day is of one month.
    lasting = mark.axis not in {Axis.DOCUMENT, Axis.DAY} and (fit.since or 0) > 1
    if kind is EventKind.RATIO and lasting and fit.to_date * 5 < count * 4:
        kind = EventKind.REPRICED
    settings = _settings(factor) if kind in {EventKind.SIGN_OF_SIDE, EventKind.UNIT_OF_SIDE} else ""
    since = f" from {first} on" if kind is EventKind.REPRICED else ""
    said = _SAID.get(kind, "")
    return Found(
        kind, mark, lines, count, marked, f"factor {factor}",
        lambda told, net: f"{sentence_start(mark)}: accounting recognizes {times(factor)} the "
        f"expected amount{since} on {told} ({net}){said}.",
        settings or (_OF_SIGNS if factor == -1 else _ADVICE[kind]),
        setting=bool(settings),
        cost=_digits(factor),
    )  # fmt: skip


def _digits(factor: Fraction) -> int:
    """How many digits say the factor, or its inverse."""
    return min(len(number(factor)), len(number(1 / factor)) + 1)


def _kind(mark: Mark, factor: Fraction) -> EventKind:
    if mark.axis is Axis.SIDE and factor < 0 and (factor == -1 or abs(factor) in _UNITS):
        return EventKind.SIGN_OF_SIDE
    if mark.axis is Axis.SIDE and factor in _UNITS:
        return EventKind.UNIT_OF_SIDE
    return EventKind.RATIO


def _settings(factor: Fraction) -> str:
    lines = [_TURNED] * (factor < 0) + [_UNITS[abs(factor)] for _ in range(abs(factor) != 1)]
    return f"Set {' and '.join(lines)}."


_SAID = {
    EventKind.SIGN_OF_SIDE: ": its sign is turned",
    EventKind.UNIT_OF_SIDE: ": the sides count in different units",
}
_OF_SIGNS = "Find out where the sign was turned, and correct all of them at once."
_ADVICE = {
    EventKind.RATIO: "Look for a tax, a rate of exchange, a discount or a price list that one "
    "side applies and the other does not.",
    EventKind.REPRICED: "Ask for the price list of that month; if it holds, deliver the new value "
    "in analytics.",
}
