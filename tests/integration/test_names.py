"""Breaks by whatever people call them: names, filters, and many acknowledged at once."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from recon.cli import choosing
from tests.shell import ENTRIES, Project, entry, in_process, one_sentence

HEADER = (
    "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date,customer,"
    "segment,owner\n"
)
# Who has which contract; June lacks the entries of the first three, and 004 has too little.
LINES = {
    "001": ("Aster", "SMB", "Dana Field"),
    "002": ("Aster", "SMB", "Dana Field"),
    "003": ("Birch", "Enterprise", "Eve Stone"),
    "004": ("Aspen", "Enterprise", "Dana Field"),
    "0011": ("Cedar", "SMB", "Eve Stone"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a project whose June was run; it is only read."""
    return made(Project(tmp_path_factory.mktemp("names")))


def made(project: Project) -> Project:
    """Write the books and run June."""
    rows = [
        f"{key},Subscription,12000.00,12,2024-06-01,2025-05-31,{','.join(names)}\n"
        for key, names in LINES.items()
    ]
    project.write("contracts.csv", HEADER + "".join(rows))
    project.write("entries.csv", ENTRIES + entry("0011", "1000.00") + entry("004", "701.13"))
    assert run(project, "month", "2024-06", "--format", "csv").returncode == 3
    return project


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Return what became of a command."""
    return in_process(*arguments, cwd=project.folder)


def told(project: Project, *arguments: str) -> str:
    """Return what a command printed; it ended well, or with breaks."""
    done = run(project, *arguments)
    assert done.returncode in (0, 3), done.stderr.decode()
    return done.stdout.decode()


def contracts(project: Project, *arguments: str) -> list[str]:
    """Return the contracts of the breaks in a command's document."""
    document = json.loads(told(project, *arguments, "--json"))
    return sorted(item["contract_id"] for item in document["breaks"])


def refused(project: Project, *arguments: str) -> str:
    """Return why a command was refused."""
    done = run(project, *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    return one_sentence(done.stderr.decode())


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["001"], ["001"]),
        (["00"], ["001", "002", "003", "004"]),
        (["aster"], ["001", "002"]),
        (["AS"], ["001", "002", "004"]),
        (["Dana field"], ["001", "002", "004"]),
        (["E-004-2024-06"], ["004"]),
        (["Nobody"], []),
        (["--owner", "dana"], ["001", "002", "004"]),
        (["--owner", "dana", "--segment", "smb"], ["001", "002"]),
        (["--customer", "birch", "--customer", "aspen"], ["003", "004"]),
        (["--cause", "not posted"], ["001", "002", "003"]),
        (["--cause", "not_posted", "--type", "subs", "--currency", "usd"], ["001", "002", "003"]),
        (["--currency", "EUR"], []),
        (["--event", "E-NONE"], []),
        (["as", "--cause", "not_posted"], ["001", "002"]),
    ],
)
def test_open_takes_names_and_filters(
    project: Project, arguments: Sequence[str], found: list[str]
) -> None:
    """Whole or by their beginning, in any case; a whole name goes before a beginning."""
    assert contracts(project, "open", *arguments) == found


def test_a_month_shows_some_of_its_breaks(project: Project) -> None:
    """Totals and verdict stay those of the month, on the console and in the document."""
    look = ("month", "2024-06", "--format", "none")
    page = told(project, *look, "--owner", "eve", "--severity", "high")
    assert "Breaks of 2024-06: 1 of 4 breaks" in page
    assert "Only high and above, owner eve." in page
    assert page.splitlines()[-1].strip().startswith("Do not close June 2024: ")
    whole = json.loads(told(project, *look, "--json"))
    some = json.loads(told(project, *look, "--json", "--owner", "eve"))
    assert [item["contract_id"] for item in some.pop("breaks")] == ["003"]
    assert some.pop("only") == "owner eve"
    whole.pop("breaks")
    assert {**some, "run_id": ""} == {**whole, "run_id": ""}


