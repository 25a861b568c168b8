"""Running: one month by its options."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import typer

from recon.base.errors import ExitCode
from recon.base.filters import BreakFilter
from recon.base.secrets import redacted
from recon.base.text import visible
from recon.cli.options import progress_shown

if TYPE_CHECKING:
    from recon.base.events import Severity
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.month import Outcome
    from recon.run.read_ahead import ReadAhead

SPAN = ".."


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run and of its printed output."""

    formats: tuple[str, ...]
    fail_on: Severity | None
    today: str | None
    json: bool
    top: int | None
    quiet: bool
    no_color: bool
    full: bool = False
    only: BreakFilter = field(default_factory=BreakFilter)


def run_one(
    settings: Settings,
    month: Month,
    options: RunOptions,
    log: Log,
    ahead: ReadAhead | None = None,
) -> Outcome:
    """Run a month with log and progress; alert of failure."""
    from datetime import date

    from recon.run.month import run_month

    failing = _failures_told(settings, month) if options.formats else nullcontext()
    with failing, progress_shown(options.quiet or options.json) as progress:
        if options.formats:
            log.begin(settings, month)
        outcome = run_month(
            settings,
            month,
            formats=options.formats,
            fail_on=options.fail_on,
            progress=progress,
            log=log,
            today=date.fromisoformat(options.today) if options.today else None,
            ahead=ahead,
        )
        if options.formats and settings.figures.pack:
            from recon.run.packing import pack_after

            notes = pack_after(settings, str(month), progress)
            # An alert that waits stays the last of the notes.
            outcome = replace(outcome, notes=[*notes, *outcome.notes])
    if options.quiet and outcome.exit_code is ExitCode.ALERT:
        # The verdict alone would not explain the exit code 8.
        typer.echo(f"recon: {visible(redacted(outcome.notes[-1]))}", err=True)
    return outcome


def _failures_told(settings: Settings, month: Month) -> AbstractContextManager[None]:
    """A context that alerts finance operations of a failed run."""
    if settings.slack is None:
        return nullcontext()
    from recon.cli.alerts import failures_told

    return failures_told(settings, month)
