"""Connections: what is asked of a driver, what its errors mean, and that no secret gets out."""

from __future__ import annotations

import decimal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import duckdb
import pytest

from recon.base.errors import ConfigError
from recon.base.month import Month
from recon.base.result import Side
from recon.config import DatabaseSettings
from recon.setup.init.schema import Catalog, Table
from recon.sources import database
from recon.sources.connection import connection_string, escaped, joined
from recon.sources.delivery import Request
from recon.sources.driver_errors import failure, is_transient, redacted
from recon.sources.odbc import EXACTLY
from recon.sources.parts import entry_parts
from recon.sources.side_by_side import Supervisor
from tests.shell import PATIENCE

# The name of a variable with a password.
VARIABLE = "BOOKS"
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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        # pyodbc's own errors have text and state the other way round.
        (("The SQL contains 1 parameter markers, but 2 parameters were supplied", "HY000"),
         "wrong number of ?"),
        (("08S01", "[08S01] [FreeTDS][SQL Server]Unable to connect to data source (0) "
          "(SQLDriverConnect)"), "refuses the connection or does not answer"),
        (("08001", "[08001] [FreeTDS][SQL Server]Unable to connect: Adaptive Server is "
          "unavailable or does not exist (20009)"), "refuses the connection or does not answer"),
        (("08004", "[08004] [FreeTDS][SQL Server]database unknown (911)"), "no such database"),
        (("42000", "[42000] [Other]permission denied for table deals (0)"), "grant it SELECT"),
        (("HYT00", "[HYT00] [Microsoft]Login timeout expired (0)"), "SQL Server Browser"),
        (("08S01", "[08S01] [FreeTDS]Unable to connect: Adaptive Server is unavailable or does not "
          "exist (20009)"), "SQL Server Browser"),
        (("01000", "[01000] [FreeTDS][SQL Server]Unexpected EOF from the server (20017)"),
         "was cut off"),
    ],
)  # fmt: skip
def test_what_other_makers_say_is_told_too(given: tuple[str, str], said: str) -> None:
    """SQLSTATE and the kind of failure, not the numbers of one server alone."""
    sentence = str(
        failure(Side.ACCOUNTING, r"sqlserver SQL01\FIN/Books, entries.sql", DriverError(*given))
    )
    assert said in sentence
    assert sentence.count(".") - sentence.count(".sql") == 1


def test_only_a_named_instance_needs_the_browser() -> None:
    """A server by its name, or a query in a folder of Windows, does not."""
    for description in ("sqlserver SQL01/Books, entries.sql", r"odbc connection, q\entries.sql"):
        sentence = str(failure(Side.ACCOUNTING, description, DriverError("HYT00", "(0)")))
        assert "does not answer" in sentence
        assert "Browser" not in sentence


@pytest.mark.parametrize(
    ("password", "end"),
    [("plain", "plain"), ("a}b", "a}b"), ("a=b c", "a=b c"), ("a;b", "{a;b};"), ("{a", "{{a};"),
     (" a", "{ a};")],
)  # fmt: skip
def test_a_password_at_the_end_for_freetds(
    monkeypatch: pytest.MonkeyPatch, password: str, end: str
) -> None:
    """It knows no doubled brace, and a closing one only before a semicolon."""
    monkeypatch.setenv("BOOKS", password)
    given = replace(SERVER, server=None, connection="DRIVER=/usr/lib/libtdsodbc.so;SERVER=x")
    text = connection_string(replace(given, password_env=VARIABLE), INSTALLED)
    assert text == f"DRIVER=/usr/lib/libtdsodbc.so;SERVER=x;PWD={end}"


