"""The calendar: closing days, the month that is due, and years in which nothing goes as planned."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from recon.base.calendar import Calendar, Due, Recorded, due
from recon.base.month import Month

NEW_YEAR = date(2025, 1, 1)


def month(text: str) -> Month:
    """Return a month."""
    return Month.parse(text)


def day(text: str) -> date:
    """Return a day."""
    return date.fromisoformat(text)


def run(text: str, on: str) -> Recorded:
    """Return a month that was run on a day."""
    return Recorded(month(text), day(on))


def found(today: str, *recorded: Recorded, start: str = "", close_day: int = 3) -> Due:
    """Return what is due on a day, without holidays."""
    calendar = Calendar(close_day=close_day, start=month(start) if start else None)
    return due(day(today), calendar, recorded)


# Closing days


@pytest.mark.parametrize(
    ("of", "close_day", "holidays", "closed"),
    [
        ("2024-06", 3, (), "2024-07-03"),  # Monday, Tuesday, Wednesday
        ("2024-05", 3, (), "2024-06-05"),  # June begins on a Saturday
        ("2024-06", 1, (), "2024-07-01"),
        ("2024-08", 1, (), "2024-09-02"),  # September begins on a Sunday
        ("2024-12", 3, ("2025-01-01",), "2025-01-06"),
        ("2024-12", 3, (), "2025-01-03"),
        ("2024-01", 20, (), "2024-02-28"),
        ("2023-01", 20, (), "2023-02-28"),
        ("2024-02", 1, ("2024-03-01",), "2024-03-04"),  # the 29th of February is not counted
        ("2024-06", 3, ("2024-07-06",), "2024-07-03"),  # a Saturday, none anyway
    ],
)
def test_the_closing_day_is_a_business_day_of_the_following_month(
    of: str, close_day: int, holidays: tuple[str, ...], closed: str
) -> None:
    """Weekends and holidays are not counted."""
    calendar = Calendar(close_day=close_day, holidays=frozenset(map(day, holidays)))
    assert calendar.closed_from(month(of)) == day(closed)


def test_the_closing_day_may_lie_beyond_the_month() -> None:
    """A company that does not work for a month closes after it."""
    holidays = frozenset(date(2024, 7, 1) + timedelta(days=offset) for offset in range(31))
    assert Calendar(holidays=holidays).closed_from(month("2024-06")) == date(2024, 8, 5)


@pytest.mark.parametrize(
    ("zone", "moment", "on"),
    [
        ("Europe/Berlin", "2024-06-30T22:00:00", "2024-07-01"),
        ("Europe/Berlin", "2024-06-30T21:59:59", "2024-06-30"),
        ("Europe/Berlin", "2024-12-31T22:59:59", "2024-12-31"),  # winter is an hour
        ("Europe/Berlin", "2024-12-31T23:00:00", "2025-01-01"),
        ("America/New_York", "2024-07-03T03:59:59", "2024-07-02"),
        ("America/New_York", "2024-07-03T04:00:00", "2024-07-03"),
        ("Pacific/Kiritimati", "2024-02-28T10:00:00", "2024-02-29"),
        ("Pacific/Niue", "2024-03-01T10:59:59", "2024-02-29"),
        ("UTC", "2024-02-29T23:59:59", "2024-02-29"),
    ],
)
def test_a_moment_falls_on_a_day_of_the_time_zone(zone: str, moment: str, on: str) -> None:
    """Around midnight at the end of a month it is another month elsewhere."""
    utc = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert Calendar(time_zone=zone).day(utc) == day(on)


def test_without_a_time_zone_days_are_those_of_the_machine() -> None:
    """A local moment stays on its day."""
    local = datetime(2024, 6, 30, 23, 30).astimezone()
    assert Calendar().day(local) == date(2024, 6, 30)


# Which month is due


@pytest.mark.parametrize(
    ("today", "recorded", "start", "expected"),
    [
        # Without any run only the month that has just ended.
        ("2024-07-02", [], "", None),
        ("2024-07-03", [], "", "2024-06"),
        ("2024-07-31", [], "", "2024-06"),
        # A first month to answer for.
        ("2024-07-03", [], "2024-01", "2024-01"),
        ("2024-07-02", [], "2024-06", None),
        ("2024-07-03", [], "2024-08", None),
        ("2024-07-03", [run("2024-06", "2024-07-03")], "2024-05", "2024-05"),
        # Runs stand in the journal.
        ("2024-07-03", [run("2024-06", "2024-07-03")], "", None),
        ("2024-08-02", [run("2024-06", "2024-07-03")], "", None),
        ("2024-08-05", [run("2024-06", "2024-07-03")], "", "2024-07"),
        ("2024-10-20", [run("2024-06", "2024-07-03")], "", "2024-07"),
        # The month before the first run belongs to it, whatever month it was of.
        ("2024-07-03", [run("2024-07", "2024-07-02")], "", "2024-06"),
        # A month between two that were run.
        (
            "2024-10-20",
            [
                run("2024-06", "2024-07-03"),
                run("2024-08", "2024-09-04"),
                run("2024-09", "2024-10-03"),
            ],
            "",
            "2024-07",
        ),
        # Out of order, and run again.
        (
            "2024-09-10",
            [
                run("2024-08", "2024-09-04"),
                run("2024-07", "2024-09-05"),
                run("2024-08", "2024-09-06"),
            ],
            "",
            None,
        ),
        # An old month that was tried out is where the rest begins.
        ("2024-07-03", [run("2024-03", "2024-07-03")], "", "2024-04"),
        ("2024-07-03", [run("2024-03", "2024-07-03")], "2024-06", "2024-06"),
        # Years.
        ("2025-01-06", [run("2024-11", "2024-12-04")], "", "2024-12"),
        ("2024-03-05", [run("2024-01", "2024-02-05")], "", "2024-02"),
    ],
)
def test_the_earliest_closed_month_without_a_run_is_due(
    today: str, recorded: list[Recorded], start: str, expected: str | None
) -> None:
    """By its start, its runs and the closing day."""
    due_month = found(today, *recorded, start=start).month
    assert due_month == (month(expected) if expected else None)


def test_a_look_before_the_books_closed_does_not_count() -> None:
    """Neither one in the month itself nor one on the day before the closing day."""
    looks = [run("2024-05", "2024-06-10"), run("2024-06", "2024-06-20")]
    looks.append(run("2024-06", "2024-07-02"))
    assert found("2024-07-03", *looks).month == month("2024-06")
    assert found("2024-07-03", *looks, run("2024-06", "2024-07-03")).month is None


def test_a_signature_counts_whenever_it_was_given() -> None:
    """Who signs off a month before it closes has closed it."""
    signed = Recorded(month("2024-06"), day("2024-07-01"), signed_off=True)
    told = found("2024-07-03", signed)
    assert told.month is None
    assert told.reason == "Nothing is due: 2024-06 was signed off on 2024-07-01."


def test_the_reason_names_the_run_and_the_next_day() -> None:
    """The one line of a day on which nothing is due."""
    told = found("2024-07-15", run("2024-06", "2024-07-03"))
    assert told.reason == "Nothing is due: 2024-06 was run on 2024-07-03."
    assert (str(told.next_month), str(told.next_day)) == ("2024-07", "2024-08-05")
    told = found("2024-07-15", Recorded(month("2024-06"), day("2024-07-03"), provisional=True))
    assert told.reason == (
        "Nothing is due: 2024-06 was run on 2024-07-03, before its books were complete; "
        "run it again once they are."
    )
    told = found("2024-07-02")
    assert told.reason == "Nothing is due: the books of 2024-06 are still open."
    assert (str(told.next_month), str(told.next_day)) == ("2024-06", "2024-07-03")
    told = found("2024-07-02", start="2030-01")
    assert (str(told.next_month), str(told.next_day)) == ("2030-01", "2030-02-05")


def test_gaps_are_told_and_the_earliest_goes_first() -> None:
    """A gap is a month without a run that has a later one with a run; the others are just due."""
    runs = [run("2024-01", "2024-02-05"), run("2024-04", "2024-05-06")]
    told = found("2024-07-03", *runs)
    assert told.month == month("2024-02")
    assert told.gaps == (month("2024-02"), month("2024-03"))
    assert told.left == 3
    assert told.reason == (
        "2024-02 is due: it has no run, though 2024-04 has one; its books have counted as "
        "closed since 2024-03-05."
    )
    told = found("2024-07-03", run("2024-04", "2024-05-06"))
    assert (told.month, told.gaps, told.left) == (month("2024-05"), (), 1)
    assert told.reason == "2024-05 is due: its books have counted as closed since 2024-06-05."


def test_a_month_that_is_signed_off_before_it_ends_is_not_the_next_one() -> None:
    """What comes next is the first open month that nobody has closed."""
    runs = [run("2024-06", "2024-07-03"), Recorded(month("2024-07"), day("2024-07-10"), True)]
    told = found("2024-07-15", *runs)
    assert (str(told.next_month), str(told.next_day)) == ("2024-08", "2024-09-04")


# Years


def starts(chance: random.Random, first: date, last: date) -> Iterator[date]:
    """Yield the days on which a task starts: some not at all, some twice, outages of weeks."""
    today = first
    while today <= last:
        kind = chance.random()
        if kind < 0.02:
            today += timedelta(days=chance.randint(5, 70))
            continue
        if kind < 0.8:
            yield today
        if kind < 0.1:
            yield today
        today += timedelta(days=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_skipped_and_nothing_done_twice(seed: int) -> None:
    """Through outages, late months, missed days, failed runs, holidays and leap years."""
    chance = random.Random(seed)  # noqa: S311 - years, no secrets
    first = date(chance.choice([2023, 2024, 2025]), chance.randint(1, 12), 1)
    last = first + timedelta(days=800)
    holidays = frozenset(
        first + timedelta(days=chance.randrange(800)) for _ in range(chance.randint(0, 60))
    )
    start = None if seed % 3 == 0 else Month.of(first) - chance.randint(0, 5)
    calendar = Calendar(None, chance.randint(1, 20), holidays, start)
    recorded: list[Recorded] = []
    for today in starts(chance, first, last):
        told = due(today, calendar, recorded)
        assert told.next_day > today
        if told.month is None or chance.random() < 0.2:  # nothing to do, or it fails
            continue
        assert calendar.closed_from(told.month) <= today
        recorded.append(Recorded(told.month, today))
    # At the end somebody starts it until nothing is left.
    while (told := due(last, calendar, recorded)).month is not None:
        recorded.append(Recorded(told.month, last))
    done = [item.month for item in recorded]
    assert done == sorted(done)
    assert max(Counter(done).values()) == 1
    closed = next(
        m for m in (Month.of(last) - n for n in range(9)) if calendar.closed_from(m) <= last
    )
    assert done == [Month(index) for index in range((start or done[0]).index, closed.index + 1)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_runs_by_hand_in_between_change_nothing(seed: int) -> None:
    """Looks at open months, months run again and months run out of order: none is skipped."""
    chance = random.Random(seed)  # noqa: S311 - years, no secrets
    calendar = Calendar(start=month("2024-01"))
    recorded: list[Recorded] = []
    taken: list[Month] = []
    for today in starts(chance, date(2024, 1, 1), date(2025, 12, 31)):
        if chance.random() < 0.05:
            recorded.append(Recorded(Month.of(today) - chance.randint(0, 3), today))
        told = due(today, calendar, recorded)
        if told.month is not None:
            taken.append(told.month)
            recorded.append(Recorded(told.month, today))
    assert max(Counter(taken).values()) == 1
    done = {item.month for item in recorded if item.day >= calendar.closed_from(item.month)}
    assert {Month(index) for index in range(month("2024-01").index, max(done).index + 1)} <= done


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue"])
def test_started_every_hour_each_month_is_run_in_the_first_hour_of_its_closing_day(
    zone: str,
) -> None:
    """By the clocks of its time zone, over a leap year with both changes of the clocks."""
    calendar = Calendar(time_zone=zone, close_day=1, start=month("2023-12"))
    recorded: list[Recorded] = []
    moment, end = datetime(2023, 12, 20, tzinfo=UTC), datetime(2025, 1, 5, tzinfo=UTC)
    while moment < end:
        today = calendar.day(moment)
        told = due(today, calendar, recorded)
        if told.month is not None:
            assert today == calendar.closed_from(told.month)
            assert calendar.day(moment - timedelta(hours=1)) < today
            recorded.append(Recorded(told.month, today))
        moment += timedelta(hours=1)
    assert [str(item.month) for item in recorded] == [str(month("2023-12") + n) for n in range(13)]


def test_a_start_in_the_following_month_takes_the_month_before_last() -> None:
    """A server that was off for all of July runs June on the first day of August, not July."""
    assert found("2024-08-01", run("2024-05", "2024-06-05")).month == month("2024-06")


def test_the_first_business_day_of_a_year_is_not_new_year() -> None:
    """December closes after the holidays that the file names."""
    calendar = Calendar(close_day=1, holidays=frozenset({NEW_YEAR}))
    recorded = [run("2024-11", "2024-12-02")]
    assert due(NEW_YEAR, calendar, recorded).month is None
    assert due(date(2025, 1, 2), calendar, recorded).month == month("2024-12")
