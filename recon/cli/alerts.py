"""`recon notify` and `recon escalate`: Slack messages again, or escalated."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ExitCode, UsageError
from recon.cli import process
from recon.cli.failures import sentence_of
from recon.cli.options import Cash, Config, Json, Profile, Reports, chosen_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from recon.alerts.sending import Delivered
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.journal.alerts import Alert
    from recon.record.log import Log

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the messages without sending them.")]


def notify(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run, or a month for its last run; with --dry-run, the last run of all.",
        ),
    ] = None,
    dry_run: DryRun = False,
    waiting: Annotated[
        bool,
        typer.Option("--waiting", help="List the waiting alerts with their ids; send nothing."),
    ] = False,
    discard: Annotated[
        list[str] | None,
        typer.Option(
            "--discard", metavar="ID", help="Drop a waiting alert that can never be sent."
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why the alert is dropped.")
    ] = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
) -> None:
    """Send a run's Slack message again, and those still waiting."""
    from recon.alerts.service import notify as told_again

    _check_asked(run, dry_run, waiting, discard, reason)
    settings = chosen_settings(config, profile, out, cash)
    if waiting:
        _show_waiting(settings, json)
    elif discard:
        _discard(settings, discard, reason or "", context.obj, json)
    else:
        found, delivered = told_again(settings, run or "", dry=dry_run)
        _tell(found, delivered, dry_run, json)
        _hint(settings, dry_run)


def _hint(settings: Settings, dry: bool) -> None:
    """Say that messages are shown which nobody can get yet."""
    if dry and settings.slack is None:
        print(  # noqa: T201
            "recon: [slack] is not set up yet; docs/slack.md says how these messages are sent.",
            file=sys.stderr,
        )


def _check_asked(
    run: str | None, dry: bool, waiting: bool, discard: list[str] | None, reason: str | None
) -> None:
    asked = sum(map(bool, (run, waiting, discard)))
    if asked > 1 or not (asked or dry):
        raise UsageError("recon notify needs one of these: a run, --waiting or --discard.")
    if dry and (waiting or discard):
        raise UsageError("--dry-run needs a run, or nothing beside it for the last one.")
    if bool(discard) != (reason is not None):
        raise UsageError("--discard and --reason go together: an id, and why the alert is dropped.")


def _show_waiting(settings: Settings, as_json: bool) -> None:
    from recon.alerts.listing import waiting_document, waiting_lines
    from recon.alerts.queue import waiting

    found = waiting(settings.reports)
    _print(waiting_document(found) if as_json else waiting_lines(found))


def _discard(settings: Settings, ids: Sequence[str], reason: str, log: Log, as_json: bool) -> None:
    """Drop alerts, and log each of them."""
    from recon.alerts.listing import dropped_document, dropped_lines
    from recon.alerts.queue import discard

    dropped = discard(settings.reports, ids, reason)
    log.begin(settings, None, "Alerts are dropped")
    for alert in dropped.alerts:
        told = {"kind": alert.kind.value, "place": alert.place, "alert": alert.id}
        log.note("alert_dropped", f"{alert.payload['text']}: {dropped.by}", **told)
    _print(dropped_document(dropped) if as_json else dropped_lines(dropped))


def _print(told: dict[str, object] | Iterable[str]) -> None:
    """Print a document or lines."""
    from recon.reconciliation.document import dumps

    with process.printing():
        if isinstance(told, dict):
            typer.echo(dumps(told), nl=False)
        else:
            for line in told:
                process.say(line)


def escalate(
    dry_run: DryRun = False,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
) -> None:
    """Escalate overdue breaks and failed runs to the next level."""
    from recon.alerts.service import escalate as escalated
    from recon.record.journal.store import NAME

    settings = chosen_settings(config, profile, out)
    found, delivered = escalated(settings, dry=dry_run)
    if (settings.of_cash().reports / NAME).exists():
        more, then = escalated(settings.of_cash(), dry=dry_run)
        found, delivered = [*found, *more], delivered.with_those_of(then)
    _tell(found, delivered, dry_run, json)
    _hint(settings, dry_run)


def _tell(found: Sequence[Alert], delivered: Delivered, dry: bool, as_json: bool) -> None:
    """Print the messages; exit with 8 while one is waiting."""
    from recon.alerts.listing import document, lines

    told = document if as_json else lines
    _print(told(found, delivered, dry=dry))
    if delivered.sentence:
        print(f"recon: {delivered.sentence}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(ExitCode.ALERT)


@contextmanager
def failures_told(settings: Settings, month: Month, command: str = "recon month") -> Iterator[None]:
    """Alert finance operations of a failed run in the context.

    It fails all the same. Nobody is alerted of Ctrl-C, or of a lock that another run holds.
    """
    try:
        yield
    except Exception as error:
        code = getattr(error, "exit_code", ExitCode.DEFECT)
        if settings.slack and code is not ExitCode.LOCKED and not isinstance(error, typer.Exit):
            from recon.alerts.service import alert_failure

            # The console and the log report the failure, whatever happens here.
            with suppress(Exception):
                alert_failure(settings, month, sentence_of(error), int(code), command)
        raise
