"""`recon init` with files that show other kinds of terms, to the figures of a month."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.compared import compared
from tests.shell import ENTRIES, in_process

HEAD = "contract_id,revenue_type,contract_value,duration_months,booking_date,start_date,close_date"
OTHERS = "C-2,Subscription,2400.00,12,2024-01-01,2024-01-01,2024-12-31"
LEDGER = ENTRIES + "".join(
    f"E-{n},C-{n},Subscription,{amount},2024-07\n" for n, amount in ((1, "100.00"), (2, "200.00"))
)


def init(folder: Path, contracts: str, entries: str = LEDGER, *more: str) -> str:
    """What `recon init` says about two files."""
    for name, text in (("deals.csv", contracts), ("gl.csv", entries)):
        (folder / name).write_text(text, encoding="utf-8")
    done = in_process("init", "deals.csv", "gl.csv", *more, cwd=folder, env={"COLUMNS": "250"})
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def expected(folder: Path, month: str = "2024-07") -> str:
    """What the contracts of a folder expect, none of them being invalid."""
    found = compared(folder, month)
    assert found.invalid == 0
    return found.expected


@pytest.mark.parametrize(
    "name",
    ["MRR", "Monthly Fee (USD)"]
    + [pytest.param(name, marks=pytest.mark.slow) for name in ("monthly_amount", "Monatsbetrag")],
)
def test_a_monthly_value_is_one(tmp_path: Path, name: str) -> None:
    """It needs neither duration nor close: a blank close goes on."""
    rows = (
        f"Contract ID,Product,{name},Start Date,End Date",
        "C-1,Subscription,100.00,2024-01-01,",
        "C-2,Subscription,200.00,2024-02-01,2024-12-31",
        "C-3,Subscription,50.00,2023-02-01,2024-06-30",
    )
    said = init(tmp_path, "\n".join(rows))
    assert f"{name!r} is taken as the value of a month" in said
    assert expected(tmp_path) == "300.00"


def test_the_value_of_a_term_goes_before_that_of_a_month(tmp_path: Path) -> None:
    """A file may have both."""
    rows = (f"{HEAD},MRR", f"{OTHERS},200.00", OTHERS.replace("C-2", "C-1") + ",200.00")
    assert "value of a month" not in init(tmp_path, "\n".join(rows))
    assert expected(tmp_path) == "400.00"


def test_without_an_end_a_monthly_value_goes_on(tmp_path: Path) -> None:
    """The configuration says so."""
    rows = "deal_id,type,mrr,signed\nC-1,Subscription,100.00,2024-01-01\n"
    said = init(tmp_path, rows + "C-2,Subscription,200.00,2024-01-01\n")
    assert "no column says when a monthly value ends; it goes on" in said
    assert expected(tmp_path) == "300.00"


def test_the_value_of_a_year_is_doubted(tmp_path: Path) -> None:
    """Recon takes it as that of the term, and says so."""
    rows = f"{HEAD.replace('contract_value', 'ACV')}\n{OTHERS}\n{OTHERS.replace('C-2', 'C-1')}"
    assert "'ACV' may be the value of a year" in init(tmp_path, rows)


@pytest.mark.parametrize("column", ["Valid from", "effective_date"])
def test_rows_that_differ_by_a_day_are_versions(tmp_path: Path, column: str) -> None:
    """1,200.00 a year, and 1,800.00 from July on: (1,800 - 600) / 6."""
    first = "C-1,Subscription,1200.00,12,2024-01-01,2024-01-01,2024-12-31"
    second = first.replace("1200", "1800")
    rows = (f"{HEAD},{column}", f"{first},2024-01-01", f"{second},2024-07-01",
            f"{OTHERS},2024-01-01")  # fmt: skip
    said = init(tmp_path, "\n".join(rows))
    assert "1 contract, like C-1, has several rows: taken as versions" in said
    assert expected(tmp_path) == "400.00"


def test_the_first_version_may_say_the_start(tmp_path: Path) -> None:
    """Where no other column does: booked in December, in force from January on."""
    rows = (
        "Contract,Version,Type,Value,Months,Signed,End,Valid from",
        "C-1,1,Subscription,1200.00,12,2023-12-15,2024-12-31,2024-01-01",
        "C-1,2,Subscription,1800.00,12,2024-06-15,2024-12-31,2024-07-01",
        "C-2,1,Subscription,2400.00,12,2023-12-15,2024-12-31,2024-01-01",
    )
    assert "the first one's is the start, too" in init(tmp_path, "\n".join(rows))
    assert expected(tmp_path) == "400.00"


def test_terms_that_follow_each_other_add_up(tmp_path: Path) -> None:
    """A renewal under the same number."""
    rows = (
        HEAD,
        "C-1,Subscription,600.00,6,2024-01-01,2024-01-01,2024-06-30",
        "C-1,Subscription,1200.00,12,2024-07-01,2024-07-01,2025-06-30",
        OTHERS,
    )
    assert "one term after the other: they add up" in init(tmp_path, "\n".join(rows))
    assert expected(tmp_path) == "300.00"


def test_rows_that_could_be_either_are_left_open(tmp_path: Path) -> None:
    """The configuration holds both ways as comments."""
    rows = (HEAD, OTHERS, OTHERS.replace("2400", "3600"), OTHERS.replace("C-2", "C-1"))
    assert "nothing says whether they add up or replace each other" in init(
        tmp_path, "\n".join(rows)
    )
    text = (tmp_path / "config" / "recon.toml").read_text("utf-8")
    assert '# same_key = "add"' in text
    assert '# same_key = "versions"' in text


def test_rows_that_are_delivered_twice_are_no_versions(tmp_path: Path) -> None:
    """Equal rows are one row."""
    rows = (HEAD, OTHERS, OTHERS, OTHERS.replace("C-2", "C-1"))
    assert "several rows" not in init(tmp_path, "\n".join(rows))
    assert expected(tmp_path) == "400.00"


def test_free_months_shorten_a_term(tmp_path: Path) -> None:
    """1,100.00 over 11 months of 12, the last being free unless a column says otherwise."""
    row = "C-1,Subscription,1100.00,12,2024-01-01,2024-01-01,2024-12-31"
    rows = (f"{HEAD},Free Months", f"{row},1", f"{OTHERS},0")
    assert "they are taken at the end of the term" in init(tmp_path, "\n".join(rows))
    assert expected(tmp_path) == "300.00"
    rows = (f"{HEAD},Free Months,free_at", f"{row},1,Start", f"{OTHERS},0,")
    assert "free months" not in init(tmp_path, "\n".join(rows), LEDGER, "--force")
    assert expected(tmp_path) == "300.00"
    assert expected(tmp_path, "2024-01") == "200.00"


CODED = LEDGER.replace("2024-07", "FY24-P06")


def test_fiscal_periods_come_from_a_file_beside_the_others(tmp_path: Path) -> None:
    """A month is then a code, and the last of the entries is proposed."""
    periods = (
        "code,first_day,last_day\nFY24-P05,2024-01-01,2024-05-31\nFY24-P06,2024-06-01,2024-06-28\n"
    )
    (tmp_path / "periods.csv").write_text(periods, encoding="utf-8")
    rows = f"{HEAD}\n{OTHERS}\n{OTHERS.replace('C-2', 'C-1')}"
    said = init(tmp_path, rows, CODED, "periods.csv")
    assert "months are the fiscal periods of periods.csv" in said
    assert "recon month FY24-P06" in said
    done = in_process("month", "FY24-P06", "--json", "--format", "none", cwd=tmp_path)
    assert json.loads(done.stdout)["totals"]["USD"]["expected"] == "400.00"


@pytest.mark.parametrize(
    "code",
    ["FY24-P06", "2024006"]
    + [pytest.param(code, marks=pytest.mark.slow) for code in ("2024-P06", "P6/2024", "006/2024")],
)
def test_fiscal_periods_are_asked_for(tmp_path: Path, code: str) -> None:
    """Nobody guesses their days: the configuration has the place for their file."""
    rows = f"{HEAD}\n{OTHERS}\n{OTHERS.replace('C-2', 'C-1')}"
    said = init(tmp_path, rows, LEDGER.replace("2024-07", code))
    assert f"{code!r} is the code of a fiscal period" in said
    assert '# periods = "periods.csv"' in (tmp_path / "config" / "recon.toml").read_text("utf-8")
