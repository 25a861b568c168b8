"""Measuring: the jobs of a stage run in turn, A B C A B C, after a round to warm up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.jobs import JOBS, Data
from tests.benchmarks.process import Shot
from tests.benchmarks.works import STAGES, Result, Work, judge


@dataclass(slots=True)
class Measured:
    """The results of works, and every run by stage and job."""

    results: list[Result] = field(default_factory=list)
    runs: dict[str, dict[str, list[Shot]]] = field(default_factory=dict)


def measure(works: Sequence[Work], data: Data, runs: int, tell: Callable[[str], None]) -> Measured:
    """Return what the works come to; whose packages are not installed is left out, and named."""
    found = Measured()
    missing = {name: job.missing for name, job in JOBS.items() if job.missing}
    for stage in dict.fromkeys(work.stage for work in works):
        of_stage = [work for work in works if work.stage == stage]
        wanted = dict.fromkeys(name for work in of_stage for name in work.jobs)
        jobs = [name for name in wanted if name not in missing]
        shots = _in_turn(stage, jobs, data, runs, tell)
        found.runs[stage] = shots
        found.results += [judge(work, shots, missing) for work in of_stage]
    return found


def _in_turn(
    stage: str, jobs: Sequence[str], data: Data, runs: int, tell: Callable[[str], None]
) -> dict[str, list[Shot]]:
    """Return the runs of every job of a stage."""
    rule = STAGES[stage]
    shots: dict[str, list[Shot]] = {name: [] for name in jobs}
    for turn in range(0 if rule.warm_up else 1, rule.runs(runs) + 1):
        for name in jobs:
            tell(f"{stage}, {f'run {turn}' if turn else 'warm-up'}: {name}")
            shot = JOBS[name].run(data)
            if turn:
                shots[name].append(shot)
    return shots
