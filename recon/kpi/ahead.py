"""Figures ahead: future revenue, and orders to place.

Revenue is forecast by month and currency, units by week and product, each up to the last whole one
with data. To order is what brings stock and transit to the reorder point and the units expected in
the lead days (for each place of a product an equal share).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import ceil

from recon.base import money
from recon.base.money import SCALE
from recon.kpi.asked import Asked
from recon.kpi.buckets import divided
from recon.kpi.forecasting import COVERED, NAIVE, Forecast, forecasts, install_sentence
from recon.kpi.measures import Unit
from recon.kpi.period import Period, add_months, part
from recon.kpi.period import Unit as Time
from recon.kpi.query import Query, labels, values
from recon.kpi.result import Column, Row, Table
from recon.kpi.stock import Item, items
from recon.store.session import Session

_MONTHS, _WEEKS = 3, 8
_YEAR, _WEEKS_A_YEAR, _WEEK = 12, 52, 7
# A period that lacks so many days at its end is whole: a shop is closed on some.
_CLOSED = 3
# Products whose units are forecast: the most urgent ones; a fit takes its time.
_MOST = 100
_AMOUNTS = (
    Column("expected", "Expected", Unit.AMOUNT),
    Column("low", "Low", Unit.AMOUNT),
    Column("high", "High", Unit.AMOUNT),
    Column("year_before", "Year before", Unit.AMOUNT),
)
_QUALITY = (
    Column("error", "Error", Unit.PERCENT, better=-1),
    Column("naive", "Error of the naive", Unit.PERCENT, better=-1),
    Column("points", "Held out", Unit.COUNT),
)
_ORDERS = (
    Column("on_hand", "On hand", Unit.QUANTITY),
    Column("in_transit", "In transit", Unit.QUANTITY),
    Column("lead", "Lead days", Unit.COUNT),
    Column("expected", "Expected in them", Unit.QUANTITY),
    Column("high", "at most", Unit.QUANTITY),
    Column("runs_out", "Runs out on", Unit.DATE),
    Column("order", "To order", Unit.QUANTITY),
)


def forecast_in_short(session: Session, asked: Asked) -> Sequence[Table]:
    """The revenue of the next months, with few words.

    Without statsmodels there is one sentence instead.
    """
    found = revenue_ahead(session, asked, strict=False)
    if len(found) == 1:
        return found
    table, quality = found
    return [replace(table, notes=(*table.notes, *map(_in_words, quality.rows)))]


def _in_words(quality: Row) -> str:
    """How good a forecast was, as a sentence."""
    error, naive, points = (value or 0 for value in quality.values)
    missed = f"{points // SCALE} points that were held out missed by {_percent(error)} of what came"
    method = quality.keys[1]
    if method == NAIVE:
        return f"{quality.currency} by the {method}, which nothing has beaten: {missed}."
    return f"{quality.currency} by {method}: {missed}, the {NAIVE} by {_percent(naive)}."


def _percent(value: int) -> str:
    return f"{value / 100:.1f}%"


def revenue_ahead(session: Session, asked: Asked, *, strict: bool = True) -> Sequence[Table]:
    """The revenue of the next months, with its quality.

    Raises UsageError without statsmodels; unless `strict`, a table has the sentence.
    """
    months = _months(session, asked)
    series = _revenue(session, asked, months) if months else {}
    if all(len(of) < _YEAR + 2 * _MONTHS for of in series.values()):
        return [_without(f"A forecast takes {_YEAR + 2 * _MONTHS} months with sales; there are "
                         "fewer.")]  # fmt: skip
    if not strict and (sentence := install_sentence()):
        return [_without(sentence)]
    found = forecasts(series, _YEAR, _MONTHS)
    last = months.last if months else asked.period.last
    rows = []
    for currency, ahead in sorted(found.items()):
        for step in range(_MONTHS):
            month = part(add_months(last + timedelta(days=1), step), Time.MONTH)
            numbers = (ahead.values[step], ahead.low[step], ahead.high[step],
                       series[currency][len(series[currency]) - _YEAR + step])  # fmt: skip
            amounts = tuple(_rounded(each, money.minor_unit(currency)) for each in numbers)
            rows.append(Row((month.name,), currency, amounts))
    note = (
        f"From {max(map(len, series.values()))} months up to {last:%Y-%m}; "
        f"{COVERED:.0%} of what comes is expected between low and high."
    )
    quality = [_quality("revenue", currency, of) for currency, of in sorted(found.items())]
    return [
        Table("forecast", "Revenue ahead", ("month",), _AMOUNTS, tuple(rows), chart="line",
              notes=(note,)),
        _how_good("forecast_quality", "How good the forecast was", quality),
    ]  # fmt: skip


def order_ahead(session: Session, asked: Asked) -> Sequence[Table]:
    """The items to order, by the units expected of them.

    Raises UsageError without statsmodels.
    """
    found = [each for each in items(session, asked) if each.stock or each.sold]
    urgent = sorted({each.product: each for each in found}.values(), key=_urgency)[:_MOST]
    weeks = _weeks(session, asked)
    if not urgent or weeks is None:
        return []
    series = _units(session, asked, weeks, [each.product for each in urgent])
    ahead = forecasts(series, _WEEKS_A_YEAR, _WEEKS)
    if not ahead:
        return []
    names = labels(session, "product")
    rows = [_row(each, ahead[each.product], names, asked) for each in found
            if each.product in ahead]  # fmt: skip
    orders = [row for row in rows if row.values[-1]]
    orders.sort(key=lambda row: (row.values[-2] or 0, row.keys))
    kept = orders[: asked.top or len(orders)]
    left = len(ahead) < len({each.product for each in found})
    notes = [f"As of {asked.period.last}, from {len(next(iter(series.values())))} weeks."]
    if left:
        notes.append(f"Of the {len(ahead):,} products that run out first, as far as they have "
                     "been sold for long enough.")  # fmt: skip
    return [
        Table("order_ahead", "What to order by the forecast", ("product", "place", "method"),
              _ORDERS, tuple(kept), left_out=len(orders) - len(kept), notes=tuple(notes)),
        _how_good("units_quality", "How good the forecast of units was", _by_method(ahead)),
    ]  # fmt: skip


def _urgency(item: Item) -> tuple[bool, int, str]:
    return item.days_left is None, item.days_left or 0, item.product


def _without(why: str) -> Table:
    return Table("forecast", "Revenue ahead", ("month",), _AMOUNTS, (), absent=why)


def _span(session: Session, asked: Asked, unit: Time) -> Period | None:
    """The whole months or weeks with sales."""
    found = session.execute("SELECT min(sold_on) FROM fact_sales").fetchone()
    if found is None or found[0] is None:
        return None
    start: date = found[0]
    first = part(start, unit)
    if (start - first.first).days > _CLOSED:
        first = part(first.last + timedelta(days=1), unit)
    until = min(asked.period.last, asked.calendar.today)
    last = part(until, unit)
    if (last.last - until).days > _CLOSED:
        last = part(last.first - timedelta(days=1), unit)
    return Period(first.first, last.last, "") if first.first < last.first else None


def _months(session: Session, asked: Asked) -> Period | None:
    return _span(session, asked, Time.MONTH)


def _weeks(session: Session, asked: Asked) -> Period | None:
    return _span(session, asked, Time.WEEK)


def _revenue(session: Session, asked: Asked, months: Period) -> dict[str, list[float]]:
    query = Query("", "", ("revenue",), months, ("month",), asked.where, known=asked.known)
    found = values(session, query, divided(months, Time.MONTH))
    series: dict[str, list[float]] = {}
    for (_, currency), (revenue,) in sorted(found.items(), key=lambda each: each[0][0]):
        series.setdefault(str(currency or ""), []).append(float(revenue or 0))
    return {currency: of for currency, of in series.items() if any(of[-_YEAR:])}


def _units(
    session: Session, asked: Asked, weeks: Period, products: Sequence[str]
) -> dict[str, list[float]]:
    """Units of products by week, 0 where none was sold."""
    query = Query("", "", ("quantity",), weeks, ("week", "product"), known=asked.known)
    found = values(session, query, divided(weeks, Time.WEEK))
    days = sorted({key[0] for key in found})
    place = {day: at for at, day in enumerate(days)}
    series = {product: [0.0] * len(days) for product in products}
    for (day, product), (units,) in found.items():
        if str(product) in series:
            series[str(product)][place[day]] = float(units or 0)
    return series


def _row(item: Item, ahead: Forecast, names: Mapping[str, str], asked: Asked) -> Row:
    expected = _within(ahead.values, item.lead_days) / item.places
    high = _within(ahead.high, item.lead_days) / item.places
    wanted = item.reorder_point + expected - item.on_hand - item.in_transit + item.reserved
    order = max(ceil(wanted / SCALE), 0) * SCALE
    left = _days(ahead.values, item.stock)
    out = None if left is None else min(asked.period.last.toordinal() + left, date.max.toordinal())
    return Row(
        (names.get(item.product.lower(), item.product), item.place, ahead.method),
        "",
        (item.on_hand, item.in_transit, item.lead_days * SCALE, _rounded(expected, 1_000),
         _rounded(high, 1_000), out, order),
    )  # fmt: skip


def _within(weeks: Sequence[float], days: int) -> float:
    """The units of so many days from now."""
    mean = sum(weeks) / len(weeks)
    found = 0.0
    for at in range(ceil(days / _WEEK)):
        week = weeks[at] if at < len(weeks) else mean
        found += week * min(days - at * _WEEK, _WEEK) / _WEEK
    return found


def _days(weeks: Sequence[float], stock: int) -> int | None:
    """The days for which a stock lasts, if any sells."""
    left, days = float(max(stock, 0)), 0
    for week in weeks:
        if week > 0 and left < week:
            return days + int(left * _WEEK / week)
        left, days = left - max(week, 0.0), days + _WEEK
    mean = sum(weeks) / len(weeks)
    return days + int(left * _WEEK / mean) if mean > 0 else None


def _quality(series: str, currency: str, of: Forecast) -> Row:
    numbers = (round(of.error * SCALE), round(of.naive * SCALE), of.points * SCALE)
    return Row((series, of.method), currency, numbers)


def _by_method(ahead: Mapping[str, Forecast]) -> list[Row]:
    """The mean errors of the products of each method."""
    of: dict[str, list[Forecast]] = {}
    for each in ahead.values():
        of.setdefault(each.method, []).append(each)
    rows = []
    for _, found in sorted(of.items()):
        mean = replace(
            found[0],
            error=sum(each.error for each in found) / len(found),
            naive=sum(each.naive for each in found) / len(found),
            points=sum(each.points for each in found),
        )
        products = "1 product" if len(found) == 1 else f"{len(found):,} products"
        rows.append(_quality(products, "", mean))
    return rows


def _how_good(name: str, title: str, rows: Sequence[Row]) -> Table:
    note = (
        "Mean error in percent of what came, over stretches of the past that were held out, beside "
        "that of the same time a year before. Another method is taken only where it was better."
    )
    return Table(name, title, ("series", "method"), _QUALITY, tuple(rows), notes=(note,))


def _rounded(value: float, step: int) -> int:
    return round(value / step) * step
