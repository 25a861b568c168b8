"""Tables of fiscal periods: files, frames and rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from recon.base.errors import ConfigError
from recon.base.periods import COLUMNS, GAP, PeriodMistakes, Periods, Row, day_of


def read_periods(lines: Iterable[str]) -> Periods:
    """The periods of a CSV file's lines; raises PeriodMistakes.

    Its header has the columns `code`, `first_day` and `last_day`; others are left alone. A day is
    written 2024-12-25.
    """
    rows: list[Row] = []
    places, mistakes, unread = [], [], False
    after: set[str] = set()
    try:
        records = list(_records(list(lines)))
    except csv.Error as error:
        raise PeriodMistakes([f"it is not a CSV file: {error}"]) from None
    for place, (code, first, last) in records:
        try:
            rows.append((code, day_of(first), day_of(last)))
            places.append(place)
            after |= {place} if unread else set()
            unread = False
        except ValueError as error:
            mistakes.append(f"{place}: {error}")
            unread = True
    try:
        found = Periods.of(rows, places)
    except PeriodMistakes as error:
        # Where a row lacks its days, its neighbours seem to leave a gap.
        others = [
            what for what in error.mistakes if not (GAP in what and what.split(":")[0] in after)
        ]
        raise PeriodMistakes(mistakes + (others if rows or not mistakes else [])) from None
    if mistakes:
        raise PeriodMistakes(mistakes)
    return found


def _records(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the fields of each row."""
    header = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(",;\t", key=header.count))
    named: list[int] = []
    for record in reader:
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        if named:
            wanted = [cells[at] if at < len(cells) else "" for at in named]
            yield f"line {reader.line_num}", wanted
        else:
            named = _columns([cell.lower() for cell in cells])
    if not named:
        _columns([])


def _columns(header: list[str]) -> list[int]:
    """The places of the columns; raises PeriodMistakes."""
    if missing := [column for column in COLUMNS if column not in header]:
        raise PeriodMistakes([f"has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}"])
    return [header.index(column) for column in COLUMNS]


def given_periods(rows: object) -> Periods | None:
    """The periods of a data frame or of rows.

    Raises ConfigError. A day is a date, or written 2024-12-25.
    """
    if rows is None or isinstance(rows, Periods):
        return rows
    try:
        listed = _listed(rows)
        return Periods.of(
            (str(code), _any_day(first), _any_day(last)) for code, first, last in listed
        )
    except PeriodMistakes as error:
        raise ConfigError([f"periods: {what}" for what in error.mistakes], "the periods") from None
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigError(
            [f"periods: they are rows of {', '.join(COLUMNS)}: {error}"], "the periods"
        ) from None


def _listed(rows: Any) -> Iterable[Sequence[object]]:  # noqa: ANN401 - a frame, without pandas
    if not hasattr(rows, "columns"):
        return list(rows)
    return list(zip(*(list(rows[column]) for column in COLUMNS), strict=True))


def _any_day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else day_of(str(value).strip())
