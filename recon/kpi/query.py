"""Queries: measures by dimensions over a period, answered as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from recon.base.errors import UsageError, tie
from recon.base.money import SCALE
from recon.kpi.buckets import Buckets, divided
from recon.kpi.compiled import Compiled, Filter, bases, is_money, lacking, refuse_lacking
from recon.kpi.conversion import in_minor, in_parts, parts_of_one
from recon.kpi.dimensions import DIMENSIONS, dimension
from recon.kpi.measures import MEASURES, Kind, Measure
from recon.kpi.measures import Unit as Counted
from recon.kpi.period import Period, Unit, part
from recon.kpi.result import Column, Row, Table
from recon.store.session import Session

BLANK = "(none)"
_COMMA = re.compile(r"(?<!\\),")
PREVIOUS, YEAR = "previous", "year"
_COMPARED = {PREVIOUS: "before", YEAR: "year before"}
_CHANGED = {PREVIOUS: "change", YEAR: "on year"}
# From the finest on; a week is in no one month.
_FINEST = [Unit.DAY, Unit.WEEK, Unit.PERIOD, Unit.MONTH, Unit.QUARTER, Unit.YEAR]
_LABELS = {
    "product": "SELECT lower(product_id), name FROM dim_product WHERE name IS NOT NULL",
    "customer": "SELECT lower(customer_id), name FROM dim_customer WHERE name IS NOT NULL "
    "ORDER BY valid_from",
}
_Key = tuple[Any, ...]
Answer = dict[_Key, tuple[int | None, ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """Measures by dimensions over a period, with filters.

    `compare` are `previous` or `year`. Of the rows, the `top` by the first measure are shown.
    """

    name: str
    title: str
    measures: tuple[str, ...]
    period: Period
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    compare: tuple[str, ...] = ()
    top: int | None = None
    chart: str = ""
    known: Mapping[str, Measure] = field(default_factory=lambda: MEASURES)

    @property
    def chosen(self) -> list[Measure]:
        """Its measures."""
        return [self.known[name] for name in self.measures]

    @property
    def plain(self) -> list[str]:
        """Its dimensions that are no part of the calendar."""
        return [name for name in self.by if DIMENSIONS[name].time is None]

    @property
    def times(self) -> list[Unit]:
        """Its parts of the calendar, the finest first."""
        found = [unit for name in self.by if (unit := DIMENSIONS[name].time)]
        return sorted(found, key=_FINEST.index)

    @property
    def money(self) -> bool:
        """Whether its rows are per currency."""
        return any(is_money(each, self.known) for each in self.chosen)


def parse_filter(text: str) -> Filter:
    r"""The filter `region=North,South` or `region!=North`.

    A comma within a value is written `\,`. Raises UsageError.
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip(" !"):
        raise UsageError(f"{text!r} is not a filter; write it like region=North or region!=North.")
    found = dimension(name.strip().removesuffix("!"))
    if found.time:
        raise UsageError(f"{found.name} is a part of the time; choose it by --period.")
    listed = tuple(value.strip().replace(r"\,", ",") for value in _COMMA.split(values))
    blank = {BLANK: ""}
    return Filter(
        found.name, tuple(blank.get(value, value) for value in listed), name.strip().endswith("!")
    )


def answer(session: Session, query: Query) -> Table:
    """The table of a query; raises UsageError."""
    _check(query)
    buckets = divided(query.period, query.times[0] if query.times else None)
    parts = parts_of_one(session)
    rows = exact(session, query, buckets)
    whole = divided(query.period, None)
    totals = exact(session, replace(query, by=()), whole) if query.by else {}
    _tie(query, rows, totals)
    rows, totals = (_shown(query, each, parts) for each in (rows, totals))
    for shift in query.compare:
        rows = _beside(rows, values(session, query, _shifted(query, shift)), query)
        if totals:
            before = values(session, replace(query, by=()), divided(query.period, None, shift))
            totals = _beside(totals, before, query)
    return _table(session, query, rows, totals)


