"""The core without its reasons, in DuckDB: one query that joins, compares and counts.

    python -m tests.benchmarks.peers.duckdb_query contracts.parquet entries.parquet 2024-06

Written as an expert would for this ledger alone: keys are taken as they are, every contract
spreads evenly, every row is trusted. Amounts stay DECIMAL until they are summed, which measured
faster than casting each of them.
"""

from __future__ import annotations

import json
import sys

import duckdb

# Rounded half away from zero; a month is the difference of what is earned by its end and before.
QUERY = """
    WITH booked AS (
        SELECT contract_id, revenue_type, currency,
            CAST(sum(amount) * 10000 AS BIGINT) AS recognized
        FROM read_parquet($entries) WHERE recognition_period = $month GROUP BY ALL),
    terms AS (
        SELECT contract_id, revenue_type, currency, duration_months AS n,
            CAST(contract_value * 10000 AS BIGINT) AS value,
            CASE currency WHEN 'JPY' THEN 10000 WHEN 'KWD' THEN 10 ELSE 100 END AS unit,
            datepart('year', starts) * 12 + datepart('month', starts) AS first,
            least(n, datepart('year', ends) * 12 + datepart('month', ends) - first + 1) AS periods
        FROM (SELECT *, coalesce(start_date, booking_date) AS starts,
            least(close_date, terminated_on) AS ends FROM read_parquet($contracts))),
    elapsed AS (
        SELECT *, 2 * value AS double, n * unit AS whole, sign(value) * whole AS half,
            greatest(least(periods, $now - first + 1), 0) AS by_now,
            greatest(least(periods, $now - first), 0) AS before
        FROM terms),
    due AS (
        SELECT contract_id, revenue_type, currency, (n + 1) // 2 * unit AS slack,
            (double * by_now + half) // (2 * whole) * unit
                - (double * before + half) // (2 * whole) * unit AS expected
        FROM elapsed),
    lines AS (
        SELECT coalesce(expected, 0) AS expected, coalesce(slack, 100) AS slack,
            abs(coalesce(recognized, 0) - coalesce(expected, 0)) AS off
        FROM due FULL JOIN booked USING (contract_id, revenue_type, currency))
    SELECT count(*), count(*) FILTER (off > slack AND off * 100 > abs(expected)) FROM lines"""


def main(contracts: str, entries: str, month: str) -> None:
    """Print how many lines there are, and how many are off by more than 1%."""
    now = int(month[:4]) * 12 + int(month[5:])
    given = {"contracts": contracts, "entries": entries, "month": month, "now": now}
    lines, breaks = duckdb.execute(QUERY, given).fetchall()[0]
    print(json.dumps({"lines": lines, "breaks": breaks}))


if __name__ == "__main__":
    main(*sys.argv[1:])
