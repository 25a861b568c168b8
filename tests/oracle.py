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


def shares(convention: str, start: date, months: int) -> list[Fraction]:
    """Return c(0), c(1) … c(n'): the share of the value that is earned after each month."""
    days_in_first = monthrange(*month_of(start))[1]
    days_left = days_in_first - start.day + 1
    end = term_end(start, months)
    days = (end - start).days + 1
    if convention == "exact_days":
        return [*_by_days(start, end, days), Fraction(1)]
    if convention == "even" or start.day == 1:
        return [Fraction(k, months) for k in range(months + 1)]
    if convention == "prorate_period_rate":
        first = Fraction(days_left, days_in_first)
        return [Fraction(0), *((first + k) / months for k in range(months)), Fraction(1)]
    assert convention == "prorate_day_rate"
    first, last = Fraction(days_left, days), Fraction(end.day, days)
    middle = (1 - first - last) / (months - 1) if months > 1 else Fraction(0)
    return [Fraction(0), *(first + k * middle for k in range(months)), Fraction(1)]


def _by_days(start: date, end: date, days: int) -> list[Fraction]:
    """Return c(0) … c(n' - 1), the days elapsed at each month's start over those of the term."""
    found, first = [Fraction(0)], add_months(start.replace(day=1), 1)
    while first <= end:
        found.append(Fraction((first - start).days, days))
        first = add_months(first, 1)
    return found


def spread(value: Fraction, decimals: int, rounding: str, c: list[Fraction]) -> list[Fraction]:
    """Return the expected revenue of every month of the term."""
    if rounding == "cumulative":
        to_date = [rounded(value * share, decimals) for share in c]
        return [after - before for before, after in pairwise(to_date)]
    alone = [rounded(value * (after - before), decimals) for before, after in pairwise(c)][:-1]
    return [*alone, rounded(value, decimals) - sum(alone)]


@dataclass(frozen=True)
class Line:
    """A contract line as the specification describes it."""

    value: Fraction
    months: int
    start: date
    decimals: int = 2
    convention: str = "even"
    rounding: str = "cumulative"
    close: date | None = None
    periods: list[Fraction] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        c = shares(self.convention, self.start, self.months)
        object.__setattr__(self, "periods", spread(self.value, self.decimals, self.rounding, c))

    @property
    def close_month(self) -> tuple[int, int]:
        """Return the last active month: the close date truncates the term and never extends it."""
        end = month_of(term_end(self.start, self.months))
        return min(month_of(self.close), end) if self.close else end

    def expected(self, month: tuple[int, int]) -> Fraction:
        """Return what the line should recognize in a month, 0 outside its active months."""
        if not month_of(self.start) <= month <= self.close_month:
            return Fraction(0)
        k = (month[0] - self.start.year) * 12 + month[1] - self.start.month
        return self.periods[k] if k < len(self.periods) else Fraction(0)

    def to_date(self, month: tuple[int, int]) -> Fraction:
        """Return what the line should have recognized up to and including a month."""
        months = (month_after(self.start, k) for k in range(len(self.periods)))
        return sum((self.expected(m) for m in months if m <= month), Fraction(0))

    @property
    def remainder(self) -> Fraction:
        """Return what a line that closes early leaves unrecognized."""
        return rounded(self.value, self.decimals) - self.to_date(self.close_month)


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
