"""How values in text are written: amounts, dates, or words.

Pure: texts in, their notation out. An amount or a date that could mean two things is never decided
by habit; only another value of the same side proves how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from recon.setup.init.schema import Column, Family
from recon.sources.notation import SIGNS

# What recon reads without a date format.
NATIVE = re.compile(r"(19|[2-9]\d)\d\d-?(0[1-9]|1[0-2])(-?(0[1-9]|[12]\d|3[01])([ T]\d\d:.*)?)?")
_DAYS = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%y", "%m/%d/%y",
    "%d/%m/%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", ", %I:%M %p", " %I:%M %p", ", %H:%M")
_MONTHS = ("%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%m/%Y", "%m.%Y", "%m-%Y", "%Y/%m")
FORMATS = (*(day + time for time in _TIMES for day in _DAYS), *_MONTHS)
# A few values do not tell more than these.
_ENOUGH = 300
# One in so many may be something else, such as a remark.
_STRAY = 20

_MARK = rf"[{''.join(SIGNS)}]|[A-Z]{{3}}|[Uu][Ss]\$"
_BARE = re.compile(
    r"\d{1,3}(?:[.,'’ \u00a0\u2007\u2009\u202f]\d{3})+(?:[.,]\d*)?|\d+(?:[.,]\d*)?|[.,]\d+"
)
_AROUND = re.compile(
    rf"^[\s(+\-\u2212]*(?:{_MARK})?[\s(+\-\u2212]*|[\s)\-\u2212]*(?:{_MARK})?[\s)\-\u2212]*$"
)
_SIDE_MARK = re.compile(r"\s*\b(CR|DR|Cr|Dr)\.?$")
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as written: without signs, and whether negative."""

    text: str
    bare: str
    negative: bool
    mark: str

    def value(self, decimal: str) -> Decimal:
        """Its value, with this decimal separator."""
        kept = "".join(letter for letter in self.bare if letter.isdigit() or letter == decimal)
        return Decimal(kept.replace(",", ".").strip(".") or "0") * (-1 if self.negative else 1)

    @property
    def proves(self) -> str:
        """The decimal separator that it proves, or ''."""
        marks = [letter for letter in self.bare if letter in ".,"]
        if not marks or _DOUBTFUL.fullmatch(self.bare):
            return ""
        last = marks[-1]
        if len(set(marks)) == 1 and len(marks) > 1:
            return "," if last == "." else "."
        return last


def amount(text: str) -> Amount | None:
    """A text as an amount, None where it is none."""
    side = _SIDE_MARK.search(text)
    core = _SIDE_MARK.sub("", text)
    bare = _AROUND.sub("", core)
    if not _BARE.fullmatch(bare):
        return None
    mark = re.search(_MARK, core)
    return Amount(
        text, bare, bool(re.search(r"[(\-\u2212]", core)),
        side[1].upper() if side else mark[0] if mark else "",
    )  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A column's filled cells, and how they are written."""

    name: str
    texts: tuple[str, ...]

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Different texts, in their order."""
        return tuple(dict.fromkeys(self.texts))

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        """The amounts, none where it is no column of amounts."""
        found = [amount(text) for text in self.texts]
        read = tuple(each for each in found if each)
        return read if read and len(read) * _STRAY >= len(found) * (_STRAY - 1) else ()

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """The formats that read its dates; '' is recon's own."""
        texts = self.distinct[:_ENOUGH]
        if not texts:
            return ()
        if _mostly(texts, lambda text: bool(NATIVE.fullmatch(text))):
            return ("",)
        begun = [form for form in FORMATS if any(day(text, form) for text in texts[:3])]
        return tuple(
            form for form in begun if _mostly(texts, lambda text, form=form: day(text, form))
        )

    @property
    def family(self) -> Family:
        """The family of types that it belongs to."""
        if not self.texts:
            return Family.OTHER
        if all(re.fullmatch(r"[+-]?\d{1,18}", text) for text in self.texts):
            return Family.INTEGER
        if self.formats:
            return Family.DATE
        return Family.DECIMAL if self.amounts else Family.TEXT

    @property
    def column(self) -> Column:
        """The column as a table's."""
        kinds = {Family.DECIMAL: "amount", Family.INTEGER: "whole number", Family.OTHER: "blank"}
        return Column(self.name, kinds.get(self.family, self.family.value), self.family)


def profiles(header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, Profile]:
    """The profile of each column, by name."""
    columns: list[list[str]] = [[] for _ in header]
    for row in rows:
        for cells, cell in zip(columns, row, strict=True):
            if cell:
                cells.append(cell)
    return {name: Profile(name, tuple(cells)) for name, cells in zip(header, columns, strict=True)}


def day(text: str, form: str) -> date | None:
    """The day of a text; '' is recon's own format."""
    if not form:
        found = NATIVE.fullmatch(text)
        digits = re.sub(r"\D", "", text[:10]) if found else ""
        try:
            return datetime.strptime((digits + "01")[:8], "%Y%m%d").date() if digits else None
        except ValueError:
            return None
    try:
        return datetime.strptime(text, form).date()
    except ValueError:
        return None


def decimal_of(columns: Iterable[Profile]) -> tuple[str | None, tuple[str, ...]]:
    """The decimal separator, and texts that could mean two numbers.

    None and no text where there is no separator at all; None and some where nothing, or two things,
    are proved.
    """
    amounts = [each for column in columns for each in column.amounts]
    proved = {each.proves for each in amounts} - {""}
    doubtful = [each.text for each in amounts if _DOUBTFUL.fullmatch(each.bare)]
    if len(proved) == 1:
        return proved.pop(), ()
    if proved:
        texts = [next(a.text for a in amounts if a.proves == mark) for mark in sorted(proved)]
        return None, tuple(texts)
    return None, tuple(dict.fromkeys(doubtful))[:2]


def format_of(columns: Iterable[Profile]) -> tuple[str, ...]:
    """The formats that read all columns of dates, if any.

    Columns that recon reads by itself need none: they allow any.
    """
    own = [column.formats for column in columns if column.formats and column.formats != ("",)]
    if not own:
        return ("",)
    return tuple(form for form in own[0] if all(form in each for each in own))


def _mostly(texts: Sequence[str], holds: object) -> bool:
    assert callable(holds)  # noqa: S101 - for the types alone
    return sum(not holds(text) for text in texts) * _STRAY <= len(texts)
