"""Fits: the other terms under which a line would agree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recon
from recon.base.result import Break, Cause, Certainty, Reconciliation
from tests.tables import ENTRY, MONTH, break_of, contract

# Contracts of which no two are one edit apart.
NAMES = "ALPHA BRAVO CHARLIE DELTA ECHO FOXTROT GOLF".split()


def _together(
    lines: Sequence[dict[str, str]], amounts: Sequence[Sequence[str]], **policy: object
) -> list[Break]:
    """Return the break of each line in the last month that was posted, from January 2024 on.

    Lines of as many months stand in one book, each beside one that is as it should be.
    """
    found = {}
    for count in {len(posted) for posted in amounts}:
        of = [each for each in zip(NAMES, lines, amounts, strict=False) if len(each[2]) == count]
        book = [line | {"contract_id": name} for name, line, _ in of]
        book += [
            contract(contract_id=f"FINE-{n}", booking_date="2030-01-01") for n in range(len(of))
        ]
        entries = [
            ENTRY | {"entry_id": f"{name}-{n}", "contract_id": name, "amount": amount,
                     "recognition_period": f"2024-{n:02}"}
            for name, _, posted in of for n, amount in enumerate(posted, 1)
        ]  # fmt: skip
        result = recon.reconcile(
            pd.DataFrame(book),
            pd.DataFrame(entries),
            f"2024-{count:02}",
            {"tolerance": "0%"} | policy,
        )
        found |= {name: break_of(result, name) for name, _, _ in of}
    return [found[name] for name in NAMES[: len(lines)]]


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


# Value and close of a term of 6 months, what was posted in each, and what the cause says.
TO_CLOSE = [
    ("6600.00", "2024-12-31", "550.00", "over the 12 months from start"),
    ("6600.00", "2024-12-31", "600.00", "over 11 months instead of 6"),
    ("6500.00", "2025-01-01", "500.00", "over 13 months instead of 6"),
    ("6600.00", "2024-12-30", "600.00", "over the 11 months from start"),
    ("6600.00", "2024-12-30", "550.00", "over the 12 months from start"),
]


@cache
def _to_close() -> list[Break]:
    lines = [
        contract(contract_value=value, duration_months="6", close_date=close)
        for value, close, _, _ in TO_CLOSE
    ]
    return _together(lines, [[amount] * 6 for *_, amount, _ in TO_CLOSE], tolerance="1%")


@pytest.mark.parametrize("at", range(len(TO_CLOSE)))
def test_from_start_to_close_are_whole_months(at: int) -> None:
    """Where they are; of a term that ends within a month both ways to count are tried."""
    found = _to_close()[at]
    assert found.cause is Cause.WRONG_DURATION
    assert TO_CLOSE[at][-1] in found.explanation


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
def test_a_point_in_time_is_its_whole_month(
    value: str, booked: str, start: str, month: str, amount: str, candidates: str
) -> None:
    """A convention divides what is earned over time; a wrong start moves the whole of it."""
    conventions = {"Setup": "even", "Consulting": "prorate_period_rate", "Training": "exact_days"}
    types = {
        kind: {"kind": "one_time", "recognition": "start_month", "convention": convention}
        for kind, convention in conventions.items()
    }
    dates = {"booking_date": booked, "start_date": start}
    keys = dict(zip(conventions, NAMES, strict=False))
    book = [
        contract(contract_id=key, revenue_type=kind, contract_value=value, **dates)
        for kind, key in keys.items()
    ]
    posted = [
        ENTRY | {"contract_id": key, "revenue_type": kind, "amount": amount,
                 "recognition_period": month}
        for kind, key in keys.items()
    ]  # fmt: skip
    found = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), month, {"types": types})
    assert [" ".join(item.candidates) for item in found.breaks] == [candidates] * 3


# --- what the earlier months say


def _book(
    line: dict[str, str], amounts: dict[str, str], month: str, **policy: object
) -> Reconciliation:
    """Return the reconciliation of one line, beside another one that is as it should be."""
    entries = [
        ENTRY | {"entry_id": f"E{n}", "recognition_period": period, "amount": amount}
        for n, (period, amount) in enumerate(amounts.items())
    ]
    fine = contract(contract_id="FINE", booking_date="2030-01-01")
    lines = pd.DataFrame([line, fine])
    return recon.reconcile(lines, pd.DataFrame(entries), month, {"tolerance": "0%"} | policy)


def _of_2024(*amounts: str) -> dict[str, str]:
    """Return amounts by month, from January 2024 on."""
    return {f"2024-{n:02}": amount for n, amount in enumerate(amounts, start=1)}


# Months of a contract of 12,000.00, what was posted in each, and what the cause says, if it is one.
DURATIONS = [
    ("14", ["1000.00"] * 6, "over 12 months instead of 14"),
    ("12", ["500.00"] * 6, "over 24 months instead of 12"),
    ("36", ["400.00"] * 6, "over 30 months instead of 36"),
    ("12", ["2000.00"] * 4, "over 6 months instead of 12"),
    ("14", ["0.00", "0.00", *["1000.00"] * 4], "over 12 months instead of 14 (free at the"),
    ("7", ["100.00"] * 6, "over 120 months instead of 7"),
    ("12", ["923.08", "923.07", "923.08", "923.08"], "over 13 months instead of 12"),
]
RIGHT_BEFORE = [
    [*["1000.00"] * 5, "923.08"], [*["923.08"] * 4, "1000.00", "923.08"], [*["0.00"] * 5, "923.08"],
    ["923.08", "0.00", "923.08", "923.08"],
]  # fmt: skip


@cache
def _durations() -> list[Break]:
    lines = [contract(contract_value="12000.00", duration_months=n) for n, _, _ in DURATIONS]
    return _together(lines, [amounts for _, amounts, _ in DURATIONS])


@cache
def _right_before() -> list[Break]:
    return _together([contract(contract_value="12000.00")] * len(RIGHT_BEFORE), RIGHT_BEFORE)


@pytest.mark.parametrize("at", range(len(DURATIONS)))
def test_another_duration_is_found_where_every_month_has_it(at: int) -> None:
    """From the first month of the ledger on, and to the cent."""
    found = _durations()[at]
    assert (found.cause, found.certainty) == (Cause.WRONG_DURATION, Certainty.CERTAIN)
    assert DURATIONS[at][-1] in found.explanation


@pytest.mark.parametrize("at", range(len(RIGHT_BEFORE)))
def test_a_term_that_the_earlier_months_do_not_fit_is_no_cause(at: int) -> None:
    """A line whose earlier months are right was not changed from its start."""
    assert Cause.WRONG_DURATION not in _right_before()[at].candidates


def test_what_was_posted_before_the_start_does_not_speak_against_a_term() -> None:
    """It is an error of its own, of a month long ago."""
    line = contract(contract_value="12000.00", booking_date="2024-05-01")
    amounts = {"2024-02": "55.00", "2024-05": "1090.91", "2024-06": "1090.91"}
    assert break_of(_book(line, amounts, "2024-06"), "C1").candidates == (Cause.WRONG_DURATION,)


def test_a_duration_that_only_one_month_shows_comes_after_every_slip() -> None:
    """Twice the amount is half the months; a posting that repeats is the nearer cause."""
    line = contract(contract_value="12000.00", booking_date="2024-06-01")
    twice = pd.DataFrame([ENTRY | {"entry_id": n, "amount": "1000.00"} for n in ("E1", "E2")])
    found = break_of(recon.reconcile(pd.DataFrame([line]), twice, MONTH), "C1")
    assert found.candidates == (Cause.DUPLICATE_ENTRY,)
    once = break_of(_book(line, {"2024-06": "2000.00"}, "2024-06"), "C1")
    assert once.candidates == (Cause.WRONG_DURATION,)


def test_other_rules_of_the_start_are_conventions() -> None:
    """In the month in which they differ; in the later ones they differ to date alone."""
    # The first is from the month after the start on, which is no convention of its own month.
    cases = [("2024-01-20", "0.00"), ("2024-01-20", "500.00"), ("2024-01-16", "516.13")]
    book = [
        contract(contract_id=name, contract_value="12000.00", booking_date=start)
        for name, (start, _) in zip(NAMES, cases, strict=False)
    ]
    entries = [
        ENTRY | {"entry_id": f"{name}-{n}", "contract_id": name, "amount": amount,
                 "recognition_period": f"2024-{n:02}"}
        for name, (_, first) in zip(NAMES, cases, strict=False)
        for n, amount in enumerate((first, "1000.00", "1000.00"), 1)
    ]  # fmt: skip
    frames = pd.DataFrame(book), pd.DataFrame(entries)
    assert recon.reconcile(*frames, "2024-03", {"tolerance": "0%"}).breaks == ()
    begun = [entry for entry in entries if entry["recognition_period"] == "2024-01"]
    first = recon.reconcile(frames[0], pd.DataFrame(begun), "2024-01", {"tolerance": "0%"})
    for name in NAMES[1:3]:
        assert Cause.OTHER_CONVENTION in break_of(first, name).candidates


# Where a contract of 12,000.00 stops, what June has, the cause, and what it says.
STOPS = [
    ("2024-06-15", "500.00", "stopped_by_days", "the days up to the stop on 2024-06-15"),
    ("2024-06-15", "7000.00", "remainder_taken", "what was left of the contract value"),
    ("2024-05-31", "7000.00", "remainder_taken", "at the stop on 2024-05-31"),
    ("2024-06-15", "6500.00", "unexplained", ""),
]


@cache
def _stopped() -> list[Break]:
    lines = [contract(contract_value="12000.00", terminated_on=stop) for stop, *_ in STOPS]
    return _together(lines, [[*["1000.00"] * 5, amount] for _, amount, _, _ in STOPS])


@pytest.mark.parametrize("at", range(len(STOPS)))
def test_a_stop_has_causes_of_its_own(at: int) -> None:
    """Its month counted by days, and what was left taken at once."""
    found, (*_, cause, words) = _stopped()[at], STOPS[at]
    assert [one.value for one in found.candidates] == [cause]
    assert words in found.explanation


def test_a_stop_in_full_is_another_convention_of_one_by_days() -> None:
    """The policy counts the days, and the whole month was posted."""
    line = contract(contract_value="12000.00", terminated_on="2024-06-15")
    (found,) = _together([line], [["1000.00"] * 6], stop_month="days")
    assert found.candidates == (Cause.OTHER_CONVENTION,)
    assert "the whole month" in found.explanation


def test_a_stop_may_take_the_days_of_the_rounded_month() -> None:
    """To date the term has 0.01 less: 108,562.28 after 17 of 30 days of the sixth month."""
    line = contract(contract_value="226648.98", terminated_on="2024-06-17")
    months = ["18887.42", "18887.41", "18887.42", "18887.41", "18887.42", "10702.87"]
    found = break_of(_book(line, _of_2024(*months), "2024-06"), "C1")
    assert found.candidates == (Cause.STOPPED_BY_DAYS,)


# --- amendments


@pytest.mark.parametrize(
    ("value", "amounts", "words"),
    [
        ("15000.00", ["1000.00"] * 6 + ["1500.00"] * 2,
         "from 2024-07 on, the 9,000.00 USD left (15,000.00 less 6,000.00 recognized before) "
         "spread over the 6 months left"),
        ("9000.00", ["1000.00"] * 6 + ["500.00"], "from 2024-07 on, the 3,000.00 USD left"),
        ("10000.00", ["1000.00"] * 3 + ["777.78"] * 2, "from 2024-04 on, the 7,000.00 USD left"),
        ("10000.00", ["1000.00"] * 3 + ["777.78", "777.78", "777.77"], "the 9 months left"),
        ("15000.00", ["1000.00", "1272.73"], "from 2024-02 on"),
    ],
)  # fmt: skip
def test_a_contract_that_was_amended(value: str, amounts: list[str], words: str) -> None:
    """What is left is spread over the months left, and the months before had another value."""
    line = contract(contract_value=value)
    found = break_of(_book(line, _of_2024(*amounts), f"2024-{len(amounts):02}"), "C1")
    assert (found.candidates, found.certainty) == ((Cause.AMENDED,), Certainty.CERTAIN)
    assert words in found.explanation


def test_what_is_no_amendment() -> None:
    """Neither a gap that is made good, nor any months that happen to lie before."""
    cases = [
        # One month was not posted; the others are right.
        ("12000.00", ["1000.00", "0.00", "1000.00", "1100.00"]),
        # The months before are no share of any one value.
        ("15000.00", ["1000.00", "1300.00", "1000.00", "1300.00"]),
        # The new value is taken from the month of the change on, and nothing is spread.
        ("15000.00", ["1000.00", "1000.00", "1250.50"]),
    ]
    lines = [contract(contract_value=value) for value, _ in cases]
    for found in _together(lines, [amounts for _, amounts in cases]):
        assert Cause.AMENDED not in found.candidates


VALUES = st.integers(10**4, 10**7)


@settings(max_examples=4, deadline=None)
@given(VALUES, VALUES, st.integers(3, 30), st.data())
def test_amended_by_any_value_in_any_month(
    old: int, new: int, months: int, data: st.DataObject
) -> None:
    """As a spreadsheet reckons it: rounded to date, first the old value and then the rest."""
    _is_amended(old, new, months, data)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(VALUES, VALUES, st.integers(3, 30), st.data())
def test_amended_by_many_values_in_any_month(
    old: int, new: int, months: int, data: st.DataObject
) -> None:
    """More of them."""
    _is_amended(old, new, months, data)


def _is_amended(old: int, new: int, months: int, data: st.DataObject) -> None:
    change = data.draw(st.integers(1, min(months - 1, 10)))
    last = data.draw(st.integers(change + 1, min(months, 12)))
    to_date = [_cents(old * k, months) for k in range(change + 1)]
    before = to_date[-1]
    to_date += [
        before + _cents((new - before) * k, months - change) for k in range(1, last - change + 1)
    ]
    amounts = [f"{(b - a) / 100:.2f}" for a, b in pairwise(to_date)]
    line = contract(contract_value=f"{new / 100:.2f}", duration_months=str(months))
    result = _book(line, _of_2024(*amounts), f"2024-{last:02}")
    for item in result.breaks:
        assert Cause.AMENDED in item.candidates or item.cause is Cause.CATCH_UP


def _cents(numerator: int, denominator: int) -> int:
    """Return a quotient, half away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole
