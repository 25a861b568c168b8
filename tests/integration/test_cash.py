"""`recon cash`: what customers owe by the feeds, against the ledger, document by document."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.inbox import SALES, Inbox

CONFIG = """
[feeds.uk]
kind = "sales"
path = "../inbox/uk*.csv"
currency = "GBP"
[feeds.paid]
kind = "credits"
path = "../inbox/paid*.csv"
currency = "GBP"
[policy]
currency = "GBP"
[receivables]
source = "files"
path = "../ledger.csv"
"""
LEDGER = "document_ref,customer_id,posted_on,amount,kind,applies_to\n"
POSTED = """S1,C1,2024-06-03,100.00,invoice,
K1,C1,2024-06-20,-100.00,payment,S1
S2,C1,2024-06-04,2000.00,invoice,
S3,C3,2024-06-05,300.00,invoice,
S4,C2,2024-07-02,50.00,invoice,
S5,C1,2024-05-02,80.00,invoice,
S5,C1,2024-05-09,80.00,invoice,
X9,C2,2024-06-11,12.00,invoice,
"""


def faulty(folder: Path) -> Inbox:
    """A store with six sales and a payment, and a ledger with a fault of each of six kinds."""
    inbox = Inbox(folder)
    inbox.configure(CONFIG)
    inbox.put(
        "uk.csv",
        "S1,2024-06-03,P,C1,1,100", "S2,2024-06-04,P,C1,1,200", "S3,2024-06-05,P,C2,1,300",
        "S4,2024-06-28,P,C2,1,50", "S5,2024-05-02,P,C1,1,80", "S6,2024-06-09,P,C3,1,164.40",
        header=SALES,
    )  # fmt: skip
    inbox.put(
        "paid.csv", "K1,2024-06-20,C1,100,S1", at=1,
        header="credit_id,credited_on,customer_id,amount,document_ref",
    )  # fmt: skip
    inbox.load()
    (folder / "ledger.csv").write_text(LEDGER + POSTED, "utf-8")
    return inbox


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    """Those books, for tests that only read them."""
    return faulty(tmp_path_factory.mktemp("cash"))


@pytest.fixture(scope="module")
def june(pristine: Inbox) -> dict[str, Any]:
    """What a run of June says of them."""
    return _cash(pristine)


@pytest.fixture
def books(pristine: Inbox, tmp_path: Path) -> Inbox:
    """A copy of them, without what a run has left."""
    without = shutil.ignore_patterns("reports")
    return Inbox(Path(shutil.copytree(pristine.folder, tmp_path / "books", ignore=without)))


def _cash(inbox: Inbox, *arguments: str) -> dict[str, Any]:
    code, out, err = inbox.run("cash", "2024-06", "--json", *arguments)
    assert code in (0, 3), err
    found: dict[str, Any] = json.loads(out)
    assert found["exit_code"] == code
    return found


def test_every_fault_has_its_cause_and_the_bridge_leads_across(june: dict[str, Any]) -> None:
    """794.40 by the feeds become 2,472.00 in the ledger, cause by cause; customers tie."""
    assert {each["cause"]: (each["number"], each["difference"]) for each in june["breaks"]} == {
        "decimal_shift": ("S2", "1800.00"),
        "wrong_customer": ("S3", "0.00"),
        "wrong_period": ("S4", "-50.00"),
        "posted_twice": ("S5", "80.00"),
        "not_in_feeds": ("X9", "12.00"),
        "not_posted": ("S6", "-164.40"),
    }
    assert {each["certainty"] for each in june["breaks"]} == {"certain"}
    both = june["receivable"]["GBP"]
    assert (both["feeds"]["closing"], both["ledger"]["closing"]) == ("794.40", "2472.00")
    assert (both["feeds"]["opening"], both["feeds"]["credits"]) == ("80.00", "-100.00")
    steps = sum(float(each["amount"]) for each in june["bridge"]["GBP"])
    assert round(794.40 + steps, 2) == 2472.00
    assert {each["customer"]: each["difference"] for each in june["customers"]} == {
        "C1": "1880.00", "C2": "-338.00", "C3": "135.60",
    }  # fmt: skip
    assert june["exit_code"] == 3


def test_days_sales_outstanding_and_ageing_are_those_of_the_page(june: dict[str, Any]) -> None:
    """794.40 / 814.40 x 30 days; a sale of 2 May is 29 days late by the end of June."""
    feeds = june["receivable"]["GBP"]["feeds"]
    assert feeds["days_sales_outstanding"] == "29.3"
    assert feeds["ageing"] == {
        "current": "714.40", "1-30": "80.00", "31-60": "0.00", "61-90": "0.00", "over 90": "0.00",
        "unapplied": "0.00",
    }  # fmt: skip


def test_charges_keep_their_numbers_where_one_is_not_posted(tmp_path: Path) -> None:
    """That the ledger has a sale's invoice does not say that it has the charge by that number."""
    inbox = Inbox(tmp_path)
    inbox.configure(
        CONFIG + '[feeds.fees]\nkind = "debits"\npath = "../inbox/fees*.csv"\ncurrency = "GBP"\n'
    )
    inbox.put("uk.csv", *(f"S{n},2024-06-0{n},P,C1,1,{n}00" for n in (1, 2, 3)), header=SALES)
    inbox.put(
        "fees.csv", *(f"F{n},2024-06-0{n},C1,2.50,S{n}" for n in (1, 2, 3)), at=1,
        header="debit_id,debited_on,customer_id,amount,document_ref",
    )  # fmt: skip
    inbox.load()
    rows = [f"S{n},C1,2024-06-0{n},{n}00.00,invoice," for n in (1, 2, 3)]
    rows += [f"F{n},C1,2024-06-0{n},2.50,charge,S{n}" for n in (1, 2)]
    (tmp_path / "ledger.csv").write_text(LEDGER + "\n".join(rows) + "\n", "utf-8")
    (only,) = _cash(inbox, "--format", "none")["breaks"]
    assert (only["cause"], only["number"], only["difference"]) == ("not_posted", "F3", "-2.50")


