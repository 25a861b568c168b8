"""Restatement: how a load changes months that were there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recon.base.feed import Feed
from recon.store.columns import PLACE
from recon.store.schema import STORE
from recon.store.session import Session, is_any, literal, name

# The amount of each kind of feed by which a month is told.
_MEASURES = {"sales": "revenue", "credits": "amount", "debits": "amount"}


@dataclass(frozen=True, slots=True)
class Restated:
    """A month that changed: measure, currency, change, and rows sent."""

    month: date
    measure: str
    currency: str
    change: Decimal
    rows: int


def restated(session: Session, feed: Feed) -> list[Restated]:
    """The past months that the staged rows change.

    A month is past where the feed has rows of a later one already, or where rows of it end.
    """
    measure = _MEASURES.get(feed.kind.name)
    kept = f"{STORE}.{feed.kind.table}"
    mine = f"{kept} WHERE feed = {literal(feed.name)}"
    if measure is None or not is_any(session, mine):
        return []
    day = feed.kind.day
    month = f"CAST(date_trunc('month', {name(day)}) AS DATE)"
    fresh = "(FROM fates WHERE outcome <> 'updated')"
    found = session.execute(
        f"""WITH known AS (SELECT DISTINCT {month} AS month FROM {mine}),
        moved AS (
            SELECT {month} AS month, currency, {measure} AS change, 1 AS sent
            FROM (SELECT * FROM staged WHERE recon_fault IS NULL) ANTI JOIN {fresh} USING ({PLACE})
            ANTI JOIN overlapping USING ({PLACE})
            UNION ALL
            SELECT {month}, currency, -{measure}, 0 FROM {kept}
            WHERE rowid IN (SELECT id FROM ended) AND overlap_of IS NULL)
        SELECT month, currency, sum(change) AS change, sum(sent) AS sent FROM moved
        GROUP BY month, currency
        HAVING (min(sent) = 0 OR month < (SELECT max(month) FROM known))
            AND month IN (SELECT month FROM known) AND sum(change) <> 0
        ORDER BY month, currency"""
    ).fetchall()
    return [Restated(of, measure, currency, change, int(n)) for of, currency, change, n in found]
