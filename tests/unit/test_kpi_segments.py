"""Cohorts, scores, the bridge of revenue, movers: computed once more in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from recon.kpi import bridge, cohorts, segments
from recon.kpi.asked import Asked
from recon.kpi.period import Calendar, parse
from recon.kpi.query import Query, answer
from recon.store.session import Session
from tests.figures_oracle import LAST, Books, random_books
from tests.figures_store import star

Found = dict[Any, Any]


@pytest.fixture(scope="module", params=[3, 8])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[Session, Books]]:
    """A store of chance."""
    books = random_books(request.param, 700)
    with star(books) as session:
        yield session, books


def asked(period: str = "2024-06") -> Asked:
    """A question without a filter."""
    calendar = Calendar(LAST)
    return Asked(parse(period, calendar), calendar)


def units(amount: Decimal | int) -> int:
    """An amount in ten-thousandths."""
    return int(Decimal(amount) * 10_000)


def share(part: int, whole: int) -> int:
    """A share in ten-thousandths, half away from zero."""
    return int((Decimal(10_000 * part) / whole).quantize(Decimal(1), ROUND_HALF_UP))


def month(day: date) -> int:
    """A month as a number."""
    return day.year * 12 + day.month - 1


def test_retention_by_month_of_first_purchase(opened: tuple[Session, Books]) -> None:
    """Who of a month's new customers bought in the k-th month after it."""
    session, books = opened
    months: dict[str, set[int]] = defaultdict(set)
    for row in books.sales:
        if row["customer_id"] and row["quantity"] > 0:
            months[row["customer_id"]].add(month(row["sold_on"]))
    (table,) = cohorts.cohorts(session, asked("2023-12"))
    last, seen = month(date(2023, 12, 1)), 0
    for row in table.rows:
        first = int(row.keys[0][:4]) * 12 + int(row.keys[0][5:]) - 1
        of = [each for each in months.values() if min(each) == first]
        assert row.values[0] == units(len(of)) and of
        for k in range(1, 12):
            back = sum(first + k in each for each in of)
            assert row.values[k] == (share(back, len(of)) if first + k <= last else None)
            seen += back
    assert len(table.rows) > 3 and seen > 10


def _quantile(values: list[Any], share_of: Decimal) -> Any:
    """The least value that has so large a share of all at or below it."""
    ranked = sorted(values)
    return next(each for at, each in enumerate(ranked, 1) if Decimal(at) / len(ranked) >= share_of)


def test_scores_follow_from_their_cut_points(opened: tuple[Session, Books]) -> None:
    """Recency, frequency, monetary of twelve months, by currency."""
    session, books = opened
    first, last = date(2023, 6, 30), date(2024, 6, 30)
    of: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in books.sales:
        if row["customer_id"] and row["quantity"] > 0 and first < row["sold_on"] <= last:
            of[row["currency"], row["customer_id"]].append(row)
    facts = {
        key: (
            (last - max(row["sold_on"] for row in rows)).days,
            len({(row["feed"], row["sale_id"]) for row in rows}),
            sum(row["revenue"] for row in rows),
        )
        for key, rows in of.items()
    }
    cuts = {
        currency: [
            [_quantile([v[at] for (c, _), v in facts.items() if c == currency], Decimal(fifth) / 5)
             for fifth in range(1, 5)]
            for at in range(3)
        ]
        for currency in {key[0] for key in facts}
    }  # fmt: skip
    wanted = {}
    for (currency, customer), (recency, frequency, monetary) in facts.items():
        rc, fc, mc = cuts[currency]
        r = 5 - sum(cut < recency for cut in rc)
        f, m = 1 + sum(cut < frequency for cut in fc), 1 + sum(cut < monetary for cut in mc)
        wanted[currency, customer.lower()] = (
            _segment(r, f), *map(units, (r, f, m, recency, frequency, monetary)),
        )  # fmt: skip
    (table,) = segments.scores(session, asked())
    found = {(row.currency, row.keys[0].lower()): (row.keys[1], *row.values) for row in table.rows}
    assert found == wanted
    assert len({value[0] for value in wanted.values()}) > 4


