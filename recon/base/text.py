"""Numbers of things, and names, as people read them."""

from __future__ import annotations

import re

_TOTAL = re.compile(
    r"(grand |sub-?)?totals?\b|(opening|closing|beginning|ending) balance|net movement|sum\b|summe"
    r"|gesamt|count\b|generated|copyright|confidential|report\b",
    re.IGNORECASE,
)


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 row`, `1,204 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def is_total(label: str) -> bool:
    """Whether a line's first words say totals or remarks."""
    return bool(_TOTAL.match(label))


def words(name: str) -> str:
    """A cause's, status's, column's or bucket's name in words."""
    return name.replace("_", " ")
