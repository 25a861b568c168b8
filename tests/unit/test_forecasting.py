"""Forecasts: never worse than the seasonal naive, and intervals that hold what they say."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from importlib import util

import pytest

from recon.base.errors import UsageError
from recon.kpi import ahead, forecasting
from recon.kpi.asked import Asked
from recon.kpi.forecasting import NAIVE, Forecast, forecasts
from recon.kpi.period import Calendar, Unit, part
from tests.figures_oracle import Books
from tests.figures_store import star

SEASON, AHEAD, LENGTH, SERIES = 12, 6, 48, 28
Maker = Callable[[random.Random], list[float]]


def seasonal(draw: random.Random) -> list[float]:
    """A trend, a season, some noise."""
    level, trend = draw.uniform(80, 200), draw.uniform(-0.3, 0.8)
    swing, phase = draw.uniform(0.1, 0.5) * level, draw.uniform(0, math.tau)
    noise = draw.uniform(0.04, 0.12) * level
    return [
        max(0.0, level + trend * at + swing * math.sin(math.tau * at / SEASON + phase)
            + draw.gauss(0, noise))
        for at in range(LENGTH)
    ]  # fmt: skip


def wandering(draw: random.Random) -> list[float]:
    """A level that goes anywhere."""
    level = draw.uniform(80, 200)
    step = level * draw.uniform(0.03, 0.08)
    found = []
    for _ in range(LENGTH):
        level = max(1.0, level + draw.gauss(0, step))
        found.append(max(0.0, level + draw.gauss(0, step)))
    return found


def sparse(draw: random.Random) -> list[float]:
    """Now and then some, else none."""
    often, most = draw.uniform(0.3, 0.8), draw.randint(4, 18)
    return [float(draw.randint(1, most)) if draw.random() < often else 0.0 for _ in range(LENGTH)]


def held_out(series: Sequence[Sequence[float]]) -> tuple[float, float, int, int]:
    """Errors of ours and the naive on the last stretch; points, and those in their interval."""
    known = {at: of[:-AHEAD] for at, of in enumerate(series)}
    ours = naive = 0.0
    points = within = 0
    for at, found in forecasts(known, SEASON, AHEAD).items():
        for step, came in enumerate(series[at][-AHEAD:]):
            ours += abs(came - found.values[step])
            naive += abs(came - series[at][-AHEAD + step - SEASON])
            points += 1
            within += found.low[step] <= came <= found.high[step]
    return ours, naive, points, within


@pytest.mark.slow
def test_forecasts_are_no_worse_than_the_naive_and_intervals_hold() -> None:
    """Over three kinds of series and 504 points that no method has seen; each alone, too."""
    points = within = alone = 0
    for maker in (seasonal, wandering, sparse):
        draw = random.Random(maker.__name__)  # noqa: S311 - no secret
        series = [maker(draw) for _ in range(SERIES)]
        ours, naive, of_kind, covered = held_out(series)
        print(maker.__name__, ours / naive, covered / of_kind)
        assert ours <= 1.02 * naive, maker.__name__
        points, within = points + of_kind, within + covered
        alone += sum(held_out([of])[3] for of in series)
    assert points >= 500
    assert 0.74 <= within / points <= 0.86
    # The only currency of a business has few errors to go by.
    assert 0.74 <= alone / points <= 0.86, alone / points


@pytest.mark.slow
def test_what_repeats_itself_is_left_to_the_naive() -> None:
    """And too short a series is not forecast."""
    again = [float(10 + at % SEASON) for at in range(LENGTH)]
    found = forecasts({"again": again, "short": again[:23]}, SEASON, AHEAD)
    assert [*found] == ["again"]
    assert found["again"].method == NAIVE
    assert [*found["again"].values] == [*found["again"].low] == [10.0 + at for at in range(AHEAD)]


def test_without_the_library_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That is all."""
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"Forecasts need statsmodels.*\.\[forecast\]"):
        forecasts({"of": [1.0] * LENGTH}, SEASON, AHEAD)


