"""The core without its reasons, in Polars: one lazy query that joins, compares and counts.

    python -m tests.benchmarks.peers.polars_query contracts.parquet entries.parquet 2024-06

The same as `duckdb_query`, as an expert would write it with Polars: only the columns that it
needs, on the streaming engine, amounts taken as the integers that their decimals are stored as.
"""

from __future__ import annotations

import json
import sys

import polars as pl

KEY = ["contract_id", "revenue_type", "currency"]


def recognized(entries: str, month: str) -> pl.LazyFrame:
    """Return the month's entries added up by key, in ten-thousandths."""
    rows = pl.scan_parquet(entries).filter(pl.col("recognition_period") == month)
    return rows.group_by(KEY).agg(_units("amount").sum().alias("recognized"))


def expected(contracts: str, month: str) -> pl.LazyFrame:
    """Return what every contract line should recognize, and half a minor unit for each month."""
    now = int(month[:4]) * 12 + int(month[5:])
    first = _index(pl.coalesce("start_date", "booking_date"))
    last = _index(pl.min_horizontal("close_date", "terminated_on"))
    months, unit = pl.col("months"), pl.col("unit")
    terms = pl.scan_parquet(contracts).select(
        *KEY,
        _units("contract_value").alias("value"),
        pl.col("duration_months").cast(pl.Int64).alias("months"),
        (last - first + 1).alias("open"),
        (now - first + 1).alias("elapsed"),
        pl.col("currency")
        .replace_strict({"JPY": 10_000, "KWD": 10}, default=100, return_dtype=pl.Int64)
        .alias("unit"),
    )
    month_alone = _earned(pl.col("elapsed")) - _earned(pl.col("elapsed") - 1)
    return terms.select(
        *KEY, month_alone.alias("expected"), ((months + 1) // 2 * unit).alias("slack")
    )


def _units(column: str) -> pl.Expr:
    return pl.col(column).to_physical().cast(pl.Int64)


def _index(day: pl.Expr) -> pl.Expr:
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)


def _earned(elapsed: pl.Expr) -> pl.Expr:
    # Rounded half away from zero: without its sign, for // rounds down in Polars.
    value, unit = pl.col("value"), pl.col("unit")
    periods = pl.min_horizontal("months", "open", elapsed).clip(lower_bound=0)
    whole = pl.col("months") * unit
    return value.sign() * ((2 * value.abs() * periods + whole) // (2 * whole)) * unit


def main(contracts: str, entries: str, month: str) -> None:
    """Print how many lines there are, and how many are off by more than 1%."""
    both = expected(contracts, month).join(
        recognized(entries, month), on=KEY, how="full", coalesce=True
    )
    due, slack = pl.col("expected").fill_null(0), pl.col("slack").fill_null(100)
    off = (pl.col("recognized").fill_null(0) - due).abs()
    counted = both.select(
        pl.len().alias("lines"), ((off > slack) & (off * 100 > due.abs())).sum().alias("breaks")
    )
    print(json.dumps(counted.collect(engine="streaming").row(0, named=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
