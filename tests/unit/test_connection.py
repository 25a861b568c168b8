"""Connections: what is asked of a driver, what its errors mean, and that no secret gets out."""

from __future__ import annotations

import decimal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from recon.base.errors import ConfigError
from recon.base.result import Side
from recon.config import DatabaseSettings
from recon.sources import database
from recon.sources.connection import connection_string, escaped, joined
from recon.sources.driver_errors import failure, is_transient, redacted
from recon.sources.side_by_side import Supervisor
from tests.shell import PATIENCE

INSTALLED = ("SQL Server", "ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server")
SERVER = DatabaseSettings(
    "analytics", Path("contracts.sql"), server=r"SQL01\FINANCE", database="Analytics"
)


class DriverError(Exception):
    """What pyodbc raises: a SQLSTATE and a text."""


def test_integrated_security_is_the_default() -> None:
    """Without a user, Windows vouches; the newest driver, encryption and intent are written out."""
    assert connection_string(SERVER, INSTALLED) == (
        r"DRIVER={ODBC Driver 18 for SQL Server};SERVER=SQL01\FINANCE;DATABASE=Analytics;"
        "Trusted_Connection=yes;Encrypt=yes;ApplicationIntent=ReadOnly;APP=recon"
    )


def test_a_user_takes_the_password_of_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is escaped, so that it cannot add a keyword."""
    monkeypatch.setenv("FINANCE_PASSWORD", "a;b}c=d")
    settings = replace(SERVER, user="svc", password_env="FINANCE_PASSWORD", encrypt=False)  # noqa: S106
    text = connection_string(settings, INSTALLED)
    assert "UID=svc;PWD={a;b}}c=d};Encrypt=no" in text
    assert "Trusted_Connection" not in text


def test_a_variable_that_is_not_set_is_told() -> None:
    """The mistake names its key and the variable."""
    settings = replace(SERVER, user="svc", password_env="NOT_SET_ANYWHERE")  # noqa: S106
    with pytest.raises(ConfigError, match=r"analytics\.password_env: .*NOT_SET_ANYWHERE"):
        connection_string(settings, INSTALLED)


def test_the_legacy_driver_is_taken_only_when_named() -> None:
    """A machine with the old driver alone is told what to install."""
    with pytest.raises(ConfigError, match="install ODBC Driver 18"):
        connection_string(SERVER, ["SQL Server"])
    text = connection_string(replace(SERVER, driver="SQL Server"), ["SQL Server"])
    assert text.startswith("DRIVER={SQL Server};")


def test_any_connection_string_gets_its_password_from_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The string of another driver is used as it stands, the password added."""
    monkeypatch.setenv("PGPASS", "p w")
    settings = DatabaseSettings("a", Path("q.sql"), connection="DSN=books", password_env="PGPASS")  # noqa: S106
    assert connection_string(settings, []) == "DSN=books;PWD={p w}"


def test_only_known_keywords_are_allowed() -> None:
    """A keyword that recon does not know is refused, whatever its value."""
    with pytest.raises(ValueError, match="AttachDbFileName"):
        joined({"AttachDbFileName": "x"})


@pytest.mark.parametrize(
    ("value", "written"),
    [("plain", "plain"), ("a b", "{a b}"), ("a;b", "{a;b}"), ("}", "{}}}"), ("x=y", "{x=y}")],
)
def test_values_are_braced(value: str, written: str) -> None:
    """What could end a value stands in braces, a closing brace twice."""
    assert escaped(value) == written


# (SQLSTATE, text, whether it is worth another try, what the sentence says)
ERRORS = (
    ("28000", "Login failed for user 'x'. (18456)", False, "rejects the login"),
    ("42000", "Cannot open database (4060)", False, "has no such database"),
    ("08001", 'FATAL: database "nix" does not exist (101)', False, "has no such database"),
    ("08001", "FATAL: password authentication failed (101)", False, "rejects the login"),
    ("HYT00", "Login timeout expired (0)", True, "does not answer"),
    ("HYT00", "Query timeout expired (0)", False, "did not finish the query in time"),
    ("57014", "canceling statement due to statement timeout", False, "did not finish"),
    ("40001", "deadlock victim (1205)", True, "deadlock victim"),
    ("42S02", "Invalid object name (208)", False, "has no table or view"),
    ("42S22", "Invalid column name (207)", False, "has no column"),
    ("42000", "SELECT permission was denied (229)", False, "does not let the login read"),
    ("08S01", "Communication link failure (10054)", True, "was cut off"),
    ("57P01", "terminating connection due to administrator command", True, "was cut off"),
    ("08001", "Encryption not supported on the client", False, "does not encrypt"),
    ("08001", "certificate verify failed", False, "not trusted"),
    ("HY000", "SSPI Provider: No Kerberos credentials", False, "no Windows ticket"),
    ("08001", "Connection refused (101)", True, "refuses the connection"),
    ("42000", "Database is not currently available (40613)", True, "40613"),
    ("HY000", "something new", False, "something new"),
)


@pytest.mark.parametrize(("state", "text", "again", "said"), ERRORS)
def test_what_errors_mean(state: str, text: str, again: bool, said: str) -> None:
    """Each known failure is told in a sentence; only passing ones are worth another try."""
    error = DriverError(state, f"[{state}] [Driver]{text}")
    assert is_transient(error) is again
    sentence = str(failure(Side.ANALYTICS, "sqlserver S/D, q.sql", error))
    assert sentence.startswith("The analytics side (sqlserver S/D, q.sql) ")
    assert said in sentence


def test_a_cut_after_a_decimal_is_worth_another_try() -> None:
    """A connection cut right after a DECIMAL column shows as an arithmetic error."""
    assert is_transient(decimal.InvalidOperation())
    assert "cut off" in str(failure(Side.ACCOUNTING, "x", decimal.InvalidOperation()))


@pytest.mark.parametrize("text", ["PWD=s3cret;X=1", "pwd={s3;cret}};x};X=1", "Password = s3cret"])
def test_secrets_are_taken_out(text: str) -> None:
    """Whatever a driver repeats of a connection string, the password is not in it."""
    assert "s3" not in redacted(text)
    assert "s3" not in str(failure(Side.ANALYTICS, "x", DriverError("HY000", text)))


def test_a_connection_that_does_not_close_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some drivers ask for a rollback first, and a server that is silent never answers."""
    answered, ended = threading.Event(), threading.Event()

    def close() -> None:
        answered.wait(PATIENCE)
        ended.set()

    connection = MagicMock(**{"getinfo.return_value": "Another", "close": close})
    cursor = connection.cursor.return_value
    cursor.execute.return_value.fetchval.return_value = decimal.Decimal("1234.56")
    driver = MagicMock(**{"drivers.return_value": INSTALLED, "connect.return_value": connection})
    monkeypatch.setitem(sys.modules, "pyodbc", driver)
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with database.connected(SERVER, Supervisor()) as opened:
        assert opened.product == "Another"
    assert not ended.is_set()
    answered.set()
    assert ended.wait(PATIENCE)
