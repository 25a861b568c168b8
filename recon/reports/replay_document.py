"""Replays as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.result import Break
from recon.record.journal.history import Part, Since
from recon.record.journal.model import Run, SeenBreak
from recon.record.replay.tuning import Tuned

_AMOUNTS = ("expected", "recognized", "difference", "to_date_difference")


def difference_document(
    then: Run, now: Run, since: Since, parts: Sequence[Part]
) -> dict[str, object]:
    """Return what two runs differ in; amounts are texts with the currency's decimals."""
    return {
        "schema": 1,
        "month": str(now.month),
        "then": then.run_id,
        "now": now.run_id,
        "fixed": [_seen(item) for item in since.fixed],
        "new": [_seen(item) for item in since.new],
        "changed": [{"then": _seen(a), "now": _seen(b)} for a, b in since.changed],
        "movement": [_part(part) for part in parts],
    }


def _seen(item: SeenBreak) -> dict[str, object]:
    told = item._asdict()
    return {**told, **{key: money.plain(told[key], item.currency) for key in _AMOUNTS}}


def _part(part: Part) -> dict[str, object]:
    return {
        "what": part.what,
        "rows": part.rows,
        "moved": {
            currency: {figure: money.plain(amount, currency) for figure, amount in moved.items()}
            for currency, moved in part.moved.items()
        },
    }


def tuning_document(months: Sequence[Tuned], change: str) -> dict[str, object]:
    """Return what another tolerance would have reported in stored months."""
    return {
        "schema": 1,
        "change": change,
        "months": [
            {
                "month": str(item.month),
                "run_id": item.run_id,
                "breaks": item.breaks,
                "gained": [_break(b) for b in item.gained],
                "lost": [_break(b) for b in item.lost],
                "newly_ignored": {
                    c: money.plain(amount, c) for c, amount in sorted(item.ignored.items())
                },
                "proven_errors_missed": [_break(b) for b in item.missed],
            }
            for item in months
        ],
    }


def _break(item: Break) -> dict[str, object]:
    return {
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": item.currency,
        "segment": item.segment,
        "cause": item.cause.value,
        "difference": money.plain(item.difference, item.currency),
    }
