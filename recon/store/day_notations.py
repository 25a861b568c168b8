"""The SQL that reads days in other notations than ISO's.

`03.04.2024` is 3 April, as are `3-Apr-24`, `Apr 3, 2024` and `2024/04/03`. `03/04/2024` and
`03-04-2024` are open: they need an order, `dmy` or `mdy`. A year of two digits comes last; from 70
on it is of the 20th century. A time may follow, which changes no day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from recon.store.session import literal

ORDERS = ("dmy", "mdy")
# Before it no books were kept that anybody reconciles.
_SINCE = "1900-01-01"
# Days since 1899-12-30, as Excel counts them where nothing shows that they are dates.
SERIAL = "serial"
_TIME = r"(?:(?:,? |T)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]\.?M\.?)?)?"
_YEAR = r"(\d{4}|\d{2})"
_NAMES = (
    "JAN(?:UARY)?|FEB(?:RUARY)?|MAR(?:CH)?|APR(?:IL)?|MAY|JUNE?|JULY?|AUG(?:UST)?|"
    "SEPT?(?:EMBER)?|OCT(?:OBER)?|NOV(?:EMBER)?|DEC(?:EMBER)?"
)
_MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_OPEN = rf"(\d{{1,2}})[/-](\d{{1,2}})[/-]{_YEAR}{_TIME}"
# By kind: the pattern, and the places of year, month and day in it.
_DAYS = {
    "dmy": (_OPEN, "cba"),
    "mdy": (_OPEN, "cab"),
    "dotted": (rf"(\d{{1,2}})\. ?(\d{{1,2}})\. ?{_YEAR}{_TIME}", "cba"),
    "year first": (rf"(\d{{4}})[/.-](\d{{1,2}})[/.-](\d{{1,2}}){_TIME}", "abc"),
    "day named": (rf"(\d{{1,2}})(?:[ /-]|\. ?)?({_NAMES})\.?,?[ /-]?{_YEAR}{_TIME}", "cba"),
    "month named": (rf"({_NAMES})\.? (\d{{1,2}})(?:ST|ND|RD|TH)?,? {_YEAR}{_TIME}", "cab"),
}
_MONTHS_ALONE = {
    "month": (rf"({_NAMES})\.?[ /-]?{_YEAR}", "ba"),
    "month number": (r"(0?[1-9]|1[0-2])[/.-](\d{4})", "ba"),
    "year, month": (r"(\d{4})[/.](0?[1-9]|1[0-2])", "ab"),
}
# From 1982 to 2173.
_SERIAL = r"[3-9]\d{4}(\.\d+)?"
_COMPILED = {kind: re.compile(pattern) for kind, (pattern, _) in {**_DAYS, **_MONTHS_ALONE}.items()}


def is_open(text: str) -> bool:
    """Whether a text's day needs an order."""
    return bool(_COMPILED["dmy"].fullmatch(text.upper()))


def open_day(text: str) -> str:
    """The condition that a text's day needs an order."""
    return f"regexp_full_match(trim(upper({text})), {literal(_OPEN)})"


def kinds(texts: Iterable[str]) -> list[str]:
    """The notations of some texts that need no order."""
    left = [kind for kind in _COMPILED if kind not in ORDERS]
    found = []
    for text in map(str.upper, texts):
        met = [kind for kind in left if _COMPILED[kind].fullmatch(text)]
        for kind in met:
            left.remove(kind)
        found += met
    return found


def in_order(text: str, order: str) -> date | None:
    """The day of an open text, if it is one."""
    found = _COMPILED["dmy"].fullmatch(text.upper())
    if not found:
        return None
    first, second, year = found.groups()
    if len(year) != 4:  # noqa: PLR2004
        year = ("20" if year < "70" else "19") + year
    day, month = (first, second) if order == "dmy" else (second, first)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def day_in(text: str, found: Iterable[str], since: str = _SINCE) -> str:
    """The SQL of a text's day, NULL before `since`."""
    days = [_date(text, *_DAYS[kind], since) for kind in found if kind in _DAYS]
    if SERIAL in found:
        days.append(_serial(text))
    return f"coalesce({', '.join([*days, 'CAST(NULL AS DATE)'])})"


def month_in(text: str, found: Iterable[str]) -> str:
    """The SQL of a text's month index, NULL where unreadable."""
    months = [_date(text, *_MONTHS_ALONE[kind]) for kind in found if kind in _MONTHS_ALONE]
    return f"month_index(coalesce({', '.join([*months, day_in(text, found)])}))"


def _serial(text: str) -> str:
    whole = f"regexp_full_match({text}, {literal(_SERIAL)})"
    days = f"CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER)"
    return f"CASE WHEN {whole} THEN DATE '1899-12-30' + {days} END"


def _date(text: str, pattern: str, places: str, since: str = _SINCE) -> str:
    """The SQL of a date, NULL before `since`.

    `places` are those of year, month and day in the pattern; without a day it is the first.
    """
    listed = ", ".join(literal(at) for at in sorted(places))
    found = f"regexp_extract(upper({text}), {literal(f'^{pattern}$')}, [{listed}])"
    year, month = (f"p.{at}" for at in places[:2])
    day = f"lpad(p.{places[2]}, 2, '0')" if places[2:] else "'01'"
    century = f"CASE length({year}) WHEN 2 THEN if({year} < '70', '20', '19') ELSE '' END"
    number = f"lpad({month}, 2, '0')"
    if "JAN" in pattern:
        at = f"position(left({month}, 3) IN '{_MONTHS}')"
        number = f"lpad(CAST(({at} + 2) // 3 AS VARCHAR), 2, '0')"
    whole = f"{century} || {year} || '-' || {number} || '-' || {day}"
    made = f"list_transform([{found}], lambda p: TRY_CAST({whole} AS DATE))[1]"
    return f"list_filter([{made}], lambda d: d >= DATE '{since}')[1]"
