"""The DuckDB session, in the only module importing duckdb."""

from __future__ import annotations

import glob
import os
import re
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from recon.base import temporary
from recon.base.errors import (
    ConfigError,
    ReconError,
    ReportError,
    SourceDataError,
    SourceUnreachable,
)

Session = duckdb.DuckDBPyConnection
_Value = str | bool | int | float | list[str]

# Months are counted from January of year 0 (see `recon.base.month`).
_MONTHS = (
    "CREATE MACRO month_index(day) AS date_diff('month', DATE '0000-01-01', day)",
    "CREATE MACRO month_start(m) AS make_date(m // 12, m % 12 + 1, 1)",
    "CREATE MACRO add_months(day, n) AS CAST(day + to_months(CAST(n AS INTEGER)) AS DATE)",
)


def open_session(
    memory_limit: str | None = None,
    allowed: Iterable[Path] = (),
    *,
    threads: int | None = None,
    spill: str | None = None,
) -> Session:
    """A new in-memory session with the arithmetic of months.

    Of what it keeps no more than `memory_limit`, like `2GB`, is in memory, the rest in temporary
    files; without one it is four fifths of the machine's memory. It reads and writes nothing but
    the files and folders that are `allowed`, and those of the folder for temporary files. `spill`
    is another place for what it keeps in files, and '' is none.
    """
    connection = duckdb.connect(":memory:", config=_config(memory_limit, threads))
    connection.execute("SET TimeZone = 'UTC'")
    # Where Python runs interactively, DuckDB would draw one over what is printed.
    connection.execute("SET enable_progress_bar = false")
    # What does not fit the memory goes where temporary files go, if there is such a place: DuckDB
    # would write it to the folder that we happen to be in.
    with suppress(FileNotFoundError):
        allowed = [*allowed, Path(tempfile.gettempdir())]
        spill = str(temporary.name()) if spill is None else spill
    connection.execute(f"SET temp_directory = {literal(spill or '')}")
    for macro in _MONTHS:
        connection.execute(macro)
    _confine(connection, allowed)
    return connection


def _config(memory_limit: str | None, threads: int | None) -> dict[str, _Value]:
    # Nothing is fetched from the network, and the machine's time zone changes no date.
    config: dict[str, _Value] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if memory_limit:
        config["memory_limit"] = memory_limit
    if threads:
        config["threads"] = threads
    return config


def _confine(connection: Session, allowed: Iterable[Path]) -> None:
    """Let a session reach nothing but these files and folders.

    Whatever a statement or a file asks for, it cannot open others, load an extension, or take this
    back. Links count as what they lead to. A database needs its folder, for the files beside it.
    """
    files, folders = set(), set()
    for path in allowed:
        # DuckDB is told of names with brackets as of patterns that mean themselves.
        names = {str(path.absolute()), glob.escape(str(path.absolute()))}
        if not path.is_file():
            folders |= names
        if not path.is_dir():
            files |= names
    for option, found in (("allowed_directories", folders), ("allowed_paths", files)):
        listed = ", ".join(map(literal, sorted(found)))
        connection.execute(f"SET {option} = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def open_private_session() -> Session:
    """A session whose temporary files nobody else can read.

    It is for a process of somebody else, whose files everybody may read. The temporary ones are in
    a folder of this user alone, which goes with the session.
    """
    if os.name != "posix":  # a folder of Windows has the rights of the one that it is in
        return open_session()
    try:
        folder = temporary.folder()
    except OSError:
        # Rather too little memory than books that everybody can read.
        return open_session(spill="")
    connection = open_session(spill=folder.name)
    weakref.finalize(connection, folder.cleanup)
    return connection


@contextmanager
def session(*allowed: Path) -> Iterator[Session]:
    """Yield a new session, closed at the end.

    It reaches the files and folders that are `allowed`, and temporary ones.
    """
    with open_session(allowed=allowed) as connection:
        yield connection


def columns(connection: Session, relation: str) -> dict[str, str]:
    """A relation's columns in order, with their SQL types."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def created(connection: Session, statement: str) -> int:
    """Number of rows of the table that a statement creates."""
    (count,) = connection.execute(statement).fetchone() or (0,)
    return int(count)


def is_any(connection: Session, relation: str) -> bool:
    """Whether a relation, written as after FROM, has a row."""
    return connection.execute(f"SELECT 1 FROM {relation} LIMIT 1").fetchone() is not None


def name(identifier: str) -> str:
    """An identifier quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str | int | None) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


@contextmanager
def reading(side: str, description: str) -> Iterator[None]:
    """Turn DuckDB's errors while reading into one sentence.

    Raises SourceUnreachable where the source is gone or refuses, SourceDataError where its
    content cannot be read, KeyboardInterrupt where Ctrl-C stopped the query.
    """
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:
        raised = _raised(error, f"the {side} side ({description})")
        if raised is None:
            raise
        raise raised from error


@contextmanager
def reckoning(what: str) -> Iterator[None]:
    """Turn DuckDB's lack of room while computing into one sentence.

    Whatever else it raises is a defect of recon, and no fault of a source. Raises ReconError and
    ReportError where memory or the folder for temporary files is too small, KeyboardInterrupt
    where Ctrl-C stopped the query.
    """
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:
        raised = _stopped(error, what) or _spilled(error)
        if raised is None:
            raise
        raise raised from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn errors of writing a file into a ReportError."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise _no_room(error, str(path)) from error
    except (duckdb.IOException, duckdb.TransactionException, OSError) as error:
        # A database file on a full disk fails to commit.
        raise ReportError(
            f"{path} cannot be written: {_plainly(error)}. "
            "Close it, make room, or choose another place, then run again."
        ) from error


