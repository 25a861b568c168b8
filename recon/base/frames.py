"""Frames: rows with exact amounts as pandas data frames."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from recon.base import money

if TYPE_CHECKING:
    import pandas as pd


def amount(units: int, currency: str = "") -> Decimal:
    """Ten-thousandths as an amount, with the currency's decimals."""
    return Decimal(money.plain(units, currency))


def frame(
    columns: Sequence[str], rows: Iterable[Sequence[object]], amounts: Collection[str]
) -> pd.DataFrame:
    """A data frame of rows, with amounts as Decimal.

    Those of the columns `amounts` come as ten-thousandths of the row's `currency`.
    """
    import pandas as pd

    found = pd.DataFrame(list(_rows(columns, rows, amounts)), columns=list(columns))
    # Without a row, a column would be of no kind.
    return found.astype(dict.fromkeys(set(amounts) & {*columns}, object))


def _rows(
    columns: Sequence[str], rows: Iterable[Sequence[object]], amounts: Collection[str]
) -> Iterator[list[object]]:
    place = columns.index("currency") if "currency" in columns else None
    exact = [column in amounts for column in columns]
    for row in rows:
        currency = "" if place is None else str(row[place])
        yield [
            amount(value, currency) if is_amount and isinstance(value, int) else value
            for value, is_amount in zip(row, exact, strict=True)
        ]
