"""Breaks as the journal keeps them: queried columns and JSON.

A journal of schema 3 or earlier has the columns alone, which is all that the history, the open
items and Slack need; the rest reads as empty there, and the two to-date amounts as their
difference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from recon.base.cash import CashCause, CashStatus
from recon.base.events import Severity
from recon.base.result import Break, Cause, Counterpart, Entry, Flag, Status

COLUMNS = (
    "name", "contract_id", "revenue_type", "currency", "customer", "segment", "owner", "status",
    "cause", "severity", "expected", "recognized", "difference", "to_date_difference",
    "explanation", "content",
)  # fmt: skip


def row_of(item: Break) -> tuple[object, ...]:
    """The values of a break, by `COLUMNS`."""
    return (
        item.name, item.contract_id, item.revenue_type, item.currency, item.customer, item.segment,
        item.owner, item.status.value, item.cause.value, item.severity.word, item.expected,
        item.recognized, item.difference, item.to_date_difference, item.explanation,
        json.dumps(_content(item), ensure_ascii=False, separators=(",", ":")),
    )  # fmt: skip


def _content(item: Break) -> dict[str, object]:
    """The values of a break that have no column."""
    return {
        "candidates": item.candidates,
        "allowed": item.allowed,
        "to_date_expected": item.to_date_expected,
        "to_date_recognized": item.to_date_recognized,
        "flags": item.flags,
        "entries": item.entries,
        "concerned": item.concerned,
        "counterpart": item.counterpart and [
            getattr(item.counterpart, name) for name in Counterpart.__slots__
        ],
        "against": item.against,
        "event": item.event,
        **({"to_date": True} if item.to_date else {}),
    }  # fmt: skip


def break_of(row: Sequence[Any]) -> Break:
    """The break of a row."""
    name, contract, kind, currency, customer, segment, owner, status, cause, severity = row[:10]
    expected, recognized, difference, to_date_difference = map(int, row[10:14])
    explanation, content = row[14:]
    rest = json.loads(content) if content else _unknown(cause, to_date_difference)
    # Breaks of order to cash have words of their own.
    to_date = rest.get("to_date", False)
    cause_of, status_of = (CashCause, CashStatus) if to_date else (Cause, Status)
    return Break(
        name=name, contract_id=contract, revenue_type=kind, currency=currency, customer=customer,
        segment=segment, owner=owner, status=status_of(status), cause=cause_of(cause),
        candidates=tuple(map(cause_of, rest["candidates"])), severity=Severity[severity.upper()],
        expected=expected, recognized=recognized, difference=difference, allowed=rest["allowed"],
        to_date_expected=rest["to_date_expected"], to_date_recognized=rest["to_date_recognized"],
        flags=tuple(map(Flag, rest["flags"])),
        entries=tuple(Entry(*entry) for entry in rest["entries"]),
        explanation=explanation, concerned=tuple(rest["concerned"]),
        counterpart=Counterpart(*rest["counterpart"]) if rest["counterpart"] else None,
        against=tuple(rest["against"]), event=rest.get("event", ""), to_date=to_date,
    )  # fmt: skip


def _unknown(cause: str, to_date_difference: int) -> dict[str, Any]:
    """The content of a break that was recorded without."""
    return {
        "candidates": [cause], "allowed": 0, "to_date_expected": 0,
        "to_date_recognized": to_date_difference, "flags": [], "entries": [], "concerned": [],
        "counterpart": None, "against": [],
    }  # fmt: skip
