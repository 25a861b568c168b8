"""Stock: counts against the ones before, movements and sales.

Where movements come for a location, the last count plus what moved less what was sold is this
count. A count is that of the day's end; a sale is from the first of its store, city and region
that has a stock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recon.base.text import counted
from recon.store.findings import Finding, FindingKind
from recon.store.schema import STORE
from recon.store.session import Session, is_any

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """A count that differs from the expected one.

    `amount` is the difference at the unit's cost, None without one.
    """

    product: str
    location: str
    day: date
    on_hand: Decimal
    wanted: Decimal
    amount: Decimal | None


def gaps(session: Session, since: date | None) -> list[Gap]:
    """The counts that are not continuous, the largest first."""
    if not is_any(session, f"{STORE}.fact_movements"):
        return []
    found = session.execute(
        f"""WITH places AS (SELECT DISTINCT lower(location) AS place FROM {STORE}.fact_movements),
        counts AS (
            SELECT lower(product_id) AS product, lower(location) AS place, counted_on AS day,
                any_value(product_id) AS product_id, any_value(location) AS location,
                sum(on_hand) AS on_hand, max(unit_cost) AS unit_cost
            FROM {STORE}.fact_inventory WHERE lower(location) IN (FROM places) GROUP BY ALL),
        pairs AS (
            SELECT *, lag(on_hand) OVER w AS before, lag(day) OVER w AS since FROM counts
            WINDOW w AS (PARTITION BY product, place ORDER BY day)),
        moves AS (
            SELECT lower(product_id) AS product, lower(location) AS place, moved_on AS day, quantity
            FROM {STORE}.fact_movements
            UNION ALL
            SELECT lower(product_id), CASE
                WHEN lower(store) IN (FROM places) THEN lower(store)
                WHEN lower(city) IN (FROM places) THEN lower(city) ELSE lower(region) END,
                sold_on, -quantity
            FROM {STORE}.fact_sales WHERE overlap_of IS NULL),
        wanted AS (
            SELECT p.product_id, p.location, p.day, p.on_hand, p.unit_cost,
                p.before + coalesce(sum(m.quantity), 0) AS wanted
            FROM pairs p LEFT JOIN moves m
                ON m.product = p.product AND m.place = p.place AND m.day > p.since
                    AND m.day <= p.day
            WHERE p.before IS NOT NULL AND (p.day >= ? OR ? IS NULL)
            GROUP BY p.product_id, p.location, p.day, p.on_hand, p.unit_cost, p.before)
        SELECT product_id, location, day, on_hand, wanted,
            CAST((on_hand - wanted) * unit_cost AS DECIMAL(19, 2)) AS amount
        FROM wanted WHERE on_hand <> wanted
        ORDER BY abs(coalesce(amount, 0)) DESC, abs(on_hand - wanted) DESC,
            product_id, location, day""",
        [since, since],
    ).fetchall()
    return [Gap(*row) for row in found]


def continuity(session: Session, since: date | None) -> list[Finding]:
    """The findings on stock, one for a location and day."""
    by_count: dict[tuple[str, date], list[Gap]] = {}
    for gap in gaps(session, since):
        by_count.setdefault((gap.location, gap.day), []).append(gap)
    return [_finding(*key, of) for key, of in by_count.items()]


def _finding(location: str, day: date, found: list[Gap]) -> Finding:
    parts = [
        f"{gap.product} has {_plain(gap.on_hand)} where {_plain(gap.wanted)} should be"
        for gap in found[:_SHOWN]
    ]
    if more := len(found) - _SHOWN:
        parts += [f"and {more:,} more"] if more > 0 else []
    amounts = [gap.amount for gap in found if gap.amount is not None]
    total = f" The difference is worth {sum(amounts, Decimal(0)):,.2f}." if amounts else ""
    units = sum((gap.on_hand - gap.wanted for gap in found), Decimal(0))
    sentence = (
        f"Stock of {location} on {day} does not follow from the count before it, movements and "
        f"sales, in {counted(len(found), 'product')}: {', '.join(parts)}.{total}"
    )
    return Finding(FindingKind.STOCK, "", f"stock:{location}:{day}:{len(found)}:{units}", sentence)


def _plain(units: Decimal) -> str:
    return f"{units.normalize():,f}"
