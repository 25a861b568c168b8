"""`recon explain`: everything about one contract."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    Reports,
    chosen_month,
    chosen_settings,
    progress_shown,
)

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A contract, or a break, entry, customer or owner that leads to one; the "
            "beginning is enough.",
        ),
    ],
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
    all_months: Annotated[
        bool, typer.Option("--all-months", help="Show every month, however long the term.")
    ] = False,
    cash: Annotated[
        bool, typer.Option("--cash", help="Show a customer or document of order to cash instead.")
    ] = False,
    no_color: NoColor = False,
) -> None:
    """Show one contract in full: terms, months, formula and cause."""
    settings = chosen_settings(config, profile, out)
    if cash:
        _cash(settings, month, name, json=json, color=not no_color)
        return
    from recon.run.explaining import detail, known

    contract, known_month = known(settings, name)
    chosen = _month(settings, name, month, known_month)
    with progress_shown(json) as progress:
        found = detail(settings, chosen, contract, progress)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reconciliation.explain import as_json

            typer.echo(dumps(as_json(found)), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.explain import show_dossier

        console = make_console(sys.stdout, color=False if no_color else None)
        show_dossier(console, found, sample=settings.sample, all_months=all_months)


def _month(settings: Settings, name: str, month: str | None, known: Month | None) -> Month:
    """The asked month, else the break's, else the one due.

    Raises UsageError where a break is named that nobody knows, and no month is due.
    """
    from recon.record.journal.names import nothing
    from recon.run.explaining import like_a_break

    if month is None and known:
        return known
    try:
        return chosen_month(month, settings)
    except UsageError as error:
        if month is not None or not like_a_break(name):
            raise
        raise nothing(name) from error


def _cash(settings: Settings, month: str | None, asked: str, *, json: bool, color: bool) -> None:
    """Print the statement of a customer or document."""
    from recon.cli.cash import cash_month
    from recon.run.cash import explained, reconciled_cash

    with (
        progress_shown(json) as progress,
        reconciled_cash(settings, cash_month(settings, month), progress) as found,
    ):
        told = explained(found, asked)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.cash.explain import statement_document

            typer.echo(dumps(statement_document(told, found.result)), nl=False)
            return
        from recon.reports.cash.explain import show_statement

        show_statement(told, found.result, color=color)
