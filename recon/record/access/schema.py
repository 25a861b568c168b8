"""The file of access: a SQLite database beside the journal.

Passwords are hashed by Argon2, tokens and sessions by SHA-256; none can be read back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from recon.base import disk
from recon.base.errors import ReportError

NAME = "access.db"
PATIENCE = 10.0
# One script a version; a script that has been released is never changed.
MIGRATIONS = (
    """
    CREATE TABLE people (
        key TEXT PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL, parts TEXT NOT NULL,
        feeds TEXT NOT NULL, regions TEXT NOT NULL, disabled INTEGER NOT NULL,
        created TEXT NOT NULL);
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, person TEXT NOT NULL REFERENCES people,
        label TEXT NOT NULL, parts TEXT NOT NULL, created TEXT NOT NULL, expires TEXT NOT NULL,
        revoked INTEGER NOT NULL);
    CREATE TABLE sessions (
        digest TEXT PRIMARY KEY, person TEXT NOT NULL, csrf TEXT NOT NULL, parts TEXT NOT NULL,
        created REAL NOT NULL, seen REAL NOT NULL, address TEXT NOT NULL);
    CREATE TABLE actions (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL,
        what TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE TRIGGER actions_update BEFORE UPDATE ON actions
        BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
    CREATE TRIGGER actions_delete BEFORE DELETE ON actions
        BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
    """,
)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the file of access, made first where needed.

    Raises ReportError where it cannot be used, or is younger than this recon.
    """
    try:
        disk.make_folders(path.parent)
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            _prepare(connection, path)
            yield connection
    except (OSError, sqlite3.Error) as error:
        raise ReportError(
            f"{path} cannot be used: {error}. Get the rights to read and write it, or restore it "
            "from a backup, then try again."
        ) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    with suppress(sqlite3.OperationalError):  # on a network share, which has no such log
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise ReportError(
            f"{path} was written by a newer recon (its version is {version}, this one knows "
            f"{len(MIGRATIONS)}); install that one."
        )
    if version < len(MIGRATIONS):
        _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        before = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for number in range(before, len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Let everything in the context happen, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
