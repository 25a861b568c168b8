"""Workbooks as files like CSV: the cells as people see them, and nothing guessed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.sources.excel import package
from recon.sources.excel.formats import amount, dated, is_date, number, shown_with_zeros
from recon.sources.excel.sheet_file import first_rows, sheet_names
from recon.sources.files import FilesSource
from recon.store.session import reading, session

HEAD = ["entry_id", "contract_id", "revenue_type", "amount", "recognition_period"]
ROW = ["E1", "C1", "Setup", 100.5, "2024-06"]
FLOATS = (
    "Excel keeps numbers in binary floating point; those of the accounting side were taken by "
    "their shortest exact text."
)

Rows = list[tuple[str | None, ...]]
Read = Callable[..., tuple[Rows, list[str]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return what reads entries: the five columns, and the notices but that on floats."""

    def rows(path: str = "entries.xlsx", **options: Any) -> tuple[Rows, list[str]]:
        of = replace(
            SourceSettings(Side.ACCOUNTING, SourceKind.FILES), path=tmp_path / path, **options
        )
        notices: list[str] = []
        with (
            session() as opened,
            FilesSource(of).opened(opened, notices.append) as relation,
            reading(Side.ACCOUNTING, "entries"),
        ):
            found = opened.execute(f"SELECT {', '.join(HEAD)} FROM {relation}").fetchall()
        return found, [told for told in notices if told != FLOATS]

    return rows


def book(folder: Path, *lines: list[Any], name: str = "entries.xlsx", **formats: str) -> Path:
    """Write a workbook of one sheet; `formats` are number formats by cell."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for line in lines:
        sheet.append(line)
    for cell, code in formats.items():
        sheet[cell].number_format = code
    path = folder / name
    made.save(path)
    return path


def retyped(path: Path, part: str, *changes: tuple[str, str]) -> None:
    """Change the text of a part of a workbook."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for pattern, instead in changes:
        changed = re.sub(pattern, instead, parts[part].decode())
        assert changed != parts[part].decode()
        parts[part] = changed.encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_numbers_are_read_by_their_shortest_exact_text(read: Read, tmp_path: Path) -> None:
    """An id is 123, not 123.0; an amount of three decimals is no question."""
    book(
        tmp_path, HEAD,
        [1, 123.0, "Setup", 0.1, 202406], [2, 77, "Setup", 12.125, 20240630],
        [3, 9912140633506421, "Setup", 1e-7, "2024-06"], [4, 1e21, "Setup", -5, "2024-06"],
    )  # fmt: skip
    rows, notices = read()
    assert [row[1] for row in rows] == ["123", "77", "9912140633506420", "1" + 21 * "0"]
    assert [row[3] for row in rows] == ["0.1", "12.1250", "0.0000001", "-5"]
    assert [row[4] for row in rows] == ["202406", "20240630", "2024-06", "2024-06"]
    assert notices == []


def test_the_digits_of_the_file_are_the_number(read: Read, tmp_path: Path) -> None:
    """Excel writes seventeen digits of 1234.56; the shortest text of that number is its amount."""
    retyped(book(tmp_path, HEAD, ROW), SHEET, ("<v>100.5</v>", "<v>1234.5599999999999</v>"))
    assert read()[0][0][3] == "1234.56"


def test_floats_get_one_notice_a_side(tmp_path: Path) -> None:
    """However many workbooks there are."""
    book(tmp_path, HEAD, ROW, name="a.xlsx")
    book(tmp_path, HEAD, ROW, name="b.xlsx")
    notices: list[str] = []
    path = tmp_path / "*.xlsx"
    of = replace(SourceSettings(Side.ACCOUNTING, SourceKind.FILES), path=path)
    with session() as opened, FilesSource(of).opened(opened, notices.append):
        assert notices == [FLOATS]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_comes_back_from_its_text(value: float) -> None:
    """The text has no exponent and is the same number."""
    text = number(repr(value).encode()).decode()
    assert re.fullmatch(r"-?\d+(\.\d+)?", text)
    assert float(text) == value


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_an_amount_is_what_its_writer_meant(units: int, decimals: int) -> None:
    """A decimal of up to 15 digits survives the way through a float."""
    meant = Decimal(units).scaleb(-decimals)
    assert Decimal(amount(repr(float(meant)).encode()).decode()) == meant


