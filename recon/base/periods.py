"""Fiscal periods: a table instead of calendar months.

A period's ordinal plays the role of a month's index (see `recon.base.month`): it goes up by one a
period, and the first has the index of the calendar month that begins nearest to it. Days outside
the table fall into calendar months, which go on from its ends, so that every day has an ordinal.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import pairwise

SETTING = "[calendar] periods"
COLUMNS = ("code", "first_day", "last_day")
# A code names folders and files, on Windows too, and stands in cells; `..` is a range of months.
_CODE = re.compile(r"\w(?:(?:[\w -]|\.(?!\.))*[\w-])?")
_MOST_CHARACTERS = 40
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 366
_NEAREST = 15
# More mistakes than these are of one kind.
_MOST_MISTAKES = 20

# A code, and its first and last day.
Row = tuple[str, date, date]


class PeriodMistakes(ValueError):
    """The mistakes of a table of periods, each a sentence."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        more = len(mistakes) - _MOST_MISTAKES
        self.mistakes = (*mistakes[:_MOST_MISTAKES], *([f"and {more:,} more"] if more > 0 else []))
        super().__init__("; ".join(self.mistakes))


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods in order, each beginning where the last one ends.

    `end` is the day after the last period.
    """

    codes: tuple[str, ...]
    starts: tuple[date, ...]
    end: date

    @classmethod
    def of(cls, rows: Iterable[Row], places: Sequence[str] = ()) -> Periods:
        """The periods of rows; raises PeriodMistakes.

        `places` name the rows in mistakes; without them they are counted.
        """
        listed = [(" ".join(code.split()), first, last) for code, first, last in rows]
        named = places or [f"row {number}" for number in range(1, len(listed) + 1)]
        if mistakes := [f"{named[at]}: {what}" for at, what in _mistakes(listed)]:
            raise PeriodMistakes(mistakes)
        if not listed:
            raise PeriodMistakes(["there are no periods"])
        codes, starts, _ = zip(*listed, strict=True)
        return cls(codes, starts, listed[-1][2] + timedelta(days=1))

    @property
    def first(self) -> int:
        """The ordinal of the first period."""
        return _months(_nearest(self.starts[0]))

    @property
    def last(self) -> int:
        """The ordinal of the last period."""
        return self.first + len(self.codes) - 1

    @property
    def longest(self) -> int:
        """The days of the longest period."""
        return max((end - start).days for start, end in pairwise((*self.starts, self.end)))

    @property
    def after(self) -> date:
        """The first of the calendar month nearest to the end."""
        return _nearest(self.end)

    @property
    def before(self) -> date:
        """The first of the calendar month nearest to the start."""
        return _nearest(self.starts[0])

    def __contains__(self, index: int) -> bool:
        return self.first <= index <= self.last

    def find(self, code: str) -> int | None:
        """The ordinal of a code however spelled, or None."""
        wanted = folded(code)
        return next(
            (self.first + at for at, known in enumerate(self.codes) if folded(known) == wanted),
            None,
        )

    def index(self, day: date) -> int:
        """The ordinal of a day."""
        if day < self.starts[0]:
            return self.first - 1 - max(0, _months(self.before) - _months(day) - 1)
        if day >= self.end:
            return self.last + 1 + max(0, _months(day) - _months(self.after))
        return self.first + bisect_right(self.starts, day) - 1

    def first_day(self, index: int) -> date:
        """The first day of an ordinal."""
        if index < self.first:
            return _first_of(_months(self.before) - (self.first - index))
        if index <= self.last:
            return self.starts[index - self.first]
        beyond = index - self.last - 1
        return _first_of(_months(self.after) + beyond) if beyond else self.end

    def text(self, index: int) -> str:
        """An ordinal's code; outside the table, its calendar month."""
        if index in self:
            return self.codes[index - self.first]
        beyond = index - self.last - 1
        month = _months(self.after) + beyond if beyond >= 0 else index
        return f"{month // 12:04d}-{month % 12 + 1:02d}"

    def described(self, index: int) -> str:
        """The code of a period with its days."""
        last = self.first_day(index + 1) - timedelta(days=1)
        return f"{self.text(index)} ({self.first_day(index)} to {last})"

    def near(self, text: str) -> str:
        """The periods that a text may mean, with their days."""
        written = re.fullmatch(r"\s*(\d{4})-?(0[1-9]|1[0-2])(?:-?\d\d)?\s*", text)
        if written and int(written[1]):
            month = int(written[1]) * 12 + int(written[2]) - 1
            span = range(self.index(_first_of(month)), self.index(_first_of(month + 1)) + 1)
            meant = [index for index in span if self._mostly(index) == month]
        else:
            known = {folded(code): self.first + at for at, code in enumerate(self.codes)}
            meant = [known[code] for code in get_close_matches(folded(text), known, 3)]
        found = [index for index in meant if index in self]
        if found:
            return ", ".join(map(self.described, found))
        return f"{self.described(self.first)} is the first, {self.described(self.last)} the last"

    def _mostly(self, index: int) -> int:
        """The calendar month that has the middle of a period."""
        start, end = self.first_day(index), self.first_day(index + 1)
        return _months(start + (end - start) / 2)

    def table(self) -> list[list[str]]:
        """The rows as plain values, as `of_table` reads them."""
        ends = (*self.starts[1:], self.end)
        return [
            [code, str(first), str(end - timedelta(days=1))]
            for code, first, end in zip(self.codes, self.starts, ends, strict=True)
        ]

    @classmethod
    def of_table(cls, table: Sequence[Sequence[str]] | None) -> Periods | None:
        """The periods of plain values, None for none."""
        if not table:
            return None
        return cls.of((code, day_of(first), day_of(last)) for code, first, last in table)


