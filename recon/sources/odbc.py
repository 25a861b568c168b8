"""Databases as a source: SQL Server, and whatever else has an ODBC driver.

Entry detail is fetched for the month and its two neighbours. Older entries come condensed, one
sum a key added up on the server, so that a month never pulls years of entries. Every part is
compared with an independent COUNT and SUM over the same query in the same transaction, and a
transient error repeats the whole extraction: a partial read proves nothing.
"""

from __future__ import annotations

import csv
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recon.config import DatabaseSettings, SourceSettings
from recon.engine import Session, literal, name, reading
from recon.errors import ConfigError, MissingColumns, SourceDataError
from recon.intake import CONTRACT_COLUMNS, ENTRY_COLUMNS
from recon.model import Side
from recon.month import Month
from recon.sources.connection import connection_string, failure, retried

if TYPE_CHECKING:
    import pyodbc

BATCH = 10_000
SQL_SS_TIMESTAMPOFFSET = -155
# Older than any ledger: the first day of the range that holds all history.
BEGINNING = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """A SELECT of an extraction and the one that counts it, with the parameters of both.

    A condensed part delivers one row a key, and how many entries went into it.
    """

    select: str
    count: str
    parameters: tuple[date, ...] = ()
    condensed: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """What a part delivered: a CSV file of text fields, and which of its columns are floats."""

    path: Path
    columns: tuple[str, ...]
    floats: frozenset[str]


def parts(side: Side, query: str, month: Month, columns: Sequence[str]) -> list[Part]:
    """Return what is asked of the server for a month.

    An entries query has two `?`: the first day, and the first day after the range.
    """
    wrapped = f"FROM ({query}) q"
    if side is Side.ANALYTICS:
        return [Part(f"SELECT * {wrapped}", f"SELECT COUNT(*), SUM(contract_value) {wrapped}")]
    count = f"SELECT COUNT(*), SUM(amount) {wrapped}"
    recent, before = (month - 1).first_day, (month - 2).first_day
    return [
        Part(f"SELECT * {wrapped}", count, (recent, (month + 2).first_day)),
        Part(_condensed(wrapped, columns), count, (before, recent), condensed=True),
        Part(_condensed(wrapped, columns), count, (BEGINNING, before), condensed=True),
    ]


def _condensed(wrapped: str, columns: Sequence[str]) -> str:
    """Return the SELECT that adds up a range by key, as if all were posted when the first was."""
    keys = ["contract_id", "revenue_type", *(["currency"] if "currency" in columns else [])]
    return (
        f"SELECT {', '.join(keys)}, SUM(amount) AS amount, "
        "MIN(recognition_period) AS recognition_period, "
        f"COUNT(*) AS entries {wrapped} GROUP BY {', '.join(keys)}"
    )


@dataclass(frozen=True, slots=True)
class OdbcSource:
    """One side read from a database."""

    settings: SourceSettings

    @property
    def _database(self) -> DatabaseSettings:
        if self.settings.database is None:
            raise TypeError("a database source needs database settings")
        return self.settings.database

    @property
    def description(self) -> str:
        """Which database and which query, without secrets."""
        database = self._database
        where = f"{database.server}/{database.database}" if database.server else "connection"
        return f"{self.settings.kind} {where}, {database.query.name}"

    @contextmanager
    def opened(self, session: Session, month: Month) -> Iterator[str]:
        """Yield a SELECT over what the database delivers for a month.

        Raises ConfigError, SourceUnreachable after three more attempts where an error is
        transient, and SourceDataError where rows and sums do not agree with the server's.
        """
        with tempfile.TemporaryDirectory(prefix="recon-") as scratch:
            extracts = self._extracted(Path(scratch), month)
            with reading(self.settings.side, self.description):
                yield "(" + " UNION ALL BY NAME ".join(map(_relation, extracts)) + ")"

    def _extracted(self, scratch: Path, month: Month) -> list[Extract]:
        pyodbc = _driver_manager()
        query = self._database.query.read_text(encoding="utf-8-sig").strip().rstrip(";")
        text = connection_string(self._database, pyodbc.drivers())
        try:
            return retried(lambda: self._attempt(text, query, scratch, month))
        except (pyodbc.Error, ArithmeticError) as error:
            raise failure(self.settings.side, self.description, error) from None

    def _attempt(self, text: str, query: str, scratch: Path, month: Month) -> list[Extract]:
        with closing(connected(text, self._database)) as connection:
            columns = self._columns(connection, query)
            return [
                self._fetched(connection, part, scratch / f"{number}.csv")
                for number, part in enumerate(parts(self.settings.side, query, month, columns))
            ]

    def _columns(self, connection: pyodbc.Connection, query: str) -> list[str]:
        """Return the query's columns; raises MissingColumns before anything is fetched."""
        side = self.settings.side
        parameters = () if side is Side.ANALYTICS else (BEGINNING, BEGINNING)
        with closing(
            connection.execute(f"SELECT * FROM ({query}) q WHERE 1 = 0", *parameters)
        ) as c:
            found = [column[0].lower() for column in c.description]
        needed = CONTRACT_COLUMNS if side is Side.ANALYTICS else ENTRY_COLUMNS
        missing = [column for column in needed if column not in found]
        if missing:
            raise MissingColumns(side, missing, found)
        return found

    def _fetched(self, connection: pyodbc.Connection, part: Part, path: Path) -> Extract:
        """Return a part's rows as a file, checked against the server's own count and sum."""
        wanted_rows, wanted_sum = connection.execute(part.count, *part.parameters).fetchone()
        with closing(connection.execute(part.select, *part.parameters)) as cursor:
            columns = tuple(column[0].lower() for column in cursor.description)
            floats = frozenset(
                column[0].lower() for column in cursor.description if column[1] is float
            )
            rows, total = _write(cursor, columns, part, path)
        summed = "contract_value" if self.settings.side is Side.ANALYTICS else "amount"
        exact = summed not in floats and not isinstance(wanted_sum, float)
        if rows != wanted_rows or (exact and total != (wanted_sum or 0)):
            raise SourceDataError(
                f"The {self.settings.side} side ({self.description}) delivered {rows:,} rows and "
                f"a sum of {total}, but the server counts {wanted_rows:,} and {wanted_sum or 0}; "
                "it changed while it was read, run again."
            )
        return Extract(path, columns, floats)


