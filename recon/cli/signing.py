"""`recon sign-off`: sign the last run of a month."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import Config, Json, Profile, Reports, asked_month, chosen_settings
from recon.record.journal.model import Role

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.record.journal.model import Run
    from recon.record.journal.signing import Pen, Signature
    from recon.record.journal.store import Journal


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
    json: Json = False,
) -> None:
    """Sign a month's last run, as preparer or reviewer."""
    from recon.record import identity
    from recon.record.journal.signing import Pen
    from recon.record.journal.store import NAME, Journal
    from recon.record.lock import locked

    settings = chosen_settings(config, profile, out)
    calendar, reports = settings.calendar, settings.reports
    chosen = asked_month(month, settings)
    if not (reports / NAME).exists():
        raise _no_run(chosen)
    pen = Pen(role, identity.who(), identity.host(), datetime.now(UTC), comment, accept)
    # No run may come between looking at the last one and signing it.
    with (
        locked(reports, f"recon sign-off {chosen}"),
        Journal.at(reports, calendar.periods) as journal,
    ):
        run, given = _sign(journal, chosen, pen)
    with process.printing():
        _tell(run, given, json)


def _no_run(month: Month) -> UsageError:
    return UsageError(f"No run of {month} is recorded; run the month first: recon month {month}")


def _sign(journal: Journal, month: Month, pen: Pen) -> tuple[Run, tuple[Signature, ...]]:
    """Sign a month's last run; return it with all signatures."""
    from recon.record.journal.signing import signed, unacknowledged

    run = journal.last_run(month)
    if run is None:
        raise _no_run(month)
    given = journal.signatures().get(run.run_id, ())
    known = journal.open_items(month)
    left = unacknowledged(journal.breaks(run.run_id), known)
    changed = sum(known[item.name].lapsed is not None for item in left)
    journal.say(*signed(run, pen, given, left, changed))
    return run, journal.signatures()[run.run_id]


def _tell(run: Run, given: tuple[Signature, ...], as_json: bool) -> None:
    if as_json:
        from recon.reconciliation.document import dumps
        from recon.reports.documents import signed_document

        typer.echo(dumps(signed_document(run, given)), nl=False)
        return
    from recon.reports.console.dashboard import make_console
    from recon.reports.console.history import show_signed

    show_signed(make_console(sys.stdout), run, given)
