"""Five journeys through the command line, as the people take them who close the books."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.shell import ENTRIES, Project, entry, in_process, one_sentence

HEADER = (
    "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date,customer,"
    "segment,owner\n"
)
PEOPLE = {
    "001": "Aster,SMB,Dana Field",
    "002": "Birch,SMB,Dana Field",
    "003": "Cedar,Enterprise,Eve Stone",
}
CSV = ("--format", "csv")
PREPARE = ("--role", "preparer", "--comment", "Checked.")
REVIEW = ("--role", "reviewer", "--comment", "Agreed.")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project of three contracts of 10,000.00 a month from June 2024 on."""
    made = Project(tmp_path)
    rows = [
        f"{key},Subscription,240000.00,24,2024-06-01,2026-05-31,{names}\n"
        for key, names in PEOPLE.items()
    ]
    made.write("contracts.csv", HEADER + "".join(rows))
    return made


def post(project: Project, months: Mapping[str, Mapping[str, str]]) -> None:
    """Write the entries of some months; a contract that is not named has its 10,000.00."""
    rows = [
        entry(key, amount, month)
        for month, changed in months.items()
        for key, amount in {**dict.fromkeys(PEOPLE, "10000.00"), **changed}.items()
        if amount
    ]
    project.write("entries.csv", ENTRIES + "".join(rows))


