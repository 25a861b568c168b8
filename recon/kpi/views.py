"""Views: tables of figures for somebody's questions, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from recon.base.errors import UsageError
from recon.kpi import ahead, bridge, cohorts, segments, stock
from recon.kpi.asked import Asked
from recon.kpi.compiled import lacking
from recon.kpi.measures import measure
from recon.kpi.query import PREVIOUS, YEAR, Query, answer
from recon.kpi.result import Table
from recon.store.session import Session, is_any

_TOP = 10
_TREND = 12


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a view: measures and dimensions.

    `cards` shows the measures below each other. `months` is how many months up to the end of the
    period it shows instead of the period; `own` makes it in another way. Without rows of the table
    that it `needs` there is none.
    """

    name: str
    title: str
    measures: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    top: int | None = None
    cards: bool = False
    months: int = 0
    own: Callable[[Session, Asked], Sequence[Table]] | None = None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A view: title, tables, and the measures to divide."""

    name: str
    title: str
    sentence: str
    sections: tuple[Section, ...]
    divided: tuple[str, ...]


_BOTH = (PREVIOUS, YEAR)
_TREND_OF = "Last twelve months"
VIEWS: Mapping[str, View] = {
    each.name: each
    for each in (
        View(
            "executive", "Executive", "How the business does.",
            (
                Section("money", "Amounts", (
                    "revenue", "gross_profit", "margin", "average_order", "discount_rate",
                    "credit_notes", "credit_rate", "net_revenue", "receivable", "days_sales",
                    "top_share",
                ), compare=_BOTH, cards=True),
                Section("counts", "Counts", ("orders", "quantity", "active", "new"),
                        compare=_BOTH, cards=True),
                Section("trend", _TREND_OF, ("revenue", "growth_year", "orders"), ("month",),
                        months=_TREND),
                Section("regions", "By region", ("revenue", "growth", "growth_year", "orders"),
                        ("region",), top=_TOP),
                Section("seasonality", "Seasonality", own=bridge.seasonality),
                Section("forecast", "Revenue ahead", own=ahead.forecast_in_short),
            ),
            ("revenue", "growth", "growth_year", "orders", "average_order", "margin"),
        ),
        View(
            "inventory", "Inventory", "What is in stock, and what is missing.",
            (
                Section("stock", "Stock", (
                    "on_hand", "items", "low_stock", "out_of_stock", "dead_stock", "in_transit",
                    "reserved", "sell_through",
                ), compare=(PREVIOUS,), cards=True),
                Section("value", "Value", (
                    "stock_value", "dead_stock_value", "turnover", "days_of_inventory",
                ), compare=(PREVIOUS,), cards=True),
                Section("categories", "By category",
                        ("on_hand", "low_stock", "out_of_stock", "sell_through"), ("category",),
                        top=_TOP),
                Section("reorder", "Low stock", own=stock.low_stock),
            ),
            ("on_hand", "items", "low_stock", "out_of_stock", "dead_stock", "sell_through"),
        ),
        View(
            "customers", "Customers", "Who buys, who comes back, who leaves.",
            (
                Section("counts", "Customers", (
                    "active", "new", "returning", "repeat_rate", "churned", "churn",
                ), compare=_BOTH, cards=True),
                Section("value", "Revenue a customer", ("revenue_per_customer",), compare=_BOTH,
                        cards=True),
                Section("trend", _TREND_OF, ("active", "new", "returning", "churn"), ("month",),
                        months=_TREND),
                Section("tiers", "By loyalty tier", ("revenue", "orders", "average_order"),
                        ("loyalty_tier",), top=_TOP),
                Section("segments", "By segment", ("revenue", "orders", "average_order"),
                        ("segment",), top=_TOP),
                Section("cohorts", "Cohorts", own=cohorts.cohorts),
                Section("rfm", "Recency, frequency, monetary", own=segments.rfm),
                Section("lifetime", "Value to come", own=segments.value_to_come),
            ),
            ("active", "new", "returning", "repeat_rate", "churn", "revenue_per_customer"),
        ),
        View(
            "sales", "Sales", "What was sold, where, and what changed.",
            (
                Section("money", "Amounts", (
                    "revenue", "net_revenue", "average_order", "average_price", "discount_rate",
                    "returns",
                ), compare=_BOTH, cards=True),
                Section("counts", "Counts", ("quantity", "orders", "lines", "products_sold"),
                        compare=_BOTH, cards=True),
                Section("market", "Market", ("penetration", "market"), compare=_BOTH, cards=True,
                        needs="fact_market"),
                Section("change", "What made the change", own=bridge.changes),
                Section("regions", "By region", ("revenue", "quantity", "orders"), ("region",),
                        (PREVIOUS,), _TOP),
                Section("products", "By product", ("revenue", "quantity", "average_price"),
                        ("product",), top=_TOP),
                Section("movers", "Top and bottom movers", own=bridge.movers),
                Section("trend", _TREND_OF, ("revenue", "quantity", "orders"), ("month",),
                        months=_TREND),
            ),
            ("revenue", "quantity", "orders", "average_price"),
        ),
        View(
            "forecast", "Forecast", "Revenue of the next months, and what to order.",
            (
                Section("forecast", "Revenue ahead", own=ahead.revenue_ahead),
                Section("order_ahead", "What to order", own=ahead.order_ahead),
            ),
            (),
        ),
        View(
            "scores", "Scores", "The recency, frequency and monetary scores of each customer.",
            (Section("scores", "Scores", own=segments.scores),), (),
        ),
    )
}  # fmt: skip


def chosen(text: str, asked: Asked) -> View:
    """The view of a name, or of listed measures.

    Raises UsageError.
    """
    if text in VIEWS:
        return VIEWS[text]
    if "," not in text and (meant := get_close_matches(text, VIEWS, 1)) and text not in asked.known:
        raise UsageError(f"There is no view {text!r}; did you mean {meant[0]}?")
    names = tuple(measure(name, asked.known).name for name in text.split(","))
    section = Section("measures", "Measures", names, compare=asked.compare, cards=True)
    sections = () if asked.by else (section,)
    return View("measures", "Figures", "", sections, names)


def tables(session: Session, view: View, asked: Asked) -> Iterator[Table]:
    """Yield the tables of a view.

    Raises UsageError where a measure that was asked for lacks a dimension.
    """
    for section in _sections(view, asked):
        if section.needs and not is_any(session, section.needs):
            continue
        if section.own:
            yield from section.own(session, asked)
        else:
            yield from _section(session, section, asked, strict=view.name == "measures")


def _sections(view: View, asked: Asked) -> Iterator[Section]:
    """Yield the sections to show, or that of the division."""
    yield from (each for each in view.sections if not asked.by or not (each.by or each.own))
    if asked.by:
        title = f"By {', '.join(name.replace('_', ' ') for name in asked.by)}"
        yield Section("by", title, view.divided, asked.by, asked.compare, asked.top)


def _section(session: Session, section: Section, asked: Asked, *, strict: bool) -> Iterator[Table]:
    """Yield a section's table, of the measures that can be.

    Where `strict`, one that cannot raises UsageError.
    """
    query, notes = _query(section, asked, strict=strict)
    if query.measures:
        table = _answered(session, query, asked)
        yield replace(table, notes=(*table.notes, *notes))


def queries(view: View, asked: Asked) -> dict[str, Query]:
    """The queries of a view's tables by name."""
    strict = view.name == "measures"
    found = {
        section.name: _query(section, asked, strict=strict)[0]
        for section in _sections(view, asked)
        if not section.own
    }
    return {name: query for name, query in found.items() if query.measures}


