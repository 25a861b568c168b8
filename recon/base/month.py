"""Months: parsing, order, arithmetic; of the calendar, or fiscal periods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from recon.base.errors import MonthError, PeriodError
from recon.base.periods import Periods

# A month needs those after it, and no date is later than 9999.
_WRITTEN = re.compile(r"((?!9999)[1-9]\d{3})-(0[1-9]|1[0-2])")

# As people write it: 2024-6, 2024/06, 202406, 6/2024, June 2024, Jun 2024, 2024 June.
_NUMBERS = re.compile(r"(\d{4})[-/. ](\d{1,2})|(\d{4})(\d\d)|(\d{1,2})[-/. ](\d{4})")
_WORDS = re.compile(r"([a-z]{3,9})\.?[- ,]+(\d{4})|(\d{4})[- ,]+([a-z]{3,9})\.?", re.IGNORECASE)
_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip

# Six weeks.
_LONG = 42


def as_written(text: str) -> str:
    """A month in people's words as `2024-06`, else the text."""
    if found := _NUMBERS.fullmatch(text.strip()):
        first, second = (part for part in found.groups() if part)
        year, number = (first, second) if len(first) > len(second) else (second, first)
        return f"{year}-{int(number):02d}"
    if found := _WORDS.fullmatch(text.strip()):
        word, year = (found[1], found[2]) if found[1] else (found[4], found[3])
        numbers = [n for n, name in enumerate(_NAMES, 1) if _is_name(word.lower(), name)]
        return f"{year}-{numbers[0]:02d}" if numbers else text
    return text


def _is_name(word: str, name: str) -> bool:
    """Whether a word is a month's name, short or whole."""
    return word in (name, name[:3], name[:4] if name == "september" else name)


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
