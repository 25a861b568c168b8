"""Random files of a feed: counts and sums tie, order and repetition change nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from recon.config import load
from recon.run.feeds import load_feeds
from recon.store import snapshot
from tests.inbox import FEED, SALES, Inbox

_PRICE = st.sampled_from(["1", "2.50", "0.0001", "-3.25", "x", "", "1,5", " 4 ", "1e3", "(2.00)"])
_ROW = st.tuples(
    st.sampled_from(["S1", "s1", "S2", "S3", "", "S4 "]),
    st.sampled_from(["2024-06-01", "2024-07-31", "2024-13-01", "1.7.2024", ""]),
    st.sampled_from(["P1", "p1", "P2", ""]),
    st.sampled_from(["1", "-2", "0.5", "two"]),
    _PRICE,
)
_ROWS = st.lists(_ROW, max_size=8)
# By an oracle of its own: which texts are amounts, and which days.
_AMOUNTS = {"1": "1", "2.50": "2.5", "0.0001": "0.0001", "-3.25": "-3.25", "4": "4", "(2.00)": "-2"}
_QUANTITIES = {"1": "1", "-2": "-2", "0.5": "0.5"}
_DAYS = {"2024-06-01", "2024-07-31", "1.7.2024"}


def _line(row: Sequence[str]) -> str:
    sale, day, product, quantity, price = row
    return f'{sale},{day},{product},C1,{quantity},"{price}"'


def _is_right(row: Sequence[str]) -> bool:
    sale, day, product, quantity, price = (cell.strip() for cell in row)
    return bool(sale and product and day in _DAYS and quantity in _QUANTITIES and price in _AMOUNTS)


def _revenue(row: Sequence[str]) -> Decimal:
    amount = Decimal(_QUANTITIES[row[3].strip()]) * Decimal(_AMOUNTS[row[4].strip()])
    sign = -1 if amount < 0 else 1
    return sign * (abs(amount) * 10_000 + Decimal("0.5")).to_integral_value("ROUND_FLOOR") / 10_000


def _sale(row: Sequence[str]) -> str:
    return row[0].strip().lower()


def _expected(files: Sequence[Sequence[Sequence[str]]]) -> Counter[tuple[str, Decimal]]:
    """The sales after files in order: a file has all rows of its sales."""
    kept: dict[str, list[Decimal]] = {}
    for rows in files:
        right = [row for row in rows if _is_right(row)]
        for row in right:
            kept[_sale(row)] = []
        for row in right:
            kept[_sale(row)].append(_revenue(row))
    return Counter((sale, amount) for sale, of in kept.items() for amount in of)


@settings(max_examples=4)
@given(st.lists(_ROWS, min_size=1, max_size=3))
def test_counts_and_sums_tie_for_random_files(files: list[list[tuple[str, ...]]]) -> None:
    """Against an oracle in Python; the same files again change nothing."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = Inbox(Path(folder))
        inbox.configure(FEED)
        for at, rows in enumerate(files):
            inbox.put(f"uk-{at}.csv", *map(_line, rows), f"END{at},2024-06-01,P,C,1,1", at=at)
        chosen = load(Path(folder) / "config" / "recon.toml")
        report = load_feeds(chosen)
        for outcome, rows in zip(report.outcomes, files, strict=True):
            assert outcome.loaded is not None
            assert outcome.loaded.rows == len(rows) + 1
            assert outcome.loaded.counts["rejected"] == sum(not _is_right(row) for row in rows)
        again = load_feeds(chosen)
        assert {outcome.status for outcome in again.outcomes} == {"known"}
        assert again.snapshot == report.snapshot
        with snapshot.looked_at(chosen.store) as (session, _):
            found = session.execute("SELECT lower(sale_id), revenue FROM fact_sales").fetchall()
        assert Counter(row for row in found if not row[0].startswith("end")) == _expected(files)
    assert SALES.startswith("sale_id")


@settings(max_examples=4)
@given(_ROWS, _ROWS)
def test_the_order_of_loads_of_different_sales_does_not_matter(
    first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    """Two files without a sale in common make the same store in either order."""
    found = []
    for order in ((0, 1), (1, 0)):
        with tempfile.TemporaryDirectory() as folder:
            inbox = Inbox(Path(folder))
            inbox.configure(FEED)
            for name, rows, at in (("a", first, order[0]), ("b", second, order[1])):
                inbox.put(f"uk-{name}.csv", *(name + _line(row) for row in rows), at=at)
            chosen = load(Path(folder) / "config" / "recon.toml")
            load_feeds(chosen)
            with snapshot.looked_at(chosen.store) as (session, _):
                found.append(
                    session.execute(
                        "SELECT lower(sale_id), sold_on, lower(product_id), revenue "
                        "FROM fact_sales ORDER BY ALL"
                    ).fetchall()
                )
    assert found[0] == found[1]
