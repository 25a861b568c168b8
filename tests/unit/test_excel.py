"""The workbook: texts that stay texts, exact amounts, formulas that agree with what is printed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from recon.base.result import Reconciliation
from recon.reports.excel.workbook import write_workbook
from tests.close_example import example_proposals, example_rollforward
from tests.example import (
    COLUMNS,
    HOSTILE,
    RUN_ID,
    TupleLines,
    clean_reconciliation,
    reconciliation,
)
from tests.golden_files import check_golden
from tests.shell import PATIENCE

SHEETS = ["Summary", "Bridge", "Events", "Breaks", "Lines", "Invalid", "Parameters"]
FULL = reconciliation()


def written(folder: Path, result: Reconciliation = FULL, **options: Any) -> Workbook:
    """Return a workbook as it reads after it was written."""
    return load_workbook(write_workbook(result, folder / "recon.xlsx", RUN_ID, **options))


def column(sheet: Worksheet, title: str) -> list[Any]:
    """Return the values below a column's title."""
    titles = [cell.value for cell in sheet[1]]
    return [row[titles.index(title)].value for row in sheet.iter_rows(min_row=2)]


def with_lines(**changes: object) -> Reconciliation:
    """Return the example with its first line only, changed."""
    first = dict(zip(COLUMNS, next(iter(FULL.lines)), strict=True)) | changes
    return replace(FULL, lines=TupleLines([tuple(first.values())]))


def every_cell(book: Workbook) -> Iterator[str]:
    """Yield each cell as a line: where, what type, which value."""
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    yield f"{sheet.title}!{cell.coordinate}\t{cell.data_type}\t{cell.value}\n"


def test_the_cells_are_the_approved_ones(tmp_path: Path) -> None:
    """The example month reads as a person approved it, formulas included."""
    book = written(tmp_path, sample=True, versions={"recon": "0.1.0"})
    assert book.sheetnames == SHEETS
    check_golden("workbook.txt", "".join(every_cell(book)))


CLOSE = {"rollforward": example_rollforward(), "proposals": example_proposals()}


def test_the_cells_of_the_close_are_the_approved_ones(tmp_path: Path) -> None:
    """Two more sheets, which say that nothing was posted; the others stay as they are."""
    book = written(tmp_path, sample=True, versions={"recon": "0.1.0"}, **CLOSE)
    assert book.sheetnames == [
        "Summary",
        "Bridge",
        "Roll-forward",
        "Events",
        "Breaks",
        "Proposed entries",
        "Lines",
        "Invalid",
        "Parameters",
    ]
    added = ("Roll-forward!", "Proposed entries!")
    cells = list(every_cell(book))
    check_golden("workbook_close.txt", "".join(c for c in cells if c.startswith(added)))
    check_golden("workbook.txt", "".join(c for c in cells if not c.startswith(added)))
    sheet = book["Proposed entries"]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A3", "$1:$2")
    assert sheet.auto_filter.ref == f"A2:M{sheet.max_row}"


def test_only_our_own_cells_are_formulas(tmp_path: Path) -> None:
    """A name that begins with an equals sign is a text, as is an id with leading zeros."""
    book = written(tmp_path)
    for sheet in (book["Breaks"], book["Lines"], book["Invalid"], book["Parameters"]):
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert HOSTILE in column(book["Lines"], "Customer")
    assert "00042" in column(book["Breaks"], "Contract id")
    assert "=E-99" in column(book["Invalid"], "Id")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1fc", "a\ufffdb\ufffdc"),
        ("\ud800", "\ufffd"),
        ("<&>\"'", "<&>\"'"),
        (" two  blanks ", " two  blanks "),
        ("two\nlines", "two\nlines"),
        ("#N/A", "#N/A"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_any_text_can_be_written(tmp_path: Path, text: str, shown: str) -> None:
    """What Excel refuses is replaced, everything else stays as it is."""
    book = written(tmp_path, with_lines(customer=text))
    assert column(book["Lines"], "Customer") == [shown]


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "shown_as"),
    [
        (700, "USD", "0.07", "#,##0.00"),
        (-12_345_600, "USD", "-1234.56", "#,##0.00"),
        (1_200_000, "JPY", "120", "#,##0"),
        (12_340, "KWD", "1.234", "#,##0.000"),
        (12_345, "USD", "1.2345", "#,##0.0000"),
        (999_999_999_999_999_00, "USD", "9999999999999.99", "#,##0.00"),
    ],
)
def test_amounts_are_exact_numbers(
    tmp_path: Path, amount: int, currency: str, digits: str, shown_as: str
) -> None:
    """The file holds the very digits, with the currency's decimals."""
    book = written(tmp_path, with_lines(expected=amount, currency=currency))
    place = COLUMNS.index("expected") + 1
    assert book["Lines"].cell(2, place).number_format == f"{shown_as}_)"
    with ZipFile(tmp_path / "recon.xlsx") as package:
        assert f"<v>{digits}</v>" in package.read("xl/worksheets/sheet5.xml").decode()


