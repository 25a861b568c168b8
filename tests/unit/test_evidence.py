"""The evidence pack: what is in it, what is never in it, and the rules by which it is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recon.base.policy import Policy
from recon.base.result import Side
from recon.config import DatabaseSettings, Settings, SourceKind, SourceSettings
from recon.reconciliation.document import document
from recon.record.evidence import FOLDER, verify_chain
from recon.record.evidence.configuration import configuration, shown_connection
from recon.record.evidence.documents import policy_table
from recon.record.evidence.extracts import extract_relation, extract_totals, write_extract
from recon.record.evidence.layout import (
    BREAKS,
    CONFIGURATION,
    CONTROL_TOTALS,
    EXTRACTS,
    POLICY,
    PREVIOUS,
    RESULTS,
    RUN,
    SIGNOFFS,
    SOURCES,
    named,
    packs,
    run_of,
)
from recon.record.evidence.page import fenced, page, table
from recon.record.evidence.reperformance import unlike
from recon.record.evidence.sums import SUMS, parsed_sums, sha256, write_sums
from recon.sources.odbc import without_passwords
from recon.store.session import Session, session
from tests import example
from tests.golden_files import check_golden

RICH: dict[str, object] = {
    "tolerance": "0.1234%", "floor": "0.0001", "cap": "922337203685477.5807", "currency": "JPY",
    "convention": "exact_days", "rounding": "last_period",
    "types": {
        "setup": {"recognition": "start_month", "tolerance": "0%", "floor": "12", "cap": "99.5"},
        "Training": {"kind": "one_time", "convention": "even", "rounding": "cumulative"},
        "Support": {"kind": "one_time", "recognition": "close_month"},
    },
    "segments": {"SMB": {"tolerance": "100%"}, " Öffentlich ": {"floor": "0"}},
    "aliases": {"SaaS": "Subscription", "Kurs": "Training"},
    "severity": {"warning_percent": 1, "high_percent": 2, "critical_from": "1000000"},
}  # fmt: skip


@pytest.mark.parametrize("table", [{}, RICH])
def test_a_policy_is_read_again_as_it_was(table: dict[str, object]) -> None:
    """Every rule of it, through JSON, and in the order in which the reports list them."""
    policy = Policy.of(table)
    again = Policy.of(json.loads(json.dumps(policy_table(policy))))
    assert again == policy
    assert again.rows() == policy.rows()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("DSN=Books;UID=recon;Secret=canary", "DSN=Books;UID=***;Secret=***"),
        ("Driver={ODBC; 18};PWD={can;a}}ry};Port=5", "Driver={ODBC; 18};PWD=***;Port=5"),
        (" server = a ; AccessToken=canary;canary", "server=a;AccessToken=***"),
        ("canary", ""),
    ],
)
def test_of_a_connection_string_only_the_harmless_is_shown(given: str, shown: str) -> None:
    """Whatever keyword a driver has for a secret, and whatever is no keyword at all."""
    assert shown_connection(given) == shown


def test_the_configuration_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the variable is kept, what is in it is not."""
    monkeypatch.setenv("BOOKS_PASSWORD", "canary")
    database = DatabaseSettings(
        "analytics", Path("q.sql"), connection="DSN=Books;SecretKey=canary",
        password_env="BOOKS_PASSWORD",  # noqa: S106 - the name of a variable
    )  # fmt: skip
    side = SourceSettings(Side.ANALYTICS, SourceKind.ODBC, database=database)
    told = json.dumps(configuration(Settings(analytics=side)))
    assert "canary" not in told
    assert "BOOKS_PASSWORD" in told
    assert "DSN=Books" in told


def test_a_statement_tells_no_password_of_another_server() -> None:
    """A comparison with a column of that name stays what it is."""
    statement = "SELECT * FROM OPENROWSET('SQL', 'Server=b;PWD=can4ry;Database=x', 'q')"
    assert "can4ry" not in without_passwords(statement)
    assert without_passwords("SELECT uid FROM t WHERE uid = ?") == "SELECT uid FROM t WHERE uid = ?"


# Extracts


@pytest.fixture
def opened() -> Iterator[Session]:
    """Yield a session."""
    with session() as found:
        yield found