@given(st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31)), st.booleans())
def test_days_of_both_systems(moment: datetime, mac: bool) -> None:
    """As openpyxl counts them, an independent reckoning."""
    day = moment.date()
    if mac and day < date(1904, 1, 1):
        return
    serial = to_excel(day, CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900)
    assert dated(mac)(repr(serial).encode()).decode() == day.isoformat()


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("", False), ("0.00", False), ('#,##0.00 "days"', False), ("[Red]#,##0", False),
        ("[$USD] #,##0", False), (r"0.00\ \d", False), ("[h]:mm", False), ("0_d", False),
        ("General", False), ("dd.mm.yyyy", True), ("[$-409]d-mmm-yy", True), ("yyyy", True),
        ("mmm-yy;@", True), ("[Red]d/m/yy", True),
    ],
)  # fmt: skip
def test_formats_of_dates(code: str, shows: bool) -> None:
    """A quoted or escaped letter is no part of a date."""
    assert is_date(0 if not code else 164, code) is shows


def test_ids_are_read_as_their_zeros_show_them() -> None:
    """The format says what people see."""
    cases = {"00000": "00042", '"C-"0000': "C-0042", r"\C\-0000": "C-0042"}
    for code, shown in cases.items():
        convert = shown_with_zeros(code)
        assert convert
        assert convert(b"42.0").decode() == shown
    assert not any(map(shown_with_zeros, ("0", "0.00", "#,##0", "General", '"$"0.00')))


def test_cells_of_every_kind(read: Read, tmp_path: Path) -> None:
    """Dates, moments, truth, ids with zeros, texts with quotes and line breaks."""
    book(
        tmp_path, HEAD,
        [7, "007", "Setup", "1", date(2024, 6, 30)],
        ['a "b", c\nd', "C & D", True, "2", datetime(2024, 6, 30, 12, 30)],
        ["x", None, " Setup ", "3", time(9)],
        A2="00000",
    )  # fmt: skip
    assert read()[0] == [
        ("00007", "007", "Setup", "1", "2024-06-30"),
        ('a "b", c\nd', "C & D", "TRUE", "2", "2024-06-30 12:30:00"),
        ("x", None, " Setup ", "3", "1899-12-31 09:00:00"),
    ]


def test_a_number_is_a_date_only_where_its_cell_says_so(read: Read, tmp_path: Path) -> None:
    """45444 without a date format stays a number; with one it is 1 June 2024, or 2028."""
    lines = [*ROW[:4], 45444]
    path = book(tmp_path, HEAD, lines, lines, E3="dd.mm.yyyy")
    assert [row[4] for row in read()[0]] == ["45444", "2024-06-01"]
    made = openpyxl.load_workbook(path)
    made.epoch = CALENDAR_MAC_1904
    made.save(path)
    retyped(path, SHEET, (r'(<c r="E3"[^>]*>)<v>.*?</v>', r"\1<v>45444</v>"))
    assert [row[4] for row in read()[0]] == ["45444", "2028-06-02"]


def test_errors_and_formulas_without_a_result_are_quoted(read: Read, tmp_path: Path) -> None:
    """Neither is an amount; a stored result is."""
    path = book(tmp_path, HEAD, [*ROW[:3], "#N/A", "#REF!"], [*ROW[:3], "=1+2&A1", "2024-06"])
    assert [row[3:] for row in read()[0]] == [("#N/A", "#REF!"), ("=1+2&A1", "2024-06")]
    retyped(path, SHEET, (r"</f>\s*<v\s*/>|</f><v></v>", "</f><v>3</v>"))
    assert read()[0][1][3] == "3"


def test_lines_that_are_no_rows(read: Read, tmp_path: Path) -> None:
    """Titles, blank lines, totals; a header broken over lines, remarks beside the table."""
    head = [" Entry_ID\n", *HEAD[1:]]
    path = book(
        tmp_path, ["Example Ltd"], [], ["as of June"], head, ROW, [], [" ", None, " "],
        ["E2", *ROW[1:], "a remark"], ["Total", None, None, 201],
    )  # fmt: skip
    made = openpyxl.load_workbook(path)
    made.worksheets[0].merge_cells("A1:E1")
    made.worksheets[0].row_dimensions[5].hidden = True
    made.save(path)
    rows, notices = read(skip_foot=1)
    assert [row[0] for row in rows] == ["E1", "E2"]
    assert notices == [
        "Left out of the accounting side: 2 lines above the header, 1 line of separators only, "
        "1 line below the data.",
        "1 hidden row of sheet 'Sheet' in entries.xlsx is read like the others: a filter only "
        "changes the view (accounting.where leaves rows out).",
        "1 cell of sheet 'Sheet' in entries.xlsx right of the header was left out.",
    ]
    assert [row[0] for row in read(skip_head=3, skip_foot=1)[0]] == ["E1", "E2"]


