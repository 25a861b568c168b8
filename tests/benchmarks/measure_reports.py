"""Seconds and memory of the file reports: `python tests/benchmarks/measure_reports.py 100000`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from recon.reports.csv_files import write_csv
from recon.reports.excel import write_workbook
from tests.example import COLUMNS, RUN_ID, TupleLines, reconciliation


class ManyLines(TupleLines):
    """Lines that are made while they are read, so that only the reports take memory."""

    def __init__(self, count: int) -> None:
        super().__init__(())
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        first = next(iter(reconciliation().lines))
        amounts = {COLUMNS.index(name) for name in ("expected", "recognized")}
        for number in range(self.count):
            amount = number * 7919 % 10**10 * 100
            cells = [amount if place in amounts else cell for place, cell in enumerate(first)]
            yield (f"C-{number:07d}", *cells[1:])


def peak() -> int:
    """Return the most memory that the process has had, in MB; 0 where that is unknown."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(name: str, write: Callable[[], object]) -> None:
    """Print how long a report takes and the peak of memory."""
    start = time.perf_counter()
    write()
    print(f"{name}: {time.perf_counter() - start:.2f} s, peak {peak()} MB")


def main() -> None:
    """Measure the workbook and the CSV files."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    result = replace(reconciliation(), lines=ManyLines(count))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        measure(
            f"workbook, {count:,} lines", lambda: write_workbook(result, path / "x.xlsx", RUN_ID)
        )
        measure(f"CSV, {count:,} lines", lambda: write_csv(result, path))


if __name__ == "__main__":
    main()
