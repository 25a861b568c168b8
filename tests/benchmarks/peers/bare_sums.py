"""The script that a month without a workbook is measured against: DuckDB sums both tables.

python -m tests.benchmarks.peers.bare_sums sample.duckdb 2024-06
"""

from __future__ import annotations

import json
import sys

import duckdb


def main(sample: str, month: str) -> None:
    """Print the sums of the contracts and of the month's entries, and how many there are."""
    with duckdb.connect(sample, read_only=True) as database:
        contracts = database.execute("SELECT count(*), sum(contract_value) FROM contracts")
        count, value = contracts.fetchall()[0]
        entries = database.execute(
            "SELECT count(*), sum(amount) FROM entries WHERE recognition_period = ?", [month]
        )
        booked, amount = entries.fetchall()[0]
    print(value, amount)
    print(json.dumps({"contracts": count, "entries": booked}))


if __name__ == "__main__":
    main(*sys.argv[1:])
