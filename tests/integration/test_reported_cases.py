"""Books rebuilt from faults that users of other tools reported, through the command line."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import ExitCode
from tests.shell import in_process

CASES = Path(__file__).parent.parent / "cases" / "reported"


def config_of(folder: Path, case: str, policy: str = "") -> str:
    """Return the configuration of a copy of a case; `policy` replaces its own."""
    shutil.copytree(CASES / case, folder / case)
    config = folder / case / "config" / "recon.toml"
    if policy:
        text = config.read_text(encoding="utf-8").partition("[policy]")[0]
        config.write_text(f"{text}[policy]\n{policy}\n", encoding="utf-8")
    return str(config)


def document_of(folder: Path, case: str, month: str, policy: str = "") -> dict[str, Any]:
    """Return the JSON of a case's month; `policy` replaces its own."""
    config = config_of(folder, case, policy)
    done = in_process(
        "month", month, "--config", config, "--json", "--format", "none", cwd=folder
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def rows_of(folder: Path, case: str, month: str, report: str) -> list[dict[str, str]]:
    """Return the rows of a report of a case's month."""
    book, config = folder / case, config_of(folder, case)
    in_process("month", month, "--config", config, "--format", "csv", "--quiet", cwd=book)
    (path,) = book.rglob(report)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def month_of(folder: Path, case: str, month: str) -> dict[str, Any]:
    """Return the JSON of a case's month."""
    book = folder / case
    shutil.copytree(CASES / case, book)
    config = str(book / "config" / "recon.toml")
    done = in_process("month", month, "--config", config, "--json", "--format", "none", cwd=book)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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
    tmp_path: Path, case: str, month: str, expected: str
) -> None:
    """The month counts its days, or begins with the next, as the books do."""
    found = month_of(tmp_path, case, month)
    assert (found["breaks"], found["invalid"], found["exit_code"]) == ([], [], 0)
    assert found["totals"]["USD"]["expected"] == expected


@pytest.mark.parametrize(
    ("case", "month"),
    [("02-stop-mid-month-period-rate", "2024-06"), ("29-rule-of-15", "2024-03")],
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
        done = in_process(command, month, "--config", config, cwd=book)
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
    [pytest.param(case, "", marks=[] if case.startswith(("15", "20")) else pytest.mark.slow)
     for case in NAMES]
    + [pytest.param(*item, marks=[] if item[0].startswith("18") else pytest.mark.slow)
       for item in POLICIES.items()],
)  # fmt: skip
def test_the_evidence_of_a_case_holds(tmp_path: Path, case: str, policy: str) -> None:
    """It is made again from the extracts, by the same rules."""
    config = config_of(tmp_path, case, policy)
    month = MONTHS.get(case, "2024-06")
    done = in_process("month", month, "--config", config, "--format", "csv", cwd=tmp_path)
    assert done.returncode in (ExitCode.DONE, ExitCode.BREAKS), done.stderr
    done = in_process("verify", "--all", "--config", config, cwd=tmp_path)
    assert done.returncode == ExitCode.DONE, done.stdout


@pytest.mark.parametrize(
    ("case", "expected"),
    [("04-add-on-to-the-same-end", "1189.08"), ("30-open-ended", "2000.00")],
)
def test_terms_of_other_kinds_agree(tmp_path: Path, case: str, expected: str) -> None:
    """From start to close, and without an end."""
    found = document_of(tmp_path, case, "2024-06")
    assert (found["breaks"], found["invalid"], found["exit_code"]) == ([], [], 0)
    assert found["totals"]["USD"]["expected"] == expected


def test_without_the_setting_an_add_on_has_another_duration(tmp_path: Path) -> None:
    """Its nine months end before the close to which accounting spreads it."""
    case = "04-add-on-to-the-same-end"
    (broken,) = document_of(tmp_path, case, "2024-06", POLICIES[case])["breaks"]
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


def test_a_close_in_the_last_month_is_not_its_end(tmp_path: Path) -> None:
    """Ten days of December are due, and the whole month was posted."""
    found = month_of(tmp_path, "03-closed-early-in-the-last-month", "2024-12")
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
    tmp_path: Path, case: str, month: str, cause: str, words: str
) -> None:
    """The only one, certain, and with its numbers."""
    (item,) = month_of(tmp_path, case, month)["breaks"]
    assert (item["candidates"], item["certainty"]) == ([cause], "certain")
    assert words in item["explanation"]


@pytest.mark.parametrize(
    ("case", "month"),
    [
        ("12-refund-in-month-2", "2024-02"),
        ("13-posted-three-months-late", "2024-08"),
    ],
)
def test_nothing_is_proposed_that_is_in_the_ledger_already(
    tmp_path: Path, case: str, month: str
) -> None:
    """Each break is listed with the reason instead."""
    found = rows_of(tmp_path, case, month, "proposed_entries.csv")
    assert {row["state"] for row in found} == {"no proposal"}


def test_what_is_in_the_wrong_year_is_moved(tmp_path: Path) -> None:
    """What June gets, the other June loses."""
    found = rows_of(tmp_path, "14-wrong-year", "2024-06", "proposed_entries.csv")
    revenue = {row["period"]: row for row in found if row["account"].startswith("Revenue")}
    assert revenue["2024-06"]["credit"] == revenue["2025-06"]["debit"] == "1000.00"


