"""Order to cash: recon, a plain join and pandas, side by side in one run.

    python -m tests.benchmarks.cash [--documents 1000000] [--runs 3]

Two books of so many documents, of which some 3% have a fault. Prints CPU seconds, and how many
times those of the plain join; reading the files is part of each. Every run is a process of its own,
so that nothing is warm.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_FEEDS = """
    SELECT i AS place,
        CASE WHEN i % 3 = 2 THEN 'PAY-' ELSE 'INV-' END || lpad(i::VARCHAR, 8, '0') AS ref,
        'C' || lpad((hash(i) % {customers})::VARCHAR, 6, '0') AS customer,
        DATE '2024-01-01' + (i * 181 // {documents})::INT AS day,
        ((CASE WHEN i % 3 = 2 THEN -1 ELSE 1 END)
            * (hash(i * 7) % 900000 + 1000) * 100)::BIGINT AS amount,
        'EUR' AS currency, CASE WHEN i % 3 = 2 THEN 'payment' ELSE 'invoice' END AS kind,
        CASE WHEN i % 3 = 2 THEN 'INV-' || lpad((i - 1)::VARCHAR, 8, '0') END AS sale,
        true AS counts
    FROM range({documents}) AS r(i)"""
# Wrong amounts, signs and customers; no number; days a little later; missing, and posted twice.
_LEDGER = """
    SELECT * REPLACE (
        CASE WHEN hash(place * 13) % 1000 < 5 THEN amount * 10
            WHEN hash(place * 13) % 1000 < 10 THEN -amount ELSE amount END AS amount,
        CASE WHEN hash(place * 17) % 1000 < 5 THEN customer || '9' ELSE customer END AS customer,
        CASE WHEN hash(place * 19) % 1000 < 10 THEN NULL ELSE ref END AS ref,
        day + (hash(place * 23) % 3)::INT AS day)
    FROM feeds WHERE hash(place * 11) % 1000 >= 5
    UNION ALL FROM feeds WHERE hash(place * 29) % 1000 < 3"""
WORKS = ("join", "pandas", "match", "cash")


def books(folder: Path, documents: int) -> list[Path]:
    """The files of both sides, made where they are missing."""
    import duckdb

    paths = [folder / f"cash_{side}_{documents}.parquet" for side in ("feeds", "ledger")]
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        made = duckdb.connect()
        select = _FEEDS.format(documents=documents, customers=max(documents // 50, 1))
        made.execute(f"CREATE TABLE feeds AS {select}")
        for relation, path in zip(("feeds", f"({_LEDGER})"), paths, strict=True):
            made.execute(
                f"COPY (FROM {relation} ORDER BY hash(place * 3)) TO '{path}' (FORMAT parquet)"
            )
    return paths


def join(first: Path, second: Path) -> None:
    """A plain join by number, customer and currency, with the status of each document."""
    import duckdb

    duckdb.sql(
        f"""SELECT CASE WHEN b.ref IS NULL THEN 1 WHEN a.ref IS NULL THEN 2
            WHEN a.amount = b.amount THEN 3 ELSE 4 END AS status, count(*), sum(a.amount)
        FROM '{first}' AS a FULL JOIN '{second}' AS b
            ON a.ref = b.ref AND a.customer = b.customer AND a.currency = b.currency
        GROUP BY status"""
    ).fetchall()


def pandas(first: Path, second: Path) -> None:
    """A merge of equal documents, counted by groupby so that none is taken twice."""
    import pandas as pd

    keys = ["ref", "customer", "currency", "amount"]
    both = [pd.read_parquet(path) for path in (first, second)]
    for side in both:
        side["nth"] = side.groupby(keys, dropna=False).cumcount()
    merged = both[0].merge(both[1], on=[*keys, "nth"], how="outer", indicator=True)
    merged["_merge"].value_counts()


def match(first: Path, second: Path) -> None:
    """What `recon match --group` does once the files are typed."""
    from recon.base.matching import usual_rules
    from recon.base.policy import Policy
    from recon.reconciliation.cash.documents import prepare
    from recon.reconciliation.cash.matching import match_sides
    from recon.store.session import open_session

    with open_session(allowed=[first.parent]) as session:
        prepare(session, Policy())
        match_sides(session, [f"FROM '{p}'" for p in (first, second)], ("a", "b"), usual_rules())


def cash(first: Path, second: Path) -> None:
    """What `recon cash` does: causes, events, balances, ageing, and every sum tied."""
    from recon.base.month import Month
    from recon.base.policy import Policy
    from recon.reconciliation.cash.documents import prepare
    from recon.reconciliation.cash.policy import CashPolicy
    from recon.reconciliation.cash.receivable import reconcile_receivables
    from recon.store.session import open_session

    with open_session(allowed=[first.parent]) as session:
        prepare(session, Policy())
        reconcile_receivables(
            session, Month.parse("2024-06"), [f"FROM '{path}'" for path in (first, second)],
            ("feeds", "ledger"), CashPolicy(),
        )  # fmt: skip


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cash")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "recon-bench")
    parser.add_argument("--work", choices=WORKS, help="one work in this process; its CPU seconds")
    asked = parser.parse_args()
    paths = books(asked.data, asked.documents)
    if asked.work:
        begun = time.process_time()
        {"join": join, "pandas": pandas, "match": match, "cash": cash}[asked.work](*paths)
        print(time.process_time() - begun)
        return
    line = [sys.executable, "-m", "tests.benchmarks.cash", "--documents", str(asked.documents)]
    taken: dict[str, list[float]] = {work: [] for work in WORKS}
    for _ in range(asked.runs):
        for work in WORKS:
            done = subprocess.run(
                [*line, "--data", str(asked.data), "--work", work],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            taken[work].append(float(done.stdout))
    medians = {work: statistics.median(seconds) for work, seconds in taken.items()}
    print(f"{'':<10}{'CPU s':>8}{'of the join':>13}")
    for work, seconds in medians.items():
        print(f"{work:<10}{seconds:>8.2f}{seconds / medians['join']:>12.1f}x")


if __name__ == "__main__":
    main()