@contextmanager
def evaluating(key: str, found: Sequence[str]) -> Iterator[None]:
    """Turn mistakes in an expression of the configuration into ConfigErrors.

    `found` are the columns that it may use.
    """
    try:
        yield
    except (
        duckdb.BinderException,
        duckdb.ParserException,
        duckdb.CatalogException,
        duckdb.ConversionException,
        duckdb.OutOfRangeException,
        duckdb.InvalidInputException,
    ) as error:
        if "CSV Error" in str(error):
            raise
        raise ConfigError([f"{key}: {_mistake(error, found)}"], "the configuration") from error


def refuse_many(text: str) -> None:
    """Stop where a text is not one SQL expression.

    Raises DuckDB's errors.
    """
    duckdb.SQLExpression(text)


def _mistake(error: duckdb.Error, found: Sequence[str]) -> str:
    """DuckDB's message on an expression, for people."""
    if unknown := re.search(r'Referenced column "(.*?)" ', str(error)):
        return (
            f"there is no column {unknown[1]!r} (there are {', '.join(found)}); texts are in "
            "single quotes, names with blanks in double ones"
        )
    plain = _plainly(error).rstrip("!.")
    if isinstance(error, duckdb.ConversionException) or "explicit cast" in plain:
        return f"{plain}; every column is text, so write TRY_CAST(column AS DECIMAL(18, 2))"
    return plain


def _raised(error: Exception, what: str) -> BaseException | None:
    """The error to raise instead of DuckDB's.

    None where the error is a defect of recon.
    """
    if stopped := _stopped(error, what):
        return stopped
    if isinstance(error, duckdb.IOException):
        return SourceUnreachable(
            f"T{what[1:]} cannot be read: {_plainly(error)}. "
            "Check that it exists and is readable, then run again."
        )
    if isinstance(error, duckdb.PermissionException):
        return SourceUnreachable(
            f"T{what[1:]} asks for a file that is not one of its own; nothing else is read. "
            "Where files were added meanwhile, run again."
        )
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException):
        return SourceDataError(f"T{what[1:]} cannot be used: {_plainly(error)}.")
    # Of a damaged Parquet file DuckDB's libraries raise what has no kind of its own.
    unkind = type(error) in (duckdb.Error, RuntimeError) or isinstance(error, _DAMAGED)
    if unkind and "parquet" in what.lower():
        return SourceDataError(f"T{what[1:]} cannot be used: it is damaged. Export it again.")
    return None


_DAMAGED = (duckdb.InternalException, duckdb.SerializationException, duckdb.OutOfRangeException)


def _stopped(error: Exception, what: str) -> BaseException | None:
    """The error where no data is at fault, else None.

    That is Ctrl-C, or too little room.
    """
    if isinstance(error, duckdb.InterruptException) or str(error) == "Query interrupted":
        return KeyboardInterrupt()
    if isinstance(error, duckdb.OutOfMemoryException):
        return _no_room(error, what)
    return None


def _spilled(error: Exception) -> ReportError | None:
    """The obstacle to writing temporary files, if any.

    They are the only files in use, so an error of input or output is theirs.
    """
    if not isinstance(error, duckdb.IOException):
        return None
    return ReportError(
        f"The folder for temporary files, {tempfile.gettempdir()}, cannot be used: "
        f"{_plainly(error)}. Make room there, or set TMPDIR (on Windows TEMP) to another folder, "
        "then run again."
    )


def _no_room(error: duckdb.OutOfMemoryException, what: str) -> ReconError:
    """The resource that is too small: memory or temporary space."""
    if "offload" in str(error) or "temp_directory" in str(error):
        return ReportError(
            f"The folder for temporary files, {tempfile.gettempdir()}, has no room for {what}. "
            "Make room there, or set TMPDIR (on Windows TEMP) to another folder, then run again."
        )
    return ReconError(
        f"There is not enough memory for {what}: {_plainly(error)}. "
        "Raise memory_limit in the configuration, or free some memory, then run again."
    )


_MEANINGS = (
    ("No files found", "it is no longer there"),
    (
        "Original Line: #",
        "it begins with # like a comment; take it out, or put it above the header",
    ),
    ("Expected Number of Columns", "its number of fields differs from that of the header"),
    ("unterminated quote", "a quote does not end where its field ends"),
    ("Maximum line size", "it is too long; a quote before it may not be closed"),
    ("state machine", "line endings are mixed, or a quote is not closed"),
    ("magic bytes", "it is not a Parquet file, or not a complete one"),
    ("too small to be a Parquet", "it is not a Parquet file, or not a complete one"),
)


def _plainly(error: Exception) -> str:
    """DuckDB's message for people, the place first."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error).strip() or type(error).__name__
    # A write in the background tells of its own error in JSON.
    if nested := re.search(r'"exception_message":"((?:[^"\\]|\\.)*)"', text):
        text = re.sub(r"\\(.)", r"\1", nested[1])
    line = re.search(r"CSV Error on Line: (\d+)", text)
    file = re.search(r"^\s*file = .*?([^/\\\n]+)$", text, re.MULTILINE)
    places = [f"line {line[1]}"] if line else []
    places += [file[1]] if file else []
    first = re.sub(r"^[A-Z][\w ]* Error: ", "", text).splitlines()[0].rstrip(".")
    what = next((meaning for words, meaning in _MEANINGS if words in text), first)
    return f"{' of '.join(places)}: {what}" if places else what