def test_books_that_agree_end_with_0(books: Inbox) -> None:
    """Without a fault there is no break; part postings and a payment without a number match."""
    rows = POSTED.replace("2000.00", "200.00").replace("S3,C3", "S3,C2").replace("07-02", "06-28")
    rows = rows.replace("S5,C1,2024-05-09,80.00,invoice,\n", "").replace("X9,C2", "S6,C3")
    rows = rows.replace("2024-06-11,12.00,invoice,", "2024-06-09,64.40,invoice,")
    rows += "S6,C3,2024-06-12,100.00,invoice,\n"
    rows = rows.replace("K1,C1,2024-06-20,-100.00,payment,S1", ",C1,2024-06-21,-100.00,payment,")
    (books.folder / "ledger.csv").write_text(LEDGER + rows, "utf-8")
    found = _cash(books, "--format", "none")
    assert found["breaks"] == []
    assert {each["name"]: each["matches"] for each in found["rules"] if each["matches"]} == {
        "number": 5, "number, sums": 1, "amount, near day": 1,
    }  # fmt: skip
    assert found["exit_code"] == 0


def test_what_was_owed_before_is_the_same_on_both_sides(books: Inbox) -> None:
    """With `since` and an opening, older documents are left out, and the opening is owed.

    With --format none nothing is written.
    """
    (books.folder / "opening.csv").write_text("customer_id,amount\nC1,500.00\n", "utf-8")
    books.configure(CONFIG + "since = 2024-06-01\nopening = '../opening.csv'\n")
    found = _cash(books, "--format", "none")
    assert found["reports"] == []
    both = found["receivable"]["GBP"]
    assert [both[side]["opening"] for side in ("feeds", "ledger")] == ["500.00", "500.00"]
    assert "S5" not in {each["number"] for each in found["breaks"]}
    assert not any("No opening" in notice for notice in found["notices"])


def test_rows_that_cannot_be_used_are_named_and_count_as_high(books: Inbox) -> None:
    """A row without an amount is listed with its line, and in no total."""
    with (books.folder / "ledger.csv").open("a", encoding="utf-8") as ledger:
        ledger.write("S9,C1,2024-06-30,much,invoice,\n")
    (row,) = _cash(books, "--format", "none")["invalid"]
    assert row == {"place": "ledger.csv, line 10", "reason": "amount 'much' is not an amount"}


