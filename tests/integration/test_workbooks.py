"""Workbooks as sources: a month, its evidence, and the questions that recon asks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.shell import Project, in_process, one_sentence

CONTRACTS = [
    "contract_id", "revenue_type", "contract_value", "duration_months",
    "booking_date", "close_date",
]  # fmt: skip
ENTRIES = ["entry_id", "contract_id", "revenue_type", "amount", "recognition_period"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a workbook a side: three contracts of 100.10 a month, one entry off."""
    found = Project(tmp_path)
    found.configure("path = '../data/contracts.xlsx'", "path = '../data/entr*.xlsx'")
    for name, head, rows in (
        ("contracts", CONTRACTS, [contract(number) for number in (1, 2, 3)]),
        ("entries", ENTRIES, [entry(1, 100.1), entry(2, 100.1), entry(3, 340.25)]),
    ):
        made = openpyxl.Workbook()
        sheet = made.worksheets[0]
        sheet.append([f"All {name}"])
        for row in (head, *rows):
            sheet.append(row)
        found.write(f"{name}.xlsx", b"")
        made.save(found.folder / "data" / f"{name}.xlsx")
    return found


def contract(number: int) -> list[object]:
    """Return a contract line over 2024."""
    return [number, "Subscription", 1201.2, 12, date(2024, 1, 1), date(2024, 12, 31)]


def entry(number: int, amount: float) -> list[object]:
    """Return an entry of June."""
    return [f"E{number}", str(number), "Subscription", amount, date(2024, 6, 30)]


def test_a_month_from_workbooks(project: Project) -> None:
    """Exact amounts, and evidence from which the run proves itself."""
    done = in_process("month", "2024-06", "--json", cwd=project.folder)
    found = json.loads(done.stdout)
    assert found["exit_code"] == 3
    assert found["totals"]["USD"]["expected"] == "300.30"
    assert [line["difference"] for line in found["breaks"]] == ["240.15"]
    (source,) = project.reports.glob("*/*/evidence/accounting.json")
    assert [file["sheet"] for file in json.loads(source.read_text("utf-8"))["files"]] == ["Sheet"]
    proven = in_process("verify", "2024-06", cwd=project.folder)
    assert (proven.returncode, proven.stderr.decode()) == (0, "")


def test_several_sheets_are_asked_about(project: Project) -> None:
    """Exit 6, with the setting that answers; then it is taken."""
    path = project.folder / "data" / "entries.xlsx"
    made = openpyxl.load_workbook(path)
    made.copy_worksheet(made.worksheets[0]).title = "Old"
    made.save(path)
    done = in_process("month", "2024-06", cwd=project.folder)
    assert done.returncode == 6
    assert one_sentence(done.stderr.decode()) == (
        f"recon: {path} has several sheets that could be the accounting side: 'Sheet', 'Old'; name "
        'one with sheet = "…" under [accounting] of the configuration.\n'
    )
    project.configure(
        "path = '../data/contracts.xlsx'", "path = '../data/entr*.xlsx'\nsheet = 'Old'"
    )
    assert in_process("month", "2024-06", cwd=project.folder).returncode == 3


@pytest.mark.parametrize("sheet", ["0", "''", "true", "1.5"])
def test_a_sheet_is_a_name_or_a_number(project: Project, sheet: str) -> None:
    """Anything else is a mistake in the configuration."""
    project.configure(accounting=f"sheet = {sheet}")
    done = in_process("month", "2024-06", cwd=project.folder)
    assert done.returncode == 4
    assert "accounting.sheet" in done.stderr.decode()
