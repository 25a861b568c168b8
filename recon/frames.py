"""Frames: pandas in, exact relations out. The one module of the core that meets pandas."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from recon.engine import Session


def register(connection: Session, name: str, frame: pd.DataFrame) -> None:
    """Register a data frame as a relation whose amounts, ids and dates stay exact.

    A column of Python objects (Decimals, dates, mixed texts) is handed over as text and read
    from there: DuckDB would judge its type by a sample.
    """
    columns = {str(column): _exact(frame[column]) for column in frame.columns}
    connection.register(name, pd.DataFrame(columns))


def _exact(column: pd.Series) -> pd.Series:  # type: ignore[type-arg]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None)
    if pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind == "M":
        return column
    return column.map(_text).astype(object)


def _text(value: object) -> str | None:
    if isinstance(value, Decimal | float):
        return format(value, "f") if value == value else "NaN"  # noqa: PLR0124 - NaN is not itself
    return None if value is None or value is pd.NaT or value is pd.NA else str(value)
