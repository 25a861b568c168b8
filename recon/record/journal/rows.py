"""Rows of the journal's runs, written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from recon.base.month import Month
from recon.base.result import Bucket, Totals
from recon.record.journal.model import Reported, Run

RUN = (
    "run_id", "month", "started", "ended", "who", "host", "versions", "policy", "sources",
    "severity", "exit_code", "folder", "evidence", "invalid", "supersedes", "provisional",
    "reported",
)  # fmt: skip


def run_row(run: Run) -> tuple[object, ...]:
    """A run as its row."""
    return (
        run.run_id, str(run.month), run.started.isoformat(), run.ended.isoformat(), run.who,
        run.host, _json(run.versions), _json(run.policy), _json(run.sources), run.severity,
        run.exit_code, run.folder, run.evidence, run.invalid, run.supersedes, int(run.provisional),
        _reported_text(run.reported),
    )  # fmt: skip


def run_of(row: Sequence[Any], month: Month, totals: Mapping[str, Totals]) -> Run:
    """The run of a row of these columns."""
    known = dict(zip(RUN, row, strict=True))
    return Run(
        **{
            **known,
            "month": month,
            "started": moment(known["started"]),
            "ended": moment(known["ended"]),
            "versions": json.loads(known["versions"]),
            "policy": json.loads(known["policy"]),
            "sources": json.loads(known["sources"]),
            "provisional": bool(known["provisional"]),
            "reported": _reported(known["reported"]),
            "totals": totals,
        }
    )


def _reported_text(reported: Reported | None) -> str | None:
    return None if reported is None else json.dumps(asdict(reported), ensure_ascii=False)


def _reported(text: str | None) -> Reported | None:
    if text is None:
        return None
    known = json.loads(text)
    bridge = {
        currency: tuple(Bucket(**step) for step in steps)
        for currency, steps in known["bridge"].items()
    }
    return Reported(known["verdict"], tuple(known["masked"]), bridge)


def _json(content: Mapping[str, str]) -> str:
    return json.dumps(dict(content), ensure_ascii=False)


def moment(text: str) -> datetime:
    """A moment of a row, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
