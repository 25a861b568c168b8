"""`recon month`: reconcile a month, or several in a row."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import (
    AtLeast,
    Causes,
    Config,
    Currencies,
    Customers,
    Events,
    Json,
    NoColor,
    Owners,
    Profile,
    Segments,
    Types,
    chosen_breaks,
    chosen_month,
)

if TYPE_CHECKING:
    from rich.console import Console

    from recon.base.events import Severity
    from recon.base.filters import BreakFilter
    from recon.base.month import Month
    from recon.cli.running import RunOptions
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.month import Outcome


class FailOn(StrEnum):
    """The lowest severity that leads to exit code 3."""

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


def month(
    context: typer.Context,
    month: Annotated[
        str | None,
        typer.Argument(
            metavar="MONTH",
            help="The month, like 2024-06, or months, like 2024-01..2024-12; if left out, the "
            "last one.",
        ),
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", help="Run the earliest closed month that has no run yet.")
    ] = False,
    today: Annotated[str | None, typer.Option("--today", hidden=True)] = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="The reports to write: csv, xlsx and html, separated by commas, or none.",
        ),
    ] = "csv,xlsx,html",
    out: Annotated[
        Path | None, typer.Option("--out", help="The reports folder, instead of reports/.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="The lowest severity that leads to exit code 3.")
    ] = FailOn.HIGH,
    severity: AtLeast = None,
    segment: Segments = None,
    owner: Owners = None,
    customer: Customers = None,
    kind: Types = None,
    cause: Causes = None,
    event: Events = None,
    currency: Currencies = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print everything, not the first screen alone.")
    ] = False,
    top: Annotated[
        int | None,
        typer.Option("--top", min=0, help="How many breaks to show: else 5, with --full 10."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the verdict.")] = False,
    no_color: NoColor = False,
) -> None:
    """Reconcile a month: print whether to close, write the reports."""
    from dataclasses import replace

    from recon.cli.running import SPAN, RunOptions, run_one
    from recon.config import load

    wanted = _formats(formats)
    _check_closed(closed, month, today, wanted)
    several = month is not None and SPAN in month
    only = chosen_breaks(segment, owner, customer, kind, cause, event, currency, severity)
    if several:
        _check_top(top, only)
    settings = load(config, profile)
    if out:
        settings = replace(settings, reports=out.absolute())
    log: Log = context.obj
    if wanted:
        log.expect(settings)
    options = RunOptions(wanted, _severity(fail_on), today, json, top, quiet, no_color, full, only)
    if month and several:
        from recon.cli.months import run_months

        raise typer.Exit(run_months(settings, month, options, log))
    with _month(settings, month, closed, today, json) as chosen:
        outcome = run_one(settings, chosen, options, log)
    with process.printing():
        _tell(settings, outcome, options)
    raise typer.Exit(outcome.exit_code)


def _tell(settings: Settings, outcome: Outcome, options: RunOptions) -> None:
    if options.json:
        from recon.reconciliation.document import document, dumps
        from recon.reports.chosen import only_breaks

        found = document(
            outcome.result, outcome.run_id, outcome.reports, outcome.exit_code, outcome.notes
        )
        if options.only:
            found = only_breaks(found, outcome.result, options.only)
        typer.echo(dumps(found), nl=False)
        return
    if options.only and not options.quiet:
        _tell_some(outcome, options, settings.sample)
        return
    from recon.reports.console.dashboard import TOP, make_console, show

    console = make_console(sys.stdout, color=False if options.no_color else None)
    if not (options.full or options.quiet):
        _tell_briefly(console, settings, outcome, options)
        return
    show(
        console,
        outcome.result,
        run_id=outcome.run_id,
        reports=outcome.reports,
        sample=settings.sample,
        top=TOP if options.top is None else options.top,
        quiet=options.quiet,
        exit_code=outcome.exit_code,
        history=outcome.history,
        notes=outcome.notes,
        seal=outcome.seal,
    )


def _tell_some(outcome: Outcome, options: RunOptions, sample: bool) -> None:
    from recon.reports.console.chosen import show_chosen
    from recon.reports.console.dashboard import TOP, make_console

    console = make_console(sys.stdout, color=False if options.no_color else None)
    top = TOP if options.top is None else options.top
    lives = outcome.history.open_items if outcome.history else {}
    show_chosen(console, outcome.result, options.only, top, lives, sample=sample)


def _tell_briefly(
    console: Console, settings: Settings, outcome: Outcome, options: RunOptions
) -> None:
    from recon.reports.console.brief import Brief, show_brief
    from recon.reports.wording import LATEST

    places = []
    if outcome.reports:
        folder = _near(outcome.reports[0].parent)
        places = [("page", str(folder.parent / LATEST)), ("reports", str(folder))]
    show_brief(
        console,
        Brief(
            outcome.result,
            settings.sample,
            places,
            options.top,
            outcome.history,
            outcome.notes,
        ),
    )


def _near(path: Path) -> Path:
    """A path as seen from the current folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _check_closed(
    closed: bool, month: str | None, today: str | None, formats: tuple[str, ...]
) -> None:
    if closed and month:
        raise UsageError("--closed finds the month itself; use either --closed or a month.")
    if closed and not formats:
        raise UsageError(
            "--closed records a run, and --format none does not; leave one of them out."
        )
    if today and not closed:
        raise UsageError("--today is only for --closed.")


def _check_top(top: int | None, only: BreakFilter) -> None:
    if only:
        raise UsageError("Breaks are listed for one month; leave out what chooses some of them.")
    if top is not None:
        raise UsageError("--top lists the breaks of one month; leave it out for several months.")


def _month(
    settings: Settings, month: str | None, closed: bool, today: str | None, json: bool
) -> AbstractContextManager[Month]:
    """A context that holds the chosen month."""
    if not closed:
        return nullcontext(chosen_month(month, settings))
    from recon.cli.closed import closed_month

    return closed_month(settings, today, json=json)


def _formats(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip().lower() for part in text.split(","))
    if wanted == ("none",):
        return ()
    if not {*wanted} <= {"csv", "xlsx", "html"}:
        raise UsageError(
            f"--format must be csv, xlsx, html, several of them with commas, or none, not {text!r}."
        )
    return wanted


def _severity(word: FailOn) -> Severity | None:
    from recon.base.events import Severity

    return None if word is FailOn.NEVER else Severity[word.name]
