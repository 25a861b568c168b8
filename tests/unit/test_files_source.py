"""CSV and Parquet as a source: whatever way they are written, every row and cent arrives."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.base import errors
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.reconciliation.revenue import reconcile_relations
from recon.sources.files import FilesSource
from recon.store.checks import NOTE
from recon.store.columns import PLACE
from recon.store.session import Session, literal, open_session

ENTRIES = SourceSettings(Side.ACCOUNTING, SourceKind.FILES)
HEAD = "entry_id,contract_id,revenue_type,amount,recognition_period\n"
ROW = "E1,007,Setup,100.10,2024-06\n"
# The note on an amount whose decimals come after a point, where a comma is set.
POINT = f'{NOTE} (decimal = ",")'

Rows = list[dict[str, Any]]
Read = Callable[..., Rows]


@pytest.fixture
def session() -> Iterator[Session]:
    """Give a session of its own."""
    with open_session() as connection:
        yield connection


@pytest.fixture
def read(session: Session, tmp_path: Path) -> Read:
    """Return what reads files in a folder and gives their rows, keyed by column."""

    def rows(path: str = "entries.csv", **options: Any) -> Rows:
        settings = replace(ENTRIES, path=tmp_path / path, **options)
        with FilesSource(settings).opened(session) as relation:
            cursor = session.execute(f"SELECT * FROM {relation}")
            names = [column[0] for column in cursor.description or ()]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        # A Parquet file numbers its rows; the number is that of the row's place.
        assert [row.pop(PLACE, n) for n, row in enumerate(found, 1)] == [*range(1, len(found) + 1)]
        return found

    return rows


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a file, byte by byte as it is given."""

    def file(content: str | bytes, name: str = "entries.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return file


@pytest.fixture
def parquet(session: Session, tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a SELECT as a Parquet file."""

    def file(select: str, name: str = "entries.parquet") -> Path:
        path = tmp_path / name
        session.execute(f"COPY ({select}) TO {literal(str(path))} (FORMAT parquet)")
        return path

    return file


def refused(kind: type[errors.ReconError], read: Read, *arguments: str, **options: Any) -> str:
    """Return the sentence with which reading is refused."""
    with pytest.raises(kind) as caught:
        read(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


# What a CSV file may look like


def test_every_field_arrives_as_it_is_written(write: Any, read: Read) -> None:
    """Ids keep their zeros, amounts their digits; nothing is taken for a number or a date."""
    write(HEAD + "0001,007,Setup,0123456789012.3400,202406\n")
    assert read() == [
        {
            "entry_id": "0001",
            "contract_id": "007",
            "revenue_type": "Setup",
            "amount": "0123456789012.3400",
            "recognition_period": "202406",
        }
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_off_the_header(write: Any, read: Read, delimiter: str) -> None:
    """The common ones need no configuration."""
    write((HEAD + ROW).replace(",", delimiter))
    assert read()[0]["amount"] == "100.10"


def test_any_other_delimiter_is_configured(write: Any, read: Read) -> None:
    """Whatever the export was written with."""
    write((HEAD + ROW).replace(",", "^"))
    assert read(delimiter="^")[0]["amount"] == "100.10"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_breaks_of_any_system(write: Any, read: Read, line_break: str, last: bool) -> None:
    """Windows, Unix and old Mac; with a break at the end or without."""
    text = (HEAD + ROW + ROW.replace("E1", "E2")).replace("\n", line_break)
    write(text if last else text.removesuffix(line_break))
    assert [row["entry_id"] for row in read()] == ["E1", "E2"]


def test_quotes_hold_delimiters_quotes_and_line_breaks(write: Any, read: Read) -> None:
    """What a spreadsheet quotes comes out as it went in."""
    write(HEAD + '"E,1","0""07","Set\r\nup","100.10",2024-06\n')
    (row,) = read()
    assert (row["entry_id"], row["contract_id"]) == ("E,1", '0"07')
    assert row["revenue_type"] == "Set\r\nup"


def test_a_large_file_is_read_like_pythons_own_reader_does(read: Read, tmp_path: Path) -> None:
    """Reading on many cores loses and moves no row, wherever quoted line breaks fall."""
    rows = [
        [f"E{i}", f"{i:07}", f'a "b"\n{"x" * (i % 37)},', f"{i}.10", "2024-06"]
        for i in range(60_000)
    ]
    with (tmp_path / "entries.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD.strip().split(","), *rows])
    assert [list(row.values()) for row in read()] == rows


@pytest.mark.parametrize("gap", ["\n", "\n\n\n"])
def test_blank_lines_are_no_rows(write: Any, read: Read, gap: str) -> None:
    """At the end and between."""
    write(HEAD + gap + ROW + gap)
    assert len(read()) == 1


def test_columns_without_a_name_are_let_be(write: Any, read: Read) -> None:
    """Spreadsheets like to add empty columns at the end."""
    write(HEAD.strip() + ",,\n" + ROW.strip() + ",,\n")
    assert read()[0]["recognition_period"] == "2024-06"


def test_only_a_header_is_no_row(write: Any, read: Read) -> None:
    """It is a table, and an empty one; the run stops later, and says so."""
    write(HEAD)
    assert read() == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_or_without_a_byte_order_mark(write: Any, read: Read, encoding: str) -> None:
    """Excel writes one; it is no part of the first column's name."""
    write(HEAD + ROW.replace("E1", "Größe"), encoding=encoding)
    assert read()[0]["entry_id"] == "Größe"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "mac-roman"])
