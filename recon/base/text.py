"""Numbers of things, and names, as people read them."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 row`, `1,204 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def words(name: str) -> str:
    """A cause's, status's, column's or bucket's name in words."""
    return name.replace("_", " ")
