"""CSV reports: what Excel and programs get to read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from recon import reconcile
from recon.base import money
from recon.base.fields import NEEDED
from recon.base.result import Lines, Reconciliation, Side
from recon.reports.csv_files import AMOUNTS, guarded, write_csv
from tests.close_example import example_proposals, example_rollforward
from tests.example import HOSTILE, clean_reconciliation, reconciliation
from tests.golden_files import check_golden

FILES = ["breaks.csv", "lines.csv", "invalid.csv", "bridge.csv", "events.csv"]


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_are_the_approved_ones(tmp_path: Path) -> None:
    """The example month reads as a person approved it."""
    paths = write_csv(reconciliation(), tmp_path)
    assert [path.name for path in paths] == FILES
    for path in paths:
        check_golden(f"csv/{path.name}", path.read_bytes().decode("utf-8-sig"))


def closed(folder: Path) -> list[Path]:
    """Return the files of the example with its close."""
    return write_csv(
        reconciliation(), folder, rollforward=example_rollforward(), proposals=example_proposals()
    )


def test_the_files_of_the_close_are_the_approved_ones(tmp_path: Path) -> None:
    """They come after the others, where there is a close."""
    paths = closed(tmp_path)
    assert [path.name for path in paths] == [*FILES, "rollforward.csv", "proposed_entries.csv"]
    for path in paths[4:]:
        check_golden(f"csv/{path.name}", path.read_bytes().decode("utf-8-sig"))


def test_proposed_debits_are_the_credits(tmp_path: Path) -> None:
    """Every line says that it was not posted, and each entry is balanced as it is written."""
    rows = read(closed(tmp_path)[6])
    assert {row["state"] for row in rows} == {"proposed, not posted", "no proposal"}
    for number in {row["proposal"] for row in rows}:
        mine = [row for row in rows if row["proposal"] == number]
        assert sum(Decimal(row["debit"] or 0) for row in mine) == sum(
            Decimal(row["credit"] or 0) for row in mine
        )


def test_excel_recognizes_encoding_and_line_ends(tmp_path: Path) -> None:
    """Every file begins with a byte order mark, and every line ends with CR and LF."""
    for path in write_csv(reconciliation(), tmp_path):
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\n") == content.count(b"\r\n") > 0


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (" =1", "' =1"),
        ("\n\N{NO-BREAK SPACE}\u3000=1", "'\n\N{NO-BREAK SPACE}\u3000=1"),
        ("\N{ZERO WIDTH SPACE}@x", "'\N{ZERO WIDTH SPACE}@x"),
        ("\N{FULLWIDTH EQUALS SIGN}1+1", "'\N{FULLWIDTH EQUALS SIGN}1+1"),
        ("\N{FULLWIDTH PLUS SIGN}1", "'\N{FULLWIDTH PLUS SIGN}1"),
        ("\N{FULLWIDTH HYPHEN-MINUS}1", "'\N{FULLWIDTH HYPHEN-MINUS}1"),
        ("\N{FULLWIDTH COMMERCIAL AT}x", "'\N{FULLWIDTH COMMERCIAL AT}x"),
        ("a\x1b[31mb\x07", "a\ufffd[31mb\ufffd"),
        ("\x1b=1", "\ufffd=1"),
        ("\u202e=1", "\ufffd=1"),
        ("gpj\u202e.exe", "gpj\ufffd.exe"),
        (" a", " a"),
        ("a=1", "a=1"),
        ("00042", "00042"),
        ("", ""),
    ],
)
def test_no_text_becomes_a_formula(text: str, written: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe, any other stays as it is."""
    assert guarded(text) == written


