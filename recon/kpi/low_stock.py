"""Low items: since when, and how it ended before.

An item is low from the first count below its reorder point until one that is not. Such a stretch
has its first day for a name, so that it is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from recon.kpi.asked import Asked
from recon.kpi.query import labels
from recon.kpi.stock import Item, items
from recon.store.session import Session


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time for which an item was low.

    `ran_out` is the first day without stock, `over` that of the count that was enough.
    """

    since: date
    ran_out: date | None
    over: date | None


@dataclass(frozen=True, slots=True)
class Low:
    """A low item: name, this stretch, the one before."""

    item: Item
    name: str
    now: Stretch
    before: Stretch | None


def low_items(session: Session, asked: Asked) -> list[Low]:
    """The low items, the most urgent first."""
    names, stretches = labels(session, "product"), _stretches(session, asked.period.last)
    found = []
    for item in items(session, asked):
        of = stretches.get((item.product.lower(), item.place.lower()), [])
        if item.is_low and of and of[-1].over is None:
            name = names.get(item.product.lower(), item.product)
            found.append(Low(item, name, of[-1], of[-2] if len(of) > 1 else None))
    return sorted(found, key=lambda each: (each.item.days_left is None, each.item.days_left or 0,
                                           each.item.product, each.item.place))  # fmt: skip


def _stretches(session: Session, last: date) -> Mapping[tuple[str, str], list[Stretch]]:
    """The stretches of each product and place, the earliest first."""
    rows = session.execute(
        """WITH counts AS (
            SELECT lower(n.product_id) AS product, coalesce(lower(n.location), '(none)') AS place,
                n.counted_on AS day, arg_max(n, struct_pack(l := n.load, r := n.recon_row)) AS n
            FROM fact_inventory n WHERE n.counted_on <= ? GROUP BY ALL),
        marked AS (
            SELECT c.product, c.place, c.day, c.n.on_hand AS on_hand, coalesce(
                c.n.on_hand < coalesce(c.n.reorder_point, p.reorder_point), false) AS low
            FROM counts c LEFT JOIN dim_product p ON lower(p.product_id) = c.product),
        begun AS (
            SELECT *, low AND NOT coalesce(lag(low) OVER item, false) AS begins FROM marked
            WINDOW item AS (PARTITION BY product, place ORDER BY day)),
        numbered AS (
            SELECT *, count(CASE WHEN begins THEN 1 END) OVER (
                PARTITION BY product, place ORDER BY day) AS stretch FROM begun)
        SELECT product, place, min(day) FILTER (low),
            min(day) FILTER (low AND on_hand <= 0), min(day) FILTER (NOT low)
        FROM numbered WHERE stretch > 0 GROUP BY product, place, stretch
        ORDER BY product, place, stretch""",
        [last],
    ).fetchall()
    found: dict[tuple[str, str], list[Stretch]] = {}
    for product, place, *days in rows:
        found.setdefault((product, place), []).append(Stretch(*days))
    return found
