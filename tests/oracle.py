"""The specification once more, in fractions: what the core is measured against.

Written from sections 1 to 4 of the specification alone, slowly and plainly; nothing of the
core is used. Amounts are Fractions of the currency unit.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor


def rounded(amount: Fraction, decimals: int) -> Fraction:
    """Return an amount in whole minor units, half away from zero."""
    scale = 10**decimals
    whole = floor(abs(amount) * scale + Fraction(1, 2))
    return Fraction(whole if amount >= 0 else -whole, scale)


def add_months(day: date, months: int) -> date:
    """Return the day some months later, clamped to the end of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def term_end(start: date, months: int) -> date:
    """Return the last day of a term."""
    return add_months(start, months) - timedelta(days=1)


def month_of(day: date) -> tuple[int, int]:
    """Return year and month of a day; they compare in order."""
    return day.year, day.month


def month_after(start: date, k: int) -> tuple[int, int]:
    """Return the month k months after the one of a day."""
    return month_of(add_months(start.replace(day=1), k))


def day_360(day: date) -> int:
    """Return a day's number in years of 360 days."""
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def last_day(day: date) -> date:
    """Return the last day of a day's month."""
    return add_months(day.replace(day=1), 1) - timedelta(days=1)


def last_day_360(day: date) -> int:
    """Return the number of a day on which something ends: the last of February is the 30th."""
    is_last_of_february = day.month == 2 and day == last_day(day)
    return day_360(day) + (30 - day.day if is_last_of_february else 0)


def days_up_to(convention: str, start: date, end: date) -> int:
    """Return the days from one day to another, both counted, 0 where there are none."""
    if end < start:
        return 0
    if convention == "days_360":
        return last_day_360(end) - day_360(start) + 1
    return (end - start).days + 1


def shares(convention: str, start: date, months: int, start_rule: str = "full") -> list[Fraction]:
    """Return c(0), c(1) … c(n'): the share of the value that is earned after each month."""
    days_in_first = monthrange(*month_of(start))[1]
    days_left = days_in_first - start.day + 1
    end = term_end(start, months)
    days = (end - start).days + 1
    if convention in ("exact_days", "days_360"):
        whole = 30 * months if convention == "days_360" else days
        return [*_by_days(convention, start, end, whole), Fraction(1)]
    if convention == "even" and start_rule == "half":
        half = Fraction(1, 2 * months)
        return [Fraction(0), *(half + Fraction(k, months) for k in range(months)), Fraction(1)]
    if convention == "even" or start.day == 1:
        return [Fraction(k, months) for k in range(months + 1)]
    if convention == "prorate_period_rate":
        first = Fraction(days_left, days_in_first)
        return [Fraction(0), *((first + k) / months for k in range(months)), Fraction(1)]
    assert convention == "prorate_day_rate"
    first, last = Fraction(days_left, days), Fraction(end.day, days)
    middle = (1 - first - last) / (months - 1) if months > 1 else Fraction(0)
    return [Fraction(0), *(first + k * middle for k in range(months)), Fraction(1)]


def _by_days(convention: str, start: date, end: date, days: int) -> list[Fraction]:
    """Return c(0) … c(n' - 1), the days up to each month's start over those of the term."""
    found, first = [Fraction(0)], add_months(start.replace(day=1), 1)
    while first <= end:
        elapsed = days_up_to(convention, start, first - timedelta(days=1))
        found.append(Fraction(elapsed, days))
        first = add_months(first, 1)
    return found


def stop_share(convention: str, stop_rule: str, start: date, end: date, stop: date) -> Fraction:
    """Return how much of its part the month counts in which a line stops before its end."""
    if convention == "even" and (stop_rule == "full" or stop == last_day(stop)):
        return Fraction(1)
    if convention == "even" and stop_rule == "none":
        return Fraction(0)
    first = max(start, stop.replace(day=1))
    if convention == "even":
        return Fraction(days_up_to(convention, first, stop), last_day(stop).day)
    inside = days_up_to(convention, first, min(end, last_day(stop)))
    return Fraction(days_up_to(convention, first, stop), inside)


