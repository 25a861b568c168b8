"""`recon publish`: the star, where others read it."""

from __future__ import annotations

from typing import Annotated

import typer

from recon.cli import process
from recon.cli.options import Config, Json, Profile, chosen_settings, progress_shown


def publish(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Targets [publish.NAME]; if left out, all."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="Another target: parquet:FOLDER, postgresql:CONNECTION or sqlserver:CONNECTION.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Write everything again, not only what has changed.")
    ] = False,
    config: Config = None,
    profile: Profile = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print problems only.")] = False,
) -> None:
    """Publish the store's star to PostgreSQL, SQL Server or Parquet."""
    from recon.reports.publish import publish_document, publish_lines
    from recon.run.publish import publish as run

    settings = chosen_settings(config, profile, None)
    with progress_shown(quiet or json) as progress:
        done = run(settings, targets or (), to, dry=dry_run, whole=whole, progress=progress)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps

            typer.echo(dumps(publish_document(done, dry=dry_run)), nl=False)
        elif not quiet:
            for line in publish_lines(done, dry=dry_run):
                typer.echo(line)
