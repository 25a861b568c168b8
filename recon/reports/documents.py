"""JSON documents for scripts: the journal, the roll-forward and replays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from recon.base import money
from recon.base.month import Month
from recon.base.result import Break
from recon.reconciliation.document import moment
from recon.record.journal.ageing import Ageing, Sums, ageing
from recon.record.journal.found_events import EventLife
from recon.record.journal.history import MovementPart, Since, newest_first
from recon.record.journal.model import Event, Lapse, OpenItem, Run
from recon.record.journal.signing import Signature, is_signed_off

if TYPE_CHECKING:
    from recon.reconciliation.rollforward import RollforwardRow
    from recon.record.replay.tuning import Tuned


SCHEMA = 1

Document = dict[str, object]


def open_document(
    found: Sequence[OpenItem],
    month: Month | None,
    now: datetime,
    events: Sequence[EventLife] = (),
) -> Document:
    """The open breaks and their ageing at a month's end.

    `month` is None without any run.
    """
    return {
        "schema": SCHEMA,
        "month": str(month) if month else None,
        "breaks": [open_item_document(life, month, now) for life in found],
        "events": [event_document(life) for life in events],
        "ageing": _ageings(ageing(found, month)) if month else {},
    }


def event_document(life: EventLife) -> Document:
    """An event behind many lines, with its state."""
    event = life.event
    return {
        "id": event.id,
        "kind": event.kind.value,
        "severity": event.severity.word,
        "state": life.state.value,
        "sentence": event.sentence,
        "advice": event.advice,
        "lines": event.lines,
        "breaks_left": event.breaks_left,
    }


def said_document(told: Sequence[OpenItem], month: Month | None, now: datetime) -> Document:
    """The state of some breaks after an acknowledgement or note."""
    return {"schema": SCHEMA, "breaks": [open_item_document(life, month, now) for life in told]}


def open_item_document(life: OpenItem, month: Month | None, now: datetime) -> Document:
    """A break with its states over time.

    Its age in months is that at the end of a month.
    """
    item, currency = life.last, life.last.currency
    return {
        "break": life.name,
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": currency,
        "customer": item.customer,
        "segment": item.segment,
        "owner": item.owner,
        "status": item.status.value,
        "cause": item.cause.value,
        "severity": item.severity.word,
        "explanation": item.explanation,
        "open_amount": money.plain(life.amount, currency),
        "first_month": str(life.first_month),
        "months": {
            str(key): money.plain(seen.difference, currency)
            for key, seen in sorted(life.seen.items())
        },
        "first_seen": moment(life.first_seen),
        "age_months": life.months_old(month or life.first_month),
        "age_days": life.days_old(now),
        "state": life.state.value,
        "acknowledged": _acknowledged(life.acknowledged),
        "changed_since_acknowledged": _lapsed(life.lapsed),
        "resolved": _said(life.resolved),
        "notes": [_said(event) for event in life.notes],
    }


def _said(event: Event | None) -> Document | None:
    if event is None:
        return None
    return {"who": event.who, "when": moment(event.at), "what": event.reason}


def _acknowledged(event: Event | None) -> Document | None:
    told = _said(event)
    return told | {"until": event.detail or None} if event and told else None


def _lapsed(lapse: Lapse | None) -> Document | None:
    """The acknowledgement that holds no longer, and why."""
    told = _acknowledged(lapse.event) if lapse else None
    if lapse is None or told is None:
        return None
    return told | {
        "month": str(lapse.month),
        "then": _seen(lapse.then) if lapse.then else None,
        "now": _seen(lapse.now),
    }


def _seen(item: Break) -> Document:
    difference = money.plain(item.difference, item.currency)
    return {"cause": item.cause.value, "difference": difference}


def _ageings(tables: Mapping[str, Ageing]) -> Document:
    return {
        currency: {
            **{age.value: _sums(row, currency) for age, row in table.rows.items()},
            "total": _sums(table.total, currency),
        }
        for currency, table in tables.items()
    }


def _sums(row: Sums, currency: str) -> Document:
    return {
        "breaks": row.count,
        "acknowledged": row.acknowledged,
        "open_amount": money.plain(row.amount, currency),
        "gross_amount": money.plain(row.gross, currency),
    }


def history_document(runs: Sequence[Run], signed: Mapping[str, Sequence[Signature]]) -> Document:
    """Months with their runs and signatures, the newest first.

    `signed` has the signatures by run.
    """
    by_month = groupby(newest_first(runs), key=lambda run: run.month)
    return {
        "schema": SCHEMA,
        "months": [_month(month, list(group), signed) for month, group in by_month],
    }


def _month(
    month: Month, runs: Sequence[Run], signed: Mapping[str, Sequence[Signature]]
) -> Document:
    complete = [run.run_id for run in runs if is_signed_off(signed.get(run.run_id, ()))]
    return {
        "month": str(month),
        "signed_off": complete[0] if complete else None,
        "runs": [run_document(run, signed.get(run.run_id, ())) for run in runs],
    }


def signed_document(run: Run, given: Sequence[Signature]) -> Document:
    """A run after somebody has signed it."""
    return {"schema": SCHEMA, **run_document(run, given)}


def signature_document(signature: Signature) -> Document:
    """A signature with who, when and why."""
    return {
        "role": signature.role.value,
        "who": signature.who,
        "host": signature.host,
        "when": moment(signature.at),
        "comment": signature.comment,
        "accepted": signature.accepted or None,
    }


def run_document(run: Run, given: Sequence[Signature]) -> Document:
    """A run with its signatures."""
    return {
        "run_id": run.run_id,
        "month": str(run.month),
        "started": moment(run.started),
        "ended": moment(run.ended),
        "who": run.who,
        "host": run.host,
        "verdict": run.verdict,
        "exit_code": run.exit_code,
        "breaks": run.breaks,
        "invalid": run.invalid,
        "net_difference": {
            currency: money.plain(totals.difference, currency)
            for currency, totals in sorted(run.totals.items())
        },
        "supersedes": run.supersedes or None,
        "folder": run.folder,
        "evidence": run.evidence or None,
        "signed_off": is_signed_off(given),
        "signatures": [signature_document(signature) for signature in given],
    }


def rollforward_document(
    month: Month, rows: Sequence[RollforwardRow], *, recorded: bool
) -> dict[str, object]:
    """The roll-forward in plain texts, lists and mappings.

    The order is fixed. Amounts are texts with the currency's decimals; `recorded` says whether the
    month opens with what the run of the month before recorded.
    """
    from recon.reconciliation.rollforward import in_total

    return {
        "schema": SCHEMA,
        "month": str(month),
        "opening_recorded": recorded,
        "totals": {currency: _amounts(row) for currency, row in sorted(in_total(rows).items())},
        "rows": [
            {
                "revenue_type": row.revenue_type,
                "segment": row.segment,
                "currency": row.currency,
                **_amounts(row),
            }
            for row in rows
        ],
    }


def _amounts(row: RollforwardRow) -> dict[str, str]:
    from recon.reconciliation.rollforward import FIGURES

    names = (*FIGURES, "beyond_value")
    return {name: money.plain(getattr(row, name), row.currency) for name in names}


def difference_document(
    then: Run, now: Run, since: Since, parts: Sequence[MovementPart]
) -> dict[str, object]:
    """The differences of two runs.

    Amounts are texts with the currency's decimals.
    """
    return {
        "schema": 1,
        "month": str(now.month),
        "then": then.run_id,
        "now": now.run_id,
        "fixed": [_reported(item) for item in since.fixed],
        "new": [_reported(item) for item in since.new],
        "changed": [{"then": _reported(a), "now": _reported(b)} for a, b in since.changed],
        "events": [event_document(life) for life in since.events],
        "movement": [_part(part) for part in parts],
    }


def _reported(item: Break) -> Document:
    currency = item.currency
    return {
        "name": item.name,
        "contract_id": item.contract_id,
        "revenue_type": item.revenue_type,
        "currency": currency,
        "customer": item.customer,
        "segment": item.segment,
        "owner": item.owner,
        "status": item.status.value,
        "cause": item.cause.value,
        "severity": item.severity.word,
        "expected": money.plain(item.expected, currency),
        "recognized": money.plain(item.recognized, currency),
        "difference": money.plain(item.difference, currency),
        "to_date_difference": money.plain(item.to_date_difference, currency),
        "explanation": item.explanation,
    }


def _part(part: MovementPart) -> dict[str, object]:
    return {
        "what": part.what,
        "rows": part.rows,
        "moved": {
            currency: {figure: money.plain(amount, currency) for figure, amount in moved.items()}
            for currency, moved in part.moved.items()
        },
    }


def tuning_document(months: Sequence[Tuned], change: str) -> dict[str, object]:
    """The breaks of stored months under another tolerance."""
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
                "events": item.events,
                "events_then": item.events_then,
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
