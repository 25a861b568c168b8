"""The table [tasks]: recon's jobs in Windows Task Scheduler."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import PureWindowsPath

from recon.base import keys
from recon.base.keys import Keys
from recon.config.settings import TaskSettings

# What Windows allows in no name of an account, a task or a folder.
_FORBIDDEN = re.compile(r'["/\[\]:;|=,+*?<>\x00-\x1f]')
_RANGE = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TIMES = ("time", "catch_up_time", "escalation_time")
_DAYS, _MONTHS = 31, 12
# Feeds that are loaded once a day.
_LONGEST = 1440
LAST = "Last"


def read_tasks(table: Keys) -> TaskSettings:
    """The settings of the tasks; absent keys have defaults."""
    usual = TaskSettings()
    times = {key: table.take(key, _time, getattr(usual, key)) for key in _TIMES}
    for first, second in combinations(_TIMES, 2):
        if times[first] == times[second]:
            table.mistake(
                second,
                f"{times[second]} is also the value of {first}; choose another time",
            )
    settings = TaskSettings(
        account=table.take("account", account, None),
        group_managed=table.take("group_managed", keys.yes_or_no, usual.group_managed),
        folder=table.take("folder", _folder, usual.folder),
        days=table.take("days", _numbers(_DAYS, LAST), usual.days),
        months=table.take("months", _numbers(_MONTHS), usual.months),
        escalation=table.take("escalation", keys.yes_or_no, usual.escalation),
        # It has a lock of its own, so it may start with another one.
        cash_time=table.take("cash_time", _time, usual.cash_time),
        load_every=table.take("load_every", _every, usual.load_every),
        time_limit=table.take("time_limit", _minutes, usual.time_limit),
        working_directory=table.take("working_directory", _directory, None),
        **times,
    )
    _check_group_managed(table, settings)
    table.close()
    return settings


def _check_group_managed(table: Keys, settings: TaskSettings) -> None:
    if settings.account and settings.group_managed != settings.account.endswith("$"):
        table.mistake(
            "group_managed",
            f"{str(settings.group_managed).lower()} does not go with {settings.account}: the name "
            "of a group managed service account ends with $, no other does",
        )


def account(value: object) -> str:
    r"""The name of an account, written DOMAIN\name or name@domain."""
    text = keys.text(value)
    domain, backslash, name = text.partition("\\")
    if not backslash:
        name, _, domain = text.partition("@")
    if not domain or not name or "\\" in name or _FORBIDDEN.search(text):
        raise ValueError(rf"{value!r} is not an account like 'DOMAIN\svc-recon', in single quotes")
    return text


def _folder(value: object) -> str:
    text = keys.text(value).strip("\\")
    parts = text.split("\\")
    if _FORBIDDEN.search(text) or any(part != part.strip() or not part for part in parts):
        raise ValueError(rf"{value!r} is not a folder of tasks like 'recon' or 'Finance\recon'")
    return text


def _time(value: object) -> str:
    text = keys.text(value)
    if not _TIME.fullmatch(text):
        raise ValueError(f"{value!r} is not a time of day like '07:00'")
    return text


def _minutes(value: object) -> int:
    minutes = keys.whole(value)
    if not minutes:
        raise ValueError("0 is no limit; a run that hangs would block all later ones")
    return minutes


def _every(value: object) -> int:
    minutes = keys.whole(value)
    if not 1 <= minutes <= _LONGEST:
        raise ValueError(f"{value!r} is not a number of minutes from 1 to {_LONGEST}")
    return minutes


def _directory(value: object) -> str:
    text = keys.text(value)
    if not PureWindowsPath(text).is_absolute() or '"' in text or min(text) < " ":
        raise ValueError(rf"{value!r} is not a full path like 'C:\recon', in single quotes")
    return text


def _numbers(most: int, *words: str) -> Callable[[object], tuple[str, ...]]:
    """A parser for numbers and ranges like `1-5, 10`.

    Certain words are allowed as they are.
    """

    def parse(value: object) -> tuple[str, ...]:
        numbers: set[int] = set()
        others: set[str] = set()
        for part in keys.text(value).split(","):
            text = part.strip()
            found = _range(text, most)
            numbers |= found
            if not found and text not in words:
                also = "".join(f", or {word}" for word in words)
                raise ValueError(f"{value!r} is not numbers from 1 to {most} like '1-10'{also}")
            others |= {text} & {*words}
        return (*map(str, sorted(numbers)), *sorted(others))

    return parse


def _range(text: str, most: int) -> set[int]:
    """The numbers of `7` or `1-10`, none for other texts."""
    ends = _RANGE.fullmatch(text)
    if not ends:
        return set()
    first, last = int(ends[1]), int(ends[2] or ends[1])
    return {*range(first, last + 1)} if 1 <= first <= last <= most else set()
