"""Marks: traits that lines share, with how many are off.

`recon.reconciliation.relations` lists the relations that it reads and makes.

A mark of `event_marks` is the whole side, or all lines of a currency, a revenue type, a segment, a
type in a segment, a month in which they start, or of their first or last month. Its counts are of
lines on both sides: `due` are contract lines that expect revenue, `posted` those of them with an
entry, `off` the posted ones with a difference, `lacking` the others, `carried` those that agree
this month and not to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from recon.base.month import Month
from recon.reconciliation.events.found import FEWEST, Axis, Mark
from recon.store.session import Session, is_any

# Whether a line, l, has a mark, k: what a mark does not name is NULL.
MARKED = """(k.currency IS NULL OR k.currency = l.currency)
    AND (k.type IS NULL OR k.type = l.type) AND (k.segment IS NULL OR k.segment = l.segment)
    AND (k.start_month IS NULL OR k.start_month = l.start_month)"""
DUE = "on_contract AND expected <> 0"
# Nearly all of the posted lines with the mark are off.
MOSTLY_OFF = "k.off * 5 >= k.posted * 4"


class Counts(NamedTuple):
    """The lines with a mark, as the module counts them."""

    due: int
    posted: int
    off: int
    lacking: int
    unknown: int


def terms_off(connection: Session, month: Month) -> bool:
    """Whether enough lines are off for another rule on terms.

    These are all lines of a mark, or those in their first or last month, or in the one after.
    """
    m = month.index
    if is_any(connection, f"event_marks WHERE off >= {FEWEST} AND 5 * off >= posted"):
        return True
    (phase,) = connection.execute(
        f"""SELECT coalesce(max(off), 0) FROM (
            SELECT count(*) AS lines, count(*) FILTER (difference <> 0) AS off
            FROM lines_compared
            WHERE on_contract AND (start_month = {m} OR close_month IN ({m}, {m - 1}))
                AND (expected <> 0 OR entries > 0)
            GROUP BY start_month = {m}, close_month)
        WHERE off >= {FEWEST} AND 5 * off >= lines"""
    ).fetchone() or (0,)
    return bool(phase)


def create_marks(connection: Session, month: Month) -> dict[int, tuple[Mark, Counts]]:
    """Create `event_marks`; return the marks with their counts, by number.

    The first one is the whole side.
    """
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE event_marks AS
        SELECT row_number() OVER (ORDER BY axes DESC, currency, type, segment, start_month)
            AS mark, *
        FROM (
            SELECT grouping(currency, type, segment, start_month) AS axes,
                currency, type, segment, start_month, count(*) FILTER (due) AS due,
                count(*) FILTER (due AND entries > 0) AS posted,
                count(*) FILTER (due AND entries > 0 AND difference <> 0) AS off,
                count(*) FILTER (due AND entries = 0) AS lacking,
                count(*) FILTER (NOT known_contract) AS unknown
            FROM (SELECT * REPLACE (coalesce(segment, '') AS segment), {DUE} AS due
                FROM lines_compared)
            GROUP BY GROUPING SETS
                ((), (currency), (type), (segment), (type, segment), (start_month)))
        WHERE axes = 15 OR (off >= {FEWEST} OR 2 * lacking >= {FEWEST})
            AND coalesce(segment <> '', true)"""
    )
    rows = connection.execute("FROM event_marks ORDER BY mark").fetchall()
    return {
        mark: (mark_of(month, *named), Counts(*counts))
        for mark, _, *found in rows
        for named, counts in [(found[:4], found[4:])]
    }


def mark_of(
    month: Month, currency: str | None, of: str | None, segment: str | None, start: int | None
) -> Mark:
    """The mark that a group of lines shares."""
    if of and segment:
        return Mark(Axis.TYPE_IN_SEGMENT, f"{of} in {segment}", f"{of} in segment {segment}")
    if start is not None:
        begun = month.at(start)
        return Mark(Axis.START, str(begun), f"contract lines that start in {begun.name}")
    if segment:
        return Mark(Axis.SEGMENT, segment, f"segment {segment}")
    if of:
        return Mark(Axis.TYPE, of, f"revenue type {of}")
    if currency:
        return Mark(Axis.CURRENCY, currency, f"currency {currency}")
    return Mark(Axis.SIDE, "", "the whole side")


Marks = Mapping[int, tuple[Mark, Counts]]
