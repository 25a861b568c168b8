"""The open breaks in the workbook and as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from openpyxl import load_workbook

from recon.record.journal.history import History
from recon.reports.csv_files import write_csv
from recon.reports.excel.sheets import OPEN_COLUMNS
from recon.reports.excel.workbook import write_workbook
from recon.reports.rows import OPEN_COLUMNS as COLUMNS
from tests.example import RUN_ID, reconciliation
from tests.golden_files import check_golden
from tests.past_example import example_history


def test_the_sheet_is_the_approved_one(tmp_path: Path) -> None:
    """What is carried forward and what is new, the oldest first, with what people said."""
    path = tmp_path / "recon.xlsx"
    write_workbook(reconciliation(), path, RUN_ID, history=example_history())
    sheet = load_workbook(path)["Open breaks"]
    rows = ("\t".join(str(cell) for cell in row) for row in sheet.iter_rows(values_only=True))
    check_golden("open_breaks.txt", "".join(f"{row}\n" for row in rows))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_the_file_is_the_approved_one(tmp_path: Path) -> None:
    """The same for programs; no name becomes a formula, and a negative amount stays a number."""
    path = write_csv(reconciliation(), tmp_path, history=example_history())[-1]
    assert path.name == "open_breaks.csv"
    check_golden("csv/open_breaks.csv", path.read_bytes().decode("utf-8-sig"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["contract_id"]: row for row in csv.DictReader(file)}
    assert rows["C-0901"]["open_amount"] == "-1250.00"
    assert rows["00042"]["customer"].startswith("'=")


def test_both_have_the_same_columns() -> None:
    """The sheet's columns are those of the rows, in their order."""
    assert tuple(column.name for column in OPEN_COLUMNS) == COLUMNS


def test_an_empty_history_has_headers(tmp_path: Path) -> None:
    """Without anything recorded the sheet and the file are there, and empty."""
    path = write_csv(reconciliation(), tmp_path, history=History())[-1]
    assert path.read_text("utf-8-sig") == ",".join(COLUMNS) + "\n"
    book = write_workbook(reconciliation(), tmp_path / "r.xlsx", RUN_ID, history=History())
    assert load_workbook(book)["Open breaks"].max_row == 1
