"""Completeness: what is posted of a month against what is usual by the same day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.base.month import Month
from recon.base.policy import Policy
from recon.reconciliation.completeness import Completeness, Seen, completeness
from recon.reconciliation.entry_intake import view_entries
from recon.reconciliation.policy_sql import register_policy
from recon.store.frames import register
from recon.store.session import session

JUNE = Month.parse("2024-06")
THIRD = date(2024, 7, 3)
READY = 900_000
Entry = tuple[str, int, str, str]


def posted(
    month: Month, count: int, days: int = 1, amount: str = "10.00", currency: str = "USD"
) -> list[Entry]:
    """Return entries of a month that were posted some days after its end."""
    day = (month + 1).first_day - timedelta(1) + timedelta(days)
    return [(str(month), n, amount, f"{day} 08:30:00|{currency}") for n in range(count)]


def before(*counts: int, days: int = 1, **more: str) -> list[Entry]:
    """Return the entries of the months before June, the latest first."""
    return [
        entry
        for back, count in enumerate(counts, 1)
        for entry in posted(JUNE - back, count, days, **more)
    ]


def found(
    entries: Sequence[Entry],
    today: date = THIRD,
    seen: Sequence[Seen] = (),
    recognized: dict[str, int] | None = None,
    posted_at: bool = True,
) -> Completeness | None:
    """Return the completeness of June by these entries, and by what runs have seen."""
    frame = pd.DataFrame(
        [
            {
                "entry_id": f"E{place}", "contract_id": "C1", "revenue_type": "Subscription",
                "amount": amount, "recognition_period": month,
                "currency": at.split("|")[1],
            } | ({"posted_at": at.split("|")[0] or None} if posted_at else {})
            for place, (month, _, amount, at) in enumerate(entries)
        ]
    )  # fmt: skip
    with session() as connection:
        register(connection, "entries_frame", frame)
        register_policy(connection, Policy())
        view_entries(connection, "entries_frame", Policy())
        return completeness(connection, JUNE, today, READY, recognized or {}, lambda: seen)


def share(*arguments: Any, **named: Any) -> int | None:
    """Return the share in millionths; None where it cannot be told."""
    told = found(*arguments, **named)
    assert told is not None
    return told.share


def test_less_than_usual_is_provisional() -> None:
    """The report says how much there is, of what, and what is usual."""
    told = found([*before(100, 90, 110, 100, 100, 80, 1000), *posted(JUNE, 71)])
    assert told is not None
    assert told.provisional
    assert (
        told.notice
        == told.sentence
        == (
            "By 2024-07-03 accounting holds 71% of the usual for June 2024 (71 USD entries; 100 in "
            "the median of 6 earlier months by the same day); provisional, run it again later."
        )
    )


def test_as_much_as_usual_is_ready() -> None:
    """Nine tenths are enough, and more than usual is no fault; the report is silent."""
    for count, ready in ((89, False), (90, True), (100, True), (300, True)):
        told = found([*before(100, 100, 100), *posted(JUNE, count)])
        assert told is not None
        assert (told.provisional, told.notice == "") == (not ready, ready)
    assert told.sentence.endswith("in the median of 3 earlier months by the same day).")


def test_each_month_counts_up_to_the_same_day() -> None:
    """What was posted later in other months is not missing yet; the day itself counts."""
    late = before(100, 100, 100, days=4)
    usual = before(50, 50, 50, days=3)
    assert share([*usual, *late, *posted(JUNE, 50)]) == 1_000_000
    assert share([*usual, *late, *posted(JUNE, 50)], date(2024, 7, 4)) == 333_333
    # Before the month has ended it is the same: three days before the end of each.
    early = before(40, 40, 40, days=-3)
    assert share([*early, *usual, *posted(JUNE, 20, -3)], date(2024, 6, 27)) == 500_000


def test_what_is_posted_later_than_today_does_not_count() -> None:
    """A run that is made again as of a day sees that day."""
    assert share([*before(100, 100, 100), *posted(JUNE, 60), *posted(JUNE, 40, 9)]) == 600_000


def test_value_counts_as_well_whatever_its_sign() -> None:
    """A hundred entries of nothing are not the usual; a reversal does not empty the books."""
    usual = before(100, 100, 100)
    told = found([*usual, *posted(JUNE, 100, amount="5.00")])
    assert told is not None
    assert "50% of the usual for June 2024 (500.00 USD; 1,000.00 in the median" in told.sentence
    assert share([*usual, *posted(JUNE, 50), *posted(JUNE, 50, amount="-10.00")]) == 1_000_000


def test_currencies_are_never_added() -> None:
    """The one that lacks most decides; a new one lacks nothing; a few entries tell nothing."""
    usual = [*before(100, 100, 100), *before(20, 20, 20, currency="JPY")]
    usual += before(9, 9, 9, currency="EUR")
    told = found([*usual, *posted(JUNE, 200), *posted(JUNE, 10, currency="JPY")])
    assert told is not None
    assert "(10 JPY entries; 20 in" in told.sentence
    assert share([*before(100, 100, 100), *posted(JUNE, 100),
                  *posted(JUNE, 5, currency="GBP")]) == 1_000_000  # fmt: skip


def test_a_month_without_entries_is_at_nothing() -> None:
    """That is told, not hidden."""
    told = found(before(100, 100, 100))
    assert told is not None
    assert (told.share, told.provisional) == (0, True)


@pytest.mark.parametrize(
    "entries",
    [
        [*before(100, 100), *posted(JUNE, 10)],
        posted(JUNE, 100),
        [*before(100, 100, 100), *[(str(JUNE), n, "10.00", "|USD") for n in range(10)]],
        [*before(100, 100), *[(str(JUNE - 3), n, "1.00", "soon|USD") for n in range(9)]],
    ],
    ids=["two months", "none", "June tells no day", "a word is no day"],
)
def test_what_cannot_be_told_is_not_guessed(entries: list[Entry]) -> None:
    """Too few months that tell the day; the log says so, the report does not."""
    told = found(entries)
    assert told is not None
    assert (told.share, told.provisional, told.notice) == (None, False, "")
    assert told.sentence == (
        "Whether the books of June 2024 are complete is unknown: fewer than 3 earlier months show "
        "what is usual by this day."
    )


def test_without_the_column_nothing_can_be_told() -> None:
    """It is an option."""
    assert share([*before(100, 100, 100), *posted(JUNE, 9)], posted_at=False) is None


def test_little_is_no_measure() -> None:
    """Of nine entries one is more than a tenth."""
    told = found([*before(9, 9, 9), *posted(JUNE, 1)])
    assert told is not None
    assert told.share is None
    assert "too small to compare with" in told.sentence


def test_a_blank_day_among_a_hundred_is_forgiven() -> None:
    """More make a month one that tells nothing."""
    blank = [(str(JUNE - 3), 1, "10.00", "|USD")]
    assert share([*before(100, 100, 99), *blank, *posted(JUNE, 50)]) == 500_000
    assert share([*before(100, 100, 99), *blank * 2, *posted(JUNE, 50)]) is None


def test_a_month_that_has_long_ended_is_not_asked() -> None:
    """All of it is posted; nothing is read for it."""
    entries = [*before(100, 100, 100), *posted(JUNE, 1)]
    assert found(entries, date(2024, 8, 1)) is None
    assert found(entries, date(2024, 7, 31)) is not None


@pytest.mark.parametrize("written", ["2024-07-01", "2024-07-01T08:00:00Z", " 20240701 "])
def test_days_are_read_as_they_are_written(written: str) -> None:
    """By a database, a file of dates, or digits alone."""
    june = [(str(JUNE), n, "10.00", f"{written}|USD") for n in range(40)]
    assert share([*before(50, 50, 50), *june]) == 800_000


# What runs have seen, where entries tell no day


def seen(*amounts: int, days: int = 3) -> list[Seen]:
    """Return what runs of the months before June found on a day after each one's end."""
    return [
        Seen(
            JUNE - back, (JUNE - back + 1).first_day - timedelta(1) + timedelta(days),
            {"USD": amount},
        )
        for back, amount in enumerate(amounts, 1)
    ]  # fmt: skip