def test_an_owner_gets_a_list_to_send(project: Project) -> None:
    """As CSV, with the columns of open_breaks.csv."""
    text = told(project, "open", "--owner", "Dana Field", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["contract_id"] for row in rows) == ["001", "002", "004"]
    assert {row["owner"] for row in rows} == {"Dana Field"}
    (path,) = project.reports.glob("2024-06/*/open_breaks.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        in_file = {row["break"]: row for row in csv.DictReader(file)}
    assert all(in_file[row["break"]] == row for row in rows)


def test_a_break_is_explained_without_a_month(project: Project) -> None:
    """By its name or how it begins, or by an entry; a customer of several is asked about."""
    document = json.loads(told(project, "open", "--json", "004"))
    name = document["breaks"][0]["break"]
    for text in (name[:6].lower(), "E-004-2024-06"):
        found = json.loads(told(project, "explain", text, "--json"))
        assert (found["contract_id"], found["month"]) == ("004", "2024-06")
    found = json.loads(told(project, "explain", "birch", "2024-06", "--json"))
    assert found["contract_id"] == "003"
    # A whole id is itself, though a break's contract begins so.
    assert "Contract 0011: June 2024" in told(project, "explain", "0011", "2024-06")
    said = refused(project, "explain", "aster", "2024-06")
    assert "There are 2 contracts 'aster': 001, 002. Name one." in said
    assert "has a contract 'zzz'; the nearest ids are" in refused(
        project, "explain", "zzz", "2024-06"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ack", "aster", "--reason", "x"], "There are 2 breaks 'aster': B-"),
        (["note", "aster", "x"], "(001 Subscription, -1,000.00 USD)"),
        (["ack", " ", "--reason", "x", "--yes"], "There is no break ' '"),
        (["ack", "--reason", "x"], "Name what you acknowledge, or choose it"),
        (["ack", "--cause", "bad_luck", "--reason", "x"], "There is no cause 'bad_luck'"),
        (["ack", "--owner", " ", "--reason", "x"], "--owner is empty"),
        (["ack", "--owner", "zoe", "--reason", "x", "--yes"], "No open break has owner zoe"),
        (["ack", "001", "--owner", "eve", "--reason", "x"], "There is no break '001'"),
        (["month", "2024-05..2024-06", "--owner", "eve"], "Breaks are listed for one month"),
    ],
)
def test_what_is_not_clear_is_asked(project: Project, arguments: list[str], said: str) -> None:
    """In one sentence; nothing is acknowledged."""
    assert said in refused(project, *arguments)
    assert contracts(project, "open", "--unacknowledged") == ["001", "002", "003", "004"]


def state(project: Project) -> dict[str, Any]:
    """Return the acknowledged contracts, with the reason."""
    found = json.loads(told(project, "open", "--json"))["breaks"]
    return {
        item["contract_id"]: item["acknowledged"]["what"] for item in found if item["acknowledged"]
    }


def test_many_are_acknowledged_at_once(tmp_path: Path) -> None:
    """After a look at how many and how much, and a question that --yes answers."""
    project = made(Project(tmp_path))
    choose = ("ack", "--owner", "dana", "--cause", "not_posted", "--reason", "Late.")
    done = run(project, *choose)
    seen = " ".join(done.stderr.decode().split())
    assert (done.returncode, done.stdout, state(project)) == (2, b"", {})
    assert "2 breaks, owner dana, cause not posted" in seen
    assert "USD 2 0 -2,000.00 2,000.00" in seen
    assert "2 breaks would be acknowledged" in seen
    for answer, code, acknowledged in ((False, 2, {}), (True, 0, {"001": "Late.", "002": "Late."})):
        with (
            mock.patch.object(choosing, "_is_asked", return_value=True),
            mock.patch("typer.confirm", return_value=answer) as asked,
        ):
            assert run(project, *choose).returncode == code
        assert asked.call_args.args == ("Acknowledge these 2 breaks?",)
        assert state(project) == acknowledged
    # What is acknowledged stays as it is.
    told(project, "ack", "as", "--reason", "All of them.", "--yes")
    assert state(project) == {"001": "Late.", "002": "Late.", "004": "All of them."}
    assert "acknowledged or resolved already" in refused(
        project, "ack", "--customer", "aster", "--reason", "x", "--yes"
    )
