"""A folder with a configuration and two files, and recon run on it as a user runs it."""

from __future__ import annotations

import gc
import io
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parent.parent
CONTRACTS = (
    "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date,customer\n"
)
# Ends a test that hangs, in seconds: no measure of speed, on the slowest of machines.
PATIENCE = 300.0
ENTRIES = "entry_id,contract_id,revenue_type,amount,recognition_period\n"


def contract(key: str, value: str = "1200.00", customer: str = "Aster") -> str:
    """Return a contract line over a year from June 2024, 100.00 a month unless told otherwise."""
    return f"{key},Subscription,{value},12,2024-06-01,2025-05-31,{customer}\n"


def entry(key: str, amount: str = "100.00", month: str = "2024-06") -> str:
    """Return an entry of a contract."""
    return f"E-{key}-{month},{key},Subscription,{amount},{month}\n"


@dataclass(frozen=True)
class Project:
    """A project folder with `config/recon.toml` and `data/`; reports go to `reports/`."""

    folder: Path
    config: Path = field(init=False)
    reports: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", self.folder / "config" / "recon.toml")
        object.__setattr__(self, "reports", self.folder / "reports")
        self.configure()

    def configure(self, analytics: str = "", accounting: str = "", rest: str = "") -> None:
        """Write the configuration; the texts go to its tables, below `source` and `path`."""
        sides = {"analytics": ("contracts", analytics), "accounting": ("entries", accounting)}
        text = "".join(
            f"[{side}]\nsource = 'files'\n"
            + ("" if "path =" in more else f"path = '../data/{name}.csv'\n")
            + f"{more}\n"
            for side, (name, more) in sides.items()
        )
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text + rest, encoding="utf-8")

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file below `data/`, as it is."""
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def fill(self, *amounts: str, contracts: Sequence[str] | None = None) -> None:
        """Write both sides: contracts 001, 002, … and an entry each with the given amounts."""
        keys = [f"{number:03}" for number in range(1, len(amounts) + 1)]
        lines = contracts if contracts is not None else [contract(key) for key in keys]
        self.write("contracts.csv", CONTRACTS + "".join(lines))
        self.write("entries.csv", ENTRIES + "".join(map(entry, keys, amounts)))

    def written(self) -> list[str]:
        """Return the names of all files of runs below `reports/` but for evidence and logs."""
        files = [path for path in self.reports.glob("*/**/*") if path.is_file()]
        return sorted(path.name for path in files if path.parent.name not in ("evidence", "logs"))


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a run: ours, without what would change its output."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONIOENCODING", "RECON_CONFIG")
    }
    return {**ours, "PYTHONPATH": str(ROOT), **(extra or {})}


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of `recon` with these arguments."""
    return [sys.executable, "-m", "recon", *map(str, arguments)]


@contextmanager
def begun(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `recon` with these arguments as a process that ends with the context at the latest."""
    with subprocess.Popen(
        command(*arguments), cwd=cwd, env=environment(env), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def patient(*arguments: str | Path) -> list[str]:
    """Return the command line of a `recon` that waits for another one as long as a test does."""
    script = (
        "from recon.record import lock; from recon.alerts import sending; "
        f"lock.PATIENCE = sending.PATIENCE = {PATIENCE}; "
        "from recon.__main__ import main; main()"
    )
    return [sys.executable, "-c", script, *map(str, arguments)]


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition, and fail where it does not come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def recon(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of `recon` with these arguments; its output is bytes."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def in_process(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, user: str = "anna"
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of `recon` with these arguments, run in this process by a user.

    It is quicker than `recon`, which starts a process as a user does; all that a run changes of
    this process is put back.
    """
    from recon.__main__ import main
    from recon.base import secrets
    from recon.cli import process
    from recon.record import identity

    line = ["recon", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    code = 0
    with ExitStack() as kept:
        kept.enter_context(_handlers_kept())
        kept.callback(os.umask, rights := os.umask(0))
        os.umask(rights)
        kept.enter_context(chdir(cwd))
        kept.enter_context(mock.patch.dict(os.environ, environment(env), clear=True))
        for owner, name, value in (
            (sys, "argv", line),
            (sys, "stdout", out),
            (sys, "stderr", err),
            (sys, "unraisablehook", sys.unraisablehook),
            (secrets, "_known", []),
            (identity, "who", lambda: user),
            (process, "leave", sys.exit),  # with a thread left, it would end the tests as well
        ):
            kept.enter_context(mock.patch.object(owner, name, value))
        try:
            main()
        except SystemExit as ended:
            code = int(str(ended.code or 0))
        if code in (1, 7, 130):
            gc.collect()  # what is left of a workbook complains now, and not to pytest
        told = []
        for stream in (out, err):
            stream.flush()
            assert isinstance(stream.buffer, io.BytesIO)
            told.append(stream.buffer.getvalue())
    return subprocess.CompletedProcess(line, code, *told)


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Put the handlers of signals and of logging back; within, nobody listens to the logging."""
    signals = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for number, handler in signals:
            signal.signal(number, handler)


def one_sentence(text: str) -> str:
    """Return the message of a failed run: one line, by recon, without the words of a library."""
    assert text.startswith("recon: "), text
    assert text.endswith("\n"), text
    assert text.count("\n") == 1, text
    for jargon in ("Traceback", "Error:", "Exception", "[Errno", "defect"):
        assert jargon not in text, text
    return text


# What a source decides of a break. A database delivers the entries of the month and its neighbours,
# and older ones as sums, so that causes which need others are found in files alone.
_FIGURES = (
    "break contract_id revenue_type currency customer segment owner status expected recognized "
    "difference percent allowed to_date_difference entry_ids"
).split()


def figures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a month's document, which every kind of source delivers alike."""
    breaks = [{key: item[key] for key in _FIGURES} for item in document["breaks"]]
    return {
        "totals": document["totals"],
        "breaks": sorted(breaks, key=lambda item: str(item["break"])),
        "flags": document["flags"],
        "reasons": [re.sub(r"\(?[\w.]+, (?:line|row) [\d,]+\)?|row [\d,]+", "-", row["reason"])
                    for row in document["invalid"]],
    }  # fmt: skip
