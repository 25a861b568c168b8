"""Books rebuilt from faults that users of other tools reported, through the command line."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import ExitCode
from tests.shell import in_process

CASES = Path(__file__).parent.parent / "cases" / "reported"


# The reports and the evidence of these are looked at as well.
REPORTED = ("12", "13", "14", "17", "18", "19", "20", "27")


@dataclass(frozen=True)
class Book:
    """A copy of a case whose month was run."""

    folder: Path
    document: dict[str, Any]
    code: int

    @property
    def config(self) -> str:
        """The configuration."""
        return str(self.folder / "config" / "recon.toml")

    def rows(self, report: str) -> list[dict[str, str]]:
        """The rows of a report."""
        (path,) = self.folder.rglob(report)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def is_proven(self) -> bool:
        """Whether the evidence is made again from its extracts."""
        done = in_process("verify", "--all", "--config", self.config, cwd=self.folder)
        return done.returncode == ExitCode.DONE


Ran = Callable[..., Book]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return what runs a case's month once, for all tests that look at it.

    `policy` replaces its own.
    """

    def of(case: str, month: str, policy: str = "", reports: bool = False) -> Book:
        return once(case, month, policy, "csv" if reports or case.startswith(REPORTED) else "none")

    @cache
    def once(case: str, month: str, policy: str, formats: str) -> Book:
        folder = tmp_path_factory.mktemp("book")
        config = config_of(folder, case, policy)
        done = in_process(
            "month", month, "--config", config, "--json", "--format", formats, cwd=folder
        )
        return Book(folder / case, json.loads(done.stdout), done.returncode)

    return of


def config_of(folder: Path, case: str, policy: str = "") -> str:
    """Return the configuration of a copy of a case; `policy` replaces its own."""
    shutil.copytree(CASES / case, folder / case)
    config = folder / case / "config" / "recon.toml"
    if policy:
        text = config.read_text(encoding="utf-8").partition("[policy]")[0]
        config.write_text(f"{text}[policy]\n{policy}\n", encoding="utf-8")
    return str(config)


@pytest.mark.parametrize(
    ("case", "month", "expected"),
    [
        ("01-stop-mid-month-exact-days", "2024-06", "15.00"),
        ("02-stop-mid-month-period-rate", "2024-06", "500.00"),
        ("28-fiscal-periods-445", "FY24-P06", "1200.00"),
        ("29-rule-of-15", "2024-03", "1000.00"),
    ],
)
def test_starts_and_stops_within_a_month_agree(
    ran: Ran, case: str, month: str, expected: str
) -> None:
    """The month counts its days, or begins with the next, as the books do."""
    found = ran(case, month).document
    assert (found["breaks"], found["invalid"], found["exit_code"]) == ([], [], 0)
    assert found["totals"]["USD"]["expected"] == expected


@pytest.mark.parametrize(
    ("case", "month"),
    [
        ("02-stop-mid-month-period-rate", "2024-06"),
        pytest.param("29-rule-of-15", "2024-03", marks=pytest.mark.slow),
    ],
)
def test_a_run_with_these_rules_proves_itself(tmp_path: Path, case: str, month: str) -> None:
    """The evidence holds the rules by which it was reckoned, those of a type too."""
    book = tmp_path / case
    shutil.copytree(CASES / case, book)
    own = '[policy.types.Setup]\nstart_month = "half"\nstop_month = "days"\n'
    with (book / "config" / "recon.toml").open("a", encoding="utf-8") as file:
        file.write(own)
    config = str(book / "config" / "recon.toml")
    for command in ("month", "verify"):
        formats = ("--format", "csv") if command == "month" else ()
        done = in_process(command, month, "--config", config, *formats, cwd=book)
        assert done.returncode == 0, done.stdout


POLICIES = {
    "04-add-on-to-the-same-end": 'convention = "exact_days"\ntolerance = "0%"',
    "16-ids-that-differ-in-case": "tolerance='0%'",
    "18-ids-with-point-zero": 'tolerance = "0%"\n[accounting.ids]\nstrip_suffix = ".0"',
}
MONTHS = {
    "03-closed-early-in-the-last-month": "2024-12", "05-price-raised-second-row": "2024-08",
    "06-credit-as-a-second-row": "2024-08", "09-repriced-in-place": "2024-08",
    "10-value-lowered-in-place": "2024-08", "12-refund-in-month-2": "2024-02",
    "13-posted-three-months-late": "2024-08", "28-fiscal-periods-445": "FY24-P06",
    "29-rule-of-15": "2024-03",
}  # fmt: skip
NAMES = sorted(path.name for path in CASES.iterdir() if (path / "config").is_dir())


