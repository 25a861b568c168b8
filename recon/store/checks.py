"""Checks: why a row cannot be used, as SQL."""

from __future__ import annotations

from collections.abc import Mapping

from recon.store.columns import Columns
from recon.store.session import name


def reason(side: Columns, checks: Mapping[str, tuple[str, str]]) -> str:
    """The reason why a row cannot be compared, else NULL.

    `checks` are, by column, the value that is NULL where the column cannot be read, and what it
    then is; a column that may be blank is listed with a `?` before its name.
    """
    parts = []
    for listed, (value, what) in checks.items():
        column = listed.removeprefix("?")
        text = side.text(column)
        blank = f"'{column} is missing'" if listed == column else "NULL"
        parts.append(
            f"CASE WHEN {value} IS NOT NULL THEN NULL WHEN {text} IS NULL THEN {blank} "
            f"ELSE '{column} ' || chr(39) || {text} || chr(39) || ' is {what}' END"
        )
    # Almost every row is valid, which is seen faster than it is said why one is not.
    valid = " AND ".join(_read(side, listed, value) for listed, (value, _) in checks.items())
    return f"CASE WHEN {valid} THEN NULL ELSE nullif(concat_ws('; ', {', '.join(parts)}), '') END"


def _read(side: Columns, listed: str, value: str) -> str:
    """The condition that a column is readable, or rightly missing."""
    optional = listed.startswith("?") and listed.removeprefix("?") in side.names
    missing = f" OR {name(f'given_{listed[1:]}')} IS NULL" if optional else ""
    return f"({value} IS NOT NULL{missing})"
