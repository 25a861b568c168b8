"""Texts: how people read a number of things, and a name."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, as in `1 row` and `1,204 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def words(name: str) -> str:
    """Return the name of a cause, status, column or bucket in words."""
    return name.replace("_", " ")
