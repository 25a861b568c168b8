"""`recon sign-off`: sign the last run of a month."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.options import (
    Cash,
    Config,
    Json,
    Profile,
    Reports,
    asked_month,
    chosen_settings,
    command_of,
)
from recon.record.journal.model import Role

if TYPE_CHECKING:
    from recon.record.journal.model import Run
    from recon.record.journal.signing import Signature


def sign_off(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="The month, like 2024-06.")],
    role: Annotated[
        Role, typer.Option("--role", help="The preparer signs first, then the reviewer.")
    ],
    comment: Annotated[str, typer.Option("--comment", help="What you have checked.")],
    accept: Annotated[
        str | None,
        typer.Option(
            "--accept", help="Why critical breaks that nobody has acknowledged may stay open."
        ),
    ] = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
) -> None:
    """Sign a month's last run, as preparer or reviewer."""
    from recon.run.signing import sign

    settings = chosen_settings(config, profile, out, cash)
    command = command_of(cash=cash)
    run, given = sign(settings, asked_month(month, settings), role, comment, accept, command)
    with process.printing():
        _tell(run, given, json)


def _tell(run: Run, given: tuple[Signature, ...], as_json: bool) -> None:
    if as_json:
        from recon.reconciliation.document import dumps
        from recon.reports.documents import signed_document

        typer.echo(dumps(signed_document(run, given)), nl=False)
        return
    from recon.reports.console.dashboard import make_console
    from recon.reports.console.history import show_signed

    show_signed(make_console(sys.stdout), run, given)
