"""Dialects: how PostgreSQL and SQL Server differ.

Whatever both understand is in `recon.store.publishing.database`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Protocol

from recon.store.publishing.star import Published
from recon.store.schema import StarColumn
from recon.store.session import Session, literal, name

POSTGRESQL, SQL_SERVER = "PostgreSQL", "Microsoft SQL Server"
# Rows that go to the server in one statement.
_ARRAY, _BATCH = 10_000, 1_000
# SQL Server's indexes hold 900 bytes; a letter has two.
_KEY = "NVARCHAR(400) COLLATE Latin1_General_100_BIN2"
_LONG = set("header sums cleaned restated notes cells cell reason file sentence".split())


class Cursor(Protocol):
    """The part of a database's cursor that publishing uses."""

    fast_executemany: bool
    rowcount: int

    def execute(self, sql: str, *parameters: Any) -> Any:  # noqa: ANN401 - of any type
        """Run a statement."""

    def executemany(self, sql: str, rows: Sequence[Any]) -> None:
        """Run a statement for many rows."""

    def fetchall(self) -> list[Any]:
        """The rows of the last statement."""


class Dialect(ABC):
    """The SQL of one server, where it is its own."""

    product: str
    types: ClassVar[dict[str, str]]
    # Of the tables in which recon keeps its own notes.
    book_types: ClassVar[dict[str, str]]
    # Every relation of a schema, of whatever kind.
    relations: str
    create_schema: str
    # Nobody else publishes to the schema until the transaction ends.
    lock: str
    # Whether each month is a table of its own.
    partitioned: bool

    def column_type(self, table: Published, column: StarColumn) -> str:
        """The type of a column."""
        kind, _, size = column.sql_type.partition("(")
        return self.types[kind] + (f"({size}" if size else "")

    @abstractmethod
    def month_of(self, day: str) -> str:
        """The first day of a day's month."""

    @abstractmethod
    def after_loading(self, table: str) -> Sequence[str]:
        """Statements after many rows of a table have changed."""

    @abstractmethod
    def insert(
        self, session: Session, cursor: Cursor, into: str, table: Published, rows: int
    ) -> None:
        """Insert the rows of the session's relation `outgoing`.

        It has the columns of the table, and `recon_n`, which counts from 0 to the number of rows.
        """


class PostgreSql(Dialect):
    """PostgreSQL, from version 12 on."""

    product = POSTGRESQL
    types: ClassVar = {
        "VARCHAR": "text", "DECIMAL": "numeric", "DATE": "date", "BIGINT": "bigint",
        "BOOLEAN": "boolean", "TIMESTAMP": "timestamp",
    }  # fmt: skip
    book_types: ClassVar = {"key": "text", "count": "bigint", "long": "text"}
    relations = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname"
    )
    create_schema = "CREATE SCHEMA IF NOT EXISTS {schema}"
    lock = "SELECT pg_advisory_xact_lock(hashtext({text}))"
    partitioned = True

    def month_of(self, day: str) -> str:
        """The first day of a day's month."""
        return f"CAST(date_trunc('month', {day}) AS date)"

    def after_loading(self, table: str) -> Sequence[str]:
        """Without statistics the next join may take hours."""
        return [f"ANALYZE {table}"]

    def insert(
        self, session: Session, cursor: Cursor, into: str, table: Published, rows: int
    ) -> None:
        """Insert column by column, as arrays.

        It is 10 times as fast as `executemany`, which this driver sends row by row.
        """
        arrays = ", ".join(
            f"'{{' || string_agg({_element(column)}, ',' ORDER BY recon_n) || '}}'"
            for column in table.columns
        )
        marks = ", ".join(f"CAST(? AS {self.column_type(table, c)}[])" for c in table.columns)
        listed = ", ".join(map(name, table.names))
        statement = f"INSERT INTO {into} ({listed}) SELECT * FROM unnest({marks})"
        for at in range(0, rows, _ARRAY):
            within = f"recon_n >= {at} AND recon_n < {at + _ARRAY}"
            row = session.execute(f"SELECT {arrays} FROM outgoing WHERE {within}").fetchone()
            cursor.execute(statement, *(row or ()))


def _element(column: StarColumn) -> str:
    """The SQL of a value in an array's text."""
    text = f"CAST({name(column.name)} AS VARCHAR)"
    if column.sql_type == "VARCHAR":
        escaped = rf"""replace(replace({text}, '\', '\\'), '"', '\"')"""
        text = f"""'"' || {escaped} || '"'"""
    return f"coalesce({text}, 'NULL')"


class SqlServer(Dialect):
    """Microsoft SQL Server, from version 2016 on."""

    product = SQL_SERVER
    types: ClassVar = {
        "VARCHAR": "NVARCHAR(400)", "DECIMAL": "DECIMAL", "DATE": "DATE", "BIGINT": "BIGINT",
        "BOOLEAN": "BIT", "TIMESTAMP": "DATETIME2",
    }  # fmt: skip
    book_types: ClassVar = {"key": "NVARCHAR(400)", "count": "BIGINT", "long": "NVARCHAR(MAX)"}
    relations = (
        "SELECT o.name FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id "
        "WHERE s.name = ? AND o.type IN ('U', 'V') ORDER BY o.name"
    )
    create_schema = "IF SCHEMA_ID({text}) IS NULL EXEC('CREATE SCHEMA {schema}')"
    lock = (
        "DECLARE @got int; EXEC @got = sp_getapplock @Resource = {text}, "
        "@LockMode = 'Exclusive', @LockTimeout = 60000; "
        "IF @got < 0 THROW 50000, 'another publication keeps the schema', 1"
    )
    # Its rows are kept in the order of the primary key, which begins with the day.
    partitioned = False

    def column_type(self, table: Published, column: StarColumn) -> str:
        """The type of a column; keys tell all letters apart."""
        if column.sql_type == "VARCHAR" and (column.name in table.key or column.name in table.refers
                                             or column.name == "customer_id"):  # fmt: skip
            return _KEY
        if column.name in _LONG and table.name in ("loads", "rejected", "findings"):
            return "NVARCHAR(MAX)"
        return super().column_type(table, column)

    def month_of(self, day: str) -> str:
        """The first day of a day's month."""
        return f"DATEFROMPARTS(YEAR({day}), MONTH({day}), 1)"

    def after_loading(self, table: str) -> Sequence[str]:
        """None: its statistics follow by themselves."""
        return []

    def insert(
        self, session: Session, cursor: Cursor, into: str, table: Published, rows: int
    ) -> None:
        """Insert rows in batches, as the driver does it fast."""
        listed, marks = ", ".join(map(name, table.names)), ", ".join("?" for _ in table.columns)
        found = session.execute(f"SELECT {listed} FROM outgoing ORDER BY recon_n")
        cursor.fast_executemany = True
        for _ in range(0, rows, _BATCH):
            batch = found.fetchmany(_BATCH)
            cursor.executemany(f"INSERT INTO {into} ({listed}) VALUES ({marks})", batch)


DIALECTS: dict[str, Dialect] = {each.product: each for each in (PostgreSql(), SqlServer())}


def month_bounds(month: str) -> tuple[str, str]:
    """The SQL of a month's first day, and the next's."""
    year, number = map(int, month.split("-"))
    after = date(year + number // 12, number % 12 + 1, 1)
    return literal(f"{month}-01"), literal(str(after))
