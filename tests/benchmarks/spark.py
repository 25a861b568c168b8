"""A million contracts and their entries on Apache Spark, held against the local engine.

    python -m tests.benchmarks.spark [--data FOLDER] [--parts 1] [--master 'local[2]'] [--groups N]

Runs `recon month --json --format csv` on either engine, each in a process of its own, and exits 1
where the JSON or a CSV file differs in anything but the name of the run. Made once, the data is
that of the other benchmarks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.data import MONTH, ROOT, Ledger, ledger

CODES = (0, 3)


@dataclass(frozen=True)
class Told:
    """What a run has printed and written, without its own name, and how long it took."""

    document: str
    files: dict[str, bytes]
    seconds: float


def run(folder: Path, engine: str, books: Ledger) -> Told:
    """Run the month in a folder."""
    folder.mkdir()
    config = folder / "recon.toml"
    config.write_text(
        f"{engine}\n[analytics]\nsource = 'files'\npath = '{books.contracts}'\n"
        f"[accounting]\nsource = 'files'\npath = '{books.entries}'\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "recon", "month", MONTH, "--json", "--format", "csv"]
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "--config", str(config)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode not in CODES:
        sys.exit(f"recon month ended with exit code {done.returncode}.")
    document = json.loads(done.stdout)
    name = document["run_id"]
    places = [Path(path) for path in document["reports"]]
    files = {path.name: path.read_bytes().replace(name.encode(), b"RUN") for path in places}
    text = done.stdout.replace(name, "RUN").replace(str(folder), "FOLDER")
    return Told(text, files, seconds)


def main(arguments: list[str]) -> int:
    """Run both and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.spark")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "recon-bench")
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--groups", type=int)
    asked = parser.parse_args(arguments)
    books = ledger(asked.data, asked.parts, print)
    groups = f"spark.groups = {asked.groups}\n" if asked.groups else ""
    spark = f"engine = 'spark'\nspark.master = '{asked.master}'\n{groups}"
    with tempfile.TemporaryDirectory(prefix="recon-spark-") as place:
        local = run(Path(place) / "local", "", books)
        there = run(Path(place) / "spark", spark, books)
    print(json.dumps(books.rows), f"local {local.seconds:.1f} s, Spark {there.seconds:.1f} s")
    differ = [name for name in local.files if there.files.get(name) != local.files[name]]
    if local.document != there.document:
        differ.append("the JSON document")
    print(
        f"Different: {', '.join(differ)}." if differ else "Identical: the JSON and every CSV file."
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
