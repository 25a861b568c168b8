"""The month from a real database: PostgreSQL through its ODBC driver, with its faults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon import sample
from recon.config import load
from recon.errors import ReconError
from recon.month import Month
from recon.run import run_month
from recon.sources import driver_errors, odbc
from tests.integration.conftest import Postgres

ROOT = Path(__file__).parents[2]
JUNE = Month.parse("2024-06")
TABLES = """
CREATE SCHEMA IF NOT EXISTS dbo;
DROP TABLE IF EXISTS dbo.deals, dbo.revenue_recognition;
CREATE TABLE dbo.deals (
    contract_id text, revenue_type text, contract_value decimal(19, 4), duration_months int,
    booking_date date, close_date date, start_date date, currency text, customer_id text,
    customer text, segment text, owner text, terminated_on date);
CREATE TABLE dbo.revenue_recognition (
    entry_id text, contract_id text, revenue_type text, amount decimal(19, 4),
    recognition_period text, currency text, posted_at timestamp, document_ref text,
    performance_obligation text, approved_by text);
\\copy dbo.deals from '{folder}/contracts.csv' csv header
\\copy dbo.revenue_recognition from '{folder}/entries.csv' csv header
ALTER TABLE dbo.revenue_recognition ALTER recognition_period TYPE date
    USING to_date(recognition_period || '-01', 'YYYY-MM-DD');
GRANT USAGE ON SCHEMA dbo TO recon;
GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO recon;
"""


@pytest.fixture(scope="module")
def books(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sample as files; the server holds the same."""
    folder = tmp_path_factory.mktemp("books")
    recipe = sample.Recipe(contracts=500)
    sample.make(recipe, folder / "sample.duckdb")
    sample.export(folder / "sample.duckdb", folder, "csv")
    postgres.sql(TABLES.format(folder=folder))
    return folder


@pytest.fixture
def configured(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Path]:
    """Return what writes a configuration for the server, with keys of both sides changed."""
    monkeypatch.setenv("BOOKS_PASSWORD", postgres.password)
    monkeypatch.setattr(driver_errors, "WAITS", (0, 0, 0))

    def write(entries: str = "", port: int = postgres.port, **keys: object) -> Path:
        for side in ("contracts", "entries"):
            text = (ROOT / "config" / "sqlserver" / f"{side}.sql").read_text(encoding="utf-8")
            changed = entries if entries and side == "entries" else text
            (tmp_path / f"{side}.sql").write_text(changed, encoding="utf-8")
        settings = {
            "source": "odbc",
            "connection": "DRIVER={PostgreSQL Unicode};SERVER=127.0.0.1;DATABASE=postgres;"
            f"UID=recon;PORT={port}",
            "password_env": "BOOKS_PASSWORD",
            **keys,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        path = tmp_path / "recon.toml"
        path.write_text(
            "\n".join(
                ["[analytics]", *lines, 'query = "contracts.sql"',
                 "[accounting]", *lines, 'query = "entries.sql"']
            ),
            encoding="utf-8",
        )  # fmt: skip
        return path

    return write


def month(config: Path) -> Any:
    """Return the reconciliation of June, in this process."""
    return run_month(load(config), JUNE, formats=()).result


def refusal(config: Path) -> ReconError:
    """Return what ends the run."""
    with pytest.raises(ReconError) as caught:
        month(config)
    return caught.value


def test_the_month_is_that_of_the_files(books: Path, configured: Callable[..., Path]) -> None:
    """Totals, bridge and every break with its cause are those of the same books read from files."""
    files = books / "files.toml"
    files.write_text(
        '[analytics]\nsource = "files"\npath = "contracts.csv"\n'
        '[accounting]\nsource = "files"\npath = "entries.csv"\n',
        encoding="utf-8",
    )
    ours, theirs = month(configured()), month(files)
    assert ours.totals == theirs.totals
    assert ours.bridge == theirs.bridge
    assert ours.breaks == theirs.breaks
    assert [row.reason for row in ours.invalid] == [row.reason for row in theirs.invalid]
    assert ours.flags == theirs.flags


def test_it_runs_from_the_command_line(books: Path, configured: Callable[..., Path]) -> None:
    """The command prints one document; its source descriptions name no secret."""
    command = [sys.executable, "-m", "recon", "month", "2024-06", "--json", "--format", "none",
               "--config", str(configured())]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ}, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 3, done.stderr
    sources = json.loads(done.stdout)["sources"]
    assert sources["accounting"]["description"] == (
        "odbc connection, entries.sql, snapshot isolation (repeatable read)"
    )
    assert "tie;out" not in done.stdout + done.stderr


