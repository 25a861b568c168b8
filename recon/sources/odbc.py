"""Databases as a source: SQL Server and other ODBC drivers.

Every part is compared with an independent COUNT and SUM over the same query in the same
transaction, and a transient error repeats the whole extraction: a partial read proves nothing.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from recon.base.errors import ConfigError, MissingColumns, ReportError, SourceDataError
from recon.base.fields import AMOUNTS, CONDENSED, needed
from recon.base.result import Side
from recon.config import DatabaseSettings, SourceSettings
from recon.reconciliation.separators import Unsaid
from recon.sources.database import POSTGRESQL, SQL_SERVER, Database, connected, driver_manager
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.driver_errors import failure, retried
from recon.sources.naming import own_currency, written
from recon.sources.parts import BEGINNING, QueryPart, contract_parts, entry_parts
from recon.sources.side_by_side import Supervisor
from recon.store.session import Session, literal, name, reading

# Texts by a collation that tells all letters apart. What the server adds up as one contract,
# nobody can take apart again: where no such collation is known, every entry is read.
EXACTLY = {
    SQL_SERVER: "CAST({} AS NVARCHAR(4000)) COLLATE Latin1_General_BIN2",
    POSTGRESQL: 'CAST({} AS TEXT) COLLATE "C"',
    "MySQL": "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin",
    "MariaDB": "CONVERT({} USING utf8mb4) COLLATE utf8mb4_bin",
}

# The longest decimal of any server that we know, added up a billion times.
DIGITS = 80


@dataclass(frozen=True, slots=True)
class Extract:
    """A database's delivery: a CSV file and its columns' types.

    All parts stand in one file, since rows are numbered in the order in which they stand there.
    `floats` are the columns of floats, `texts` those of texts, and `unsaid` is there where amounts
    are text and nothing says how they are written. `parts` are the trails of the statements and of
    the figures of the server.
    """

    path: Path
    columns: tuple[str, ...]
    floats: frozenset[str]
    texts: frozenset[str]
    parts: tuple[Mapping[str, object], ...]
    unsaid: Unsaid | None


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

    def fetch(self, request: Request, scratch: Scratch, supervisor: Supervisor) -> Delivery:
        """Write a database's rows of a month into a file.

        Raises ConfigError, SourceUnreachable after three more attempts where an error is
        transient, SourceDataError where rows and sums do not agree with the server's or columns
        are missing or there twice, ReportError where there is no room for the file.
        """
        pyodbc = driver_manager()
        query = self.query()
        try:
            server, extract = retried(
                lambda: self._attempt(query, request, scratch() / "rows.csv", supervisor),
                supervisor,
                self.settings.side,
            )
        except (pyodbc.Error, ArithmeticError) as error:
            raise failure(self.settings.side, self.description, error) from None
        except OSError as error:
            raise ReportError(
                f"The rows of the {self.settings.side} side cannot be stored: {error.strerror}. "
                "Make room in the folder for temporary files (TEMP), then run again."
            ) from error
        return Delivery(
            f"{self.description}, {server['isolation']}",
            lambda session: self._opened(session, extract),
            lambda: {**server, "parts": [dict(part) for part in extract.parts]},
            extract.unsaid,
        )

    @contextmanager
    def _opened(self, session: Session, extract: Extract) -> Iterator[str]:
        with reading(self.settings.side, self.description):
            yield f"({_relation(self.settings, extract)})"

    def query(self) -> str:
        """The SELECT, ready to be wrapped.

        Raises ConfigError where it cannot be read.
        """
        path = self._database.query
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            mistake = f"{self._database.key}.query: {path}: {reason}"
            raise ConfigError([mistake], "the configuration") from error
        # A comment at its end would swallow what follows it.
        return text.strip().rstrip(";") + "\n"

    def _attempt(
        self, query: str, request: Request, path: Path, supervisor: Supervisor
    ) -> tuple[Mapping[str, str], Extract]:
        with connected(self._database, supervisor) as database:
            kinds = self._needed(database, query)
            floats, texts = (
                frozenset(column for column, kind in kinds.items() if kind is of)
                for of in (float, str)
            )
            parts = self._parts(database, query, request, kinds)
            added = [CONDENSED] if any(part.condensed for part in parts) else []
            columns = tuple(dict.fromkeys([*kinds, *added]))
            with path.open("w", encoding="utf-8", newline="") as file:
                # What a part does not deliver stays empty.
                rows = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
                trails = tuple(self._fetched(database, part, rows, floats) for part in parts)
            amount = AMOUNTS[self.settings.side]
            asked = kinds[amount] is str and not self.settings.decimal
            unsaid = Unsaid(amount, setting=True) if asked else None
            return server_trail(database), Extract(path, columns, floats, texts, trails, unsaid)

    def _parts(
        self, database: Database, query: str, request: Request, kinds: Mapping[str, type]
    ) -> list[QueryPart]:
        if self.settings.side is Side.ANALYTICS:
            return contract_parts(query, kinds)
        text = "NVARCHAR(400)" if database.product == SQL_SERVER else "VARCHAR(400)"
        exactly = EXACTLY.get(database.product)
        return entry_parts(query, request, kinds, text, exactly)

    def columns(self, database: Database, query: str) -> dict[str, type]:
        """The query's columns in lower case, and their types.

        Raises SourceDataError where several have one name.
        """
        parameters = () if self.settings.side is Side.ANALYTICS else (BEGINNING, BEGINNING)
        cursor = database.execute(f"SELECT * FROM ({query}) q WHERE 1 = 0", *parameters)
        names = Counter(column[0].lower() for column in cursor.description)
        if twice := sorted(column for column, times in names.items() if times > 1):
            raise SourceDataError(
                f"The {self.settings.side} side ({self.description}) delivers several columns "
                f"named {', '.join(twice)}. Give each one its own name; upper and "
                "lower case do not count."
            )
        return {column[0].lower(): column[1] for column in cursor.description}

    def _needed(self, database: Database, query: str) -> dict[str, type]:
        """The query's columns; raises MissingColumns."""
        side, found = self.settings.side, self.columns(database, query)
        wanted = needed(side, self.settings.compliance)
        missing = [column for column in wanted if column not in found]
        if missing:
            raise MissingColumns(side, missing, list(found))
        return found

    def _fetched(
        self, database: Database, part: QueryPart, rows: csv.DictWriter[str], floats: frozenset[str]
    ) -> Mapping[str, object]:
        """Write a part's rows and return its trail.

        They are checked against the server's own count and sum.
        """
        counted = database.execute(part.count, *part.parameters).fetchone()
        wanted_rows, wanted_sum, *_ = counted
        cursor = database.execute(part.select, *part.parameters)
        delivered = [column[0].lower() for column in cursor.description]
        count, total = _write(database, delivered, part, rows)
        summed = AMOUNTS[self.settings.side]
        exact = summed not in floats and not isinstance(wanted_sum, float)
        if count != wanted_rows or (exact and total != (wanted_sum or 0)):
            raise SourceDataError(
                f"The {self.settings.side} side ({self.description}) delivered {count:,} rows and "
                f"a sum of {total}, but the server counts {wanted_rows:,} and {wanted_sum or 0}; "
                "the data changed while it was read; run again."
            )
        return part_trail(part, counted)


