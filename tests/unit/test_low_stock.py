"""Low stock: told once per item until it recovers, with how the last time came out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from recon.alerts.loads import digest, findings_of
from recon.alerts.message import Style
from recon.kpi.asked import Asked
from recon.kpi.low_stock import low_items
from recon.kpi.period import Calendar, Unit, part
from recon.reports.figures.low_stock import finding
from recon.store.findings import Finding
from recon.store.outcome import Report
from tests.figures_oracle import Books
from tests.figures_store import star

DAYS = [date(2024, month, 1) for month in range(1, 8)]


def _found(*on_hand: int, transit: int = 0, sold: int = 90) -> list[Finding]:
    """The findings after these counts of one item, a month each."""
    books = Books()
    books.products.append({"product_id": "P1", "name": "Toffee", "reorder_point": Decimal(10)})
    for day, count in zip(DAYS, on_hand, strict=False):
        row: dict[str, Any] = {
            "feed": "s", "product_id": "P1", "location": "Ulm", "counted_on": day,
            "on_hand": Decimal(count), "in_transit": Decimal(transit), "load": 1,
            "recon_row": day.month,
        }  # fmt: skip
        books.stock.append(row)
    last = DAYS[len(on_hand) - 1]
    if sold:
        books.sales.append({
            "feed": "a", "sale_id": "1", "sold_on": last, "product_id": "P1",
            "quantity": Decimal(sold), "unit_price": Decimal(1), "revenue": Decimal(sold),
            "currency": "EUR",
        })  # fmt: skip
    with star(books) as session:
        found = low_items(session, Asked(part(last, Unit.DAY), Calendar(last)))
    return [finding(each, last) for each in found]


def test_an_item_has_one_key_until_it_recovers() -> None:
    """Whatever else is counted meanwhile; the next time it has another."""
    keys = [_found(*counts)[0].key for counts in ((12, 9), (12, 9, 4), (12, 9, 0))]
    assert keys == ["low:p1:ulm:2024-02-01"] * 3
    assert _found(12, 9, 10) == []
    assert [each.key for each in _found(12, 9, 10, 9)] == ["low:p1:ulm:2024-04-01"]


def test_the_sentence_says_when_and_whether_transit_covers_it() -> None:
    """And how the last time came out."""
    (found,) = _found(12, 0, 11, 4, transit=3)
    assert found.sentence == (
        "Toffee at Ulm is low since 2024-04-01: 4 on hand, reorder point 10; it runs out on "
        "2024-04-05 at the rate of the last 90 days; 3 in transit do not cover it. To order: 3. "
        "The last time, from 2024-02-01 on, it ran out by 2024-02-01, and was enough again on "
        "2024-03-01."
    )
    (covered,) = _found(9, transit=6, sold=0)
    assert "none was sold in the last 90 days; 6 in transit cover it." in covered.sentence


def test_low_items_are_told_and_are_no_fault_of_a_load() -> None:
    """Their message names the command that lists them all; the load ends with 0."""
    lows = _found(9) * 60
    report = Report([], dry=False, low=lows)
    assert report.exit_code == 0
    assert findings_of(report) == lows
    text = str(digest(findings_of(report), "warning", Style()))
    assert "60 items low in stock" in text and "recon kpi inventory" in text
