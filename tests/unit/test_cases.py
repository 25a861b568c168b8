"""The worked numbers of the specification (tests/cases), all of them through the front door."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import recon
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Cause, Flag, Side
from recon.reconciliation.revenue import compare_month, load_both_sides
from recon.store.frames import register
from recon.store.session import Session, open_session
from tests.tables import contract, entries, line_of, no_entries

if TYPE_CHECKING:
    from recon.base.result import Reconciliation

HERE = Path(__file__).parents[1] / "cases"


def _cases(name: str) -> dict[str, dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


EXPECTED, COMPARED = _cases("expected.csv"), _cases("compare.csv")
# A revenue type for each convention, and one that rounds by the last period.
TYPES = {
    "even": "Subscription",
    "prorate_period_rate": "Support",
    "exact_days": "Maintenance",
    "prorate_day_rate": "Service",
}
LAST_PERIOD_TYPE = "Consulting"
LAST = {"revenue_type": LAST_PERIOD_TYPE}
POLICY: dict[str, Any] = {
    "types": {name: {"convention": convention} for convention, name in TYPES.items()}
    | {LAST_PERIOD_TYPE: {"rounding": "last_period"}}
}
# What the notes of expected.csv say in words.
LAST_PERIOD = {
    "S02": ["33.33", "33.33", "33.34"],
    "S03": ["83.33"] * 11 + ["83.37"],
    "S05": ["2.78"] * 35 + ["2.70"],
}


def _line(case: str, **changes: Any) -> dict[str, Any]:
    row = EXPECTED[case]
    columns = ("contract_value", "duration_months", "start_date")
    given = {column: row[column] for column in columns} | {"booking_date": row["start_date"]}
    kind = {"revenue_type": TYPES[row["convention"]]}
    return contract(contract_id=case, **(given | kind | changes))


@cache
def _by_month() -> dict[str, dict[tuple[str, str], tuple[Decimal, Decimal]]]:
    """Return expected and expected to date of every line by month, from one book with all cases.

    The noted cases are there once more by the last period. A tolerance of 100% leaves no line
    without entries to be explained.
    """
    book = [*map(_line, EXPECTED), *(_line(case, **LAST) for case in LAST_PERIOD)]
    rules, told = Policy.of(POLICY | {"tolerance": "100%"}), dict.fromkeys(Side, "data frame")
    found = {}
    with open_session() as session:
        register(session, "contracts", pd.DataFrame(book))
        register(session, "entries", no_entries())
        load_both_sides(session, "contracts", "entries", rules, told, ())
        for month in sorted({month for case in EXPECTED for month in _months_of(case)}):
            compare_month(session, Month.parse(month), rules, told, ())
            found[month] = _amounts_of(session)
    return found


def _amounts_of(session: Session) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    rows = session.execute("SELECT id, type, expected, to_date_expected FROM lines_compared")
    return {
        (contract_id, kind): (Decimal(expected) / 10_000, Decimal(to_date) / 10_000)
        for contract_id, kind, expected, to_date in rows.fetchall()
    }


def _months_of(case: str) -> list[str]:
    """Return the months of a case's term, the one before and the one after."""
    count = len(EXPECTED[case]["expected_by_month"].split())
    start = pd.Period(EXPECTED[case]["start_date"][:7], freq="M") - 1
    return _months(str(start), count + 2)


def _months(start: str, count: int) -> list[str]:
    return [str(month) for month in pd.period_range(start[:7], periods=count, freq="M")]


def _check(case: str, revenue_type: str, amounts: list[str]) -> None:
    """Check the months of the term, the one before and the one after, and the sums to date."""
    wanted = [Decimal(0), *map(Decimal, amounts), Decimal(0)]
    found = [_by_month()[month][case, revenue_type] for month in _months_of(case)]
    assert found == list(zip(wanted, accumulate(wanted), strict=True))
    assert sum(wanted) == Decimal(EXPECTED[case]["contract_value"])


@pytest.mark.parametrize("case", EXPECTED)
def test_expected_by_month(case: str) -> None:
    """Every month of the term expects what the case says, before and after it nothing."""
    row = EXPECTED[case]
    _check(case, TYPES[row["convention"]], row["expected_by_month"].split())


