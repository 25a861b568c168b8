"""Fiscal periods through the command line: a year of 4-4-5, and what is wrong with a table."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from openpyxl import load_workbook

from recon.base.errors import ExitCode
from tests.oracle import FiscalLine
from tests.shell import Project, in_process, one_sentence
from tests.unit.test_periods import CSV, TWO_YEARS, YEAR

TABLE = "\n".join(["code,first_day,last_day", *(",".join(map(str, row)) for row in TWO_YEARS)])
CODES = [code for code, _, _ in YEAR]
DAYS = [(first, last) for _, first, last in TWO_YEARS]
CONFIG = """
[calendar]
periods = "periods.csv"
[policy]
tolerance = "0%"
floor = "0"
[policy.types.Support]
convention = "exact_days"
[policy.types.Service]
convention = "prorate_period_rate"
"""
# Key, revenue type, value, months, start, close, termination.
Row = tuple[str, str, str, int, str, str, str]
BOOK: tuple[Row, ...] = (
    ("C-1", "Subscription", "12000.00", 12, "2024-01-01", "2024-12-31", ""),
    ("C-2", "Support", "3660.00", 12, "2024-01-01", "2024-12-31", "2024-06-15"),
    ("C-3", "Service", "2400.00", 12, "2024-02-10", "2025-02-09", "2024-09-12"),
    ("C-4", "Subscription", "600.00", 6, "2024-03-05", "2024-09-04", ""),
    ("C-5", "Support", "1000.00", 10, "2024-05-31", "2025-03-30", ""),
)
CONVENTIONS = {"Subscription": "even", "Support": "exact_days", "Service": "prorate_period_rate"}


def line_of(row: Row) -> FiscalLine:
    """Return a row of the book as the oracle knows it."""
    _, kind, value, months, start, close, terminated = row
    stop = date.fromisoformat(terminated or close)
    return FiscalLine(
        Fraction(value), months, date.fromisoformat(start), DAYS, 2, CONVENTIONS[kind], close=stop
    )


def posted(code: str, row: Row) -> str:
    """Return the entry of a row in a period, by its code or by a date in it."""
    at = CODES.index(code)
    amount = line_of(row).expected(at)
    period = code.lower() if at % 2 else str(DAYS[at][1] - timedelta(at))
    plain = Decimal(amount.numerator) / amount.denominator
    return f"E-{row[0]}-{at},{row[0]},{row[1]},{plain},{period}\n" if amount else ""


@dataclass(frozen=True)
class Company:
    """A project whose periods were run in a row."""

    project: Project
    codes: list[str]
    done: CompletedProcess[bytes]

    def recon(self, *arguments: str) -> CompletedProcess[bytes]:
        """Return what became of a command in its folder."""
        return in_process(*arguments, cwd=self.project.folder)

    def document(self, *arguments: str) -> dict[str, Any]:
        """Return the document of a command."""
        return dict(json.loads(self.recon(*arguments, "--json").stdout))

    def report(self, code: str, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV report of a period."""
        (path,) = (self.project.reports / code).glob(f"*/{name}.csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def book(folder: Path) -> Project:
    """Write a book in which the entry of C-1 lacks in the fourth period."""
    project = Project(folder)
    project.configure(rest=CONFIG)
    (project.config.parent / "periods.csv").write_text(TABLE, encoding="utf-8")
    lines = [
        f"{key},{kind},{value},{months},{start},{start},{close},{stop}\n"
        for key, kind, value, months, start, close, stop in BOOK
    ]
    head = "contract_id,revenue_type,contract_value,duration_months,booking_date,start_date"
    project.write("contracts.csv", f"{head},close_date,terminated_on\n" + "".join(lines))
    entries = [
        posted(code, row) for code in CODES for row in BOOK if (row[0], code) != ("C-1", "FY24-P04")
    ]
    columns = "entry_id,contract_id,revenue_type,amount,recognition_period\n"
    project.write("entries.csv", columns + "".join(entries))
    return project


@pytest.fixture(
    scope="module",
    params=[
        ("fy24-p03", "FY24-P08"),
        pytest.param(("fy24-p01", "FY24-P12"), marks=pytest.mark.slow),
    ],
    ids="..".join,
)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Give a company that has run half a year, or all of it, by one command."""
    project = book(tmp_path_factory.mktemp("fiscal"))
    first, last = request.param
    run = ("month", f"{first}..{last}", "--json", "--format", "csv")
    codes = [code for code in CODES if first.upper() <= code <= last]
    return Company(project, codes, in_process(*run, cwd=project.folder))


def test_a_year_of_four_four_five(company: Company) -> None:
    """Entries by code and by date, terms even and by days, stopped ones too: one entry lacks."""
    assert company.done.returncode == ExitCode.BREAKS
    months = {found["month"]: found for found in json.loads(company.done.stdout)["months"]}
    assert list(months) == company.codes
    assert [code for code in months if months[code]["breaks"]] == ["FY24-P04"]
    assert not any(found["invalid"] for found in months.values())
    for code in company.codes:
        expected = sum(line_of(row).expected(CODES.index(code)) for row in BOOK)
        assert Fraction(months[code]["totals"]["USD"]["expected"]) == expected
        assert f"/{code}/{code}_" in Path(months[code]["reports"][0]).as_posix()


def test_the_roll_forward_of_the_year_ties_out(company: Company) -> None:
    """Each period opens with what the one before it closed with, and recognizes its entries."""
    sums = []
    for code in company.codes:
        rows = company.report(code, "rollforward")
        sums.append({name: sum(Decimal(row[name]) for row in rows)
                     for name in ("opening", "bookings", "changes", "terminations", "recognized",
                                  "closing")})  # fmt: skip
    for before, after in pairwise(sums):
        assert after["opening"] == before["closing"]
    for found in sums:
        ins = found["opening"] + found["bookings"] + found["changes"]
        assert ins - found["terminations"] - found["recognized"] == found["closing"]
        assert found["changes"] == 0
    told = company.document("rollforward", "FY24-P05")
    assert told["month"] == "FY24-P05"


def test_every_command_takes_a_code(company: Company) -> None:
    """And shows it: open breaks and their age, history, one contract, the rest."""
    opened = company.document("open", "--month", "fy24-p06")
    (item,) = opened["breaks"]
    assert (opened["month"], item["first_month"], item["age_months"]) == ("FY24-P06", "FY24-P04", 2)
    history = company.document("history", "FY24-P04")
    assert [found["month"] for found in history["months"]] == ["FY24-P04"]
    contract = company.document("explain", "C-1", "FY24-P04")
    (line,) = contract["lines"]
    assert {row["month"] for row in line["months"]} >= {"FY24-P03", "FY24-P04"}
    assert company.document("tune", "--tolerance", "1%", "--month", "FY24-P04")["months"]
    assert company.recon("doctor", "--month", "FY24-P04").returncode == ExitCode.DONE
    until = ("ack", item["break"], "--reason", "late", "--until", "FY24-P07")
    assert company.recon(*until).returncode == ExitCode.DONE
    states = {code: company.document("open", "--month", code)["breaks"][0]["state"]
              for code in ("FY24-P07", "FY24-P08")}  # fmt: skip
    assert states == {"FY24-P07": "acknowledged", "FY24-P08": "open"}


def test_the_evidence_proves_itself_without_the_configuration(
    company: Company, tmp_path: Path
) -> None:
    """The periods are in it: of the whole year all are asked, of the half of it one."""
    which, told = "fy24-p04", "1 run proven"
    if company.codes == CODES:
        which, told = "--all", "12 runs proven"
    done = in_process("verify", which, "--out", str(company.project.reports), cwd=tmp_path)
    assert done.returncode == ExitCode.DONE, done.stdout
    assert told in done.stdout.decode()
    (page,) = (company.project.reports / "FY24-P04").glob("*/evidence/evidence.md")
    assert page.read_text(encoding="utf-8").startswith(
        "# Evidence of the revenue reconciliation of FY24-P04"
    )


def test_codes_stand_in_the_workbook(company: Company, tmp_path: Path) -> None:
    """As texts, in its title too."""
    company.recon("month", "FY24-P04", "--format", "xlsx", "--quiet", "--out", str(tmp_path))
    (path,) = (tmp_path / "FY24-P04").glob("*/*.xlsx")
    cells = [
        cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row
        if "FY24-P04" in str(cell.value)
    ]  # fmt: skip
    assert "Revenue reconciliation FY24-P04" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if not str(cell.value).startswith("=")} == {"s"}


def test_a_missing_entry_that_comes_is_another_run(company: Company, tmp_path: Path) -> None:
    """`recon diff` replays both runs of the period."""
    project = Project(Path(shutil.copytree(company.project.folder, tmp_path, dirs_exist_ok=True)))
    project.configure(rest=CONFIG)
    run = ("month", "FY24-P04", "--format", "csv", "--quiet")
    whole = "".join(posted(code, row) for code in CODES for row in BOOK)
    columns = "entry_id,contract_id,revenue_type,amount,recognition_period\n"
    project.write("entries.csv", columns + whole)
    assert in_process(*run, cwd=tmp_path).returncode == ExitCode.DONE
    first = min(path.name for path in (project.reports / "FY24-P04").iterdir())
    done = in_process("diff", first, "fy24-p04", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["month"], len(found["fixed"])) == ("FY24-P04", 1)
    signed = in_process(
        "sign-off", "FY24-P04", "--role", "preparer", "--comment", "x", cwd=tmp_path
    )
    assert signed.returncode == ExitCode.DONE
    # A setting that is gone is named, and not taken for a damaged journal.
    project.configure()
    done = in_process("open", cwd=tmp_path)
    assert done.returncode == ExitCode.CONFIGURATION
    assert b"calendar.periods: is not set, but the journal has a run of FY24-P0" in done.stderr


@pytest.mark.slow
def test_periods_become_due_one_after_the_other(tmp_path: Path) -> None:
    """By the business days after their own end; after the last one the table has to go on."""
    project = book(tmp_path)
    (project.config.parent / "periods.csv").write_text("\n".join(CSV[:4]), encoding="utf-8")
    project.configure(rest=CONFIG.replace("[policy]", 'start = "fy24-p01"\n[policy]', 1))
    run = ("month", "--closed", "--format", "csv", "--quiet", "--today")
    early = in_process(*run, "2024-01-30", cwd=tmp_path)
    assert early.stdout.decode().endswith("FY24-P01 is due from 2024-01-31.\n")
    codes = [in_process(*run, "2024-04-20", cwd=tmp_path) for _ in range(4)]
    told = [done.stderr.decode().partition(":")[2].partition(" is due")[0] for done in codes[:3]]
    assert told == [" FY24-P01", " FY24-P02", " FY24-P03"]
    nothing = codes[3].stdout.decode()
    assert nothing.startswith("Nothing is due: FY24-P03 was run on")
    over = in_process(*run, "2024-06-20", cwd=tmp_path)
    assert over.returncode == ExitCode.CONFIGURATION
    assert b"calendar.periods: ends with FY24-P03 on 2024-03-31" in over.stderr


def test_every_mistake_of_the_periods_is_told_at_once(tmp_path: Path) -> None:
    """With the row that has it, and the setting; so are the other mistakes."""
    project = book(tmp_path)
    wrong = [CSV[0], CSV[1], "FY24-P01,2024-01-30,2024-02-25", "P3,26.02.2024,2024-03-31"]
    (project.config.parent / "periods.csv").write_text("\n".join(wrong), encoding="utf-8")
    text = project.config.read_text(encoding="utf-8").replace("0%", "x")
    project.config.write_text(text, encoding="utf-8")
    done = in_process("month", "FY24-P01", cwd=tmp_path)
    assert done.returncode == ExitCode.CONFIGURATION
    told = done.stderr.decode()
    for mistake in (
        "calendar.periods: periods.csv: line 3: the code 'FY24-P01' is there before",
        "calendar.periods: periods.csv: line 4: '26.02.2024' is not a day like 2024-12-25",
        "policy.tolerance: ",
    ):
        assert mistake in told


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ('periods = "none.csv"', "calendar.periods: there is no file"),
        ('periods = "periods.csv"\nstart = "2024-01"',
         "calendar.start: '2024-01' is not the code of one of its periods, like 'FY24-P01'"),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_with_periods(tmp_path: Path, rest: str, told: str) -> None:
    """Each is a mistake of the configuration."""
    project = book(tmp_path)
    project.configure(rest=f"[calendar]\n{rest}\n")
    done = in_process("month", "FY24-P01", cwd=tmp_path)
    assert done.returncode == ExitCode.CONFIGURATION
    assert told in done.stderr.decode()


def test_a_format_of_dates_without_a_day_says_no_period(tmp_path: Path) -> None:
    """A month of the calendar lies in two of them."""
    project = book(tmp_path)
    project.configure(accounting="date_format = '%m/%Y'", rest=CONFIG)
    done = in_process("month", "FY24-P01", cwd=tmp_path)
    assert done.returncode == ExitCode.CONFIGURATION
    assert "accounting.date_format: '%m/%Y' has no day" in done.stderr.decode()


def test_a_calendar_month_is_no_period(tmp_path: Path) -> None:
    """The periods that it lies in are named."""
    project = book(tmp_path)
    done = in_process("month", "2024-06", cwd=project.folder)
    assert done.returncode == ExitCode.USAGE
    assert one_sentence(done.stderr.decode()).endswith(": FY24-P06 (2024-05-27 to 2024-06-30).\n")