@pytest.mark.parametrize("named", ["server", "connection"])
def test_a_password_that_freetds_would_cut_is_refused(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """What comes behind it would be keywords; anything else it is given as it is, not escaped."""
    settings = replace(SERVER, user="svc", password_env=VARIABLE, driver="/lib/libtdsodbc.so")
    if named == "connection":
        settings = replace(settings, connection="DRIVER=FreeTDS;SERVER=x")
    monkeypatch.setenv(VARIABLE, "tie};Encrypt=no")
    with pytest.raises(ConfigError, match="FreeTDS cannot be given") as caught:
        connection_string(settings, INSTALLED)
    assert "tie" not in str(caught.value)
    monkeypatch.setenv(VARIABLE, "a}b;c")
    assert "PWD={a}b;c};" in connection_string(settings, INSTALLED)


def test_an_unset_password_is_a_mistake_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is no mistake of the policy."""
    monkeypatch.delenv("BOOKS", raising=False)
    with pytest.raises(ConfigError, match=r"^the configuration has 1 mistake"):
        connection_string(replace(SERVER, password_env=VARIABLE), INSTALLED)


def test_older_entries_are_added_up_by_exact_texts() -> None:
    """Under a collation for which é is e, two contracts would become one on the server."""
    columns: dict[str, type] = {"contract_id": str, "revenue_type": str, "amount": int}
    request = Request(Month.parse("2024-06"))
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE ledger (contract_id VARCHAR COLLATE NOACCENT, revenue_type VARCHAR,
            amount DECIMAL(19, 4), recognition_period DATE)"""
        )
        connection.execute(
            "INSERT INTO ledger VALUES ('CAFÉ-1', 'Setup', 10, '2020-01-01'), "
            "('CAFE-1', 'Setup', 5, '2020-01-01')"
        )
        query = "SELECT * FROM ledger WHERE recognition_period >= ? AND recognition_period < ?"
        *_, part = entry_parts(query, request, columns, exactly='CAST({} AS TEXT) COLLATE "C"')
        found = connection.execute(part.select, part.parameters).fetchall()
    assert sorted((row[0], int(row[2])) for row in found) == [("CAFE-1", 5), ("CAFÉ-1", 10)]


def test_without_an_exact_collation_every_entry_is_read() -> None:
    """A server that nobody knows adds up nothing: whether é is e there, nobody knows either."""
    columns: dict[str, type] = {"contract_id": str, "revenue_type": str, "amount": int}
    for contract in (None, "C-1"):
        request = Request(Month.parse("2024-06"), contract)
        found = entry_parts("SELECT 1", request, columns, exactly=None)
        assert not any(part.condensed or "GROUP BY" in part.select for part in found)


@pytest.mark.parametrize("product", [database.SQL_SERVER, database.POSTGRESQL, "MySQL"])
def test_numbers_keep_their_type_where_texts_are_exact(product: str) -> None:
    """A collation is one of texts only."""
    columns: dict[str, type] = {"contract_id": int, "revenue_type": str, "amount": int}
    *_, part = entry_parts(
        "SELECT 1", Request(Month.parse("2024-06")), columns, exactly=EXACTLY[product]
    )
    assert part.select.startswith("SELECT contract_id, ")
    assert part.select.count("COLLATE") == 2


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        ("42S02", "[42S02] Invalid object name (229) (SQLExecDirectW)", "has no table or view"),
        ("42S22", "[42S22] Unknown column (208) (SQLExecDirectW)", "has no column"),
        ("42501", "[42501] Not allowed (207) (SQLExecDirectW)", "does not let the login read"),
        ("28001", "[28001] Wrong password (1045) (SQLDriverConnect)", "rejects the login"),
        ("08S02", "[08S02] Link (77777) (SQLExecDirectW)", "was cut off"),
        ("08003", "[08003] No connection (1) (SQLExecDirectW)", "was cut off"),
        ("40002", "[40002] Conflict (3) (SQLExecDirectW)", "took the query back"),
        ("57P05", "[57P05] idle timeout (1) (SQLExecDirectW)", "stopped the query"),
        ("42000", "[42000] Denied (229) (SQLExecDirectW)", "does not let the login read"),
        ("42000", "[42000] Odd (99999) (SQLExecDirectW)", "fails with SQLSTATE 42000"),
    ],
)
def test_the_sqlstate_leads_and_the_number_refines(state: str, text: str, said: str) -> None:
    """Another maker's server has other numbers for the same, and the same for others."""
    error = DriverError(state, text)
    assert said in str(failure(Side.ANALYTICS, "SQL01, Books", error))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ('[dbo].[Deal "x"]', 'dbo.Deal "x"'),
        ('"dbo"."Deal ""x"""', 'dbo.Deal "x"'),
        ('dbo.Deal "x"', 'dbo.Deal "x"'),
        ('[Deal "x"]', 'dbo.Deal "x"'),
        ("[dbo].[a]]b]", "dbo.a]b"),
        ("[dbo].[a.b]", "dbo.a.b"),
        ("dbo.[PLAIN]", "dbo.Plain"),
        ("[dbo].Plain", "dbo.Plain"),
        ("[dbo].[none]", None),
        ("[dbo", None),
    ],
)
def test_a_quoted_name_is_found(name: str, found: str | None) -> None:
    """In brackets or in quotes, whatever it holds."""
    names = ('Deal "x"', "a]b", "a.b", "Plain")
    catalog = Catalog("", tuple(Table("dbo", each, ()) for each in names))
    table = catalog.table(name)
    assert (str(table) if table else None) == found
