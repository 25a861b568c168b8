"""Books rebuilt from faults that users of other tools reported, through the command line."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.shell import in_process

CASES = Path(__file__).parent.parent / "cases" / "reported"


def rows_of(folder: Path, case: str, month: str, report: str) -> list[dict[str, str]]:
    """Return the rows of a report of a case's month."""
    book = folder / case
    shutil.copytree(CASES / case, book)
    config = str(book / "config" / "recon.toml")
    in_process("month", month, "--config", config, "--format", "csv", "--quiet", cwd=book)
    (path,) = book.rglob(report)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("case", "month"),
    [
        ("12-refund-in-month-2", "2024-02"),
        ("13-posted-three-months-late", "2024-08"),
        ("14-wrong-year", "2024-06"),
        ("15-overlapping-exports", "2024-06"),
        ("19-amounts-in-many-notations", "2024-06"),
    ],
)
def test_nothing_is_proposed_that_is_in_the_ledger_already(
    tmp_path: Path, case: str, month: str
) -> None:
    """Each break is listed with the reason instead."""
    found = rows_of(tmp_path, case, month, "proposed_entries.csv")
    assert {row["state"] for row in found} == {"no proposal"}


def test_ids_that_a_spreadsheet_damaged_are_not_posted_anew(tmp_path: Path) -> None:
    """What is proposed moves an entry; nothing books an amount once more."""
    found = rows_of(tmp_path, "17-ids-damaged-by-spreadsheets", "2024-06", "proposed_entries.csv")
    assert {row["cause"] for row in found if row["state"] != "no proposal"} <= {"mistyped_contract"}
    refused = {row["contract_id"]: row["text"] for row in found if row["state"] == "no proposal"}
    assert refused["00042"] == (
        "No proposal: 100.00 USD is under 42, which analytics does not know (JE-1). "
        "No entry was posted; 100.00 USD is expected."
    )