def _shifted(query: Query, shift: str) -> Buckets:
    return divided(query.period, query.times[0] if query.times else None, shift)


def _check(query: Query) -> None:
    """Raise UsageError where a query asks for something impossible."""
    names = [*query.plain, *(each.dimension for each in query.where)]
    refuse_lacking(query.chosen, query.known, list(dict.fromkeys(names)))
    for each in query.chosen:
        if query.money and lacking(each, query.known, ["currency"]):
            raise UsageError(
                f"{each.title} is of no currency, and cannot be shown beside amounts, which are "
                "per currency; ask for it by itself."
            )
    if Unit.WEEK in query.times and {*query.times} & {Unit.MONTH, Unit.QUARTER, Unit.YEAR}:
        raise UsageError("A week may lie in two months; ask for weeks alone, or for days.")
    if Unit.PERIOD in query.times and not query.period.periods:
        raise UsageError("There are no fiscal periods; [calendar] periods names their file.")


def values(session: Session, query: Query, buckets: Buckets) -> Answer:
    """Values of a query by bucket, dimensions and currency."""
    return _shown(query, exact(session, query, buckets), parts_of_one(session))


def exact(session: Session, query: Query, buckets: Buckets) -> Answer:
    """The same in `parts_of_one`, with nothing rounded yet."""
    asked = Compiled(query.chosen, query.known, buckets, query.plain, query.where, query.money)
    found = session.execute(asked.sql()).fetchall()
    size, parts = len(query.measures), parts_of_one(session)
    return {
        (_day(row[0]), *row[1:-size]): tuple(in_parts(value, parts) for value in row[-size:])
        for row in found
    }


