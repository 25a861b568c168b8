"""Every measure is what an independent calculation, row by row, finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from recon.base.money import SCALE
from recon.kpi.compiled import Filter, is_money, lacking
from recon.kpi.measures import MEASURES, Unit
from recon.kpi.period import Calendar, parse
from recon.kpi.query import BLANK, Query, answer, parse_filter
from recon.store.session import Session
from tests.figures_oracle import AMOUNTS, Converted, Oracle, Slice, Span, random_books
from tests.figures_store import star

TODAY = Calendar(date(2024, 12, 31))
SPANS = {"2024-06": Span.of_month(2024, 6), "2024-Q2": Span.of_month(2024, 4, 3)}
BY = ["region", "product", "loyalty_tier", "location", "movement", "reason"]
Opened = tuple[Session, Oracle]
# By keys and currency, the measures by name.
Found = dict[tuple[str, ...], dict[str, int | None]]
# Every other one is of amounts converted into euros.
SEEDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (3, 6))]


@pytest.fixture(scope="module", params=SEEDS)
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """A random store, and its oracle."""
    books = random_books(request.param)
    into = "" if request.param % 2 else "EUR"
    with star(books, into) as session:
        yield session, Converted(books, into) if into else Oracle(books)


def _asked(session: Session, period: str, by: str = "", *, money: bool) -> Found:
    """All measures that can be asked, in one query."""
    needed = ([by] if by not in ("", "month") else []) + ["currency"] * money
    names = tuple(
        name
        for name, each in MEASURES.items()
        if is_money(each, MEASURES) == money and not lacking(each, MEASURES, needed)
    )
    if not names:
        return {}
    query = Query("t", "T", names, parse(period, TODAY), (by,) if by else ())
    return {
        (*row.keys, row.currency): dict(zip(names, row.values, strict=True))
        for row in answer(session, query).rows
    }


def _wrong(oracle: Oracle, span: Span, slice_: Slice, found: dict[str, int | None]) -> list[object]:
    """The measures that differ from the oracle's."""
    places = 0 if slice_.get("currency") == "JPY" else 2
    wrong: list[object] = []
    for name, value in found.items():
        wanted = oracle.value(name, span, slice_, places)
        units = None if wanted is None else wanted * SCALE
        if units != value:
            wrong.append((name, slice_, value, units))
    return wrong


@pytest.mark.parametrize("money", [True, False], ids=["amounts", "counts"])
@pytest.mark.parametrize("period", SPANS)
def test_the_measures_of_a_period(opened: Opened, period: str, *, money: bool) -> None:
    """Of a month and a quarter, amounts per currency."""
    session, oracle = opened
    found = _asked(session, period, money=money)
    assert {currency for (currency,) in found} == ({"EUR", "JPY"} if money else {""})
    for (currency,), values in found.items():
        slice_: Slice = {"currency": currency} if money else {}
        assert _wrong(oracle, SPANS[period], slice_, values) == []
        assert [name for name, value in values.items() if value] or currency == "JPY"


@pytest.mark.parametrize("money", [True, False], ids=["amounts", "counts"])
def test_the_measures_by_month(opened: Opened, *, money: bool) -> None:
    """The parts of a quarter, each with its own month before."""
    session, oracle = opened
    for (month, currency), values in _asked(session, "2024-Q2", "month", money=money).items():
        slice_: Slice = {"currency": currency} if money else {}
        assert _wrong(oracle, Span.of_month(2024, int(month[-2:])), slice_, values) == []


@pytest.mark.parametrize("dimension", BY)
def test_the_measures_by_a_dimension(opened: Opened, dimension: str) -> None:
    """Those that have it; what is blank is a row, and no row with a figure is missing."""
    session, oracle = opened
    names = {each["product_id"]: each["name"] for each in oracle.books.products}
    for money in (True, False):
        found = _asked(session, "2024-06", dimension, money=money)
        listed = [dimension, *(["currency"] if money else [])]
        empty: dict[str, int | None] = dict.fromkeys(next(iter(found.values()), {}), 0)
        for slice_ in oracle.slices(listed):
            key = slice_[dimension]
            shown = BLANK if key is None else names.get(key, key)
            values = found.get((shown, slice_.get("currency") or ""), empty)
            wrong = _wrong(oracle, SPANS["2024-06"], slice_, values)
            assert not wrong or (values is empty and not any(each[3] for each in wrong)), wrong  # type: ignore[index]


def test_the_oracle_has_every_measure() -> None:
    """A measure without one would be tested by nothing."""
    assert [name for name in MEASURES if not hasattr(Oracle, f"_{name}")] == []
    assert {name for name, each in MEASURES.items() if each.unit is Unit.AMOUNT} == AMOUNTS


def test_every_measure_is_known_somewhere(opened: Opened) -> None:
    """So that it is not the same None everywhere."""
    session, oracle = opened
    rows = [
        values
        for money in (True, False)
        for values in _asked(session, "2024", "month", money=money).values()
    ]
    # Of the yen in euros some line has no cost in any twelve months.
    never = {"cost_twelve", "turnover", "days_of_inventory"}
    never = never if isinstance(oracle, Converted) else set()
    assert {name for row in rows for name, value in row.items() if value} == {*MEASURES} - never


def test_a_filter_holds_any_name() -> None:
    """Quotes and signs mean themselves; a comma within a name is marked."""
    found = parse_filter(r"region!=O'Brien\, North,He said \"x\",A=B,(none)")
    assert found == Filter("region", ("O'Brien, North", r"He said \"x\"", "A=B", ""), excluded=True)
