"""`recon rollforward`: a month's movement of the unrecognized contract value."""

from __future__ import annotations

import sys

import typer

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


def rollforward(
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Show how the unrecognized contract value moved in a month."""
    from recon.reconciliation import rollforward as rolled
    from recon.record.journal.store import Journal
    from recon.run.gathering import reconciled

    settings = chosen_settings(config, profile, out)
    chosen = chosen_month(month, settings)
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        recorded = journal.closings(chosen - 1)
    with progress_shown(json) as progress, reconciled(settings, chosen, progress) as found:
        session, result = found
        rows = rolled.rollforward(session, result, recorded)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.documents import rollforward_document

            told = rollforward_document(chosen, rows, recorded=recorded is not None)
            typer.echo(dumps(told), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.rollforward import show_rollforward

        show_rollforward(
            make_console(sys.stdout, color=False if no_color else None),
            result,
            rows,
            recorded=recorded is not None,
            sample=settings.sample,
        )