def _segment(r: int, f: int) -> str:
    """The segment as docs/figures.md has it."""
    if r >= 4:
        return "Champions" if f >= 4 else "Loyal" if f >= 3 else "New"
    if r == 3:
        return "Loyal" if f >= 3 else "Promising"
    if f >= 3:
        return "At risk"
    return "Lost" if r == 1 and f == 1 else "Hibernating"


def _sold(books: Books, of: int) -> Found:
    """Revenue and units of a month by currency and product."""
    found: Found = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in books.sales:
        if month(row["sold_on"]) == of:
            found[row["currency"], row["product_id"]][0] += row["revenue"]
            found[row["currency"], row["product_id"]][1] += row["quantity"]
    return found


def test_the_parts_of_the_change_are_its_whole(opened: tuple[Session, Books]) -> None:
    """Price, volume and mix of what stayed, new, lost, and the rest."""
    session, books = opened
    now, before = (_sold(books, month(date(2024, at, 1))) for at in (6, 5))
    (table,) = bridge.changes(session, asked())
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in table.rows:
        found[row.currency][row.keys[0]] = row.values[0] or 0
    assert found
    for currency, parts in found.items():
        step = Decimal(1) if currency == "JPY" else Decimal("0.01")
        sold = [
            (*before[currency, each], *now[currency, each])
            for each in {key[1] for key in (*now, *before) if key[0] == currency}
        ]
        stayed = [each for each in sold if each[1] > 0 and each[3] > 0]
        held = sum((r0 * q1 / q0 for r0, q0, _, q1 in stayed), Decimal(0))
        r0s, q0s, r1s, q1s = (sum(each[at] for each in stayed) for at in range(4))
        wanted = {
            "Before": sum(each[0] for each in sold),
            "Price": r1s - held,
            "Volume": (r0s * q1s / q0s - r0s) if q0s else Decimal(0),
            "Mix": (held - r0s * q1s / q0s) if q0s else Decimal(0),
            "New products": sum(r1 for r0, q0, r1, q1 in sold if q0 == r0 == 0 and q1 > 0),
            "Lost products": -sum(r0 for r0, q0, r1, q1 in sold if q1 == r1 == 0 and q0 > 0),
            "Now": sum(each[2] for each in sold),
        }
        for name, amount in wanted.items():
            assert abs(parts[name] - units(amount)) <= units(step), (currency, name)
        assert sum(parts.values()) == 2 * parts["Now"], "before and the parts are now"


def test_converted_amounts_add_up() -> None:
    """The change ends in the period's revenue, the segments in that of the scores' customers."""
    with star(random_books(6, 700), "EUR") as session:
        (change,) = bridge.changes(session, asked())
        revenue = answer(session, Query("", "", ("revenue",), asked().period))
        parts = {row.keys[0]: row.values[0] or 0 for row in change.rows if row.currency == "EUR"}
        assert parts["Now"] == next(row.values[0] for row in revenue.rows if row.currency == "EUR")
        assert sum(parts.values()) == 2 * parts["Now"]
        assert all(amount % 100 == 0 for amount in parts.values())
        of_segments, cuts = segments.rfm(session, asked())
        (scores,) = segments.scores(session, asked())
        customers = sum(row.values[0] or 0 for row in of_segments.rows)
        assert customers == 10_000 * len(scores.rows)
        for table, at in ((of_segments, 2), (cuts, 2), (scores, 5)):
            amounts = [row.values[at] or 0 for row in table.rows if row.currency == "EUR"]
            assert amounts
            assert all(amount % 100 == 0 for amount in amounts), table.name


def test_movers_are_those_that_moved_most(opened: tuple[Session, Books]) -> None:
    """Five up, five down, each with its change."""
    session, books = opened
    now, before = (_sold(books, month(date(2024, at, 1))) for at in (6, 5))
    (table,) = bridge.movers(session, asked())
    for currency in ("EUR", "JPY"):
        moved = {
            key[1]: units(now[key][0]) - units(before[key][0])
            for key in [*{**now, **before}]
            if key[0] == currency
        }
        up = sorted((each for each in moved.values() if each > 0), reverse=True)[:5]
        down = sorted(each for each in moved.values() if each < 0)[:5]
        shown = [row.values[2] for row in table.rows if row.currency == currency]
        assert shown == [*up, *down[::-1]]
