"""Steps: checks in order, each after those it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from recon.base.errors import ReconError
from recon.base.result import Side
from recon.setup.doctor.model import Check, Finding, State, refused, skipped
from recon.sources.side_by_side import Supervisor

Subject = TypeVar("Subject")


class Watcher(Protocol):
    """A watcher, notified of each check when it ends."""

    def section(self, title: str, note: str) -> None:
        """Hear the subject of the next checks."""

    def begins(self, name: str) -> None:
        """Hear that a check, which may take its time, begins."""

    def ended(self, check: Check) -> None:
        """Hear a check's result."""


class Silence:
    """Wants to know nothing before the end."""

    def section(self, title: str, note: str) -> None:
        """Say nothing."""

    def begins(self, name: str) -> None:
        """Say nothing."""

    def ended(self, check: Check) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Step(Generic[Subject]):
    """A check, and the checks it depends on.

    Those must not have failed; `advice` is for failures. A failure says itself what to do; where it
    does not, `advice` does.
    """

    name: str
    run: Callable[[Subject], Finding]
    needs: tuple[str, ...] = ()
    advice: str = "show this message to the administrator of the server"


def run_steps(
    steps: Sequence[Step[Subject]],
    subject: Subject,
    side: Side | None,
    watcher: Watcher,
    supervisor: Supervisor,
) -> list[Check]:
    """The results of every step, none left out.

    Raises Stopped where the work is to stop.
    """
    checks: list[Check] = []
    blocked: dict[str, str] = {}
    for step in steps:
        because = next((blocked[need] for need in step.needs if need in blocked), None)
        if because:
            finding = skipped(f"not checked, since {because} failed")
        else:
            watcher.begins(step.name)
            finding = _finding(step, subject)
            supervisor.check()
        if because or finding.state is State.FAILED:
            blocked[step.name] = because or step.name.replace("_", " ")
        checks.append(Check(step.name, side, finding))
        watcher.ended(checks[-1])
    return checks


def _finding(step: Step[Subject], subject: Subject) -> Finding:
    try:
        return step.run(subject)
    except ReconError as error:
        return refused(error, step.advice)
