"""The months that a ledger covers: one entry from long ago is no beginning."""

import pandas as pd
import pytest

import recon
from recon.base.month import Month
from recon.base.result import Cause, Certainty, Reconciliation
from recon.reconciliation.adjusting_entries import proposals
from tests.books import MONTH, Row, contract, entry, posted
from tests.tables import break_of

# Twenty contracts of 1,000.00 a month that started in 2023, and one that ended in May 2024.
CONTRACTS = [
    contract(
        f"C-{n}0", contract_value="24000.00", duration_months="24", start_date="2023-01-01",
        customer_id=f"K-{n}",
    )
    for n in range(20)
] + [
    contract(
        "ENDED", contract_value="17000.00", duration_months="17", start_date="2023-01-01",
        close_date="2024-05-31", customer_id="K-E",
    )
]  # fmt: skip
STRAY = entry("OLD", "C-00", "1000.00", recognition_period="2023-11")


def june(but: str = "") -> list[Row]:
    """Return an entry of June for each contract but one."""
    return [
        entry(f"J-{row['contract_id']}", str(row["contract_id"]), "1000.00")
        for row in CONTRACTS if row["contract_id"] != but
    ]  # fmt: skip


def reconciled(entries: list[Row]) -> Reconciliation:
    """Return the month of a ledger."""
    return recon.reconcile(pd.DataFrame(CONTRACTS), pd.DataFrame(entries), MONTH)


@pytest.mark.parametrize("stray", [[], [STRAY]], ids=["no stray", "one stray"])
def test_before_the_ledger_begins_nothing_lacks(stray: list[Row]) -> None:
    """What is recognized after the end was not meant for a month that the ledger leaves out."""
    result = reconciled(june() + stray)
    assert break_of(result, "ENDED").candidates == (Cause.ENDED,)
    (proposal,) = proposals(Month.parse(MONTH), result.breaks).proposed
    assert {str(line.period) for line in proposal.lines} == {MONTH}


def test_a_notice_says_where_the_ledger_begins_apart_from_strays() -> None:
    """Figures to date are incomplete, though one entry is older."""
    assert any("no entry before 2024-06" in notice for notice in reconciled(june()).notices)
    strayed = reconciled([*june(), STRAY]).notices
    assert any("hardly any entries before 2024-06" in notice for notice in strayed)


@pytest.mark.parametrize("month", ["2024-05", "2024-07"])
def test_what_stands_where_the_ledger_covers_no_month_is_a_stray(month: str) -> None:
    """The month that lacks the amount gets it, and nothing is booked again."""
    stray = entry("ASTRAY", "C-10", "1000.00", recognition_period=month)
    item = break_of(reconciled([*june(but="C-10"), stray]), "C-10")
    assert (item.cause, item.concerned) == (Cause.WRONG_PERIOD, ("ASTRAY",))


def test_a_stray_is_one_where_its_month_expects_a_cent_less() -> None:
    """The months of a term differ by a cent."""
    odd = contract(
        "ODD", contract_value="36000.05", duration_months="36", start_date="2023-01-01",
        close_date="2025-12-31", customer_id="K-ODD",
    )  # fmt: skip
    stray = entry("ASTRAY", "ODD", "1000.01", recognition_period="2025-06")
    result = recon.reconcile(pd.DataFrame([*CONTRACTS, odd]), pd.DataFrame([*june(), stray]), MONTH)
    item = break_of(result, "ODD")
    assert (item.cause, item.concerned) == (Cause.WRONG_PERIOD, ("ASTRAY",))


def test_a_month_catches_up_one_that_the_ledger_has() -> None:
    """The term begins before the ledger, but the month that lacked the amount does not."""
    months = dict.fromkeys(["2024-03", "2024-04", "2024-05", "2024-06"], "1000.00")
    ledger = [row for one in CONTRACTS[:-1] for row in posted(str(one["contract_id"]), months)]
    late = next(row for row in ledger if row["entry_id"] == "E-C-30-2024-05")
    late["recognition_period"] = MONTH
    item = break_of(reconciled(ledger), "C-30")
    assert item.cause is Cause.CATCH_UP
    assert item.explanation == (
        "Since 2024-03, where the ledger begins, all is recognized: the month catches up "
        "+1,000.00 USD from earlier months."
    )


def test_a_batch_before_the_ledger_is_not_missing() -> None:
    """Lines that started just before the ledger lack no batch of it."""
    young = [contract(f"Y-{n}0", start_date="2024-05-01", close_date="2025-04-30",
                      customer_id=f"Y-{n}") for n in range(8)]  # fmt: skip
    entries = [entry(f"Y-{n}", str(row["contract_id"]), "1000.00") for n, row in enumerate(young)]
    result = recon.reconcile(
        pd.DataFrame([*CONTRACTS, *young]), pd.DataFrame([*june(), *entries]), MONTH
    )
    assert result.events == ()


def test_one_cause_is_certain_where_it_is_alone() -> None:
    """A line without an entry, in a ledger that ends with the month, was not posted."""
    item = break_of(reconciled(june(but="C-50")), "C-50")
    assert (item.cause, item.certainty) == (Cause.NOT_POSTED, Certainty.CERTAIN)


def test_a_line_that_has_its_months_before_the_ledger_has_no_strays() -> None:
    """Its entry of May is that of May: June was not posted."""
    own = posted("C-10", dict.fromkeys(["2024-03", "2024-04", "2024-05"], "1000.00"))
    item = break_of(reconciled([*june(but="C-10"), *own]), "C-10")
    assert item.candidates == (Cause.NOT_POSTED,)


def test_a_ledger_may_begin_after_the_month() -> None:
    """Of a line that ended before, a stray alone is known."""
    later = [{**row, "recognition_period": "2024-09"} for row in june()]
    result = reconciled([*later, entry("E-5", "ENDED", "1000.00", recognition_period="2024-05")])
    either = (Cause.WRONG_PERIOD, Cause.NOT_POSTED)
    assert {item.candidates for item in result.breaks} == {either}
    assert [one.contract_id for one in result.carried] == ["ENDED"]
