"""Detail: the rows behind a view, for its page.

A page adds up what it brings, so it can show what adds up (revenue), and what its keys count
(orders, customers). The finest grain of few enough rows is taken; what that grain cannot answer
the page does not show under a filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from recon.base.errors import tie
from recon.base.money import SCALE
from recon.kpi.asked import Asked
from recon.kpi.buckets import Bucket, Buckets, divided
from recon.kpi.compiled import MONEY, Compiled, bases
from recon.kpi.conversion import parts_of_one
from recon.kpi.dimensions import DIMENSIONS
from recon.kpi.facts import FACTS
from recon.kpi.measures import Kind, Measure
from recon.kpi.period import Period, Unit
from recon.kpi.query import PREVIOUS, YEAR, Query, exact, labels
from recon.store.session import Session

MOST = 30_000
_MONTHS = 12
_TIMES = 10
_PLACES = ("region", "city", "store", "channel")
_THINGS = ("category", "product", "location", "reason", "method", "movement", "currency")
_WHO = ("segment", "loyalty_tier")
_GRAINS = (
    (*_PLACES, *_THINGS, *_WHO, "feed", "sale", "customer"),
    (*_PLACES, *_THINGS, *_WHO),
    ("region", "channel", *_THINGS, "segment"),
    ("region", "category", "location", "reason", "method", "movement", "currency", "segment"),
    ("region", "category", "location", "reason", "currency"),
)
# The facts whose rows are brought together: each row of one is a row of the others.
TOGETHER = {"buyers": "sales", "stock_unsold": "stock"}
_BROUGHT = ("sales", "buyers", "credits", "debits", "movements", "stock", "stock_unsold")
# What the keys of rows count: the measure whose value says that a row counts, and their fact.
KEYED = {
    "orders": "sales", "products_sold": "sales", "top_products_revenue": "sales",
    "active": "sales", "new": "sales", "repeating": "sales", "active_before": "sales",
    "churned": "sales", "revenue_before": "sales", "revenue_year_before": "sales",
}  # fmt: skip
_OF_KEYED = {"active": "active", "new": "active", "repeating": "active",
             "active_before": "active", "churned": "active"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asking:
    """A table's query, and the parts of its time."""

    query: Query
    buckets: Buckets | None

    @property
    def whole(self) -> Bucket:
        """The query's period as one part."""
        return divided(self.query.period, None).parts[0]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a fact by column.

    `days` are ordinals; those of stock are the days as of which it is. `dimensions` has None
    where a row is blank, `money` the currency of a row's amounts, `numbers` parts of a unit as
    `Detail` has them, None where not known. `coarse` are the dimensions that the fact has and the
    grain leaves out.
    """

    fact: str
    days: Sequence[int]
    dimensions: Mapping[str, Sequence[str | None]]
    numbers: Mapping[str, Sequence[int | None]]
    coarse: tuple[str, ...]
    by_day: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """The rows behind a view, and its tables' queries.

    `periods` are the one that was asked and the months before its end. `firsts` are the days of
    each customer's first purchase, `reach` the first month with sales, both as ordinals. A unit has
    so many `fine` parts; amounts of more than ten thousand are converted, and not rounded yet.
    """

    parts: Sequence[Part]
    tables: Mapping[str, Asking]
    known: Mapping[str, Measure]
    periods: Sequence[tuple[str, Bucket]]
    months: Sequence[Bucket]
    names: Mapping[str, Mapping[str, str]]
    firsts: Mapping[str, int]
    reach: int | None
    fine: int = SCALE

    @property
    def grain(self) -> str:
        """The grain of the sales, in words."""
        found = [part for part in self.parts if part.fact == "sales"]
        if not found:
            return ""
        part = found[0]
        if not part.coarse:
            return f"all {len(part.days):,} lines of sales of the months behind this view"
        time = "day" if part.by_day else "month"
        kept = [name.replace("_", " ") for name in part.dimensions if name in DIMENSIONS]
        return f"sales added up by {', '.join([time, *kept])}: {len(part.days):,} rows"


def detail(
    session: Session, asked: Asked, queries: Mapping[str, Query], most: int = MOST
) -> Detail:
    """The rows behind a view's queries, which tie out.

    There are none where `most` is 0.
    """
    askings = {name: Asking(each, _buckets(each)) for name, each in queries.items()}
    periods = [(asked.period.name, divided(asked.period, None).parts[0])]
    months = divided(asked.ending(_MONTHS), Unit.MONTH).parts
    periods += [(each.this.name, each) for each in reversed(months) if each.this != asked.period]
    needed = {base.name: base for each in queries.values() for m in each.chosen
              for base in bases(m, asked.known)}  # fmt: skip
    spans = [each for _, bucket in periods for each in shifted(bucket).values()]
    spans += [bucket for each in askings.values() if each.buckets for bucket in each.buckets.parts]
    parts = list(_parts(session, asked, list(needed.values()), spans, most)) if most else []
    _tie(session, asked, parts)
    sales = next((part for part in parts if part.fact == "sales"), None)
    return Detail(
        parts,
        askings,
        asked.known,
        periods,
        months,
        {name: labels(session, name) for name in ("product", "customer")},
        _firsts(session) if sales and "customer" in sales.dimensions else {},
        _reach(session),
        parts_of_one(session),
    )


def shifted(bucket: Bucket) -> dict[str, Bucket]:
    """A part of time, and those compared with it."""
    before, year = bucket.before, bucket.year
    return {
        "now": bucket,
        PREVIOUS: Bucket(bucket.key, before, before.before(), before.year_before()),
        YEAR: Bucket(bucket.key, year, year.before(), year.year_before()),
    }


def _buckets(query: Query) -> Buckets | None:
    return divided(query.period, query.times[0]) if query.times else None


def _parts(
    session: Session, asked: Asked, needed: Sequence[Measure], spans: Sequence[Bucket], most: int
) -> Iterator[Part]:
    """Yield the rows of each fact that the measures need."""
    of: dict[str, dict[str, Measure]] = {}
    for each in needed:
        if each.name in KEYED:
            group = of.setdefault(KEYED[each.name], {})
            group["revenue"] = asked.known["revenue"]
            if each.name in _OF_KEYED:
                group[_OF_KEYED[each.name]] = asked.known[_OF_KEYED[each.name]]
        elif each.fact in _BROUGHT and each.kind in (Kind.ADDITIVE, Kind.LAST) and not each.needs:
            of.setdefault(TOGETHER.get(each.fact, each.fact), {})[each.name] = each
    for fact, measures in of.items():
        yield _part(session, asked, fact, list(measures.values()), spans, most)


def _part(
    session: Session,
    asked: Asked,
    fact: str,
    measures: Sequence[Measure],
    spans: Sequence[Bucket],
    most: int,
) -> Part:
    """A fact's rows at the finest grain that fits."""
    has = FACTS[fact].dimensions
    grains = list(_grains(fact, spans))
    # Few lines of a sale are of the same product: that so many are too many need not be counted.
    if fact == "sales" and _lines(session) > _TIMES * most:
        grains = [each for each in grains if each[2] != _GRAINS[0]]
    for at, (by_day, buckets, grain) in enumerate(grains, 1):
        kept = [name for name in grain if name in has]
        # A customer is counted by name; without names there is nothing to count.
        names = tuple(each.name for each in measures if each.name != "active" or "customer" in kept)
        query = Query("", "", names, asked.period, tuple(kept), asked.where, known=asked.known)
        if at == len(grains) or _count(session, fact, query, buckets) <= most:
            found = exact(session, query, buckets)
            coarse = tuple(name for name in has if name not in kept)
            named = [*kept, *([MONEY] if query.money else [])]
            return _columns(fact, found, named, names, coarse, by_day=by_day)
    raise AssertionError("the coarsest grain is always taken")


