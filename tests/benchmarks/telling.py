"""Telling: the results as a table, as JSON, and as the table of docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tests.benchmarks.measuring import Measured
from tests.benchmarks.process import Shot
from tests.benchmarks.works import STAGES, Result

PACKAGES = ("recon", "duckdb", "polars", "pandas", "pyarrow", "datacompy", "openpyxl", "typer")
MARKS = ("<!-- benchmarks -->\n", "<!-- end of benchmarks -->")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the figures depend on; `rows` are those of the ledgers that were made."""

    runs: int
    cores: int
    python: str
    versions: Mapping[str, str]
    rows: Mapping[str, Mapping[str, int]]
    load: tuple[float, ...] = ()

    @classmethod
    def here(cls, runs: int, rows: Mapping[str, Mapping[str, int]]) -> Surroundings:
        """Return those of this process."""
        found = {}
        for package in PACKAGES:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = "not installed"
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return cls(runs, cores or 1, platform.python_version(), found, rows, tuple(os.getloadavg()))


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines of the table, and in words whatever was not measured."""
    yield f"{'work':<60} {'goal':>15} {'measured':>13} {'':<7} {'by CPU':>9}  against"
    for result in results:
        cpu = "" if result.cpu is None else f"{result.cpu:,.2f}"
        yield (
            f"{result.work.title:<60} {result.work.aim:>15} {result.measured:>13} "
            f"{result.verdict:<7} {cpu:>9}  {result.against}"
        ).rstrip()
    for result in results:
        if result.missing:
            what = "NOT MEASURED" if result.figure is None else "NOT MEASURED in full"
            yield f"{what}: {result.work.name}: {result.missing}"


def jobs_table(measured: Measured) -> Iterator[str]:
    """Yield what every job took: medians, the highest peak, and what it counted."""
    yield f"{'stage':<9} {'job':<17} {'wall':>9} {'CPU':>9} {'peak':>10}  counted"
    for stage, jobs in measured.runs.items():
        for name, shots in jobs.items():
            told = _job(shots)
            counted = ", ".join(f"{value:,.0f} {key}" for key, value in told["counted"].items())
            yield (
                f"{stage:<9} {name:<17} {told['wall']:>7.2f} s {told['cpu']:>7.2f} s "
                f"{told['peak'] / 2**20:>6,.0f} MiB  {counted}"
            ).rstrip()


def _job(shots: Sequence[Shot]) -> dict[str, Any]:
    return {
        "wall": statistics.median(shot.wall for shot in shots),
        "cpu": statistics.median(shot.cpu for shot in shots),
        "peak": max(shot.peak for shot in shots),
        "counted": dict(shots[-1].said),
        "walls": [shot.wall for shot in shots],
    }


def document(measured: Measured, around: Surroundings) -> str:
    """Return everything as JSON: seconds and bytes."""
    works = [
        {
            "name": result.work.name,
            "title": result.work.title,
            "goal": result.work.goal,
            "at_least": result.work.at_least,
            "unit": result.work.kind.value.strip() or "ratio",
            "measured": result.figure,
            "measured_cpu": result.cpu,
            "against": result.against,
            "verdict": result.verdict,
            "missing": result.missing,
        }
        for result in measured.results
    ]
    jobs = {
        stage: {name: _job(shots) for name, shots in jobs.items()}
        for stage, jobs in measured.runs.items()
    }
    told = {
        "runs": around.runs,
        "cores": around.cores,
        "load": list(around.load),
        "python": around.python,
        "versions": dict(around.versions),
        "rows": {name: dict(rows) for name, rows in around.rows.items()},
        "works": works,
        "jobs": jobs,
    }
    return json.dumps(told, indent=2) + "\n"


def in_page(text: str, results: Sequence[Result], around: Surroundings) -> str:
    """The page with the figures between its marks; raises ValueError without them."""
    begin, end = map(re.escape, MARKS)
    found, count = re.subn(
        f"({begin}).*?({end})",
        lambda marks: marks[1] + "\n".join(_markdown(results, around)) + "\n" + marks[2],
        text,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"The page has no lines {MARKS[0].strip()} and {MARKS[1]}.")
    return found


def _markdown(results: Sequence[Result], around: Surroundings) -> Iterator[str]:
    yield "| work | goal | measured |"
    yield "| --- | --- | --- |"
    for result in results:
        if result.figure is not None:
            verdict = f", {result.verdict}" if result.verdict else ""
            yield f"| {result.work.title} | {result.work.aim} | {result.measured}{verdict} |"
    yield ""
    starts, few = (STAGES[stage].runs(around.runs) for stage in ("start", "large"))
    yield (
        f"Medians of {around.runs} runs in turn on {around.cores} cores ({starts} of the starts, "
        f"{few} of the workbook and of 10M; of memory the most); {_versions(around)}."
    )
    if around.load and around.load[-1] > 2 * around.cores:
        yield f"The machine had other work meanwhile, a load of {around.load[-1]:.1f}."
    for name, rows in around.rows.items():
        yield (
            f"The {'1M' if name == 'core' else '10M'} ledger has {rows['contracts']:,} contract "
            f"lines and {rows['entries']:,} entries."
        )


def _versions(around: Surroundings) -> str:
    names = {"duckdb": "DuckDB", "polars": "Polars", "pandas": "pandas", "datacompy": "datacompy"}
    told = [f"{name} {around.versions[key]}" for key, name in names.items()]
    return f"Python {around.python}, {', '.join(told)}"