def test_ids_that_a_spreadsheet_damaged_are_not_posted_anew(tmp_path: Path) -> None:
    """What is proposed moves an entry; nothing books an amount once more."""
    found = rows_of(tmp_path, "17-ids-damaged-by-spreadsheets", "2024-06", "proposed_entries.csv")
    assert {row["cause"] for row in found if row["state"] != "no proposal"} <= {"mistyped_contract"}
    refused = {row["contract_id"]: row["text"] for row in found if row["state"] == "no proposal"}
    assert refused["00042"] == (
        "No proposal: 100.00 USD is under 42, which analytics does not know (JE-1). "
        "No entry was posted; 100.00 USD is expected."
    )


def test_amounts_in_many_notations_are_read_where_they_are_certain(tmp_path: Path) -> None:
    """Whatever is not certain is invalid, quoted as it came."""
    found = rows_of(tmp_path, "19-amounts-in-many-notations", "2024-06", "lines.csv")
    assert {row["contract_id"] for row in found if row["status"] == "matched"} == {
        f"C-{number}" for number in (1, 5, 8, 9, 12, 13)
    }
    recognized = {row["contract_id"]: row["recognized"] for row in found}
    assert {recognized[key] for key in ("C-3", "C-4", "C-7")} == {"-100.00"}


def test_an_amount_that_cannot_be_read_is_not_posted_anew(tmp_path: Path) -> None:
    """Of the five lines whose entry is invalid none gets a proposal."""
    found = rows_of(tmp_path, "19-amounts-in-many-notations", "2024-06", "proposed_entries.csv")
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
def test_amounts_that_a_ledger_writes_its_own_way_agree(
    tmp_path: Path, case: str, matched: int
) -> None:
    """Credit less debit, the sign turned, and cents."""
    found = document_of(tmp_path, case, "2024-06")
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
    tmp_path: Path, case: str, rows: int, matched: int, left_out: str
) -> None:
    """They are counted in a notice."""
    found = document_of(tmp_path, case, "2024-06")
    source = found["sources"]["accounting"]
    assert (source["rows"], source["invalid"]) == (rows, 0)
    assert found["totals"]["USD"]["matched"] == matched
    told = [text for text in found["notices"] if text.startswith("Left out")]
    assert told == [f"Left out of the accounting side: {left_out}."] * bool(left_out)


def test_case_of_ids_counts_where_it_is_set(tmp_path: Path) -> None:
    """Two lines are matched; without the setting no row is compared, and the reason names it."""
    exact = document_of(tmp_path / "exact", "16-ids-that-differ-in-case", "2024-06")
    totals = exact["totals"]["USD"]
    assert (totals["contract_lines"], totals["matched"], totals["expected"]) == (2, 2, "1200.00")
    default = document_of(
        tmp_path / "fold", "16-ids-that-differ-in-case", "2024-06", "tolerance='0%'"
    )
    assert len(default["invalid"]) == 4
    assert all('[policy] ids = "exact"' in row["reason"] for row in default["invalid"])


def test_a_dash_is_a_dash(tmp_path: Path) -> None:
    """The line whose id has another dash in the ledger is matched."""
    found = document_of(tmp_path, "17-ids-damaged-by-spreadsheets", "2024-06")
    assert found["totals"]["USD"]["matched"] == 1
    assert not {item["contract_id"] for item in found["breaks"]} & {"C-5", "C\N{EN DASH}5"}


def test_dates_that_mean_none_are_blank(tmp_path: Path) -> None:
    """Such lines are matched; one that ends before its start is invalid, and nothing is booked."""
    found = document_of(tmp_path, "21-dates-that-mean-none", "2024-06")
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
    tmp_path: Path, case: str, month: str, expected: str, matched: int
) -> None:
    """Each row has a term and a value of its own, and the line expects their sum."""
    found = document_of(tmp_path, case, month)
    assert (found["breaks"], found["invalid"]) == ([], [])
    totals = found["totals"]["USD"]
    assert (totals["expected"], totals["matched"]) == (expected, matched)


def test_exports_that_overlap_deliver_each_entry_once(tmp_path: Path) -> None:
    """The rows that came twice are counted, and no line breaks by them."""
    found = document_of(tmp_path, "15-overlapping-exports", "2024-06")
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


def test_a_rule_on_ids_is_read_from_a_side(tmp_path: Path) -> None:
    """Every line is matched, and the policy says so."""
    case = "18-ids-with-point-zero"
    found = document_of(tmp_path, case, "2024-06", POLICIES[case])
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
    tmp_path: Path, case: str, month: str, cause: str, words: str
) -> None:
    """It is the one that the books show, and the sentence says how."""
    (item, *_) = (one for one in document_of(tmp_path, case, month)["breaks"]
                  if one["contract_id"] == "C-1")  # fmt: skip
    assert item["cause"] == cause
    assert words in item["explanation"]


def test_what_a_currency_that_is_assumed_breaks_is_not_proposed(tmp_path: Path) -> None:
    """The ledger names none, so nobody knows in which it was posted."""
    found = rows_of(tmp_path, "27-ledger-without-currency", "2024-06", "proposed_entries.csv")
    assert {row["state"] for row in found} == {"no proposal"}
    assert all("its currency is assumed" in row["text"] for row in found)


def test_lines_of_damaged_ids_are_ambiguous(tmp_path: Path) -> None:
    """Too few for a rule: each may be the other one, or of its own."""
    found = document_of(tmp_path, "17-ids-damaged-by-spreadsheets", "2024-06")
    assert {item["certainty"] for item in found["breaks"]} == {"ambiguous"}
    assert all("mistyped_contract" in item["candidates"] for item in found["breaks"])
