"""Values: the checks of the texts in a task, and the findings of all checks.

A check of a text returns what the text should be, '' if it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Check = Callable[[str], str]

LONGEST = 260
_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"[1-9]|[12]\d|3[01]|Last")
_VERSION = re.compile(r"\d+(\.\d+){1,3}")


def anything(_: str) -> str:
    """Accept every text."""
    return ""


def nothing(text: str) -> str:
    """Accept no text at all."""
    return "must be empty" if text.strip() else ""


def text(value: str) -> str:
    """Accept what is not empty."""
    return "" if value else "must not be empty"


def path(value: str) -> str:
    """Accept a path that Task Scheduler takes."""
    if len(value) > LONGEST:
        return f"has {len(value)} characters and must have at most {LONGEST}"
    return text(value)


def folder(value: str) -> str:
    """Accept the path of a folder, which stands without quotes."""
    return "must stand without quotes" if '"' in value else path(value)


def boolean(value: str) -> str:
    """Accept true and false."""
    return "" if value in ("true", "false", "1", "0") else "must be true or false"


def duration(value: str) -> str:
    """Accept a duration."""
    return "" if _DURATION.fullmatch(value) else "must be a duration like PT2H or P1DT30M"


def moment(value: str) -> str:
    """Accept a date and time."""
    try:
        known = bool(_MOMENT.fullmatch(value) and datetime.fromisoformat(value[:19]))
    except ValueError:
        known = False
    return "" if known else "must be a date and time like 2024-01-01T07:00:00"


def day(value: str) -> str:
    """Accept a day of the month."""
    return "" if _DAY.fullmatch(value) else "must be a day from 1 to 31, or Last"


def version(value: str) -> str:
    """Accept a version."""
    return "" if _VERSION.fullmatch(value) else "must be a version like 1.2"


def one_of(*words: str) -> Check:
    """Return the check for one of a few words."""
    return lambda value: "" if value in words else f"must be one of {', '.join(words)}"


def whole(least: int, most: int) -> Check:
    """Return the check for a whole number."""

    def check(value: str) -> str:
        known = re.fullmatch(r"\d{1,9}", value, re.ASCII) and least <= int(value) <= most
        return "" if known else f"must be a whole number from {least} to {most}"

    return check


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to correct: a mistake, or what is allowed and still not wise; and what to do."""

    where: str
    what: str
    mistake: bool = True

    @property
    def line(self) -> str:
        """The finding in a line."""
        kind = "mistake" if self.mistake else "advice"
        return f"{kind}: {self.where}: {self.what}" if self.where else f"{kind}: {self.what}"
