"""Order to cash as tables, files and one JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from recon.base import money
from recon.base.errors import ExitCode
from recon.reconciliation.cash.control import BUCKETS, Balance
from recon.reconciliation.cash.receivable import NAMES, CashBreak, Receivables, verdict
from recon.reports.cash.files import write_csv, write_workbook
from recon.reports.cash.matching import document_document
from recon.reports.cash.tables import AMOUNT, COUNT, TEXT, WRAPPED, ReportTable

SCHEMA = 1
_PARTS = ("opening", "sales", "debits", "credits", "closing")


def cash_tables(result: Receivables) -> Iterator[ReportTable]:
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
    yield ReportTable("breaks", "Breaks", _BREAK, map(_break_row, result.breaks))
    yield ReportTable("documents", "Documents", _DOCUMENT, _documents(result))
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
    result: Receivables, folder: Path, formats: Sequence[str], run_id: str
) -> list[Path]:
    """Write the tables into a folder; return the paths.

    `formats` are of `csv` and `xlsx`. Raises OSError.
    """
    tables = [
        ReportTable(each.name, each.title, each.columns, list(each.rows))
        for each in cash_tables(result)
    ]
    written = [write_csv(folder, table) for table in tables] if "csv" in formats else []
    if "xlsx" in formats:
        note = f"{verdict(result)}. Run {run_id}."
        written.append(write_workbook(folder / "cash.xlsx", tables, run_id, [note]))
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


_BREAK = (
    ("break", 14, TEXT), ("severity", 10, TEXT), ("status", 14, TEXT), ("cause", 20, TEXT),
    ("certainty", 12, TEXT), ("candidates", 24, TEXT), ("customer", 14, TEXT),
    ("number", 18, TEXT), ("currency", 10, TEXT), ("feeds", 16, AMOUNT), ("ledger", 16, AMOUNT),
    ("difference", 16, AMOUNT), ("rule", 24, TEXT), ("explanation", 70, WRAPPED),
)  # fmt: skip


def _break_row(item: CashBreak) -> tuple[object, ...]:
    return (
        item.name, item.severity.word, item.status, item.cause.value, item.found.certainty,
        ", ".join(item.found.candidates), item.customer, item.number, item.currency,
        item.amount_of(1), item.amount_of(2), item.difference, item.rule, item.found.sentence,
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


def cash_document(
    result: Receivables, run_id: str, reports: Sequence[Path], code: ExitCode, notes: Sequence[str]
) -> dict[str, object]:
    """The result as one document; amounts are texts."""
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "month": str(result.month),
        "verdict": verdict(result),
        "sources": dict(zip(NAMES, result.descriptions, strict=True)),
        "receivable": {each: _currency(result, each) for each in result.currencies},
        "bridge": {
            each: [
                {"bucket": cause.value, "amount": money.plain(amount, each), "breaks": breaks}
                for cause, amount, breaks in result.bridge.get(each, ())
            ]
            for each in result.currencies
        },
        "rules": [
            {"name": each.rule.name, "compares": each.rule.words, "matches": each.matches,
             "documents": each.documents}
            for each in result.passed
        ],
        "breaks": list(map(break_document, result.breaks)),
        "customers": [
            {"customer": each.customer, "currency": each.currency,
             "feeds": money.plain(each.feeds.closing, each.currency),
             "ledger": money.plain(each.ledger.closing, each.currency),
             "difference": money.plain(each.difference, each.currency)}
            for each in result.customers if each.difference
        ],
        "invalid": [{"place": row.place, "reason": row.reason} for row in result.invalid],
        "not_tried": [
            {"rule": each.rule, "customer": each.customer, "currency": each.currency,
             "documents": each.documents, "reason": each.reason}
            for each in result.not_tried
        ],
        "notices": [*result.notices, *notes],
        "reports": [path.as_posix() for path in reports],
        "exit_code": int(code),
    }  # fmt: skip


def _currency(result: Receivables, code: str) -> dict[str, object]:
    return {
        NAMES[side - 1]: {
            **_balance(result.balance(side, code), code),
            "days_sales_outstanding": result.days_sales(side, code),
            "ageing": _aged(result, side, code),
        }
        for side in (1, 2)
    }


def _balance(balance: Balance, code: str) -> dict[str, object]:
    return {part: money.plain(getattr(balance, part), code) for part in _PARTS}


def _aged(result: Receivables, side: int, code: str) -> dict[str, str]:
    found = result.ageing.get((side, code))
    amounts = (*found.buckets, found.unapplied) if found else (0,) * (len(BUCKETS) + 1)
    return {
        name: money.plain(amount, code)
        for name, amount in zip((*BUCKETS, "unapplied"), amounts, strict=True)
    }


def break_document(item: CashBreak) -> dict[str, object]:
    """A break with its documents."""
    return {
        "break": item.name,
        "status": item.status,
        "cause": item.cause.value,
        "candidates": [each.value for each in item.found.candidates],
        "certainty": item.found.certainty,
        "severity": item.severity.word,
        "customer": item.customer,
        "number": item.number,
        "currency": item.currency,
        "feeds": money.plain(item.amount_of(1), item.currency),
        "ledger": money.plain(item.amount_of(2), item.currency),
        "difference": money.plain(item.difference, item.currency),
        "effects": [
            {
                "customer": e.customer,
                "currency": e.currency,
                "amount": money.plain(e.amount, e.currency),
            }
            for e in item.effects
        ],
        "rule": item.rule or None,
        "explanation": item.found.sentence,
        "documents": [document_document(NAMES, each) for each in item.documents],
    }
