"""The schema: a database's own list of tables and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import groupby

from recon.base.result import Side
from recon.config import Settings, SourceSettings
from recon.sources.database import SQL_SERVER, Database, connected, driver_manager
from recon.sources.driver_errors import failure
from recon.sources.side_by_side import Supervisor, side_by_side


class Family(StrEnum):
    """The family of types that a column belongs to."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DATE = "date"
    OTHER = "other"


_TYPES = {
    Family.TEXT: "char varchar nchar nvarchar text ntext character bpchar citext varchar2 nvarchar2"
    " string uniqueidentifier uuid enum user-defined",
    Family.INTEGER: "int integer bigint smallint tinyint mediumint int2 int4 int8",
    Family.DECIMAL: "decimal numeric number money smallmoney dec",
    Family.FLOAT: "float real double float4 float8",
    Family.DATE: "date datetime datetime2 smalldatetime datetimeoffset timestamp timestamptz",
}
_FAMILIES = {word: family for family, words in _TYPES.items() for word in words.split()}


def family(kind: str, product: str) -> Family:
    """The family of an SQL type.

    Like `nvarchar` or `timestamp without time zone`.
    """
    words = kind.lower().replace("(", " ").split()
    # SQL Server's timestamp is a row's version, not a moment.
    if not words or (product == SQL_SERVER and words[0] == "timestamp"):
        return Family.OTHER
    return _FAMILIES.get(words[0], Family.OTHER)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: name, the server's type, and its family."""

    name: str
    kind: str
    family: Family


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view with its columns, in their order."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> Column | None:
        """The column of a name, in any case if unambiguous.

        None without one.
        """
        found = [column for column in self.columns if column.name.lower() == name.strip().lower()]
        exact = [column for column in found if column.name == name]
        return next(iter(exact or (found if len(found) == 1 else [])), None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables visible to a side's login.

    `product` is the server's name for itself.
    """

    product: str
    tables: tuple[Table, ...] = field(default=())

    def table(self, name: str) -> Table | None:
        """The table of a name like `dbo.Deals`, in any case.

        None where there is not exactly one. Without a schema, a table's name alone is enough where
        only one schema has it.
        """
        plain = _unquoted(name.strip())
        found = self._called(name.strip()) or self._called(plain)
        exact = [t for t in found if {name.strip(), plain} & {str(t), t.name}]
        return next(iter(exact if len(exact) == 1 else found if len(found) == 1 else []), None)

    def _called(self, name: str) -> list[Table]:
        """The tables of a name with its schema, else without."""
        lower = name.lower()
        whole = [table for table in self.tables if str(table).lower() == lower]
        return whole or [table for table in self.tables if table.name.lower() == lower]


# An identifier in brackets, in quotes, or as it is; in the former their own end is doubled.
_IDENTIFIER = re.compile(r'\[((?:[^]]|]])*)]|"((?:[^"]|"")*)"|([^."\[\]]+)')


def _unquoted(name: str) -> str:
    """A name like `[dbo].[Deals]` without its quotes."""
    parts, at = [], 0
    while found := _IDENTIFIER.match(name, at):
        bracketed, quoted, bare = found.groups()
        parts.append(bare or (bracketed or "").replace("]]", "]") or quoted.replace('""', '"'))
        at = found.end() + 1
        if name[found.end() : at] != ".":
            break
    return ".".join(parts) if parts and at > len(name) else re.sub(r'[\[\]"]', "", name)


# In capitals: under a binary collation SQL Server knows them by no other name.
_COLUMNS = """
SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE
FROM INFORMATION_SCHEMA.COLUMNS AS c
WHERE c.TABLE_SCHEMA NOT IN
    ('INFORMATION_SCHEMA', 'information_schema', 'sys', 'pg_catalog', 'mysql', 'performance_schema')
ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION
"""


def catalogs(settings: Settings, tell: Callable[[str], None]) -> dict[Side, Catalog]:
    """The tables visible to both logins, listed together.

    Raises what `reached` raises, for the first side that fails.
    """
    sides = (settings.analytics, settings.accounting)
    return side_by_side({side.side: partial(catalog, side) for side in sides}, tell)


def catalog(settings: SourceSettings, supervisor: Supervisor) -> Catalog:
    """The tables and views visible to a side's login.

    Raises the errors of `reached`.
    """
    with reached(settings, supervisor) as database:
        rows = database.execute(_COLUMNS).fetchall()
        return Catalog(database.product, tuple(tables(rows, database.product)))


def tables(rows: Iterable[tuple[str, str, str, str]], product: str) -> Iterator[Table]:
    """The tables in ordered rows of INFORMATION_SCHEMA.COLUMNS."""
    for (schema, name), found in groupby(rows, key=lambda row: (row[0], row[1])):
        columns = (Column(row[2], row[3], family(row[3], product)) for row in found)
        yield Table(schema or "", name, tuple(columns))


@contextmanager
def reached(settings: SourceSettings, supervisor: Supervisor) -> Iterator[Database]:
    """Yield a side's database; raises ConfigError, SourceDataError, SourceUnreachable."""
    if settings.database is None:
        raise TypeError("a database source needs database settings")
    pyodbc = driver_manager()
    try:
        with connected(settings.database, supervisor) as database:
            yield database
    except (pyodbc.Error, ArithmeticError) as error:
        raise failure(settings.side, described(settings), error) from None


def described(settings: SourceSettings) -> str:
    """Return which database a side is in, without secrets."""
    found = settings.database
    where = f"{found.server}/{found.database}" if found and found.server else "connection"
    return f"{settings.kind} {where}"
