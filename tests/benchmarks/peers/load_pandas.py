"""Sales into SQLite or PostgreSQL by pandas and SQLAlchemy, in chunks.

    python -m tests.benchmarks.peers.load_pandas FILE URL [anew]

As an analyst would write it who takes care: checked, deduplicated, deleted and inserted by key.
"""

from __future__ import annotations

import sys
from decimal import Decimal

import pandas as pd
from sqlalchemy import create_engine, text

AMOUNTS = ["quantity", "unit_price", "discount", "cost", "tax"]
CHUNK = 50_000


def load(path: str, url: str, anew: str = "") -> None:
    """Load a file into the table of sales, in one transaction; `anew` into a new one."""
    engine = create_engine(url)
    with engine.begin() as db:
        if anew:
            db.execute(text("DROP TABLE IF EXISTS sales"))
        for chunk in pd.read_csv(path, dtype=str, chunksize=CHUNK):
            _bring(db, _right(chunk))
        rows = db.execute(text("SELECT count(*) FROM sales")).scalar()
    assert rows, path


def _right(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.apply(lambda column: column.str.strip())
    for column in AMOUNTS:
        numbers = rows[column].fillna("0").str.fullmatch(r"[+-]?\d{1,14}(\.\d{1,4})?")
        rows = rows[numbers]
    rows = rows[pd.to_datetime(rows["sold_on"], format="%Y-%m-%d", errors="coerce").notna()]
    for column in AMOUNTS:
        # Texts become exact numbers; floats would not tie.
        rows[column] = [Decimal(cell) if isinstance(cell, str) else None for cell in rows[column]]
    rows["revenue"] = rows["quantity"] * rows["unit_price"] - rows["discount"].fillna(Decimal(0))
    for column in [*AMOUNTS, "revenue"]:
        rows[column] = rows[column].map(lambda cell: None if cell is None else str(cell))
    return rows.drop_duplicates(["sale_id", "line"], keep="last")


def _bring(db: object, rows: pd.DataFrame) -> None:
    run = db.execute  # type: ignore[attr-defined]
    types = ", ".join(
        f"{column} {'numeric(19, 4)' if column in [*AMOUNTS, 'revenue'] else 'text'}"
        for column in rows.columns
    )
    run(text(f"CREATE TABLE IF NOT EXISTS sales ({types}, PRIMARY KEY (sale_id, line))"))
    run(
        text("DELETE FROM sales WHERE sale_id = :sale_id AND line = :line"),
        rows[["sale_id", "line"]].to_dict("records"),
    )
    marks = ", ".join(f":{column}" for column in rows.columns)
    if db.dialect.name == "postgresql":  # type: ignore[attr-defined]
        numbers = [*AMOUNTS, "revenue"]
        marks = ", ".join(
            f"CAST(:{column} AS numeric)" if column in numbers else f":{column}"
            for column in rows.columns
        )
    run(text(f"INSERT INTO sales VALUES ({marks})"), rows.to_dict("records"))


if __name__ == "__main__":
    load(*sys.argv[1:])
