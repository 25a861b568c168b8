"""The workbook of a month: the file that a controller opens, checks and keeps.

Summary, Bridge, Breaks, Lines, Invalid, Parameters. Importing this module loads openpyxl.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from openpyxl import Workbook

from recon import money
from recon.model import Break, InvalidRow, Reconciliation
from recon.reports import excel_summary
from recon.reports.csv_files import AMOUNTS
from recon.reports.directory import move_into_place
from recon.reports.excel_bridge import WIDTHS as BRIDGE_WIDTHS
from recon.reports.excel_bridge import fill_bridge
from recon.reports.excel_cells import Page
from recon.reports.excel_tables import ROWS_A_SHEET, Column, Kind, Table, Tables, assemble

BREAK_COLUMNS = (
    Column("severity", 10),
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("customer", 24),
    Column("owner", 16),
    Column("currency", 9),
    Column("expected", 16, Kind.AMOUNT),
    Column("recognized", 16, Kind.AMOUNT),
    Column("difference", 16, Kind.AMOUNT),
    Column("percent", 10, Kind.RATE),
    Column("cause", 18),
    Column("explanation", 55, Kind.WRAPPED),
    Column("status", 18),
    Column("candidates", 30, Kind.WRAPPED),
    Column("allowed", 14, Kind.AMOUNT),
    Column("to_date_difference", 19, Kind.AMOUNT),
    Column("flags", 22, Kind.WRAPPED),
    Column("entry_ids", 30, Kind.WRAPPED),
    Column("segment", 14),
)
# What is worth its room on paper: up to the explanation.
PRINTED_BREAK_COLUMNS = 12
INVALID_COLUMNS = (
    Column("side", 12),
    Column("row", 10, Kind.COUNT),
    Column("id", 24),
    Column("reason", 90, Kind.WRAPPED),
)
PARAMETER_COLUMNS = (Column("parameter", 36), Column("value", 90, Kind.WRAPPED))

_LINE_WIDTHS = {
    "customer": 24,
    "status": 17,
    "cause": 18,
    "severity": 10,
    "currency": 9,
    "kind": 10,
    "flags": 30,
    "to_date_recognized": 19,
    "unrecognized_remainder": 23,
}


def write_workbook(
    result: Reconciliation,
    path: Path,
    run_id: str,
    *,
    sample: bool = False,
    versions: Mapping[str, str] | None = None,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> Path:
    """Write the workbook and return where it is: `path`, or beside it if that is open in Excel.

    `sample` puts a banner on the summary; `versions` go to the parameters. A table longer than
    `rows_a_sheet` continues on further sheets. Raises OSError where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with tempfile.TemporaryFile(dir=path.parent) as spool:
            tables = Tables(Workbook(write_only=True), spool, run_id, rows_a_sheet)
            with _closing(tables):
                _fill(tables, result, run_id, sample, versions or {})
                assemble(tables, partial)
        return move_into_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _closing(tables: Tables) -> Iterator[None]:
    try:
        yield
    except BaseException:
        tables.abandon()
        raise


def _fill(
    tables: Tables, result: Reconciliation, run_id: str, sample: bool, versions: Mapping[str, str]
) -> None:
    # The order of creation is the order of the tabs; the first two need what follows.
    summary = Page(tables.book.create_sheet("Summary"), excel_summary.WIDTHS, run_id)
    bridge = Page(tables.book.create_sheet("Bridge"), BRIDGE_WIDTHS, run_id)
    found = map(_break_row, result.breaks)
    breaks = tables.add("Breaks", BREAK_COLUMNS, found, PRINTED_BREAK_COLUMNS)
    lines = tables.add("Lines", _line_columns(result), result.lines)
    tables.add("Invalid", INVALID_COLUMNS, map(_invalid_row, result.invalid))
    tables.add("Parameters", PARAMETER_COLUMNS, _parameters(result, run_id, versions))
    excel_summary.fill_head(summary, result, run_id, sample)
    notices = [*result.notices, *_own_notices(breaks, lines)]
    excel_summary.fill_sources(summary, result, notices)
    anchor = f"F{summary.row + 2}"
    excel_summary.fill_totals(summary, result, lines)
    if chart := fill_bridge(bridge, result, lines):
        summary.sheet.add_chart(chart, anchor)


def _line_columns(result: Reconciliation) -> list[Column]:
    return [_line_column(name) for name in result.lines.columns]


def _line_column(name: str) -> Column:
    if name in AMOUNTS:
        return Column(name, _LINE_WIDTHS.get(name, 16), Kind.AMOUNT)
    if name == "entries":
        return Column(name, 9, Kind.COUNT)
    return Column(name, _LINE_WIDTHS.get(name, 15))


def _break_row(item: Break) -> tuple[object, ...]:
    return (
        item.severity.word,
        item.contract_id,
        item.revenue_type,
        item.customer,
        item.owner,
        item.currency,
        item.expected,
        item.recognized,
        item.difference,
        item.percent,
        item.cause.value,
        item.explanation,
        item.status.value,
        ", ".join(item.candidates),
        item.allowed,
        item.to_date_difference,
        ", ".join(item.flags),
        ", ".join(item.entry_ids),
        item.segment,
    )


def _invalid_row(row: InvalidRow) -> tuple[object, ...]:
    return row.side.value, row.row, row.id, row.reason


def _parameters(
    result: Reconciliation, run_id: str, versions: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    yield "month", str(result.month)
    yield "run id", run_id
    yield from ((f"version.{name}", version) for name, version in versions.items())
    for side, facts in result.sources.items():
        yield f"{side.value}.source", facts.description
        yield f"{side.value}.rows", f"{facts.rows:,}"
        yield f"{side.value}.invalid", f"{facts.invalid:,}"
        for currency, amount in sorted(facts.control_total.items()):
            yield f"{side.value}.control total.{currency}", money.pretty(amount, currency)
    yield from ((f"policy.{name}", value) for name, value in result.policy.rows())


def _own_notices(breaks: Table, lines: Table) -> Iterator[str]:
    for currency in sorted(breaks.beyond | lines.beyond):
        yield (
            f"{currency}: amounts of more than 15 digits stand as text, since Excel would round "
            "them; the live formulas do not count them. The CSV files have them as numbers."
        )
    if len(lines.parts) > 1:
        yield f"The lines fill {len(lines.parts)} sheets; the live formulas count all of them."
