"""A month on Apache Spark says what the local engine says, to the byte but for its own name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from recon.base.errors import ExitCode, MissingColumns
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Side
from recon.config import SparkSettings
from recon.run.spark.session import session
from recon.store.ids import install, plain_letters
from recon.store.session import open_session
from tests.shell import (
    CONTRACTS,
    ENTRIES,
    PATIENCE,
    ROOT,
    Project,
    contract,
    entry,
    in_process,
    one_sentence,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow
GROUPS = 3
SPARK = f"engine = 'spark'\nspark.groups = {GROUPS}\n"


@pytest.fixture(scope="module", autouse=True)
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Start Spark once, as a run would that finds none."""
    pytest.importorskip("pyspark", reason='PySpark is not installed: pip install "recon[spark]"')
    # A Java that lives for seconds gains nothing from being compiled well.
    short = {"PYTHONPATH": str(ROOT), "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
    with (
        mock.patch.dict(os.environ, short),
        session(SparkSettings(master="local[2]"), tmp_path_factory.mktemp("spark")) as started,
    ):
        yield started


@dataclass(frozen=True)
class Told:
    """What a run has printed, and the files that it has left, without the run's own name."""

    code: int
    document: str
    errors: str
    files: dict[str, bytes]


_LINES = re.compile(rb"(?:\w+\.csv, line|row) [\d,]*\d")
_QUOTED = re.compile(rb'"\w+\.csv, line \d+"')


def _without_lines(rows: bytes) -> bytes:
    """Return a CSV file without the lines of rows, which Spark does not know."""
    return _LINES.sub(b"row -", _QUOTED.sub(b"row -", rows))


def run(folder: Path, *arguments: str) -> Told:
    """Run a command on a configuration in a folder."""
    done = in_process(*arguments, cwd=folder)
    text = done.stdout.decode()
    document = json.loads(text) if text.startswith("{") else {}
    name = document.get("run_id", "no run")
    places = [Path(path).parent for path in document.get("reports", [])][:1]
    files = {
        path.name: _without_lines(path.read_bytes().replace(name.encode(), b"RUN"))
        for place in places
        for path in place.iterdir()
        if path.suffix == ".csv"
    }
    told = _LINES.sub(b"row -", text.replace(name, "RUN").encode()).decode()
    return Told(done.returncode, told, done.stderr.decode(), files)


def on_both(project: Project, *arguments: str) -> tuple[Told, Told]:
    """Run a command on the local engine, then on Spark; both leave their reports in a folder."""
    text = project.config.read_text(encoding="utf-8")
    found = []
    for engine in ("", SPARK):
        project.config.write_text(engine + text, encoding="utf-8")
        found.append(run(project.folder, *arguments))
        # Either is the first run of the month.
        if project.reports.exists():
            before = len(list(project.folder.glob("reports of *")))
            project.reports.rename(project.folder / f"reports of {before}")
    project.config.write_text(text, encoding="utf-8")
    return found[0], found[1]


def agree(local: Told, there: Told) -> dict[str, Any]:
    """Hold both against each other; return the document."""
    assert there.errors == local.errors
    assert there.document == local.document
    assert there == local
    return dict(json.loads(local.document))


def test_the_sample_month_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """JSON, CSV files and evidence of the sample month are those of the local engine."""
    project = Project(tmp_path)
    project.config.write_text("[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n")
    runs = ("month", "2024-06", "--json", "--format", "csv")
    found = agree(*on_both(project, *runs))
    assert found["breaks"]


CROOKED = [
    contract("A-1"),
    contract(" a-2 "),
    contract("D-1"),
    contract("d-1"),  # twice the same key
    contract("I-1", "12.00.5"),  # no amount
    contract("", "500.00"),  # no id
    contract("\u212a-7"),  # the Kelvin sign, of which k is the lower case
    contract("C\uff11\u2013\u00bd\u200b"),  # full width, an en dash, a half, a blank of no width
    contract("C\u00a0e\u0301  8"),  # a blank that does not break, an accent of its own
]
POSTED = [
    entry("a-1"),
    entry("A-2", "90.00"),
    entry("A-2 ", "10.00"),
    entry("D-1"),
    entry("I-1"),
    entry("k-7", "250.00"),
    entry("k-7", "100.00", "2024-05"),
    entry("c1-1\u20442"),
    entry("C \u00c9 8"),
    entry("ORPHAN-1", "77.77"),
    entry("ORPHAN-2", "88.88"),
    "E-8,A-1,Subscription,no amount,2024-06\n",
    entry("A-1", "1.00", "no month"),
    "E-9,,Subscription,5.00,2024-06\n",
    "E-10,A-1,Nonsense,5.00,2024-06\n",
]


@pytest.fixture
def crooked(tmp_path: Path) -> Project:
    """Give books with everything in them that cannot be compared, or only after a second look."""
    project = Project(tmp_path)
    project.write("contracts.csv", CONTRACTS + "".join(CROOKED))
    project.write("entries.csv", ENTRIES + "".join(POSTED))
    return project


def test_whatever_cannot_be_compared_is_told_alike(crooked: Project) -> None:
    """Rows are invalid in the same places, and orphans, spellings and duplicates are the same."""
    found = agree(*on_both(crooked, "month", "2024-06", "--json", "--format", "csv"))
    assert len(found["invalid"]) > 8
    assert {item["cause"] for item in found["breaks"]} >= {"unknown_contract"}


@pytest.mark.parametrize(
    "arguments",
    [("explain", "a-2", "2024-06", "--json"), ("rollforward", "2024-06", "--json")],
    ids=lambda arguments: arguments[0],
)
def test_other_commands_read_what_spark_has_compared(
    crooked: Project, arguments: tuple[str, ...]
) -> None:
    """A dossier and a roll-forward are those of the local engine."""
    agree(*on_both(crooked, *arguments))


def parquet(project: Project, name: str, text: str, parts: int) -> None:
    """Write a CSV text as Parquet files, its amounts with a comma and one column nobody reads."""
    project.write(f"{name}.csv", text)
    with open_session() as connection:
        source = f"read_csv('{project.folder}/data/{name}.csv', all_varchar = true)"
        amount = "contract_value" if name == "contracts" else "amount"
        for part in range(parts):
            connection.execute(
                f"""COPY (
                    SELECT * EXCLUDE (i, contract_id) REPLACE (replace({amount}, '.', ',')
                        AS {amount}), contract_id AS "Deal ID", 7 AS "not read"
                    FROM (SELECT *, row_number() OVER () AS i FROM {source})
                    WHERE (i - 1) // 5 = {part}
                ) TO '{project.folder}/data/{name} [{part}].parquet' (FORMAT parquet)"""
            )


def test_parquet_is_read_in_place_file_after_file(crooked: Project) -> None:
    """Names, decimal commas and the places of rows over several files are the same."""
    parquet(crooked, "contracts", CONTRACTS + "".join(CROOKED), 2)
    parquet(crooked, "entries", ENTRIES + "".join(POSTED), 3)
    more = "path = '../data/{} *.parquet'\ndecimal = ','\ncolumns = {{ contract_id = 'Deal ID' }}\n"
    crooked.configure(more.format("contracts"), more.format("entries"))
    local, there = on_both(crooked, "month", "2024-06", "--json", "--format", "csv")
    assert len(agree(local, there)["invalid"]) > 8
    packs = sorted(crooked.folder.glob("reports of */2024-06/*/evidence"))
    for name in ("contracts.parquet", "entries.parquet"):
        with open_session() as connection:
            # Columns that recon does not read are kept as a hash, which each engine makes its way.
            read = "SELECT COLUMNS(lambda c: c <> 'recon_unread')"
            rows = [connection.execute(f"{read} FROM '{pack}/{name}'").fetchall() for pack in packs]
        assert len(rows) == 2
        assert rows[0] == rows[1]
    extracts = [json.loads((pack / "run.json").read_text())["extracts"] for pack in packs]
    assert extracts[0].keys() == extracts[1].keys()


def test_what_spark_alone_can_read(spark: SparkSession, crooked: Project) -> None:
    """A table whose rows have no known places is numbered from 1, and its evidence verified."""
    for name, text in (("contracts", CROOKED), ("entries", POSTED)):
        frame = spark.read.csv(f"file:{crooked.folder}/data/{name}.csv", header=True)
        assert frame.count() == len(text)
        frame.repartition(3, "contract_id").createOrReplaceTempView(f"recon_{name}")
    crooked.config.write_text(
        SPARK + "[analytics]\nsource = 'spark'\ntable = 'recon_contracts'\n"
        f"[accounting]\nsource = 'spark'\npath = 'file:{crooked.folder}/data/entries.csv'\n"
        "format = 'csv'\noptions = { header = true }\n"
    )
    told = run(crooked.folder, "month", "2024-06", "--json", "--format", "csv")
    found = json.loads(told.document)
    assert found["sources"]["analytics"]["description"] == "Spark table recon_contracts"
    rows = [row["row"] for row in found["invalid"] if row["side"] == "analytics"]
    assert rows == sorted(rows)
    assert set(rows) <= set(range(1, len(CROOKED) + 1))
    verified = run(crooked.folder, "verify", "2024-06")
    assert verified.code == ExitCode.DONE, verified


@pytest.mark.parametrize(
    ("side", "code", "said"),
    [
        ("table = 'finance.deals'", 5, "Spark knows no table finance.deals"),
        ("path = '/nowhere/x.parquet'\nformat = 'parquet'", 5, "/nowhere/x.parquet is not there"),
        ("path = '/nowhere'\nformat = 'nonsense'", 5, "lacks the package that reads nonsense"),
        ("format = 'jdbc'\noptions = { url = 'jdbc:x:y', query = 'SELECT 1' }", 5, "jdbc:x:y"),
    ],
)
def test_a_side_that_is_not_there_is_one_sentence(
    crooked: Project, side: str, code: int, said: str
) -> None:
    """Nothing of Java, Python or Spark is in it but what is not there."""
    crooked.config.write_text(
        f"{SPARK}[analytics]\nsource = 'spark'\n{side}\n"
        "[accounting]\nsource = 'files'\npath = '../data/entries.csv'\n"
    )
    told = run(crooked.folder, "month", "2024-06", "--json")
    assert told.code == code, told
    assert said in one_sentence(told.errors)


def test_a_column_that_is_missing_is_told_before_anything_runs(crooked: Project) -> None:
    """The sentence is that of the local engine, and so is that of files that are not there."""
    crooked.write("entries.csv", ENTRIES.replace("amount", "sum") + "".join(POSTED))
    local, there = on_both(crooked, "month", "2024-06", "--json")
    assert (there.code, there.errors) == (local.code, local.errors)
    crooked.configure(accounting="path = '../data/none.parquet'")
    local, there = on_both(crooked, "month", "2024-06", "--json")
    assert (there.code, there.errors) == (local.code, local.errors)


def test_a_java_that_is_starting_ends_with_ctrl_c() -> None:
    """Nobody else would end it: PySpark has no word with it yet."""
    from pyspark import java_gateway

    from recon.run.spark.session import _ended_if_interrupted

    def started() -> subprocess.Popen[bytes]:
        found: subprocess.Popen[bytes] = java_gateway.Popen(
            [sys.executable, "-c", "import time; time.sleep(3600)"]
        )
        return found

    with pytest.raises(KeyboardInterrupt), _ended_if_interrupted():
        java = started()
        raise KeyboardInterrupt
    assert java.wait(PATIENCE) != 0
    assert java_gateway.Popen is subprocess.Popen


def test_a_file_that_spark_would_pass_over_is_refused(crooked: Project) -> None:
    """It hides names that begin with an underscore, and its rows would be missing in silence."""
    parquet(crooked, "entries", ENTRIES + "".join(POSTED), 2)
    first, *_ = sorted((crooked.folder / "data").glob("entries *.parquet"))
    first.rename(first.with_name(f"_{first.name}"))
    crooked.configure(accounting="path = '../data/*entries *.parquet'")
    _, there = on_both(crooked, "month", "2024-06", "--json")
    assert there.code == ExitCode.SOURCE_DATA
    assert f"the accounting side has _{first.name}; rename" in one_sentence(there.errors)


@pytest.mark.parametrize("package", ["pyspark", "pyarrow"])
def test_without_its_packages_it_is_told_how_to_get_them(
    crooked: Project, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """The sentence names the extra, whichever package would have been imported first."""
    for loaded in [name for name in sys.modules if name.startswith("recon.run.spark")]:
        monkeypatch.delitem(sys.modules, loaded)
    text = crooked.config.read_text(encoding="utf-8")
    crooked.config.write_text(SPARK + text, encoding="utf-8")
    monkeypatch.setitem(sys.modules, package, None)
    told = run(crooked.folder, "month", "2024-06", "--json")
    assert told.code == ExitCode.CONFIGURATION
    assert 'pip install "recon[spark]"' in told.errors


def test_what_fails_on_an_executor_is_raised_here_as_it_was() -> None:
    """A failure that recon foresaw travels as a value, and is the same sentence afterwards."""
    import pyarrow as pa

    from recon.run.spark.groups import FAILED, Task, answered, raise_failure

    given = {side: pa.table({"contract_id": ["A-1"]}) for side in Side}
    task = Task(
        Month.parse("2024-06"), Policy(), (), dict.fromkeys(Side, "*"), dict.fromkeys(Side, "files")
    )
    ((kind, table),) = answered(task, 1, given)
    assert kind == FAILED
    with pytest.raises(MissingColumns, match=r"The analytics side has no columns revenue_type, "):
        raise_failure(table)


def test_no_letter_is_folded_finer_than_by_the_core() -> None:
    """Of any character its group keeps what it keeps of the key that the core compares."""
    with open_session() as connection:
        install(connection, Policy())
        found = connection.execute(
            """SELECT chr(code), id_key(chr(code)) FROM (
                -- Between the two are no letters.
                SELECT CAST(unnest(range(1, 55296) || range(57344, 1114112)) AS INTEGER) AS code)
            WHERE id_key(chr(code)) <> chr(code)"""
        ).fetchall()
    assert len(found) > 4_000
    assert [pair for pair in found if _kept(pair[0]) != _kept(pair[1])] == []


def _kept(text: str) -> str:
    """Return the letters and digits of ASCII in a text."""
    small = "".join(plain_letters().get(character, character) for character in text)
    return "".join(filter("0123456789abcdefghijklmnopqrstuvwxyz".__contains__, small))


def test_spark_keeps_the_letters_of_an_id(spark: SparkSession) -> None:
    """Java finds the same letters in every character, however many there are in it."""
    from recon.run.spark.groups import folded

    ids = [f"{character}-\u5951 7" for character in plain_letters()]
    frame = spark.createDataFrame([(text,) for text in ids], "contract_id string")
    rows = frame.select("contract_id", folded(frame, "contract_id").alias("kept")).collect()
    assert {row.contract_id: row.kept for row in rows} == {text: _kept(text) for text in ids}
