"""Order to cash as tables, files and one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from recon.base import money
from recon.base.events import Event
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.control import BUCKETS
from recon.reconciliation.cash.entries import CashEntries
from recon.reconciliation.cash.receivable import NAMES, Receivables, verdict
from recon.reports.cash.files import write_csv, write_workbook
from recon.reports.cash.tables import AMOUNT, COUNT, TEXT, WRAPPED, ReportTable

_PARTS = ("opening", "sales", "debits", "credits", "closing")


def cash_tables(result: Receivables, entries: CashEntries) -> Iterator[ReportTable]:
    """Yield the tables of order to cash."""
    yield ReportTable("receivable", "Receivable", _RECEIVABLE, _receivable(result))
    yield ReportTable(
        "bridge",
        "Bridge",
        (
            ("currency", 10, TEXT),
            ("bucket", 26, TEXT),
            ("amount", 18, AMOUNT),
            ("breaks", 10, COUNT),
        ),
        _bridge(result),
    )
    yield ReportTable("events", "Events", _EVENT, map(_event_row, result.events))
    yield ReportTable("breaks", "Breaks", _BREAK, map(_break_row, result.breaks))
    yield ReportTable("documents", "Documents", _DOCUMENT, _documents(result))
    yield ReportTable("proposed_entries", "Proposed entries", _ENTRY, _entries(entries))
    yield ReportTable(
        "no_entries",
        "Without an entry",
        (("break", 18, TEXT), ("cause", 20, TEXT), ("number", 18, TEXT), ("reason", 80, WRAPPED)),
        ((item.name, item.cause.value, item.number, why) for item, why in entries.refused),
    )
    yield ReportTable("customers", "Customers", _CUSTOMER, _customers(result))
    yield ReportTable("ageing", "Ageing", _AGEING, _ageing(result))
    yield ReportTable(
        "rules",
        "Rules",
        (
            ("rule", 34, TEXT),
            ("compares", 60, TEXT),
            ("matches", 12, COUNT),
            ("documents", 12, COUNT),
        ),
        ((e.rule.name, e.rule.words, e.matches, e.documents) for e in result.passed),
    )
    yield ReportTable(
        "invalid",
        "Invalid",
        (("place", 30, TEXT), ("reason", 80, WRAPPED)),
        ((row.place, row.reason) for row in result.invalid),
    )


def write_cash(
    result: Receivables,
    folder: Path,
    formats: Sequence[str],
    run_id: str,
    entries: CashEntries,
    *,
    sample: bool = False,
) -> list[Path]:
    """Write the tables into a folder; return the paths.

    `formats` are of `csv` and `xlsx`. Raises OSError.
    """
    tables = [
        ReportTable(each.name, each.title, each.columns, list(each.rows))
        for each in cash_tables(result, entries)
    ]
    written = [write_csv(folder, table) for table in tables] if "csv" in formats else []
    if "xlsx" in formats:
        banner = "SAMPLE DATA, invented. " if sample else ""
        note = f"{banner}{verdict(result)}. Run {run_id}."
        written.append(write_workbook(folder / f"cash_{run_id}.xlsx", tables, run_id, [note]))
    return written


_RECEIVABLE = (
    ("currency", 10, TEXT), ("side", 10, TEXT), ("opening", 18, AMOUNT), ("sales", 18, AMOUNT),
    ("debits", 18, AMOUNT), ("credits", 18, AMOUNT), ("closing", 18, AMOUNT),
    ("days_sales_outstanding", 26, TEXT),
)  # fmt: skip


def _receivable(result: Receivables) -> Iterator[tuple[object, ...]]:
    for code in result.currencies:
        for side in (1, 2):
            balance = result.balance(side, code)
            parts = (getattr(balance, part) for part in _PARTS)
            yield code, NAMES[side - 1], *parts, result.days_sales(side, code)


def _bridge(result: Receivables) -> Iterator[tuple[object, ...]]:
    for code in result.currencies:
        yield code, "feeds", result.balance(1, code).closing, None
        for cause, amount, breaks in result.bridge.get(code, ()):
            yield code, cause.value, amount, breaks
        yield code, "ledger", result.balance(2, code).closing, None


_EVENT = (
    ("event", 18, TEXT), ("kind", 16, TEXT), ("severity", 10, TEXT), ("sentence", 70, WRAPPED),
    ("advice", 50, WRAPPED), ("documents", 12, COUNT), ("of_its_mark", 12, TEXT),
    ("breaks_left", 12, COUNT), ("mark", 30, TEXT),
)  # fmt: skip


def _event_row(event: Event) -> tuple[object, ...]:
    return (
        event.id, event.kind.value, event.severity.word, event.sentence, event.advice, event.lines,
        money.share(event.explained, event.marked), event.breaks_left, event.mark,
    )  # fmt: skip


_BREAK = (
    ("break", 14, TEXT), ("severity", 10, TEXT), ("status", 14, TEXT), ("cause", 20, TEXT),
    ("certainty", 12, TEXT), ("candidates", 24, TEXT), ("customer", 14, TEXT),
    ("number", 18, TEXT), ("currency", 10, TEXT), ("feeds", 16, AMOUNT), ("ledger", 16, AMOUNT),
    ("difference", 16, AMOUNT), ("rule", 24, TEXT), ("event", 18, TEXT),
    ("explanation", 70, WRAPPED),
)  # fmt: skip


def _break_row(item: CashBreak) -> tuple[object, ...]:
    return (
        item.name, item.severity.word, item.status.value, item.cause.value, item.found.certainty,
        ", ".join(item.found.candidates), item.customer, item.number, item.currency,
        item.amount_of(1), item.amount_of(2), item.difference, item.rule, item.event,
        item.found.sentence,
    )  # fmt: skip


_DOCUMENT = (
    ("break", 14, TEXT), ("side", 10, TEXT), ("number", 18, TEXT), ("customer", 14, TEXT),
    ("day", 12, TEXT), ("kind", 12, TEXT), ("currency", 10, TEXT), ("amount", 16, AMOUNT),
    ("open", 16, AMOUNT), ("place", 30, TEXT),
)  # fmt: skip


def _documents(result: Receivables) -> Iterator[tuple[object, ...]]:
    for item in result.breaks:
        for each in item.documents:
            yield (
                item.name, NAMES[each.side - 1], each.ref or "", each.customer or "",
                str(each.day or ""), each.kind or "", each.currency, each.amount, each.open,
                each.place,
            )  # fmt: skip


_ENTRY = (
    ("entry", 8, COUNT), ("month", 10, TEXT), ("break", 18, TEXT), ("number", 18, TEXT),
    ("account", 22, TEXT), ("customer", 14, TEXT), ("currency", 10, TEXT), ("debit", 16, AMOUNT),
    ("credit", 16, AMOUNT), ("text", 80, WRAPPED),
)  # fmt: skip


def _entries(entries: CashEntries) -> Iterator[tuple[object, ...]]:
    for entry in entries.proposed:
        for line in entry.lines:
            yield (
                entry.number, str(entries.month), entry.item.name, entry.item.number, line.account,
                line.customer, line.currency, line.debit or None, line.credit or None, entry.text,
            )  # fmt: skip


_CUSTOMER = (
    ("customer", 14, TEXT), ("currency", 10, TEXT),
    *((f"feeds_{part}", 16, AMOUNT) for part in _PARTS),
    *((f"ledger_{part}", 16, AMOUNT) for part in _PARTS),
    ("difference", 16, AMOUNT),
)  # fmt: skip


def _customers(result: Receivables) -> Iterator[tuple[object, ...]]:
    for each in result.customers:
        both = (getattr(of, part) for of in (each.feeds, each.ledger) for part in _PARTS)
        yield each.customer, each.currency, *both, each.difference


_AGEING = (
    ("currency", 10, TEXT), ("side", 10, TEXT),
    *((bucket.replace("-", "_to_").replace(" ", "_"), 16, AMOUNT) for bucket in BUCKETS),
    ("unapplied_credits", 18, AMOUNT), ("receivable", 18, AMOUNT),
)  # fmt: skip


def _ageing(result: Receivables) -> Iterator[tuple[object, ...]]:
    for code in result.currencies:
        for side in (1, 2):
            if found := result.ageing.get((side, code)):
                yield code, NAMES[side - 1], *found.buckets, found.unapplied, found.total
