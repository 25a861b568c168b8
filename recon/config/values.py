"""Parsers of single keys; each raises ValueError."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from recon.base import keys


def readable(path: Path) -> Callable[[object], Path]:
    """A parser for the path of an existing file."""

    def parse(value: object) -> Path:
        found: Path = below(path)(value)
        if not found.is_file():
            raise ValueError(f"there is no file {found}")
        return found

    return parse


def below(path: Path) -> Any:  # noqa: ANN401 - Keys.take also gets a default of None
    """A parser for paths, relative to the configuration's folder."""

    def parse(value: object) -> Path:
        text = keys.text(value)
        if min(text) < " ":  # a tab, where "C:\temp" was meant
            raise ValueError(f"{value!r} is not a path; Windows paths need single quotes")
        try:
            written = Path(text).expanduser()
        except RuntimeError:  # a name that only begins like the home of a user
            written = Path(text)
        return Path(os.path.normpath(path.parent / written))

    return parse


def memory(value: object) -> str:
    """An amount of memory as DuckDB writes it, like `2GB`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)", keys.text(value).upper())
    if found is None:
        raise ValueError(f"{value!r} is not an amount of memory, like '2GB' or '1500MB'")
    if float(found[1]) * _MEGABYTES[found[2]] < LEAST_MEMORY:
        raise ValueError(f"{value!r} is too little; a month needs '{LEAST_MEMORY}MB' or more")
    return found[1] + found[2]


_MEGABYTES = {"MB": 1, "GB": 1_000, "TB": 1_000_000}
LEAST_MEMORY = 256


def encoding(value: object) -> str:
    """The name of an encoding that Python knows."""
    import codecs

    try:
        name = codecs.lookup(keys.text(value)).name
        "".encode(name)
    except (LookupError, UnicodeError):
        raise ValueError(f"{value!r} is not a known encoding, like 'utf-8' or 'cp1252'") from None
    return name


def delimiter(value: object) -> str:
    """The character between two columns of a CSV file."""
    character = keys.character(value)
    if character in '"\r\n':
        raise ValueError(f"{value!r} cannot separate columns; most files have ',' ';' or '\\t'")
    return character


def decimal(value: object) -> str:
    """The decimal separator of amounts."""
    if value not in (".", ","):
        raise ValueError(f"{value!r} is not '.' or ','")
    return str(value)


def dates(value: object) -> str:
    """The order of day and month, or `serial`."""
    if value not in ("dmy", "mdy", "serial"):
        raise ValueError(
            f"{value!r} is not 'dmy' (03/04 is 3 April), 'mdy' (it is 4 March), or 'serial' (45444 "
            "is 2024-06-01, as Excel counts days)"
        )
    return str(value)


def sheet(value: object) -> str | int:
    """Check the name or number of a sheet."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"{value!r} is not the name of a sheet, nor its number from 1")


def unit(value: object) -> Decimal:
    """The part of the currency that an amount counts."""
    text = value if isinstance(value, str) else ""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,4})?", text) or not Decimal(text):
        raise ValueError(f"{value!r} is not a unit; write it in quotes, like '0.01' or '1000'")
    return Decimal(text)


def time_zone(value: object) -> str:
    """The name of a time zone."""
    from zoneinfo import ZoneInfo

    text = keys.text(value)
    try:
        ZoneInfo(text)
        if text == "localtime":  # of this machine alone, and none for DuckDB
            raise KeyError(text)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{value!r} is not a time zone, like 'Europe/Berlin'") from None
    return text


def date_format(value: object) -> str:
    """A date format that reads the months it writes."""
    from datetime import datetime

    text, day = keys.text(value), datetime(2033, 12, 31)
    try:
        read = datetime.strptime(day.strftime(text), text)
    except ValueError:
        read = datetime.min
    if (read.year, read.month) != (day.year, day.month):
        raise ValueError(f"{value!r} is not a format of dates, like '%d.%m.%Y'")
    return text


def day(text: str) -> date:
    """The day that is written 2024-12-25."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError(f"{text!r} is not a day like 2024-12-25")
    return date.fromisoformat(text)
