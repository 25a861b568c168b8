"""The lock that lets one run at a time write.

It is a transaction of SQLite, which the journal needs anyway, in a file of its own that stays
empty: the operating system gives it back when the process ends, however it ends.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from recon.base import disk
from recon.base.errors import Locked
from recon.record import identity
from recon.record.run_folder import unwritable

NAME = ".lock"
# Two runs that meet are a matter of seconds; a run that hangs is one for a person.
PATIENCE = 20.0


@contextmanager
def locked(reports: Path, what: str, patience: float | None = None) -> Iterator[None]:
    """Hold the lock of a folder of reports.

    `what` is shown to the run that comes second.

    Raises Locked where another one holds it for longer than `patience` seconds, ReportError where
    no lock can be written.
    """
    with ExitStack() as kept:
        try:
            disk.make_folders(reports)
            lock = held(reports / NAME, PATIENCE if patience is None else patience)
            ours = kept.enter_context(lock)
        except OSError as error:
            raise unwritable(error, reports) from error
        if not ours:
            raise Locked(_holder(reports), reports)
        try:
            _sign(reports, what)
            yield
        finally:
            with suppress(OSError):
                _note(reports).unlink()


@contextmanager
def held(path: Path, patience: float) -> Iterator[bool]:
    """Hold the lock of a file.

    Yields False where another process keeps it for `patience` seconds.

    Whoever opens the file by itself in the meantime gives the lock back, on POSIX, by closing it.
    Raises OSError where the file cannot be written.
    """
    with ExitStack() as kept:
        if path.is_symlink():
            raise OSError("it is a link, which recon does not follow")
        try:
            file = sqlite3.connect(path, timeout=0, isolation_level=None)
            taken = _taken(kept.enter_context(closing(file)), patience)
        except sqlite3.Error as error:
            # SQLite does not say why; opening it does, or else there is nothing to add.
            with path.open("ab"):
                raise OSError(str(error)) from error
        yield taken


def _taken(file: sqlite3.Connection, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            # Nothing is ever written, and so whoever is killed leaves no file beside it.
            file.execute("PRAGMA journal_mode = MEMORY")
            file.execute("BEGIN EXCLUSIVE")
            # Where the file may only be read, the transaction would hold nobody off.
            file.execute("CREATE TABLE held (who)")
            return True
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY":
                raise
        if time.monotonic() > end:
            return False
        # SQLite would wait by itself, but deaf to Ctrl-C.
        time.sleep(0.1)


def _note(reports: Path) -> Path:
    # On Windows nobody else can read a file that is locked.
    return reports / f"{NAME}-held-by"


def _sign(reports: Path, what: str) -> None:
    since = datetime.now().astimezone().isoformat(" ", "seconds")
    with suppress(OSError):
        text = f"{what}, by {identity.who()} on {identity.host()}, since {since}"
        with disk.created(_note(reports)) as file:
            file.write(text.encode())


def _holder(reports: Path) -> str:
    for _ in range(5):
        with suppress(OSError):
            return _note(reports).read_text(encoding="utf-8")
        time.sleep(0.05)
    return "another run"
