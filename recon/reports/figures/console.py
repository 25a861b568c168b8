"""Figures on the console: cards, tables with small bars, sparklines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from recon.kpi.result import Column, Figures, Row, Table
from recon.reports.console.layout import (
    GOOD,
    HIGH,
    PLAIN,
    SOFT,
    Pen,
)
from recon.reports.console.layout import Column as Shown
from recon.reports.figures.wording import heading, origin, shown

_BAR = 12
_EIGHTHS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*#@"
_LEAST_KEY = 12


def show_figures(console: Console, figures: Figures) -> None:
    """Print a view: its tables, and where they come from."""
    pen = Pen(console)
    lines = [pen.text(heading(figures), Style(bold=True))]
    for note in figures.notes:
        lines += pen.paragraph(pen.text(note, SOFT), 0)
    for table in figures.tables:
        lines += _table(pen, table)
    lines += [Text(), *pen.paragraph(pen.text(origin(figures), SOFT), 0)]
    for line in lines:
        console.print(line, soft_wrap=True)


def _table(pen: Pen, table: Table) -> Iterator[Text]:
    currencies = list(dict.fromkeys(row.currency for row in table.rows))
    only = currencies[0] if len(currencies) == 1 else ""
    yield from pen.heading(table.title, only)
    if not table.rows:
        yield from pen.paragraph(pen.text(table.empty, SOFT))
    elif table.chart == "cards":
        yield from _cards(pen, table, currencies)
    elif len(table.columns) == 1 and len(currencies) > 1:
        yield from pen.table(_beside(pen, table, currencies))
    else:
        yield from pen.table(_columns(pen, table, many=len(currencies) > 1))
    if table.left_out:
        rows = len(table.rows)
        note = f"{rows:,} of {rows + table.left_out:,} rows; --top shows more, the total has all."
        yield from pen.paragraph(pen.text(note, SOFT))
    for note in table.notes:
        yield from pen.paragraph(pen.text(note, SOFT))


def _cards(pen: Pen, table: Table, currencies: Sequence[str]) -> Iterator[Text]:
    """Yield a measure a line, with its changes beside it."""
    of = {row.currency: row for row in table.rows}
    width = 1 + 2 * table.compared
    for currency in currencies:
        if len(currencies) > 1:
            yield pen.text(f"  {currency or 'without currency'}", Style(bold=True))
        yield from pen.table(_card_columns(pen, table, of[currency], width))


def _card_columns(pen: Pen, table: Table, row: Row, width: int) -> list[Shown]:
    own = range(0, len(table.columns), width)
    found = [
        Shown("", [pen.text(table.columns[at].title) for at in own]),
        Shown(
            "now", [_cell(pen, row.values[at], table.columns[at], row.currency) for at in own],
            right=True,
        ),
    ]  # fmt: skip
    for place in range(1, width, 2):
        for step, drop in ((0, 2), (1, 0)):
            cells = [
                _cell(pen, row.values[p], table.columns[p], row.currency)
                for p in (at + place + step for at in own)
            ]
            header = table.columns[place + step].title.rpartition(", ")[2]
            found.append(Shown(header, cells, right=True, drop=drop, amount=True))
    trends = [table.trends.get((row.currency, table.columns[at].name), ()) for at in own]
    if any(trends):
        longest = max(map(len, trends))
        cells = [pen.text(sparkline(pen, each), SOFT) for each in trends]
        found.append(Shown(f"{longest} months", cells, drop=1))
    return found


def _beside(pen: Pen, table: Table, currencies: Sequence[str]) -> list[Shown]:
    """One measure, its currencies beside each other."""
    keys = list(dict.fromkeys(row.keys for row in table.rows))
    of = {
        (row.keys, row.currency): _cell(pen, row.values[0], table.columns[0], row.currency)
        for row in table.rows
    }
    found = [
        Shown(name, [pen.text(key[at]) for key in keys], least=_LEAST_KEY)
        for at, name in enumerate(table.by)
    ]
    for currency in currencies:
        cells = [of.get((key, currency), Text()) for key in keys]
        found.append(Shown(currency, cells, right=True))
    return found


def _columns(pen: Pen, table: Table, *, many: bool) -> list[Shown]:
    rows = [*table.rows, *table.totals]
    found = [
        Shown(name, [pen.text(_key(row, at)) for row in rows], least=_LEAST_KEY)
        for at, name in enumerate(table.by)
    ]
    if many:
        found.append(Shown("", [pen.text(row.currency) for row in rows]))
    for at, column in enumerate(table.columns):
        cells = [_cell(pen, row.values[at], column, row.currency) for row in rows]
        found.append(Shown(column.title, cells, right=True, drop=at, amount=True))
        if at == 0 and table.chart:
            bars = [pen.text(bar) for bar in _bars(pen, table)]
            found.append(Shown("", bars, drop=len(table.columns)))
    return found


def _key(row: Row, at: int) -> str:
    return row.keys[at] if row.keys else ("total" if at == 0 else "")


def _bars(pen: Pen, table: Table) -> list[str]:
    """A bar for each row's first value; totals have none."""
    largest: dict[str, int] = {}
    for row in table.rows:
        largest[row.currency] = max(largest.get(row.currency, 0), row.values[0] or 0)
    bars = [
        pen.glyphs.full * max(_BAR * (row.values[0] or 0) // (largest[row.currency] or 1), 0)
        for row in table.rows
    ]
    return bars + [""] * len(table.totals)


def sparkline(pen: Pen, values: Sequence[int | None]) -> str:
    """A row of small bars, the largest value the highest."""
    steps = _EIGHTHS if pen.console.encoding.startswith("utf") else _ASCII
    known = [value for value in values if value is not None]
    low, high = min([*known, 0]), max([*known, 0])
    room = (high - low) or 1
    return "".join(
        " " if value is None else steps[(value - low) * (len(steps) - 1) // room]
        for value in values
    )


def _cell(pen: Pen, value: int | None, column: Column, currency: str) -> Text:
    style = PLAIN
    if column.change and value:
        style = GOOD if (value > 0) == (column.better > 0) else HIGH
    if value is None:
        style = SOFT
    return pen.text(shown(value, column, currency), style)