@pytest.mark.parametrize(
    ("case", "policy"),
    [pytest.param(case, "", marks=[] if case.startswith("20") else pytest.mark.slow)
     for case in NAMES]
    + [pytest.param(*item, marks=[] if item[0].startswith("18") else pytest.mark.slow)
       for item in POLICIES.items()],
)  # fmt: skip
def test_the_evidence_of_a_case_holds(ran: Ran, case: str, policy: str) -> None:
    """It is made again from the extracts, by the same rules."""
    book = ran(case, MONTHS.get(case, "2024-06"), policy, reports=True)
    assert book.code in (ExitCode.DONE, ExitCode.BREAKS)
    assert book.is_proven()


@pytest.mark.parametrize(
    ("case", "expected"),
    [("04-add-on-to-the-same-end", "1189.08"), ("30-open-ended", "2000.00")],
)
def test_terms_of_other_kinds_agree(ran: Ran, case: str, expected: str) -> None:
    """From start to close, and without an end."""
    found = ran(case, "2024-06").document
    assert (found["breaks"], found["invalid"], found["exit_code"]) == ([], [], 0)
    assert found["totals"]["USD"]["expected"] == expected


def test_without_the_setting_an_add_on_has_another_duration(ran: Ran) -> None:
    """Its nine months end before the close to which accounting spreads it."""
    case = "04-add-on-to-the-same-end"
    (broken,) = ran(case, "2024-06", POLICIES[case]).document["breaks"]
    assert (broken["contract_id"], broken["cause"]) == ("C-1-ADD", "wrong_duration")


