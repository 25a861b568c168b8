"""A month's workbook, which a controller opens, checks and keeps.

Summary, Bridge, Roll-forward, Events, Breaks, Open breaks, Proposed entries, Lines, Invalid,
Parameters. Importing this module loads openpyxl.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from recon.base.result import Reconciliation
from recon.reconciliation.adjusting_entries import Proposals
from recon.reconciliation.rollforward import RollforwardRow
from recon.reconciliation.verdict import shortest_path
from recon.record.journal.history import History
from recon.record.run_folder import move_into_place
from recon.reports.excel import bridge as excel_bridge
from recon.reports.excel import rollforward as excel_rollforward
from recon.reports.excel import sheets
from recon.reports.excel import summary as excel_summary
from recon.reports.excel.cells import Page
from recon.reports.excel.tables import ROWS_A_SHEET, Table, Tables, assemble
from recon.reports.rows import PROPOSAL_NOTE, open_rows, proposal_rows


def write_workbook(
    result: Reconciliation,
    path: Path,
    run_id: str,
    *,
    sample: bool = False,
    versions: Mapping[str, str] | None = None,
    rows_a_sheet: int = ROWS_A_SHEET,
    rollforward: Sequence[RollforwardRow] | None = None,
    opening_recorded: bool = False,
    proposals: Proposals | None = None,
    history: History | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Write the workbook and return its path.

    That is `path`, or a name beside it while Excel has `path` open. `sample` puts a banner on the
    summary; `versions` go to the parameters. A table longer than `rows_a_sheet` continues on
    further sheets. The roll-forward, the proposals and the open breaks of the history have sheets
    where they are given; `opening_recorded` is whether the month before has recorded its closing.
    `notes` are the notices of the run itself. Raises OSError where it cannot be written.
    """
    contents = _Contents(
        result,
        run_id,
        sample,
        versions or {},
        rollforward,
        opening_recorded,
        proposals,
        history,
        notes,
    )
    partial = path.with_name(f".{path.name}.partial")
    try:
        with tempfile.TemporaryFile(dir=path.parent) as spool:
            tables = Tables(Workbook(write_only=True), spool, run_id, rows_a_sheet)
            with _closing(tables):
                assemble(tables, partial, _fill(tables, contents))
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


@dataclass(frozen=True, slots=True)
class _Contents:
    """The contents of a workbook."""

    result: Reconciliation
    run_id: str
    sample: bool
    versions: Mapping[str, str]
    rollforward: Sequence[RollforwardRow] | None
    opening_recorded: bool
    proposals: Proposals | None
    history: History | None
    notes: Sequence[str]


def _fill(tables: Tables, contents: _Contents) -> list[Page]:
    """Fill all sheets; return those with formulas."""
    result, run_id = contents.result, contents.run_id
    # The order of creation is the order of the tabs; the first ones need what follows.
    summary = Page(tables.book.create_sheet("Summary"), excel_summary.WIDTHS, run_id)
    bridge = Page(tables.book.create_sheet("Bridge"), excel_bridge.WIDTHS, run_id)
    rolled = None
    if contents.rollforward is not None:
        sheet = tables.book.create_sheet("Roll-forward")
        rolled = Page(sheet, excel_rollforward.WIDTHS, run_id)
    breaks, lines = _add_tables(tables, contents)
    excel_summary.fill_head(summary, result, run_id, contents.sample)
    notices = [*result.notices, *contents.notes, *_own_notices(breaks, lines)]
    excel_summary.fill_signing(summary, result.month, contents.history)
    excel_summary.fill_sources(summary, result, notices)
    excel_summary.fill_totals(summary, result, lines)
    if chart := excel_bridge.fill_bridge(bridge, result, lines):
        # Beside the head, so that it stands on the first page whole.
        summary.sheet.add_chart(chart, "F2")
    if rolled:
        excel_rollforward.fill_rollforward(
            rolled, result, contents.rollforward or (), lines, contents.opening_recorded
        )
    return [page for page in (summary, bridge, rolled) if page]


def _add_tables(tables: Tables, contents: _Contents) -> tuple[Table, Table]:
    """Add the long tables; return those of breaks and lines."""
    result = contents.result
    path = shortest_path(result.events, len(result.breaks))
    events = map(sheets.event_row, result.events)
    tables.add("Events", sheets.EVENT_COLUMNS, events, sheets.PRINTED_EVENT_COLUMNS, note=path)
    found = map(sheets.break_row, result.breaks)
    breaks = tables.add("Breaks", sheets.BREAK_COLUMNS, found, sheets.PRINTED_BREAK_COLUMNS)
    if contents.history is not None:
        still_open = open_rows(contents.history, result.month)
        tables.add("Open breaks", sheets.OPEN_COLUMNS, still_open, sheets.PRINTED_OPEN_COLUMNS)
    if contents.proposals is not None:
        rows = proposal_rows(contents.proposals, repeat=False)
        tables.add("Proposed entries", sheets.PROPOSAL_COLUMNS, rows, note=PROPOSAL_NOTE)
    if result.carried:
        tables.add(
            "Carried differences",
            sheets.CARRIED_COLUMNS,
            map(sheets.carried_row, result.carried),
            on_paper=False,
        )
    # On paper only where somebody clears its print area: a month may have a million lines.
    lines = tables.add("Lines", sheets.line_columns(result), result.lines, on_paper=False)
    tables.add("Invalid", sheets.INVALID_COLUMNS, map(sheets.invalid_row, result.invalid))
    parameters = sheets.parameters(result, contents.run_id, contents.versions)
    tables.add("Parameters", sheets.PARAMETER_COLUMNS, parameters)
    return breaks, lines


def _own_notices(breaks: Table, lines: Table) -> Iterator[str]:
    for currency in sorted(breaks.beyond | lines.beyond):
        yield (
            f"{currency}: amounts of more than 15 digits are shown as text, since Excel would "
            "round them; the live formulas do not count them. The CSV files have them as numbers."
        )
    if len(lines.parts) > 1:
        yield f"The lines fill {len(lines.parts)} sheets; the live formulas count all of them."