def test_an_extract_has_the_columns_that_are_read(opened: Session, tmp_path: Path) -> None:
    """Under our names, in whatever case they come; the others are named, not kept."""
    opened.execute(
        """CREATE TABLE t AS SELECT 'E' AS " Entry_ID", 'C' AS contract_id, 'S' AS revenue_type,
        1.5 AS AMOUNT, '2024-06' AS recognition_period, 'x' AS salary, 'y' AS approved_by"""
    )
    opened.execute("CREATE TABLE entries_repeated(row BIGINT)")
    found = write_extract(opened, Side.ACCOUNTING, "t", tmp_path, ["Approved_By"])
    read = opened.execute(f"DESCRIBE SELECT * FROM {extract_relation(tmp_path, Side.ACCOUNTING)}")
    names = tuple(row[0] for row in read.fetchall())
    assert names == found.columns
    assert names == (
        "entry_id", "contract_id", "revenue_type", "amount", "recognition_period", "approved_by"
    )  # fmt: skip
    assert found.left_out == ("salary",)


def test_rows_stay_in_order_and_bytes_are_the_same(opened: Session, tmp_path: Path) -> None:
    """Over several groups of rows, written by as many threads as there are."""
    opened.execute(
        """CREATE TABLE t AS SELECT range AS entry_id, 'C-' || range % 977 AS contract_id,
        'Subscription' AS revenue_type, range % 1000 / 7 AS amount,
        '2024-06' AS recognition_period FROM range(400000)"""
    )
    folders = [tmp_path / "[a]=1", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        write_extract(opened, Side.ACCOUNTING, "t", folder, [])
    assert len({sha256(folder / EXTRACTS[Side.ACCOUNTING]) for folder in folders}) == 1
    relation = extract_relation(folders[0], Side.ACCOUNTING)
    moved = opened.execute(
        f"""SELECT count(*) FROM (SELECT entry_id, row_number() OVER () - 1 AS place
        FROM {relation}) WHERE entry_id <> place"""
    ).fetchone()
    assert moved == (0,)


def test_condensed_entries_count_as_what_they_stand_for(opened: Session, tmp_path: Path) -> None:
    """A row without a number is one entry."""
    opened.execute(
        """CREATE TABLE t AS SELECT * FROM (VALUES ('E', 'C', 'S', 1, '2024-06', NULL),
        (NULL, 'C', 'S', 1, '2024-01', '7')) AS t(entry_id, contract_id, revenue_type, amount,
        recognition_period, recon_entries)"""
    )
    write_extract(opened, Side.ACCOUNTING, "t", tmp_path, [])
    assert extract_totals(opened, tmp_path, Side.ACCOUNTING) == {
        "extract_rows": 2, "extract_entries": 8, "first_period": "2024-01",
        "last_period": "2024-06",
    }  # fmt: skip


# Hashes


def test_sums_are_what_sha256sum_reads(tmp_path: Path) -> None:
    """A line a file by name, two blanks between, and its own hash is what is returned."""
    (tmp_path / "b.txt").write_bytes(b"b")
    (tmp_path / "a.txt").write_bytes(b"")
    assert write_sums(tmp_path) == sha256(tmp_path / SUMS)
    content = (tmp_path / SUMS).read_bytes()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content.decode().splitlines()[0] == f"{empty}  a.txt"
    assert parsed_sums(content) == (
        {"a.txt": empty, "b.txt": sha256(tmp_path / "b.txt")}, ""
    )  # fmt: skip


HASH = "ab" * 32


@pytest.mark.parametrize(
    "content",
    [
        f"{HASH.upper()}  a\n",
        f"{HASH} *a\n",
        f"{HASH}  a",
        f"{HASH}  a\r\n",
        f"{HASH}  b\n{HASH}  a\n",
        f"{HASH}  a\n{HASH}  a\n",
        f"{HASH}  ../a\n",
        f"# {HASH}  a\n",
        "\n",
        "é",
    ],
)
def test_sums_in_any_other_form_were_changed(content: str) -> None:
    """What sha256sum would let pass is told too."""
    assert parsed_sums(content.encode("latin-1"))[1]


# Differences


@pytest.mark.parametrize(
    ("written", "wanted", "told"),
    [
        ({"a": {"b": "1.00"}}, {"a": {"b": "2.00"}}, ["a.b: 1.00 instead of 2.00"]),
        ({"a": 1}, {"a": True}, ["a: 1 instead of true"]),
        ({"a": None}, {"a": "x"}, ["a: null instead of x"]),
        ({}, {"a": 1}, ["a: missing"]),
        ({"b": 1}, {}, ["b: not one of recon"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a: 2 instead of 1 of them"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b: 1 instead of 2"]),
        ({"a": [1]}, {"a": {"b": 1}}, ['a: [1] instead of {"b": 1}']),
        ({"a": "x" * 300}, {"a": "y"}, [f"a: {'x' * 100}… instead of y"]),
    ],
)
def test_differences_are_named_by_their_key(written: Any, wanted: Any, told: list[str]) -> None:
    """What the file says comes first, then what it should say."""
    assert list(unlike(written, wanted)) == told
    assert list(unlike(wanted, wanted)) == []


# The chain

RUNS = tuple(f"2024-0{n}_2024070{n}T071500Z_3f9a" for n in range(1, 5))


@pytest.fixture
def chained(tmp_path: Path) -> Path:
    """Return a folder of reports with four runs, each naming the one before."""
    seal = None
    for number, run in enumerate(RUNS):
        folder = tmp_path / run[:7] / run / FOLDER
        folder.mkdir(parents=True)
        before = RUNS[number - 1] if number else None
        (folder / PREVIOUS).write_text(json.dumps({"run_id": before, "sha256": seal}))
        seal = write_sums(folder)
    return tmp_path


def place(root: Path, number: int) -> Path:
    """Return the pack of a run."""
    return root / RUNS[number][:7] / RUNS[number] / FOLDER


def broken(root: Path, **recorded: str) -> list[tuple[int, str, str]]:
    """Return the findings of the chain, runs as their numbers."""
    found = verify_chain(packs(root), {RUNS[int(key[1:])]: seal for key, seal in recorded.items()})
    return [(RUNS.index(item.run), item.file, item.what) for item in found]


def test_a_whole_chain_is_sound(chained: Path) -> None:
    """In the order of time, whatever the months; a hash that was recorded elsewhere agrees."""
    assert [run_of(pack) for pack in packs(chained)] == list(RUNS)
    assert broken(chained) == []
    assert broken(chained, r3=sha256(place(chained, 3) / SUMS)) == []


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_run_that_is_gone_is_missed_by_the_next(chained: Path, number: int) -> None:
    """The first one too."""
    place(chained, number).parent.rename(chained / "elsewhere")
    assert (number + 1, PREVIOUS, f"the run before, {RUNS[number]}, is gone") in broken(chained)


def test_the_last_run_is_missed_by_what_was_recorded(chained: Path) -> None:
    """Nobody else knows it."""
    place(chained, 3).parent.rename(chained / "elsewhere")
    assert broken(chained) == []
    assert [(run, file) for run, file, _ in broken(chained, r3="ab")] == [(3, FOLDER)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hashes_made_anew_are_not_those_that_the_next_run_knows(chained: Path, number: int) -> None:
    """A changed file with matching hashes stands out."""
    folder = place(chained, number)
    (folder / "results.json").write_text("{}")
    (folder / SUMS).unlink()
    write_sums(folder)
    what = f"is not the one that the next run, {RUNS[number + 1]}, has recorded"
    assert broken(chained) == [(number, SUMS, what)]


def test_the_last_runs_hashes_are_held_against_what_was_recorded(chained: Path) -> None:
    """As no run follows it."""
    what = "is not the one that the journal has recorded"
    assert broken(chained, r3="ab") == [(3, SUMS, what)]


@pytest.mark.parametrize(
    "content", ["", "[]", "null", '{"run_id": 1, "sha256": "x"}', '{"run_id": "x"}', "[" * 10**5]
)
def test_a_run_that_names_none_before_it_properly(chained: Path, content: str) -> None:
    """Nothing raises, and the run is named."""
    (place(chained, 2) / PREVIOUS).write_text(content)
    assert (2, PREVIOUS, "does not name the run before") in broken(chained)


def test_a_later_run_that_claims_to_be_the_first(chained: Path) -> None:
    """There is one beginning."""
    (place(chained, 2) / PREVIOUS).write_text('{"run_id": null, "sha256": null}')
    assert broken(chained) == [
        (2, PREVIOUS, "names no run before it, but there are earlier ones")
    ]  # fmt: skip


def test_two_runs_after_the_same_one(chained: Path) -> None:
    """A run between was taken away and the chain mended, or two ran at once."""
    named_by_two = (place(chained, 1) / PREVIOUS).read_text()
    (place(chained, 2) / PREVIOUS).write_text(named_by_two)
    assert [(run, file) for run, file, _ in broken(chained)] == [(2, PREVIOUS)]


def test_a_run_that_is_there_twice(chained: Path) -> None:
    """A copy beside the folder that recon would have named so itself."""
    run = place(chained, 1).parent
    copy = run.with_name(f"{run.name}-2") / FOLDER
    copy.mkdir(parents=True)
    for file in (run / FOLDER).iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert (1, FOLDER, "is there twice") in broken(chained)


def test_what_a_text_names() -> None:
    """A run by its id or an end of it, all runs of a month, or nothing."""
    runs = {RUNS[0], RUNS[1], "2024-01_20240801T071500Z_beef"}
    assert named(runs, RUNS[1]) == {RUNS[1]}
    assert named(runs, "beef") == {"2024-01_20240801T071500Z_beef"}
    assert named(runs, "2024-01") == runs - {RUNS[1]}
    assert named(runs, "2024-03") == set()


# The page


def told(**sources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the documents of the example month; `sources` are the trails by side."""
    result = example.reconciliation()
    result = replace(result, policy=Policy.of({"aliases": {"a|b": "Support"}}))
    sums = {Side.ANALYTICS: "6300000000.00", Side.ACCOUNTING: "60000.00"}
    return {
        RUN: {
            "run_id": example.RUN_ID, "month": "2024-06", "sample": False,
            "signed_otherwise": False,
            "user": "CORP\\dana", "host": "FIN-7", "started": "2024-07-03T07:15:00Z",
            "ended": "2024-07-03T07:15:02Z",
            "versions": {"recon": "0.1.0", "python": "3.11.7", "duckdb": "2.0.0"},
            "extracts": {
                "contracts.parquet": {"left_out": []},
                "entries.parquet": {"left_out": ["salary", "iban"]},
            },
        },
        POLICY: policy_table(result.policy),
        CONFIGURATION: {
            "path": "C:/Finance/config/recon.toml",
            "analytics": {"columns": {"contract_id": "Deal<ID>"}, "database": None},
            "accounting": {
                "columns": {},
                "database": {"connection": "DSN=Books;UID=***", "query": "C:/Finance/entries.sql"},
            },
        },
        PREVIOUS: {"run_id": "2024-05_20240603T071500Z_a1b2", "sha256": "ab" * 32},
        SIGNOFFS: {"signoffs": [{"month": "2024-05", "by": "dana", "at": "2024-06-05"}]},
        RESULTS: document(result, example.RUN_ID, (), 3),
        CONTROL_TOTALS: {
            side.value: {
                "description": result.sources[side].description, "rows": 12, "invalid": 1,
                "control_total": {"JPY": "642100", "USD": sums[side]}, "extract_rows": 1_200,
            }
            for side in Side
        } | {},
        BREAKS: {"breaks": []},
        **{SOURCES[side]: sources.get(side.value, {}) for side in Side},
    }  # fmt: skip


FILES_TRAIL = {"files": [{"path": "data/contracts.csv", "size": 123456, "sha256": "cd" * 32}]}
DATABASE_TRAIL = {
    "product": "PostgreSQL", "version": "15.0.6", "driver": "psqlodbcw.so 13.02.0000",
    "isolation": "snapshot isolation (repeatable read)",
    "parts": [
        {"select": "SELECT * FROM (SELECT ```1``` WHERE d >= ? AND d < ?\n) q ORDER BY entry_id",
         "parameters": ["2024-05-01", "2024-08-01"], "rows": 12, "sum": "60000.0000",
         "first_period": "2024-05-01", "last_period": "2024-07-01"},
        {"select": "SELECT 1", "parameters": [], "rows": 0, "sum": "0",
         "first_period": None, "last_period": None},
    ],
}  # fmt: skip


def test_the_page_is_what_a_person_approved() -> None:
    """Files on one side, a database on the other."""
    documents = told(analytics=FILES_TRAIL, accounting=DATABASE_TRAIL)
    documents[CONTROL_TOTALS]["accounting"] |= {
        "extract_entries": 4_000, "first_period": "2019-01-01", "last_period": "2024-07-01"
    }  # fmt: skip
    check_golden("evidence.md", page(documents))


def test_the_page_tells_a_verdict_that_was_signed_off_before() -> None:
    """An exit code that the breaks alone do not explain is explained."""
    documents = told()
    assert "signed off before" not in page(documents)
    documents[RUN]["signed_otherwise"] = True
    assert "The verdict differs from the one that was signed off before" in page(documents)


def test_the_page_of_the_first_run_on_the_sample() -> None:
    """It says that it is sample data, and that nothing came before and nobody signed."""
    documents = told(analytics={"recipe": {"seed": "1"}})
    documents[RUN]["sample"] = True
    documents[PREVIOUS] = {"run_id": None, "sha256": None}
    documents[SIGNOFFS] = {"signoffs": []}
    text = page(documents)
    for words in ("**This is sample data.**", "None: this is the first run", "None before this run",
                  "seed 1", "Nothing is recorded about it."):  # fmt: skip
        assert words in text


def test_what_stands_in_a_cell_or_a_statement_stays_there() -> None:
    """No bar, no line break, no backtick ends it early."""
    assert table(["a"], [["x|y\nz <b>"]])[2] == "| x\\|y z &lt;b> |"
    lines = fenced("SELECT '````'", "sql")
    assert (lines[0], lines[-1]) == ("`````sql", "`````")
    assert not re.search(r"\r", page(told()))