def test_other_encodings_are_configured(
    write: Any, read: Read, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text arrives, and no copy of it stays behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    write(HEAD + ROW.replace("E1", "Größe"), encoding=encoding)
    assert read(encoding=encoding)[0]["entry_id"] == "Größe"
    assert list(scratch.iterdir()) == []


NAMES = ["Buchungen März 2024.csv", "entries [2024].csv", "{a,b}.csv", "o'brien; DROP.csv", "x.txt"]
NAMES += [] if os.name == "nt" else ["what?.csv", "all*.csv", "back\\slash.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name(write: Any, read: Read, name: str) -> None:
    """Blanks, umlauts, quotes and brackets; a file of that very name goes before a pattern."""
    write(HEAD + ROW, name)
    write(HEAD + ROW.replace("E1", "other"), "allx.csv")
    assert [row["entry_id"] for row in read(name)] == ["E1"]


# Numbers and dates as they are written elsewhere


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("100,10", "100.10"),
        ("-100,10", "-100.10"),
        ("100", "100"),
        ("1.234,56", "1234.56"),
        ("-1.234.567,8", "-1234567.8"),
        ("1.234", "1234"),
        (" -1.234.567 ", "-1234567"),
        ("0.234", "0.234" + POINT),
        ("1234.567", "1234.567" + POINT),
        ("100.10", "100.10" + POINT),
        ("12.34,56", "12.34,56" + POINT),
    ],
)
def test_a_decimal_comma(write: Any, read: Read, written: str, amount: str) -> None:
    """A comma becomes a point; a point groups digits by three, or the amount cannot be read."""
    write((HEAD + ROW).replace(",", ";").replace("100.10", written))
    assert read(decimal=",")[0]["amount"] == amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1,234.56", "1234.56"),
        ("-1,234,567.8", "-1234567.8"),
        ("1,234", "1,234"),
        ("12,34.56", "12,34.56"),
        ("1234.56", "1234.56"),
    ],
)
def test_a_decimal_point(write: Any, read: Read, written: str, amount: str) -> None:
    """A comma groups digits where a point proves it, or stays, and the row is invalid."""
    write((HEAD + ROW).replace(",", ";").replace("100.10", written))
    assert read()[0]["amount"] == amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1,234", "1234"), ("1,234,567", "1234567"), ("1.234", "1.234"), ("0,234", "0,234")],
)
def test_a_decimal_point_that_is_set(write: Any, read: Read, written: str, amount: str) -> None:
    """A comma can then only group digits."""
    write((HEAD + ROW).replace(",", ";").replace("100.10", written))
    assert read(decimal=".")[0]["amount"] == amount


