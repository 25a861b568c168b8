"""Periods of figures: days from first to last.

Written as a day, a month, a quarter, a year, the code of a fiscal period, a fiscal year such as
FY2024 or its quarter FY2024-Q1, a range of these (`2024-01..2024-06`), or `last 90 days`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from recon.base.calendar import YearNamed
from recon.base.errors import UsageError
from recon.base.periods import Periods

_FORMS = (
    "a day like 2024-06-15, a month like 2024-06, a quarter like 2024-Q2, a year like 2024, a "
    "fiscal year like FY2024 or its quarter FY2024-Q1, a range like 2024-01..2024-06, or 'last 90 "
    "days'"
)
_LAST = re.compile(r"last (\d{1,4}) (day|week|month|quarter|year)s?")
_EARLIEST, _LATEST = 1900, 9000


class Unit(StrEnum):
    """Parts of a calendar, from the finest on."""

    DAY = "day"
    WEEK = "week"
    PERIOD = "period"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Calendar:
    """How years and periods are divided.

    `year_starts` is the first month of a fiscal year, named after the year that it ends in, or
    that it begins in.
    `today` is the last day that `last 90 days` counts.
    """

    today: date
    year_starts: int = 1
    year_named: YearNamed = YearNamed.END
    periods: Periods | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both within, by their name.

    `unit` is that of the whole, None for a range of days.
    """

    first: date
    last: date
    name: str
    unit: Unit | None = None
    periods: Periods | None = None

    @property
    def days(self) -> int:
        """The number of its days."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period before, as long as this one."""
        if self.periods and self.unit is Unit.PERIOD:
            return _of_index(self.periods, self.periods.index(self.first) - 1)
        if months := self._months() or (_MONTHS.get(self.unit, 0) if self.unit else 0):
            return _shifted(self, -months)
        last = self.first - timedelta(days=1)
        return _named(last - timedelta(days=self.days - 1), last)

    def year_before(self) -> Period:
        """The same period a year before."""
        if self.periods and self.unit is Unit.PERIOD:
            # The middle of a period of 52 weeks ago is in the period of the same place.
            middle = self.first + timedelta(days=self.days // 2 - 364)
            return _of_index(self.periods, self.periods.index(middle))
        return _shifted(self, -12)

    def buckets(self, unit: Unit) -> Iterator[Period]:
        """Yield its parts of a unit, cut to its days."""
        start = self.first
        while start <= self.last:
            whole = part(start, unit, self.periods)
            last = min(whole.last, self.last)
            yield Period(start, last, whole.name, unit, self.periods)
            start = last + timedelta(days=1)

    def _months(self) -> int:
        """The number of its months, 0 unless they are whole."""
        if self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return 0
        return _index(self.last) - _index(self.first) + 1


def part(day: date, unit: Unit, periods: Periods | None = None) -> Period:
    """The whole part of a calendar that holds a day."""
    if unit is Unit.PERIOD and periods:
        return _of_index(periods, periods.index(day))
    if unit is Unit.DAY:
        return Period(day, day, str(day), unit)
    if unit is Unit.WEEK:
        first = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return Period(first, first + timedelta(days=6), f"{year}-W{week:02}", unit)
    months = _MONTHS.get(unit, 1)
    start = _index(day) // months * months
    return _months(start, months, unit)


def parse(text: str, calendar: Calendar) -> Period:
    """The period that a text names; raises UsageError."""
    first, dots, last = (part.strip() for part in " ".join(text.split()).partition(".."))
    if not dots:
        return _one(first, calendar)
    begin, end = _one(first, calendar), _one(last, calendar)
    if end.last < begin.first:
        raise UsageError(f"The period {text!r} ends before it begins; write the earlier one first.")
    return Period(begin.first, end.last, f"{begin.name}..{end.name}", None, calendar.periods)


def _one(text: str, calendar: Calendar) -> Period:
    if calendar.periods and (index := calendar.periods.find(text)) is not None:
        return _of_index(calendar.periods, index)
    if found := _LAST.fullmatch(text.lower()):
        return _last(int(found[1]), Unit(found[2]), calendar)
    try:
        return _calendar(text.upper(), calendar)
    except (ValueError, OverflowError):
        pass
    near = f" The fiscal periods near it are {calendar.periods.near(text)}." if (
        calendar.periods
    ) else ""  # fmt: skip
    raise UsageError(f"{text!r} is not a period; write {_FORMS}.{near}")


def _calendar(text: str, calendar: Calendar) -> Period:
    """A day, month, quarter or year; raises ValueError."""
    if found := re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|(\d\d)))?", text):
        year = _year(found[1])
        if found[2]:
            return _months(year * 12 + 3 * int(found[2]) - 3, 3, Unit.QUARTER)
        if found[3]:
            return part(date(year, int(found[3]), 1), Unit.MONTH)
        return _months(year * 12, 12, Unit.YEAR)
    if found := re.fullmatch(r"FY ?(\d{4})(?:-?Q([1-4]))?", text):
        earlier = calendar.year_starts > 1 and calendar.year_named is YearNamed.END
        start = (_year(found[1]) - earlier) * 12 + calendar.year_starts - 1
        if found[2]:
            whole = _months(start + 3 * int(found[2]) - 3, 3, Unit.QUARTER)
        else:
            whole = _months(start, 12, Unit.YEAR)
        return Period(whole.first, whole.last, text.replace(" ", ""), whole.unit)
    day = date.fromisoformat(text)
    _year(str(day.year))
    return part(day, Unit.DAY)