def test_ids_stay_texts_and_negative_numbers_numbers(tmp_path: Path) -> None:
    """Leading zeros stay, names are guarded, and no amount gets an apostrophe."""
    breaks, lines, *_ = write_csv(reconciliation(), tmp_path)
    (item,) = [row for row in read(breaks) if row["contract_id"] == "00042"]
    assert item["customer"] == f"'{HOSTILE}"
    assert (item["difference"], item["percent"]) == ("-2500.00", "-100.00%")
    (line,) = [row for row in read(lines) if row["contract_id"] == "00042"]
    assert (line["customer"], line["difference"]) == (f"'{HOSTILE}", "-2500.00")


def test_the_lines_add_up_to_the_totals(tmp_path: Path) -> None:
    """Nothing is lost or rounded between the totals and the file."""
    result = reconciliation()
    rows = read(write_csv(result, tmp_path)[1])
    for currency, totals in result.totals.items():
        mine = [row for row in rows if row["currency"] == currency]
        assert sum(Decimal(row["recognized"]) for row in mine) * 10_000 == totals.recognized
        assert sum(abs(Decimal(row["difference"])) for row in mine) * 10_000 == (
            totals.gross_difference
        )


def test_a_month_without_breaks_has_headers(tmp_path: Path) -> None:
    """Files without rows still say what their columns would be."""
    breaks, _, invalid, *_ = write_csv(clean_reconciliation(), tmp_path)
    assert read(breaks) == read(invalid) == []
    assert breaks.read_text("utf-8-sig").startswith("break,contract_id,revenue_type,currency")


def test_a_broken_letter_does_not_keep_the_month_from_being_reported(tmp_path: Path) -> None:
    """Half a surrogate pair is written escaped."""
    result = reconciliation()
    broken = replace(result.breaks[0], customer="\ud800")
    breaks = write_csv(replace(result, breaks=(broken,)), tmp_path)[0]
    assert read(breaks)[0]["customer"] == r"\ud800"


def hostile_lines() -> Reconciliation:
    """Return a month of a session with every kind of text and currency that a row may hold."""
    texts = [
        "=1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "a,b",
        'say "so"',
        "two\nlines",
        "\r=1",
        "",
        " b ",
        "Ü大",
        '="1,2"',
    ]
    codes = ["USD", "JPY", "KWD", "CLF", "EUR"]
    values = ["12000.00", "0.0012", "-12000.0600", "120000", "99999999999999.99"]
    contracts, entries = [], []
    for number, text in enumerate(texts):
        code, value = codes[number % 5], values[number % 4 if number else 4]
        key = f"{text or 'none'}-{number}"
        contracts.append((key, "Subscription", value, 12, "2024-01-01", "2024-12-31", code, text))
        entries.append(
            (f"E-{number}", key, "Subscription", values[-1 - number % 5], "2024-06", code)
        )
    return reconcile(
        pd.DataFrame(contracts, columns=[*NEEDED[Side.ANALYTICS], "currency", "customer"]),
        pd.DataFrame(entries, columns=[*NEEDED[Side.ACCOUNTING], "currency"]),
        "2024-06",
    )


def by_python(lines: Lines) -> Iterator[str]:
    """Yield what the csv module writes of lines, amounts plain and texts guarded."""
    currency = lines.columns.index("currency")
    for row in [lines.columns, *lines]:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(
            money.plain(cell, str(row[currency]))
            if isinstance(cell, int) and name in AMOUNTS
            else guarded(cell) if isinstance(cell, str) else cell
            for name, cell in zip(lines.columns, row, strict=True)
        )  # fmt: skip
        yield line.getvalue()


def test_lines_by_sql_are_those_by_python(tmp_path: Path) -> None:
    """To the byte, whatever stands in them; with every amount that four decimals need."""
    result = hostile_lines()
    by_sql = write_csv(result, tmp_path)[1].read_bytes()
    assert by_sql.decode("utf-8-sig") == "".join(by_python(result.lines))
    assert len(read(tmp_path / "lines.csv")) == len(result.lines) > 12
    assert re.search(rb",-?\d+\.\d{4},", by_sql)
