"""The lock of a folder of reports: one run at a time writes there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from recon import identity
from recon.errors import Locked
from recon.reports.directory import unwritable

NAME = ".lock"
# Two runs that meet are a matter of seconds; a run that hangs is one for a person.
PATIENCE = 20.0


@contextmanager
def locked(reports: Path, what: str, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of a folder of reports; `what` is told to whoever comes second.

    The operating system gives the lock back when the process ends, however it ends. Raises Locked
    where another one holds it for longer than `patience` seconds, ReportError where no lock can
    be written.
    """
    import filelock

    path = reports / NAME
    wait = PATIENCE if patience is None else patience
    lock = filelock.FileLock(path)
    try:
        reports.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait, poll_interval=0.1)
    except filelock.Timeout:
        raise Locked(_holder(reports), reports) from None
    except OSError as error:
        raise unwritable(error, reports) from error
    try:
        _sign(reports, what)
        yield
    finally:
        with suppress(OSError):
            _note(reports).unlink()
        lock.release()


def _note(reports: Path) -> Path:
    # On Windows nobody else can read a file that is locked.
    return reports / f"{NAME}-held-by"


def _sign(reports: Path, what: str) -> None:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    with suppress(OSError):
        text = f"{what}, by {identity.who()} on {identity.host()}, since {since}"
        _note(reports).write_text(text, encoding="utf-8")


def _holder(reports: Path) -> str:
    for _ in range(5):
        with suppress(OSError):
            return _note(reports).read_text(encoding="utf-8")
        time.sleep(0.05)
    return "another run"