def folded(code: str) -> str:
    """A code as it is compared: trimmed, in small letters."""
    return " ".join(code.split()).lower()


GAP = "in no period"


def _mistakes(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """Yield the mistakes of rows, each with the row's place."""
    seen: dict[str, int] = {}
    for at, (code, first, last) in enumerate(rows):
        if what := _code_mistake(code):
            yield at, what
        elif folded(code) in seen:
            yield at, f"the code {code!r} is there before"
        seen.setdefault(folded(code), at)
        if last < first:
            yield at, f"{code} ends on {last}, before it begins on {first}"
        elif (last - first).days >= _LONGEST:
            yield at, f"{code} is {(last - first).days + 1:,} days long, from {first} to {last}"
        elif at:
            yield from _joint(at, rows[at - 1], rows[at])


def _joint(at: int, before: Row, row: Row) -> Iterator[tuple[int, str]]:
    """Yield the mistake where two rows do not join."""
    (earlier, began, ended), (code, first, _) = before, row
    if ended < began:
        return
    if first < began:
        yield at, f"{code} begins on {first}, before {earlier} above it; put the rows in order"
    elif first <= ended:
        yield at, f"{code} begins on {first}, but {earlier} ends on {ended}: they overlap"
    elif (left := (first - ended).days - 1) > 0:
        days = "1 day is" if left == 1 else f"{left:,} days are"
        yield at, f"{code} begins on {first}, but {earlier} ends on {ended}: {days} {GAP}"


def _code_mistake(code: str) -> str:
    """The reason why a text is no code, or ''."""
    if not code:
        return "the code is missing"
    if len(code) > _MOST_CHARACTERS:
        return f"the code {code!r} has more than {_MOST_CHARACTERS} characters"
    if not _CODE.fullmatch(code):
        return (
            f"the code {code!r} cannot name a folder; begin with a letter or a digit, and use "
            "only these, blanks, - _ and single dots"
        )
    if _DEVICES.fullmatch(code.lower()):
        return f"the code {code!r} names a device of Windows, and no folder can have it"
    return ""


def day_of(text: str) -> date:
    """The day that is written 2024-12-25; raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"{text!r} is not a day like 2024-12-25")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar") from None
    if not 1900 <= found.year <= 9000:  # noqa: PLR2004 - books are kept then, and months follow
        raise ValueError(f"{text!r} is not a day of the years 1900 to 9000")
    return found


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _nearest(day: date) -> date:
    """The first of a month nearest to a day."""
    return (day + timedelta(days=_NEAREST)).replace(day=1)