def spread(value: Fraction, decimals: int, rounding: str, c: list[Fraction]) -> list[Fraction]:
    """Return the expected revenue of every month of the term, up to where c ends."""
    if rounding == "cumulative":
        to_date = [rounded(value * share, decimals) for share in c]
        return [after - before for before, after in pairwise(to_date)]
    alone = [rounded(value * (after - before), decimals) for before, after in pairwise(c)]
    if c[-1] == 1:
        alone[-1] = rounded(value, decimals) - sum(alone[:-1])
    return alone


@dataclass(frozen=True)
class Line:
    """A contract line as the specification describes it; it closes or is terminated on `close`."""

    value: Fraction
    months: int
    start: date
    decimals: int = 2
    convention: str = "even"
    rounding: str = "cumulative"
    close: date | None = None
    start_rule: str = "full"
    stop_rule: str = "full"
    periods: list[Fraction] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        c = self._stopped(shares(self.convention, self.start, self.months, self.start_rule))
        object.__setattr__(self, "periods", spread(self.value, self.decimals, self.rounding, c))

    def _stopped(self, c: list[Fraction]) -> list[Fraction]:
        """Return the shares up to the month in which the line stops before its end."""
        end = term_end(self.start, self.months)
        if self.close is None or self.close >= end:
            return c
        k = self._month_number(month_of(self.close))
        if k < 0 or k + 1 >= len(c):
            return c[:1] if k < 0 else c
        share = stop_share(self.convention, self.stop_rule, self.start, end, self.close)
        return [*c[: k + 1], c[k] + (c[k + 1] - c[k]) * share]

    @property
    def first_month(self) -> tuple[int, int]:
        """Return the first active month."""
        later = self.convention == "even" and self.start_rule == "rule_of_15"
        return month_after(self.start, 1 if later and self.start.day > 15 else 0)

    def _month_number(self, month: tuple[int, int]) -> int:
        """Return how many months after the first active one a month is."""
        return (month[0] - self.first_month[0]) * 12 + month[1] - self.first_month[1]

    @property
    def close_month(self) -> tuple[int, int]:
        """Return the last active month: the close date truncates the term and never extends it."""
        end = term_end(self.start, self.months)
        if self.close and self.close < end:
            return month_of(self.close)
        if self.convention == "even" and self.start_rule == "half":
            return month_after(self.start, self.months)
        return month_of(end)

    def expected(self, month: tuple[int, int]) -> Fraction:
        """Return what the line should recognize in a month, 0 outside its active months."""
        k = self._month_number(month)
        return self.periods[k] if 0 <= k < len(self.periods) else Fraction(0)

    def to_date(self, month: tuple[int, int]) -> Fraction:
        """Return what the line should have recognized up to and including a month."""
        return sum(self.periods[: max(self._month_number(month) + 1, 0)], Fraction(0))

    @property
    def remainder(self) -> Fraction:
        """Return what a line that closes early leaves unrecognized."""
        return rounded(self.value, self.decimals) - self.to_date(self.close_month)


