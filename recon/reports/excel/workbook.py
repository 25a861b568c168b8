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

from recon.base import money
from recon.base.events import Event
from recon.base.result import Break, CarriedDifference, InvalidRow, Reconciliation
from recon.base.text import words
from recon.reconciliation.adjusting_entries import Proposals
from recon.reconciliation.rollforward import RollforwardRow
from recon.reconciliation.verdict import shortest_path
from recon.record.journal.history import History
from recon.record.run_folder import move_into_place
from recon.reports.csv_files import AMOUNTS
from recon.reports.excel import (
    bridge as excel_bridge,
)
from recon.reports.excel import (
    rollforward as excel_rollforward,
)
from recon.reports.excel import (
    summary as excel_summary,
)
from recon.reports.excel.cells import Page
from recon.reports.excel.tables import ROWS_A_SHEET, Column, Kind, Table, Tables, assemble
from recon.reports.rows import PROPOSAL_NOTE, open_rows, proposal_rows
from recon.reports.wording import amounts_words

BREAK_COLUMNS = (
    Column("severity", 10),
    Column("break", 17),
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
    Column("event", 17),
)
EVENT_COLUMNS = (
    Column("severity", 10),
    Column("event", 17),
    Column("kind", 16),
    Column("sentence", 70, Kind.WRAPPED),
    Column("advice", 55, Kind.WRAPPED),
    Column("lines", 9, Kind.COUNT),
    Column("of its mark", 12, Kind.RATE),
    Column("breaks left", 12, Kind.COUNT),
    Column("mark", 30, Kind.WRAPPED),
    Column("net", 34, Kind.WRAPPED),
    Column("gross", 34, Kind.WRAPPED),
)
# On paper: up to the breaks that are left.
PRINTED_EVENT_COLUMNS = 8
# What is worth its room on paper: up to the explanation.
PRINTED_BREAK_COLUMNS = 13
CARRIED_COLUMNS = (
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("customer", 24),
    Column("owner", 16),
    Column("currency", 9),
    Column("to_date_expected", 18, Kind.AMOUNT),
    Column("to_date_recognized", 19, Kind.AMOUNT),
    Column("to_date_difference", 19, Kind.AMOUNT),
    Column("months", 18, Kind.WRAPPED),
    Column("cause", 18),
    Column("certainty", 12),
    Column("explanation", 70, Kind.WRAPPED),
)
INVALID_COLUMNS = (
    Column("side", 12),
    Column("row", 10, Kind.COUNT),
    Column("place", 32),
    Column("id", 24),
    Column("reason", 90, Kind.WRAPPED),
)
PROPOSAL_COLUMNS = (
    Column("proposal", 10, Kind.COUNT),
    Column("state", 20),
    Column("period", 9),
    Column("account", 25),
    Column("debit", 16, Kind.AMOUNT),
    Column("credit", 16, Kind.AMOUNT),
    Column("currency", 9),
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("cause", 18),
    Column("breaks", 33, Kind.WRAPPED),
    Column("entry_ids", 34, Kind.WRAPPED),
    Column("text", 70, Kind.WRAPPED),
)
# In the order of `rows.OPEN_COLUMNS`.
OPEN_COLUMNS = (
    Column("severity", 10),
    Column("break", 17),
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("customer", 24),
    Column("owner", 16),
    Column("currency", 9),
    Column("open_amount", 16, Kind.AMOUNT),
    Column("age_months", 11, Kind.COUNT),
    Column("age_days", 9, Kind.COUNT),
    Column("months", 18, Kind.WRAPPED),
    Column("cause", 18),
    Column("state", 13),
    Column("reason", 34, Kind.WRAPPED),
    Column("notes", 40, Kind.WRAPPED),
    Column("acknowledged_by", 17),
    Column("acknowledged_until", 19),
    Column("first_month", 11),
    Column("explanation", 55, Kind.WRAPPED),
)
# On paper what is open, and what was said of it: up to the notes.
PRINTED_OPEN_COLUMNS = 15
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
                _fill(tables, contents)
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


def _fill(tables: Tables, contents: _Contents) -> None:
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
    excel_summary.fill_sources(summary, result, notices)
    excel_summary.fill_totals(summary, result, lines)
    if chart := excel_bridge.fill_bridge(bridge, result, lines):
        # Beside the head, so that it stands on the first page whole.
        summary.sheet.add_chart(chart, "F2")
    if rolled:
        excel_rollforward.fill_rollforward(
            rolled, result, contents.rollforward or (), lines, contents.opening_recorded
        )


def _add_tables(tables: Tables, contents: _Contents) -> tuple[Table, Table]:
    """Add the long tables; return those of breaks and lines."""
    result = contents.result
    events, path = map(_event_row, result.events), shortest_path(result.events, len(result.breaks))
    tables.add("Events", EVENT_COLUMNS, events, PRINTED_EVENT_COLUMNS, note=path)
    found = map(_break_row, result.breaks)
    breaks = tables.add("Breaks", BREAK_COLUMNS, found, PRINTED_BREAK_COLUMNS)
    if contents.history is not None:
        still_open = open_rows(contents.history, result.month)
        tables.add("Open breaks", OPEN_COLUMNS, still_open, PRINTED_OPEN_COLUMNS)
    if contents.proposals is not None:
        rows = proposal_rows(contents.proposals, repeat=False)
        tables.add("Proposed entries", PROPOSAL_COLUMNS, rows, note=PROPOSAL_NOTE)
    if result.carried:
        tables.add("Carried differences", CARRIED_COLUMNS, map(_carried_row, result.carried))
    lines = tables.add("Lines", _line_columns(result), result.lines)
    tables.add("Invalid", INVALID_COLUMNS, map(_invalid_row, result.invalid))
    parameters = _parameters(result, contents.run_id, contents.versions)
    tables.add("Parameters", PARAMETER_COLUMNS, parameters)
    return breaks, lines


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
        item.name,
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
        item.event,
    )


def _event_row(event: Event) -> tuple[object, ...]:
    return (
        event.severity.word, event.id, words(event.kind), event.sentence, event.advice,
        event.lines, money.share(event.explained, event.marked), event.breaks_left, event.mark,
        amounts_words(event.net), amounts_words(event.gross),
    )  # fmt: skip


def _carried_row(item: CarriedDifference) -> tuple[object, ...]:
    return (
        item.contract_id,
        item.revenue_type,
        item.customer,
        item.owner,
        item.currency,
        item.to_date_expected,
        item.to_date_recognized,
        item.to_date_difference,
        ", ".join(map(str, item.months)),
        item.cause.value,
        item.certainty.value,
        item.explanation,
    )


def _invalid_row(row: InvalidRow) -> tuple[object, ...]:
    return row.side.value, row.row, row.place, row.id, row.reason


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
        if facts.repeated:
            yield f"{side.value}.repeated", f"{facts.repeated:,}"
        for currency, amount in sorted(facts.control_total.items()):
            yield f"{side.value}.control total.{currency}", money.pretty(amount, currency)
    yield from ((f"policy.{name}", value) for name, value in result.policy.rows())


def _own_notices(breaks: Table, lines: Table) -> Iterator[str]:
    for currency in sorted(breaks.beyond | lines.beyond):
        yield (
            f"{currency}: amounts of more than 15 digits are shown as text, since Excel would "
            "round them; the live formulas do not count them. The CSV files have them as numbers."
        )
    if len(lines.parts) > 1:
        yield f"The lines fill {len(lines.parts)} sheets; the live formulas count all of them."