def sheets(folder: Path, **lines: list[list[Any]]) -> Path:
    """Write a workbook of several sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in lines.items():
        sheet = made.create_sheet(name.strip("_"))
        sheet.sheet_state = "hidden" if name.startswith("_") else "visible"
        for row in rows:
            sheet.append(row)
    path = folder / "entries.xlsx"
    made.save(path)
    return path


def test_the_one_sheet_with_the_columns_is_read(read: Read, tmp_path: Path) -> None:
    """A hidden one is none, unless it is named; a sheet with other data gets a notice."""
    path = sheets(tmp_path, _Old=[HEAD, ["E0", *ROW[1:]]], Empty=[], June=[HEAD, ROW])
    assert read()[0][0][0] == "E1"
    assert read()[1] == []
    assert read(sheet="old")[0][0][0] == "E0"
    assert read(sheet=2)[0][0][0] == "E1"
    assert sheet_names(path) == ["June"]
    assert first_rows(path, "June", 5) == [HEAD, [*map(str, ROW)]]
    sheets(tmp_path, Notes=[["hello"]], June=[HEAD, ROW])
    assert read()[1] == [
        "Of entries.xlsx the sheet 'June' is read for the accounting side, which alone has its "
        "columns; not 'Notes' (accounting.sheet names another one)."
    ]


def test_sheets_that_could_be_meant_are_asked_about(read: Read, tmp_path: Path) -> None:
    """Each is named, with the setting."""
    sheets(tmp_path, May=[HEAD, ROW], June=[HEAD, ROW], Notes=[["hello"]])
    with pytest.raises(
        SourceDataError, match=r"several sheets .*: 'May', 'June'; name one with sh"
    ):
        read()
    with pytest.raises(
        SourceDataError, match=r"no sheet 'Juli', .* names .it has 'May', 'June', 'N"
    ):
        read(sheet="Juli")
    with pytest.raises(SourceDataError, match=r"no sheet 4, which accounting.sheet names"):
        read(sheet=4)
    sheets(tmp_path, Empty=[], _Old=[HEAD, ROW])
    with pytest.raises(SourceDataError, match="no visible sheet with data; hidden are 'Old'"):
        read()


def test_columns_that_lack_are_those_of_the_first_line(read: Read, tmp_path: Path) -> None:
    """As in CSV, nothing is taken for a title."""
    book(tmp_path, ["entry_id", "amount"], ["E1", 5])
    with pytest.raises(Exception, match="contract_id"):
        read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 a workbook", "is damaged, or not complete"),
        (b"\xd0\xcf\x11\xe0 an old one", "Excel 97-2003 (.xls); open it in Excel and save it as"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
)
def test_what_is_no_workbook_is_told(
    read: Read, tmp_path: Path, content: bytes, words: str
) -> None:
    """With what to do."""
    (tmp_path / "entries.xlsx").write_bytes(content)
    with pytest.raises(SourceDataError, match=re.escape(words)):
        read()


def test_a_workbook_cut_off_is_told(read: Read, tmp_path: Path) -> None:
    """Wherever it is."""
    path = book(tmp_path, HEAD, *[ROW] * 200)
    whole = path.read_bytes()
    for part in (4, 2):
        path.write_bytes(whole[: len(whole) - len(whole) // part])
        with pytest.raises(SourceDataError, match="is damaged, or not complete"):
            read()
    path.write_bytes(whole)
    retyped(path, SHEET, ("</row>", "<row>"))
    with pytest.raises(SourceDataError):
        read()


def test_archives_that_are_no_xlsx(read: Read, tmp_path: Path) -> None:
    """A binary workbook, and a folder that somebody has packed."""
    path = tmp_path / "entries.xlsx"
    rels = (
        '<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="xl/workbook.bin"/>'
        "</Relationships>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", rels)
    with pytest.raises(SourceDataError, match=r"binary workbook \(.xlsb\); open it in Excel"):
        read()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("entries.csv", "a,b")
    with pytest.raises(SourceDataError, match="is an archive, but no Excel workbook"):
        read()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    with pytest.raises(SourceDataError, match=r"\(.ods\); open it there and save it as .xlsx"):
        read()


def test_a_locked_workbook_is_told(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Excel on Windows lets nobody else read some that are open."""
    book(tmp_path, HEAD, ROW)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(SourceUnreachable, match="close it in Excel"):
        read()