def _year(text: str) -> int:
    year = int(text)
    if not _EARLIEST <= year <= _LATEST:
        raise ValueError(f"{text} is not a year of books")
    return year


def _last(count: int, unit: Unit, calendar: Calendar) -> Period:
    """The last days up to today, or whole months."""
    if not count:
        raise UsageError("A period has at least one day; write 'last 1 day' or more.")
    if unit in (Unit.DAY, Unit.WEEK):
        days = count * (7 if unit is Unit.WEEK else 1)
        return _named(calendar.today - timedelta(days=days - 1), calendar.today)
    months = count * _MONTHS[unit]
    end = _index(calendar.today + timedelta(days=1)) // _MONTHS[unit] * _MONTHS[unit]
    found = _months(end - months, months, None)
    return found if count > 1 else part(found.first, unit)


def _of_index(periods: Periods, index: int) -> Period:
    last = periods.first_day(index + 1) - timedelta(days=1)
    return Period(periods.first_day(index), last, periods.text(index), Unit.PERIOD, periods)


def _named(first: date, last: date) -> Period:
    return Period(first, last, f"{first}..{last}" if first < last else str(first))


def _shifted(period: Period, months: int) -> Period:
    first, last = add_months(period.first, months), add_months(period.last, months)
    if (period.last + timedelta(days=1)).day == 1:  # the end of a month stays one
        last = _first_of(_index(last) + 1) - timedelta(days=1)
    whole = period.unit and part(first, period.unit)
    if whole and (whole.first, whole.last) == (first, last):
        return whole
    return _named(first, last)


def add_months(day: date, months: int) -> date:
    """A day some months later, at most the last one."""
    start = _first_of(_index(day) + months)
    longest = (_first_of(_index(start) + 1) - start).days
    return start.replace(day=min(day.day, longest))


def _months(start: int, count: int, unit: Unit | None) -> Period:
    first, end = _first_of(start), _first_of(start + count)
    names: dict[Unit | None, str] = {
        Unit.MONTH: f"{first:%Y-%m}",
        Unit.QUARTER: f"{first:%Y}-Q{(first.month + 2) // 3}",
        Unit.YEAR: f"{first:%Y}",
    }
    last = end - timedelta(days=1)
    name = names.get(unit, f"{first:%Y-%m}..{last:%Y-%m}")
    return Period(first, last, name, unit)


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)
