"""Severity through the front door: the ladder's rungs, one to the cent below and one on each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import recon
from recon.base.events import Severity
from recon.base.result import Cause, Flag
from tests.tables import ENTRY, MONTH, break_of, contract, contracts, entries

if TYPE_CHECKING:
    from recon.base.result import Break, Reconciliation

# (expected, recognized, severity): a line of June alone, whose difference nothing explains.
LADDER = (
    # By percent alone, where the amount lies between 1,000 and 10,000.
    ("40000.00", "42000.00", "warning"),
    ("40000.00", "38000.00", "warning"),
    ("40000.00", "42000.01", "high"),
    ("40000.00", "44000.00", "high"),
    ("40000.00", "44000.01", "critical"),
    ("40000.00", "35999.99", "critical"),
    ("-40000.00", "-42000.00", "warning"),
    ("-40000.00", "-44000.01", "critical"),
    # Below 100 at most warning, below 1,000 at most high.
    ("10.00", "109.99", "warning"),
    ("10.00", "110.00", "high"),
    ("10.00", "1009.99", "high"),
    ("10.00", "1010.00", "critical"),
    ("5000.00", "5099.99", "warning"),
    ("5000.00", "5260.00", "high"),
    ("1600.00", "1699.00", "warning"),
    # From 10,000 at least high, from 50,000 critical.
    ("900000.00", "909999.99", "warning"),
    ("900000.00", "910000.00", "high"),
    ("900000.00", "890000.00", "high"),
    ("4000000.00", "4049999.99", "high"),
    ("4000000.00", "4050000.00", "critical"),
    # Nothing expected counts as 100%.
    ("0.00", "99.99", "warning"),
    ("0.00", "100.00", "high"),
    ("0.00", "999.99", "high"),
    ("0.00", "1000.00", "critical"),
)


def _june(rows: list[tuple[str, str, str]], policy: Mapping[str, object]) -> Reconciliation:
    book = [
        contract(contract_id=f"L-{n:02d}-{n:02d}", contract_value=expected, duration_months="1")
        | {"booking_date": "2024-06-01", "close_date": "2024-06-30"}
        for n, (expected, *_) in enumerate(rows)
    ]
    posted = [
        ENTRY | {"contract_id": f"L-{n:02d}-{n:02d}", "amount": amount}
        for n, (_, amount, _) in enumerate(rows)
    ]
    return recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH, policy)


@cache
def _ladder() -> Reconciliation:
    return _june(list(LADDER), {"tolerance": "0.5%"})


@pytest.mark.parametrize(
    ("number", "word"),
    [
        pytest.param(n, word, id=f"{expected} {amount}")
        for n, (expected, amount, word) in enumerate(LADDER)
    ],
)
def test_the_ladder(number: int, word: str) -> None:
    """Percent and amount together give the severity; each bound belongs to the milder side."""
    found = break_of(_ladder(), f"L-{number:02d}-{number:02d}")
    assert found.candidates == (Cause.UNEXPLAINED,)
    assert found.severity.word == word


def test_the_ladder_of_the_policy() -> None:
    """Every rung can be moved."""
    rungs: dict[str, Any] = {
        "warning_percent": 1,
        "high_percent": 2,
        "at_most_warning_below": "5.00",
        "at_most_high_below": "50.00",
        "at_least_high_from": "500.00",
        "critical_from": "600.00",
    }
    rows = [
        ("100.00", "104.99", "warning"),
        ("100.00", "105.00", "high"),
        ("100.00", "150.00", "critical"),
        ("10000.00", "10100.00", "warning"),
        ("10000.00", "10200.00", "high"),
        ("10000.00", "10200.01", "critical"),
        ("99900.00", "100399.99", "warning"),
        ("99900.00", "100400.00", "high"),
        ("99900.00", "100499.99", "high"),
        ("99900.00", "100500.00", "critical"),
    ]
    result = _june(rows, {"tolerance": "0.1%", "severity": rungs})
    found = {item.contract_id: item.severity.word for item in result.breaks}
    assert [found[name] for name in sorted(found)] == [word for *_, word in rows]


# --- what the cause changes


@cache
def _by_cause() -> Reconciliation:
    book = contracts("""
        contract_id contract_value duration_months booking_date
        FLIPPED     120.00         12              2024-06-01
        DOUBLED     120.00         12              2024-06-01
        ABROAD      120.00         12              2024-06-01
        ENDED       20.00          2               2024-04-01
        EARLY       120.00         12              2024-07-01
        CAUGHT-UP   1200.00        12              2024-04-01
        CAUGHT-BIG  120000.00      12              2024-04-01
        SMALL-LATE  120.00         12              2024-04-01
    """)
    posted = entries("""
        contract_id recognition_period amount   currency
        FLIPPED     2024-06            -10.00   -
        DOUBLED     2024-06            10.00    -
        DOUBLED     2024-06            10.00    -
        ABROAD      2024-06            10.00    EUR
        ENDED       2024-04            10.00    -
        ENDED       2024-05            10.00    -
        ENDED       2024-06            10.00    -
        EARLY       2024-06            10.00    -
        CAUGHT-UP   2024-05            100.00   -
        CAUGHT-UP   2024-06            200.00   -
        CAUGHT-BIG  2024-05            10000.00 -
        CAUGHT-BIG  2024-06            20000.00 -
        SMALL-LATE  2024-05            10.00    -
        SMALL-LATE  2024-06            20.00    -
    """)
    return recon.reconcile(book, posted, MONTH)


@pytest.mark.parametrize(
    ("contract_id", "cause", "word"),
    [
        ("FLIPPED", Cause.SIGN_FLIPPED, "high"),
        ("DOUBLED", Cause.DUPLICATE_ENTRY, "high"),
        ("ENDED", Cause.ENDED, "high"),
        ("EARLY", Cause.WRONG_START, "warning"),
        ("CAUGHT-UP", Cause.CATCH_UP, "warning"),
        ("CAUGHT-BIG", Cause.CATCH_UP, "high"),
        ("SMALL-LATE", Cause.CATCH_UP, "warning"),
    ],
)
def test_grave_causes_raise_and_timing_lowers(contract_id: str, cause: Cause, word: str) -> None:
    """Even ten dollars are high with a grave cause; a late posting is a level milder."""
    found = break_of(_by_cause(), contract_id)
    assert (found.cause, found.severity.word) == (cause, word)


def test_the_wrong_currency_is_high_on_both_sides() -> None:
    """Both the line that lacks and the one that has the amount are at least high."""
    found = [item for item in _by_cause().breaks if item.contract_id == "ABROAD"]
    assert [(item.cause, item.severity) for item in found] == [
        (Cause.WRONG_CURRENCY, Severity.HIGH)
    ] * 2


def test_a_wrong_period_is_one_level_lower() -> None:
    """What stands in the month after is late and not lost: high instead of critical."""
    book = contracts("""
        contract_id contract_value booking_date
        LATE        24000.00       2024-06-01
        MISSING     24000.00       2024-06-01
    """)
    posted = entries("""
        contract_id recognition_period amount
        LATE        2024-07            2000.00
        LATE        2024-07            2000.00
        MISSING     2024-07            2000.00
    """)
    result = recon.reconcile(book, posted, MONTH)
    late, missing = break_of(result, "LATE"), break_of(result, "MISSING")
    assert (late.cause, late.severity) == (Cause.WRONG_PERIOD, Severity.HIGH)
    assert (missing.cause, missing.severity) == (Cause.NOT_POSTED, Severity.CRITICAL)


# --- how long it has lasted


def _lasting(*posted: str) -> Break:
    """Return the break of a line of 1,000.00 a month, posted from 2024-03 on as given."""
    ledger = [
        ENTRY | {"entry_id": f"E{n}", "recognition_period": f"2024-{n:02d}", "amount": amount}
        for n, amount in enumerate(posted, start=7 - len(posted))
    ]
    line = contract(contract_value="12000.00", booking_date="2024-03-01")
    return break_of(recon.reconcile(pd.DataFrame([line]), pd.DataFrame(ledger), MONTH), "C1")


@pytest.mark.parametrize(
    ("posted", "word", "flags"),
    [
        (("1000", "1000", "1000", "1041.00"), "warning", ()),
        (("1000", "1000", "1010", "1041.00"), "warning", ()),
        (("1000", "1041", "1000", "1041.00"), "warning", ()),
        (("1000", "1000", "1043", "1041.00"), "high", (Flag.SECOND_MONTH,)),
        (("1000", "1000", "957", "1041.00"), "high", (Flag.SECOND_MONTH,)),
        (("1000", "1043", "1047", "1041.00"), "critical", (Flag.THIRD_MONTH,)),
        (("1043", "1047", "1053", "1041.00"), "critical", (Flag.THIRD_MONTH,)),
        (("1000", "1000", "1043", "1101.00"), "critical", (Flag.SECOND_MONTH,)),
    ],
)
def test_a_line_that_stays_broken(posted: tuple[str, ...], word: str, flags: tuple[Flag]) -> None:
    """Broken two months running is one level up, three critical; a good month in between resets."""
    found = _lasting(*posted)
    assert found.cause is Cause.UNEXPLAINED
    assert (found.severity.word, found.flags) == (word, flags)


def test_months_before_the_ledger_begins_prove_nothing() -> None:
    """A line that began before the first entry of the books is not broken for the third month."""
    book = contracts("""
        contract_id revenue_type contract_value duration_months booking_date close_date
        C-1         Subscription 120000.00      12              2024-01-01   2024-12-31
    """)
    posted = entries("""
        entry_id contract_id revenue_type amount   recognition_period
        E-1      C-1         Subscription 10400.00 2024-06
    """)
    result = recon.reconcile(book, posted, "2024-06")
    assert [item.severity for item in result.breaks] == [Severity.WARNING]
    assert "Accounting has no entry before 2024-06" in result.notices[0]


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        ({}, "critical"),
        ({"rates": {"JPY": "150"}}, "warning"),
        ({"JPY": {"at_most_warning_below": "6000"}}, "warning"),
        ({"JPY": {"at_most_high_below": "6000"}}, "high"),
        ({"EUR": {"at_most_warning_below": "6000"}}, "critical"),
    ],
)
def test_yen_are_not_dollars(rules: dict[str, object], word: str) -> None:
    """5,000 of 20,000 yen is a few dollars; those of dollars stay what they are."""
    of = {"contract_value": "20000", "duration_months": "1", "booking_date": "2024-06-01",
          "close_date": "2024-06-30"}  # fmt: skip
    book = [contract(contract_id=code, currency=code) | of for code in ("JPY", "USD")]
    posted = [
        ENTRY | {"contract_id": code, "amount": "14998", "currency": code, "entry_id": code}
        for code in ("JPY", "USD")
    ]
    found = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH, {"severity": rules})
    assert break_of(found, "JPY").severity.word == word
    assert break_of(found, "USD").severity.word == "critical"
