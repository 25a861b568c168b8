"""`recon kpi` and `recon pack`, as they are typed."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from recon.kpi.measures import MEASURES
from recon.kpi.published import figure_views
from recon.reports.figures import pdf
from recon.reports.figures.listing import dimension_page, measure_page
from tests.inbox import FEED, SALES, Inbox
from tests.pages import DOCS, text_of

CONFIG = """
[feeds.uk]
kind = "sales"
path = "../inbox/uk*.csv"
currency = "GBP"
[feeds.pay]
kind = "credits"
path = "../inbox/pay*.csv"
currency = "GBP"
[calendar]
fiscal_year_starts = 4
[figures.measures.web_revenue]
fact = "sales"
formula = "sum(revenue)"
where = "channel = 'web'"
[figures.measures.web_share]
sentence = "Share of revenue that came over the web."
formula = "web_revenue / revenue"
unit = "percent"
"""
HEADER = "sale_id,sold_on,product_id,customer_id,quantity,unit_price,region,channel"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    """Three months of two regions."""
    inbox = Inbox(tmp_path_factory.mktemp("kpi"))
    inbox.configure(CONFIG)
    inbox.put(
        "uk.csv",
        "1,2024-04-30,P1,C1,1,100.00,North,web",
        "2,2024-05-02,P1,C1,2,100.00,North,shop",
        "3,2024-06-01,P1,C1,3,110.00,North,web",
        "4,2024-06-30,=1+1,C2,1,50.00,South,shop",
        header=HEADER,
    )
    inbox.put(
        "pay.csv",
        "K1,2024-06-20,C1,30.00,rebate",
        header="credit_id,credited_on,customer_id,amount,reason",
    )
    inbox.load()
    return inbox


def kpi(inbox: Inbox, *arguments: str, code: int = 0) -> str:
    """What `recon kpi` prints, or says where it fails."""
    found, out, err = inbox.run("kpi", *arguments)
    assert found == code, (found, out, err)
    return err if code else out


def values(inbox: Inbox, *arguments: str) -> list[dict[str, Any]]:
    """The rows of the first table."""
    (table, *_) = json.loads(kpi(inbox, *arguments, "--json"))["tables"]
    return [{"keys": row["keys"], **row["values"]} for row in table["rows"]]


def test_the_last_month_with_data_is_shown(inbox: Inbox) -> None:
    """With what it is compared with."""
    (row,) = values(inbox, "sales")
    assert (row["revenue"], row["revenue_previous"], row["revenue_previous_change"]) == (
        "380",
        "200",
        "0.9",
    )
    assert row["net_revenue"] == "350"
    text = kpi(inbox, "sales")
    assert "Sales: 2024-06, 2024-06-01 to 2024-06-30" in text
    assert "380.00" in text and "+90.00%" in text


@pytest.mark.parametrize(
    ("period", "revenue"),
    [
        ("2024-06-30", "50"),
        ("2024-Q2", "680"),
        ("2024", "680"),
        ("FY2025", "680"),
        ("FY2025-Q1", "680"),
        ("2024-04..2024-05", "300"),
        ("last 30 days", "380"),
        ("last 1 month", "380"),
    ],
)
def test_periods(inbox: Inbox, period: str, revenue: str) -> None:
    """As people write them; the fiscal year starts in April and is named after its end."""
    assert values(inbox, "revenue", "--period", period)[0]["revenue"] == revenue


def test_drill_downs_and_filters_add_up(inbox: Inbox) -> None:
    """Rows by dimension, and each by its filter, are the whole."""
    rows = values(inbox, "revenue", "--by", "region,product", "--period", "2024-Q2")
    assert sum(Decimal(row["revenue"]) for row in rows) == 680
    found = [
        values(inbox, "revenue", "--where", f"region{sign}north", "--period", "2024-Q2")[0][
            "revenue"
        ]
        for sign in ("=", "!=")
    ]
    assert found == ["630", "50"]


def test_top_rows_are_shown_and_the_others_counted(inbox: Inbox) -> None:
    """The total is that of all rows."""
    document = json.loads(kpi(inbox, "revenue", "--by", "product", "--top", "1", "--json"))
    (table,) = document["tables"]
    assert [row["values"]["revenue"] for row in table["rows"]] == ["330"]
    assert (table["rows_left_out"], table["totals"][0]["values"]["revenue"]) == (1, "380")


def test_measures_of_ones_own(inbox: Inbox) -> None:
    """A few lines of configuration, and they are in the list."""
    assert values(inbox, "web_share")[0]["web_share"] == "0.8684"
    assert "Share of revenue that came over the web." in kpi(inbox, "--list")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net_revenue", "--by", "region"], "cannot be divided or filtered by region"),
        (["revenu"], "did you mean revenue?"),
        (["revenue", "--by", "regions"], "did you mean region?"),
        (["revenue", "--where", "region"], "is not a filter"),
        (["revenue", "--period", "2024-13"], "is not a period"),
        (["revenue", "--period", "2024-06..2024-05"], "ends before it begins"),
        (["revenue", "--compare", "last"], "must be previous, year"),
        (["revenue", "--by", "week,month"], "A week may lie in two months"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    inbox: Inbox, arguments: list[str], sentence: str
) -> None:
    """With exit code 2."""
    assert sentence in kpi(inbox, *arguments, code=2)


def test_a_view_leaves_out_what_has_no_such_dimension(inbox: Inbox) -> None:
    """And says so."""
    text = kpi(inbox, "executive", "--where", "region=North")
    assert "Left out, since their rows have no region:" in text


def test_csv_of_one_table_is_printed(inbox: Inbox) -> None:
    """A text that Excel would run is guarded."""
    rows = list(
        csv.DictReader(io.StringIO(kpi(inbox, "revenue", "--by", "product", "--format", "csv")))
    )
    assert [(row["product"], row["currency"], row["revenue"]) for row in rows] == [
        ("P1", "GBP", "330"),
        ("'=1+1", "GBP", "50"),
    ]


def test_the_same_number_everywhere(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Console, JSON, workbook, PDF, page, and the view that is published."""
    printed: list[list[str]] = []
    as_it_was = pdf._printed

    def noted(texts: Any, *rest: Any) -> Any:
        printed.extend(texts)
        return as_it_was(texts, *rest)

    monkeypatch.setattr(pdf, "_printed", noted)
    asked = ["revenue", "--by", "region"]
    assert "330.00" in kpi(inbox, *asked)
    for form in ("xlsx", "pdf", "html"):
        kpi(inbox, *asked, "--format", form, "--out", str(tmp_path))
    wanted = [(row["keys"][0], row["revenue"]) for row in values(inbox, *asked)]
    assert wanted == [("North", "330"), ("South", "50")]
    assert [row[:3] for row in printed[1:3]] == [
        ["North", "GBP", "330.00"], ["South", "GBP", "50.00"],
    ]  # fmt: skip
    page = (tmp_path / "measures-2024-06.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows]
    assert [row[:3] for row in cells if row] == [
        ["North", "GBP", "330.00"], ["South", "GBP", "50.00"],
    ]  # fmt: skip
    # Whatever follows as data ends no script.
    assert page.count("</script>") == 2 and len(page) < 100_000
    view = dict(figure_views())["figures_sales"].replace("{schema}.", "")
    published = inbox.ask(
        f"SELECT region, sum(revenue) FROM ({view}) WHERE year_month = '2024-06' GROUP BY ALL"
    )
    assert sorted((region, f"{revenue:.0f}") for region, revenue in published) == wanted
    book = openpyxl.load_workbook(tmp_path / "measures-2024-06.xlsx")
    cells = [[cell.value for cell in row] for row in book["Figures by"].iter_rows()]
    assert ["North", "GBP", 330] in [row[:3] for row in cells]
    assert ["South", "GBP", 50] in [row[:3] for row in cells]
    assert (tmp_path / "measures-2024-06.pdf").read_bytes().startswith(b"%PDF")


RATES = """
[feeds.bank]
kind = "rates"
path = "../inbox/rates*.csv"
currency = "EUR"
decimal = "."
[feeds.panel]
kind = "market"
path = "../inbox/market*.csv"
"""


def test_amounts_in_one_currency_say_by_which_rates(tmp_path: Path) -> None:
    """Rounded once, by the rate of the day; without one a row stays in its own currency."""
    inbox = Inbox(tmp_path)
    inbox.configure(FEED + RATES + '[figures]\ncurrency = "EUR"\n')
    head = f"{SALES},region,currency"
    lines = ["1,2024-05-31,P1,C1,1,9.00,N,GBP", "2,2024-06-03,P1,C1,1,1.01,N,GBP",
             "3,2024-06-04,P1,C1,1,1.01,S,GBP", "4,2024-06-30,P1,C2,3,1.00,N,EUR"]  # fmt: skip
    inbox.put("uk.csv", *lines, header=head)
    inbox.put("rates.csv", "GBP,2024-06-01,1.1151", "GBP,2024-06-04,1.1149", "USD,2024-01-01,0.9",
              "CHF,2024-01-01,-1", header="currency,valid_from,rate")  # fmt: skip
    inbox.put("market.csv", "2024-06-01,,8", "2024-06-01,N,12", header="market_on,region,quantity")
    assert inbox.load(code=3)
    # 1.126251 + 1.126049 + 3, in which two cents more are those of rounding each row.
    (total, *_) = values(inbox, "revenue", "--period", "2024-06")
    assert total["revenue"] == "5.25"
    by_region = values(inbox, "revenue", "--period", "2024-06", "--by", "region")
    assert [row["revenue"] for row in by_region] == ["4.13", "1.13"]
    by_currency = values(inbox, "revenue", "--by", "currency", "--period", "2024-06")
    assert [(*row["keys"], row["revenue"]) for row in by_currency] == [
        ("EUR", "3"), ("GBP", "2.25"),
    ]  # fmt: skip
    told = (
        "Amounts are in EUR, each row's by the rate of its day, the latest on or before it (from "
        "bank): GBP by 2 rates of 2024-06-01 to 2024-06-04, at most 2 days old."
    )
    assert told in " ".join(kpi(inbox, "sales").split())
    assert (
        inbox.run("kpi", "revenue", "--format", "csv", "--by", "region")[2].splitlines()[0] == told
    )
    both = json.loads(kpi(inbox, "revenue", "--period", "2024-05..2024-06", "--json"))
    assert both["notes"][1:] == [
        "1 row in GBP of 2024-05-31 has no rate into EUR on or before its day: its amounts stay in "
        "GBP."
    ]
    assert [row["values"]["revenue"] for row in both["tables"][0]["rows"]] == ["5.25", "9"]
    assert values(inbox, "penetration", "--period", "2024-06")[0]["penetration"] == "0.25"
    assert values(inbox, "penetration", "--period", "2024-06-03")[0]["penetration"] is None


def test_customers_have_dated_scores_in_the_star(inbox: Inbox) -> None:
    """Those of the last day with sales, as `recon kpi scores` has them for that day."""
    found = inbox.ask(
        """SELECT customer_id, rfm_segment, recency_score, frequency_score, monetary_score,
        scored_on, scored_currency FROM dim_customer WHERE scored_on IS NOT NULL ORDER BY 1"""
    )
    shown = values(inbox, "scores", "--period", "2024-06-30")
    assert {row[-2:] for row in found} == {(date(2024, 6, 30), "GBP")}
    assert [row[:-2] for row in found] == sorted(
        (*row["keys"], *(int(row[name]) for name in ("recency", "frequency", "monetary")))
        for row in shown
    )
    assert len(found) == 2


def test_without_a_store_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    """Exit code 5."""
    empty = Inbox(tmp_path)
    empty.configure()
    assert " yet; `recon load` makes it." in kpi(empty, code=5)


def test_a_pack_is_of_one_month(inbox: Inbox, tmp_path: Path) -> None:
    """One PDF and one workbook; a year is refused."""
    found, out, err = inbox.run("pack", "2024-06", "--out", str(tmp_path))
    assert found == 0, err
    assert "No reconciliation is in it" in out
    assert {path.name for path in tmp_path.iterdir()} == {"pack-2024-06.pdf", "pack-2024-06.xlsx"}
    assert "After the pack" not in out
    assert inbox.run("pack", "2024", "--out", str(tmp_path))[0] == 2


@pytest.mark.parametrize(
    ("measure", "mistake"),
    [
        ('formula = "revenue / nothing"', "there is no measure 'nothing'"),
        ('formula = "margin * 2"', "'margin' is a ratio"),
        ('formula = "import os"', "is not a formula"),
        ('fact = "sales"\nformula = "sum(turnover)"', "there is no column 'turnover'"),
        ('fact = "ledger"\nformula = "count(*)"', "'ledger' is not one of"),
    ],
)
def test_mistakes_in_measures_of_ones_own(inbox: Inbox, measure: str, mistake: str) -> None:
    """Named with their key, exit code 4."""
    inbox.configure(CONFIG + f"[figures.measures.wrong]\n{measure}\n")
    try:
        said = kpi(inbox, "revenue", code=4)
    finally:
        inbox.configure(CONFIG)
    assert "figures.measures.wrong" in said and mistake in said


@pytest.mark.parametrize(
    ("name", "lines"), [("measures", measure_page(MEASURES)), ("dimensions", dimension_page())]
)
def test_the_page_of_figures_is_made_from_the_list(name: str, lines: Iterable[str]) -> None:
    """RECON_UPDATE_GOLDEN=1 writes it anew."""
    page = DOCS / "figures.md"
    before, begin, rest = text_of(page).partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->\n")
    assert begin and end
    wanted = "".join([before, begin, "\n", *(f"{line}\n" for line in lines), "\n", end, after])
    if os.environ.get("RECON_UPDATE_GOLDEN"):
        page.write_text(wanted, encoding="utf-8", newline="\n")
    assert text_of(page) == wanted


def test_a_pack_without_reportlab_has_its_workbook(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what to install, and where the workbook is."""
    monkeypatch.setitem(sys.modules, "recon.reports.figures.pdf", None)
    monkeypatch.delattr("recon.reports.figures.pdf", raising=False)
    code, _, said = inbox.run("pack", "2024-06", "--out", str(tmp_path))
    assert code == 7
    assert "needs ReportLab" in said and "pack-2024-06.xlsx" in said
    assert [path.name for path in tmp_path.iterdir()] == ["pack-2024-06.xlsx"]
