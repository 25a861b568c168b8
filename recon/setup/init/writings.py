"""How values in text are written: amounts, dates, or words.

Pure: texts in, their notation out. An amount or a date that could mean two things is never decided
by habit; only another value of the same side proves how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from recon.setup.init.schema import Column, Family
from recon.store.amount_notations import INDIAN, MARK
from recon.store.day_notations import ORDERS, in_order, is_open, kinds

_ISO = re.compile(r"(19|[2-9]\d)\d\d-?(0[1-9]|1[0-2])(-?(0[1-9]|[12]\d|3[01])([ T]\d\d:.*)?)?")
# The amounts 5.1234 and 1200.5 are no months; 06.2024 is one.
_NO_MONTH = re.compile(r"(?!(0?[1-9]|1[0-2])\.(19|20)\d\d$)\d+\.\d+")
_FORMATS = ("%d.%m.%Y", "%d.%m.%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y",
            "%B %d, %Y", "%Y/%m/%d")  # fmt: skip
# LCY is none, and neither is VAT.
CURRENCIES = frozenset(
    "AED AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD JPY"
    " KES KRW KWD MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON SAR SEK SGD THB TND TRY TWD UAH"
    " USD VND ZAR".split()
)
# From 1982 to 2064.
_SERIAL = re.compile(r"[3-5]\d{4}(?:\.\d+)?")
# FY24-P03, 2024-P03, P03-2024, 2024M03, 003/2024, 2024003.
_FISCAL = re.compile(
    r"(FY|GJ)?[-_ ]?(\d{4}|\d{2})[-_/. ]?[PMW][-_ ]?\d{1,2}|[PM]\d{1,2}[-_/. ]?(FY)?(\d{4}|\d{2})"
    r"|FY[-_ ]?(\d{4}|\d{2})[-_/. ]\d{1,2}|0\d\d[-_/. ]?(19|20)\d\d|(19|20)\d\d[-_/. ]?0\d\d",
    re.IGNORECASE,
)
# A few values do not tell more than these.
_ENOUGH = 300
# A column is of a kind where so many in ten of its texts are; the others will be invalid rows.
_MOST = 6

_BARE = re.compile(
    rf"{INDIAN}|"
    r"\d{1,3}(?:[.,'’ \u00a0\u2007\u2009\u202f]\d{3})+(?:[.,]\d*)?|\d+(?:[.,]\d*)?|[.,]\d+"
)
_AROUND = re.compile(
    rf"^[\s(+\-\u2212]*{MARK}?[\s(+\-\u2212]*|[\s)\-\u2212]*{MARK}?[\s)\-\u2212]*$"
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
    mark = re.search(MARK, core)
    # SUB100 is an id.
    if mark and re.fullmatch(r"[A-Z]{3}", mark[0]) and mark[0] not in CURRENCIES:
        return None
    return Amount(
        text, bare, bool(re.search(r"[(\-\u2212]", core)),
        side[1].upper() if side else mark[0].rstrip(".,") if mark else "",
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
        return read if read and len(read) * 10 >= len(found) * _MOST else ()

    @cached_property
    def dated(self) -> bool:
        """Whether its texts are days or months."""
        texts = self.distinct[:_ENOUGH]
        return bool(texts) and sum(map(is_day, texts)) * 10 >= len(texts) * _MOST

    @cached_property
    def open_days(self) -> tuple[str, ...]:
        """Texts whose day needs an order."""
        return tuple(filter(is_open, self.distinct)) if self.dated else ()

    @property
    def serial(self) -> bool:
        """Whether its texts are Excel's numbers of days."""
        return bool(self.texts) and all(map(_SERIAL.fullmatch, self.distinct[:_ENOUGH]))

    @property
    def fiscal(self) -> bool:
        """Whether its texts are codes of fiscal periods."""
        return bool(self.texts) and all(map(_FISCAL.fullmatch, self.distinct[:_ENOUGH]))

    @property
    def whole(self) -> bool:
        """Whether most of its texts are whole numbers of months."""
        found = sum(bool(re.fullmatch(r"\d{1,4}([.,]0+)?", text)) for text in self.texts)
        return found * 2 >= len(self.texts)

    @property
    def family(self) -> Family:
        """The family of types that it belongs to."""
        if not self.texts:
            return Family.OTHER
        if all(re.fullmatch(r"[+-]?\d{1,18}", text) for text in self.texts):
            return Family.INTEGER
        if self.dated:
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


def is_day(text: str) -> bool:
    """Whether recon reads a text as a day or month."""
    if _ISO.fullmatch(text) or is_open(text):
        return True
    return not _NO_MONTH.fullmatch(text) and bool(kinds([text]))


def day(text: str, orders: Iterable[str]) -> date | None:
    """The day of a text, None where not plain."""
    if is_open(text):
        return next((found for order in orders if (found := in_order(text, order))), None)
    if _SERIAL.fullmatch(text):
        return date(1899, 12, 30) + timedelta(int(text.partition(".")[0]))
    if _ISO.fullmatch(text):
        digits = (re.sub(r"\D", "", text[:10]) + "01")[:8]
        return _strict(digits, "%Y%m%d")
    plain = re.sub(r",? \d{1,2}:.*", "", text)
    return next((found for form in _FORMATS if (found := _strict(plain, form))), None)


def _strict(text: str, form: str) -> date | None:
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


def orders_of(columns: Iterable[Profile]) -> tuple[str, ...]:
    """The orders of day and month that read all days.

    Both where nothing decides, none where two days do in different ways.
    """
    texts = [text for column in columns for text in column.open_days]
    return tuple(order for order in ORDERS if all(in_order(text, order) for text in texts))
