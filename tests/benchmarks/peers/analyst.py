"""The script that a month with its workbook is measured against: an hour's work with pandas.

    python -m tests.benchmarks.peers.analyst sample.sqlite out.xlsx 2024-06

It sums the month's entries, spreads each contract evenly, merges, marks what is off by more than
1% and writes the lines to Excel; amounts are floats, causes are left to the reader.
"""

from __future__ import annotations

import sqlite3
import sys

import pandas as pd


def compare(contracts: pd.DataFrame, entries: pd.DataFrame, month: str) -> pd.DataFrame:
    """Return one row a key with expected, recognized, difference and status."""
    start = pd.to_datetime(contracts["start_date"].fillna(contracts["booking_date"]))
    first = start.dt.year * 12 + start.dt.month - 1
    now = int(month[:4]) * 12 + int(month[5:]) - 1
    active = (first <= now) & (now < first + contracts["duration_months"])
    value = contracts["contract_value"].astype(float)
    contracts = contracts.assign(
        expected=(value / contracts["duration_months"]).where(active, 0).round(2)
    )
    keys = ["contract_id", "revenue_type", "currency"]
    booked = entries.assign(recognized=entries["amount"].astype(float))
    sums = booked.groupby(keys, as_index=False)["recognized"].sum()
    both = contracts.merge(sums, on=keys, how="outer")
    both[["expected", "recognized"]] = both[["expected", "recognized"]].fillna(0)
    both["difference"] = both["recognized"] - both["expected"]
    off = both["difference"].abs() > (both["expected"].abs() * 0.01).clip(lower=0.01)
    both["status"] = off.map({True: "check", False: "ok"})
    return both


def main(source: str, workbook: str, month: str) -> None:
    """Compare a month of a database, write the workbook and print how much is off."""
    with sqlite3.connect(source) as database:
        contracts = pd.read_sql("SELECT * FROM contracts", database)
        entries = pd.read_sql(
            "SELECT * FROM entries WHERE recognition_period = ?", database, params=(month,)
        )
    lines = compare(contracts, entries, month)
    lines.to_excel(workbook, index=False)
    print(lines.groupby("status")["difference"].agg(["count", "sum"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
