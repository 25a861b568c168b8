"""The DuckDB session that does the set work: the one module that imports duckdb."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from recon.errors import ReconError, SourceDataError, SourceUnreachable
from recon.expected import MACROS

Session = duckdb.DuckDBPyConnection


def open_session() -> Session:
    """Return a new in-memory session with the arithmetic of expected revenue."""
    # Nothing is fetched from the network, and the machine's time zone changes no date.
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    return connection


@contextmanager
def session() -> Iterator[Session]:
    """Yield a new session, closed at the end."""
    with open_session() as connection:
        yield connection


def columns(connection: Session, relation: str) -> dict[str, str]:
    """Return the columns of a relation and their SQL types, in order."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def name(identifier: str) -> str:
    """Return an identifier quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str | int | None) -> str:
    """Return a value as an SQL literal."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


@contextmanager
def reading(side: str, description: str) -> Iterator[None]:
    """Turn what DuckDB raises while it reads a source into one sentence.

    Raises SourceUnreachable where the source is gone or refuses, SourceDataError where its
    content cannot be read, KeyboardInterrupt where Ctrl-C stopped the query.
    """
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.IOException as error:
        raise SourceUnreachable(
            f"The {side} side ({description}) cannot be read: {_first_line(error)} "
            "Check that it is there and may be read, then run again."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise ReconError(
            f"The memory is too small for the {side} side ({description}): {_first_line(error)}"
        ) from error
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise SourceDataError(
            f"The {side} side ({description}) is not what it should be: {_first_line(error)}"
        ) from error


def _first_line(error: duckdb.Error) -> str:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return text if text.endswith(".") else text + "."
