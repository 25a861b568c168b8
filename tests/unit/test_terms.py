"""Fits: the other terms under which a line would agree."""

from __future__ import annotations

import pandas as pd
import pytest

import recon
from recon.base.result import Cause
from tests.tables import ENTRY, MONTH, break_of, contract


def test_a_point_in_time_spread_over_the_duration() -> None:
    """A setup that is due in its booking month, posted evenly over its duration."""
    line = contract(
        revenue_type="Setup",
        contract_value="600.00",
        duration_months="6",
        booking_date="2024-06-01",
    )
    found = break_of(
        recon.reconcile(
            pd.DataFrame([line]),
            pd.DataFrame([ENTRY | {"revenue_type": "Setup"}]),
            MONTH,
            {"types": {"Setup": {"recognition": "booking_month"}}},
        ),
        "C1",
    )
    assert found.candidates == (Cause.OTHER_CONVENTION,)
    assert "evenly over 6 months" in found.explanation


@pytest.mark.parametrize(
    ("value", "close", "amount", "causes"),
    [
        ("6600.00", "2024-12-31", "550.00", "wrong_duration over the 12 months from start"),
        ("6600.00", "2024-12-31", "600.00", "unexplained"),
        ("6500.00", "2025-01-01", "500.00", "unexplained"),
        ("6600.00", "2024-12-30", "600.00", "wrong_duration over the 11 months from start"),
        ("6600.00", "2024-12-30", "550.00", "wrong_duration over the 12 months from start"),
    ],
)
def test_from_start_to_close_are_whole_months(
    value: str, close: str, amount: str, causes: str
) -> None:
    """Where they are; of a term that ends within a month both ways to count are tried."""
    line = contract(contract_value=value, duration_months="6", close_date=close)
    months = [ENTRY | {"amount": amount, "recognition_period": f"2024-{n:02}"} for n in range(1, 7)]
    fine = contract(contract_id="FINE")
    found = break_of(recon.reconcile(pd.DataFrame([line, fine]), pd.DataFrame(months), MONTH), "C1")
    cause, _, words = causes.partition(" ")
    assert found.cause.value == cause
    assert words in found.explanation


@pytest.mark.parametrize(
    ("value", "start", "close", "amount", "words"),
    [
        ("1600.00", "2023-09-15", "2024-12-14", "100.00", "over the 16 months from start to close"),
        ("1600.00", "2023-09-15", "2024-12-15", "100.00", "over the 16 months from start to close"),
    ],
)
def test_from_start_to_close_may_be_counted_in_the_calendar(
    value: str, start: str, close: str, amount: str, words: str
) -> None:
    """From the month of the start to that of the close, as a spreadsheet counts them."""
    line = contract(contract_value=value, booking_date=start, close_date=close)
    assert words in _explained(line, amount, "even")


@pytest.mark.parametrize(
    ("value", "start", "months", "close", "amount", "words"),
    [
        ("12000.00", "2024-01-01", "12", "2024-12-28", "991.74", "363 days from start to close"),
        ("12000.00", "2024-01-01", "6", "2024-10-15", "1245.67", "289 days from start to close"),
    ],
)
def test_from_start_to_close_are_days_where_days_count(
    value: str, start: str, months: str, close: str, amount: str, words: str
) -> None:
    """The thirty days of June are so much of them."""
    line = contract(
        contract_value=value, booking_date=start, duration_months=months, close_date=close
    )
    assert words in _explained(line, amount, "exact_days")


def test_a_single_month_is_one() -> None:
    """The half of it that lies in June has half of the value."""
    line = contract(contract_value="200.00", booking_date="2024-06-16", close_date="2024-07-15")
    found = _explained(line, "100.00", "prorate_period_rate")
    assert "over the 1 month from start to close" in found


def test_a_close_before_the_start_makes_no_term() -> None:
    """There are no months from the one to the other."""
    line = contract(
        contract_value="1200.00", booking_date="2024-06-16", duration_months="6",
        close_date="2024-06-10",
    )  # fmt: skip
    assert "no cause explains" in _explained(line, "600.00", "prorate_period_rate")


def _explained(line: dict[str, str], amount: str, convention: str) -> str:
    """Return the explanation of a line of which an amount was posted in June."""
    fine = [contract(contract_id=f"FINE-{number}") for number in range(3)]
    found = recon.reconcile(
        pd.DataFrame([line, *fine]),
        pd.DataFrame([ENTRY | {"amount": amount}]),
        MONTH,
        {"convention": convention, "tolerance": "0%", "floor": "0", "cap": "0"},
    )
    return break_of(found, "C1").explanation


@pytest.mark.parametrize(
    ("value", "booked", "start", "month", "amount", "candidates"),
    [
        ("10.00", "2024-02-21", "2024-04-01", "2024-02", "10.00", "full_value wrong_start"),
        ("3100.00", "2024-03-15", "2024-05-01", "2024-03", "1700.00", "not_started"),
    ],
)
@pytest.mark.parametrize("convention", ["even", "prorate_period_rate", "exact_days"])
def test_a_point_in_time_is_its_whole_month(
    value: str, booked: str, start: str, month: str, amount: str, candidates: str, convention: str
) -> None:
    """A convention divides what is earned over time; a wrong start moves the whole of it."""
    line = contract(
        revenue_type="Setup", contract_value=value, booking_date=booked, start_date=start
    )
    posted = ENTRY | {"revenue_type": "Setup", "amount": amount, "recognition_period": month}
    policy = {"types": {"Setup": {"recognition": "start_month", "convention": convention}}}
    found = recon.reconcile(pd.DataFrame([line]), pd.DataFrame([posted]), month, policy)
    assert " ".join(break_of(found, "C1").candidates) == candidates
