"""Document: a contract's detail as plain data, in fixed order."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from recon.base import money
from recon.base.policy import rate_text
from recon.base.result import CarriedDifference
from recon.reconciliation.explain.model import (
    Allowance,
    CauseFinding,
    ContractDetail,
    EntryRow,
    InvalidLine,
    Line,
    MonthRow,
    Terms,
)

SCHEMA = 1

Document = dict[str, object]


def as_json(detail: ContractDetail) -> Document:
    """JSON-able data of a contract's detail.

    Amounts are texts with the currency's decimals. A value that does not apply or
    cannot be read is null or an empty text.
    """
    return {
        "schema": SCHEMA,
        "month": str(detail.month),
        "contract_id": detail.contract_id,
        "lines": [_line(line) for line in detail.lines],
        "invalid": [_invalid(line) for line in detail.invalid],
        "kept_out": [_entry(entry) for entry in detail.kept_out],
        "kept_out_elsewhere": detail.kept_out_elsewhere,
    }


def _line(line: Line) -> Document:
    def amount(units: int) -> str:
        return money.plain(units, line.currency)

    return {
        **_who(line),
        "status": line.status.value if line.status else None,
        "flags": [flag.value for flag in line.flags],
        "terms": _terms(line.terms, line.currency) if line.terms else None,
        "value": amount(line.value),
        "unrecognized_remainder": amount(line.remainder),
        "expected": amount(line.expected),
        "recognized": amount(line.recognized),
        "difference": amount(line.difference),
        "percent": money.percent(line.difference, line.expected),
        "to_date_expected": amount(line.to_date_expected),
        "to_date_recognized": amount(line.to_date_recognized),
        "to_date_difference": amount(line.to_date_difference),
        "formula": line.derivation.formula,
        "formula_in_words": line.derivation.words,
        "tolerance": _allowance(line.allowance, line.currency) if line.allowance else None,
        "break": _finding(line.finding) if line.finding else None,
        "event": line.event.id if line.event else None,
        "carried": _carried(line.carried) if line.carried else None,
        "months": [_month(row, line.currency) for row in line.months],
        "entries": [_entry(entry) for entry in line.entries],
    }


def _who(line: Line | InvalidLine) -> Document:
    names = ("revenue_type", "currency", "customer_id", "customer", "segment", "owner")
    return {name: getattr(line, name) for name in names}


def _terms(terms: Terms, currency: str) -> Document:
    told: Document = {}
    for field in fields(terms):
        value = getattr(terms, field.name)
        told[field.name] = value if value is None or isinstance(value, int) else _text(value)
    if terms.value is not None:
        told["value"] = money.plain(terms.value, currency)
    return told


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _allowance(allowance: Allowance, currency: str) -> Document:
    def amount(units: int) -> str:
        return money.plain(units, currency)

    return {
        "rate": rate_text(allowance.ppm),
        "origin": allowance.origin,
        "by_rate": amount(allowance.by_rate),
        "by_rounding": amount(allowance.by_rounding),
        "floor": amount(allowance.floor),
        "cap": None if allowance.cap is None else amount(allowance.cap),
        "allowed": amount(allowance.allowed),
        "decides": allowance.decides,
    }


def _finding(finding: CauseFinding) -> Document:
    item = finding.item
    return {
        "name": item.name,
        "cause": item.cause.value,
        "certainty": item.certainty.value,
        "candidates": [cause.value for cause in item.candidates],
        "against": list(item.against),
        "tried": [cause.value for cause in finding.tried],
        "explanation": item.explanation,
        "severity": item.severity.word,
        "ladder": [
            {"by": rung.by, "why": rung.why, "severity": rung.severity.word}
            for rung in finding.ladder
        ],
    }


def _carried(item: CarriedDifference) -> Document:
    return {
        "months": [str(month) for month in item.months],
        "cause": item.cause.value,
        "candidates": [cause.value for cause in item.candidates],
        "certainty": item.certainty.value,
        "explanation": item.explanation,
    }


def _month(row: MonthRow, currency: str) -> Document:
    amounts = {
        name: None if (units := getattr(row, name)) is None else money.plain(units, currency)
        for span in ("", "to_date_")
        for name in (f"{span}expected", f"{span}recognized", f"{span}difference")
    }
    return {"month": str(row.month), **amounts, "entries": row.entries, "to_come": row.to_come}


def _entry(entry: EntryRow) -> Document:
    return {
        "entry_id": entry.entry_id,
        "contract_id": entry.contract_id,
        "revenue_type": entry.revenue_type,
        "currency": entry.currency,
        "month": str(entry.month) if entry.month else entry.period_text,
        "amount": entry.amount_text
        if entry.amount is None
        else money.plain(entry.amount, entry.currency),
        "document_ref": entry.document_ref,
        "posted_at": entry.posted_at,
        "compliance": dict(entry.compliance),
        "reason": entry.reason,
    }


def _invalid(line: InvalidLine) -> Document:
    return {
        "row": line.row,
        "place": line.place,
        **_who(line),
        "reason": line.reason,
        "terms": _terms(line.terms, line.currency),
    }
