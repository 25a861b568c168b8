"""The journal's file: a SQLite database with a version.

It is brought up to date when it is opened.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from recon.base import disk, temporary
from recon.base.errors import JournalHeld, ReportError
from recon.record.journal import chain

# One script a version; a script that has been released is never changed.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, month TEXT NOT NULL, started TEXT NOT NULL, ended TEXT NOT NULL,
        who TEXT NOT NULL, host TEXT NOT NULL, versions TEXT NOT NULL, policy TEXT NOT NULL,
        sources TEXT NOT NULL, severity TEXT NOT NULL, exit_code INTEGER NOT NULL,
        folder TEXT NOT NULL, evidence TEXT NOT NULL, invalid INTEGER NOT NULL,
        supersedes TEXT NOT NULL);
    CREATE TABLE totals (
        run_id TEXT NOT NULL REFERENCES runs, currency TEXT NOT NULL, expected INTEGER NOT NULL,
        recognized INTEGER NOT NULL, gross_difference INTEGER NOT NULL,
        contract_lines INTEGER NOT NULL, inactive_lines INTEGER NOT NULL,
        matched INTEGER NOT NULL, within_tolerance INTEGER NOT NULL, breaks INTEGER NOT NULL,
        PRIMARY KEY (run_id, currency));
    CREATE TABLE breaks (
        run_id TEXT NOT NULL REFERENCES runs, name TEXT NOT NULL, contract_id TEXT NOT NULL,
        revenue_type TEXT NOT NULL, currency TEXT NOT NULL, customer TEXT NOT NULL,
        segment TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL, cause TEXT NOT NULL,
        severity TEXT NOT NULL, expected INTEGER NOT NULL, recognized INTEGER NOT NULL,
        difference INTEGER NOT NULL, to_date_difference INTEGER NOT NULL,
        explanation TEXT NOT NULL, PRIMARY KEY (run_id, name));
    CREATE TABLE events (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, host TEXT NOT NULL,
        kind TEXT NOT NULL, subject TEXT NOT NULL, month TEXT NOT NULL, reason TEXT NOT NULL,
        detail TEXT NOT NULL);
    """,
    """
    CREATE TABLE alerts (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, run TEXT NOT NULL,
        month TEXT NOT NULL, kind TEXT NOT NULL, level TEXT NOT NULL, place TEXT NOT NULL,
        payload TEXT NOT NULL);
    CREATE TABLE alerted (
        alert TEXT NOT NULL REFERENCES alerts (id), name TEXT NOT NULL,
        PRIMARY KEY (alert, name));
    CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY, alert TEXT NOT NULL REFERENCES alerts (id), at TEXT NOT NULL,
        sent TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE INDEX deliveries_by_alert ON deliveries (alert);
    """,
    """
    CREATE TABLE closings (
        run_id TEXT NOT NULL REFERENCES runs, revenue_type TEXT NOT NULL, segment TEXT NOT NULL,
        currency TEXT NOT NULL, amount INTEGER NOT NULL,
        PRIMARY KEY (run_id, revenue_type, segment, currency));
    ALTER TABLE runs ADD COLUMN provisional INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE runs ADD COLUMN reported TEXT;
    ALTER TABLE breaks ADD COLUMN content TEXT;
    """,
    """
    CREATE TABLE found_events (
        run_id TEXT NOT NULL REFERENCES runs, id TEXT NOT NULL, kind TEXT NOT NULL,
        severity TEXT NOT NULL, sentence TEXT NOT NULL, advice TEXT NOT NULL,
        lines INTEGER NOT NULL, breaks_left INTEGER NOT NULL, PRIMARY KEY (run_id, id));
    """,
    """
    CREATE TABLE links (
        event INTEGER PRIMARY KEY REFERENCES events (number), seal TEXT NOT NULL);
    CREATE INDEX events_by_subject ON events (subject);
    """,
    """
    CREATE TABLE repeats (event INTEGER PRIMARY KEY REFERENCES events (number));
    CREATE INDEX runs_by_month ON runs (month COLLATE NOCASE, ended);
    """,
)
# Before it there were no seals; what stands in such a journal is sealed as it is found.
_SEALED = 6
TABLES = (
    "runs", "totals", "breaks", "events", "alerts", "alerted", "deliveries", "closings",
    "found_events", "links", "repeats",
)  # fmt: skip
PATIENCE = 10.0
# An empty journal that is gone when it is closed.
NOWHERE = Path(":memory:")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the journal, made or brought up to date first.

    Raises ReportError where it cannot be read or written, is damaged, or is younger than this
    recon.
    """
    try:
        disk.make_folders(path.parent)
    except OSError as error:
        raise ReportError(
            f"The journal cannot be written: {path}: {error}. Create the folder, or get the right "
            "to write there, then run again."
        ) from error
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            _prepare(connection, path)
            yield connection
    except sqlite3.Error as error:
        # Its subclasses, OperationalError among them, tell of the place and not of the content.
        if type(error) is sqlite3.DatabaseError:
            raise ReportError(
                f"The journal {path} is damaged: {error}. Restore it from a backup, or move it "
                "away to start a new one."
            ) from error
        if _is_held(error):
            raise JournalHeld(str(path)) from error
        advice = (
            "Get the rights to read and to write it"
            if _is_forbidden(error)
            else "Check that the disk has room"
        )
        raise ReportError(
            f"The journal cannot be written: {path}: {error}. {advice}, then run again."
        ) from error


@contextmanager
def readable(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the journal to read in it.

    Where it may only be read, that is a copy of it. Where there is none yet it is an empty one.
    Raises ReportError as `opened` does.
    """
    if not path.exists():
        path = NOWHERE
    elif _may_only_be_read(path):
        with _copied(path) as copy, opened(copy) as connection:
            yield connection
        return
    with opened(path) as connection:
        yield connection


