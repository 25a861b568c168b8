"""A target's connection: opened to be written, in one transaction.

A connection string holds a secret: it goes to the driver and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from recon.base.errors import ConfigError, ReportError
from recon.config.publish import PORT
from recon.config.settings import DatabaseSettings, PublishSettings, TargetKind
from recon.sources.connection import connection_string, escaped, secret
from recon.sources.database import driver_manager
from recon.sources.driver_errors import meaning
from recon.store.publishing.dialects import DIALECTS, POSTGRESQL, SQL_SERVER
from recon.store.publishing.target import Target

_PRODUCTS = {TargetKind.POSTGRESQL: POSTGRESQL, TargetKind.SQLSERVER: SQL_SERVER}
# As they are called on Windows and elsewhere.
_POSTGRESQL_DRIVERS = ("PostgreSQL Unicode(x64)", "PostgreSQL Unicode")
_REFUSED = {"42501", "229", "262", "2760"}


@contextmanager
def opened(settings: PublishSettings) -> Iterator[tuple[str, Target]]:
    """Yield the name and the schema of a target.

    Nothing is kept unless it is committed. Raises ConfigError, ReportError.
    """
    database = settings.database
    if database is None:
        raise TypeError("a target in a database needs database settings")
    pyodbc = driver_manager()
    pyodbc.pooling = False
    where = _where(settings, database)
    try:
        text = _text(settings, database, pyodbc.drivers())
        connection = pyodbc.connect(text, timeout=database.login_timeout, autocommit=False)
        try:
            product = connection.getinfo(pyodbc.SQL_DBMS_NAME)
            if product != _PRODUCTS[settings.kind]:
                raise ReportError(f"The target {where} is {product}, not {settings.kind.value}.")
            cursor = connection.cursor()
            yield where, Target(cursor, DIALECTS[product], settings.schema, connection.commit)
        finally:
            connection.close()
    except (pyodbc.Error, ArithmeticError) as error:
        raise ReportError(
            f"The target {where} {_meaning(error, where)}. Nothing of this publication is kept."
        ) from None


def _where(settings: PublishSettings, database: DatabaseSettings) -> str:
    place = f"{database.server}/{database.database}" if database.server else "connection"
    return f"{settings.name} ({settings.kind.value} {place}, schema {settings.schema})"


def _text(settings: PublishSettings, database: DatabaseSettings, drivers: Iterable[str]) -> str:
    """The connection string, with its secret."""
    if database.connection is not None or settings.kind is TargetKind.SQLSERVER:
        return connection_string(database, drivers)
    password = secret(database)
    parts = {
        "DRIVER": database.driver or _driver(drivers),
        "SERVER": database.server,
        "PORT": str(settings.port or PORT),
        "DATABASE": database.database,
        "UID": database.user,
        "PWD": password,
        "SSLmode": "require" if database.encrypt else "prefer",
        "ApplicationName": "recon",
    }
    return ";".join(f"{key}={escaped(value)}" for key, value in parts.items() if value is not None)


def _driver(drivers: Iterable[str]) -> str:
    installed = set(drivers)
    found = next((driver for driver in _POSTGRESQL_DRIVERS if driver in installed), None)
    if found is None:
        there = ", ".join(sorted(installed)) or "none"
        raise ConfigError(
            [
                f"no ODBC driver for PostgreSQL is installed (installed: {there}); install "
                "psqlodbc, or name another one with driver = '…'"
            ],
            "This machine",
        )
    return found


def _meaning(error: Exception, where: str) -> str:
    """A driver's error in words, for somebody who writes."""
    if error.args and str(error.args[0]) in _REFUSED:
        return "does not let the login make and change tables there; grant it that"
    return meaning(error, where)
