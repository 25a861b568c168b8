"""The heartbeat: a file with the last recorded run.

It is there for programs that watch from outside.

`reports/heartbeat.json` is replaced as a whole, so that nobody reads half of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recon.record.journal.model import Run
from recon.record.run_folder import WAITS, put

NAME = "heartbeat.json"


@dataclass(frozen=True, slots=True)
class Beat:
    """The last recorded run: month, end and exit code."""

    month: str
    ended: datetime
    exit_code: int


def beat(reports: Path, run: Run, seal: str = "", waits: Sequence[float] = WAITS) -> str:
    """Write that a run was recorded.

    Returns '', or a notice where it cannot be written.

    `seal` is that of the journal up to the run, which a copy of the file elsewhere proves. `waits`
    are the seconds between attempts, since a virus scanner or whoever watches may hold the file for
    a moment.
    """
    path = reports / NAME
    try:
        put(path, (json.dumps(_document(run, seal), indent=2) + "\n").encode(), waits)
    except OSError as error:
        return f"The heartbeat {path} cannot be written: {error.strerror}."
    return ""


def _document(run: Run, seal: str) -> dict[str, object]:
    return {
        "schema": 1,
        "month": str(run.month),
        "run_id": run.run_id,
        "ended": run.ended.isoformat(timespec="seconds"),
        "exit_code": run.exit_code,
        "verdict": run.verdict,
        "host": run.host,
        "recon": run.versions.get("recon", ""),
        "seal": seal,
    }


def last_beat(reports: Path) -> Beat | None:
    """The last recorded run, or None.

    Raises OSError where the file cannot be read, ValueError where it is no heartbeat.
    """
    try:
        text = (reports / NAME).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        found = json.loads(text)
        ended = datetime.fromisoformat(found["ended"])
        return Beat(str(found["month"]), ended.astimezone(), int(found["exit_code"]))
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from error
