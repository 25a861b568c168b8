"""`recon cash`: a month's order to cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.month import FailOn, _formats, _severity
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    Reports,
    known,
    progress_shown,
)

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings


def cash(
    context: typer.Context,
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    formats: Annotated[
        str, typer.Option("--format", help="The reports to write: csv, xlsx, csv,xlsx or none.")
    ] = "csv,xlsx",
    out: Reports = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="The lowest severity that leads to exit code 3.")
    ] = FailOn.HIGH,
    full: Annotated[bool, typer.Option("--full", help="Print everything.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the verdict.")] = False,
    no_color: NoColor = False,
) -> None:
    """Reconcile the receivable: the feeds against the ledger."""
    from dataclasses import replace

    from recon.config import load
    from recon.run.cash import run_cash

    wanted = _formats(formats)
    settings = load(config, profile)
    if out:
        settings = replace(settings, reports=out.absolute())
    chosen = cash_month(settings, month)
    log = context.obj
    if wanted and log:
        log.expect(settings)
        log.begin(settings, chosen)
    with progress_shown(quiet or json) as progress:
        outcome = run_cash(settings, chosen, wanted, _severity(fail_on), progress)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.cash.receivable import cash_document

            found = cash_document(
                outcome.result, outcome.run_id, outcome.reports, outcome.exit_code, outcome.notes
            )
            typer.echo(dumps(found), nl=False)
        else:
            from recon.reports.cash.dashboard import show_cash

            show_cash(
                outcome.result,
                run_id=outcome.run_id,
                reports=outcome.reports,
                sample=outcome.sample,
                full=full,
                quiet=quiet,
                color=not no_color,
                exit_code=outcome.exit_code,
                notes=outcome.notes,
            )
    raise typer.Exit(outcome.exit_code)


def cash_month(settings: Settings, text: str | None) -> Month:
    """The named month, else the last one."""
    from datetime import UTC, datetime

    calendar = settings.calendar
    return known(calendar.last_month(datetime.now(UTC)) if text is None else calendar.month(text))
