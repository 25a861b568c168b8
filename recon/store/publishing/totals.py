"""Totals: rows and sums by month, compared on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from recon.base.errors import ReportError
from recon.store.publishing.star import Published
from recon.store.session import name

# The months of a table that has none.
ALL = "all"
Totals = Mapping[str, Sequence[Decimal]]
"""By month, the number of rows and the sum of each amount."""


def month_of(day: str) -> str:
    """The SQL of a day's month in the store."""
    return f"CAST(date_trunc('month', {day}) AS DATE)"


def query(table: Published, relation: str, month: Callable[[str], str] = month_of) -> str:
    """The query of rows and sums by month."""
    sums = "".join(
        f", CAST(coalesce(sum({name(each)}), 0) AS VARCHAR(60))" for each in table.amounts
    )
    if not table.day:
        return f"SELECT '{ALL}', count(*){sums} FROM {relation}"
    of = month(name(table.day))
    return f"SELECT CAST({of} AS VARCHAR(10)), count(*){sums} FROM {relation} GROUP BY {of}"


def totals(rows: Iterable[Sequence[object]]) -> Totals:
    """The result of a query, with months like 2024-06."""
    return {str(month)[:7]: [Decimal(str(each)) for each in of] for month, *of in rows}


def compare(table: Published, there: Totals, here: Totals) -> None:
    """Compare a target's totals with the store's.

    Raises ReportError where they differ.
    """
    nothing = [Decimal(0)] * (1 + len(table.amounts))
    for month in sorted(there.keys() | here.keys()):
        both = there.get(month, nothing), here.get(month, nothing)
        for what, found, wanted in zip(["rows", *table.amounts], *both, strict=True):
            if found != wanted:
                raise ReportError(
                    f"{table.name} of {month} would have {found:,} as {what} in the target, and "
                    f"has {wanted:,} in the store; nothing was published. If somebody has changed "
                    "the target, write all of it again with --whole."
                )