def run(
    project: Project, *arguments: str, user: str = "anna"
) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a command that somebody gave."""
    return in_process(*arguments, cwd=project.folder, user=user, env={"COLUMNS": "80"})


def told(project: Project, *arguments: str, code: int = 0, user: str = "anna") -> str:
    """Return what a command printed, in one line; it ended as it should."""
    done = run(project, *arguments, user=user)
    assert done.returncode == code, done.stderr.decode()
    return " ".join(done.stdout.decode().split())


def refused(project: Project, *arguments: str, user: str = "anna") -> str:
    """Return why a command was refused."""
    done = run(project, *arguments, user=user)
    assert (done.returncode, done.stdout) == (2, b"")
    return one_sentence(done.stderr.decode())


def open_breaks(project: Project, *arguments: str) -> list[dict[str, Any]]:
    """Return the open breaks, as programs read them."""
    found: list[dict[str, Any]] = json.loads(run(project, "open", *arguments, "--json").stdout)[
        "breaks"
    ]
    return found


def test_the_first_month(project: Project) -> None:
    """Nothing is known; help, words and places are asked for, and June is ready to close."""
    post(project, {"2024-06": {}})
    assert "Every month:" in told(project)
    assert "not there yet" in told(project, "doctor", "--paths")
    assert told(project, "open").startswith("No run is recorded here yet")
    page = told(project, "month", "June 2024", *CSV)
    assert "Ready to close June 2024: no breaks, no invalid rows" in page
    assert told(project, "open") == "No break is open at the end of 2024-06."
    told(project, "sign-off", "2024-6", *PREPARE)
    told(project, "sign-off", "2024-06", *REVIEW, user="bob")
    assert "2024-06 1 run, signed off" in told(project, "history", "june 2024")
    assert told(project, "glossary", "break").startswith("break ")


@pytest.mark.slow  # its steps are tests of the close, too
def test_a_break_is_found_explained_acknowledged_and_lapses(project: Project) -> None:
    """What was acknowledged was 8,766.00 too little, and not 9,999.00."""
    post(project, {"2024-06": {"002": "1234.00"}})
    assert "Do not close June 2024: 1 critical" in told(project, "month", "2024-06", *CSV, code=3)
    (item,) = open_breaks(project)
    assert (item["contract_id"], item["open_amount"]) == ("002", "-8766.00")
    # The whole name, its beginning and the customer lead to the same contract.
    pages = {told(project, "explain", name) for name in (item["break"], item["break"][:7], "birch")}
    assert len(pages) == 1 and "Contract 002: June 2024" in pages.pop()
    said = told(project, "ack", "birch", "--reason", "Billed in July.", "--until", "2024-08")
    assert "acknowledged by anna until 2024-08: Billed in July." in said
    assert open_breaks(project, "--unacknowledged") == []
    # A few cents more are within the line's tolerance.
    post(project, {"2024-06": {"002": "1233.50"}})
    told(project, "month", "2024-06", *CSV, code=3)
    assert open_breaks(project, "--unacknowledged") == []
    post(project, {"2024-06": {"002": "1.00"}})
    changed = "hanged since acknowledged by anna: was -8,766.00 USD, is -9,999.00 USD in 2024-06"
    assert changed in told(project, "month", "2024-06", *CSV, "--owner", "dana", code=3)
    assert changed in told(project, "open", "birch")
    assert [found["contract_id"] for found in open_breaks(project, "--unacknowledged")] == ["002"]


def test_an_owner_gets_her_list_by_mail(project: Project) -> None:
    """Her breaks alone, as a table that a spreadsheet opens; her answer covers them at once."""
    post(project, {"2024-06": {"001": "", "002": "", "003": "3210.00"}})
    told(project, "month", "2024-06", *CSV, code=3)
    listed = run(project, "open", "--owner", "dana", *CSV).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert {(row["contract_id"], row["customer"], row["owner"]) for row in rows} == {
        ("001", "Aster", "Dana Field"),
        ("002", "Birch", "Dana Field"),
    }
    assert sum(float(row["open_amount"]) for row in rows) == -20_000
    answer = ("ack", "--owner", "dana", "--cause", "not_posted", "--reason", "Posted in July.")
    done = run(project, *answer)
    assert done.returncode == 2 and b"2 breaks would be acknowledged" in done.stderr
    assert len(open_breaks(project, "--unacknowledged")) == 3
    told(project, *answer, "--yes")
    assert [item["owner"] for item in open_breaks(project, "--unacknowledged")] == ["Eve Stone"]


@pytest.mark.slow  # its steps are tests of the close, too
def test_a_month_is_signed_off_and_asks_again(project: Project) -> None:
    """A critical break is answered; when it changes, the reviewer is asked about it anew."""
    post(project, {"2024-06": {"003": "2345.00"}})
    told(project, "month", "2024-06", *CSV, code=3)
    sign = ("sign-off", "2024-06")
    assert "nobody has acknowledged" in refused(project, *sign, *PREPARE)
    told(project, "ack", "cedar", "--reason", "In dispute.", "--until", "2024-12")
    told(project, *sign, *PREPARE)
    assert "2024-06 is signed off" in told(project, *sign, *REVIEW, user="bob")
    post(project, {"2024-06": {"003": "345.00"}})
    told(project, "month", "2024-06", *CSV, code=3)
    assert "1 of them changed since acknowledged" in refused(project, *sign, *PREPARE)
    told(project, *sign, *PREPARE, "--accept", "The dispute has grown.")
    told(project, *sign, *REVIEW, "--accept", "Seen.", user="bob")
    assert "signed off" in told(project, "history", "2024-06")


@pytest.mark.slow
def test_a_year_later(project: Project) -> None:
    """The proof still holds, and what was open in June is still known by its name."""
    months = [f"2024-{month:02}" for month in range(6, 13)] + [f"2025-{m:02}" for m in range(1, 7)]
    post(project, {month: {"002": ""} if month == "2024-06" else {} for month in months})
    told(project, "month", "2024-06", *CSV, code=3)
    (item,) = open_breaks(project)
    told(project, "ack", item["break"], "--reason", "Known.", "--until", "2024-12")
    told(project, "month", "2024-07..2025-06", *CSV)
    states = {
        month: open_breaks(project, "--month", month)[0]["state"]
        for month in ("2024-06", "December 2024", "2025-01", "2025-06")
    }
    assert [*states.values()] == ["acknowledged", "acknowledged", "open", "open"]
    (later,) = open_breaks(project)
    assert (later["break"], later["age_months"]) == (item["break"], 12)
    assert "Contract 002: June 2024" in told(project, "explain", item["break"])
    assert "13 runs proven" in told(project, "verify", "--all")
    post(project, {month: {} for month in months})
    told(project, "month", "2024-06", *CSV)
    assert open_breaks(project) == []