def _day(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def _shown(query: Query, answer: Answer, parts: int) -> Answer:
    """Values in ten-thousandths, converted amounts rounded."""
    if parts == SCALE:
        return answer
    amounts = [each.unit is Counted.AMOUNT for each in query.chosen]
    return {
        key: tuple(
            in_minor(value, parts, str(key[-1] or ""))
            if is_amount
            else None if value is None else value // (parts // SCALE)
            for value, is_amount in zip(of, amounts, strict=True)
        )
        for key, of in answer.items()
    }  # fmt: skip


def _tie(query: Query, rows: Answer, totals: Answer) -> None:
    """Assert that the rows of additive measures are the whole."""
    for at, each in enumerate(query.chosen):
        if each.kind is not Kind.ADDITIVE or not totals or each.fact == "":
            continue
        if each.needs or any(values[at] is None for values in [*rows.values(), *totals.values()]):
            continue
        found = sum(values[at] or 0 for values in rows.values())
        tie(
            f"{each.title} by {', '.join(query.by)}",
            found,
            sum(v[at] or 0 for v in totals.values()),
        )


def _beside(rows: Answer, others: Answer, query: Query) -> Answer:
    """Rows with the values of another period after their own."""
    size = len(query.measures)
    blank: dict[int, int | None] = {
        at: 0 if each.kind is Kind.ADDITIVE and not _reaches_back(query, each) else None
        for at, each in enumerate(query.chosen)
    }
    empty = tuple(blank[at] for at in range(size))
    width = len(next(iter(rows.values()), empty))
    found = {}
    for key in [*rows, *(key for key in others if key not in rows)]:
        own = rows.get(key, empty * (width // size))
        found[key] = (*own, *others.get(key, empty))
    return found


def _reaches_back(query: Query, measure: Measure) -> bool:
    """Whether it asks how far back the store reaches."""
    return any(each.needs for each in bases(measure, query.known))


def _table(session: Session, query: Query, rows: Answer, totals: Answer) -> Table:
    names = {name: labels(session, name) for name in query.by}
    made = [_row(query, key, values, names) for key, values in _sorted(query, rows)]
    shown = made if query.top is None else _top(made, query.top)
    ends = [_row(replace(query, by=()), key, values, {}) for key, values in _sorted(query, totals)]
    return Table(
        query.name,
        query.title,
        tuple(name.replace("_", " ") for name in query.by),
        tuple(_columns(query)),
        tuple(shown),
        tuple(ends),
        len(made) - len(shown),
        query.chart or _chart(query),
        tuple(_notes(query, ends or made)),
        len(query.compare),
    )


def _chart(query: Query) -> str:
    if not query.by:
        return ""
    return "line" if DIMENSIONS[query.by[0]].time else "bar"


def _columns(query: Query) -> Iterator[Column]:
    for each in query.chosen:
        better = -1 if each.lower_is_better else 1
        yield Column(each.name, each.title, each.unit, better=better)
        for shift in query.compare:
            word = _COMPARED[shift]
            yield Column(f"{each.name}_{shift}", f"{each.title}, {word}", each.unit, better=better)
            unit = Counted.POINTS if each.unit is Counted.PERCENT else Counted.PERCENT
            yield Column(f"{each.name}_{shift}_change", _CHANGED[shift], unit, True, better)


def labels(session: Session, dimension: str) -> dict[str, str]:
    """The names of products or customers by lower-case id."""
    return dict(session.execute(_LABELS[dimension]).fetchall()) if dimension in _LABELS else {}


def _row(query: Query, key: _Key, values: tuple[int | None, ...], names: Mapping[str, Any]) -> Row:
    """A row as people read it, with the changes computed."""
    bucket, *plain = key
    named = dict(zip(query.plain, plain, strict=False))
    keys = []
    for name in query.by:
        unit = DIMENSIONS[name].time
        if unit:
            keys.append(part(bucket, unit, query.period.periods).name)
        else:
            value = named[name]
            text = names.get(name, {}).get(str(value).lower(), value)
            keys.append(BLANK if value is None else str(text))
    currency = ""
    if query.money:
        currency = str(plain[-1] or "")
    return Row(tuple(keys), currency, tuple(_with_changes(query, values)))


def _with_changes(query: Query, values: tuple[int | None, ...]) -> Iterator[int | None]:
    size = len(query.measures)
    for at, each in enumerate(query.chosen):
        yield values[at]
        for place in range(1, len(query.compare) + 1):
            before = values[at + place * size]
            yield before
            yield change(values[at], before, percent=each.unit is Counted.PERCENT)


def change(now: int | None, before: int | None, *, percent: bool = False) -> int | None:
    """A change in ten-thousandths of the earlier value.

    Of percentages it is their difference. None where either is not known, or nothing was before.
    """
    if now is None or before is None:
        return None
    if percent:
        return now - before
    if before == 0:
        return None
    units = (2 * abs(now - before) * SCALE + abs(before)) // (2 * abs(before))
    return units if now >= before else -units


def _sorted(query: Query, rows: Answer) -> list[tuple[_Key, tuple[int | None, ...]]]:
    """Rows by time, else the largest first."""
    by_time = bool(query.times) and DIMENSIONS[query.by[0]].time is not None

    def order(item: tuple[_Key, tuple[int | None, ...]]) -> tuple[Any, ...]:
        (bucket, *plain), values = item
        currency = str(plain[-1] or "") if query.money and plain else ""
        amount = -(values[0] or 0)
        names = tuple(str(each or "") for each in plain)
        start = bucket if isinstance(bucket, date) else date.min
        return (currency, start, amount, names) if by_time else (currency, amount, names, start)

    return sorted(rows.items(), key=order)


def _top(rows: Sequence[Row], top: int) -> list[Row]:
    """The first rows of each currency."""
    taken: dict[str, int] = {}
    kept = []
    for row in rows:
        taken[row.currency] = taken.get(row.currency, 0) + 1
        if taken[row.currency] <= top:
            kept.append(row)
    return kept


def _notes(query: Query, rows: Sequence[Row]) -> Iterator[str]:
    """Yield why a measure is not known anywhere."""
    width = 1 + 2 * len(query.compare)
    silent: dict[str, list[str]] = {}
    for at, each in enumerate(query.chosen):
        if rows and each.absent and all(row.values[at * width] is None for row in rows):
            silent.setdefault(each.absent, []).append(each.title)
    for why, titles in silent.items():
        yield f"{', '.join(titles)}: {why}."
