"""A process, measured: wall time, CPU time and peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.data import ROOT

# The exit codes of a month that is done: without breaks, and with.
DONE = (0, 3)


@dataclass(frozen=True, slots=True)
class Shot:
    """One run of a process: seconds, bytes, and what its last line said if that was JSON."""

    wall: float
    cpu: float
    peak: int
    said: Mapping[str, float] = field(default_factory=dict)


def shoot(arguments: Sequence[str]) -> Shot:
    """Return what a python process with these arguments took; stop everything where it fails."""
    command = [sys.executable, *arguments]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=out, stderr=errors)
        # Of this child alone; what getrusage says of children is the largest of all so far.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode not in DONE:
            said = errors.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
        unit = 1 if sys.platform == "darwin" else 1024
        peak = usage.ru_maxrss * unit
        return Shot(wall, usage.ru_utime + usage.ru_stime, peak, _said(out.read()))


def _environment() -> dict[str, str]:
    """Return the environment of every job, ours and theirs; all of them are compiled but once.

    What is installed is compiled; a variable that forbids it would have recon alone pay for that.
    """
    compiled = Path(tempfile.gettempdir()) / "recon-bench-compiled"
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONPYCACHEPREFIX": str(compiled)}
    return kept | ours


def _said(output: bytes) -> Mapping[str, float]:
    lines = output.decode(errors="replace").strip().splitlines()
    with suppress(ValueError, IndexError):
        found = json.loads(lines[-1])
        if isinstance(found, dict):
            return found
    return {}
