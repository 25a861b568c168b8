"""Running: a month as the options want it, for one and for several in a row."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from recon.base.errors import ExitCode
from recon.base.secrets import redacted
from recon.cli.options import progress_shown

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.base.result import Severity
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.books import Books
    from recon.run.month import Outcome

SPAN = ".."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options say of a run and of what is printed of it."""

    formats: tuple[str, ...]
    fail_on: Severity | None
    today: str | None
    json: bool
    top: int
    quiet: bool
    no_color: bool


def run_one(
    settings: Settings, month: Month, wishes: Wishes, log: Log, books: Books | None = None
) -> Outcome:
    """Run a month with its log, its progress, and its failure told to whom it concerns."""
    from datetime import date

    from recon.run.month import run_month

    failing = _failures_told(settings, month) if wishes.formats else nullcontext()
    with failing, progress_shown(wishes.quiet or wishes.json) as progress:
        if wishes.formats:
            log.begin(settings, month)
        outcome = run_month(
            settings,
            month,
            formats=wishes.formats,
            fail_on=wishes.fail_on,
            progress=progress,
            log=log,
            today=date.fromisoformat(wishes.today) if wishes.today else None,
            books=books,
        )
    if wishes.quiet and outcome.exit_code is ExitCode.ALERT:
        # The verdict alone would not say what 8 is about.
        typer.echo(f"recon: {redacted(outcome.notes[-1])}", err=True)
    return outcome


def _failures_told(settings: Settings, month: Month) -> AbstractContextManager[None]:
    """Return what tells finance operations of a run that fails, where anybody is to be told."""
    if settings.slack is None:
        return nullcontext()
    from recon.cli.alerts import failures_told

    return failures_told(settings, month)
