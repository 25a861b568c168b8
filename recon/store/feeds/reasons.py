"""Reasons why rows of a feed are rejected, as SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from recon.base.feed import NOT_AFTER_TODAY, REQUIRED, Check, Feed
from recon.base.feeds import UNREADABLE, FeedColumn, Type
from recon.store.day_notations import open_day
from recon.store.feeds.cells import RAGGED, Cells
from recon.store.session import literal


@dataclass(frozen=True, slots=True)
class _Fault:
    """A condition under which a row is rejected: column, reason."""

    column: str
    condition: str
    reason: str


def fault(cells: Cells, by_line: bool) -> str:
    """The SQL of a row's fault: reason, column, cell.

    Nearly every row is, which is seen fast.
    """
    faults = list(_faults(cells, by_line))
    wrong = " OR ".join(f"coalesce({fault.condition}, false)" for fault in faults)
    parts = ", ".join(f"CASE WHEN {fault.condition} THEN {fault.reason} END" for fault in faults)
    first = " ".join(f"WHEN {fault.condition} THEN {literal(fault.column)}" for fault in faults)
    cell = " ".join(
        f"WHEN {fault.condition} THEN {_shown(cells, fault.column)}" for fault in faults
    )
    # Of a line with another number of fields no cell can be trusted.
    whole = (
        f"WHEN {RAGGED} <> '' THEN {{'reason': {RAGGED}, 'at': '', 'cell': CAST(NULL AS VARCHAR)}} "
        if cells.ragged
        else ""
    )
    return (
        f"CASE {whole}WHEN {wrong} THEN {{'reason': concat_ws('; ', {parts}), "
        f"'at': CASE {first} END, 'cell': CASE {cell} END}} END"
    )


def _shown(cells: Cells, column: str) -> str:
    found = any(column == each.name for each in cells.found)
    return f"t_{column}" if found else "CAST(NULL AS VARCHAR)"


def _faults(cells: Cells, by_line: bool) -> Iterator[_Fault]:
    feed, kind = cells.feed, cells.feed.kind
    needed = {*kind.needed, *([kind.line] if by_line and kind.line else [])}
    for column in cells.found:
        text, value = f"t_{column.name}", f"v_{column.name}"
        if column.name in needed:
            yield _Fault(column.name, f"{text} IS NULL", literal(f"{column.name} is missing"))
        if is_open := cells.open_amount(column):
            yield _Fault(column.name, is_open, _open_amount(feed, column))
        if column.type in UNREADABLE:
            unreadable = f"{text} IS NOT NULL AND {value} IS NULL"
            unreadable += f" AND NOT {is_open}" if is_open else ""
            yield _Fault(column.name, unreadable, _unreadable(feed, column))
    if kind.either:
        yield from _neither(cells)
    found = {column.name: column for column in cells.found}
    for check in feed.checks:
        if check.column in found:
            yield _checked(found[check.column], check)


def _neither(cells: Cells) -> Iterator[_Fault]:
    """Rows with none of the columns of alternatives."""
    have = [f"t_{column.name}" for column in cells.found if column.name in cells.feed.kind.either]
    price, total = cells.feed.kind.either
    blank = " AND ".join(f"{text} IS NULL" for text in have)
    yield _Fault(total, blank, literal(f"{total} is missing, and so is {price}"))
    yield _Fault(
        total,
        "v_quantity IS NOT NULL AND t_revenue IS NULL AND v_unit_price IS NOT NULL "
        "AND revenue IS NULL"
        if len(have) > 1
        else "v_quantity IS NOT NULL AND v_unit_price IS NOT NULL AND revenue IS NULL"
        if have == ["t_unit_price"]
        else "false",
        literal("quantity x unit_price is too large"),
    )


def _open_amount(feed: Feed, column: FeedColumn) -> str:
    advice = f'is open: thousands or decimals; set decimal = "." or "," under [{feed.key}]'
    return f"{literal(column.name + ' ')} || '''' || t_{column.name} || ''' ' || {literal(advice)}"


def _unreadable(feed: Feed, column: FeedColumn) -> str:
    quoted = f"{literal(column.name + ' ')} || '''' || t_{column.name} || ''' is '"
    plain = f"{quoted} || {literal(UNREADABLE[column.type])}"
    if column.type is not Type.DAY or feed.date_format or feed.dates:
        return plain
    advice = literal(f'open: day or month first; set dates = "dmy" or "mdy" under [{feed.key}]')
    return f"CASE WHEN {open_day(f't_{column.name}')} THEN {quoted} || {advice} ELSE {plain} END"


def _checked(column: FeedColumn, check: Check) -> _Fault:
    value = f"v_{column.name}"
    sentence = (
        f"{literal(column.name + ' ')} || '''' || t_{column.name} || "
        f"{literal(chr(39) + ' is not ' + check.rule)}"
    )
    if check.rule == REQUIRED:
        return _Fault(column.name, f"t_{column.name} IS NULL", literal(f"{column.name} is missing"))
    if check.rule == NOT_AFTER_TODAY:
        late = literal(chr(39) + " is after today")
        return _Fault(
            column.name,
            f"{value} > DATE '{date.today()}'",
            f"{literal(column.name + ' ')} || '''' || t_{column.name} || {late}",
        )
    if check.one_of:
        listed = ", ".join(literal(each.lower()) for each in check.one_of)
        return _Fault(column.name, f"lower(t_{column.name}) NOT IN ({listed})", sentence)
    bounds = [f"{value} {sign} {_bound(bound)}" for sign, bound in check.bounds]
    return _Fault(column.name, f"NOT ({' AND '.join(bounds)})", sentence)


def _bound(bound: str) -> str:
    return f"DATE '{bound}'" if re.fullmatch(r"\d{4}-\d\d-\d\d", bound) else bound