def _lines(session: Session) -> int:
    found = session.execute("SELECT count(*) FROM fact_sales").fetchone()
    return int(found[0]) if found else 0


def _grains(fact: str, spans: Sequence[Bucket]) -> Iterator[tuple[bool, Buckets, tuple[str, ...]]]:
    """Yield grains, the finest first: day, parts, dimensions.

    Rows of a month answer only where all periods are of whole months.
    """
    periods = [period for span in spans for period in (span.this, span.before, span.year)]
    if fact == "stock":
        ends = _at(sorted({period.last for period in periods}))
        yield from ((True, ends, grain) for grain in _GRAINS)
        return
    days = _over(periods, Unit.DAY)
    months = _over(periods, Unit.MONTH) if all(map(_is_whole, periods)) else None
    for grain in _GRAINS:
        yield True, days, grain
        if months:
            yield False, months, grain


def _is_whole(period: Period) -> bool:
    """Whether a period is of whole months."""
    return period.first.day == 1 and date.fromordinal(period.last.toordinal() + 1).day == 1


def _at(ends: Sequence[date]) -> Buckets:
    """A part for each day as of which stock is."""
    days = [Period(each, each, str(each)) for each in ends]
    return Buckets([Bucket(day.first, day, day.before(), day.year_before()) for day in days])


