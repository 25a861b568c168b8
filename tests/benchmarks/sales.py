"""Files of sales to load: the first one, and another in which 1% has changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COLUMNS = (
    "sale_id", "line", "sold_on", "product_id", "customer_id", "quantity", "unit_price",
    "discount", "cost", "tax", "currency", "region", "store",
)  # fmt: skip
_ROW = """SELECT 'S' || (100000000 + i // 3) AS sale_id, 1 + i % 3 AS line,
    DATE '2022-01-01' + CAST((i * 730) // {rows} AS INTEGER) AS sold_on,
    'P' || (i * 7919) % 2000 AS product_id, 'C' || (i // 3 * 104729) % 50000 AS customer_id,
    1 + i % 12 AS quantity, CAST(1.25 + (i * 31 % 4000) / 100 AS DECIMAL(9, 2)) AS unit_price,
    CAST(0.05 * (i % 5) AS DECIMAL(9, 2)) AS discount,
    CAST(0.75 + (i * 17 % 2000) / 100 AS DECIMAL(9, 2)) + {more} AS cost,
    CAST((i * 13 % 900) / 100 AS DECIMAL(9, 2)) AS tax, 'EUR' AS currency,
    ['North', 'South', 'East', 'West'][1 + i % 4] AS region, 'Store ' || (i * 37) % 120 AS store
    FROM range({rows}) t(i) ORDER BY i"""


def file(folder: Path, rows: int, *, changed: bool = False) -> Path:
    """The file of so many rows, made unless it is there; `changed` has 1% of other content."""
    path = folder / f"sales-{rows}{'-changed' if changed else ''}.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        more = "if(i % 100 = 0, 1, 0)" if changed else "0"
        query = f"COPY ({_ROW.format(rows=rows, more=more)}) TO '{path}.tmp' (HEADER)"
        # A process begins with the memory of the one that starts it, which stays small so.
        subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.sql({query!r})"], check=True)
        Path(f"{path}.tmp").replace(path)
    return path