@dataclass(frozen=True)
class FiscalLine:
    """A contract line where `table` has fiscal periods, each a first and a last day.

    A period is known by its place in the table. Where periods are counted, n months are n of them,
    and the term ends with the last one (or, prorated, so many days into the one after it); where
    days are, it ends as on the calendar. To close on the calendar's end is no early close.
    """

    value: Fraction
    months: int
    start: date
    table: list[tuple[date, date]] = field(repr=False)
    decimals: int = 2
    convention: str = "even"
    rounding: str = "cumulative"
    close: date | None = None
    start_rule: str = "full"
    stop_rule: str = "full"
    periods: list[Fraction] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        c = [self._share(k) for k in range(self.last - self.first + 1)]
        amounts = spread(self.value, self.decimals, self.rounding, [Fraction(0), *c])
        object.__setattr__(self, "periods", amounts)

    def place(self, day: date) -> int:
        """Return the place of the period that holds a day."""
        return next(at for at, (first, last) in enumerate(self.table) if first <= day <= last)

    @property
    def first(self) -> int:
        """Return the place of the first active period."""
        at = self.place(self.start)
        late = (self.start - self.table[at][0]).days + 1 > 15
        return at + (self.convention == "even" and self.start_rule == "rule_of_15" and late)

    @property
    def by_days(self) -> bool:
        """Return whether the convention counts days and not periods."""
        return self.convention in ("exact_days", "days_360")

    @property
    def end(self) -> date:
        """Return the last day of the term."""
        if self.by_days:
            return term_end(self.start, self.months)
        if self.convention == "even":
            return self.table[self.first + self.months - 1][1]
        begun, after = self.table[self.place(self.start)], self.table[self.first + self.months]
        return min(after[0] + (self.start - begun[0]), after[1]) - timedelta(days=1)

    @property
    def stop(self) -> date | None:
        """Return the day on which the line stops before its term's end."""
        calendar = term_end(self.start, self.months)
        if self.close in (None, calendar, calendar + timedelta(days=1)):
            return None
        assert self.close is not None
        return self.close if self.close < self.end else None

    @property
    def last(self) -> int:
        """Return the place of the last active period."""
        if self.stop:
            return self.place(self.stop)
        half = self.convention == "even" and self.start_rule == "half"
        return self.place(self.end) + half

    def _share(self, k: int) -> Fraction:
        """Return how much of the value has been earned after the period k after the first."""
        at = self.first + k
        if not self.stop or at < self.place(self.stop):
            return self._whole(at)
        days, inside = self.stop, min(self.table[at][1], self.end)
        if self.by_days:
            return Fraction(self._days(self.stop), self._days(self.end, whole=True))
        before = self._whole(at - 1) if k else Fraction(0)
        part, begun = self._whole(at) - before, max(self.table[at][0], self.start)
        if self.convention == "even":
            if self.stop_rule == "full" or days == self.table[at][1]:
                return before + part
            length = (self.table[at][1] - self.table[at][0]).days + 1
            counted = (days - begun).days + 1 if self.stop_rule == "days" else 0
            return before + part * Fraction(counted, length)
        return before + part * Fraction((days - begun).days + 1, (inside - begun).days + 1)

    def _days(self, until: date, whole: bool = False) -> int:
        if whole and self.convention == "days_360":
            return 30 * self.months
        return days_up_to(self.convention, self.start, until)

    def _whole(self, at: int) -> Fraction:
        """Return how much has been earned after a period that no stop cuts."""
        last, k = self.table[at][1], at - self.first
        if last >= self.end and not (self.convention == "even" and self.start_rule == "half"):
            return Fraction(1)
        if self.by_days:
            return Fraction(self._days(last), self._days(self.end, whole=True))
        n, begun = self.months, self.table[self.first]
        if self.convention == "even":
            half = Fraction(1, 2) if self.start_rule == "half" else 0
            return min(Fraction(k + 1 - half) / n, Fraction(1))
        length, left = (begun[1] - begun[0]).days + 1, (begun[1] - self.start).days + 1
        if self.start == begun[0]:
            return Fraction(k + 1, n)
        if self.convention == "prorate_period_rate":
            return (Fraction(left, length) + k) / n
        days = (self.end - self.start).days + 1
        rest = (self.end - self.table[self.place(self.end)][0]).days + 1
        middle = (1 - Fraction(left + rest, days)) / (n - 1) if n > 1 else Fraction(0)
        return Fraction(left, days) + k * middle

    def expected(self, at: int) -> Fraction:
        """Return what the line should recognize in a period, 0 outside its active ones."""
        k = at - self.first
        return self.periods[k] if 0 <= k < len(self.periods) else Fraction(0)

    def to_date(self, at: int) -> Fraction:
        """Return what the line should have recognized up to and including a period."""
        return sum(self.periods[: max(at - self.first + 1, 0)], Fraction(0))


def allowed(
    expected: Fraction,
    months: int,
    decimals: int,
    tolerance: Fraction,
    floor_: Fraction | None = None,
    cap: Fraction | None = None,
) -> Fraction:
    """Return how far recognized may be from expected."""
    unit = Fraction(1, 10**decimals)
    rounding_alone = Fraction(months + 1) // 2 * unit
    found = max(tolerance * abs(expected), rounding_alone, unit if floor_ is None else floor_)
    return found if cap is None else min(found, cap)


def status(expected: Fraction, recognized: Fraction, entries: int, within: Fraction) -> str:
    """Return the one status of a line."""
    difference = recognized - expected
    if difference == 0:
        return "matched"
    if abs(difference) <= within:
        return "within_tolerance"
    if expected == 0:
        return "not_expected"
    if entries == 0:
        return "not_recognized"
    return "over_recognized" if difference > 0 else "under_recognized"
