"""Checks of a feed beyond types: the table [feeds.NAME.checks]."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import partial

from recon.base import keys
from recon.base.feed import NOT_AFTER_TODAY, REQUIRED, Check
from recon.base.feeds import NUMBERS, FeedColumn, FeedKind, Type
from recon.base.keys import Keys

KNOWN = ("product_id", "customer_id")
_NUMBER = r"[+-]?\d{1,14}(?:\.\d{1,4})?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_BOUND = re.compile(rf"(>=|<=|>|<)\s*({_DAY}|{_NUMBER})")
_RANGE = re.compile(rf"({_DAY}|{_NUMBER})\s*\.\.\s*({_DAY}|{_NUMBER})")


def read_checks(table: Keys, kind: FeedKind) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """A feed's checks, and the ids that must be known."""
    known: tuple[str, ...] = table.take("known", _known, ())
    for column in known:
        if column not in kind.by_name or column in kind.key:
            table.mistake("known", f"{column} is no column that a feed of {kind.name} refers to")
    found = [
        check
        for column in kind.columns
        if column.name in table
        and (check := table.take(column.name, partial(_check, column), None))
    ]
    table.close()
    return tuple(found), known


def _known(value: object) -> tuple[str, ...]:
    found = keys.texts(value)
    for column in found:
        if column not in KNOWN:
            raise ValueError(f"{column!r} is not one of {', '.join(KNOWN)}")
    return found


def _check(column: FeedColumn, value: object) -> Check | None:
    if isinstance(value, list):
        listed = keys.texts(value)
        return Check(column.name, f"one of {', '.join(listed)}", one_of=listed)
    text = " ".join(keys.text(value).split())
    if text == REQUIRED or (text == NOT_AFTER_TODAY and column.type is Type.DAY):
        return Check(column.name, text)
    bounds = _bounds(text)
    if not bounds:
        raise ValueError(
            f"{value!r} is not a check like '>= 0', '-1000..1000', '2024-01-01..2024-12-31', "
            "'not after today', 'required' or a list of values"
        )
    for _, bound in bounds:
        _fit(column, bound)
    return Check(column.name, text, bounds)


def _bounds(text: str) -> tuple[tuple[str, str], ...]:
    if one := _BOUND.fullmatch(text):
        return ((one[1], one[2]),)
    if both := _RANGE.fullmatch(text):
        return ((">=", both[1]), ("<=", both[2]))
    return ()


def _fit(column: FeedColumn, bound: str) -> None:
    """Raise ValueError where a column has no such values."""
    if re.fullmatch(_DAY, bound):
        date.fromisoformat(bound)
        if column.type is not Type.DAY:
            raise ValueError(f"{column.name} is no date, so {bound} is no bound of it")
    elif column.type not in (*NUMBERS, Type.WHOLE):
        raise ValueError(f"{column.name} is no number, so {Decimal(bound)} is no bound of it")
