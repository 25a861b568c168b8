"""`recon match`: two files as they come, without a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from recon.base.errors import UsageError
from recon.cli import app

BANK = """Kontoauszug Juni;;;
Buchungstag;Betrag;Referenz;Text
03.06.2024;1.190,00;INV-1001;Kunde A
04.06.2024;595,00;;Kunde B zahlt zwei
05.06.2024;-25,00;FEE-1;Gebühr
07.06.2024;98,00;INV-1005;zu wenig
10.06.2024;500,00;;unbekannt
31.06.2024;5,00;;kein Tag
"""
LEDGER = """document_ref,date,amount
INV-1001,2024-06-03,1190.00
INV-1002,2024-06-03,400.00
INV-1003,2024-06-04,195.00
INV-1005,2024-06-05,100.00
INV-1006,2024-06-11,77.00
INV-1007,2024-06-09,500.00
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A bank's statement and a ledger."""
    bank, ledger = tmp_path / "bank.csv", tmp_path / "ledger.csv"
    bank.write_text(BANK, encoding="cp1252")
    ledger.write_text(LEDGER, encoding="utf-8")
    return str(bank), str(ledger)


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["match", *arguments])
    return result.exit_code, result.output


def _document(*arguments: str) -> dict[str, Any]:
    code, output = _run(*arguments, "--json")
    found: dict[str, Any] = json.loads(output)
    assert found["exit_code"] == code
    return found


def test_a_bank_statement_meets_the_ledger(files: tuple[str, str]) -> None:
    """Encoding, decimals and days are found; each row is matched, near, open or invalid."""
    found = _document(*files, "--key", "Referenz=document_ref", "--group")
    assert [(rule["name"], rule["matches"]) for rule in found["rules"] if rule["matches"]] == [
        ("number", 1), ("number, other amount", 1), ("amount, near day", 1), ("sums, near day", 1),
    ]  # fmt: skip
    assert [each["difference"] for each in found["near"]] == ["2.00"]
    assert [len(each["documents"]) for each in found["grouped"]] == [3]
    assert [(each["number"], each["place"]) for each in found["open"]] == [
        ("INV-1006", "ledger.csv, line 6"), ("FEE-1", "bank.csv, line 5"),
    ]  # fmt: skip
    assert found["invalid"] == [
        {"side": "bank.csv", "place": "bank.csv, line 8",
         "reason": "posted_on '31.06.2024' is not a date"}
    ]  # fmt: skip
    assert found["exit_code"] == 3


def test_without_group_no_sums_are_looked_for(files: tuple[str, str]) -> None:
    """The two invoices of one payment stay open."""
    found = _document(*files, "--key", "Referenz=document_ref")
    assert found["grouped"] == []
    assert len(found["open"]) == 5


def test_a_file_agrees_with_itself(files: tuple[str, str]) -> None:
    """Every row is matched, and the code is 0."""
    code, output = _run(files[1], files[1])
    assert code == 0
    assert "agree: every row is matched" in output


def test_the_other_side_of_a_book_is_turned(tmp_path: Path) -> None:
    """What one owes, the other has to get: --invert turns B, and two columns stand for one."""
    ours, theirs = tmp_path / "payables.csv", tmp_path / "statement.csv"
    ours.write_text("number,date,amount\nR1,2024-06-01,-119.00\nR2,2024-06-02,20\n", "utf-8")
    theirs.write_text(
        "number,date,Debit,Credit\nR1,2024-06-01,119.00,\nR2,2024-06-02,,20.00\n", "utf-8"
    )
    arguments = (str(ours), str(theirs), "--amount", "amount=Debit - Credit", "--invert")
    assert _document(*arguments)["exit_code"] == 0


PAYOUTS = """payout,created,type,order,gross,fee
po_1,2024-06-03,charge,1001,50.00,1.75
po_1,2024-06-03,charge,1002,80.00,2.62
po_1,2024-06-04,refund,1000,-30.00,0.00
po_2,2024-06-05,charge,1003,19.99,0.88
po_2,2024-06-05,charge,1004,40.00,1.46
"""
ORDERS = """order,date,total
1000,2024-06-04,-30.00
1001,2024-06-03,50.00
1002,2024-06-03,80.00
1003,2024-06-05,19.99
1005,2024-06-05,12.00
"""
DEPOSITS = """Date,Amount,Reference
2024-06-05,95.63,po_1
2024-06-07,57.65,po_2
"""