def test_an_amount_too_long_for_excel_is_a_text_and_says_so(tmp_path: Path) -> None:
    """No sixteenth digit is rounded away in silence."""
    book = written(tmp_path, with_lines(expected=12_345_678_901_234_567_00))
    assert column(book["Lines"], "Expected") == ["123,456,789,012,345.67"]
    cells = list(every_cell(book))
    assert any("USD: amounts of more than 15 digits are shown as text" in cell for cell in cells)
    assert any("over 15 digits" in cell for cell in cells)


def test_long_tables_continue_on_further_sheets(tmp_path: Path) -> None:
    """No line is lost where a sheet is full, and every sheet has its header and filter."""
    book = written(tmp_path, rows_a_sheet=7)
    assert [name for name in book.sheetnames if name.startswith("Lines")] == [
        "Lines",
        "Lines 2",
        "Lines 3",
    ]
    sheets = [book["Lines"], book["Lines 2"], book["Lines 3"]]
    ids = [value for sheet in sheets for value in column(sheet, "Contract id")]
    assert ids == [line[0] for line in FULL.lines]
    assert [sheet.auto_filter.ref for sheet in sheets] == ["A1:S8", "A1:S8", "A1:S2"]
    assert {sheet.freeze_panes for sheet in sheets} == {"A2"}


def test_every_sheet_prints_in_landscape_on_the_width_of_the_paper(tmp_path: Path) -> None:
    """The reports can be printed as they are."""
    for sheet in written(tmp_path):
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert (sheet.oddFooter.left.text, sheet.oddFooter.right.text) == (RUN_ID, "&P / &N")
        properties = sheet.sheet_properties.pageSetUpPr
        assert properties is not None and properties.fitToPage
        if sheet.title not in SHEETS[:2]:
            assert sheet.print_title_rows == "$1:$1"


def test_formulas_have_their_values(tmp_path: Path) -> None:
    """A mail preview and Protected View, which compute nothing, show what Excel would compute."""
    write_workbook(FULL, tmp_path / "recon.xlsx", RUN_ID, **CLOSE)
    with_values, formulas = (
        load_workbook(tmp_path / "recon.xlsx", data_only=known) for known in (True, False)
    )
    found = 0
    for sheet in ("Summary", "Bridge", "Roll-forward"):
        for row in formulas[sheet].iter_rows():
            for cell in (cell for cell in row if cell.data_type == "f"):
                found += 1
                assert with_values[sheet][cell.coordinate].value is not None, cell.coordinate
    assert found > 50
    summary = {row[0]: row for row in with_values["Summary"].iter_rows(values_only=True)}
    assert summary["Match rate of the lines compared"][1:4] == (0.5, 0.5, "yes")


def test_names_are_words_and_headers_are_whole(tmp_path: Path) -> None:
    """No cause, status or flag has an underscore, and no header is wider than its column."""
    book = written(tmp_path)
    for title, names in (
        ("Breaks", ("Cause", "Status", "Flags", "Candidates")),
        ("Lines", ("Cause",)),
    ):
        for name in names:
            assert not [value for value in column(book[title], name) if "_" in str(value or "")]
    for sheet in (book["Breaks"], book["Lines"], book["Invalid"]):
        for cell in sheet[1]:
            width = sheet.column_dimensions[cell.column_letter].width
            assert width >= len(str(cell.value)) + 4, cell.value


def test_the_lines_print_on_demand(tmp_path: Path) -> None:
    """A printed workbook has the breaks, and of the lines the header alone."""
    book = written(tmp_path)
    assert book["Lines"].print_area == "'Lines'!$A$1:$S$1"
    assert "Prepared by" in [cell.value for cell in book["Summary"]["A"]]


def test_sample_data_is_marked(tmp_path: Path) -> None:
    """Nobody takes the sample for the books, and no real month carries the mark."""
    for sample in (True, False):
        cells = every_cell(written(tmp_path, sample=sample))
        assert any("SAMPLE DATA" in cell for cell in cells) is sample


