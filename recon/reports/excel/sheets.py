"""Sheets: the long tables of a workbook, columns and rows.

What is printed of a table is its first columns; the rest is for the screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recon.base import money
from recon.base.events import Event
from recon.base.result import Break, CarriedDifference, InvalidRow, Reconciliation
from recon.base.text import words
from recon.reports.csv_files import AMOUNTS
from recon.reports.excel.tables import Column, Kind
from recon.reports.wording import amounts_words

_LINE = (
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("customer", 24),
    Column("owner", 16),
    Column("currency", 9),
)
BREAK_COLUMNS = (
    Column("severity", 10),
    Column("break", 17),
    *_LINE,
    Column("expected", 16, Kind.AMOUNT),
    Column("recognized", 16, Kind.AMOUNT),
    Column("difference", 16, Kind.AMOUNT),
    Column("percent", 10, Kind.RATE),
    Column("cause", 18, Kind.WORDS),
    Column("explanation", 55, Kind.WRAPPED),
    Column("status", 18, Kind.WORDS),
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
    Column("kind", 16, Kind.WORDS),
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
    *_LINE,
    Column("to_date_expected", 18, Kind.AMOUNT),
    Column("to_date_recognized", 19, Kind.AMOUNT),
    Column("to_date_difference", 19, Kind.AMOUNT),
    Column("months", 18, Kind.WRAPPED),
    Column("cause", 18, Kind.WORDS),
    Column("certainty", 12, Kind.WORDS),
    Column("explanation", 70, Kind.WRAPPED),
)
INVALID_COLUMNS = (
    Column("side", 12),
    Column("row", 10, Kind.COUNT),
    Column("file and line", 32),
    Column("id", 24),
    Column("currency", 9),
    Column("amount", 16, Kind.AMOUNT),
    Column("customer", 24),
    Column("owner", 16),
    Column("reason", 70, Kind.WRAPPED),
)
PROPOSAL_COLUMNS = (
    Column("proposal", 10, Kind.COUNT),
    Column("state", 20, Kind.WORDS),
    Column("period", 9),
    Column("account", 25),
    Column("debit", 16, Kind.AMOUNT),
    Column("credit", 16, Kind.AMOUNT),
    Column("currency", 9),
    Column("contract_id", 14),
    Column("revenue_type", 15),
    Column("cause", 18, Kind.WORDS),
    Column("breaks", 33, Kind.WRAPPED),
    Column("entry_ids", 34, Kind.WRAPPED),
    Column("text", 70, Kind.WRAPPED),
)
# In the order of `rows.OPEN_COLUMNS`.
OPEN_COLUMNS = (
    Column("severity", 10),
    Column("break", 17),
    *_LINE,
    Column("open_amount", 16, Kind.AMOUNT),
    Column("age_months", 11, Kind.COUNT),
    Column("age_days", 9, Kind.COUNT),
    Column("months", 18, Kind.WRAPPED),
    Column("cause", 18, Kind.WORDS),
    Column("state", 13, Kind.WORDS),
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

_WORDS = ("status", "cause", "kind", "flags")
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


def line_columns(result: Reconciliation) -> list[Column]:
    """The columns of the lines as they are compared."""
    return [_line_column(name) for name in result.lines.columns]


def _line_column(name: str) -> Column:
    if name in AMOUNTS:
        return Column(name, _LINE_WIDTHS.get(name, 16), Kind.AMOUNT)
    if name == "entries":
        return Column(name, 9, Kind.COUNT)
    if name in _WORDS:
        return Column(name, _LINE_WIDTHS[name], Kind.WORDS)
    return Column(name, _LINE_WIDTHS.get(name, 15))


def break_row(item: Break) -> tuple[object, ...]:
    """A break, in the order of `BREAK_COLUMNS`."""
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
        words(", ".join(item.candidates)),
        item.allowed,
        item.to_date_difference,
        words(", ".join(item.flags)),
        ", ".join(item.entry_ids),
        item.segment,
        item.event,
    )


def event_row(event: Event) -> tuple[object, ...]:
    """An event, in the order of `EVENT_COLUMNS`."""
    return (
        event.severity.word, event.id, words(event.kind), event.sentence, event.advice,
        event.lines, money.share(event.explained, event.marked), event.breaks_left, event.mark,
        amounts_words(event.net), amounts_words(event.gross),
    )  # fmt: skip


def carried_row(item: CarriedDifference) -> tuple[object, ...]:
    """A carried difference, in the order of `CARRIED_COLUMNS`."""
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


def invalid_row(row: InvalidRow) -> tuple[object, ...]:
    """An invalid row, in the order of `INVALID_COLUMNS`."""
    whose = (row.customer, row.owner)
    return row.side.value, row.row, row.place, row.id, row.currency, row.amount, *whose, row.reason


def parameters(
    result: Reconciliation, run_id: str, versions: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The parameters of a run: month, sources, policy."""
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
