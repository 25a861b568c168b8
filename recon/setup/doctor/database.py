"""A database that is examined: one connection, opened by one check and used by those after it."""

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
    """A side that is read from a database; statements raise SourceUnreachable where they fail."""

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
        """The side's SELECT as a relation; raises ConfigError where it cannot be read."""
        return f"({OdbcSource(self.settings).query()}) q"

    def open(self) -> None:
        """Log in, and keep what is wrong with decimals; raises ConfigError, SourceUnreachable."""
        with self._told():
            try:
                self.opened = self.stack.enter_context(connected(self.how, self.supervisor))
            except SourceDataError as error:
                self.misread = error

    def columns(self) -> dict[str, type]:
        """Return the columns that the query delivers, in small letters, and their types.

        Raises SourceDataError where several have one name.
        """
        if self.found is None:
            source = OdbcSource(self.settings)
            with self._told():
                self.found = source.columns(self.database, source.query())
        return self.found

    def rows(self, statement: str, *parameters: object) -> Sequence[Sequence[Any]]:
        """Return the rows of a statement."""
        with self._told():
            return list(self.database.execute(statement, *parameters).fetchall())

    def permitted(self, statement: str) -> Sequence[Any] | None:
        """Return the one row of a statement, None where the login may not see it."""
        with suppress(SourceUnreachable):
            found = self.rows(statement)
            return found[0] if found else None
        return None

    def about(self, name: str) -> str:
        """Return what the driver says of the connection, by the name of ODBC's constant; or ''."""
        pyodbc = driver_manager()
        with suppress(pyodbc.Error):
            return str(self.database.cursor.connection.getinfo(getattr(pyodbc, name)))
        return ""

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what a driver raises into one sentence, without secrets."""
        pyodbc = driver_manager()
        source = OdbcSource(self.settings)
        try:
            yield
        except (pyodbc.Error, ArithmeticError) as error:
            if self.opened:
                # PostgreSQL refuses whatever follows an error in its transaction.
                with suppress(pyodbc.Error):
                    self.opened.cursor.connection.rollback()
            told = str(failure(source.settings.side, source.description, error))
            whom = f"The {source.settings.side} side ({source.description}) "
            raise SourceUnreachable(told.replace(whom, "the server ", 1)) from None
