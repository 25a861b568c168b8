"""Calendar months: parsing, order, arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from recon.base.errors import MonthError

# A month needs those after it, and no date is later than 9999.
_WRITTEN = re.compile(r"((?!9999)[1-9]\d{3})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month as a number that adds and compares.

    Counted from January of year 0.
    """

    index: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month written as `2024-06`; raises MonthError for anything else."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise MonthError(text)
        return cls(int(found[1]) * 12 + int(found[2]) - 1)

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that holds a day."""
        return cls(day.year * 12 + day.month - 1)

    def __str__(self) -> str:
        return f"{self.index // 12:04d}-{self.index % 12 + 1:02d}"

    def __add__(self, months: int) -> Month:
        return Month(self.index + months)

    def __sub__(self, months: int) -> Month:
        return Month(self.index - months)

    @property
    def name(self) -> str:
        """The month in words, as in `June 2024`."""
        return self.first_day.strftime("%B %Y")

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.index // 12, self.index % 12 + 1, 1)
