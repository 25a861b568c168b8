"""Rows named by file and line, as an editor or Excel shows them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import recon
from tests.shell import ENTRIES, Project, contract, in_process
from tests.tables import ENTRY, contracts


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with one contract."""
    found = Project(tmp_path)
    found.fill(contracts=[contract("001")])
    return found


def invalid(project: Project) -> list[Any]:
    """Return the invalid rows of a month, which proves itself."""
    done = in_process("month", "2024-06", "--json", cwd=project.folder)
    found = json.loads(done.stdout)["invalid"]
    proven = in_process("verify", "2024-06", cwd=project.folder)
    assert (proven.returncode, proven.stderr.decode()) == (0, "")
    return [(row["row"], row["place"], row["id"]) for row in found]


def entry(key: str, amount: str = "100.00") -> str:
    """Return an entry of June."""
    return f"{key},001,Subscription,{amount},2024-06\n"


def test_titles_and_line_breaks_count(project: Project) -> None:
    """The line is that on which the row begins."""
    note = ENTRIES.strip() + ",note\n"
    project.write(
        "entries.csv",
        "Ledger\n\n" + note + entry("E1", "50.00").strip() + ',"a ""b""\nc\n"\n'
        "\n,,,,,\n" + entry("E2", "x").strip() + ',"d\n"\n' + entry("E3", "y").strip() + ",e\n",
    )
    assert invalid(project) == [
        (2, "entries.csv, line 9", "E2"), (3, "entries.csv, line 11", "E3"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_ends_of_lines_and_encodings(project: Project, end: str) -> None:
    """As any editor counts them."""
    project.configure(accounting="encoding = 'utf-16'")
    text = "Ledger\n" + ENTRIES + entry("E1") + entry("E2", "x")
    project.write("entries.csv", text.replace("\n", end).encode("utf-16"))
    assert invalid(project) == [(2, "entries.csv, line 4", "E2")]


def test_files_of_a_glob_and_rows_that_are_kept(project: Project) -> None:
    """Each has its own lines, those of `where` among them."""
    project.configure(
        accounting="path = '../data/e-*.csv'\nwhere = \"entry_id <> 'E1' AND entry_id <> 'E4'\""
    )
    project.write("e-1.csv", ENTRIES + entry("E1") + entry("E2", "x"))
    project.write("e-2.csv", ENTRIES + entry("E3") + entry("E4") + entry("E5", "y"))
    assert invalid(project) == [
        (1, "e-1.csv, line 3", "E2"), (3, "e-2.csv, line 4", "E5"),
    ]  # fmt: skip


def test_rows_of_a_sheet(project: Project) -> None:
    """As Excel numbers them, whatever lines a cell has."""
    project.configure(accounting="path = '../data/entries.xlsx'")
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = "Ledger"
    sheet.append(["a title"])
    sheet.append([])
    for line in (ENTRIES.strip() + ",note", entry("E1").strip() + ",a\\nb", entry("E2", "x")):
        sheet.append([cell.replace("\\n", "\n") for cell in line.strip().split(",")])
    made.save(project.write("entries.xlsx", b""))
    assert invalid(project) == [(2, "entries.xlsx, sheet Ledger, row 5", "E2")]


def test_ids_delivered_with_other_content(project: Project) -> None:
    """The reason names both places, over files; equal rows are counted by theirs."""
    project.configure(accounting="path = '../data/e-*.csv'")
    project.write("e-1.csv", ENTRIES + entry("E1", "50.00") + entry("E2", "25.00"))
    project.write("e-2.csv", ENTRIES + entry("E3", "25.00") + entry("E2", "25.00") + entry("E1"))
    done = in_process("month", "2024-06", "--json", cwd=project.folder)
    found = json.loads(done.stdout)
    assert [row["reason"] for row in found["invalid"]] == [
        "entry_id 'E1' has different content in e-1.csv, line 2 and e-2.csv, line 4 "
        "(accounting.repeated_ids)"
    ] * 2
    assert found["sources"]["accounting"]["repeated"] == 1
    assert in_process("verify", "2024-06", cwd=project.folder).returncode == 0
    shown = " ".join(
        in_process("month", "2024-06", "--full", cwd=project.folder).stdout.decode().split()
    )
    assert "e-2.csv, line 3 (E2), which repeats e-1.csv, line 3." in shown


def test_a_contract_row_is_named_in_its_explanation(project: Project) -> None:
    """As in the list of invalid rows."""
    project.fill("100.00", contracts=[contract("002"), contract("001", "x")])
    done = in_process("explain", "001", "2024-06", cwd=project.folder)
    assert "contracts.csv, line 3 of analytics" in " ".join(done.stdout.decode().split())


def test_rows_of_a_frame() -> None:
    """They have their numbers alone."""
    posted = pd.DataFrame([ENTRY, ENTRY | {"amount": "x"}])
    result = recon.reconcile(contracts("contract_id\nC1"), posted, "2024-06")
    assert [row.place for row in result.invalid] == ["row 2"]


def test_lines_of_any_file(tmp_path: Path) -> None:
    """Whatever is quoted and however many lines it takes, as counted while writing."""
    from recon.sources.csv_lines import CsvFile
    from recon.sources.places import FilePlaces, NamedFile

    chosen = random.Random(7)  # noqa: S311
    path, text, wanted = tmp_path / "e.csv", "a,b\n", {}
    for number in range(1, 400):
        text += "\n" * chosen.choice((0, 0, 0, 1, 2))
        wanted[number] = f"e.csv, line {text.count(chr(10)) + 1:,}"
        cell = "".join(chosen.choices(('""', "\n", "x", ","), k=chosen.randint(0, 6)))
        text += f'{number},"{cell}"\n'
    path.write_text(text, "utf-8")
    places = FilePlaces([NamedFile("e.csv", CsvFile(path, ["a", "b"], ","))])
    assert places(list(wanted)) == wanted
