"""Copies of the store: backup, compact, upgrade.

A copy is counted table by table, and takes the place of the store in one step.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recon.base import disk
from recon.base.errors import ReportError, tie
from recon.store.schema import STORE
from recon.store.session import Session, literal, name, writing

# The truth, opened by one loader alone.
FILE = "write.duckdb"
# Written as the oldest release that recon runs with reads it.
STORAGE = "v1.4.0"
COPY = "copy"


def counts(session: Session) -> dict[str, int]:
    """The number of rows of every table of the store."""
    tables = session.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{STORE}' ORDER BY 1"
    ).fetchall()
    return {table: _rows(session, f"{STORE}.{name(table)}") for (table,) in tables}


def _rows(session: Session, relation: str) -> int:
    found = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(found[0]) if found else 0


def copy_to(session: Session, path: Path) -> int:
    """Copy the store to a new file; return its rows.

    Raises ReportError where it cannot be written, TieOutError where a row is missing.
    """
    with copied(session, path) as rows:
        pass
    return rows


@contextmanager
def copied(session: Session, path: Path) -> Iterator[int]:
    """Copy the store to a new file; yield its rows.

    Raises ReportError where it cannot be written, TieOutError where a row is missing.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        attach(session, path, COPY)
        try:
            session.execute(f"COPY FROM DATABASE {STORE} TO {COPY}")
            rows = counts(session)
            for table, count in rows.items():
                tie(f"the copy of {table}", _rows(session, f"{COPY}.{name(table)}"), count)
            yield sum(rows.values())
        finally:
            session.execute(f"DETACH {COPY}")


def attach(session: Session, path: Path, of: str) -> None:
    """Attach a file of a store, or make it."""
    session.execute(f"ATTACH {literal(str(path))} AS {of} (STORAGE_VERSION {literal(STORAGE)})")


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Yield a new file's name, which goes afterwards.

    What an earlier process has left there, when it was killed, goes first.
    """
    for left in folder.glob("write-*.tmp*"):
        with suppress(OSError):
            left.unlink()
    made = folder / f"write-{secrets.token_hex(3)}.tmp"
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def replace_by(folder: Path, made: Path) -> tuple[int, int]:
    """Replace the store by a compact copy; return both sizes.

    The store must not be open. Raises ReportError where it cannot be replaced.
    """
    path = folder / FILE
    before, after = path.stat().st_size, made.stat().st_size
    try:
        disk.sync_file(made)
        made.replace(path)
        disk.sync_folder(folder)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be replaced ({error.strerror}); close whatever has it open, and run "
            "again."
        ) from error
    return before, after