@pytest.mark.parametrize("case", LAST_PERIOD)
def test_expected_by_month_with_the_residue_in_the_last(case: str) -> None:
    """With `last_period` each month is rounded by itself and the last takes the residue."""
    _check(case, LAST_PERIOD_TYPE, LAST_PERIOD[case])


def test_the_last_month_of_s05_is_within_the_rounding_allowance() -> None:
    """2.70 by the last period against 2.78 is 2.88% off and still only rounding: 36 half cents."""
    posted = entries("""
        contract_id amount recognition_period
        S05         97.22  2026-11
        S05         2.70   2026-12
    """)
    line = line_of(recon.reconcile(pd.DataFrame([_line("S05")]), posted, "2026-12"), "S05")
    assert (line["status"], line["difference"], line["allowed"]) == ("within_tolerance", -800, 1800)


def test_s14_closed_after_period_5() -> None:
    """An early close and a termination stop it at 19,230.77 and leave 30,769.23 unrecognized."""
    stops = ("close_date", "terminated_on")
    lines = [_line("S14", **{stop: "2024-05-31"}) | {"contract_id": stop} for stop in stops]
    last, after = (
        recon.reconcile(pd.DataFrame(lines), no_entries(), month)
        for month in ("2024-05", "2024-06")
    )
    for stop in stops:
        assert _amounts(last, stop) == (38_461_500, 192_307_700, 307_692_300)
        assert _amounts(after, stop) == (0, 192_307_700, 307_692_300)
    # Where it was terminated the close is that of the term.
    assert (last.flags[Flag.CLOSED_EARLY], last.flags[Flag.TERM_MISMATCH]) == (2, 1)
    assert any("61,538.46 USD" in notice for notice in last.notices)
    assert not any("61,538.46 USD" in notice for notice in after.notices)


def _amounts(result: Reconciliation, contract_id: str) -> tuple[int, int, int]:
    line = line_of(result, contract_id)
    return line["expected"], line["to_date_expected"], line["unrecognized_remainder"]


def _compared(case: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a contract line and the entries of June 2024 that make a case of compare.csv.

    The line starts in June and runs for a year, so that no earlier month is broken; one that
    expects nothing ended in May, fully posted.
    """
    row = COMPARED[case]
    month = Decimal(row["expected"])
    ended = month == 0
    value = Decimal("1200.00") if ended else month * 12
    if row["expected"] == "83.33":
        value = Decimal("1000.00")
    start = "2023-06-01" if ended else "2024-06-01"
    line = contract(contract_id=case, contract_value=str(value), booking_date=start)
    posted = [(f"2023-{n:02d}" if n > 5 else f"2024-{n:02d}", "100.00") for n in range(1, 13)]
    posted = (posted if ended else []) + [("2024-06", amount) for amount in row["entries"].split()]
    return line, [
        {
            "entry_id": f"{case}-{n}",
            "contract_id": case,
            "revenue_type": "Subscription",
            "recognition_period": period,
            "amount": amount,
            "document_ref": "INV-1",
        }
        for n, (period, amount) in enumerate(posted, start=1)
    ]


@cache
def _june() -> Reconciliation:
    books = [_compared(case) for case in COMPARED]
    posted = [entry for _, found in books for entry in found]
    return recon.reconcile(
        pd.DataFrame([line for line, _ in books]), pd.DataFrame(posted), "2024-06"
    )


@pytest.mark.parametrize("case", COMPARED)
def test_compared(case: str) -> None:
    """Expected, status, severity and the cause that a note names are as the case says."""
    row, line = COMPARED[case], line_of(_june(), case)
    assert line["expected"] == Decimal(row["expected"]) * 10_000
    assert line["recognized"] == sum(map(Decimal, row["entries"].split())) * 10_000
    assert (line["status"], line["severity"]) == (row["status"], row["severity"])
    if row["note"].startswith("cause "):
        assert line["cause"] == row["note"].removeprefix("cause ")


def test_every_case_is_a_line() -> None:
    """The 17 cases are 17 lines, and the duplicate of R13 is named by its id."""
    result = _june()
    assert len(result.lines) == len(COMPARED) == 17
    (twice,) = (item for item in result.breaks if item.cause is Cause.DUPLICATE_ENTRY)
    assert twice.explanation.startswith("R13-2 repeats a posting of 1,000.00 USD on INV-1")
