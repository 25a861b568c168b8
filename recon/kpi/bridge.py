"""Changes of revenue: price, volume, mix; movers; seasons.

For products sold in both periods: price is revenue less the same units at the price before; volume
is revenue before x the change of all units; mix is the rest, from dearer or cheaper products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recon.base import money
from recon.base.errors import tie
from recon.base.money import SCALE, rounded
from recon.kpi.asked import Asked
from recon.kpi.buckets import divided
from recon.kpi.conversion import in_minor, parts_of_one
from recon.kpi.measures import Unit
from recon.kpi.period import Period
from recon.kpi.period import Unit as Time
from recon.kpi.query import PREVIOUS, Query, change, exact, labels, values
from recon.kpi.result import Column, Row, Table
from recon.store.session import Session

_MOVERS = 5
_YEAR = 12
_NAMES = ("January February March April May June July August September October November "
          "December").split()  # fmt: skip
# Revenue and units of a product, before and now.
_Sold = tuple[int, int, int, int]


def changes(session: Session, asked: Asked) -> Sequence[Table]:
    """The table of the change's parts."""
    before, by_currency = _both(session, asked)
    fine = parts_of_one(session)
    rows = []
    for currency, sold in sorted(by_currency.items()):
        step = money.minor_unit(currency) * (fine // SCALE)
        parts = _in_minor(parts_of(list(sold.values()), step), fine, currency)
        rows += [Row((name,), currency, (amount,)) for name, amount in parts.items()]
    column = Column("revenue", "Revenue", Unit.AMOUNT)
    note = f"Against {before.name}; by product."
    title = "What made the change"
    return [Table("change", title, ("part",), (column,), tuple(rows), notes=(note,))]


def parts_of(sold: Sequence[_Sold], step: int = 1) -> dict[str, int]:
    """Revenue before, its changes, and revenue now, which tie.

    Price and volume are rounded to a `step`; the mix takes what rounding leaves.
    """
    found = dict.fromkeys(("Before", "Price", "Volume", "Mix", "New products", "Lost products"), 0)
    stayed = [each for each in sold if each[1] > 0 and each[3] > 0]
    held = step * rounded(sum(rounded(r0 * q1, q0) for r0, q0, _, q1 in stayed), step)
    base, units = sum(each[0] for each in stayed), sum(each[1] for each in stayed)
    grown = step * rounded(base * sum(each[3] for each in stayed), units * step) if units else 0
    found["Before"] = sum(each[0] for each in sold)
    found["Price"] = sum(each[2] for each in stayed) - held
    found["Volume"], found["Mix"] = grown - base, held - grown
    found["New products"] = sum(r1 for r0, q0, r1, q1 in sold if q0 == r0 == 0 and q1 > 0)
    found["Lost products"] = -sum(r0 for r0, q0, r1, q1 in sold if q1 == r1 == 0 and q0 > 0)
    now = sum(each[2] for each in sold)
    found["Returns and other"] = now - sum(found.values())
    others = sum(r1 - r0 for r0, q0, r1, q1 in sold if not _is_named(r0, q0, r1, q1))
    tie("the change of revenue", found["Returns and other"], others)
    return {**found, "Now": now}


def _in_minor(parts: dict[str, int], fine: int, currency: str) -> dict[str, int]:
    """The parts in ten-thousandths.

    Of converted ones the mix takes what rounding leaves.
    """
    found = {name: in_minor(amount, fine, currency) or 0 for name, amount in parts.items()}
    found["Mix"] += 2 * found["Now"] - sum(found.values())
    return found


def _is_named(r0: int, q0: int, r1: int, q1: int) -> bool:
    """Whether a product stayed, is new, or is lost."""
    return (q0 > 0 and q1 > 0) or (q0 == r0 == 0 and q1 > 0) or (q1 == r1 == 0 and q0 > 0)


def movers(session: Session, asked: Asked) -> Sequence[Table]:
    """The products whose revenue rose and fell most."""
    before, by_currency = _both(session, asked)
    names = labels(session, "product")
    rows: list[Row] = []
    fine = parts_of_one(session)
    for currency, sold in sorted(by_currency.items()):
        shown = {
            product: [in_minor(each, fine, currency) or 0 for each in (r0, r1)]
            for product, (r0, _, r1, _) in sold.items()
        }
        moved = sorted(
            (r1 - r0, str(product), r0, r1) for product, (r0, r1) in shown.items() if r1 != r0
        )
        falls = [each for each in moved[:_MOVERS] if each[0] < 0]
        rises = [each for each in moved[::-1][:_MOVERS] if each[0] > 0]
        for moved_by, product, r0, r1 in [*rises, *falls[::-1]]:
            name = names.get(product.lower(), product)
            rows.append(Row((name,), currency, (r1, r0, moved_by, change(r1, r0))))
    columns = (
        Column("revenue", "Revenue", Unit.AMOUNT),
        Column("before", "Before", Unit.AMOUNT),
        Column("moved", "Moved by", Unit.AMOUNT, change=True),
        Column("change", "change", Unit.PERCENT, change=True),
    )
    notes = (f"Against {before.name}: the {_MOVERS} that rose and the {_MOVERS} that fell most.",)
    return [
        Table("movers", "Top and bottom movers", ("product",), columns, tuple(rows), notes=notes)
    ]


def _both(session: Session, asked: Asked) -> tuple[Period, dict[str, dict[object, _Sold]]]:
    """Exact revenue and units by currency and product."""
    shift = (asked.compare or (PREVIOUS,))[0]
    query = Query(
        "", "", ("revenue", "quantity"), asked.period, ("product",), asked.where, known=asked.known
    )
    now = exact(session, query, divided(asked.period, None))
    shifted = divided(asked.period, None, shift)
    before = exact(session, query, shifted)
    found: dict[str, dict[object, _Sold]] = {}
    for _, product, currency in {**now, **before}:
        key = (asked.period.first, product, currency)
        (r0, q0), (r1, q1) = (of.get(key, (0, 0)) for of in (before, now))
        sold = (r0 or 0, q0 or 0, r1 or 0, q1 or 0)
        found.setdefault(str(currency or ""), {})[product] = sold
    return shifted.parts[0].this, found


def seasonality(session: Session, asked: Asked) -> Sequence[Table]:
    """Each month's mean revenue against the mean of all months."""
    months = _months(session, asked)
    rows: list[Row] = []
    for currency, of in sorted(months.items()):
        mean_of = {m: [a for (_, month), a in of.items() if month == m] for m in range(1, 13)}
        whole, count = sum(of.values()), len(of)
        for month, amounts in mean_of.items():
            index = (
                rounded(sum(amounts) * count * SCALE, len(amounts) * whole)
                if amounts and whole
                else None
            )
            rows.append(Row((_NAMES[month - 1],), currency, (index,)))
    column = Column("index", "Mean month", Unit.PERCENT)
    size = max(map(len, months.values()), default=0)
    if size < _YEAR:
        return []
    note = f"Mean revenue of the month in percent of a mean month, over {size} whole months."
    title = "Seasonality"
    return [
        Table("seasonality", title, ("month",), (column,), tuple(rows), chart="line", notes=(note,))
    ]


def _months(session: Session, asked: Asked) -> dict[str, dict[tuple[int, int], int]]:
    """Revenue of whole years by currency and month."""
    found = session.execute("SELECT min(sold_on) FROM fact_sales").fetchone()
    if found is None or found[0] is None:
        return {}
    longest = asked.ending(1).first.year - found[0].year
    span = asked.ending(12 * (longest + 1))
    query = replace(Query("", "", ("revenue",), span, ("month",), asked.where, known=asked.known))
    by: dict[str, dict[tuple[int, int], int]] = {}
    first = found[0].replace(day=1)
    for (month, currency), (revenue,) in values(session, query, divided(span, Time.MONTH)).items():
        if month >= first:
            by.setdefault(str(currency or ""), {})[month.year, month.month] = revenue or 0
    return {currency: _whole_years(of) for currency, of in by.items()}


def _whole_years(months: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """The latest whole years; no season weighs more."""
    kept = sorted(months)[-(len(months) // _YEAR * _YEAR) :] if len(months) >= _YEAR else []
    return {month: months[month] for month in kept}