def test_reports_are_written_whole(june: dict[str, Any]) -> None:
    """CSV files, a workbook and a page."""
    names = {Path(path).name for path in june["reports"]}
    assert names >= {"breaks.csv", "bridge.csv", "ageing.csv", "customers.csv"}
    assert {Path(path).suffix for path in june["reports"]} == {".csv", ".xlsx", ".html"}
    breaks = next(path for path in june["reports"] if path.endswith("breaks.csv"))
    assert "decimal_shift" in Path(breaks).read_text("utf-8-sig")


def test_a_row_that_cannot_be_read_may_be_what_is_missing(books: Inbox) -> None:
    """Nothing is certain of its number; kinds that nobody knows are told, and taken by the sign."""
    more = "S6,C3,2024-06-31,164.40,invoice,\n"
    ledger = LEDGER + POSTED.replace("12.00,invoice", "12.00,RV") + more
    (books.folder / "ledger.csv").write_text(ledger, "utf-8")
    found = _cash(books)
    (missing,) = [each for each in found["breaks"] if each["number"] == "S6"]
    assert (missing["cause"], missing["certainty"]) == ("not_posted", "ambiguous")
    assert "cannot be read and may be it (ledger.csv, line 10)" in missing["explanation"]
    assert any("RV (1); an amount above 0" in notice for notice in found["notices"])


def test_the_console_has_it_in_forty_lines(pristine: Inbox) -> None:
    """Verdict, bridge, breaks, ageing, customers; --quiet is the verdict alone."""
    _, out, _ = pristine.run("cash", "2024-06", "--format", "none")
    assert out.startswith("Do not close the receivable of June 2024: ")
    assert len(out.splitlines()) <= 40
    for heading in ("From the feeds to the ledger", "Ageing", "Customers with the largest"):
        assert heading in out
    _, quiet, _ = pristine.run("cash", "2024-06", "--format", "none", "--quiet")
    assert len(quiet.splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ("rules = [{ by = ['colour'] }]", "rules: rule 1.by: ['colour'] is not a list of number"),
        (
            "rules = [3, { by = ['number'], group = 1 }]",
            "rule 1 is not a table; rule 2.group: 1 is",
        ),
        ("window = 'soon'", "receivables.window: 'soon' is not a number of days"),
        ("since = 'May'", "receivables.since: 'May' is not a day"),
        ("wndow = '5d'", "receivables.wndow: is not a known key; did you mean window?"),
    ],
)
def test_mistakes_of_the_configuration_are_named(books: Inbox, more: str, mistake: str) -> None:
    """Each with its key, and the code of the configuration."""
    books.configure(f"{CONFIG}{more}\n")
    code, _, err = books.run("cash", "2024-06")
    assert code == 4
    assert mistake in err


def test_rules_of_the_configuration_are_the_only_ones(books: Inbox) -> None:
    """One rule by number and amount leaves the rest open, and is named in the report."""
    books.configure(
        CONFIG + "rules = [{ name = 'exact', by = ['number', 'customer', 'currency', 'amount'] }]\n"
    )
    found = _cash(books, "--format", "none")
    assert [(each["name"], each["matches"]) for each in found["rules"]] == [("exact", 4)]


def test_a_customer_is_explained_by_both_sides(pristine: Inbox) -> None:
    """Balances, every document with the rule that matched it, and the breaks among them."""
    code, out, err = pristine.run("explain", "c1", "2024-06", "--cash", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert [each["difference"] for each in found["customers"]] == ["1880.00"]
    assert {each["cause"] for each in found["breaks"]} == {"decimal_shift", "posted_twice"}
    assert [each["number"] for each in found["open"]] == ["S5"]
    assert len(found["matches"]) == 4
    _, shown, _ = pristine.run("explain", "S4", "2024-06", "--cash")
    assert "Wrong period: certain" in shown
    assert "number" in shown


def test_a_name_that_nobody_has_is_said_so(pristine: Inbox) -> None:
    """The command asks for something that is not there."""
    code, _, err = pristine.run("explain", "nobody", "2024-06", "--cash")
    assert code == 2
    assert "Neither side has a customer or a document 'nobody'" in err
