"""Fiscal periods in a session, instead of calendar months.

The macros `month_index` and `month_start` take the periods' ordinals and days instead of calendar
months. Both are lists in their texts, so that they also hold where a cursor or a view uses them.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from recon.base.periods import Periods, folded
from recon.store.session import Session, literal


def use(connection: Session, periods: Periods | None) -> None:
    """Reckon a session's months in fiscal periods, if any."""
    if periods is None:
        return
    for macro in _macros(periods):
        connection.execute(f"CREATE OR REPLACE MACRO {macro}")


def _macros(periods: Periods) -> tuple[str, ...]:
    first, last, begin = periods.first, periods.last, periods.starts[0]
    bounds = (*periods.starts, periods.end)
    of_days = [
        str(first + at)
        for at, (start, end) in enumerate(pairwise(bounds))
        for _ in range((end - start).days)
    ]
    offsets = [str((start - begin).days) for start in bounds]
    # Outside the table, calendar months go on from its ends (see recon.base.periods). A lambda, so
    # that an argument, which may be long, is planned once and not wherever it is used.
    return (
        f"""month_index(given) AS list_transform([given], lambda day: CASE
        WHEN day >= {_date(begin)} AND day < {_date(periods.end)}
            THEN {_list(of_days)}[day - {_date(begin)} + 1]
        WHEN day < {_date(begin)}
            THEN {first - 1} - greatest(date_diff('month', day, {_date(periods.before)}) - 1, 0)
        WHEN day IS NOT NULL
            THEN {last + 1} + greatest(date_diff('month', {_date(periods.after)}, day), 0)
        END)[1]""",
        f"""month_start(given) AS list_transform([given], lambda m: CASE
        WHEN m BETWEEN {first} AND {last + 1}
            THEN {_date(begin)} + {_list(offsets)}[CAST(m AS BIGINT) - {first - 1}]
        WHEN m < {first}
            THEN CAST({_date(periods.before)} - to_months(CAST({first} - m AS INTEGER)) AS DATE)
        ELSE CAST({_date(periods.after)} + to_months(CAST(m - {last + 1} AS INTEGER)) AS DATE)
        END)[1]""",
    )


def code_index(text: str, periods: Periods) -> str:
    """SQL of the ordinal of a code, or NULL."""
    codes = ", ".join(literal(folded(code)) for code in periods.codes)
    plain = f"lower(regexp_replace({text}, '\\s+', ' ', 'g'))"
    return f"nullif(list_position([{codes}], {plain}), 0) + {periods.first - 1}"


def _date(day: date) -> str:
    return f"DATE '{day}'"


def _list(numbers: list[str]) -> str:
    # One text is read faster than thousands of numbers.
    return f"CAST('[{', '.join(numbers)}]' AS INTEGER[])"
