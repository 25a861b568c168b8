"""A database under examination: one connection for all checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.month import Month
from recon.config import DatabaseSettings, SourceSettings
from recon.sources.database import Database, connected, driver_manager
from recon.sources.driver_errors import failure
from recon.sources.odbc import OdbcSource
from recon.sources.side_by_side import Supervisor


@dataclass(slots=True)
class DatabaseSubject:
    """A side in a database.

    Statements raise SourceUnreachable where they fail.
    """

    settings: SourceSettings
    month: Month
    currency: str
    supervisor: Supervisor
    stack: ExitStack
    opened: Database | None = None
    misread: SourceDataError | None = None
    found: dict[str, type] | None = None

    @property
    def how(self) -> DatabaseSettings:
        """How the database is reached."""
        if self.settings.database is None:
            raise TypeError("a database source needs database settings")
        return self.settings.database

    @property
    def database(self) -> Database:
        """The open database; the login comes before whatever needs it."""
        if self.opened is None:
            raise TypeError("nobody has logged in")
        return self.opened

    @property
    def query(self) -> str:
        """The side's SELECT as a relation.

        Raises ConfigError where it cannot be read.
        """
        return f"({OdbcSource(self.settings).query()}) q"

    def open(self) -> None:
        """Log in, and keep any fault with decimals.

        Raises ConfigError, SourceUnreachable.
        """
        with self._translated():
            try:
                self.opened = self.stack.enter_context(connected(self.how, self.supervisor))
            except SourceDataError as error:
                self.misread = error

    def columns(self) -> dict[str, type]:
        """The query's columns in lower case, and their types.

        Raises SourceDataError where several have one name.
        """
        if self.found is None:
            source = OdbcSource(self.settings)
            with self._translated():
                self.found = source.columns(self.database, source.query())
        return self.found

    def rows(self, statement: str, *parameters: object) -> Sequence[Sequence[Any]]:
        """The rows of a statement."""
        with self._translated():
            return list(self.database.execute(statement, *parameters).fetchall())

    def permitted(self, statement: str) -> Sequence[Any] | None:
        """The one row of a statement, None without permission."""
        with suppress(SourceUnreachable):
            found = self.rows(statement)
            return found[0] if found else None
        return None

    def about(self, name: str) -> str:
        """The driver's answer for a constant of ODBC, or ''."""
        pyodbc = driver_manager()
        with suppress(pyodbc.Error):
            return str(self.database.cursor.connection.getinfo(getattr(pyodbc, name)))
        return ""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn a driver's error into one sentence, without secrets."""
        pyodbc = driver_manager()
        source = OdbcSource(self.settings)
        try:
            yield
        except (pyodbc.Error, ArithmeticError) as error:
            if self.opened:
                # PostgreSQL refuses whatever follows an error in its transaction.
                with suppress(pyodbc.Error):
                    self.opened.cursor.connection.rollback()
            sentence = str(failure(source.settings.side, source.description, error))
            whom = f"The {source.settings.side} side ({source.description}) "
            raise SourceUnreachable(sentence.replace(whom, "the server ", 1)) from None