@pytest.mark.slow
def test_the_executive_view_has_its_forecast(simple: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its error; without the library, or enough months, it has one sentence."""
    with star(_books()) as session:
        calendar = Calendar(date(2024, 12, 31))
        asked = Asked(part(date(2024, 12, 1), Unit.MONTH), calendar)
        (table,) = ahead.forecast_in_short(session, asked)
        assert [row.keys[0] for row in table.rows] == ["2025-01", "2025-02", "2025-03"]
        assert table.notes[1:] == (
            "EUR by the seasonal naive, which nothing has beaten: 18 points that were held out "
            "missed by 0.0% of what came.",
        )
        monkeypatch.setattr(ahead, "install_sentence", lambda: "Forecasts need more.")
        (table,) = ahead.forecast_in_short(session, asked)
        assert (table.rows, table.empty) == ((), "Forecasts need more.")
        short = Asked(part(date(2023, 5, 1), Unit.MONTH), calendar)
        (table,) = ahead.forecast_in_short(session, short)
        assert table.empty == "A forecast takes 18 months with sales; there are fewer."


def flat(series: Sequence[float], _: int, horizon: int) -> Sequence[float]:
    """A method that takes the last value."""
    return [series[-1]] * horizon


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch) -> None:
    """Methods that can be computed by hand, without the library."""
    naive = forecasting.methods()[NAIVE]
    monkeypatch.setattr(forecasting, "methods", lambda: {NAIVE: naive, "last": flat})
    monkeypatch.setattr(forecasting, "install_sentence", lambda: None)


def _books() -> Books:
    """Three years of one sale a day: 10, 20 … of January, February …; one product, two places."""
    books = Books()
    day = date(2022, 1, 1)
    while day <= date(2024, 12, 31):
        books.sales.append({
            "feed": "a", "sale_id": str(day), "sold_on": day, "product_id": "P1",
            "quantity": Decimal(1), "unit_price": Decimal(10 * day.month),
            "revenue": Decimal(10 * day.month), "currency": "EUR",
        })  # fmt: skip
        day += timedelta(days=1)
    books.products.append({"product_id": "P1", "name": "Toffee", "lead_days": 14})
    for place in ("Ulm", "Bath"):
        books.stock.append({
            "feed": "s", "product_id": "P1", "location": place, "counted_on": date(2024, 12, 31),
            "on_hand": Decimal(5), "reorder_point": Decimal(4), "load": 1, "recon_row": 1,
        })  # fmt: skip
    return books


@pytest.mark.usefixtures("simple")
def test_revenue_ahead_and_orders() -> None:
    """The months in their order, beside those of the year before; orders by lead days and stock."""
    last = date(2024, 12, 31)
    asked = Asked(part(last, Unit.MONTH), Calendar(last))
    with star(_books()) as session:
        revenue, quality = ahead.revenue_ahead(session, asked)
        orders, of_units = ahead.order_ahead(session, asked)
    assert [(row.keys, row.values[0], row.values[3]) for row in revenue.rows] == [
        (("2025-01",), 3_100_000, 3_100_000),
        (("2025-02",), 5_800_000, 5_800_000),
        (("2025-03",), 9_300_000, 9_300_000),
    ]
    assert quality.rows[0].keys == ("revenue", NAIVE)
    # 7 a week for 14 days are 14, 7 for each place; with 4 to be left, 6 are short of 5 on hand.
    assert [(row.keys[1], row.values[0], row.values[3], row.values[-1]) for row in orders.rows] == [
        ("Bath", 50_000, 70_000, 60_000), ("Ulm", 50_000, 70_000, 60_000),
    ]  # fmt: skip
    assert {date.fromordinal(row.values[-2] or 0) for row in orders.rows} == {date(2025, 1, 10)}
    assert of_units.rows[0].keys[0] == "1 product"


def test_the_shape_of_a_forecast(simple: None) -> None:
    """A level that jumped is better followed than repeated; the interval is as wide as errors."""
    del simple
    series = [100.0] * 24 + [200.0 + at % 2 for at in range(12)]
    found: Forecast = forecasts({"of": series}, SEASON, AHEAD)["of"]
    assert found.method == "last"
    assert [*found.values] == [201.0] * AHEAD
    assert found.error < 0.01 < found.naive
    assert all(low <= 201 <= high for low, high in zip(found.low, found.high, strict=True))
