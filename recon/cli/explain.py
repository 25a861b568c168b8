"""`recon explain`: everything about one contract."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recon.cli import process
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    chosen_month,
    progress_shown,
)


def explain(
    contract: Annotated[str, typer.Argument(metavar="CONTRACT", help="The contract's id.")],
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    all_months: Annotated[
        bool, typer.Option("--all-months", help="Show every month, however long the term.")
    ] = False,
    no_color: NoColor = False,
) -> None:
    """Show one contract in full: terms, months, formula and cause."""
    from recon.config import load
    from recon.reconciliation.explain import as_json, contract_detail
    from recon.run.gathering import reconciled

    settings = load(config, profile)
    chosen = chosen_month(month, settings)
    with (
        progress_shown(json) as progress,
        reconciled(settings, chosen, progress, contract) as (session, result),
    ):
        found = contract_detail(session, result, contract, settings.accounting.compliance)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            typer.echo(dumps(as_json(found)), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.explain import show_dossier

        console = make_console(sys.stdout, color=False if no_color else None)
        show_dossier(console, found, sample=settings.sample, all_months=all_months)
