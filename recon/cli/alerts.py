"""`recon notify` and `recon escalate`: tell people in Slack, again or in time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from recon import process
from recon.cli.options import Config, Json, Profile, Reports, chosen_settings
from recon.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recon.alerts.sending import Delivered
    from recon.config import Settings
    from recon.journal.alerts import Alert
    from recon.month import Month

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the messages and send nothing.")]


def notify(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run, or the last one of a month.")],
    dry_run: DryRun = False,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
) -> None:
    """Tell Slack of a run again, and send what waits."""
    from recon.alerts.service import notify as told_again

    found, delivered = told_again(chosen_settings(config, profile, out), run, dry=dry_run)
    _tell(found, delivered, dry_run, json)


def escalate(
    dry_run: DryRun = False,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
) -> None:
    """Tell the next people of what nobody has acknowledged in time."""
    from recon.alerts.service import escalate as escalated

    found, delivered = escalated(chosen_settings(config, profile, out), dry=dry_run)
    _tell(found, delivered, dry_run, json)


def _tell(found: Sequence[Alert], delivered: Delivered, dry: bool, as_json: bool) -> None:
    """Print what was or would be sent; exit code 8 where something waits."""
    from recon.alerts.view import document, lines
    from recon.errors import ExitCode
    from recon.reports.json_document import dumps

    with process.printing():
        if as_json:
            typer.echo(dumps(document(found, delivered, dry=dry)), nl=False)
        else:
            for line in lines(found, delivered, dry=dry):
                typer.echo(line)
    if delivered.sentence:
        print(f"recon: {delivered.sentence}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(ExitCode.ALERT)


@contextmanager
def failures_told(settings: Settings, month: Month) -> Iterator[None]:
    """Tell finance operations of a run that fails in the context; it fails all the same.

    Whoever pressed Ctrl-C knows, and so does whoever holds the lock.
    """
    try:
        yield
    except Exception as error:
        code = getattr(error, "exit_code", ExitCode.DEFECT)
        if settings.slack and code is not ExitCode.LOCKED and not isinstance(error, typer.Exit):
            from recon.alerts.service import alert_failure

            # The failure is told on the console and in the log, whatever becomes of this.
            with suppress(Exception):
                alert_failure(settings, month, str(error), int(code))
        raise
