"""Speed and memory: recon and its peers, side by side in one run.

    python -m pip install ".[bench]"
    python -m tests.benchmarks [--only NAME] [--large] [--json FILE] [--chart FILE] [--docs]

Prints what each work comes to beside its goal. Only the ratios travel from one machine to another;
a goal that is missed here is no failure, and no test asserts one. Runs on Linux and macOS.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.chart import chart
from tests.benchmarks.data import ROOT
from tests.benchmarks.jobs import Data
from tests.benchmarks.measuring import measure
from tests.benchmarks.telling import Surroundings, document, in_page, jobs_table, table
from tests.benchmarks.works import WORKS

PAGE, CHART = ROOT / "docs" / "benchmarks.md", ROOT / ".github" / "benchmarks.svg"


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    names = [work.name for work in WORKS]
    parser.add_argument("--only", action="append", choices=names, help="one work; repeatable")
    parser.add_argument("--large", action="store_true", help="10 million contract lines, too")
    parser.add_argument("--runs", type=int, default=5, help="runs of every command, in turn")
    parser.add_argument("--json", type=Path, help="write everything as JSON")
    parser.add_argument("--chart", type=Path, help="write the chart as SVG")
    parser.add_argument("--docs", action="store_true", help="put table and chart there")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(tempfile.gettempdir()) / "recon-bench",
        help="where the large ledgers are kept: 0.1 GB, with --large 1.3 GB",
    )
    found = parser.parse_args()
    if found.docs and (found.only or not found.large):
        parser.error("--docs needs all works: leave out --only, and give --large.")
    return found


def main() -> None:
    """Measure, print the tables and write what is asked for."""
    asked = options()
    works = [
        work
        for work in WORKS
        if (work.name in asked.only if asked.only else asked.large or work.stage != "large")
    ]
    with tempfile.TemporaryDirectory() as scratch:
        data = Data(asked.data, Path(scratch), _tell)
        measured = measure(works, data, asked.runs, _tell)
        around = Surroundings.here(asked.runs, data.rows)
    print("\n".join([*table(measured.results), "", *jobs_table(measured)]))
    if asked.json:
        asked.json.write_text(document(measured, around), encoding="utf-8")
    drawn = chart(measured.results, around.cores)
    for place in filter(None, [asked.chart, CHART if asked.docs else None]):
        place.write_text(drawn, encoding="utf-8", newline="\n")
    if asked.docs:
        told = in_page(PAGE.read_text(encoding="utf-8"), measured.results, around)
        PAGE.write_text(told, encoding="utf-8", newline="\n")


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