def _query(section: Section, asked: Asked, *, strict: bool) -> tuple[Query, tuple[str, ...]]:
    """A section's query, and a note of measures left out."""
    query = Query(
        section.name,
        section.title,
        section.measures,
        asked.ending(section.months),
        section.by,
        asked.where,
        asked.compare or section.compare if not section.months else (),
        asked.top or section.top,
        "cards" if section.cards else "",
        asked.known,
    )
    names = [*query.plain, *(each.dimension for each in query.where)]
    dropped = {each.name: lacking(each, asked.known, names) for each in query.chosen}
    left = [each.title for each in query.chosen if dropped[each.name]]
    if not left or strict:
        return query, ()
    missing = " or ".join(dict.fromkeys(name for of in dropped.values() for name in of))
    note = f"Left out, since their rows have no {missing}: {', '.join(left)}."
    kept = tuple(name for name in query.measures if not dropped[name])
    return replace(query, measures=kept), (note,)


def _answered(session: Session, query: Query, asked: Asked) -> Table:
    """A query's table; cards have the months before beside them."""
    table = answer(session, query)
    if query.chart != "cards":
        return table
    months = replace(query, by=("month",), period=asked.ending(_TREND), compare=(), chart="line")
    found = answer(session, months)
    trends: dict[tuple[str, str], list[int | None]] = {}
    for row in found.rows:
        for name, value in zip(query.measures, row.values, strict=True):
            trends.setdefault((row.currency, name), []).append(value)
    return replace(table, trends={key: tuple(of) for key, of in trends.items()})
