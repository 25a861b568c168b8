"""The month from real databases and with their faults: PostgreSQL, SQL Server if there is one."""

from __future__ import annotations

import csv
import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import ReconError
from recon.base.fields import CONDENSED
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import load
from recon.run.month import run_month
from recon.sources import driver_errors, odbc, sample
from tests.integration.servers import TABLES, Server, configuration
from tests.shell import (
    PATIENCE,
    begun,
    figures,
    in_process,
    one_sentence,
    wait_until,
)

JUNE = Month.parse("2024-06")
FROM_FILES = (
    '[analytics]\nsource = "files"\npath = "contracts.csv"\n'
    '[accounting]\nsource = "files"\npath = "entries.csv"\n'
)

Configured = Callable[..., Path]


@pytest.fixture(scope="module")
def books(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sample as files and their configuration; the server has the same."""
    folder = tmp_path_factory.mktemp("books")
    sample.make(sample.Recipe(contracts=500), folder / "sample.duckdb")
    sample.export(folder / "sample.duckdb", folder, "csv")
    (folder / "recon.toml").write_text(FROM_FILES, encoding="utf-8")
    server.load(folder)
    return folder


@pytest.fixture
def configured(
    server: Server, books: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Configured:
    """Return what writes a configuration for the server; attempts follow one another at once."""
    monkeypatch.setenv("BOOKS_PASSWORD", server.password)
    monkeypatch.setattr(driver_errors, "WAITS", (0, 0, 0))

    def write(entries: str | None = None, **changed: object) -> Path:
        return configuration(server, tmp_path, entries, **changed)

    return write


def month(config: Path, of: Month = JUNE) -> Reconciliation:
    """Return the reconciliation of a month, in this process."""
    return run_month(load(config), of, formats=()).result


def refusal(config: Path) -> ReconError:
    """Return what ends the run."""
    with pytest.raises(ReconError) as caught:
        month(config)
    return caught.value


def shown(config: Path, *arguments: str) -> str:
    """Return what recon prints with `--json` on a configuration."""
    done = in_process(*arguments, "--json", "--config", config, cwd=config.parent)
    assert done.returncode in (0, 3), done.stderr
    return done.stdout.decode()


def anonymous(document: str) -> str:
    """Return a document without its run id, the descriptions of its sources, and lines of files."""
    named = re.sub(r", \w+\.csv, line [\d,]+(?=: )", "", document)
    placed = re.sub(r"(?:\w+\.csv, line|row) [\d,]+(?=[,)])", "-", named)
    return re.sub(r'"(run_id|description|place)": ".*?(?<!\\)"', r'"\1": "-"', placed)


@pytest.mark.parametrize("of", ["2024-01", "2024-12"])
def test_the_month_is_that_of_the_files(books: Path, configured: Configured, of: str) -> None:
    """The figures of a month are those of the same books in files, and so are its sources."""
    arguments = ("month", of, "--format", "none")
    ours, theirs = shown(configured(), *arguments), shown(books / "recon.toml", *arguments)
    assert ours != theirs
    ours, theirs = json.loads(anonymous(ours)), json.loads(anonymous(theirs))
    assert figures(ours) == figures(theirs)
    for key in ("sources", "policy", "invalid", "verdict", "exit_code"):
        assert ours[key] == theirs[key]


def test_amounts_in_text_are_read_as_configured(configured: Configured) -> None:
    """A server adds up no texts: every entry comes, and the figures are the same."""
    in_text = (
        "SELECT entry_id, contract_id, revenue_type, recognition_period, currency, posted_at, "
        "document_ref, REPLACE(CAST(amount AS VARCHAR(40)), '.', ',') AS amount "
        "FROM dbo.revenue_recognition WHERE recognition_period >= ? AND recognition_period < ?"
    )
    typed = month(configured())
    config = configured(in_text, decimal=",")
    asked = run_month(load(config), JUNE, formats=())
    assert (asked.result.totals, asked.result.flags) == (typed.totals, typed.flags)
    assert asked.result.sources[Side.ACCOUNTING].rows == typed.sources[Side.ACCOUNTING].rows


def test_the_document_tells_the_isolation_and_no_secret(
    server: Server, configured: Configured
) -> None:
    """How the database was read is recorded beside what was read."""
    document = shown(configured(), "month", "2024-06", "--format", "none")
    described = json.loads(document)["sources"]["accounting"]["description"]
    assert re.search(r"entries\.sql, (snapshot|read committed) isolation", described)
    assert server.password not in document


def test_a_contract_is_explained_as_from_files(books: Path, configured: Configured) -> None:
    """Every entry of the contract is there, though older ones of others are only added up."""
    contract = max(
        month(books / "recon.toml").breaks, key=lambda b: abs(b.to_date_recognized)
    ).contract_id
    arguments = ("explain", contract.lower(), "2024-06")
    assert shown(configured(), *arguments) == shown(books / "recon.toml", *arguments)


def test_only_three_months_come_entry_by_entry(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older entries arrive condensed: at most one row a key, not one an entry."""
    extracts, relation = [], odbc._relation
    monkeypatch.setattr(
        odbc, "_relation", lambda s, e: extracts.append(rows_of(e)) or relation(s, e)
    )
    whole = month(configured())
    contracts, entries = extracts
    assert len(contracts) == whole.sources[Side.ANALYTICS].rows
    condensed = [row for row in entries if row[CONDENSED]]
    assert len(entries) - len(condensed) > whole.sources[Side.ACCOUNTING].rows
    assert 0 < len(condensed) <= 2 * len(contracts)
    assert entries[-len(condensed) :] == condensed, "what has a number of its own comes first"


def rows_of(extract: odbc.Extract) -> list[dict[str, str]]:
    """Return the rows that a database delivered."""
    with extract.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, extract.columns))