def _write(
    database: Database, delivered: Sequence[str], part: QueryPart, rows: csv.DictWriter[str]
) -> tuple[int, Decimal]:
    """Write a part's result; return its row count and sum."""
    summed = delivered.index("amount" if "amount" in delivered else "contract_value")
    weight = delivered.index(CONDENSED) if part.condensed else None
    count, total = 0, Decimal(0)
    # A server adds up more digits than Python does by default.
    with localcontext(prec=DIGITS):
        for batch in database.batches():
            for row in batch:
                count += 1 if weight is None else row[weight]
                if isinstance(row[summed], Decimal | int):
                    total += row[summed]
                rows.writerow(dict(zip(delivered, map(_text, row), strict=True)))
    return count, total


def _text(value: Any) -> Any:  # noqa: ANN401 - whatever a driver makes of a column
    # A zero of many decimals writes itself as 0E-10.
    return format(value, "f") if isinstance(value, Decimal) else value


def _relation(settings: SourceSettings, extract: Extract) -> str:
    """The SELECT of an extract, texts read as configured."""
    typed = ", ".join(
        f"{literal(column)}: '{'DOUBLE' if column in extract.floats else 'VARCHAR'}'"
        for column in extract.columns
    )
    found = dict.fromkeys(extract.columns, "VARCHAR")
    of = own_currency(settings, {column: column for column in found}, found)
    chosen = ", ".join(
        f"{written(settings, name(column), 'VARCHAR', column, of)} AS {name(column)}"
        if column in extract.texts
        else name(column)
        for column in extract.columns
    )
    return (
        f"SELECT {chosen} FROM read_csv({literal(str(extract.path))}, auto_detect = false, "
        "header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n', "
        f"columns = {{{typed}}})"
    )


# What a query hands on to another server may hold a password, in the way of connection strings.
_PASSWORD = re.compile(r"\b(pwd|password)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;'\"\s]+)", re.IGNORECASE)


def server_trail(database: Database) -> dict[str, str]:
    """Server, driver and isolation of a reading."""
    return {
        "product": database.product,
        "version": database.version,
        "driver": database.driver,
        "isolation": database.isolation,
    }


def part_trail(part: QueryPart, counted: Sequence[object]) -> Mapping[str, object]:
    """The statements of a part, and the server's own figures.

    These are rows, sum and periods.
    """
    rows, total, *periods = counted
    first, last = periods or (None, None)
    return {
        "select": without_passwords(part.select),
        "count": without_passwords(part.count),
        "parameters": [str(parameter) for parameter in part.parameters],
        "rows": rows,
        # Of amounts in text the server knows none.
        "sum": None if total is None and rows else _total_text(total or 0),
        "first_period": None if first is None else str(first),
        "last_period": None if last is None else str(last),
    }


def without_passwords(statement: str) -> str:
    """A statement with the values of `PWD=` and `PASSWORD=` removed."""
    return _PASSWORD.sub(lambda found: f"{found[1]}=***", statement)


def _total_text(total: object) -> str:
    return format(total, "f") if isinstance(total, Decimal) else str(total)
