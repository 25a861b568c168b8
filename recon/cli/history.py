"""`recon history`: months and runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.options import (
    Cash,
    Config,
    Json,
    NoColor,
    Profile,
    Reports,
    asked_month,
    chosen_settings,
    command_of,
)

if TYPE_CHECKING:
    from recon.record.journal.model import Run
    from recon.record.journal.signing import Signature


def history(
    month: Annotated[
        str | None,
        typer.Argument(metavar="MONTH", help="One month, like 2024-06; if left out, all."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=1, help="How many runs to show, the newest.")
    ] = 100,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """List months and runs: date, user, verdict, signatures."""
    from recon.record.journal.store import Journal

    settings = chosen_settings(config, profile, out, cash)
    chosen = asked_month(month, settings) if month else None
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        signed = journal.signatures()
        # A program gets them all, and a person as many as can be read.
        if json:
            runs = journal.runs(chosen)
        else:
            runs, months, all_runs = journal.newest(top, chosen)
    with process.printing():
        if json:
            _print_document(runs, signed)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.history import show_history

        console = make_console(sys.stdout, color=False if no_color else None)
        counts, command = (months, all_runs), command_of(cash=cash)
        show_history(
            console, runs, signed, chosen, counts=counts, sample=settings.sample, command=command
        )


def _print_document(runs: Sequence[Run], signed: Mapping[str, Sequence[Signature]]) -> None:
    from recon.reconciliation.document import dumps
    from recon.reports.documents import history_document

    typer.echo(dumps(history_document(runs, signed)), nl=False)