def test_a_wrong_password_is_told_at_once(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is not tried again, and the password is nowhere in the sentence."""
    monkeypatch.setenv("BOOKS_PASSWORD", "s3cret")
    error = refusal(configured())
    assert error.exit_code == 5
    assert "rejects the login" in str(error)
    assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("SELECT * FROM dbo.nothing WHERE d >= ? AND d < ?", "has no table or view"),
        ("SELECT nix FROM dbo.revenue_recognition WHERE recognition_period >= ? "
         "AND recognition_period < ?", "has no column"),
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_told(configured: Configured, entries: str, said: str) -> None:
    """The sentence says which side, which file and what is wrong."""
    error = refusal(configured(entries))
    assert error.exit_code == 5
    assert said in str(error)
    assert "entries.sql" in str(error)


def test_a_column_that_lacks_is_named_before_anything_is_read(configured: Configured) -> None:
    """The shape of the query is looked at first."""
    error = refusal(configured(
        "SELECT entry_id, contract_id, revenue_type, recognition_period "
        "FROM dbo.revenue_recognition WHERE recognition_period >= ? AND recognition_period < ?"
    ))  # fmt: skip
    assert (error.exit_code, "amount" in str(error)) == (6, True)


def test_two_columns_of_one_name_are_refused(configured: Configured) -> None:
    """Which of the two is meant, nobody can tell; SQL Server says so itself."""
    error = refusal(configured(
        "SELECT entry_id, contract_id, revenue_type, amount, recognition_period, "
        "amount AS amount FROM dbo.revenue_recognition "
        "WHERE recognition_period >= ? AND recognition_period < ?"
    ))  # fmt: skip
    assert (error.exit_code, "several columns named amount" in str(error)) == (6, True)


def test_a_query_may_end_with_a_comment(configured: Configured) -> None:
    """What recon puts around the query is not swallowed by it."""
    config = configured()
    for side in ("contracts", "entries"):
        path = config.with_name(f"{side}.sql")
        path.write_text(path.read_text(encoding="utf-8").rstrip() + ";\n", encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n;") + " -- all", encoding="utf-8")
    assert month(config).totals


def test_a_slow_query_ends_in_time(server: Server, configured: Configured) -> None:
    """The query timeout is honoured, and not tried again."""
    error = refusal(configured(server.slow_entries(), query_timeout=1))
    assert (error.exit_code, "in time" in str(error)) == (5, True)
    assert_no_session(server)


def test_a_locked_table_ends_in_time(server: Server, configured: Configured) -> None:
    """A table that somebody else holds is waited for as long as a query may take, not longer."""
    config = configured(query_timeout=1)
    with server.locked():
        error = refusal(config)
    assert (error.exit_code, "in time" in str(error)) == (5, True)
    assert month(config).totals


def test_a_connection_cut_in_mid_result_is_read_again_whole(
    server: Server, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed session costs an attempt, never a row."""
    whole, cuts, write = month(configured()), [], odbc._write

    def cut_once(database: Any, *arguments: Any) -> Any:
        if not cuts:
            cuts.append(True)
            server.cut_sessions()
            database.execute("SELECT 1")
        return write(database, *arguments)

    monkeypatch.setattr(odbc, "_write", cut_once)
    again = month(configured())
    assert cuts
    assert again.totals == whole.totals
    assert again.breaks == whole.breaks


def test_cuts_that_go_on_end_the_run(
    server: Server, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After four attempts the run gives up: no partial month."""
    attempts, begun = [], odbc.connected

    def counted(*arguments: Any) -> Any:
        attempts.append(True)
        return begun(*arguments)

    def cut(database: Any, *arguments: Any) -> Any:
        server.cut_sessions()
        return database.execute("SELECT 1")

    monkeypatch.setattr(odbc, "connected", counted)
    monkeypatch.setattr(odbc, "_write", cut)
    error = refusal(configured())
    assert "cut off" in str(error), error
    assert error.exit_code == 5
    assert 4 <= len(attempts) <= 8  # four of one side, and of the other as many as it came to


def test_rows_that_the_server_does_not_count_stop_the_run(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is held against the server's own count and sum."""
    monkeypatch.setattr(odbc, "_write", lambda *a, real=odbc._write: (real(*a)[0] + 1, real(*a)[1]))
    error = refusal(configured())
    assert (error.exit_code, "the server counts" in str(error)) == (6, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process")
def test_ctrl_c_cancels_the_running_query(server: Server, configured: Configured) -> None:
    """The process leaves with 130 at once, and no session stays behind at the server."""
    config = configured(server.slow_entries())
    with begun("month", "2024-06", "--config", config, cwd=config.parent) as running:
        wait_until(lambda: server.sessions() > 0)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said[0]) == (130, b"")
    assert "Interrupted" in one_sentence(said[1].decode())
    assert_no_session(server)


def test_a_side_that_fails_stops_the_other_one(
    server: Server, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a query whose answer is of no use any more."""
    config = configured(server.slow_entries(), query_timeout=0)
    config.with_name("contracts.sql").write_text("SELECT 1 AS one", encoding="utf-8")
    assert refusal(config).exit_code == 6
    assert_no_session(server)


def assert_no_session(server: Server) -> None:
    """Fail where a session of recon stays at the server."""
    wait_until(lambda: server.sessions() == 0)


def test_many_entries_arrive_to_the_ten_thousandth(server: Server, configured: Configured) -> None:
    """Eighty thousand odd amounts in a month, in batches: each is there, to the 0.0001."""
    config = configured()
    contracts, entries = 8_000, 80_000
    for side, text in odd_amounts(contracts, entries).items():
        server.execute(side, text)
    try:
        result = month(config)
    finally:
        for side, table in TABLES.items():
            server.execute(side, f"DELETE FROM dbo.{table} WHERE contract_id LIKE 'M-%'")
    totals = result.totals["CHF"]
    assert totals.contract_lines == contracts
    # The amounts are 0.0001, 0.0002, ...: their sum is known.
    assert totals.recognized == entries * (entries + 1) // 2
    assert result.sources[Side.ACCOUNTING].control_total["CHF"] == totals.recognized
    assert totals.breaks == 0


def odd_amounts(contracts: int, entries: int) -> dict[str, str]:
    """Return what fills both sides, in SQL that every server understands.

    The entries of a contract add up to a twelfth of its value, but for less than a minor unit.
    """
    each = entries // contracts
    # The entries of the i-th contract are i, i + contracts, i + 2 * contracts, ... ten-thousandths.
    of_a_contract = f"({each} * i + {contracts * each * (each - 1) // 2})"
    digits = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))"
    places = [f"{digits} AS d{n}(v)" for n in range(5)]
    number = " + ".join(f"d{n}.v * {10**n}" for n in range(5))
    numbers = f"(SELECT 1 + {number} AS i FROM {' CROSS JOIN '.join(places)}) AS n"
    key = f"CONCAT('M-', (i - 1) % {contracts})"
    return {
        "analytics": "INSERT INTO dbo.deals (contract_id, revenue_type, contract_value, "
        "duration_months, booking_date, close_date, currency) "
        f"SELECT {key}, 'Subscription', {of_a_contract} * 0.0012, 12, "
        "'2024-01-01', '2024-12-31', 'CHF' "
        f"FROM {numbers} WHERE i <= {contracts}",
        "accounting": "INSERT INTO dbo.revenue_recognition (entry_id, contract_id, revenue_type, "
        "amount, recognition_period, currency) "
        f"SELECT CONCAT('M-', i), {key}, 'Subscription', i * 0.0001, '2024-06-01', 'CHF' "
        f"FROM {numbers} WHERE i <= {entries}",
    }
