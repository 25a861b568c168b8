"""Document: order to cash as JSON, comparable by byte."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.base import money
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.control import BUCKETS, Balance
from recon.reconciliation.cash.entries import CashEntries
from recon.reconciliation.cash.model import Document
from recon.reconciliation.cash.receivable import NAMES, Receivables, verdict
from recon.reconciliation.cash.record import recorded_bridge, recorded_totals
from recon.reconciliation.document import event_table, totals_table

SCHEMA = 1
_PARTS = ("opening", "sales", "debits", "credits", "closing")


def cash_document(
    result: Receivables, run_id: str, reports: Sequence[Path], code: int, notes: Sequence[str]
) -> dict[str, object]:
    """The result as one document; amounts are texts."""
    totals, bridge = recorded_totals(result), recorded_bridge(result)
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "month": str(result.month),
        "verdict": verdict(result),
        "sources": dict(zip(NAMES, result.descriptions, strict=True)),
        "policy": result.policy.rows(),
        "totals": {code: totals_table(each, code) for code, each in sorted(totals.items())},
        "receivable": {each: _currency(result, each) for each in result.currencies},
        "bridge": {
            each: [
                {"bucket": step.bucket, "amount": money.plain(step.amount, each),
                 "gross": money.plain(step.gross, each), "breaks": step.lines}
                for step in bridge.get(each, ())
            ]
            for each in result.currencies
        },
        "rules": [
            {"name": each.rule.name, "compares": each.rule.words, "matches": each.matches,
             "documents": each.documents}
            for each in result.passed
        ],
        "breaks": list(map(break_document, result.breaks)),
        "events": [event_table(event) for event in result.events],
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


def entries_table(entries: CashEntries) -> dict[str, object]:
    """Proposed entries, and breaks without, as plain data."""
    return {
        "proposed": [
            {
                "entry": entry.number,
                "break": entry.item.name,
                "text": entry.text,
                "lines": [
                    {
                        "account": line.account,
                        "customer": line.customer or None,
                        "currency": line.currency,
                        "debit": money.plain(line.debit, line.currency),
                        "credit": money.plain(line.credit, line.currency),
                    }
                    for line in entry.lines
                ],
            }
            for entry in entries.proposed
        ],
        "refused": [{"break": item.name, "reason": why} for item, why in entries.refused],
    }


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
        "status": item.status.value,
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
        "event": item.event or None,
        "documents": [document_document(NAMES, each) for each in item.documents],
    }


def document_document(names: Sequence[str], each: Document) -> dict[str, object]:
    """A document with its place."""
    return {
        "side": names[each.side - 1],
        "number": each.ref,
        "customer": each.customer,
        "day": each.day.isoformat() if each.day else None,
        "kind": each.kind,
        "currency": each.currency or None,
        "amount": money.plain(each.amount, each.currency),
        "open": money.plain(each.open, each.currency),
        "place": each.place,
    }
