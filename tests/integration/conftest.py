"""Servers of our own for the tests: started on a free port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from recon.record.evidence import PackFinding
from recon.record.evidence.reperformance import reperform
from recon.record.evidence.sums import SUMS
from tests.integration.servers import SQL_SERVER, PostgresBooks, Server, SqlServerBooks, kinds
from tests.java import has_java

_reperformed: dict[bytes, list[PackFinding]] = {}


@pytest.fixture
def reperformed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the month of a pack again only once for all copies of it.

    It is asked for after the hashes of all files have held, so that these say which pack it is.
    """

    def remembered(folder: Path, run: str) -> list[PackFinding]:
        pack = run.encode() + (folder / SUMS).read_bytes()
        if pack not in _reperformed:
            _reperformed[pack] = reperform(folder, run)
        return _reperformed[pack]

    verify = import_module("recon.record.evidence.verify")  # the package has a function so named
    monkeypatch.setattr(verify, "reperform", remembered)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave Spark alone where its Java is not: the summary says so."""
    of_spark = [item for item in items if item.path.name == "test_spark.py"]
    if of_spark and not has_java():
        items[:] = [item for item in items if item not in of_spark]
        config.hook.pytest_deselected(items=of_spark)


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server on this machine with the login `recon` and its password."""

    port: int
    password: str = "tie;out}"  # noqa: S105 - of a server that lives as long as the tests

    def sql(self, text: str, user: str = "postgres") -> str:
        """Return what a script prints, run over the local socket."""
        done = subprocess.run(
            ["psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", "/tmp", "-p",  # noqa: S108
             str(self.port), "-U", user, "-d", "postgres"],
            input=text, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _programs() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield a running PostgreSQL server that is read through its ODBC driver."""
    pyodbc = pytest.importorskip(
        "pyodbc", reason="pyodbc cannot be loaded (no unixODBC)", exc_type=ImportError
    )
    bin_folder = _programs()
    if bin_folder is None or "PostgreSQL Unicode" not in pyodbc.drivers():
        pytest.skip("PostgreSQL or its ODBC driver is not installed")
    with tempfile.TemporaryDirectory(prefix="recon-pg-", ignore_cleanup_errors=True) as folder:
        as_server: list[str] = []
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres")
            as_server = ["runuser", "-u", "postgres", "--"]
        server = Postgres(_free_port())
        data = f"{folder}/data"
        _run(*as_server, f"{bin_folder}/initdb", "-D", data, "-U", "postgres", "-E", "UTF8",
             "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync")  # fmt: skip
        control = (*as_server, f"{bin_folder}/pg_ctl", "-D", data, "-w")
        options = f"-p {server.port} -k /tmp -c fsync=off -c listen_addresses=127.0.0.1"
        _run(*control, "-l", f"{folder}/log", "-o", options, "start")
        try:
            server.sql(f"CREATE ROLE recon LOGIN PASSWORD '{server.password}'")
            yield server
        finally:
            _run(*control, "-m", "immediate", "stop")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd="/")
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(
    scope="session", params=[pytest.param(kind, marks=pytest.mark.slow) for kind in kinds()]
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Yield each server that is there, with the empty tables of the example."""
    if request.param == "postgresql":
        yield PostgresBooks(request.getfixturevalue("postgres"))
        return
    books = SqlServerBooks(os.environ[SQL_SERVER])
    try:
        yield books
    finally:
        books.drop()
