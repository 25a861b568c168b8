"""Months: parsing, order, arithmetic; of the calendar, or fiscal periods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from recon.base.errors import MonthError, PeriodError
from recon.base.periods import Periods

# A month needs those after it, and no date is later than 9999.
_WRITTEN = re.compile(r"((?!9999)[1-9]\d{3})-(0[1-9]|1[0-2])")

# Six weeks.
_LONG = 42


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A month as a number that adds and compares.

    Counted from January of year 0. Where there are fiscal `periods`, the number is the ordinal of
    one of them, which is written by its code.
    """

    index: int
    periods: Periods | None = field(default=None, compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, periods: Periods | None = None) -> Month:
        """The month written as `2024-06`, or a period's code.

        Raises MonthError for anything else.
        """
        if periods:
            index = periods.find(text)
            if index is None:
                raise PeriodError(text, periods.near(text))
            return cls(index, periods)
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise MonthError(text)
        return cls(int(found[1]) * 12 + int(found[2]) - 1)

    @classmethod
    def of(cls, day: date, periods: Periods | None = None) -> Month:
        """The month that holds a day."""
        return cls(periods.index(day) if periods else day.year * 12 + day.month - 1, periods)

    def at(self, index: int) -> Month:
        """Another month of the same calendar."""
        return Month(index, self.periods)

    def __str__(self) -> str:
        if self.periods:
            return self.periods.text(self.index)
        return f"{self.index // 12:04d}-{self.index % 12 + 1:02d}"

    def __add__(self, months: int) -> Month:
        return self.at(self.index + months)

    def __sub__(self, months: int) -> Month:
        return self.at(self.index - months)

    @property
    def name(self) -> str:
        """The month in words, as in `June 2024`."""
        return str(self) if self.periods else self.first_day.strftime("%B %Y")

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        if self.periods:
            return self.periods.first_day(self.index)
        return date(self.index // 12, self.index % 12 + 1, 1)

    @property
    def has_long_periods(self) -> bool:
        """Whether some fiscal period is much longer than a month."""
        return self.periods is not None and self.periods.longest > _LONG

    @property
    def is_known(self) -> bool:
        """Whether it is no fiscal period outside the table."""
        return self.periods is None or self.index in self.periods