def _over(periods: Sequence[Period], unit: Unit) -> Buckets:
    """The days or months from the earliest to the latest."""
    first = min(period.first for period in periods)
    return divided(Period(first, max(period.last for period in periods), ""), unit)


def _count(session: Session, fact: str, query: Query, buckets: Buckets) -> int:
    """How many rows there would be, by one measure."""
    own = [name for name in query.measures if query.known[name].fact == fact][:1]
    query = replace(query, measures=tuple(own) or query.measures)
    asked = Compiled(query.chosen, query.known, buckets, query.plain, query.where, query.money)
    found = session.execute(f"SELECT count(*) FROM ({asked.sql()})").fetchone()
    return int(found[0]) if found else 0


def _columns(
    fact: str,
    found: Mapping[tuple[object, ...], tuple[int | None, ...]],
    kept: Sequence[str],
    names: Sequence[str],
    coarse: tuple[str, ...],
    *,
    by_day: bool,
) -> Part:
    """Rows as columns; the days ascend."""
    rows = sorted(found.items(), key=lambda row: str(row[0][0]))
    days = [key[0].toordinal() for key, _ in rows if isinstance(key[0], date)]
    dimensions = {
        name: [None if key[at] is None else str(key[at]) for key, _ in rows]
        for at, name in enumerate(kept, 1)
    }
    numbers = {name: [row[at] for _, row in rows] for at, name in enumerate(names)}
    return Part(fact, days, dimensions, numbers, coarse, by_day)


def _tie(session: Session, asked: Asked, parts: Sequence[Part]) -> None:
    """Assert that the rows of the period are its whole."""
    for part in parts:
        names = tuple(name for name in part.numbers if name != "active")
        if not names:
            continue
        query = Query("", "", names, asked.period, (), asked.where, known=asked.known)
        whole = exact(session, query, divided(asked.period, None))
        first, last = asked.period.first.toordinal(), asked.period.last.toordinal()
        if part.fact == "stock":
            first = last
        within = [at for at, day in enumerate(part.days) if first <= day <= last]
        for at, name in enumerate(names):
            totals = [row[at] for row in whole.values()]
            found = [part.numbers[name][row] for row in within]
            if None in totals or None in found:
                continue
            tie(
                f"{name} on the page",
                sum(value or 0 for value in found),
                sum(value or 0 for value in totals),
            )


def _firsts(session: Session) -> dict[str, int]:
    """The day of each customer's first purchase."""
    found = session.execute(
        """SELECT lower(customer_id), min(sold_on) FROM fact_sales
        WHERE quantity > 0 AND customer_id IS NOT NULL GROUP BY ALL"""
    ).fetchall()
    return {str(customer): day.toordinal() for customer, day in found}


def _reach(session: Session) -> int | None:
    """The first day of the first month with sales."""
    found = session.execute("SELECT min(sold_on) FROM fact_sales").fetchone()
    first: date | None = found[0] if found else None
    return first.replace(day=1).toordinal() if first else None
