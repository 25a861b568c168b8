"""Rows that `where` keeps: counted, over any column as text, and nothing but one row's columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.sources.files import FilesSource
from recon.store.columns import PLACE
from recon.store.session import literal, session
from tests.shell import Project, in_process

HEAD = "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date"
STAGES = ["Closed Won", "Lost", "", "closed won", "Closed Won"]
CONTRACTS = f"{HEAD}, Stage,Size\n" + "".join(
    f"C{n},Subscription,1200.00,12,2024-06-01,2025-05-31,{stage},{n}.5\n"
    for n, stage in enumerate(STAGES)
)
ENTRIES = "entry_id,contract_id,revenue_type,amount,recognition_period\n" + "".join(
    f"E{n},C{n},Subscription,100.00,2024-06\n" for n in (0, 4)
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project with deals of all stages."""
    made = Project(tmp_path)
    made.write("contracts.csv", CONTRACTS)
    made.write("entries.csv", ENTRIES)
    return made


def test_rows_left_out_are_counted(project: Project) -> None:
    """Those without a stage are left out as well; the evidence holds."""
    project.configure(analytics="""where = "Stage = 'Closed Won' -- by sales\"""")
    config = str(project.config)
    ended = in_process("month", "2024-06", "--config", config, "--json", cwd=project.folder)
    document = json.loads(ended.stdout)
    assert document["sources"]["analytics"]["rows"] == document["totals"]["USD"]["matched"] == 2
    assert (
        "Left out of the analytics side: 3 of 5 rows, which analytics.where does not keep."
        in document["notices"]
    )
    verified = in_process("verify", "--all", "--config", config, cwd=project.folder)
    assert verified.returncode == 0


def test_all_rows_kept_need_no_notice(project: Project) -> None:
    """A notice is for what is left out."""
    project.configure(analytics="where = 'true'")
    config = str(project.config)
    ended = in_process("month", "2024-06", "--config", config, "--json", cwd=project.folder)
    assert "Left out" not in "".join(json.loads(ended.stdout)["notices"])


def test_a_side_of_which_no_row_is_kept_names_the_setting(project: Project) -> None:
    """The table is the right one; what was left out says why it is empty."""
    project.configure(analytics="where = \"Stage = 'Won'\"")
    ended = in_process("month", "2024-06", "--config", str(project.config), cwd=project.folder)
    assert ended.returncode == 6
    told = " ".join(ended.stderr.decode().split())
    assert "delivers no rows at all. Left out of the analytics side: 5 of 5 rows" in told
    assert "analytics.where" in told


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("Stag = 'Won'", "there is no column 'Stag' (there are contract_id,"),
        ('Stage = "Closed Won"', "no column 'Closed Won'"),
        ("Stage = ", "syntax error"),
        ("true; DROP TABLE x", "analytics.where: "),
        ("true) OR (true", ""),
        ("1 = 1) UNION SELECT 1 WHERE (true", "analytics.where: "),
        ("contract_id IN (SELECT a FROM 'other.csv')", "it has a subquery"),
        ("EXISTS (FROM range(3))", "it has a subquery"),
        ("true, false", "analytics.where: "),
        ("count(*) > 1", "analytics.where: "),
        ("nofunction(Stage)", "nofunction does not exist"),
        ("Size > 1", "TRY_CAST(column AS DECIMAL(18, 2))"),
        ("CAST(Stage AS INTEGER) = 1", "TRY_CAST(column AS DECIMAL(18, 2))"),
        ("Stage = ?", "analytics.where: "),
        ("", "is not a text"),
    ],
)
def test_a_mistake_is_one_of_the_configuration(project: Project, where: str, words: str) -> None:
    """It is named with its key, in a sentence, and nothing else is run."""
    project.configure(analytics=f"where = {json.dumps(where)}")
    ended = in_process("month", "2024-06", "--config", str(project.config), cwd=project.folder)
    said = ended.stderr.decode()
    assert (ended.returncode, words in said, "Traceback" in said) == (4, True, False), said


def test_a_broken_file_is_no_mistake_of_the_configuration(project: Project) -> None:
    """What is wrong is the data."""
    project.write("contracts.csv", CONTRACTS + "C9,Setup\n")
    project.configure(analytics="where = 'true'")
    ended = in_process("month", "2024-06", "--config", str(project.config), cwd=project.folder)
    assert (ended.returncode, b"line 7 of contracts.csv" in ended.stderr) == (6, True)


def test_parquet_columns_are_text_there_and_keep_their_types(tmp_path: Path) -> None:
    """And its rows keep their places."""
    path = tmp_path / "entries.parquet"
    settings = SourceSettings(
        Side.ACCOUNTING, SourceKind.FILES, path=path, where="Booked LIKE '2024-06%' AND n = '2'"
    )
    with session() as opened:
        opened.execute(
            f"""COPY (SELECT 'E' || i AS entry_id, 'C' AS contract_id, 'Setup' AS revenue_type,
            CAST(i AS DECIMAL(9, 2)) AS amount, '2024-06' AS recognition_period,
            DATE '2024-06-05' AS Booked, i AS n FROM range(4) t(i))
            TO {literal(str(path))} (FORMAT parquet)"""
        )
        with FilesSource(settings).opened(opened) as relation:
            found = opened.execute(
                f"SELECT entry_id, typeof(amount), typeof(Booked), {PLACE} FROM {relation}"
            ).fetchall()
        assert FilesSource(settings).parquet(opened) == []
    assert found == [("E2", "DECIMAL(9,2)", "DATE", 3)]
