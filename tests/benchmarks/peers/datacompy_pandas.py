"""datacompy on pandas, in its best case.

    python -m tests.benchmarks.peers.datacompy_pandas contracts.parquet entries.parquet 2024-06

datacompy compares two frames. It is given what suits it: pandas adds up both sides by key first,
reads only the month and the columns that this needs, lines that expect nothing are left out,
amounts are integers from Arrow on, and its report is not asked for.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from datacompy import PandasCompare

KEY = ["contract_id", "revenue_type", "currency"]
DATES = ["booking_date", "start_date", "close_date", "terminated_on"]


def recognized(entries: str, month: str) -> pd.DataFrame:
    """Return the month's entries added up by key, in ten-thousandths."""
    rows = ds.dataset(entries).to_table(
        columns=[*KEY, "amount"], filter=pc.field("recognition_period") == month
    )
    frame = _in_units(rows, "amount").to_pandas().dropna()
    summed: pd.DataFrame = frame.groupby(KEY, as_index=False, sort=False)["amount"].sum()
    return summed


def expected(contracts: str, month: str) -> pd.DataFrame:
    """Return what every contract line should recognize, where that is not nothing."""
    table = ds.dataset(contracts).to_table(
        columns=[*KEY, "contract_value", "duration_months", *DATES]
    )
    frame = _in_units(table, "contract_value").to_pandas(date_as_object=False)
    frame = frame.dropna(subset=["contract_value", "duration_months", "booking_date"])
    now = int(month[:4]) * 12 + int(month[5:])
    first = _index(frame["start_date"].fillna(frame["booking_date"]))
    last = _index(frame[["close_date", "terminated_on"]].min(axis=1))
    months = frame["duration_months"].astype("int64")
    periods = np.minimum(months, last - first + 1)
    unit = frame["currency"].map({"JPY": 10_000, "KWD": 10}).fillna(100).astype("int64")
    value = frame["contract_value"].astype("int64")

    def earned(elapsed: pd.Series[int]) -> pd.Series[int]:
        by_then = np.minimum(periods, elapsed).clip(lower=0)
        whole = months * unit
        # Rounded half away from zero: without its sign, for // rounds down in pandas.
        rounded: pd.Series[int] = (2 * value.abs() * by_then + whole) // (2 * whole) * unit
        return rounded.where(value >= 0, -rounded)

    due: pd.DataFrame = frame[KEY].assign(amount=earned(now - first + 1) - earned(now - first))
    return due.loc[due["amount"] != 0]


def _in_units(table: pa.Table, column: str) -> pa.Table:
    """Return a table with an amount in ten-thousandths; pandas would make Python objects of it."""
    units = pc.multiply(table[column], pa.scalar(Decimal(10_000))).cast(pa.int64())
    return table.set_column(table.schema.get_field_index(column), column, units)


def _index(day: pd.Series[pd.Timestamp]) -> pd.Series[int]:
    return day.dt.year * 12 + day.dt.month


def main(contracts: str, entries: str, month: str) -> None:
    """Print how many lines there are, and how many are off by more than 1%."""
    due, booked = expected(contracts, month), recognized(entries, month)
    found = PandasCompare(due, booked, join_columns=KEY, rel_tol=0.01, abs_tol=100)
    alone = len(found.df1_unq_rows) + len(found.df2_unq_rows)
    both = len(found.intersect_rows)
    breaks = int(alone + both - found.count_matching_rows())
    print(json.dumps({"lines": alone + both, "breaks": breaks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
