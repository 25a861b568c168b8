"""Checks: why a row cannot be used, as SQL."""

from __future__ import annotations

from collections.abc import Mapping

from recon.store.columns import Columns
from recon.store.session import literal

_NO_FAULTS: Mapping[str, tuple[str, str]] = {}


def reason(
    side: Columns,
    checks: Mapping[str, tuple[str, str]],
    faults: Mapping[str, tuple[str, str]] = _NO_FAULTS,
) -> str:
    """The reason why a row cannot be compared, else NULL.

    `checks` are, by column, the value that is NULL where the column cannot be read, and what it
    then is; a column that may be blank is listed with a `?` before its name. `faults` are, by
    column, the condition under which a value that can be read is wrong, and what it then is.
    """
    # An optional column that is not there is at fault in no row.
    checks = {
        listed: check
        for listed, check in checks.items()
        if not listed.startswith("?") or listed.removeprefix("?") in side.names
    }
    faults = {column: fault for column, fault in faults.items() if column in side.names}
    parts = []
    for listed, (value, what) in checks.items():
        column = listed.removeprefix("?")
        blank = f"'{column} is missing'" if listed == column else "NULL"
        parts.append(
            f"CASE WHEN {value} IS NOT NULL THEN NULL "
            f"WHEN {side.text(column)} IS NULL THEN {blank} ELSE {_quoted(side, column, what)} END"
        )
    parts += [
        f"CASE WHEN {wrong} THEN {_quoted(side, column, what)} END"
        for column, (wrong, what) in faults.items()
    ]
    # Almost every row is valid, which is seen faster than it is said why one is not.
    read = [_read(side, listed, value) for listed, (value, _) in checks.items()]
    right = [f"coalesce(NOT ({wrong}), true)" for wrong, _ in faults.values()]
    valid = " AND ".join(read + right)
    return f"CASE WHEN {valid} THEN NULL ELSE nullif(concat_ws('; ', {', '.join(parts)}), '') END"


def _quoted(side: Columns, column: str, what: str) -> str:
    """SQL of a sentence that quotes a column's text."""
    before, after = literal(f"{column} '"), literal(f"' is {what}")
    return f"{before} || {side.text(column)} || {after}"


def _read(side: Columns, listed: str, value: str) -> str:
    """The condition that a column is readable, or rightly missing."""
    column = listed.removeprefix("?")
    missing = "" if listed == column else f" OR {side.blank(column)}"
    return f"({value} IS NOT NULL{missing})"
