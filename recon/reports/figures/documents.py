"""Figures as a JSON document and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from recon.base.text import guarded
from recon.kpi.result import Column, Figures, Row, Table
from recon.reports.figures.wording import plain

SCHEMA = 1
Document = dict[str, object]


def document(figures: Figures) -> Document:
    """The figures for scripts; values are exact texts."""
    return {
        "schema": SCHEMA,
        "command": "kpi",
        "view": figures.view,
        "title": figures.title,
        "period": {
            "name": figures.period,
            "first": str(figures.first),
            "last": str(figures.last),
        },
        "filters": list(figures.filters),
        "snapshot": figures.snapshot,
        "notes": list(figures.notes),
        "control_totals": {fact: list(lines) for fact, lines in figures.control.items()},
        "files": list(figures.files),
        "tables": [_table(table) for table in figures.tables],
    }


def _table(table: Table) -> Document:
    return {
        "name": table.name,
        "title": table.title,
        "by": list(table.by),
        "columns": [
            {"name": each.name, "title": each.title, "unit": each.unit.value}
            for each in table.columns
        ],
        "rows": [_row(table.columns, row) for row in table.rows],
        "totals": [_row(table.columns, row) for row in table.totals],
        "rows_left_out": table.left_out,
        "notes": [*([table.absent] if table.absent else []), *table.notes],
    }


def _row(columns: tuple[Column, ...], row: Row) -> Document:
    values = {
        column.name: None if value is None else plain(value, column.unit)
        for column, value in zip(columns, row.values, strict=True)
    }
    return {"keys": list(row.keys), "currency": row.currency or None, "values": values}


def table_csv(table: Table) -> str:
    """One table as CSV: its keys, the currency, its columns.

    Percentages are fractions: 0.1234 is 12.34%.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows(_lines(table))
    return out.getvalue()


def _lines(table: Table) -> Iterator[list[str]]:
    money = ["currency"] if table.has_currency else []
    yield [*(name.replace(" ", "_") for name in table.by), *money, *(c.name for c in table.columns)]
    for row in table.rows:
        currency = [row.currency] if table.has_currency else []
        units = [column.unit for column in table.columns]
        yield [*map(guarded, row.keys), *currency, *map(plain, row.values, units)]
