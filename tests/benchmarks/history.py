"""History that grows: what commands take after 100 runs and after 10,000.

    python -m tests.benchmarks.history [--runs 10000] [--times 3]

Prints CPU seconds, best of so many times, and their ratio: of runs that find the same 20 breaks
again and again over six months, and of runs that find other amounts every time.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recon.base.month import Month
from recon.record.journal.breaks import row_of
from recon.record.journal.rows import run_row
from recon.record.journal.store import Journal
from tests.benchmarks.process import shoot
from tests.shell import Project
from tests.unit.test_journal import a_run
from tests.unit.test_open_items import seen

FEW, BREAKS = 100, 20
MONTHS = [Month.parse(f"2024-{month:02}") for month in range(1, 7)]
COMMANDS = {
    "recon history": ["history"],
    "recon open": ["open"],
    "recon month": ["month", "2024-06", "--format", "csv"],
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.history")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    print(f"{'':<16}{'runs that find':<16}{FEW:>8,}{asked.runs:>10,}{'ratio':>7}")
    for differ in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            projects = [
                project(Path(folder) / str(runs), runs, differ=differ) for runs in (FEW, asked.runs)
            ]
            for name, words in COMMANDS.items():
                few, many = (_cpu(each, words, asked.times) for each in projects)
                what = "other amounts" if differ else "the same"
                print(f"{name:<16}{what:<16}{few:>8.2f}{many:>10.2f}{many / few:>7.2f}", flush=True)


def _cpu(of: Project, words: list[str], times: int) -> float:
    command = ["-m", "recon", *words, "--config", str(of.config)]
    return min(shoot(command).cpu for _ in range(times))


def project(folder: Path, runs: int, *, differ: bool) -> Project:
    """Return a project whose journal has so many runs, written at once."""
    made = Project(folder)
    made.fill("100.00", "250.00")
    with Journal.at(made.reports) as journal, journal._sealed():
        for number in range(runs):
            month, at = MONTHS[number % 6], datetime(2024, 7, 3, tzinfo=UTC)
            at += timedelta(minutes=number)
            name = f"{month}_{at:%Y%m%dT%H%M%SZ}_{number:04x}"
            run = replace(
                a_run(name, month), started=at, ended=at, folder=f"{month}/{name}", evidence=""
            )
            other = number if differ else 0
            found = [seen(f"C-{each}", -100 * each - 100 - other) for each in range(BREAKS)]
            journal._insert("runs", [run_row(run)])
            journal._insert("breaks", [(name, *row_of(item)) for item in found])
            event = (None, at.isoformat(), run.who, run.host, "run", name, str(month), "", "")
            journal._insert("events", [event])
        journal._note_repeats()
    return made


if __name__ == "__main__":
    main()