@pytest.mark.parametrize(
    ("decimal", "written", "amount"),
    [
        (None, "(1,234.56)", "-1234.56"),
        (None, "1,234.56-", "-1234.56"),
        (None, "$1,234.56", "1234.56"),
        (None, "-$1,234.56", "-1234.56"),
        (None, "$ (1,234.56)", "-1234.56"),
        (None, "USD 100.00", "100.00"),
        (None, "100.00\u00a0USD", "100.00"),
        (None, "\u2212100.00", "-100.00"),
        (None, "1'234.56", "1234.56"),
        (None, "1\u2019234\u2019567", "1234567"),
        (None, "1\u00a0234.56", "1234.56"),
        (None, "-1\u202f234", "-1234"),
        (None, "1\u2009234.56", "1234.56"),
        (None, "US$100.00", "100.00"),
        (None, "12,34,567.89", "1234567.89"),
        (None, "1,20,000", "120000"),
        # What could mean two numbers keeps its comma, until the side proves the point.
        (None, "($1,234)", "-1,234"),
        (",", "$1.234,56", "1234.56"),
        (",", "(1.234,56)", "-1234.56"),
        (",", "1'234,56-", "-1234.56"),
        (",", "1\u202f234,56", "1234.56"),
    ],
)
def test_amounts_as_they_are_written_elsewhere(
    write: Any, read: Read, decimal: str | None, written: str, amount: str
) -> None:
    """Signs, brackets, currencies and groups become a plain number."""
    write((HEAD + ROW).replace(",", ";").replace("100.10", written))
    assert read(decimal=decimal, currency="USD")[0]["amount"] == amount


