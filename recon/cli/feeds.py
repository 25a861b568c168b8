"""`recon load`, `recon loads` and `recon store`: feeds and their store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import Config, Json, Profile, chosen_settings, progress_shown


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
) -> None:
    """Load the files of your feeds into the store, and say what became of each."""
    from recon.run import feeds

    settings = chosen_settings(config, profile, None)
    if undo is not None or accept is not None:
        if (undo is not None and accept is not None) or files or dry_run:
            raise UsageError("--undo and --accept each stand alone, with the number of a load.")
        sentence = (
            feeds.undo_load(settings, undo)
            if undo is not None
            else feeds.accept_load(settings, accept or 0)
        )
        with process.printing():
            typer.echo(sentence)
        return
    log = context.obj
    with progress_shown(quiet or json) as progress:
        if log and not dry_run:
            log.begin(settings, None, "The loading of feeds begins")
        report = feeds.load_feeds(
            settings, files or (), feed, dry=dry_run, progress=progress, log=log
        )
    from recon.reports.console.feeds import report_lines
    from recon.reports.feeds import report_document

    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            typer.echo(dumps(report_document(report)), nl=False)
        else:
            for line in report_lines(report, quiet=quiet):
                typer.echo(line)
    raise typer.Exit(report.exit_code)
