"""Works: what is compared with what, and the goals, which hold on two cores."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from tests.benchmarks.process import Shot

Shots = Mapping[str, Sequence[Shot]]


class Kind(Enum):
    """What a figure is: its unit."""

    RATIO = ""
    PEAK = " GiB"
    RATE = " /s"


@dataclass(frozen=True, slots=True)
class Work:
    """A job measured against others; of several, against the fastest.

    Works of one stage are measured in turn. The ratio is divided by `times`. A goal is the most
    that a figure may be, or `at_least` so much; without one the figure is only shown.
    """

    name: str
    title: str
    stage: str
    job: str
    against: tuple[str, ...] = ()
    goal: float | None = None
    at_least: bool = False
    times: int = 1
    kind: Kind = Kind.RATIO

    @property
    def aim(self) -> str:
        """The goal in words."""
        if self.goal is None:
            return "none"
        return f"at {'least' if self.at_least else 'most'} {self.goal:,g}{self.kind.value}"

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs that it needs."""
        return (self.job, *self.against)


@dataclass(frozen=True, slots=True)
class Stage:
    """How often the jobs of a stage run in turn: so many times the runs asked for, or at most."""

    times: int = 1
    at_most: int = 100
    warm_up: bool = True

    def runs(self, asked: int) -> int:
        """Return how many runs are measured."""
        return min(asked * self.times, self.at_most)


STAGES = {
    # Processes of a tenth of a second are the least steady ones.
    "start": Stage(times=4),
    "month": Stage(),
    "workbook": Stage(at_most=3),
    "core": Stage(),
    # It takes minutes, in which nothing of a start is left to warm up.
    "large": Stage(at_most=3, warm_up=False),
}

WORKS = (
    Work("version", "recon --version / import typer", "start", "version", ("typer",), 1.3),
    Work("help", "recon --help / import typer", "start", "help", ("typer",), 1.3),
    Work("month", "month of the sample, CSV / bare sums in DuckDB", "month", "month",
         ("bare_sums",), 4.5),
    Work("month_workbook", "month with the workbook, too / analyst's pandas script", "month",
         "month_workbook", ("analyst",), 0.3),
    Work("year", "year of the sample in one process / 12 cold months", "month", "year",
         ("month",), 0.4, times=12),
    Work("workbook", "workbook of 50,000 lines / pandas to_excel", "workbook", "workbook",
         ("workbook_pandas",)),
    Work("compared", "core, 1M contract lines, compared only / fastest bare query", "core",
         "compared", ("duckdb_query", "polars_query"), 3),
    Work("core", "core, 1M contract lines, explained / fastest bare query", "core", "core",
         ("duckdb_query", "polars_query"), 4.5),
    Work("datacompy_pandas", "datacompy (pandas) / core, 1M, explained", "core",
         "datacompy_pandas", ("core",), 1.5, at_least=True),
    Work("datacompy_polars", "datacompy (Polars) / core, 1M, compared only", "core",
         "datacompy_polars", ("compared",), 1, at_least=True),
    Work("explained", "breaks explained, 1M", "core", "core", (), 30_000, at_least=True,
         kind=Kind.RATE),
    Work("large_memory", "core, 10M contract lines: peak memory", "large", "core_10m", (), 3,
         kind=Kind.PEAK),
    Work("large", "core, 10M / 1M contract lines", "large", "core_10m", ("core",), 11),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What a work came to; `missing` says why, where it or a part of it was not measured."""

    work: Work
    figure: float | None = None
    cpu: float | None = None
    against: str = ""
    missing: str = ""

    @property
    def used(self) -> float | None:
        """The share of the goal that is used: 1 is just met, more is missed."""
        if self.figure is None or self.work.goal is None:
            return None
        part = self.figure / self.work.goal
        return 1 / part if self.work.at_least else part

    @property
    def verdict(self) -> str:
        """`met` or `missed`, '' without a goal or a figure."""
        return "" if self.used is None else "met" if self.used <= 1 else "missed"

    @property
    def measured(self) -> str:
        """The figure in words."""
        if self.figure is None:
            return "not measured"
        digits = 0 if self.figure >= 1000 else 2
        return f"{self.figure:,.{digits}f}{self.work.kind.value}"


def judge(work: Work, shots: Shots, missing: Mapping[str, str]) -> Result:
    """Return what a work came to, from the runs of its stage; `missing` is by job."""
    lacking = [f"{job}: {missing[job]} is not installed" for job in work.jobs if job in missing]
    told = "; ".join(lacking)
    known = [name for name in work.against if name in shots]
    if work.job not in shots or (work.against and not known):
        return Result(work, missing=told)
    ours = shots[work.job]
    if work.kind is Kind.PEAK:
        return Result(work, max(shot.peak for shot in ours) / 2**30)
    if work.kind is Kind.RATE:
        wall, cpu = (
            statistics.median(shot.said[f"breaks_per_{second}"] for shot in ours)
            for second in ("second", "cpu_second")
        )
        return Result(work, wall, cpu)
    fastest = min(known, key=lambda name: median(shots[name], _wall))
    wall, cpu = (_ratio(ours, shots[fastest], of) / work.times for of in (_wall, _cpu))
    return Result(work, wall, cpu, fastest, told)


def median(shots: Sequence[Shot], of: Callable[[Shot], float]) -> float:
    """Return the median of runs."""
    return statistics.median(of(shot) for shot in shots)


def _wall(shot: Shot) -> float:
    return shot.wall


def _cpu(shot: Shot) -> float:
    return shot.cpu


def _ratio(ours: Sequence[Shot], theirs: Sequence[Shot], of: Callable[[Shot], float]) -> float:
    """Return the median of the ratios of runs that were next to each other."""
    return statistics.median(of(a) / of(b) for a, b in zip(ours, theirs, strict=True))
