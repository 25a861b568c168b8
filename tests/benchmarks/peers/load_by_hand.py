"""Sales into DuckDB by a script by hand: checked, deduplicated, deleted and inserted.

python -m tests.benchmarks.peers.load_by_hand FILE DATABASE
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from tests.benchmarks.sales import COLUMNS

AMOUNT = r"[+-]?\d{1,14}(\.\d{1,4})?"
DAY = r"\d{4}-\d{2}-\d{2}"
CHECKS = {
    "sale_id": "sale_id IS NOT NULL",
    "line": "line IS NOT NULL",
    "sold_on": f"regexp_full_match(sold_on, '{DAY}') AND TRY_CAST(sold_on AS DATE) IS NOT NULL",
    "product_id": "product_id IS NOT NULL",
    **{name: f"regexp_full_match({name}, '{AMOUNT}')" for name in ("quantity", "unit_price")},
    **{
        name: f"({name} IS NULL OR regexp_full_match({name}, '{AMOUNT}'))"
        for name in ("discount", "cost", "tax")
    },
}
TYPED = """trim(sale_id) AS sale_id, trim(line) AS line, CAST(sold_on AS DATE) AS sold_on,
    trim(product_id) AS product_id, trim(customer_id) AS customer_id,
    CAST(quantity AS DECIMAL(18, 4)) AS quantity, CAST(unit_price AS DECIMAL(19, 4)) AS unit_price,
    CAST(coalesce(discount, '0') AS DECIMAL(19, 4)) AS discount,
    CAST(cost AS DECIMAL(19, 4)) AS cost, CAST(tax AS DECIMAL(19, 4)) AS tax,
    CAST(round(CAST(quantity AS DECIMAL(18, 4)) * CAST(unit_price AS DECIMAL(19, 4)), 4)
        - CAST(coalesce(discount, '0') AS DECIMAL(19, 4)) AS DECIMAL(19, 4)) AS revenue,
    upper(currency) AS currency, trim(region) AS region, trim(store) AS store"""


def load(path: str, database: str) -> None:
    """Load a file into the table of sales, in one transaction."""
    db = duckdb.connect(database)
    read = ", ".join(f"'{column}': 'VARCHAR'" for column in COLUMNS)
    right = " AND ".join(f"coalesce({check}, false)" for check in CHECKS.values())
    db.execute("BEGIN")
    db.execute(
        f"""CREATE TEMP TABLE sent AS SELECT *, {right} AS is_right FROM read_csv('{path}',
        auto_detect = false, header = true, delim = ',', quote = '"', columns = {{{read}}})"""
    )
    db.execute("CREATE TABLE IF NOT EXISTS rejected AS FROM sent LIMIT 0")
    db.execute("INSERT INTO rejected FROM sent WHERE NOT is_right")
    db.execute(
        f"""CREATE TEMP TABLE typed AS SELECT {TYPED} FROM sent WHERE is_right
        QUALIFY row_number() OVER (PARTITION BY sale_id, line ORDER BY rowid DESC) = 1"""
    )
    db.execute("CREATE TABLE IF NOT EXISTS sales AS FROM typed LIMIT 0")
    db.execute(
        """DELETE FROM sales WHERE EXISTS (SELECT 1 FROM typed t
        WHERE t.sale_id = sales.sale_id AND t.line = sales.line)"""
    )
    db.execute("INSERT INTO sales FROM typed")
    db.execute("COMMIT")
    db.execute("CHECKPOINT")
    rows = db.execute("SELECT count(*) FROM sales").fetchone()
    assert rows and rows[0], Path(path)
    db.close()


if __name__ == "__main__":
    load(*sys.argv[1:])
