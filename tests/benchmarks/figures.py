"""Fifteen figures, by recon and by hand, on the same sales in one run.

    python -m tests.benchmarks.figures [--rows 2000000] [--runs 5]

Each figure is asked in turn by recon and by a query by hand, on the same Parquet in one session,
and by the same query on PostgreSQL with indexes, where `RECON_BENCH_POSTGRESQL` names a server by
its URL. Prints CPU seconds (of PostgreSQL those of its backend, which works alone), and how long
answers were waited for.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from recon.kpi import compiled
from recon.kpi.buckets import divided
from recon.kpi.compiled import Filter
from recon.kpi.period import Calendar, Unit, parse
from recon.kpi.query import Query, values
from recon.store.schema import TABLES
from recon.store.session import Session, literal, open_session
from tests.benchmarks.loading import POSTGRESQL

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
     f"SELECT currency, sum(revenue) FROM fact_sales WHERE {_JUNE} GROUP BY 1"),
    ("revenue of a year by month", ("revenue", "quantity"), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), currency, sum(revenue), sum(quantity) "
     f"FROM fact_sales WHERE {_YEAR} GROUP BY 1, 2"),
    ("revenue by region", ("revenue",), "2023", ("region",), (),
     f"SELECT region, currency, sum(revenue) FROM fact_sales WHERE {_YEAR} GROUP BY 1, 2"),
    ("revenue by region and month", ("revenue",), "2023", ("region", "month"), (),
     "SELECT region, date_trunc('month', sold_on), currency, sum(revenue) FROM fact_sales "
     f"WHERE {_YEAR} GROUP BY 1, 2, 3"),
    ("revenue by product", ("revenue", "quantity"), "2023-06", ("product",), (),
     "SELECT coalesce(p.product_id, f.product_id), currency, sum(revenue), sum(quantity) FROM "
     f"fact_sales f LEFT JOIN dim_product p USING (product_id) WHERE {_JUNE} GROUP BY 1, 2"),
    ("revenue by category", ("revenue",), "2023", ("category",), (),
     "SELECT coalesce(p.category, f.category), currency, sum(revenue) FROM fact_sales f "
     f"LEFT JOIN dim_product p USING (product_id) WHERE {_YEAR} GROUP BY 1, 2"),
    ("revenue by tier", ("revenue",), "2023", ("loyalty_tier",), (),
     f"SELECT c.loyalty_tier, f.currency, sum(revenue) FROM fact_sales f {_TIER} "
     f"WHERE {_YEAR} GROUP BY 1, 2"),
    ("revenue of a region", ("revenue",), "2023", (), (Filter("region", ("North",)),),
     "SELECT currency, sum(revenue) FROM fact_sales "
     f"WHERE {_YEAR} AND lower(region) = 'north' GROUP BY 1"),
    ("margin by month", ("margin",), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), currency, (sum(revenue) - sum(cost)) / sum(revenue) "
     f"FROM fact_sales WHERE {_YEAR} GROUP BY 1, 2"),
    ("orders of a month", ("orders",), "2023-06", (), (),
     f"SELECT count(DISTINCT lower(sale_id)) FROM fact_sales WHERE {_JUNE}"),
    ("average order by region", ("average_order",), "2023", ("region",), (),
     "SELECT region, currency, sum(revenue) / count(DISTINCT lower(sale_id)) FROM fact_sales "
     f"WHERE {_YEAR} GROUP BY 1, 2"),
    ("active customers by month", ("active",), "2023", ("month",), (),
     "SELECT date_trunc('month', sold_on), count(DISTINCT lower(customer_id)) FROM fact_sales "
     f"WHERE {_YEAR} AND {_BUYS} GROUP BY 1"),
    ("new customers of a month", ("new",), "2023-06", (), (),
     "SELECT count(*) FROM (SELECT lower(customer_id), min(sold_on) AS first FROM fact_sales "
     f"WHERE {_BUYS} GROUP BY 1) t WHERE first BETWEEN '2023-06-01' AND '2023-06-30'"),
    ("repeat rate of a year", ("repeat_rate",), "2023", (), (),
     "SELECT count(CASE WHEN low <> high THEN 1 END) / count(*) FROM (SELECT lower(customer_id), "
     "min(lower(sale_id)) AS low, max(lower(sale_id)) AS high FROM fact_sales "
     f"WHERE {_YEAR} AND {_BUYS} GROUP BY 1) t"),
    ("growth by region", ("growth_year",), "2023", ("region",), (),
     "SELECT region, currency, sum(revenue) FILTER (WHERE sold_on >= '2023-01-01') / "
     "sum(revenue) FILTER (WHERE sold_on < '2023-01-01') FROM fact_sales "
     "WHERE sold_on >= '2022-01-01' GROUP BY 1, 2"),
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
            url = os.environ.get(POSTGRESQL)
            postgresql = _Postgresql(url, session, Path(folder)) if url else None
            _measure(session, rows, asked.runs, postgresql)


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


class _Postgresql:
    """The same sales on PostgreSQL, with indexes."""

    def __init__(self, url: str, session: Session, folder: Path) -> None:
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)
        # So that all of the work is that of one backend, whose CPU is told.
        self._run("SET max_parallel_workers_per_gather = 0")
        for table in ("dim_product", "dim_customer", "fact_sales"):
            self._copy(session, table, folder / f"{table}.csv")
        for columns in ("sold_on", "product_id, sold_on", "customer_id, sold_on",
                        "region, sold_on"):  # fmt: skip
            self._run(f"CREATE INDEX ON fact_sales ({columns})")
        self._run("CREATE INDEX ON dim_customer (customer_id)")
        self._run("CREATE INDEX ON dim_product (product_id)")
        self._run("VACUUM ANALYZE")
        row = self.connection.execute("SELECT pg_backend_pid()").fetchone()
        self.backend = Path(f"/proc/{row[0] if row else 0}/stat")

    def _run(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def _copy(self, session: Session, table: str, path: Path) -> None:
        columns = [each for each in TABLES[table].columns if each.name != "overlap_of"]
        listed = ", ".join(f'"{each.name}" {each.sql_type}' for each in columns)
        named = ", ".join(f'"{each.name}"' for each in columns)
        self._run(f"DROP TABLE IF EXISTS {table}")
        self._run(f"CREATE TABLE {table} ({listed})")
        session.execute(
            f"COPY (SELECT {named} FROM {table}) TO {literal(str(path))} (HEADER false)"
        )
        with (
            path.open("rb") as file,
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({named}) FROM STDIN (FORMAT csv)".encode()) as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
        path.unlink()

    def ask(self, sql: str) -> object:
        """The answer of a query."""
        return self.connection.execute(sql.encode()).fetchall()

    def seconds(self) -> float:
        """The CPU seconds of its backend so far."""
        user, system = self.backend.read_text().rsplit(") ", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _measure(session: Session, rows: int, runs: int, postgresql: _Postgresql | None) -> None:
    names = ["recon", "by hand", *(["PostgreSQL"] if postgresql else [])]
    cpu: dict[str, dict[str, float]] = {name: {} for name in names}
    waited: dict[str, list[float]] = {name: [] for name in names}
    for name, measures, period, by, where, sql in FIGURES:
        asked = parse(period, Calendar(LAST))
        query = Query("", "", measures, asked, by, where)
        buckets = divided(asked, Unit.MONTH if "month" in by else None)
        ways: list[tuple[Callable[[], object], Callable[[], float]]] = [
            (lambda q=query, b=buckets: values(session, q, b), time.process_time),  # type: ignore[misc]
            (lambda text=sql: session.execute(text).fetchall(), time.process_time),  # type: ignore[misc]
        ]
        if postgresql:
            ways.append((lambda text=sql: postgresql.ask(text), postgresql.seconds))  # type: ignore[misc]
        times: dict[str, list[float]] = {which: [] for which in names}
        for run in range(runs + 1):
            for which, (ask, clock) in zip(names, ways, strict=True):
                begun, started = clock(), time.perf_counter()
                ask()
                if run:
                    times[which].append(clock() - begun)
                    waited[which].append(time.perf_counter() - started)
        for which in names:
            cpu[which][name] = statistics.median(times[which])
    _print(rows, names, cpu, waited)


def _print(
    rows: int,
    names: Sequence[str],
    cpu: Mapping[str, Mapping[str, float]],
    waited: Mapping[str, Sequence[float]],
) -> None:
    """Print CPU seconds by figure, and their percentiles."""
    title = f"{rows:,} sales, CPU seconds"
    print(f"{title:<36}" + "".join(f"{name:>12}" for name in names) + f"{'ratio':>8}")
    lines = {each: [cpu[name][each] for name in names] for each in cpu["recon"]}
    for said, at in (("median", 0.5), ("95th percentile", 0.95)):
        lines[said] = [_percentile([*cpu[name].values()], at) for name in names]
    lines |= {f"waited, {said}": [_percentile(waited[name], at) for name in names]
              for said, at in (("median", 0.5), ("95th percentile", 0.95))}  # fmt: skip
    for said, of in lines.items():
        print(f"{said:<36}" + "".join(f"{each:>12.3f}" for each in of) + f"{of[0] / of[1]:>8.2f}")


def _percentile(values_: Sequence[float], at: float) -> float:
    ranked = sorted(values_)
    return ranked[min(round(at * (len(ranked) - 1)), len(ranked) - 1)]


if __name__ == "__main__":
    main()
