"""Columns of another type in a later run, as text.

Text is compared by its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon.base.fields import CONDENSED, PERIOD
from recon.base.result import Side
from recon.store.columns import Columns
from recon.store.session import name

_NUMBERS = {"amount", "contract_value", "duration_months", "free_months", CONDENSED}
_DAYS = {"booking_date", "start_date", "close_date", "terminated_on", "valid_from"}
_MOMENT = "posted_at"


def retyped(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Columns whose type differs between two relations."""
    return [column for column, kind in then.items() if now.get(column, kind) != kind]


def as_text(side: Side, found: Mapping[str, str], changed: list[str]) -> str:
    """The select list that reads changed columns as text."""
    if not changed:
        return "*"
    given = Columns(side, found, ())
    texts = ", ".join(f"{_text(given, column)} AS {name(column)}" for column in changed)
    return f"* REPLACE ({texts})"


def _text(given: Columns, column: str) -> str:
    text = given.text(column)
    if column not in _NUMBERS:
        return text
    # A float may be written with an exponent, which is no plain number.
    return f"coalesce(CAST({given.number(column)} AS VARCHAR), {text})"


def meant(column: str) -> str:
    """The column that holds the meaning of a changed one."""
    return f"recon_meant_{column}"


def meanings(side: Side, changed: list[str]) -> str:
    """The SQL that adds the meanings of the changed columns."""
    texts = Columns(side, dict.fromkeys(changed, "VARCHAR"), ())
    return "".join(f", {_meaning(texts, column)} AS {name(meant(column))}" for column in changed)


def _meaning(texts: Columns, column: str) -> str:
    """The meaning of a value, or its text without one."""
    text = texts.text(column)
    if column == PERIOD:
        read = texts.month(column)
    elif column in _DAYS:
        read = texts.day(column)
    elif column in _NUMBERS:
        read = texts.number(column)
    elif column == _MOMENT:
        read = f"TRY_CAST({text} AS TIMESTAMP)"
    else:
        return text
    return f"coalesce(CAST({read} AS VARCHAR), {text})"
