"""The sample's kiosk: packed weeks, stock in Excel, movements.

Its deliveries have what goes wrong with whole files: a day that is missing or sent twice, a thin
and an empty week, columns that come and change. Stock follows from movements and sales but once.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import cast

from recon.sources.sample.trade import Draws, products

CONFIG = """
[feeds.kiosk]
kind = "sales"
path = "../inbox/kiosk-*.csv.gz"
currency = "GBP"
fixed = { region = "North", store = "Bath" }
[feeds.kiosk.columns]
sale_id = "Receipt"
sold_on = "Day"
product_id = "Item"
quantity = "Qty"
unit_price = "Price"
cost = "Cost"

[feeds.bath-stock]
kind = "inventory"
path = "../inbox/bath-stock-*.xlsx"
currency = "GBP"

[feeds.movements]
kind = "movements"
path = "../inbox/movements-*.csv"
"""
_HEADER = ["Receipt", "Day", "Item", "Qty", "Price", "Cost"]
_FIRST = date(2024, 8, 5)
# The first file has so many weeks, the others one each.
_WEEKS, _PER_DAY, _THIN = 8, 9, 2
_COUNTS = (date(2024, 8, 4), date(2024, 9, 29), date(2024, 10, 27))
_STOCK = ["product_id", "location", "counted_on", "on_hand", "unit_cost", "reorder_point"]
_MOVE = ["movement_id", "product_id", "location", "moved_on", "quantity", "kind"]
_BASE, _GAP = 60, 4

Row = list[str]
Cells = list[str | int | date | Decimal]
Put = Callable[[str, bytes], None]
Truth = list[tuple[str, int, str, str]]


class Kiosk:
    """The kiosk's files; `truth` gets the planted faults."""

    def __init__(self, draw: Draws, put: Put, truth: Truth) -> None:
        self._draw, self._put, self._truth = draw, put, truth
        self._products = products()[:6]
        self._sold: dict[tuple[str, date], int] = defaultdict(int)
        self._receipt = 0

    def write(self) -> None:
        """Write sales, then movements and counts."""
        weeks = [_FIRST + timedelta(weeks=at) for at in range(_WEEKS + 7)]
        rows = [row for week in weeks[:_WEEKS] for day in _days(week) for row in self._day(day)]
        self._sales(weeks[_WEEKS - 1], rows)
        gone, again, wider, thin, empty, renamed, ragged = weeks[_WEEKS:]
        self._day_missing(gone)
        self._day_again(again)
        file = self._sales(
            wider, [[*row, "Till 1"] for row in self._week(wider)], [*_HEADER, "Till"]
        )
        self._found(file, "a column more", "drift")
        file = self._sales(thin, [row for day in _days(thin) for row in self._day(day, _THIN)])
        self._found(file, "a thin week", "thin")
        self._found(file, "a column less", "drift")
        self._found(self._sales(empty, []), "no rows", "empty")
        header = ["Units" if column == "Qty" else column for column in _HEADER]
        file = self._sales(renamed, self._week(renamed, kept=False), header)
        self._found(file, "a column renamed", "refused")
        self._ragged(ragged)
        self._stock()

    def _found(self, file: str, fault: str, outcome: str, row: int = 0) -> None:
        self._truth.append((file, row, fault, outcome))

    def _week(self, week: date, *, kept: bool = True) -> list[Row]:
        return [row for day in _days(week) for row in self._day(day, kept=kept)]

    def _day(self, day: date, number: int = _PER_DAY, *, kept: bool = True) -> list[Row]:
        """The sales of a day; `kept` ones count in stock."""
        rows = []
        for at in range(number):
            which = self._products[self._draw(len(self._products), "kiosk item", day, at)]
            units = 1 + self._draw(5, "kiosk units", day, at)
            self._receipt += 1
            cost = units * (which.price / 2).quantize(Decimal("0.01"))
            rows.append([f"K{self._receipt:05}", str(day), which.id, str(units), str(which.price),
                         str(cost)])  # fmt: skip
            if kept:
                self._sold[which.id, day] += units
        return rows

    def _sales(self, week: date, rows: Sequence[Row], header: Sequence[str] = _HEADER) -> str:
        file = f"kiosk-{week:%G}W{week:%V}.csv.gz"
        # The time of packing would make every copy another one.
        self._put(file, gzip.compress(_csv([header, *rows]), mtime=0))
        return file

    def _day_missing(self, week: date) -> None:
        gone = week + timedelta(days=2)
        rows = [row for day in _days(week) if day != gone for row in self._day(day)]
        self._found(self._sales(week, rows), "a day missing", "day missing")

    def _day_again(self, week: date) -> None:
        """Let a day be the one before, under other receipts."""
        before, again = week + timedelta(days=2), week + timedelta(days=3)
        rows: list[Row] = []
        for day in _days(week):
            if day == again:
                for old in [row for row in rows if row[1] == str(before)]:
                    self._receipt += 1
                    rows.append([f"K{self._receipt:05}", str(again), *old[2:]])
                    self._sold[old[2], again] += int(old[3])
            else:
                rows += self._day(day)
        self._found(self._sales(week, rows), "a day sent again", "day repeated")

    def _ragged(self, week: date) -> None:
        rows = self._week(week)
        rows.insert(10, [*rows[10][:5], "1", "a note"])
        self._found(self._sales(week, rows), "a field too many", "rejected", 11)

    def _stock(self) -> None:
        """Write counts that follow from movements and sales, but one."""
        counts = {each.id: _BASE for each in self._products}
        self._count(_COUNTS[0], counts)
        for before, day in pairwise(_COUNTS):
            moves: list[Row] = []
            for each in self._products:
                sold = sum(
                    units for (item, at), units in self._sold.items()
                    if item == each.id and before < at <= day
                )  # fmt: skip
                lost = self._draw(3, "lost", each.id, day)
                for units, kind in ((sold + lost, "receipt"), (-lost, "write-off")):
                    moves.append([f"M{day:%m}-{len(moves)}", each.id, "Bath",
                                  str(day - timedelta(days=9)), str(units), kind])  # fmt: skip
            file = f"movements-{day:%Y-%m}.csv"
            moves.append([f"M{day:%m}-x", self._products[0].id, "", str(day), "5", "receipt"])
            self._found(file, "no location", "rejected", len(moves))
            self._put(file, _csv([_MOVE, *moves]))
            if day == _COUNTS[-1]:
                counts[self._products[2].id] -= _GAP
            file = self._count(day, counts)
        self._found(file, "stock that does not follow", "stock")

    def _count(self, day: date, counts: dict[str, int]) -> str:
        file = f"bath-stock-{day:%Y-%m}.xlsx"
        rows: list[Cells] = [
            [each.id, "Bath", day, counts[each.id], (each.price / 2).quantize(Decimal("0.01")), 20]
            for each in self._products
        ]
        self._put(file, _workbook([[*_STOCK], *rows]))
        return file


def _days(week: date) -> Iterator[date]:
    return (week + timedelta(days=at) for at in range(7))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _workbook(rows: Sequence[Cells]) -> bytes:
    """A workbook whose bytes are always the same."""
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    book = Workbook()
    sheet = cast(Worksheet, book.active)
    for row in rows:
        sheet.append(row)
    made, fixed = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as packed, zipfile.ZipFile(fixed, "w") as out:
        for name in packed.namelist():
            content = packed.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">[^<>]*Z</dcterms", b">2025-01-01T00:00:00Z</dcterms", content)
            out.writestr(zipfile.ZipInfo(name, datetime(2025, 1, 1).timetuple()[:6]), content)
    return fixed.getvalue()
