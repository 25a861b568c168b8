"""Loading sales: recon and its peers, side by side in one run.

    python -m tests.benchmarks.loading [--rows 100000 --rows 2000000] [--runs 3] [--peers NAME …]

Prints CPU seconds, rows a CPU second and peak memory: of the first load, and of a second file in
which 1% of the rows have changed. Every run begins with an empty store. The making of recon's
snapshot is told apart, since no peer makes one. `RECON_BENCH_POSTGRESQL` names a server by its URL.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks import sales
from tests.benchmarks.process import Shot, shoot

FEED = """[feeds.shop]
kind = "sales"
path = "inbox/*.csv"
currency = "EUR"
[store]
path = "store"
"""
POSTGRESQL = "RECON_BENCH_POSTGRESQL"
# By name, what must be installed.
PEERS = {
    "recon": (), "by hand": (), "dlt": ("dlt", "pyarrow"), "pandas, SQLite": ("pandas",),
    "pandas, PostgreSQL": ("pandas", "sqlalchemy", "psycopg"),
}  # fmt: skip


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loading")
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "recon-bench")
    asked = parser.parse_args()
    peers = [peer for peer in asked.peers if _is_there(peer)]
    print(f"{'':<20}{'rows':>11}{'file':>9}{'CPU s':>8}{'rows/CPU s':>12}{'peak MB':>9}")
    for rows in asked.rows or (100_000, 2_000_000):
        files = [sales.file(asked.data, rows, changed=changed) for changed in (False, True)]
        taken: dict[tuple[str, int], list[Shot]] = {}
        for _ in range(asked.runs):
            for peer in peers:
                for at, shot in enumerate(_both(peer, files)):
                    taken.setdefault((peer, at), []).append(shot)
        for (peer, at), shots in taken.items():
            _tell(peer, rows, ("first", "1% new")[at], shots)


def _is_there(peer: str) -> bool:
    missing = [package for package in PEERS[peer] if find_spec(package) is None]
    if "PostgreSQL" in peer and POSTGRESQL not in os.environ:
        missing.append(POSTGRESQL)
    if missing:
        print(f"{peer} is left out: there is no {', '.join(missing)}", file=sys.stderr)
    return not missing


def _both(peer: str, files: Sequence[Path]) -> list[Shot]:
    """Load both files into one new store; what each took."""
    folder = Path(tempfile.mkdtemp())
    try:
        return [shoot(_job(peer, file, folder)) for file in files]
    finally:
        shutil.rmtree(folder)


def _job(peer: str, file: Path, folder: Path) -> list[str]:
    if peer == "recon":
        (folder / "recon.toml").write_text(FEED, encoding="utf-8")
        return ["-m", "tests.benchmarks.loading", "recon", str(file), str(folder / "recon.toml")]
    if peer == "by hand":
        return ["-m", "tests.benchmarks.peers.load_by_hand", str(file), str(folder / "by.duckdb")]
    if peer == "dlt":
        return ["-m", "tests.benchmarks.peers.load_dlt", str(file), str(folder)]
    place = f"sqlite:///{folder}/by.sqlite" if "SQLite" in peer else os.environ[POSTGRESQL]
    anew = [] if file.stem.endswith("changed") else ["anew"]
    return ["-m", "tests.benchmarks.peers.load_pandas", str(file), place, *anew]


def _tell(peer: str, rows: int, which: str, shots: Sequence[Shot]) -> None:
    apart = statistics.median(shot.said.get("snapshot", 0.0) for shot in shots)
    cpu = statistics.median(shot.cpu for shot in shots) - apart
    peak = max(shot.peak for shot in shots) / 1_000_000
    print(
        f"{peer:<20}{rows:>11,}{which:>9}{cpu:>8.2f}{rows / cpu:>12,.0f}{peak:>9,.0f}", flush=True
    )
    if apart:
        print(f"{'  its snapshot':<20}{'':>20}{apart:>8.2f}", flush=True)


def recon(file: str, config: str) -> None:
    """Load a file with recon; say what the snapshot took."""
    from recon.config import load
    from recon.run.feeds import load_feeds
    from recon.store import snapshot

    taken, publish = [0.0], snapshot.publish

    def told(*arguments: object) -> object:
        start = time.process_time()
        try:
            return publish(*arguments)  # type: ignore[arg-type]
        finally:
            taken[0] += time.process_time() - start

    snapshot.publish = told  # type: ignore[assignment]
    report = load_feeds(load(Path(config)), [Path(file)], "shop")
    (done,) = report.outcomes
    assert done.loaded and done.loaded.counts["rejected"] == 0, done
    print(json.dumps({"snapshot": taken[0]}))


if __name__ == "__main__":
    recon(*sys.argv[2:]) if sys.argv[1:2] == ["recon"] else main()
