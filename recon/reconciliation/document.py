"""Document: result of a run as JSON, comparable by byte."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from recon.base import money
from recon.base.events import Event
from recon.base.result import (
    Break,
    Bucket,
    CarriedDifference,
    Flag,
    InvalidRow,
    Reconciliation,
    Side,
    SourceFacts,
    Totals,
)
from recon.reconciliation.verdict import verdict_word

SCHEMA = 1


def document(
    result: Reconciliation,
    run_id: str,
    reports: Sequence[Path],
    exit_code: int,
    notes: Sequence[str] = (),
) -> dict[str, object]:
    """Result of a month as plain data, in fixed order.

    Amounts are texts with the currency's decimals. Everything but `run_id`, `reports`, `exit_code`
    and `notes`, the notices of the run itself, depends on the result alone.
    """
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "month": str(result.month),
        "sources": {side.value: _source(result.sources[side]) for side in Side},
        "policy": dict(result.policy.rows()),
        "totals": {c: totals_table(totals, c) for c, totals in sorted(result.totals.items())},
        "bridge": {
            c: [_bucket(step, c) for step in steps] for c, steps in sorted(result.bridge.items())
        },
        "breaks": [break_table(item) for item in result.breaks],
        "carried": [_carried(item) for item in result.carried],
        "events": [event_table(event) for event in result.events],
        "verdict": verdict_word(result),
        "invalid": [_invalid(row) for row in result.invalid],
        "flags": {flag.value: result.flags[flag] for flag in Flag if flag in result.flags},
        "notices": [*result.notices, *notes],
        "reports": [path.as_posix() for path in reports],
        "exit_code": int(exit_code),
    }


def months_document(
    months: Sequence[Mapping[str, object]], totals: Mapping[str, Totals], exit_code: int
) -> dict[str, object]:
    """Document of several months, with sums and exit code.

    The exit code is the most severe one.
    """
    return {
        "schema": SCHEMA,
        "first": months[0]["month"],
        "last": months[-1]["month"],
        "totals": {c: totals_table(found, c) for c, found in sorted(totals.items())},
        "months": list(months),
        "exit_code": int(exit_code),
    }


def moment(at: datetime) -> str:
    """Moment as documents write it: `2024-07-03T07:15:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def dumps(content: Mapping[str, object]) -> str:
    """Text of a document, indented, with a final line break.

    It is ASCII: PowerShell reads the output of a program in the console's code page, and would
    garble every other letter.
    """
    return json.dumps(content, indent=2, ensure_ascii=True) + "\n"


def _source(facts: SourceFacts) -> dict[str, object]:
    return {
        "description": facts.description,
        "rows": facts.rows,
        "control_total": {c: money.plain(a, c) for c, a in sorted(facts.control_total.items())},
        "invalid": facts.invalid,
        "repeated": facts.repeated,
        "unread_amounts": facts.unread_amounts,
    }


def totals_table(totals: Totals, currency: str) -> dict[str, object]:
    """Totals of a currency as plain data."""
    return {
        "expected": money.plain(totals.expected, currency),
        "recognized": money.plain(totals.recognized, currency),
        "difference": money.plain(totals.difference, currency),
        "gross_difference": money.plain(totals.gross_difference, currency),
        "contract_lines": totals.contract_lines,
        "inactive_lines": totals.inactive_lines,
        "matched": totals.matched,
        "within_tolerance": totals.within_tolerance,
        "breaks": totals.breaks,
        "match_rate": totals.match_rate,
    }


def _bucket(step: Bucket, currency: str) -> dict[str, object]:
    amount, gross = money.plain(step.amount, currency), money.plain(step.gross, currency)
    return {"bucket": step.bucket, "amount": amount, "gross": gross, "lines": step.lines}


def break_table(item: Break) -> dict[str, object]:
    """Break as plain data."""
    return {
        "break": item.name,
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": item.currency,
        "customer": item.customer,
        "segment": item.segment,
        "owner": item.owner,
        "status": item.status.value,
        "cause": item.cause.value,
        "candidates": [cause.value for cause in item.candidates],
        "severity": item.severity.word,
        "expected": money.plain(item.expected, item.currency),
        "recognized": money.plain(item.recognized, item.currency),
        "difference": money.plain(item.difference, item.currency),
        "percent": item.percent,
        "allowed": money.plain(item.allowed, item.currency),
        "to_date_difference": money.plain(item.to_date_difference, item.currency),
        "flags": [flag.value for flag in item.flags],
        "entry_ids": list(item.entry_ids),
        "explanation": item.explanation,
        "certainty": item.certainty.value,
        "event": item.event or None,
    }


def _carried(item: CarriedDifference) -> dict[str, object]:
    return {
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": item.currency,
        "customer": item.customer,
        "owner": item.owner,
        "to_date_difference": money.plain(item.to_date_difference, item.currency),
        "months": [str(month) for month in item.months],
        "cause": item.cause.value,
        "candidates": [cause.value for cause in item.candidates],
        "certainty": item.certainty.value,
        "explanation": item.explanation,
    }


def event_table(event: Event) -> dict[str, object]:
    """Event as plain data."""
    return {
        "id": event.id,
        "kind": event.kind.value,
        "sentence": event.sentence,
        "advice": event.advice,
        "lines": event.lines,
        "keys": [list(key) for key in event.keys],
        "severity": event.severity.word,
        "net": {c: money.plain(amount, c) for c, amount in sorted(event.net.items())},
        "gross": {c: money.plain(amount, c) for c, amount in sorted(event.gross.items())},
        "mark": event.mark,
        "share": money.share(event.explained, event.marked),
        "breaks_left": event.breaks_left,
    }


def _invalid(row: InvalidRow) -> dict[str, object]:
    return {
        "side": row.side.value,
        "row": row.row,
        "place": row.place,
        "id": row.id,
        "reason": row.reason,
    }