def test_a_run_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    """Where the lines cannot be read to their end there is no workbook, and no part of one."""

    class Broken(TupleLines):
        def __iter__(self) -> Iterator[tuple[object, ...]]:
            yield from super().__iter__()
            raise ConnectionError

    broken = replace(FULL, lines=Broken(list(FULL.lines)))
    with pytest.raises(ConnectionError):
        write_workbook(broken, tmp_path / "recon.xlsx", RUN_ID)
    assert list(tmp_path.iterdir()) == []


# LibreOffice would believe the values that the formulas have already.
ALWAYS_COMPUTE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"
    xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode"
    oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
WRONG = replace(FULL.totals["USD"], expected=FULL.totals["USD"].expected + 100, breaks=6)
CASES = {
    "full": (FULL, 1_000_000),
    "split": (FULL, 7),
    "clean": (clean_reconciliation(), 1_000_000),
    "wrong": (replace(FULL, totals={**FULL.totals, "USD": WRONG}), 1_000_000),
}


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workbook]:
    """Return the cases' workbooks with the values that LibreOffice computes."""
    if not shutil.which("soffice"):
        pytest.skip("soffice (LibreOffice) computes the formulas; it is not installed")
    folder = tmp_path_factory.mktemp("recalculated")
    paths = [
        write_workbook(result, folder / f"{name}.xlsx", RUN_ID, rows_a_sheet=rows)
        for name, (result, rows) in CASES.items()
    ]
    close = replace(CLOSE["rollforward"][0], closing=CLOSE["rollforward"][0].closing + 100)
    wrong = {"rollforward": (close, *CLOSE["rollforward"][1:])}
    for name, parts in (("close", CLOSE), ("wrong close", wrong)):
        path = write_workbook(FULL, folder / f"{name}.xlsx", RUN_ID, **parts)
        paths.append(path)
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(ALWAYS_COMPUTE, encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir"]
    subprocess.run(
        [*command, folder / "out", *paths], check=True, capture_output=True, timeout=PATIENCE
    )
    names = [path.name for path in paths]
    return {name[:-5]: load_workbook(folder / "out" / name, data_only=True) for name in names}


@pytest.mark.parametrize("case", ["full", "split", "clean"])
def test_live_formulas_agree_with_what_is_printed(
    recalculated: dict[str, Workbook], case: str
) -> None:
    """Every figure that recon printed is what a spreadsheet computes from the lines."""
    book = recalculated[case]
    words = [
        word
        for sheet, printed, live, agrees in (("Summary", 1, 2, 3), ("Bridge", 3, 4, 7))
        for row in book[sheet].iter_rows(values_only=True)
        if (word := row[agrees]) in ("yes", "NO") and row[printed] == pytest.approx(row[live])
    ]
    steps = sum(len(bridge) + 2 for bridge in CASES[case][0].bridge.values())
    assert words == ["yes"] * (2 * 10 + steps)


def test_a_total_that_does_not_agree_is_called_out(recalculated: dict[str, Workbook]) -> None:
    """A wrong total shows as NO, and only there."""
    rows = recalculated["wrong"]["Summary"].iter_rows(values_only=True)
    assert [row[0] for row in rows if row[3] == "NO"] == [
        "Expected",
        "Net difference",
        "Lines compared",
        "  of which breaks",
        "Match rate of the lines compared",
    ]


def test_every_closing_agrees_with_its_row(recalculated: dict[str, Workbook]) -> None:
    """And each currency's recognized with the lines; a wrong closing shows in row and total."""
    found = {
        name: [row[9] for row in recalculated[name]["Roll-forward"].iter_rows(values_only=True)]
        for name in ("close", "wrong close")
    }
    rows = len(CLOSE["rollforward"])
    assert [word for word in found["close"] if word in ("yes", "NO")] == ["yes"] * (rows + 4)
    assert found["wrong close"].count("NO") == 1


def test_a_closing_too_long_for_excel_says_so(tmp_path: Path) -> None:
    """Neither its row nor the total can be computed there; the other rows can."""
    long = replace(CLOSE["rollforward"][0], closing=12_345_678_901_234_567_00)
    book = written(tmp_path, rollforward=(long, *CLOSE["rollforward"][1:]))
    words = [row[9].value for row in book["Roll-forward"].iter_rows()]
    assert words.count("over 15 digits") == 2
