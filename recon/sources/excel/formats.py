"""Cells as text: numbers, dates, ids with zeros.

Excel keeps numbers in binary floating point and dates as days since its epoch; only the number
format says that a number is a date, or that an id is shown with leading zeros.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

Converter = Callable[[bytes], bytes]

# Formats that every workbook has without listing them, and in which Excel shows dates.
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
_SECONDS = 86_400
_LAST_DAY = 2_958_465  # 9999-12-31
# So many digits survive binary floating point whatever they are.
_SAFE = 15
_APART = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
# Nothing but zeros, at least two, perhaps behind a text.
_ZEROS = re.compile(r'(?:"([^"]*)"|((?:\\.)+|[A-Z]-))?(0{2,})')


def number(raw: bytes) -> bytes:
    """A number's shortest exact text, without an exponent."""
    if raw.isdigit() and len(raw) <= _SAFE:
        return raw
    return _plain(raw)


def amount(raw: bytes) -> bytes:
    """A number's text that cannot be taken for thousands.

    Three decimals get a fourth: 12.125 in a text could be 12125.
    """
    text = number(raw)
    return text + b"0" if text[-4:-3] == b"." else text


def _plain(raw: bytes) -> bytes:
    digits = raw.lstrip(b"-").replace(b".", b"", 1)
    if digits.isdigit() and len(digits) <= _SAFE:
        return raw.rstrip(b"0").rstrip(b".") if b"." in raw else raw
    try:
        exact = format(Decimal(repr(float(raw))), "f")
    except ValueError:
        return raw
    if "." in exact:
        exact = exact.rstrip("0").rstrip(".")
    return exact.encode()


def is_date(number_format: int, code: str) -> bool:
    """Whether a number format shows a day or a moment."""
    if not code:
        return number_format in _BUILT_IN_DATES
    bare = _APART.sub("", code)
    return not _ELAPSED.search(bare) and bool(re.search(r"[dmyhs]", bare, re.IGNORECASE))


def dated(since_1904: bool) -> Converter:
    """The text of a serial number of either date system.

    A whole one is a day, another a moment. What is no day of Excel's stays a number.
    """
    known: dict[bytes, bytes] = {}

    def convert(raw: bytes) -> bytes:
        if raw not in known:
            known[raw] = _day(raw, since_1904) or number(raw)
        return known[raw]

    return convert


def _day(raw: bytes, since_1904: bool) -> bytes | None:
    try:
        value = Decimal(repr(float(raw)))
    except ValueError:
        return None
    if not 0 <= value <= _LAST_DAY:
        return None
    days, part = divmod(value, 1)
    epoch = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
    # In Excel's calendar 1900 is a leap year: days before 1 March count one less.
    if not since_1904 and days < 60:  # noqa: PLR2004
        epoch += timedelta(days=1)
    try:
        moment = epoch + timedelta(days=int(days), seconds=round(float(part) * _SECONDS))
    except OverflowError:
        return None
    text = moment.isoformat(" ")
    return text.removesuffix(" 00:00:00").encode()


def shown_with_zeros(code: str) -> Converter | None:
    """The text of an id shown with leading zeros.

    Its format is `00000` or `"C-"0000`. None for other formats.
    """
    found = _ZEROS.fullmatch(code)
    if not found:
        return None
    before = (found[1] or (found[2] or "").replace("\\", "")).encode()
    width = len(found[3])

    def convert(raw: bytes) -> bytes:
        text = number(raw)
        return before + text.zfill(width) if text.isdigit() else text

    return convert
