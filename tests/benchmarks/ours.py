"""What recon does that has no command of its own; each is a process.

    python -m tests.benchmarks.ours core contracts.parquet entries.parquet
    python -m tests.benchmarks.ours compared contracts.parquet entries.parquet
    python -m tests.benchmarks.ours workbook FILE LINES

The last line printed is JSON: what was counted.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.benchmarks.data import MONTH

if TYPE_CHECKING:
    from recon.config import Settings

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


@contextmanager
def _configured(contracts: str, entries: str) -> Iterator[Settings]:
    """Yield the settings of a configuration that names two files."""
    from recon.config import load

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recon.toml"
        written = CONFIGURATION.format(memory=MEMORY_LIMIT, contracts=contracts, entries=entries)
        path.write_text(written, encoding="utf-8")
        yield load(path)


def core(contracts: str, entries: str) -> dict[str, object]:
    """Reconcile a month of Parquet files, and time the explaining of its breaks.

    That is gathering the facts of the breaks, their causes and their severity.
    """
    from recon.base.month import Month
    from recon.reconciliation import revenue as reconciliation
    from recon.run.gathering import reconciled

    times: list[tuple[float, float]] = []
    explain = _timed(reconciliation.judged_breaks, times)
    with (
        _configured(contracts, entries) as settings,
        patch("recon.reconciliation.revenue.judged_breaks", explain),
        reconciled(settings, Month.parse(MONTH)) as (_, result),
    ):
        wall, cpu = (sum(each) for each in zip(*times, strict=True))
        return {
            "lines": len(result.lines),
            "breaks": len(result.breaks),
            "breaks_per_second": len(result.breaks) / wall,
            "breaks_per_cpu_second": len(result.breaks) / cpu,
        }


def compared(contracts: str, entries: str) -> dict[str, object]:
    """Compare a month of Parquet files: all of the core up to its breaks, tied out and added up."""
    from contextlib import ExitStack

    from recon.base.month import Month
    from recon.base.result import Side
    from recon.reconciliation.control_totals import control
    from recon.reconciliation.revenue import compare_month, load_both_sides
    from recon.reconciliation.totals import totals
    from recon.record.log import Log
    from recon.run.opened_sources import open_sources
    from recon.sources.delivery import Request

    month = Month.parse(MONTH)
    with _configured(contracts, entries) as settings, ExitStack() as stack:
        opened = open_sources(settings, Request(month), stack, lambda _: None, Log(), {})
        session, deliveries = opened.session, opened.deliveries
        told = {side: deliveries[side].description for side in Side}
        load_both_sides(
            session,
            *(opened.relations[side] for side in Side),
            settings.policy,
            told,
            (),
            {side: deliveries[side].unsaid for side in Side},
        )
        compare_month(session, month, settings.policy, told, ())
        control(session, month, told)
        found = totals(session).values()
        return {
            "lines": sum(each.contract_lines for each in found),
            "breaks": sum(each.breaks for each in found),
        }


def _timed(step: Callable[..., Any], times: list[tuple[float, float]]) -> Callable[..., Any]:
    """Return a step of the core that notes how long it took, by the clock and as CPU time."""

    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = step(*given, **named)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
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
        "compared": compared,
        "workbook": workbook,
    }
    print(json.dumps(works[sys.argv[1]](*sys.argv[2:])))
