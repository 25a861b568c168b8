"""The table [calendar]: zone, closing day, holidays, periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from recon.base import keys
from recon.base.calendar import Calendar, YearNamed
from recon.base.errors import MonthError
from recon.base.keys import Keys
from recon.base.month import Month
from recon.base.period_tables import read_periods
from recon.base.periods import PeriodMistakes, Periods
from recon.config import values

# No month has more business days than 23, and the ones before its end are its own close.
_LATEST_CLOSE = 20
_SHOWN = 5
_MONTHS = 12


def read_calendar(table: Keys, path: Path) -> Calendar:
    """The calendar of the table [calendar].

    A relative file of holidays or periods starts beside the configuration.
    """
    standard = Calendar()
    periods = _periods(table, path)
    calendar = Calendar(
        time_zone=table.take("time_zone", values.time_zone, None),
        close_day=table.take("close_day", _close_day, standard.close_day),
        holidays=table.take("holidays", _holidays(path), standard.holidays),
        start=table.take("start", _month(periods), None),
        ready_from=table.take("ready_from", keys.rate, standard.ready_from),
        periods=periods,
        fiscal_year_starts=table.take("fiscal_year_starts", _month_number, 1),
        fiscal_year_named=table.take(
            "fiscal_year_named", keys.one_of(YearNamed), standard.fiscal_year_named
        ),
    )
    table.close()
    return calendar


def _close_day(value: object) -> int:
    day = keys.whole(value)
    if not 1 <= day <= _LATEST_CLOSE:
        raise ValueError(f"{value!r} is not a business day from 1 to {_LATEST_CLOSE}")
    return day


def _month_number(value: object) -> int:
    number = keys.whole(value)
    if not 1 <= number <= _MONTHS:
        raise ValueError(f"{value!r} is not the number of a month, 1 to {_MONTHS}")
    return number


def _month(periods: Periods | None) -> Callable[[object], Month]:
    """A parser for a month, or a period's code."""

    def parse(value: object) -> Month:
        try:
            return Month.parse(keys.text(value), periods)
        except MonthError:
            what = "the code of one of its periods" if periods else "a month in quotes"
            example = periods.codes[0] if periods else "2024-01"
            raise ValueError(f"{value!r} is not {what}, like {example!r}") from None

    return parse


def _periods(table: Keys, path: Path) -> Periods | None:
    """The fiscal periods of a file, every mistake noted."""
    file = table.take("periods", values.readable(path), None)
    if file is None:
        return None
    try:
        return read_periods(_lines(file))
    except PeriodMistakes as error:
        for what in error.mistakes:
            table.mistake("periods", f"{file.name}: {what}")
    except ValueError as error:
        table.mistake("periods", str(error))
    return None


def _lines(file: Path) -> list[str]:
    """The lines of a text file; raises ValueError."""
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None


def _holidays(path: Path) -> Callable[[object], frozenset[date]]:
    """A parser for a file with one date a line."""

    def parse(value: object) -> frozenset[date]:
        file = values.readable(path)(value)
        return holidays(file, _lines(file))

    return parse


def holidays(file: Path, lines: list[str]) -> frozenset[date]:
    """The dates of a file, its comments left out.

    Raises ValueError with the wrong lines. A date is written 2024-12-25; what follows a # is a
    comment.
    """
    days, wrong = set(), []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        try:
            if text:
                days.add(values.day(text))
        except ValueError:
            wrong.append(f"line {number}: {text!r}")
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        listed = ", ".join(wrong[:_SHOWN])
        raise ValueError(f"{file} has lines that are not a date like 2024-12-25: {listed}{more}")
    return frozenset(days)
