"""`recon month`: reconcile a month."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon import process
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    chosen_month,
    progress_shown,
)
from recon.errors import UsageError

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.log import Log
    from recon.model import Severity
    from recon.month import Month


class FailOn(StrEnum):
    """From which severity on the exit code is 3."""

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


def month(
    context: typer.Context,
    month: MonthText = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="The earliest closed month that is not run yet.")
    ] = False,
    today: Annotated[str | None, typer.Option("--today", hidden=True)] = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    formats: Annotated[
        str, typer.Option("--format", help="The reports to write: csv, xlsx, both or none.")
    ] = "csv,xlsx",
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder for reports instead of reports/.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="From which severity on the exit code is 3.")
    ] = FailOn.HIGH,
    top: Annotated[int, typer.Option("--top", min=0, help="How many breaks to show.")] = 10,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the verdict only.")] = False,
    no_color: NoColor = False,
) -> None:
    """Reconcile a month: print the dashboard and write the reports."""
    from dataclasses import replace
    from datetime import date

    from recon.config import load
    from recon.run import run_month

    wanted = _formats(formats)
    _check_closed(closed, month, today, wanted)
    settings = load(config, profile)
    if out:
        settings = replace(settings, reports=out.absolute())
    log: Log = context.obj
    if wanted:
        log.expect(settings)
    with (
        _month(settings, month, closed, today, json) as chosen,
        _failures_told(settings, chosen) if wanted else nullcontext(),
        progress_shown(quiet or json) as progress,
    ):
        if wanted:
            log.begin(settings, chosen)
        outcome = run_month(
            settings,
            chosen,
            formats=wanted,
            fail_on=_severity(fail_on),
            progress=progress,
            log=log,
            today=date.fromisoformat(today) if today else None,
        )
    with process.printing():
        if json:
            from recon.reports.json_document import document, dumps

            found = document(outcome.result, outcome.run_id, outcome.reports, outcome.exit_code)
            typer.echo(dumps(found), nl=False)
        else:
            from recon.reports.console import make_console, show

            show(
                make_console(sys.stdout, color=False if no_color else None),
                outcome.result,
                run_id=outcome.run_id,
                reports=outcome.reports,
                sample=settings.sample,
                top=top,
                quiet=quiet,
                exit_code=outcome.exit_code,
                history=outcome.history,
            )
    raise typer.Exit(outcome.exit_code)


def _check_closed(
    closed: bool, month: str | None, today: str | None, formats: tuple[str, ...]
) -> None:
    if closed and month:
        raise UsageError("--closed finds the month itself; leave out either it or the month.")
    if closed and not formats:
        raise UsageError("--closed runs a month, which --format none does not; leave it out.")
    if today and not closed:
        raise UsageError("--today goes with --closed.")


def _month(
    settings: Settings, month: str | None, closed: bool, today: str | None, json: bool
) -> AbstractContextManager[Month]:
    """Return what holds the month that is meant."""
    if not closed:
        return nullcontext(chosen_month(month, settings.sample))
    from recon.cli.closed import closed_month

    return closed_month(settings, today, json=json)


def _failures_told(settings: Settings, month: Month) -> AbstractContextManager[None]:
    """Return what tells finance operations of a run that fails, where anybody is to be told."""
    if settings.slack is None:
        return nullcontext()
    from recon.cli.alerts import failures_told

    return failures_told(settings, month)


def _formats(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip().lower() for part in text.split(","))
    if wanted == ("none",):
        return ()
    if not {*wanted} <= {"csv", "xlsx"}:
        raise UsageError(f"--format is csv, xlsx, both with a comma, or none; not {text!r}.")
    return wanted


def _severity(word: FailOn) -> Severity | None:
    from recon.model import Severity

    return None if word is FailOn.NEVER else Severity[word.name]