def _may_only_be_read(path: Path) -> bool:
    """Whether SQLite cannot even look without writing.

    It is so with a write-ahead log.
    """
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
            _version(connection)
    except sqlite3.Error as error:  # opening it will tell of the others
        return _is_forbidden(error)
    return False


def _is_forbidden(error: Exception) -> bool:
    """Whether the rights to the file are missing."""
    return _kind(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def _is_held(error: Exception) -> bool:
    """Whether another program keeps the file to itself."""
    return _kind(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _kind(error: Exception) -> int:
    # The upper bits tell the cases of a kind apart.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    with temporary.folder() as folder:
        copy = Path(folder) / path.name
        try:
            # What was written last may stand in the log only.
            for ending in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
        except OSError as error:
            raise ReportError(
                f"The journal cannot be read: {path}: {error.strerror}. Get the rights to read "
                "it, then try again."
            ) from error
        yield copy


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # On a network share there is no write-ahead log; the journal then works without.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise ReportError(
            f"The journal {path} was written by a newer recon (its version is {version}, this one "
            f"knows {len(MIGRATIONS)}); install that one."
        )
    if version < len(MIGRATIONS):
        _migrate(connection)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        # Another process may have done it since we looked.
        before = _version(connection)
        for number in range(before, len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        if before < _SEALED:
            chain.extend(connection, 0)
        for table in TABLES:
            _seal(connection, table)


def _seal(connection: sqlite3.Connection, table: str) -> None:
    """Let nobody change or delete rows, by accident at least."""
    for action in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER IF NOT EXISTS {table}_{action.lower()} BEFORE {action} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Let everything in the context happen, or nothing.

    Raises JournalHeld where another program does not let it begin.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _is_held(error):
            path = connection.execute("PRAGMA database_list").fetchone()[2]
            raise JournalHeld(path) from error
        raise
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # On a full disk SQLite has rolled back by itself, and would complain about that instead.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