def test_files_of_both_kinds_in_one_glob(read: Read, tmp_path: Path) -> None:
    """The file that Excel keeps beside an open workbook is passed over."""
    book(tmp_path, HEAD, ROW, name="b.xlsx")
    (tmp_path / "~$b.xlsx").write_bytes(b"somebody")
    (tmp_path / "a.csv").write_text(";".join(HEAD) + "\nE0;C1;Setup;1.5;2024-06\n", "utf-8")
    (tmp_path / "c.csv").write_text(",".join(HEAD) + "\nE2,C1,Setup,2.5,2024-06\n", "utf-8")
    assert [(row[0], row[3]) for row in read("*.*")[0]] == [
        ("E0", "1.5"), ("E1", "100.5"), ("E2", "2.5"),
    ]  # fmt: skip


def test_texts_are_read_as_in_csv(read: Read, tmp_path: Path) -> None:
    """`decimal` is of texts; a number in a cell is none."""
    lines = [[*ROW[:3], text, "2024-06"] for text in ("1.234,50", "(12,5)", 1234.5, 12.125)]
    book(tmp_path, HEAD, *lines)
    amounts = [Decimal(row[3] or "x") for row in read(decimal=",")[0]]
    assert amounts == [Decimal("1234.5"), Decimal("-12.5"), Decimal("1234.5"), Decimal("12.125")]


def test_other_writers_of_xml(read: Read, tmp_path: Path) -> None:
    """With a prefix, other orders of attributes, without places, texts of runs."""
    path = book(tmp_path, HEAD, ROW)
    runs = "<r><t>E&amp;</t></r><r><t>1</t></r>"
    retyped(
        path, SHEET,
        (r'<c r="A2"[^>]*>.*?</c>', f'<c t="inlineStr"><is>{runs}</is></c>'),
        (r'<c r="D2"[^>]*>.*?</c>', '<c r="D2" cm="1"><v><![CDATA[7]]></v></c>'),
        (r'<row r="2"[^>]*>', '<row spans="1:5">'),
    )  # fmt: skip
    assert read()[0] == [("E&1", "C1", "Setup", "7", "2024-06")]
    retyped(path, SHEET, (r"<(/?)([A-Za-z]\w*)\b", r"<\1x:\2"), (" xmlns=", " xmlns:x="))
    assert read()[0] == [("E&1", "C1", "Setup", "7", "2024-06")]


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ('<row r="2"', '<row r="999999999"'),
        ('r="E2"', 'r="ZZZZZZ2"'),
        (r"(<row r=\"2\".*?</row>)", r"\1\1"),
        ('<c r="A2"', '<c r="F2"'),
    ],
)
def test_places_that_no_sheet_has_are_told(
    read: Read, tmp_path: Path, pattern: str, instead: str
) -> None:
    """Beyond the last row or column, the same row twice, or cells out of their order."""
    retyped(book(tmp_path, HEAD, ROW), SHEET, (pattern, instead))
    with pytest.raises(SourceDataError, match="is damaged, or not complete"):
        read()


def test_a_row_without_an_end_is_told(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it unpacks to."""
    retyped(
        book(tmp_path, HEAD, ROW), SHEET, (r"<sheetData>.*", "<sheetData><row>" + "1" * 900_000)
    )
    monkeypatch.setattr(package, "_LONGEST", 1 << 19)
    with pytest.raises(SourceDataError, match="is damaged, or not complete"):
        read()


def test_parts_that_unpack_to_absurd_sizes_are_not_read(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are of no workbook that anybody made."""
    path = book(tmp_path, HEAD, ROW)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", bytes(1 << 20))
    assert len(read()[0]) == 1
    monkeypatch.setattr(package, "_LARGE", 1 << 19)
    with pytest.raises(SourceDataError, match="far more than a workbook of its size"):
        read()


def test_the_header_once_more_is_no_row(read: Read, tmp_path: Path) -> None:
    """As printed pages repeat it."""
    book(tmp_path, HEAD, ROW, HEAD, ["E2", *ROW[1:]])
    found, (told,) = read()
    assert [row[0] for row in found] == ["E1", "E2"]
    assert told.endswith("1 line with the header once more.")
