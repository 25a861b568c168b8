"""The calendar: when months close, and which is due.

Pure: no clock and no file is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count

from recon.base.month import Month, as_written
from recon.base.periods import Periods

_SATURDAY = 5
# Words for months beside that of a moment.
_BESIDE = {"last": -1, "this": 0}


class YearNamed(StrEnum):
    """The end that gives a fiscal year its number."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When months close, and which is the first one.

    `close_day` counts the business days of the following month; weekends and `holidays` are none.
    Days are those of `time_zone`, without one those of this machine. `start` is the first month
    that recon answers for; without it the runs decide (see `due`). `ready_from` is the share, in
    millionths, of what is usually posted by the same day below which a month is provisional. Where
    there are fiscal `periods`, these are the months. A fiscal year begins with the month
    `fiscal_year_starts`, and has the number of the year in which it ends, unless
    `fiscal_year_named` is that in which it begins.
    """

    time_zone: str | None = None
    close_day: int = 3
    holidays: frozenset[date] = frozenset()
    start: Month | None = None
    ready_from: int = 900_000
    periods: Periods | None = None
    fiscal_year_starts: int = 1
    fiscal_year_named: YearNamed = YearNamed.END

    def month(self, text: str, moment: datetime | None = None) -> Month:
        """The month that a text means; raises MonthError.

        It may be written as people do, like June 2024, and be the `last` or `this` one of a moment.
        """
        if moment and (word := text.strip().casefold()) in _BESIDE:
            return self.month_of(self.day(moment)) + _BESIDE[word]
        return Month.parse(text if self.periods else as_written(text), self.periods)

    def month_of(self, day: date) -> Month:
        """The month that holds a day."""
        return Month.of(day, self.periods)

    def day(self, moment: datetime) -> date:
        """The day on which a moment falls here."""
        return self.here(moment).date()

    def here(self, moment: datetime) -> datetime:
        """A moment in the calendar's zone, else in the machine's."""
        if self.time_zone is None:
            return moment.astimezone()
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(self.time_zone))

    def last_month(self, moment: datetime) -> Month:
        """The month before that of a moment."""
        return self.month_of(self.day(moment)) - 1

    def is_business_day(self, day: date) -> bool:
        """Whether people work on a day."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def closed_from(self, month: Month) -> date:
        """The day from which a month's books are closed."""
        first = (month + 1).first_day
        days = (first + timedelta(days=offset) for offset in count())
        business_days = (day for day in days if self.is_business_day(day))
        return next(day for number, day in enumerate(business_days, 1) if number == self.close_day)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A month that was run or signed off, and when.

    `provisional` is a run that found the books not full.
    """

    month: Month
    day: date
    signed_off: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The month to run today, or None, and why.

    `gaps` are the closed months without a run of which a later one has one; `left` counts the
    months that are due after this one. `next_month` is the first that is not closed yet, due from
    `next_day`.
    """

    month: Month | None
    reason: str
    next_month: Month
    next_day: date
    gaps: tuple[Month, ...] = ()
    left: int = 0


def due(today: date, calendar: Calendar, recorded: Sequence[Recorded]) -> Due:
    """The earliest closed month that has no run or sign-off.

    A run counts from the day on which the books closed; a look at a month before that does not.
    Months count from the calendar's `start`; without one from the month before the first run, or
    the earliest month that was run; without any run only the one that has just ended does.
    """
    done = {item.month: item for item in recorded if _counts(item, calendar)}
    first = _first(today, calendar, recorded)
    following = _until(lambda month: calendar.closed_from(month) > today, first)
    missing = _missing(first, following, done)
    latest = max((month for month in done if month < following), default=first)
    coming = _until(lambda month: month not in done, following)
    month = missing[0] if missing else None
    return Due(
        month=month,
        reason=(
            _why_due(month, calendar, latest)
            if month
            else _why_not(done.get(following - 1), following)
        ),
        next_month=coming,
        next_day=calendar.closed_from(coming),
        gaps=tuple(item for item in missing if item < latest),
        left=max(len(missing) - 1, 0),
    )


def _missing(first: Month, end: Month, done: Mapping[Month, Recorded]) -> list[Month]:
    """The closed months without a run.

    Of those after the last fiscal period it is the first alone, where nothing else is due.
    """
    missing = [month for month in _range(first, end) if month not in done]
    return [month for month in missing if month.is_known] or missing[:1]


def _counts(item: Recorded, calendar: Calendar) -> bool:
    return item.signed_off or item.day >= calendar.closed_from(item.month)


def _first(today: date, calendar: Calendar, recorded: Iterable[Recorded]) -> Month:
    """The first month that recon answers for."""
    if calendar.start:
        return calendar.start
    runs = list(recorded)
    first_day = min((item.day for item in runs), default=today)
    first = calendar.month_of(first_day) - 1
    first = min([first, *(first.at(item.month.index) for item in runs)])
    return max(first, first.at(calendar.periods.first)) if calendar.periods else first


def _until(wanted: Callable[[Month], bool], first: Month) -> Month:
    return next(month for step in count() if wanted(month := first + step))


def _range(first: Month, end: Month) -> Iterator[Month]:
    return (first.at(index) for index in range(first.index, end.index))


def _why_due(month: Month, calendar: Calendar, latest: Month) -> str:
    closed = f"its books have counted as closed since {calendar.closed_from(month)}"
    if month < latest:
        return f"{month} is due: it has no run, though {latest} has one; {closed}."
    return f"{month} is due: {closed}."


def _why_not(last: Recorded | None, following: Month) -> str:
    if last is None:
        return f"Nothing is due: the books of {following} are still open."
    what = "signed off" if last.signed_off else "run"
    early = (
        ", before its books were complete; run it again once they are" if last.provisional else ""
    )
    return f"Nothing is due: {last.month} was {what} on {last.day}{early}."
