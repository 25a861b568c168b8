"""`recon cash`: a month's order to cash."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ExitCode
from recon.base.secrets import redacted
from recon.base.text import visible
from recon.cli import process
from recon.cli.month import FailOn, _check_closed, _formats, _severity
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    Reports,
    chosen_settings,
    command_of,
    known,
    progress_shown,
)

if TYPE_CHECKING:
    from recon.base.events import Severity
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.cash_run import CashOutcome


def cash(
    context: typer.Context,
    month: MonthText = None,
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
    out: Reports = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="The lowest severity that leads to exit code 3.")
    ] = FailOn.HIGH,
    full: Annotated[bool, typer.Option("--full", help="Print everything.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the verdict.")] = False,
    no_color: NoColor = False,
) -> None:
    """Reconcile the receivable: the feeds against the ledger."""
    wanted = _formats(formats)
    _check_closed(closed, month, today, wanted)
    settings = chosen_settings(config, profile, out)
    log = context.obj
    if wanted:
        log.expect(settings)
    with _month(settings, month, closed, today, json) as chosen:
        outcome = _run(settings, chosen, wanted, _severity(fail_on), log, quiet=quiet or json)
    with process.printing():
        if json:
            _print_document(outcome)
        else:
            from recon.reports.cash.dashboard import show_cash
            from recon.reports.cash.wording import since_sentences

            show_cash(
                outcome.result,
                run_id=outcome.run_id,
                reports=outcome.reports,
                sample=outcome.sample,
                full=full,
                quiet=quiet,
                color=not no_color,
                exit_code=outcome.exit_code,
                notes=[*since_sentences(outcome.history), *outcome.notes],
            )
    raise typer.Exit(outcome.exit_code)


def _print_document(outcome: CashOutcome) -> None:
    from recon.reconciliation.cash.document import cash_document, entries_table
    from recon.reconciliation.document import dumps

    found = cash_document(
        outcome.result, outcome.run_id, outcome.reports, outcome.exit_code, outcome.notes
    )
    if outcome.entries:
        found |= {"entries": entries_table(outcome.entries)}
    typer.echo(dumps(found), nl=False)


def _month(
    settings: Settings, month: str | None, closed: bool, today: str | None, json: bool
) -> AbstractContextManager[Month]:
    """A context that holds the chosen month."""
    if not closed:
        return nullcontext(cash_month(settings, month))
    from recon.cli.closed import closed_month

    return closed_month(settings.of_cash(), today, json=json, cash=True)


def _run(
    settings: Settings,
    month: Month,
    formats: tuple[str, ...],
    fail_on: Severity | None,
    log: Log,
    *,
    quiet: bool,
) -> CashOutcome:
    """Run a month with log and progress; alert of failure."""
    from recon.run.cash_run import run_cash

    of_cash = settings.of_cash()
    failing = _failures_told(of_cash, month) if formats else nullcontext()
    if formats:
        log.begin(settings, month)
    with failing, progress_shown(quiet) as progress:
        outcome = run_cash(of_cash, month, formats, fail_on, progress, log)
    if quiet and outcome.exit_code is ExitCode.ALERT:
        # The verdict alone would not explain the exit code 8.
        typer.echo(f"recon: {visible(redacted(outcome.notes[-1]))}", err=True)
    return outcome


def _failures_told(settings: Settings, month: Month) -> AbstractContextManager[None]:
    """A context that alerts finance operations of a failed run."""
    if settings.slack is None:
        return nullcontext()
    from recon.cli.alerts import failures_told

    return failures_told(settings, month, command_of(cash=True))


def cash_month(settings: Settings, text: str | None) -> Month:
    """The named month, else the last one."""
    from datetime import UTC, datetime

    calendar = settings.calendar
    return known(calendar.last_month(datetime.now(UTC)) if text is None else calendar.month(text))
