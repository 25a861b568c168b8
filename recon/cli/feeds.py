"""`recon load`, `recon loads` and `recon store`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import Config, Json, Profile, chosen_settings, progress_shown

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.store.outcome import Report


def load(
    context: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Files to load; if left out, all that wait."),
    ] = None,
    feed: Annotated[
        str | None, typer.Option("--feed", help="The feed, where a file's name does not say it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and load files as they arrive; Ctrl-C ends it.")
    ] = False,
    undo: Annotated[
        int | None, typer.Option("--undo", metavar="LOAD", help="Take a load back whole.")
    ] = None,
    accept: Annotated[
        int | None,
        typer.Option("--accept", metavar="LOAD", help="Let a load's overlapping rows count."),
    ] = None,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print problems only.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Print everything of each file.")] = False,
) -> None:
    """Load the files that wait into the store."""
    from recon.run import feeds
    from recon.run.sample_feeds import with_sample

    settings = chosen_settings(config, profile, None)
    if undo is not None or accept is not None:
        if (undo is not None and accept is not None) or files or dry_run:
            raise UsageError("--undo and --accept each stand alone, with the number of a load.")
        from recon.run import undoing

        sentence = (
            undoing.undo_load(settings, undo)
            if undo is not None
            else undoing.accept_load(settings, accept or 0)
        )
        with process.printing():
            process.say(sentence)
        return
    log, settings = context.obj, with_sample(settings)
    if watch:
        if files or dry_run or json:
            raise UsageError("--watch takes what arrives, and goes with --feed and --quiet alone.")
        _watch(settings, feed, quiet=quiet, full=full)
        return
    with progress_shown(quiet or json) as progress:
        if log and not dry_run:
            log.begin(settings, None, "The loading of feeds begins")
        report = feeds.load_feeds(
            settings, files or (), feed, dry=dry_run, progress=progress, log=log
        )
    if json:
        from recon.reconciliation.document import dumps
        from recon.reports.feeds import report_document

        with process.printing():
            typer.echo(dumps(report_document(report)), nl=False)
    else:
        _show(report, quiet=quiet, full=full)
    raise typer.Exit(report.exit_code)


def _show(report: Report, *, quiet: bool, full: bool) -> None:
    from recon.reports.console.dashboard import make_console
    from recon.reports.console.feeds import report_lines
    from recon.reports.console.layout import Pen

    with process.printing():
        pen = Pen(make_console(sys.stdout))
        for line in report_lines(pen, report, quiet=quiet, full=full):
            pen.console.print(line, soft_wrap=True)


def _watch(settings: Settings, feed: str | None, *, quiet: bool, full: bool) -> None:
    """Load files as they arrive, and tell of each."""
    from recon.run.watching import watched

    for report in watched(settings, feed):
        _show(report, quiet=quiet, full=full)
    if not quiet:
        typer.echo("No longer watching; what was taken is in the store.")


def loads(
    load: Annotated[
        int | None, typer.Argument(metavar="LOAD", help="One load; if left out, all of them.")
    ] = None,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="List the rejected rows, with their reasons.")
    ] = False,
    restated: Annotated[
        bool, typer.Option("--restated", help="List how loads changed months that were past.")
    ] = False,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List loads, rejected rows, and restated months."""
    from recon.reports.console import loads as lines
    from recon.reports.feeds import loads_document
    from recon.store import listing, snapshot

    settings = chosen_settings(config, profile, None)
    with snapshot.looked_at(settings.store) as (session, _):
        found = listing.loads(session, load)
        rows = listing.rejected(session, load) if rejected else []
    text: Iterable[str]
    if json:
        from recon.reconciliation.document import dumps

        text = dumps(loads_document(found, rows)).splitlines()
    elif rejected:
        text = lines.rejected_lines(rows)
    elif restated:
        from recon.run.feed_findings import signed_months

        signed = signed_months(settings)
        text = list(lines.restated_lines(found, signed)) or ["No load has changed a past month."]
    else:
        text = lines.list_lines(found) if load is None else lines.one_lines(found[0])
    with process.printing():
        _print(text)


store = typer.Typer(
    help="Look at the store, make it compact, back it up, forget a customer.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@store.command()
def info(config: Config = None, profile: Profile = None, json: Json = False) -> None:
    """Show the tables with their rows and sizes."""
    from recon.reports.feeds import info_document, info_lines
    from recon.run import store as keeping

    found = keeping.info(chosen_settings(config, profile, None))
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            typer.echo(dumps(info_document(found)), nl=False)
            return
        _print(info_lines(found))


@store.command()
def compact(config: Config = None, profile: Profile = None) -> None:
    """Write the store anew, as small as it can be."""
    from recon.run import store as keeping

    _tell(keeping.compact(chosen_settings(config, profile, None)))


@store.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Copy the store to a file; count every row."""
    from recon.run import store as keeping

    _tell(keeping.backup(chosen_settings(config, profile, None), file.absolute()))


@store.command()
def forget(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Erase who a customer is; every figure stays."""
    from recon.run import store as keeping

    _tell(keeping.forget(chosen_settings(config, profile, None), customer))


def _tell(sentence: str) -> None:
    with process.printing():
        _print([sentence])


def _print(lines: Iterable[str]) -> None:
    """Print lines, whatever the names and cells in them hold."""
    from recon.base.text import one_line

    for line in lines:
        typer.echo(one_line(line))
