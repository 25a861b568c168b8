"""datacompy on Polars, in its best case.

    python -m tests.benchmarks.peers.datacompy_polars contracts.parquet entries.parquet 2024-06

datacompy compares two frames. It is given what suits it: Polars adds up both sides by key first,
lines that expect nothing are left out, amounts are integers, and its report is not asked for.
"""

from __future__ import annotations

import json
import sys

import polars as pl
from datacompy import PolarsCompare

from tests.benchmarks.peers.polars_query import KEY, expected, recognized


def main(contracts: str, entries: str, month: str) -> None:
    """Print how many lines there are, and how many are off by more than 1%."""
    due = expected(contracts, month).select(*KEY, pl.col("expected").alias("amount"))
    booked = recognized(entries, month).rename({"recognized": "amount"})
    left, right = pl.collect_all([due.filter(pl.col("amount") != 0), booked], engine="streaming")
    found = PolarsCompare(left, right, join_columns=KEY, rel_tol=0.01, abs_tol=100)
    alone = len(found.df1_unq_rows) + len(found.df2_unq_rows)
    both = len(found.intersect_rows)
    breaks = alone + both - found.count_matching_rows()
    print(json.dumps({"lines": alone + both, "breaks": breaks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
