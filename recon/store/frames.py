"""Frames: from pandas to exact relations.

Only `LineTable.to_pandas` goes the other way.
"""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from typing import Any

import pandas as pd

from recon.base.errors import SourceDataError
from recon.store.columns import PLACE
from recon.store.session import Session


def register(connection: Session, name: str, frame: pd.DataFrame) -> None:
    """Register a data frame, keeping amounts, ids and dates exact.

    A column of Python objects (Decimals, dates, mixed texts) is handed over as text and read
    from there: DuckDB would judge its type by a sample.

    Raises SourceDataError where a column appears more than once.
    """
    plain = frame.reset_index(drop=True)
    names = pd.Index([str(column).strip().lower() for column in plain.columns])
    if names.has_duplicates:
        twice = names[names.duplicated()][0]
        raise SourceDataError(f"The data frame has more than one column {twice!r}; keep one.")
    columns = {
        str(column): _exact(plain[column])
        for column, lower in zip(plain.columns, names, strict=True)
        if lower != PLACE
    }
    # DuckDB takes no frame without columns; the intake says which ones it lacks.
    connection.register(name, pd.DataFrame(columns or {"no columns": pd.Series(dtype=object)}))


def has_texts(frame: pd.DataFrame, column: str) -> bool:
    """Whether a frame's column holds a text.

    Its name may be in any case.
    """
    return any(
        isinstance(value, str)
        for place, name in enumerate(frame.columns)
        if str(name).strip().lower() == column
        and not pd.api.types.is_numeric_dtype(frame.dtypes.iloc[place])
        for value in frame.iloc[:, place]
    )


def _exact(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_localize(None)  # type: ignore[no-any-return]
    if pd.api.types.is_numeric_dtype(column.dtype) or column.dtype.kind == "M":
        return column
    return pd.Series([_text(value) for value in column], dtype=object)


def _text(value: object) -> str | None:
    """A value written plainly.

    Among texts, a float NaN is how pandas marks a missing one.
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return None if isnan(value) else f"{Decimal(str(value)):f}".removesuffix(".0")
    return None if value is None or value is pd.NaT or value is pd.NA else str(value)
