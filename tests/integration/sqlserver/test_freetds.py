"""SQL Server through FreeTDS, the driver of Linux distributions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recon.base.errors import ConfigError
from recon.sources import driver_errors
from tests.integration.sqlserver.books import ENTRIES, books, month, refusal
from tests.integration.sqlserver.conftest import Endpoint
from tests.integration.sqlserver.test_faults import WRONG_PASSWORD, broken, failing
from tests.tds.answers import Fault

pytestmark = pytest.mark.slow
Configured = Callable[..., Path]


@pytest.fixture(scope="module")
def freetds() -> str:
    """Return the driver's path, or skip where the package tdsodbc is not installed."""
    found = sorted(Path("/usr/lib").glob("**/libtdsodbc.so"))
    if not found:
        pytest.skip("FreeTDS is not there: no package tdsodbc")
    return str(found[0])


def by_string(config: Path, freetds: str, endpoint: Endpoint) -> Path:
    """Return the configuration with connection strings, whose end is the password."""
    left = ("source", "server", "user", "driver", "encrypt", "database")
    string = f"DRIVER={freetds};SERVER=127.0.0.1,{endpoint.port};UID=svc;DATABASE=Ledger"
    lines = [
        f'{line}\nsource = "odbc"\nconnection = "{string}"' if line.startswith("[a") else line
        for line in config.read_text(encoding="utf-8").splitlines()
        if not line.startswith(left)
    ]
    config.write_text("\n".join(lines), encoding="utf-8")
    return config


@pytest.mark.parametrize("password", ["plain", "a}b", "a;b", "a}b;c", "{a", " a", "a=b c", "a;}"])
def test_any_password_arrives_as_it_is(
    endpoint: Endpoint,
    configured: Configured,
    freetds: str,
    password: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Among other keywords, and at the end of a connection string."""
    monkeypatch.setenv("BOOKS_PASSWORD", password)
    for change in (lambda config: config, lambda config: by_string(config, freetds, endpoint)):
        endpoint.play(failing("^SELECT", (229, "The SELECT permission was denied.")))
        assert "does not let the login read" in str(refusal(change(configured(driver=freetds))))
        assert {login["password"] for login in endpoint.record("login")} == {password}


def test_the_month_is_right(
    endpoint: Endpoint, configured: Configured, freetds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is connected to."""
    monkeypatch.setenv("BOOKS_PASSWORD", "plain")
    for change in (lambda config: config, lambda config: by_string(config, freetds, endpoint)):
        endpoint.play(*books())
        assert month(change(configured(driver=freetds))).totals["USD"].recognized == 30_000_000


def test_a_password_that_it_would_cut_is_refused(
    endpoint: Endpoint, configured: Configured, freetds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody logs in with half of it."""
    monkeypatch.setenv("BOOKS_PASSWORD", "tie};UID=sa")
    endpoint.play(*books())
    error = refusal(configured(driver=freetds))
    assert isinstance(error, ConfigError)
    assert not endpoint.record("login")


def test_what_goes_wrong_is_told_as_with_other_drivers(
    endpoint: Endpoint, configured: Configured, freetds: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed port, a named instance, a refused login and a cut, each in its own words."""
    monkeypatch.setattr(driver_errors, "WAITS", ())
    monkeypatch.setenv("BOOKS_PASSWORD", "plain")
    for server, said in (
        ("127.0.0.1,1", "refuses the connection or does not answer"),
        (r"127.0.0.1\FIN", "SQL Server Browser"),
    ):
        assert said in str(refusal(configured(driver=freetds, server=server)))
    for answer, said in (
        (failing("^LOGIN Ledger", WRONG_PASSWORD), "rejects the login"),
        (failing("^LOGIN Ledger", (4060, "Cannot open database.")), "has no such database"),
        (broken(ENTRIES, Fault.CUT, (1, 0, 0)), "was cut off"),
    ):
        endpoint.play(answer, *books())
        assert said in str(refusal(configured(driver=freetds)))
