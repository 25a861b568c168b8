"""Grids: figures as rows of texts, for print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recon.kpi.result import Row, Table
from recon.reports.figures.wording import shown


@dataclass(frozen=True, slots=True)
class Grid:
    """Texts in rows below a header.

    The first `keys` columns are names, the others numbers; the last `totals` rows are totals.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: int
    totals: int = 0


def grids(table: Table) -> Iterator[Grid]:
    """Yield a table's grids; cards have one a currency."""
    if table.chart == "cards":
        for row in table.rows:
            yield _card(table, row)
        return
    currencies = list(dict.fromkeys(row.currency for row in table.rows))
    if len(table.columns) == 1 < len(currencies):
        yield _beside(table, currencies)
        return
    currency = ["currency"] if table.has_currency else []
    header = [*table.by, *currency, *(column.title for column in table.columns)]
    rows = [_line(table, row) for row in (*table.rows, *table.totals)]
    yield Grid(header, rows, len(table.by) + len(currency), len(table.totals))


def _beside(table: Table, currencies: Sequence[str]) -> Grid:
    """One measure, its currencies beside each other."""
    of = {
        (row.keys, row.currency): shown(row.values[0], table.columns[0], row.currency)
        for row in table.rows
    }
    rows = [
        [*keys, *(of.get((keys, each), "") for each in currencies)]
        for keys in dict.fromkeys(row.keys for row in table.rows)
    ]
    return Grid([*table.by, *currencies], rows, len(table.by))


def _line(table: Table, row: Row) -> list[str]:
    keys = row.keys or ("total", *[""] * (len(table.by) - 1))
    currency = [row.currency] if table.has_currency else []
    values = zip(row.values, table.columns, strict=True)
    return [*keys, *currency, *(shown(value, column, row.currency) for value, column in values)]


def _card(table: Table, row: Row) -> Grid:
    """A measure a row: now, before, the change."""
    width = 1 + 2 * table.compared
    header = [row.currency, "now"]
    for place in range(1, width, 2):
        header += [each.title.rpartition(", ")[2] for each in table.columns[place : place + 2]]
    rows = []
    for at in range(0, len(table.columns), width):
        cells = zip(row.values[at : at + width], table.columns[at : at + width], strict=True)
        texts = [shown(value, column, row.currency) for value, column in cells]
        rows.append([table.columns[at].title, *texts])
    return Grid(header, rows, 1)
