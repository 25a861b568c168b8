"""Speed: recon side by side with an analyst's script, as whole processes, in turn.

    python -m pip install ".[bench]"
    python -m tests.benchmarks.speed [--runs 5] [--contracts 1000000]

Prints the median wall time of each command, the ratio to what it is measured against, and the
peak memory. Only the ratios travel from one machine to another.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.engine import literal, open_session
from recon.sample import Recipe, ensure, export, make

ROOT = Path(__file__).parents[2]
MONTH = "2024-06"
RECON = ("-m", "recon")
ANALYST = (str(Path(__file__).with_name("analyst.py")),)
CORE = (
    "import sys; from recon.engine import open_session; from recon.month import Month; "
    "from recon.policy import Policy; from recon.reconciliation import reconcile_relations as r; "
    "x = r(open_session(), f\"read_parquet('{sys.argv[1]}')\", f\"read_parquet('{sys.argv[2]}')\", "
    "Month.parse(sys.argv[3]), Policy()); print(len(x.lines), len(x.breaks))"
)


@dataclass(frozen=True, slots=True)
class Duel:
    """A command and what it is measured against; arguments of python."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    goal: float


def seconds(arguments: Sequence[str]) -> float:
    """Return the wall time of a python process; breaks (3) are no failure."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - start


def fight(duel: Duel, runs: int) -> tuple[float, float, float]:
    """Return our median, theirs, and the median of the ratios run by run, after a warm-up."""
    pairs = [(seconds(duel.ours), seconds(duel.theirs)) for _ in range(runs + 1)][1:]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return ours, theirs, statistics.median(mine / other for mine, other in pairs)


def duels(folder: Path, contracts: int) -> list[Duel]:
    """Return the comparisons, with the data that they need made in a folder."""
    sample, out = ensure(Recipe()), str(folder / "reports")
    database = folder / "sample.sqlite"
    to_sqlite(sample, database)
    month = (*RECON, "month", MONTH, "--config", str(ROOT / "config" / "recon.toml"), "--out", out)
    analyst = (*ANALYST, "month", str(database), str(folder / "analyst.xlsx"), MONTH)
    found = [
        Duel("recon --version / import typer", (*RECON, "--version"), ("-c", "import typer"), 1.5),
        Duel("recon --help / import typer", (*RECON, "--help"), ("-c", "import typer"), 1.5),
        Duel("month, CSV / analyst's script", (*month, "--format", "csv"), analyst, 0.5),
        Duel("month, CSV and workbook / analyst's script", month, analyst, 0.5),
    ]
    if contracts:
        files = [str(path) for path in large(folder, contracts)[:2]]
        found.append(
            Duel(
                f"core, {contracts:,} contracts / analyst's core",
                ("-c", CORE, *files, MONTH),
                (*ANALYST, "core", *files, MONTH),
                1.0,
            )
        )
    return found


def to_sqlite(sample: Path, database: Path) -> None:
    """Write the sample as a SQLite database, which pandas reads with nothing else installed."""
    import sqlite3

    with open_session() as session, sqlite3.connect(database) as out:
        session.execute(f"ATTACH {literal(str(sample))} AS sample (READ_ONLY)")
        for table in ("contracts", "entries"):
            frame = session.execute(f"SELECT * FROM sample.{table}").df()
            texts = frame.select_dtypes(exclude="number").columns
            frame[texts] = frame[texts].astype(str).where(frame[texts].notna(), None)
            frame.to_sql(table, out, index=False)


def large(folder: Path, contracts: int) -> list[Path]:
    """Return Parquet files of contracts and of about three entries each, for one month."""
    from recon.month import Month

    month = Month.parse(MONTH)
    path = folder / "large.duckdb"
    make(Recipe(contracts=contracts, first=month, last=month, history=False), path)
    return export(path, folder, "parquet")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Speed of recon against an analyst's script.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--contracts", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'work':<45} {'ours':>7} {'theirs':>7} {'ratio':>6} {'goal':>5}")
        for duel in duels(Path(folder), options.contracts):
            ours, theirs, ratio = fight(duel, options.runs)
            print(f"{duel.name:<45} {ours:>6.2f}s {theirs:>6.2f}s {ratio:>6.2f} {duel.goal:>5}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"largest process: {peak:,} MB")


if __name__ == "__main__":
    main()