def test_runs_tell_what_was_there_by_the_same_day() -> None:
    """What June recognizes is held against the median of other months' runs."""
    told = found(posted(JUNE, 1), seen=seen(900_0000, 1000_0000, 1000_0000),
                 recognized={"USD": 710_0000}, posted_at=False)  # fmt: skip
    assert told is not None
    assert told.provisional
    assert "71% of the usual for June 2024 (710.00 USD; 1,000.00 in the median" in told.sentence
    assert "of what runs of 3 earlier months found by the same day)" in told.sentence


@pytest.mark.parametrize(("days", "told"), [(4, False), (3, True), (0, True), (-1, False)])
def test_only_runs_of_about_the_same_day_tell(days: int, told: bool) -> None:
    """A later one knew more; one of a week before knew less than is usual by now."""
    runs = seen(100_0000, 100_0000, 100_0000, days=days)
    found = share(posted(JUNE, 1), seen=runs, recognized={"USD": 100_0000}, posted_at=False)
    assert found == (1_000_000 if told else None)


def test_the_last_run_up_to_the_day_counts() -> None:
    """A month may have been run several times."""
    runs = [*seen(100_0000, 100_0000, 100_0000), *seen(50_0000, 50_0000, 50_0000, days=2)]
    sums = {"USD": 80_0000}
    assert share(posted(JUNE, 1), seen=runs, recognized=sums, posted_at=False) == 800_000


# Properties

COUNTS = st.lists(st.integers(10, 60), min_size=3, max_size=6)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(COUNTS, st.integers(0, 80), st.integers(1, 20), st.sampled_from(["10.00", "-10.00", "0"]))
def test_more_posted_entries_never_lower_the_share(
    counts: list[int], now: int, more: int, amount: str
) -> None:
    """Whatever they are worth."""
    base = [*before(*counts), *posted(JUNE, now)]
    fewer, all_of_them = share(base), share([*base, *posted(JUNE, more, amount=amount)])
    assert fewer is not None
    assert all_of_them is not None
    assert fewer <= all_of_them
