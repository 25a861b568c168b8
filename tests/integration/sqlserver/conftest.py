"""The endpoint that plays SQL Server, the real driver that reads it, and a configuration."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from recon.sources import driver_errors
from tests.shell import PATIENCE, ROOT
from tests.tds.answers import Answer

# FreeTDS is a driver of Linux.
collect_ignore = ["test_freetds.py"] if sys.platform == "win32" else []
PASSWORD = "tie};out{="  # noqa: S105 - of an endpoint that lives as long as the tests


class Endpoint:
    """The endpoint, a process of its own: what it is to answer, and what it was asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def play(self, *answers: Answer) -> None:
        """Answer so from now on, the first that fits; the record begins anew."""
        self._say(json.dumps([asdict(answer) for answer in answers]))

    def record(self, event: str = "") -> list[dict[str, Any]]:
        """Return what happened so far, or the events of a kind."""
        return [noted for noted in self._say("") if event in ("", noted["event"])]

    def _say(self, line: str) -> list[dict[str, Any]]:
        assert self._process.stdin
        with self._lock:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            return list(json.loads(self._line()))

    def statements(self, database: str = "") -> list[dict[str, Any]]:
        """Return the statements that were sent, to one of the databases or to both."""
        wanted = {login["session"] for login in self.record("login")
                  if database in ("", login["database"])}  # fmt: skip
        return [noted for noted in self.record("statement") if noted["session"] in wanted]

    def wait_for(self, event: str, count: int = 1) -> None:
        """Wait until something has happened so many times."""
        self.wait_until(lambda: len(self.record(event)) >= count)

    def wait_until_all_are_closed(self) -> None:
        """Wait until no session is open."""
        self.wait_until(lambda: len(self.record("closed")) == len(
            {noted["session"] for noted in self.record()}
        ))  # fmt: skip

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, but not for ever."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.record()
            time.sleep(0.02)


@pytest.fixture(scope="session")
def driver() -> str:
    """Return the driver by its path, or nothing where one is registered; skip where none is."""
    pyodbc = pytest.importorskip(
        "pyodbc", reason="pyodbc cannot be loaded (no unixODBC)", exc_type=ImportError
    )
    if any("for SQL Server" in name for name in pyodbc.drivers()):
        return ""
    found = importlib.util.find_spec("mssql_python_odbc")
    if found is None or found.origin is None:
        pytest.skip("Microsoft's ODBC driver is not there: no package mssql-python-odbc")
    libraries = Path(found.origin).parent.glob(
        f"libs/linux/*/{platform.machine()}/lib/libmsodbcsql-*.so*"
    )
    flavour = "debian_ubuntu" if Path("/etc/debian_version").exists() else "rhel"
    library = next((path for path in sorted(libraries) if flavour in path.parts), None)
    if library is None:
        pytest.skip("the package mssql-python-odbc has no driver for this machine")
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        pytest.skip(f"Microsoft's ODBC driver cannot be loaded: {error}")
    return str(library)


@pytest.fixture(scope="session")
def running_endpoint(driver: str) -> Iterator[Endpoint]:
    """Yield the endpoint; its process ends with its standard input."""
    with _running() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def encrypting_endpoint(
    driver: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoint]:
    """Yield an endpoint that encrypts, with a certificate that nobody vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    certificate = tmp_path_factory.mktemp("certificate") / "server.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=sql01", "-keyout", str(certificate), "-out", f"{certificate}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    with certificate.open("a", encoding="ascii") as file:
        file.write(Path(f"{certificate}.crt").read_text(encoding="ascii"))
    with _running(str(certificate)) as endpoint:
        yield endpoint


@contextmanager
def _running(*arguments: str) -> Iterator[Endpoint]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.tds.endpoint", *arguments], cwd=ROOT, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield Endpoint(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@pytest.fixture
def endpoint(running_endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """Return the endpoint, with the password in its variable and no waits between attempts."""
    monkeypatch.setenv("BOOKS_PASSWORD", PASSWORD)
    monkeypatch.setattr(driver_errors, "WAITS", (0, 0, 0))
    running_endpoint.play()
    return running_endpoint


@pytest.fixture
def configured(endpoint: Endpoint, driver: str, tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a configuration of both sides, some keys changed, or left out if None.

    The queries are those that the repository comes with.
    """

    def write(zone: str = "", accounting: dict[str, object] | None = None, **keys: object) -> Path:
        common = {
            "source": "sqlserver", "server": f"127.0.0.1,{endpoint.port}", "user": "svc_recon",
            "password_env": "BOOKS_PASSWORD", "encrypt": False, "login_timeout": int(PATIENCE),
            **({"driver": driver} if driver else {}), **keys,
        }  # fmt: skip
        common = {key: value for key, value in common.items() if value is not None}
        folder = ROOT / "config" / "sqlserver"
        sides: dict[str, dict[str, object]] = {
            "analytics": {"database": "Analytics", "query": str(folder / "contracts.sql")},
            "accounting": {"database": "Ledger", "query": str(folder / "entries.sql")},
            "calendar": {"time_zone": zone} if zone else {},
        }
        sides["analytics"] = common | sides["analytics"]
        sides["accounting"] = common | sides["accounting"] | (accounting or {})
        path = tmp_path / "recon.toml"
        path.write_text("".join(map(_table, sides, sides.values())), encoding="utf-8")
        return path

    return write


def _table(name: str, keys: dict[str, object]) -> str:
    lines = [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"
