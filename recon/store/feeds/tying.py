"""Tying: the file's totals against the table's.

Reads `staged`, `fates`, and the table of the kind of feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recon.base.errors import tie
from recon.base.feed import Feed
from recon.store.columns import PLACE
from recon.store.schema import STORE, TYPE_2
from recon.store.session import Session, name

OUTCOMES = ("inserted", "updated", "unchanged", "repeated", "rejected")
BROUGHT = ("inserted", "updated")

Sums = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows read, counted and added up by outcome."""

    counts: Mapping[str, int]
    sums: Sums

    @property
    def brought(self) -> int:
        """The rows that came into the table."""
        return sum(self.counts[outcome] for outcome in BROUGHT)


def size(session: Session, feed: Feed) -> int:
    """The number of rows of the feed's table."""
    found = session.execute(f"SELECT count(*) FROM {STORE}.{feed.kind.table}").fetchone()
    return int(found[0]) if found else 0


def tallied(session: Session, feed: Feed) -> Tally:
    """Count and add up the rows read, by outcome."""
    amounts = feed.kind.amounts
    found = session.execute(
        f"""SELECT CASE WHEN recon_fault IS NOT NULL THEN 'rejected'
            ELSE coalesce(outcome, 'inserted') END AS fate, count(*){_totals(feed)}
        FROM staged LEFT JOIN fates USING ({PLACE}) GROUP BY fate"""
    ).fetchall()
    counts = dict.fromkeys(OUTCOMES, 0) | {fate: count for fate, count, *_ in found}
    return Tally(counts, {fate: dict(zip(amounts, of, strict=True)) for fate, _, *of in found})


def tie_out(
    session: Session, feed: Feed, number: int, tally: Tally, *, before: int, ended: int
) -> None:
    """Assert that file and table agree to the last decimal.

    `before` is how many rows the table had, `ended` how many the load ended. Raises TieOutError.
    """
    rows, *read = _added_up(session, feed, "staged")
    tie(f"the rows of {feed.name}", sum(tally.counts.values()), int(rows))
    brought, *kept = _added_up(
        session, feed, f"{STORE}.{feed.kind.table} WHERE {_of(feed, number)}"
    )
    tie(f"the rows brought by {feed.name}", int(brought), tally.brought)
    for column, total, there in zip(feed.kind.amounts, read, kept, strict=True):
        all_of = _sum(tally, tally.sums, column)
        tie(f"{column} of {feed.name}", _units(all_of), _units(total))
        tie(f"{column} brought by {feed.name}", _units(there), _units(_sum(tally, BROUGHT, column)))
    if feed.kind.table != TYPE_2:
        wanted = before + tally.brought - ended
        tie(f"the table {feed.kind.table}", size(session, feed), wanted)


def _totals(feed: Feed) -> str:
    return "".join(f", coalesce(sum({name(column)}), 0)" for column in feed.kind.amounts)


def _added_up(session: Session, feed: Feed, relation: str) -> Sequence[Decimal]:
    """A relation's number of rows, and its sums."""
    return session.execute(f"SELECT count(*){_totals(feed)} FROM {relation}").fetchone() or ()


def _of(feed: Feed, number: int) -> str:
    """The condition that a kept row is the file's."""
    parts = [f"load = {number}", f"{PLACE} > 0"]
    if feed.kind.table.startswith("dim_"):
        parts.append("NOT placeholder")
    if feed.kind.table == TYPE_2:
        parts.append("valid_to IS NULL")
    return " AND ".join(parts)


def _sum(tally: Tally, outcomes: Iterable[str], column: str) -> Decimal:
    return sum((tally.sums[each][column] for each in outcomes if each in tally.sums), Decimal(0))


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(4))


def days(session: Session, feed: Feed) -> tuple[date | None, date | None]:
    """The first and the last day of the file's rows."""
    if not feed.kind.day:
        return None, None
    found = session.execute(
        f"SELECT min({feed.kind.day}), max({feed.kind.day}) FROM staged WHERE recon_fault IS NULL"
    ).fetchone()
    return found or (None, None)


def months(session: Session, feed: Feed, number: int) -> list[date | None]:
    """The months that the load changed; None for all."""
    if not feed.kind.day:
        return [None]
    table, day = feed.kind.table, feed.kind.day
    found = session.execute(
        f"""SELECT DISTINCT CAST(date_trunc('month', {day}) AS DATE) AS month FROM (
            SELECT {day} FROM {STORE}.{table} WHERE load = {number}
            UNION ALL SELECT {day} FROM {STORE}.{table}_history WHERE ended_by = {number})
        ORDER BY month"""
    ).fetchall()
    return [month for (month,) in found]
