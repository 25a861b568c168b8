"""What recon does that has no command of its own; each is a process.

    python -m tests.benchmarks.ours core contracts.parquet entries.parquet
    python -m tests.benchmarks.ours workbook FILE LINES

The last line printed is JSON: what was counted.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.benchmarks.data import MONTH

# What the core may hold in memory beside its breaks: the largest job is to stay below 4 GiB.
MEMORY_LIMIT = "2GB"
CONFIGURATION = """
memory_limit = "{memory}"
[analytics]
source = "files"
path = '{contracts}'
[accounting]
source = "files"
path = '{entries}'
"""


def core(contracts: str, entries: str) -> dict[str, object]:
    """Reconcile a month of Parquet files, and time the explaining of its breaks.

    That is gathering the facts of the breaks, their causes and their severity.
    """
    from recon.base.month import Month
    from recon.config import load
    from recon.reconciliation import revenue as reconciliation
    from recon.run.gathering import reconciled

    times: list[float] = []
    explain = _timed(reconciliation.judged_breaks, times)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("recon.reconciliation.revenue.judged_breaks", explain),
    ):
        path = Path(folder) / "recon.toml"
        written = CONFIGURATION.format(memory=MEMORY_LIMIT, contracts=contracts, entries=entries)
        path.write_text(written, encoding="utf-8")
        with reconciled(load(path), Month.parse(MONTH)) as (_, result):
            return {
                "lines": len(result.lines),
                "breaks": len(result.breaks),
                "breaks_per_second": len(result.breaks) / sum(times),
            }


def _timed(step: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """Return a step of the core that notes how long it took."""

    def timed(*given: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        result = step(*given, **named)
        times.append(time.perf_counter() - begun)
        return result

    return timed


class ManyLines:
    """Lines that are made while they are read, so that only what is written takes memory.

    Ids and amounts differ from line to line, customers every third, so that nothing that a writer
    remembers helps it more than it would in a ledger.
    """

    def __init__(self, count: int) -> None:
        from tests.example import COLUMNS

        self.columns, self._count = COLUMNS, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        from tests.example import reconciliation

        first = next(iter(reconciliation().lines))
        amounts = [place for place, cell in enumerate(first) if isinstance(cell, int)]
        customer = self.columns.index("customer")
        for number in range(self._count):
            cells = [f"C-{number:07d}", *first[1:]]
            cells[customer] = f"Customer {number // 3}"
            for place in amounts:
                cells[place] = (number + place) * 7919 % 10**10 * 100
            yield tuple(cells)


def workbook(file: str, lines: str) -> dict[str, object]:
    """Write a workbook of so many lines."""
    from dataclasses import replace

    from recon.reports.excel.workbook import write_workbook
    from tests.example import RUN_ID, reconciliation

    many: Any = ManyLines(int(lines))
    write_workbook(replace(reconciliation(), lines=many), Path(file), RUN_ID)
    return {"lines": len(many)}


if __name__ == "__main__":
    works: dict[str, Callable[..., dict[str, object]]] = {
        "core": core,
        "workbook": workbook,
    }
    print(json.dumps(works[sys.argv[1]](*sys.argv[2:])))