def test_free_months_that_a_column_delivers(tmp_path: Path) -> None:
    """The value is spread over the other twelve of fourteen months."""
    config = Path(config_of(tmp_path, "08-free-months-at-the-end"))
    contracts = config.parent.parent / "contracts.csv"
    head, line = contracts.read_text(encoding="utf-8").splitlines()
    contracts.write_text(f"{head},free_months\n{line},2\n", encoding="utf-8")
    done = in_process("month", "2024-06", "--config", str(config), "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["totals"]["USD"]["matched"], found["flags"]) == (1, {})
    done = in_process("verify", "--all", "--config", str(config), cwd=tmp_path)
    assert done.returncode == ExitCode.DONE, done.stdout


def test_versions_of_a_contract_prove_themselves(tmp_path: Path) -> None:
    """Raised in July to 18,000.00: 2,000.00 a month is what is left, and verify agrees."""
    config = Path(config_of(tmp_path, "30-open-ended"))
    book = config.parent.parent
    (book / "contracts.csv").write_text(
        "contract_id,revenue_type,contract_value,duration_months,booking_date,close_date,valid_from\n"
        "C-2,Subscription,12000.00,12,2024-01-01,2024-12-31,\n"
        "C-2,Subscription,18000.00,12,2024-01-01,2024-12-31,2024-07-01\n",
        encoding="utf-8",
    )
    with config.open("a", encoding="utf-8") as file:
        file.write('same_key = "versions"\n')
    for command in ("month", "verify"):
        done = in_process(command, "2024-07", "--config", str(config), cwd=tmp_path)
        assert done.returncode in (ExitCode.DONE, ExitCode.BREAKS), done.stdout
    done = in_process("explain", "C-2", "2024-07", "--config", str(config), cwd=tmp_path)
    told = " ".join(done.stdout.decode().split())
    assert "= 8,000.00 - 6,000.00 = 2,000.00" in told
    assert "The contract has 2 versions" in told


def test_a_close_in_the_last_month_is_not_its_end(ran: Ran) -> None:
    """Ten days of December are due, and the whole month was posted."""
    found = ran("03-closed-early-in-the-last-month", "2024-12").document
    (broken,) = found["breaks"]
    assert (broken["status"], broken["expected"], broken["recognized"], broken["difference"]) == (
        "over_recognized", "100.00", "310.00", "210.00",
    )  # fmt: skip
    assert found["exit_code"] == 3


@pytest.mark.parametrize(
    ("case", "month", "cause", "words"),
    [
        ("08-free-months-at-the-end", "2024-06", "wrong_duration", "12 months instead of 14"),
        ("09-repriced-in-place", "2024-08", "amended", "from 2024-07 on, the 9,000.00 USD left"),
        ("10-value-lowered-in-place", "2024-08", "amended", "from 2024-07 on, the 3,000.00 USD"),
        ("11-remainder-at-the-end", "2024-06", "remainder_taken", "at the stop on 2024-06-30"),
    ],
)
def test_another_reading_of_the_contract_is_the_cause(
    ran: Ran, case: str, month: str, cause: str, words: str
) -> None:
    """The only one, certain, and with its numbers."""
    (item,) = ran(case, month).document["breaks"]
    assert (item["candidates"], item["certainty"]) == ([cause], "certain")
    assert words in item["explanation"]


@pytest.mark.parametrize(
    ("case", "month"),
    [
        ("12-refund-in-month-2", "2024-02"),
        ("13-posted-three-months-late", "2024-08"),
    ],
)
def test_nothing_is_proposed_that_is_in_the_ledger_already(ran: Ran, case: str, month: str) -> None:
    """Each break is listed with the reason instead."""
    found = ran(case, month).rows("proposed_entries.csv")
    assert {row["state"] for row in found} == {"no proposal"}


def test_what_is_in_the_wrong_year_is_moved(ran: Ran) -> None:
    """What June gets, the other June loses."""
    found = ran("14-wrong-year", "2024-06").rows("proposed_entries.csv")
    revenue = {row["period"]: row for row in found if row["account"].startswith("Revenue")}
    assert revenue["2024-06"]["credit"] == revenue["2025-06"]["debit"] == "1000.00"


def test_ids_that_a_spreadsheet_damaged_are_not_posted_anew(ran: Ran) -> None:
    """What is proposed moves an entry; nothing books an amount once more."""
    found = ran("17-ids-damaged-by-spreadsheets", "2024-06").rows("proposed_entries.csv")
    assert {row["cause"] for row in found if row["state"] != "no proposal"} <= {"mistyped_contract"}
    refused = {row["contract_id"]: row["text"] for row in found if row["state"] == "no proposal"}
    assert refused["00042"] == (
        "No proposal: 100.00 USD is under 42, which analytics does not know (JE-1). "
        "No entry was posted; 100.00 USD is expected."
    )


def test_amounts_in_many_notations_are_read_where_they_are_certain(ran: Ran) -> None:
    """Whatever is not certain is invalid, quoted as it came."""
    found = ran("19-amounts-in-many-notations", "2024-06").rows("lines.csv")
    assert {row["contract_id"] for row in found if row["status"] == "matched"} == {
        f"C-{number}" for number in (1, 5, 8, 9, 12, 13)
    }
    recognized = {row["contract_id"]: row["recognized"] for row in found}
    assert {recognized[key] for key in ("C-3", "C-4", "C-7")} == {"-100.00"}


def test_an_amount_that_cannot_be_read_is_not_posted_anew(ran: Ran) -> None:
    """Of the five lines whose entry is invalid none gets a proposal."""
    found = ran("19-amounts-in-many-notations", "2024-06").rows("proposed_entries.csv")
    refused = {row["contract_id"] for row in found if row["state"] == "no proposal"}
    assert refused == {f"C-{number}" for number in (2, 6, 10, 11, 14)}


@pytest.mark.parametrize(
    ("case", "matched"),
    [
        ("20-debit-and-credit-columns", 2),
        ("25-ledger-writes-credits-negative", 2),
        ("26-ledger-in-cents", 3),
    ],
)
def test_amounts_that_a_ledger_writes_its_own_way_agree(ran: Ran, case: str, matched: int) -> None:
    """Credit less debit, the sign turned, and cents."""
    found = ran(case, "2024-06").document
    assert (found["totals"]["USD"]["matched"], found["exit_code"]) == (matched, 0)


@pytest.mark.parametrize(
    ("case", "rows", "matched", "left_out"),
    [
        ("22-title-lines", 2, 2, "4 lines above the header"),
        ("23-rows-of-commas", 3, 3, "50 lines of separators only"),
        ("24-sep-line", 1, 1, ""),
    ],
)
def test_lines_that_are_no_rows_are_left_out(
    ran: Ran, case: str, rows: int, matched: int, left_out: str
) -> None:
    """They are counted in a notice."""
    found = ran(case, "2024-06").document
    source = found["sources"]["accounting"]
    assert (source["rows"], source["invalid"]) == (rows, 0)
    assert found["totals"]["USD"]["matched"] == matched
    told = [text for text in found["notices"] if text.startswith("Left out")]
    assert told == [f"Left out of the accounting side: {left_out}."] * bool(left_out)


def test_case_of_ids_counts_where_it_is_set(ran: Ran) -> None:
    """Two lines are matched; without the setting no row is compared, and the reason names it."""
    exact = ran("16-ids-that-differ-in-case", "2024-06").document
    totals = exact["totals"]["USD"]
    assert (totals["contract_lines"], totals["matched"], totals["expected"]) == (2, 2, "1200.00")
    default = ran("16-ids-that-differ-in-case", "2024-06", "tolerance='0%'").document
    assert len(default["invalid"]) == 4
    assert all('[policy] ids = "exact"' in row["reason"] for row in default["invalid"])


def test_a_dash_is_a_dash(ran: Ran) -> None:
    """The line whose id has another dash in the ledger is matched."""
    found = ran("17-ids-damaged-by-spreadsheets", "2024-06").document
    assert found["totals"]["USD"]["matched"] == 1
    assert not {item["contract_id"] for item in found["breaks"]} & {"C-5", "C\N{EN DASH}5"}


def test_dates_that_mean_none_are_blank(ran: Ran) -> None:
    """Such lines are matched; one that ends before its start is invalid, and nothing is booked."""
    found = ran("21-dates-that-mean-none", "2024-06").document
    totals = found["totals"]["USD"]
    assert (totals["matched"], totals["breaks"]) == (5, 0)
    invalid = {row["id"]: row["reason"] for row in found["invalid"] if row["side"] == "analytics"}
    assert set(invalid) == {"C-2", "C-6", "C-7", "C-9"}
    assert invalid["C-7"] == "terminated_on '1970-01-01' is before its start"


@pytest.mark.parametrize(
    ("case", "month", "expected", "matched"),
    [
        ("05-price-raised-second-row", "2024-08", "1600.00", 2),
        ("06-credit-as-a-second-row", "2024-08", "0.00", 1),
        ("07-renewal-under-the-same-number", "2024-06", "1100.00", 1),
    ],
)
def test_rows_of_one_key_add_up(
    ran: Ran, case: str, month: str, expected: str, matched: int
) -> None:
    """Each row has a term and a value of its own, and the line expects their sum."""
    found = ran(case, month).document
    assert (found["breaks"], found["invalid"]) == ([], [])
    totals = found["totals"]["USD"]
    assert (totals["expected"], totals["matched"]) == (expected, matched)


def test_exports_that_overlap_deliver_each_entry_once(ran: Ran) -> None:
    """The rows that came twice are counted, and no line breaks by them."""
    found = ran("15-overlapping-exports", "2024-06").document
    assert found["breaks"] == []
    assert found["sources"]["accounting"]["rows"] == 4
    assert found["sources"]["accounting"]["repeated"] == 2


def test_journal_lines_that_only_an_unread_column_tells_apart(tmp_path: Path) -> None:
    """The evidence tells them apart, too, though it leaves the column out."""
    book = tmp_path / "15-overlapping-exports"
    shutil.copytree(CASES / "15-overlapping-exports", book)
    for number, path in enumerate(sorted(book.glob("gl-*.csv"))):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join([f"{head},line", *(f"{line},{number}" for line in lines)])
        path.write_text(text + "\n", encoding="utf-8")
    config = ("--config", str(book / "config" / "recon.toml"))
    done = in_process("month", "2024-06", *config, "--json", cwd=book)
    assert json.loads(done.stdout)["sources"]["accounting"]["invalid"] == 4
    assert in_process("verify", "2024-06", *config, cwd=book).returncode == 0


def test_a_rule_on_ids_is_read_from_a_side(ran: Ran) -> None:
    """Every line is matched, and the policy says so."""
    case = "18-ids-with-point-zero"
    found = ran(case, "2024-06", POLICIES[case]).document
    assert found["totals"]["USD"]["matched"] == found["totals"]["USD"]["contract_lines"] == 200
    assert found["policy"]["accounting.ids"] == "strip_suffix '.0'"


@pytest.mark.parametrize(
    ("case", "month", "cause", "words"),
    [
        ("12-refund-in-month-2", "2024-02", "credit_note", "takes back 2024-01 and 2024-02"),
        ("13-posted-three-months-late", "2024-08", "catch_up", "To date 8,000.00 USD"),
        ("14-wrong-year", "2024-06", "wrong_period", "JE-C-1-6"),
        ("27-ledger-without-currency", "2024-06", "wrong_currency", "instead of EUR"),
    ],
)
def test_the_cause_of_a_reported_case(
    ran: Ran, case: str, month: str, cause: str, words: str
) -> None:
    """It is the one that the books show, and the sentence says how."""
    (item, *_) = (one for one in ran(case, month).document["breaks"]
                  if one["contract_id"] == "C-1")  # fmt: skip
    assert item["cause"] == cause
    assert words in item["explanation"]


def test_what_a_currency_that_is_assumed_breaks_is_not_proposed(ran: Ran) -> None:
    """The ledger names none, so nobody knows in which it was posted."""
    found = ran("27-ledger-without-currency", "2024-06").rows("proposed_entries.csv")
    assert {row["state"] for row in found} == {"no proposal"}
    assert all("its currency is assumed" in row["text"] for row in found)


def test_lines_of_damaged_ids_are_ambiguous(ran: Ran) -> None:
    """Too few for a rule: each may be the other one, or of its own."""
    found = ran("17-ids-damaged-by-spreadsheets", "2024-06").document
    assert {item["certainty"] for item in found["breaks"]} == {"ambiguous"}
    assert all("mistyped_contract" in item["candidates"] for item in found["breaks"])