def test_card_payouts_with_fees_and_refunds_meet_orders_and_bank(tmp_path: Path) -> None:
    """Charges and refunds by order; each deposit is its payout's rows less their fees."""
    for name, text in (("payouts", PAYOUTS), ("orders", ORDERS), ("bank", DEPOSITS)):
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    payouts, orders, bank = (str(tmp_path / f"{n}.csv") for n in ("payouts", "orders", "bank"))
    found = _document(
        payouts, orders, "--key", "order", "--amount", "gross=total", "--date", "created=date"
    )
    assert [(each["number"], each["side"]) for each in found["open"]] == [
        ("1004", "payouts.csv"), ("1005", "orders.csv"),
    ]  # fmt: skip
    assert found["near"] == []
    found = _document(
        payouts, bank, "--key", "payout=Reference", "--amount", "gross - fee=Amount", "--group"
    )
    assert [len(each["documents"]) for each in found["grouped"]] == [4, 3]
    assert found["exit_code"] == 0


def test_a_suppliers_statement_meets_payables(tmp_path: Path) -> None:
    """What the supplier wants is a credit here; a credit note that is not booked stays open."""
    (tmp_path / "statement.csv").write_text(
        "Document;Date;Amount\nR-9001;03.06.2024;1.190,00\nR-9002;12.06.2024;238,00\n"
        "G-77;20.06.2024;-119,00\n", "cp1252",
    )  # fmt: skip
    (tmp_path / "payables.csv").write_text(
        "invoice,posted_on,amount\nr-9001,2024-06-04,-1190.00\nR-9002,2024-06-13,-283.00\n",
        "utf-8",
    )
    found = _document(
        str(tmp_path / "statement.csv"), str(tmp_path / "payables.csv"), "--invert",
        "--key", "Document=invoice", "--date", "Date=posted_on",
    )  # fmt: skip
    assert [each["difference"] for each in found["near"]] == ["45.00"]
    assert [(each["number"], each["amount"]) for each in found["open"]] == [("G-77", "-119.00")]


def test_what_could_mean_two_days_is_a_question(tmp_path: Path) -> None:
    """03/04/2024 is read once somebody says how."""
    file = tmp_path / "a.csv"
    file.write_text("date,amount\n03/04/2024,1.00\n", "utf-8")
    result = CliRunner().invoke(app, ["match", str(file), str(file)])
    assert "--dates" in str(result.exception)
    assert _run(str(file), str(file), "--dates", "dmy")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--key", "nothing"], "has no column 'nothing'"),
        (["--window", "soon"], "--window is a number of days"),
        (["--dates", "ymd"], "--dates is one of dmy, mdy"),
        (["--amount", "=x"], "is not a column"),
    ],
)
def test_a_mistake_is_one_sentence(
    files: tuple[str, str], arguments: list[str], sentence: str
) -> None:
    """It says what is wrong, with the code of a command that asks for something impossible."""
    error = CliRunner().invoke(app, ["match", *files, *arguments]).exception
    assert isinstance(error, UsageError)
    assert sentence in str(error)


def test_reports_are_files(files: tuple[str, str], tmp_path: Path) -> None:
    """CSV and a workbook with the same rows; nothing else is left in the folder."""
    out = tmp_path / "out"
    _run(*files, "--key", "Referenz=document_ref", "--group", "--out", str(out))
    assert sorted(path.name for path in out.iterdir()) == [
        "invalid.csv", "match.xlsx", "matches.csv", "near_and_grouped.csv", "open.csv", "rules.csv",
    ]  # fmt: skip
    matches = (out / "matches.csv").read_text("utf-8-sig").splitlines()
    assert "number,matched,,INV-1001,INV-1001,,2024-06-03,2024-06-03,1190.00,1190.00" in matches[2]
    book = load_workbook(out / "match.xlsx")
    assert book.sheetnames == ["Rules", "Open", "Near and grouped", "Matches", "Invalid"]
    assert [row[6].value for row in book["Open"].iter_rows(min_row=2)] == [77, -25]
