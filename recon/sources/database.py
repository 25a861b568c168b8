"""A database read in one connection, in one state.

Nothing is written to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from recon.base.errors import ConfigError, SourceDataError
from recon.config import DatabaseSettings
from recon.sources.connection import connection_string
from recon.sources.side_by_side import PATIENCE, Supervisor, aside

if TYPE_CHECKING:
    import pyodbc

BATCH = 10_000
SQL_SS_TIMESTAMPOFFSET = -155
SQL_SERVER = "Microsoft SQL Server"
POSTGRESQL = "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Database:
    """An open connection.

    `product` is the server's name for itself, `isolation` the level that it grants. `version` is
    the server's, `driver` the name and version of what it is read through. All statements share one
    cursor, so that stopping them is one thing to cancel.
    """

    cursor: pyodbc.Cursor
    product: str
    version: str
    driver: str
    isolation: str
    supervisor: Supervisor

    def execute(self, statement: str, *parameters: Any) -> pyodbc.Cursor:  # noqa: ANN401 - any type
        """The cursor of a statement; any earlier one is closed."""
        self.supervisor.check()
        return self.cursor.execute(statement, *parameters)

    def batches(self) -> Iterator[list[pyodbc.Row]]:
        """The rows of the result, some thousands at a time."""
        while batch := self.cursor.fetchmany(BATCH):
            self.supervisor.check()
            yield batch


def driver_manager() -> Any:  # noqa: ANN401 - a module
    """The pyodbc module.

    Raises ConfigError where the machine lacks a part that it needs.
    """
    try:
        import pyodbc
    except ImportError as error:
        raise ConfigError(
            [f"pyodbc cannot be loaded ({error}); on Linux install the package unixodbc"],
            "This machine",
        ) from error
    return pyodbc


@contextmanager
def connected(settings: DatabaseSettings, supervisor: Supervisor) -> Iterator[Database]:
    """The database of the settings, in one read-only transaction.

    All rows come from one state of the data, as far as the server allows. Raises ConfigError,
    pyodbc.Error, SourceDataError where the driver misreads decimals.
    """
    pyodbc = driver_manager()
    # A session that is pooled is not closed: its transaction would go on.
    pyodbc.pooling = False
    text = connection_string(settings, pyodbc.drivers())
    connection = pyodbc.connect(text, timeout=settings.login_timeout, autocommit=True)
    try:
        product = connection.getinfo(pyodbc.SQL_DBMS_NAME)
        _prepare(connection, settings, product)
        # A cursor has the timeout that its connection had when it was made.
        cursor = connection.cursor()
        with supervisor.cancelling(cursor.cancel):
            check_decimals(cursor)
            version, driver = _versions(connection)
            isolation = _begin(cursor, product)
            yield Database(cursor, product, version, driver, isolation, supervisor)
    finally:
        # Some drivers ask the server for a rollback first, and wait for its answer.
        aside(connection.close).join(PATIENCE)


def _versions(connection: pyodbc.Connection) -> tuple[str, str]:
    import pyodbc

    driver = (pyodbc.SQL_DRIVER_NAME, pyodbc.SQL_DRIVER_VER)
    return connection.getinfo(pyodbc.SQL_DBMS_VER), " ".join(map(connection.getinfo, driver))


def _prepare(connection: pyodbc.Connection, settings: DatabaseSettings, product: str) -> None:
    import pyodbc

    convert = partial(_moment, zone=settings.time_zone)
    connection.add_output_converter(SQL_SS_TIMESTAMPOFFSET, convert)
    if product == POSTGRESQL and settings.time_zone:
        connection.execute(f"SET TIME ZONE '{settings.time_zone}'")
    if settings.query_timeout:
        try:
            connection.timeout = settings.query_timeout
        except pyodbc.Error:
            # PostgreSQL's driver knows no timeout; the server does.
            connection.execute(f"SET statement_timeout = {settings.query_timeout * 1000}")


def _begin(cursor: pyodbc.Cursor, product: str) -> str:
    """Begin the reading transaction; return its isolation in words."""
    if product == SQL_SERVER:
        level = _sql_server_isolation(cursor)
        # A transaction that has begun under another level cannot change to snapshot, and the
        # driver would begin one by itself: so the level is set and the transaction begun in words.
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        cursor.execute("BEGIN TRANSACTION")
        return f"{level.lower()} isolation"
    if product == POSTGRESQL:
        cursor.execute(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        )
        cursor.connection.autocommit = False
        return "snapshot isolation (repeatable read)"
    cursor.connection.autocommit = False
    return "the server's default isolation"


def _sql_server_isolation(cursor: pyodbc.Cursor) -> str:
    """SNAPSHOT where the database allows it, else READ COMMITTED."""
    found = cursor.execute(
        "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()"
    ).fetchone()
    return "SNAPSHOT" if found and found[0] == 1 else "READ COMMITTED"


def check_decimals(cursor: pyodbc.Cursor) -> None:
    """Check that decimals arrive unchanged.

    Under some locales they arrive 10,000-fold. Raises SourceDataError where they still do not with
    the separator put right.
    """
    import pyodbc

    select, right = "SELECT CAST(1234.56 AS decimal(19, 4))", Decimal("1234.56")
    if cursor.execute(select).fetchval() == right:
        return
    pyodbc.setDecimalSeparator(".")
    if cursor.execute(select).fetchval() != right:
        raise SourceDataError(
            "The driver reads 1234.56 as a different number; set the account's regional format to "
            "one with a decimal point, then run again."
        )


def _moment(raw: bytes, zone: str | None) -> str:
    """A datetimeoffset as text, in the configured zone.

    Without a zone it stays as it is.
    """
    year, month, day, hour, minute, second, nanosecond, *offset = struct.unpack("<6hI2h", raw)
    moment = datetime(year, month, day, hour, minute, second, nanosecond // 1000)
    # The first and the last years are how systems say that there is no date.
    if zone and 1900 < year < 9999:  # noqa: PLR2004
        at = timezone(timedelta(hours=offset[0], minutes=offset[1]))
        moment = moment.replace(tzinfo=at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return moment.isoformat(" ")