@pytest.mark.parametrize(
    "written",
    [
        "1,00.00", "(-100.00)", "-100.00-", "--100.00", "100.00 CR", "100.00 DR", "$100.00 USD",
        "\u20ac100.00", "EUR 100.00", "1e2", "100,00", "1 234.56", "1'23",
        "1'234\u00a0567", "1,234'567.00", "$", "()", "-", "12~345",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_let_be(write: Any, read: Read, written: str) -> None:
    """The row is invalid, and its amount is quoted as it came."""
    write((HEAD + ROW).replace(",", ";").replace("100.10", written))
    assert read(currency="USD")[0]["amount"] == written


@pytest.mark.parametrize(
    ("code", "amount"), [("EUR", "5.00"), (" eur ", "5.00"), ("USD", "€5.00"), ("", "€5.00")]
)
def test_a_sign_means_the_currency_of_its_row(
    write: Any, read: Read, code: str, amount: str
) -> None:
    """An amount that names another currency than its row is none."""
    write(HEAD.strip() + ",Currency\n" + ROW.strip().replace("100.10", "€5.00") + f",{code}\n")
    assert read(currency="USD")[0]["amount"] == amount


@pytest.mark.parametrize(
    ("code", "written", "amount"),
    [
        ("INR", "₹ 1,20,000.50", "120000.50"), ("PKR", "Rs.1,200.50", "1200.50"),
        ("SEK", "1\u00a0200.50 kr", "1200.50"), ("NOK", "kr. 100.00", "100.00"),
        ("CHF", "Fr. 1'200.50", "1200.50"), ("PLN", "100.00 zł", "100.00"),
        ("CAD", "-C$5.00", "-5.00"), ("AUD", "C$5.00", "C$5.00"), ("EUR", "5.00 kr", "5.00 kr"),
    ],
)  # fmt: skip
def test_signs_of_many_currencies(
    write: Any, read: Read, code: str, written: str, amount: str
) -> None:
    """Each means its own, and no other."""
    line = ROW.strip().replace("100.10", f'"{written}"')
    write(HEAD.strip() + f",Currency\n{line},{code}\n")
    assert read(currency="USD")[0]["amount"] == amount


@pytest.mark.parametrize(
    ("decimal", "written", "months"),
    [(",", "1.200", "1.200" + POINT), (".", "1,200", "1,200")],
)
def test_no_duration_is_grouped(
    write: Any, read: Read, decimal: str, written: str, months: str
) -> None:
    """A hundred years are a mistake, however they are written."""
    write(f"contract_id;duration_months\nC1;{written}\n")
    assert read(decimal=decimal)[0]["duration_months"] == months


def test_a_decimal_comma_changes_only_numbers(write: Any, read: Read) -> None:
    """Ids and texts keep their commas."""
    write(HEAD.replace(",", ";") + "E,1;0,7;Set,up;1,5;2024-06")
    (row,) = read(decimal=",")
    assert (row["entry_id"], row["contract_id"], row["amount"]) == ("E,1", "0,7", "1.5")


@pytest.mark.parametrize(
    ("date_format", "written", "period"),
    [
        ("%d.%m.%Y", "30.06.2024", "2024-06-30"),
        ("%d.%m.%Y", " 30.06.2024 ", "2024-06-30"),
        ("%m/%Y", "06/2024", "2024-06-01"),
        ("%m/%d/%y", "06/30/24", "2024-06-30"),
        ("%d.%m.%Y", "2024-06", "2024-06"),
        ("%d.%m.%Y", "06.30.2024", "06.30.2024"),
    ],
)
def test_a_date_format(write: Any, read: Read, date_format: str, written: str, period: str) -> None:
    """A date in the configured format is read; any other text is left for the intake to judge."""
    write(HEAD + ROW.replace("2024-06", written))
    assert read(date_format=date_format)[0]["recognition_period"] == period


# Renames


def test_columns_are_renamed(write: Any, read: Read) -> None:
    """Their names are matched trimmed and case-folded, and a column may serve twice."""
    write("Beleg,  Vertrag ,Art,BETRAG,Monat\n" + ROW)
    columns = {
        "entry_id": "Beleg",
        "document_ref": "beleg",
        "contract_id": "vertrag",
        "revenue_type": "Art",
        "amount": "Betrag",
        "recognition_period": "Monat",
    }
    (row,) = read(columns=columns)
    assert set(row) == set(columns)
    assert (row["document_ref"], row["contract_id"], row["amount"]) == ("E1", "007", "100.10")


def test_a_renamed_column_replaces_one_of_our_name(write: Any, read: Read) -> None:
    """Where `amount` is another column, the configured one is taken."""
    write(HEAD.strip() + ",net\n" + ROW.strip() + ",90.00\n")
    assert read(columns={"amount": "net"})[0]["amount"] == "90.00"


def test_names_may_change_places(write: Any, read: Read) -> None:
    """Two columns that are labelled the wrong way round."""
    write(HEAD + ROW)
    (row,) = read(columns={"entry_id": "contract_id", "contract_id": "entry_id"})
    assert (row["entry_id"], row["contract_id"]) == ("007", "E1")


def test_a_renamed_column_must_be_there(write: Any, read: Read) -> None:
    """The sentence names the key of the configuration and what the file has instead."""
    write(HEAD + ROW)
    sentence = refused(errors.SourceDataError, read, columns={"amount": "Betrag"})
    assert "no column 'Betrag', which accounting.columns.amount names (it has entry_id," in sentence


# Several files


def test_a_glob_names_many_files_in_order(write: Any, read: Read) -> None:
    """A file a month, of any line endings; folders that match are passed over."""
    write(HEAD + ROW.replace("E1", "E2"), "e-02.csv")
    write((HEAD + ROW).replace("\n", "\r\n"), "e-01.csv")
    write(HEAD + ROW, "e-archive.csv/old.csv")
    assert [row["entry_id"] for row in read("e-*.csv")] == ["E1", "E2"]
    assert len(read("**/*.csv")) == 3


def test_a_folder_with_brackets_is_no_pattern(write: Any, read: Read) -> None:
    """The files in it are found, and those of a folder that its name would match are not."""
    for folder, entry_id in (("Close [24]", "E1"), ("Close 2", "E2")):
        write(HEAD + ROW.replace("E1", entry_id), f"{folder}/e1.csv")
    found = read("Close [24]/e*.csv")
    assert [row["entry_id"] for row in found] == ["E1"]


def test_files_of_a_glob_are_read_by_the_names_of_their_columns(write: Any, read: Read) -> None:
    """A column that moved shifts no amount; rows stay in the order of files and lines."""
    moved = "recognition_period;Amount ;contract_id;entry_id;revenue_type\n"
    write(HEAD + ROW, "e1.csv")
    write(f"{moved}2024-07;7.50;008;E2;Setup\n", "e2.csv")
    write(HEAD + ROW.replace("E1", "E3"), "e3.csv")
    found = read("e*.csv")
    assert [(row["entry_id"], row["contract_id"], row["amount"]) for row in found] == [
        ("E1", "007", "100.10"), ("E2", "008", "7.50"), ("E3", "007", "100.10"),
    ]  # fmt: skip


def test_files_of_a_glob_need_the_same_columns(write: Any, read: Read) -> None:
    """A file with other names is refused with both of them."""
    write(HEAD + ROW, "e1.csv")
    write(HEAD.replace("contract_id", "deal") + ROW, "e2.csv")
    sentence = refused(errors.SourceDataError, read, "e*.csv")
    assert "e2.csv has different columns than" in sentence
    assert "without 'contract_id' and with 'deal'" in sentence


def test_a_folders_name_is_no_data(write: Any, read: Read) -> None:
    """What looks like a partition, recognition_period=2024-07/, overrules no column."""
    write(HEAD + ROW, "recognition_period=2024-07/e.csv")
    assert read("*/e.csv")[0]["recognition_period"] == "2024-06"


def test_csv_and_parquet_do_not_mix(write: Any, read: Read, parquet: Any) -> None:
    """One kind a side."""
    write(HEAD + ROW, "e1.csv")
    parquet("SELECT 1 AS entry_id", "e2.parquet")
    assert "files of one kind" in refused(errors.SourceDataError, read, "e*")


# What cannot be read


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no header line"),
        (HEAD + ROW + "E2,007\n", "line 3 of entries.csv: its number of fields differs"),
        (HEAD + ROW + ROW.strip() + ",x\n", "line 3 of entries.csv: its number of fields differs"),
        (HEAD + "# late ones, by hand\n" + ROW, "line 2 of entries.csv: it begins with # like a"),
        (HEAD + 'E2,"007,Setup,1,2024-06\n', "line 2 of entries.csv: a quote does not end"),
        (HEAD + '"E2"x,007,Setup,1,2024-06\n', "line 2 of entries.csv: a quote does not end"),
        (HEAD + ROW.strip() + "\r\n" + ROW, "entries.csv: line endings are mixed"),
        (HEAD + ROW.replace("E1", "E" * 2_100_000), "line 2 of entries.csv: it is too long"),
        (HEAD.replace("entry_id", "amount") + ROW, "has the column 'amount' twice"),
        (HEAD.replace("entry_id", "Amount ") + ROW, "has the column 'amount' twice"),
        (HEAD.replace("entry_id", '"entry\nid"') + ROW, "a line break or an open quote"),
        ('"' + HEAD + ROW * 10_000, "a line break or an open quote"),
        (HEAD + ROW.replace("E1", "E\0"), "contains zero bytes"),
        (b"\x1f\x8b a gzip file", "is compressed; unpack it first"),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(
    write: Any, read: Read, content: str | bytes, words: str
) -> None:
    """Where, what, and none of DuckDB's words."""
    write(content)
    sentence = refused(errors.SourceDataError, _read_all(read))
    assert words in sentence
    assert "Error" not in sentence


def _read_all(read: Read) -> Read:
    """Read as the core does, which meets what is wrong with a row only later."""
    from recon.store.session import reading

    def rows(*arguments: str, **options: Any) -> Rows:
        with reading("accounting", "files"):
            return read(*arguments, **options)

    return rows


@pytest.mark.parametrize(
    ("saved", "configured", "hint"),
    [
        ("cp1252", "utf-8", "cp1252"),
        ("utf-16", "utf-8", "utf-16"),
        ("cp1252", "utf-16", "cp1252"),
        ("utf-16", "ascii", "utf-16"),
    ],
)
def test_another_encoding_is_told_with_the_likely_one(
    write: Any, read: Read, saved: str, configured: str, hint: str
) -> None:
    """The key to set stands in the sentence."""
    write(HEAD + ROW.replace("E1", "Größe"), encoding=saved)
    sentence = refused(errors.SourceDataError, read, encoding=configured)
    assert f"is not {configured.upper()}; set encoding = '{hint}'" in sentence
    assert "[accounting]" in sentence


@pytest.mark.parametrize("path", ["gone.csv", "gone-*.csv", "no/such/folder.csv", "x" * 300])
def test_a_missing_file_is_told_with_its_key(read: Read, path: str) -> None:
    """Exit code 5, and where to correct it."""
    sentence = refused(errors.SourceUnreachable, read, path)
    assert f"{path} does not exist; set accounting.path" in sentence


def test_a_folder_is_no_file(read: Read, tmp_path: Path) -> None:
    """Nor is anything else that has a name but no content."""
    (tmp_path / "data").mkdir()
    assert "data is not a file; set accounting.path" in refused(
        errors.SourceUnreachable, read, "data"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_is_no_file(read: Read, tmp_path: Path) -> None:
    """It would be waited for without end."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is not a file" in refused(errors.SourceUnreachable, read, "pipe.csv")


def test_rights_that_are_missing_are_told(
    write: Any, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is there may still be closed to us."""
    write(HEAD + ROW)
    open_file = Path.open

    def denied(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name == "entries.csv":
            raise PermissionError(13, "Permission denied", str(self))
        return open_file(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    sentence = refused(errors.SourceUnreachable, read)
    assert "entries.csv cannot be read (Permission denied); check that it is readable" in sentence


def test_a_file_that_vanishes_meanwhile_is_told(
    write: Any, session: Session, tmp_path: Path
) -> None:
    """It was there at the start, and is gone when its rows are wanted."""
    path = write(HEAD + ROW)
    with pytest.raises(errors.SourceUnreachable, match="it is no longer there"):
        _reconciled(session, tmp_path, path.unlink)


def test_a_file_that_changes_meanwhile_is_told(
    write: Any, session: Session, tmp_path: Path
) -> None:
    """What does not tie out since the file grew is no defect in recon."""
    path = write(HEAD + ROW)

    def grow() -> None:
        path.write_text(HEAD + ROW * 3)
        raise errors.TieOutError("rows", 3, 1)

    with pytest.raises(errors.SourceDataError, match="changed while it was read; run again"):
        _reconciled(session, tmp_path, grow)


def _reconciled(session: Session, folder: Path, meanwhile: Callable[[], None]) -> None:
    session.execute(
        """CREATE TABLE contracts AS SELECT '007' AS contract_id, 'Setup' AS revenue_type,
        1200 AS contract_value, 12 AS duration_months, '2024-01-01' AS booking_date,
        '2024-12-31' AS close_date"""
    )
    with FilesSource(replace(ENTRIES, path=folder / "entries.csv")).opened(session) as entries:
        meanwhile()
        reconcile_relations(session, "contracts", entries, Month.parse("2024-06"), Policy())


# Parquet


def test_parquet_keeps_its_types(parquet: Any, read: Read) -> None:
    """Decimals, dates and times arrive as such; no text is made of them."""
    parquet(
        """SELECT '007' AS contract_id, CAST('123456789012345.67' AS DECIMAL(18, 2)) AS amount,
        DATE '2024-06-30' AS recognition_period, TIMESTAMP '2024-07-01 08:00' AS posted_at"""
    )
    assert read("entries.parquet") == [
        {
            "contract_id": "007",
            "amount": Decimal("123456789012345.67"),
            "recognition_period": date(2024, 6, 30),
            "posted_at": datetime(2024, 7, 1, 8),
        }
    ]


def test_parquet_is_known_by_its_content(parquet: Any, read: Read) -> None:
    """Whatever its name ends with."""
    parquet("SELECT '007' AS contract_id", "entries [x].pq")
    assert read("entries [x].pq") == [{"contract_id": "007"}]


def test_texts_that_an_old_writer_marked_as_bytes(parquet: Any, read: Read) -> None:
    """Impala and old Spark do; an umlaut is still an umlaut."""
    parquet("SELECT encode('Größe') AS contract_id")
    assert read("entries.parquet") == [{"contract_id": "Größe"}]


def test_parquet_columns_are_renamed(parquet: Any, read: Read) -> None:
    """As those of CSV."""
    parquet("SELECT 1 AS Betrag, 2 AS amount")
    assert read("entries.parquet", columns={"amount": "betrag"}) == [{"amount": 1}]


def test_a_column_cannot_give_the_rows_their_places(write: Any, read: Read) -> None:
    """Whatever it is called; what it is called is no column of ours."""
    write("amount,recon_row\n1,7\n2,x\n")
    assert read() == [{"amount": "1"}, {"amount": "2"}]


def test_parquet_files_need_the_same_columns(parquet: Any, read: Read) -> None:
    """In any order; a missing currency would be the default one in silence."""
    parquet("SELECT 1 AS amount, 'EUR' AS currency", "e1.parquet")
    parquet("SELECT 'USD' AS currency, 2 AS amount", "e2.parquet")
    assert read("e*.parquet")[1] == {"amount": 2, "currency": "USD"}
    parquet("SELECT 3 AS amount", "e3.parquet")
    assert "e3.parquet has different columns" in refused(errors.SourceDataError, read, "e*.parquet")


@pytest.mark.parametrize(
    "further", ["", ", 7 AS file_index", ", 7 AS File_Row_Number", ", 'x' AS Recon_Row"]
)
def test_rows_of_several_parquet_files_are_counted_through(
    session: Session, parquet: Any, tmp_path: Path, further: str
) -> None:
    """In the order of the names, whatever their rows and columns are called."""
    sizes = {"e1.parquet": 3, "e2.parquet": 0, "e3.parquet": 130_000, "e4.parquet": 2}
    for name, rows in sizes.items():
        parquet(
            f"""SELECT '{name[:2]}-' || n AS entry_id, '007' AS contract_id,
            'Setup' AS revenue_type, CASE WHEN n < {rows} THEN '0' ELSE 'x' END AS amount,
            202406 AS recognition_period {further} FROM range(1, {rows + 1}) e(n)""",
            name,
        )
    session.execute(
        """CREATE TABLE contracts AS SELECT '007' AS contract_id, 'Setup' AS revenue_type,
        0 AS contract_value, 12 AS duration_months, DATE '2024-01-01' AS booking_date,
        DATE '2024-12-31' AS close_date"""
    )
    with FilesSource(replace(ENTRIES, path=tmp_path / "e*.parquet")).opened(session) as entries:
        result = reconcile_relations(
            session, "contracts", entries, Month.parse("2024-06"), Policy()
        )
    assert [(row.row, row.id) for row in result.invalid] == [
        (3, "e1-3"), (130_003, "e3-130000"), (130_005, "e4-2")
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", "PAR1", "not Parquet at all"])
def test_a_broken_parquet_file_is_told(write: Any, read: Read, content: str) -> None:
    """Half a file is none."""
    write(content, "e.parquet")
    sentence = refused(errors.SourceDataError, read, "e.parquet")
    assert "it is not a Parquet file, or not a complete one" in sentence


@pytest.mark.parametrize(
    ("amount", "period", "units", "notices"),
    [
        ("CAST('900719925474099.31' AS DECIMAL(18, 2))", "DATE '2024-06-30'",
         9_007_199_254_740_993_100, 0),
        ("CAST('0.0001' AS DECIMAL(18, 4))", "TIMESTAMP '2024-06-30 23:59'", 1, 0),
        # One in another zone is read in UTC, whatever the machine's own zone is.
        ("CAST(100.1 AS DOUBLE)", "TIMESTAMPTZ '2024-07-01 01:30:00+02'", 1_001_000, 1),
        ("CAST(100.1 AS FLOAT)", "202406", 1_001_000, 1),
        ("CAST('100.10' AS VARCHAR)", "TIMESTAMPTZ '2024-06-01 00:00:00Z'", 1_001_000, 0),
        ("CAST(100 AS BIGINT)", "'2024-06'", 1_000_000, 0),
    ],
)  # fmt: skip
def test_parquet_amounts_are_exact_and_floats_are_told(
    session: Session, parquet: Any, amount: str, period: str, units: int, notices: int
) -> None:
    """Up to eighteen digits; a binary floating point column gets a notice."""
    path = parquet(
        f"""SELECT 'E1' AS entry_id, '007' AS contract_id, 'Setup' AS revenue_type,
        {amount} AS amount, {period} AS recognition_period"""
    )
    session.execute(
        """CREATE TABLE contracts AS SELECT '007' AS contract_id, 'Setup' AS revenue_type,
        1200 AS contract_value, 12 AS duration_months, DATE '2024-01-01' AS booking_date,
        DATE '2024-12-31' AS close_date"""
    )
    with FilesSource(replace(ENTRIES, path=path)).opened(session) as entries:
        result = reconcile_relations(
            session, "contracts", entries, Month.parse("2024-06"), Policy()
        )
    assert result.totals["USD"].recognized == units
    assert sum("floating point" in notice for notice in result.notices) == notices


def test_the_description_is_the_path(tmp_path: Path) -> None:
    """With forward slashes on every system."""
    source = FilesSource(replace(ENTRIES, path=tmp_path / "e-*.csv"))
    assert source.description == f"files {tmp_path.as_posix()}/e-*.csv"


OFFSETS = {
    "2024-06-30T23:30:00-05:00": "2024-07-01 06:30:00",
    "2024-06-30 23:30-0500": "2024-07-01 06:30:00",
    "2024-06-30 22:00:00.1234567 +00": "2024-07-01 00:00:00",
    " 2024-06-30t21:59:59,5z ": "2024-06-30 23:59:59",
    "2024-01-01T00:30:00+01:00": "2024-01-01 00:30:00",
}


def test_a_moment_with_an_offset_is_taken_in_the_time_zone(
    write: Callable[..., Path], read: Read
) -> None:
    """In a CSV file as from a database; without a zone it counts as it is written."""
    write(HEAD + "".join(f'E,007,Setup,1.00,"{text}"\n' for text in OFFSETS))
    found = [row["recognition_period"] for row in read(time_zone="Europe/Berlin")]
    assert found == list(OFFSETS.values())
    assert [row["recognition_period"] for row in read()] == list(OFFSETS)


@pytest.mark.parametrize(
    "text",
    ["2024-06-30", "2024-06", "2024-06-30T23:30:00", "2024-13-30T23:30:00-05:00", "no-05:00",
     "9999-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "1753-01-01T00:00:00+00:00"],
)  # fmt: skip
def test_what_has_no_offset_or_is_no_date_stays_as_it_is(
    write: Callable[..., Path], read: Read, text: str
) -> None:
    """A date is a date in every zone, and so is one that means that there is none."""
    write(HEAD + f"E,007,Setup,1.00,{text}\n")
    for zone in ("America/New_York", "Asia/Tokyo"):
        assert [row["recognition_period"] for row in read(time_zone=zone)] == [text]


def test_a_typed_moment_is_taken_in_the_time_zone(
    session: Session, tmp_path: Path, read: Read
) -> None:
    """Parquet has a type for moments of which the offset is known, and one for others."""
    path = literal(str(tmp_path / "entries.parquet"))
    session.execute(
        f"""COPY (SELECT 'E' AS entry_id, TIMESTAMPTZ '2024-06-30 23:30:00Z' AS recognition_period,
            TIMESTAMP '2024-06-30 23:30:00' AS posted_at) TO {path} (FORMAT parquet)"""
    )
    (row,) = read("entries.parquet", time_zone="Asia/Tokyo")
    assert row["recognition_period"] == datetime(2024, 7, 1, 8, 30)
    assert row["posted_at"] == datetime(2024, 6, 30, 23, 30)