def _driver_manager() -> Any:  # noqa: ANN401 - a module
    try:
        import pyodbc
    except ImportError as error:
        raise ConfigError(
            [f"pyodbc cannot be loaded ({error}); on Linux install the package unixodbc"],
            "This machine",
        ) from error
    return pyodbc


def _write(
    cursor: pyodbc.Cursor, columns: Sequence[str], part: Part, path: Path
) -> tuple[int, Decimal]:
    """Write a result to a CSV file; return the rows that it stands for and the sum of amounts."""
    place = columns.index("amount" if "amount" in columns else "contract_value")
    weight = columns.index("entries") if part.condensed else None
    rows, total = 0, Decimal(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                rows += 1 if weight is None else row[weight]
                if isinstance(row[place], Decimal | int):
                    total += row[place]
                writer.writerow([_text(value) for value in row])
    return rows, total


def _text(value: Any) -> Any:  # noqa: ANN401 - whatever a driver makes of a column
    # A zero of many decimals writes itself as 0E-10.
    return format(value, "f") if isinstance(value, Decimal) else value


def _relation(extract: Extract) -> str:
    typed = ", ".join(
        f"{literal(column)}: '{'DOUBLE' if column in extract.floats else 'VARCHAR'}'"
        for column in extract.columns
    )
    chosen = ", ".join(name(c) for c in extract.columns if c != "entries")
    return (
        f"SELECT {chosen} FROM read_csv({literal(str(extract.path))}, auto_detect = false, "
        f"header = false, delim = ',', quote = '\"', escape = '\"', columns = {{{typed}}})"
    )


def connected(text: str, settings: DatabaseSettings) -> pyodbc.Connection:
    """Return a connection that reads one state of the database and writes nothing."""
    import pyodbc

    connection = pyodbc.connect(text, timeout=settings.login_timeout, autocommit=False)
    try:
        _prepare(connection, settings)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: pyodbc.Connection, settings: DatabaseSettings) -> None:
    import pyodbc

    server = connection.getinfo(pyodbc.SQL_DBMS_NAME)
    connection.add_output_converter(SQL_SS_TIMESTAMPOFFSET, _timestamp)
    if settings.query_timeout:
        try:
            connection.timeout = settings.query_timeout
        except pyodbc.Error:
            # PostgreSQL's driver knows no timeout; the server does.
            connection.execute(f"SET statement_timeout = {settings.query_timeout * 1000}")
    if server == "PostgreSQL":
        connection.execute(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        )
        connection.commit()
    elif server == "Microsoft SQL Server":
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {_isolation(connection)}")
    _check_decimals(connection)


def _isolation(connection: pyodbc.Connection) -> str:
    """Return SNAPSHOT where the database allows it, else READ COMMITTED; never less."""
    found = connection.execute(
        "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()"
    ).fetchone()
    return "SNAPSHOT" if found and found[0] == 1 else "READ COMMITTED"


def _check_decimals(connection: pyodbc.Connection) -> None:
    """Make sure that decimals arrive as they are: under some locales they come 10,000-fold."""
    import pyodbc

    select, right = "SELECT CAST(1234.56 AS decimal(19, 4))", Decimal("1234.56")
    if connection.execute(select).fetchval() == right:
        return
    pyodbc.setDecimalSeparator(".")
    if connection.execute(select).fetchval() != right:
        raise SourceDataError(
            "The driver reads 1234.56 as another number; set the account's regional format to "
            "one with a decimal point, then run again."
        )


def _timestamp(raw: bytes) -> str:
    """Return a datetimeoffset as text: the date and time at its own offset."""
    year, month, day, hour, minute, second, nanosecond, *_ = struct.unpack("<6hI2h", raw)
    moment = datetime(year, month, day, hour, minute, second, nanosecond // 1000)
    return moment.isoformat(" ")
