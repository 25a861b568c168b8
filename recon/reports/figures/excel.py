"""Figures as a workbook: a sheet a table, live charts.

Importing this module loads openpyxl, which the month's workbook needs, too, and whose charts read
the cells; XlsxWriter would be a second library for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.kpi.measures import Unit
from recon.kpi.result import Column, Figures, Row, Table
from recon.reports.excel.cells import (
    BANNER,
    COUNT_FORMAT,
    EXCEL_DIGITS,
    PLAIN,
    RATE_FORMAT,
    SOFT,
    STRONG,
    TITLE,
    Page,
    aligned,
    amount_places,
    number_cell,
    number_format,
    text_cell,
)
from recon.reports.figures.wording import control_lines, heading, origin, plain, shown

_NUMBERS = aligned(BANNER, "right")
_WIDE, _NARROW = 30, 16
_HEAD = 3
_MOST_NAME = 31
_FORMATS = {
    Unit.QUANTITY: "#,##0.####",
    Unit.COUNT: COUNT_FORMAT,
    Unit.PERCENT: RATE_FORMAT,
    Unit.POINTS: '+0.00" pt";-0.00" pt";0.00" pt"',
    Unit.DAYS: "#,##0.0",
    Unit.TIMES: "#,##0.00",
}
_CHANGE = "+0.00%;-0.00%;0.00%"


def write_workbook(path: Path, title: str, parts: Sequence[Figures]) -> None:
    """Write a sheet for each table, and one about them."""
    book = Workbook(write_only=True)
    about = Page(book.create_sheet("About"), {"A": 110}, title)
    names: set[str] = {"about"}
    for figures in parts:
        about.add(text_cell(about.sheet, heading(figures), TITLE))
        for line in [*figures.notes, origin(figures), *control_lines(figures)]:
            about.say(line, SOFT)
        about.add()
        for table in figures.tables:
            name = _sheet_name(f"{figures.title} {table.name}", names)
            _fill(book, name, table, heading(figures), title)
    book.save(path)


def _sheet_name(text: str, taken: set[str]) -> str:
    """A name that Excel takes, and no other sheet has."""
    base = re.sub(r"[\[\]:*?/\\']", " ", text)[:_MOST_NAME].strip()
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base[: _MOST_NAME - 3]} {number}"
    taken.add(name.lower())
    return name


def _fill(book: Workbook, name: str, table: Table, head: str, footer: str) -> None:
    cards = table.chart == "cards"
    sheet = book.create_sheet(name)
    keys = 1 if cards else len(table.by)
    widths = {chr(65 + at): _WIDE if at < keys else _NARROW for at in range(26)}
    page = Page(sheet, widths, footer)
    page.add(text_cell(sheet, table.title, TITLE))
    page.add(text_cell(sheet, head, SOFT))
    for cells in _cards(sheet, table) if cards else _rows(sheet, table):
        page.add(*cells)
    if table.left_out:
        page.say(f"{table.left_out:,} more rows are not shown; the total has all.", SOFT)
    for note in (*([] if table.rows else [table.empty]), *table.notes):
        page.say(note, SOFT)
    if chart := _chart(sheet, table):
        letter = chr(65 + min(len(table.by) + len(table.columns) + 2, 25))
        sheet.add_chart(chart, f"{letter}{_HEAD}")


def _rows(sheet: Sheet, table: Table) -> Iterator[list[Cell]]:
    money = ["currency"] if table.has_currency else []
    titles = [*table.by, *money, *(column.title for column in table.columns)]
    keys = len(table.by) + len(money)
    yield [text_cell(sheet, title, BANNER if at < keys else _NUMBERS)
           for at, title in enumerate(titles)]  # fmt: skip
    for row in table.rows:
        yield _line(sheet, table, row, row.keys)
    for row in table.totals:
        yield _line(sheet, table, row, ("total", *[""] * (len(table.by) - 1)))


def _line(sheet: Sheet, table: Table, row: Row, keys: Sequence[str]) -> list[Cell]:
    look = PLAIN if row.keys else STRONG
    currency = [row.currency] if table.has_currency else []
    cells = [text_cell(sheet, text, look) for text in (*keys, *currency)]
    values = zip(row.values, table.columns, strict=True)
    return [*cells, *(_cell(sheet, value, column, row.currency) for value, column in values)]


def _cards(sheet: Sheet, table: Table) -> Iterator[list[Cell]]:
    """Yield a measure a row, by currency."""
    width = 1 + 2 * table.compared
    titles = ["now"]
    for place in range(1, width, 2):
        titles += [each.title.rpartition(", ")[2] for each in table.columns[place : place + 2]]
    for row in table.rows:
        head = [text_cell(sheet, title, _NUMBERS) for title in titles]
        yield [text_cell(sheet, row.currency, BANNER), *head]
        for at in range(0, len(table.columns), width):
            columns, values = table.columns[at : at + width], row.values[at : at + width]
            yield [
                text_cell(sheet, columns[0].title),
                *(
                    _cell(sheet, value, column, row.currency)
                    for value, column in zip(values, columns, strict=True)
                ),
            ]


def _cell(sheet: Sheet, value: int | None, column: Column, currency: str) -> Cell:
    """A value as a number, unless Excel would round it."""
    written = plain(value, column.unit)
    digits = len(written.strip("-").replace(".", ""))
    if value is None or column.unit is Unit.DATE or digits > EXCEL_DIGITS:
        return text_cell(sheet, shown(value, column, currency), aligned(PLAIN, "right"))
    if column.unit is Unit.AMOUNT:
        return number_cell(sheet, written, number_format(amount_places(value, currency)))
    if column.unit is Unit.POINTS:
        return number_cell(sheet, money.plain(value * 100, ""), _FORMATS[Unit.POINTS])
    is_change = column.change and column.unit is Unit.PERCENT
    return number_cell(sheet, written, _CHANGE if is_change else _FORMATS[column.unit])


def _chart(sheet: Sheet, table: Table) -> LineChart | BarChart | None:
    """A live chart of the first measure, by currency."""
    if table.chart not in ("line", "bar") or len(table.rows) < 2:  # noqa: PLR2004
        return None
    groups = [list(of) for _, of in groupby(table.rows, key=lambda each: each.currency)]
    # Series side by side need the same names; amounts of two currencies are no series together.
    if len({tuple(row.keys for row in of) for of in groups}) > 1:
        return None
    chart = LineChart() if table.chart == "line" else BarChart()
    if isinstance(chart, BarChart):
        chart.type = "bar"
        chart.y_axis.delete = False
        chart.x_axis.scaling.orientation = "maxMin"
    chart.title = table.columns[0].title
    chart.height, chart.width = 9, 18
    # openpyxl leaves axes out of what newer Excel shows.
    chart.x_axis.delete = chart.y_axis.delete = False
    column = len(table.by) + table.has_currency + 1
    row = _HEAD + 1
    for group in groups:
        count = len(group)
        values = Reference(sheet, min_col=column, min_row=row, max_row=row + count - 1)
        series = Series(values, title=group[0].currency or table.columns[0].title)
        series.smooth = False
        chart.series.append(series)
        if row == _HEAD + 1:
            chart.set_categories(Reference(sheet, min_col=1, min_row=row, max_row=row + count - 1))
        row += count
    if len(chart.series) == 1:
        chart.legend = None
    return chart
