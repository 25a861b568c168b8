"""Low stock: items to order, and when they run out.

Units a day are those sold in the last 90 days, by product, over all places. A product runs out when
its stock of all places is sold at that rate. To order: reorder point, and units of the lead days
(for each place of a product an equal share), less on hand and in transit, plus reserved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recon.base.money import SCALE, rounded
from recon.kpi.asked import Asked
from recon.kpi.buckets import divided
from recon.kpi.compiled import lacking
from recon.kpi.measures import MEASURES, Unit
from recon.kpi.period import Period
from recon.kpi.query import BLANK, Query, labels, values
from recon.kpi.result import Column, Row, Table
from recon.store.session import Session

_DAYS = 90
_COLUMNS = (
    Column("on_hand", "On hand", Unit.QUANTITY),
    Column("reorder_point", "Reorder point", Unit.QUANTITY),
    Column("order", "To order", Unit.QUANTITY),
    Column("runs_out", "Runs out on", Unit.DATE),
    Column("sold_a_day", "Sold a day", Unit.QUANTITY),
    Column("in_transit", "In transit", Unit.QUANTITY),
)
_STOCK = ("on_hand", "reorder_point", "in_transit", "reserved", "low_stock")


@dataclass(frozen=True, slots=True)
class Item:
    """A product at a place, in ten-thousandths of a unit.

    `sold` are the units of the product in 90 days, `stock` those of all its `places`.
    """

    product: str
    place: str
    on_hand: int
    reorder_point: int
    in_transit: int
    reserved: int
    is_low: bool
    sold: int
    stock: int
    places: int
    lead_days: int

    @property
    def days_left(self) -> int | None:
        """The days for which the product's stock lasts."""
        return max(self.stock, 0) * _DAYS // self.sold if self.sold > 0 else None

    @property
    def order(self) -> int:
        """The whole units to order."""
        lead = -(-max(self.sold, 0) * self.lead_days // (_DAYS * self.places))
        wanted = self.reorder_point + lead - self.on_hand - self.in_transit + self.reserved
        return max(-(-wanted // SCALE) * SCALE, 0)


def low_stock(session: Session, asked: Asked) -> Sequence[Table]:
    """Items below their reorder point, the most urgent first."""
    names = labels(session, "product")
    low = [each for each in items(session, asked) if each.is_low]
    low.sort(key=lambda each: (each.days_left is None, each.days_left or 0, each.product))
    rows = [_row(each, names, asked) for each in low]
    kept = rows[: asked.top or len(rows)]
    note = (
        f"As of {asked.period.last}, at the rate of the last {_DAYS} days; covered by what is in "
        "transit, or not; to order is what "
        "brings stock and transit to the reorder point and the sales of the lead days."
    )
    return [
        Table(
            "reorder", "Low stock and what to order", ("product", "place", "covered"),
            _COLUMNS, tuple(kept), left_out=len(rows) - len(kept), notes=(note,),
        )
    ]  # fmt: skip


def _row(item: Item, names: Mapping[str, str], asked: Asked) -> Row:
    covered = "yes" if item.on_hand + item.in_transit >= item.reorder_point else "no"
    left = item.days_left
    out = None
    if left is not None:
        day = asked.period.last.toordinal() + left
        out = min(day, date.max.toordinal())
    rate = rounded(item.sold, _DAYS * 100) * 100
    return Row(
        (names.get(item.product.lower(), item.product), item.place, covered),
        "",
        (item.on_hand, item.reorder_point, item.order, out, max(rate, 0), item.in_transit),
    )


def items(session: Session, asked: Asked) -> list[Item]:
    """All items with a count by the period's end."""
    where = [
        each for each in asked.where if not lacking(MEASURES["on_hand"], MEASURES, [each.dimension])
    ]
    whole = divided(asked.period, None)
    query = Query("", "", _STOCK, asked.period, ("product", "location"), tuple(where))
    counted = values(session, query, whole)
    sold = _sold(session, asked)
    stock: dict[str, list[int]] = {}
    for (_, product, _), of in counted.items():
        stock.setdefault(str(product), []).append(of[0] or 0)
    lead = dict(
        session.execute(
            "SELECT lower(product_id), lead_days FROM dim_product WHERE lead_days IS NOT NULL"
        ).fetchall()
    )
    return [
        _item(str(product), place, of, sold, stock, int(lead.get(str(product).lower(), 0)))
        for (_, product, place), of in counted.items()
    ]


def _item(
    product: str,
    place: object,
    counted: Sequence[int | None],
    sold: Mapping[str, int],
    stock: Mapping[str, Sequence[int]],
    lead_days: int,
) -> Item:
    on_hand, point, transit, reserved, low = (value or 0 for value in counted)
    return Item(
        product, BLANK if place is None else str(place), on_hand, point, transit, reserved,
        bool(low), sold.get(product, 0), sum(stock[product]), len(stock[product]), lead_days,
    )  # fmt: skip


def _sold(session: Session, asked: Asked) -> dict[str, int]:
    """Units of each product sold in the last 90 days."""
    last = asked.period.last
    days = Period(last - timedelta(days=_DAYS - 1), last, "")
    found = values(session, Query("", "", ("quantity",), days, ("product",)), divided(days, None))
    return {str(product): of[0] or 0 for (_, product), of in found.items()}
