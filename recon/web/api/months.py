"""The API of months and breaks."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from starlette.responses import JSONResponse, Response

from recon.base import money
from recon.base.elsewhere import without_paths
from recon.reconciliation.document import totals_table
from recon.reconciliation.explain import as_json
from recon.record.journal.history import newest_first
from recon.reports.documents import (
    event_document,
    open_item_document,
    run_document,
    signed_document,
)
from recon.web import explaining, reading
from recon.web.api.loads import listing
from recon.web.asking import Ask, Slice


def months(ask: Ask) -> Response:
    """The months with a run, the newest first."""
    runs, signed = reading.runs(ask)
    latest = [next(of) for _, of in groupby(newest_first(runs), key=lambda run: run.month)]
    cut = Slice.of(ask)
    found = [run_document(run, signed.get(run.run_id, ())) for run in cut.cut(latest)]
    return listing(ask, "months", found, len(latest), cut)


def month(ask: Ask) -> Response:
    """One month: its last run, totals, bridge, events and signatures."""
    found = reading.month(ask)
    run, reported = found.run, found.run.reported
    told: dict[str, Any] = run_document(run, found.given)
    told |= {
        "sentence": reported.verdict if reported else None,
        "totals": {c: totals_table(of, c) for c, of in sorted(run.totals.items())},
        "masked": list(reported.masked) if reported else [],
        "bridge": {
            currency: [
                {
                    "bucket": step.bucket,
                    "amount": money.plain(step.amount, currency),
                    "gross": money.plain(step.gross, currency),
                    "lines": step.lines,
                }
                for step in steps
            ]
            for currency, steps in sorted(reported.bridge.items())
        } if reported else {},
        "events": [event_document(life) for life in found.events],
        "critical_unacknowledged": [item.name for item in found.left],
        "runs": [each.run_id for each in found.runs],
        "policy": dict(run.policy),
        "sources": {side: without_paths(text) for side, text in run.sources.items()},
    }  # fmt: skip
    return JSONResponse(told)


def sign(ask: Ask) -> Response:
    """Sign a month's last run."""
    return JSONResponse(signed_document(*reading.sign(ask)))


def breaks(ask: Ask) -> Response:
    """The open breaks, the oldest first."""
    standing, cut = reading.breaks(ask), Slice.of(ask)
    found = [
        open_item_document(life, standing.month, standing.now) for life in cut.cut(standing.found)
    ]
    return listing(ask, "breaks", found, len(standing.found), cut)


def one(ask: Ask) -> Response:
    """One break with its states over time."""
    return JSONResponse(_one(*reading.break_named(ask)))


def acknowledge(ask: Ask) -> Response:
    """Acknowledge a break."""
    return JSONResponse(_one(reading.acknowledge(ask), None))


def note(ask: Ask) -> Response:
    """Add a note to a break."""
    return JSONResponse(_one(reading.note(ask), None))


def _one(life: Any, month: Any) -> dict[str, object]:  # noqa: ANN401
    return open_item_document(life, month, reading.now())


def contract(ask: Ask) -> Response:
    """Everything about one contract in one month."""
    return JSONResponse(as_json(explaining.contract(ask).detail))


def document(ask: Ask) -> Response:
    """The statement of a customer or document."""
    return JSONResponse(dict(explaining.document(ask).document))