def test_only_three_months_come_entry_by_entry(
    books: Path, configured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older entries arrive condensed: one row a key, not one an entry."""
    files = []
    monkeypatch.setattr(odbc, "_relation", lambda extract, real=odbc._relation: (
        files.append((extract.columns[0], extract.path.read_text(encoding="utf-8").count("\n"))),
        real(extract),
    )[1])  # fmt: skip
    month(configured())
    rows = [count for first, count in files if first == "contract_id"]
    contracts, _, history = rows
    assert history <= contracts


def test_a_wrong_password_is_told_at_once(
    books: Path, configured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is not tried again, and the password is nowhere in the sentence."""
    monkeypatch.setenv("BOOKS_PASSWORD", "s3cret")
    error = refusal(configured())
    assert error.exit_code == 5
    assert "refuses the login" in str(error)
    assert "s3cret" not in str(error)


def test_a_closed_port_is_told(books: Path, configured: Callable[..., Path]) -> None:
    """Nobody listens: exit 5 after four attempts."""
    error = refusal(configured(port=1))
    assert (error.exit_code, "refuses the connection" in str(error)) == (5, True)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("SELECT * FROM dbo.nothing WHERE d >= ? AND d < ?", "has no table or view"),
        ("SELECT nix FROM dbo.revenue_recognition WHERE recognition_period >= ? "
         "AND recognition_period < ?", "has no column"),
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_told(
    books: Path, configured: Callable[..., Path], entries: str, said: str
) -> None:
    """The sentence says which side, which file and what is wrong."""
    error = refusal(configured(entries))
    assert error.exit_code == 5
    assert said in str(error)
    assert "entries.sql" in str(error)


def test_a_column_that_lacks_is_named_before_anything_is_read(
    books: Path, configured: Callable[..., Path]
) -> None:
    """The shape of the query is looked at first."""
    error = refusal(configured(
        "SELECT entry_id, contract_id, revenue_type, recognition_period "
        "FROM dbo.revenue_recognition WHERE recognition_period >= ? AND recognition_period < ?"
    ))  # fmt: skip
    assert (error.exit_code, "amount" in str(error)) == (6, True)


def test_a_slow_query_ends_in_time(books: Path, configured: Callable[..., Path]) -> None:
    """The query timeout is honoured, and not tried again."""
    slow = (
        "SELECT r.* FROM dbo.revenue_recognition r, pg_sleep(5) "
        "WHERE r.recognition_period >= ? AND r.recognition_period < ?"
    )
    error = refusal(configured(slow, query_timeout=1))
    assert (error.exit_code, "in time" in str(error)) == (5, True)


def test_a_connection_cut_in_mid_result_is_read_again_whole(
    postgres: Postgres,
    books: Path,
    configured: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A killed backend costs an attempt, never a row."""
    whole, cuts, real = month(configured()), [], odbc._write

    def cut_once(cursor: Any, *arguments: Any) -> Any:
        if not cuts:
            cuts.append(True)
            postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'recon'"
            )
            cursor.connection.execute("SELECT 1")
        return real(cursor, *arguments)

    monkeypatch.setattr(odbc, "_write", cut_once)
    again = month(configured())
    assert cuts
    assert again.totals == whole.totals
    assert again.breaks == whole.breaks


def test_rows_that_the_server_does_not_count_stop_the_run(
    books: Path, configured: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is held against the server's own count and sum."""
    monkeypatch.setattr(odbc, "_write", lambda *a, real=odbc._write: (real(*a)[0] + 1, real(*a)[1]))
    error = refusal(configured())
    assert (error.exit_code, "the server counts" in str(error)) == (6, True)
