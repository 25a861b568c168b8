"""Fifteen figures, by recon and by hand, on the same Parquet in one run.

    python -m tests.benchmarks.figures [--rows 2000000] [--runs 5]

Prints CPU seconds: median and 95th percentile over the figures, and each figure beside its query by
hand. Both are asked in turn, in one session.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from recon.kpi import compiled
from recon.kpi.buckets import divided
from recon.kpi.compiled import Filter
from recon.kpi.period import Calendar, Unit, parse
from recon.kpi.query import Query, values
from recon.store.schema import TABLES
from recon.store.session import Session, literal, open_session

LAST = date(2023, 12, 31)
_OF_SALES = {
    "feed": "'shop'", "load": "1", "recon_row": "i", "sale_id": "'S' || (100000000 + i // 3)",
    "line": "CAST(1 + i % 3 AS VARCHAR)",
    "sold_on": "DATE '2022-01-01' + CAST((i * 730) // {rows} AS INTEGER)",
    "product_id": "'P' || (i * 7919) % 2000", "customer_id": "'C' || (i // 3 * 104729) % 50000",
    "quantity": "1 + i % 12", "unit_price": "1.25 + (i * 31 % 4000) / 100",
    "revenue": "(1 + i % 12) * (1.25 + (i * 31 % 4000) / 100)", "discount": "0.05 * (i % 5)",
    "cost": "0.75 + (i * 17 % 2000) / 100", "tax": "(i * 13 % 900) / 100", "currency": "'EUR'",
    "region": "['North', 'South', 'East', 'West'][1 + i % 4]",
    "store": "'Store ' || (i * 37) % 120", "channel": "['web', 'shop'][1 + i % 2]",
}  # fmt: skip
_JUNE, _YEAR = "sold_on BETWEEN '2023-06-01' AND '2023-06-30'", "sold_on >= '2023-01-01'"
_BUYS = "quantity > 0 AND customer_id IS NOT NULL"
_TIER = """LEFT JOIN dim_customer c ON c.customer_id = f.customer_id
    AND f.sold_on >= c.valid_from AND (c.valid_to IS NULL OR f.sold_on <= c.valid_to)"""
# Name; measures, period, dimensions, filters; and the query that one writes by hand.
FIGURES: Sequence[tuple[str, tuple[str, ...], str, tuple[str, ...], tuple[Filter, ...], str]] = (
    ("revenue of a month", ("revenue",), "2023-06", (), (),
     f"SELECT currency, sum(revenue) FROM fact_sales WHERE {_JUNE} GROUP BY ALL"),
    ("revenue of a year by month", ("revenue", "quantity"), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), currency, sum(revenue), sum(quantity) "
     f"FROM fact_sales WHERE {_YEAR} GROUP BY ALL"),
    ("revenue by region", ("revenue",), "2023", ("region",), (),
     f"SELECT region, currency, sum(revenue) FROM fact_sales WHERE {_YEAR} GROUP BY ALL"),
    ("revenue by region and month", ("revenue",), "2023", ("region", "month"), (),
     "SELECT region, date_trunc('month', sold_on), currency, sum(revenue) FROM fact_sales "
     f"WHERE {_YEAR} GROUP BY ALL"),
    ("revenue by product", ("revenue", "quantity"), "2023-06", ("product",), (),
     "SELECT coalesce(p.product_id, f.product_id), currency, sum(revenue), sum(quantity) FROM "
     f"fact_sales f LEFT JOIN dim_product p USING (product_id) WHERE {_JUNE} GROUP BY ALL"),
    ("revenue by category", ("revenue",), "2023", ("category",), (),
     "SELECT coalesce(p.category, f.category), currency, sum(revenue) FROM fact_sales f "
     f"LEFT JOIN dim_product p USING (product_id) WHERE {_YEAR} GROUP BY ALL"),
    ("revenue by tier", ("revenue",), "2023", ("loyalty_tier",), (),
     f"SELECT c.loyalty_tier, f.currency, sum(revenue) FROM fact_sales f {_TIER} "
     f"WHERE {_YEAR} GROUP BY ALL"),
    ("revenue of a region", ("revenue",), "2023", (), (Filter("region", ("North",)),),
     "SELECT currency, sum(revenue) FROM fact_sales "
     f"WHERE {_YEAR} AND lower(region) = 'north' GROUP BY ALL"),
    ("margin by month", ("margin",), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), currency, (sum(revenue) - sum(cost)) / sum(revenue) "
     f"FROM fact_sales WHERE {_YEAR} GROUP BY ALL"),
    ("orders of a month", ("orders",), "2023-06", (), (),
     f"SELECT count(DISTINCT lower(sale_id)) FROM fact_sales WHERE {_JUNE}"),
    ("average order by region", ("average_order",), "2023", ("region",), (),
     "SELECT region, currency, sum(revenue) / count(DISTINCT lower(sale_id)) FROM fact_sales "
     f"WHERE {_YEAR} GROUP BY ALL"),
    ("active customers by month", ("active",), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), count(DISTINCT lower(customer_id)) FROM fact_sales "
     f"WHERE {_YEAR} AND {_BUYS} GROUP BY ALL"),
    ("new customers of a month", ("new",), "2023-06", (), (),
     "SELECT count(*) FROM (SELECT lower(customer_id), min(sold_on) AS first FROM fact_sales "
     f"WHERE {_BUYS} GROUP BY ALL) WHERE first BETWEEN '2023-06-01' AND '2023-06-30'"),
    ("repeat rate of a year", ("repeat_rate",), "2023", (), (),
     "SELECT count(CASE WHEN low <> high THEN 1 END) / count(*) FROM (SELECT lower(customer_id), "
     "min(lower(sale_id)) AS low, max(lower(sale_id)) AS high FROM fact_sales "
     f"WHERE {_YEAR} AND {_BUYS} GROUP BY ALL)"),
    ("growth by region", ("growth_year",), "2023", ("region",), (),
     "SELECT region, currency, sum(revenue) FILTER (sold_on >= '2023-01-01') / "
     "sum(revenue) FILTER (sold_on < '2023-01-01') FROM fact_sales WHERE sold_on >= '2022-01-01' "
     "GROUP BY ALL"),
)  # fmt: skip


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.figures")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    for rows in asked.rows or (2_000_000,):
        with tempfile.TemporaryDirectory() as folder, open_session(None, [Path(folder)]) as session:
            _make(session, Path(folder), rows)
            _measure(session, rows, asked.runs)


def _make(session: Session, folder: Path, rows: int) -> None:
    """Write the star as the snapshot has it, by month, and look at it."""
    columns = [each for each in TABLES["fact_sales"].columns if each.name != "overlap_of"]
    listed = ", ".join(
        f"CAST({_OF_SALES.get(each.name, 'NULL').format(rows=rows)} AS {each.sql_type}) "
        f"AS {each.name}" for each in columns
    )  # fmt: skip
    session.execute(f"CREATE TEMP VIEW made AS SELECT {listed} FROM range({rows}) t(i)")
    paths = []
    for month in range(24):
        first = date(2022 + month // 12, month % 12 + 1, 1)
        path = literal(str(folder / f"sales-{first:%Y-%m}.parquet"))
        session.execute(
            f"COPY (SELECT * FROM made WHERE date_trunc('month', sold_on) = DATE '{first}' "
            f"ORDER BY sold_on, sale_id) TO {path} (FORMAT parquet, COMPRESSION zstd)"
        )
        paths.append(path)
    session.execute(f"CREATE VIEW fact_sales AS SELECT * FROM read_parquet([{', '.join(paths)}])")
    _dimension(session, "dim_product", 2_000, "'P' || i", category="['A', 'B', 'C'][1 + i % 3]")
    _dimension(session, "dim_customer", 50_000, "'C' || i", valid_from="DATE '1900-01-01'",
               loyalty_tier="['gold', 'silver'][1 + i % 2]")  # fmt: skip
    for name, table in TABLES.items():
        listed = ", ".join(f"{each.name} {each.sql_type}" for each in table.columns)
        if name not in ("fact_sales", "dim_product", "dim_customer"):
            session.execute(f"CREATE TABLE {name} ({listed})")
    compiled.install(session)


def _dimension(session: Session, name: str, rows: int, key: str, **of: str) -> None:
    known = {TABLES[name].kind.key[0]: key, **of}
    listed = ", ".join(
        f"CAST({known.get(each.name, 'NULL')} AS {each.sql_type}) AS {each.name}"
        for each in TABLES[name].columns
    )
    session.execute(f"CREATE TABLE {name} AS SELECT {listed} FROM range({rows}) t(i)")


def _measure(session: Session, rows: int, runs: int) -> None:
    ours: dict[str, float] = {}
    theirs: dict[str, float] = {}
    for name, measures, period, by, where, sql in FIGURES:
        asked = parse(period, Calendar(LAST))
        query = Query("", "", measures, asked, by, where)
        buckets = divided(asked, Unit.MONTH if "month" in by else None)
        times: dict[str, list[float]] = {"recon": [], "by hand": []}
        for run in range(runs + 1):
            for which, ask in (
                ("recon", lambda q=query, b=buckets: values(session, q, b)),
                ("by hand", lambda text=sql: session.execute(text).fetchall()),
            ):
                taken = _taken(ask)
                if run:
                    times[which].append(taken)
        ours[name], theirs[name] = (statistics.median(times[of]) for of in ("recon", "by hand"))
    print(f"{rows:,} sales{'':<22}{'recon':>9}{'by hand':>9}{'ratio':>7}")
    for name, mine in ours.items():
        print(f"{name:<32}{mine:>9.3f}{theirs[name]:>9.3f}{mine / theirs[name]:>7.2f}")
    for title, at in (("median", 0.5), ("95th percentile", 0.95)):
        mine, other = (_percentile([*of.values()], at) for of in (ours, theirs))
        print(f"{title:<32}{mine:>9.3f}{other:>9.3f}{mine / other:>7.2f}")


def _taken(ask: Callable[[], object]) -> float:
    """The CPU seconds of a question."""
    begun = time.process_time()
    ask()
    return time.process_time() - begun


def _percentile(values_: Sequence[float], at: float) -> float:
    ranked = sorted(values_)
    return ranked[min(round(at * (len(ranked) - 1)), len(ranked) - 1)]


if __name__ == "__main__":
    main()
