"""`recon pack`: the monthly financial report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recon.cli import process
from recon.cli.options import Config, Profile, chosen_settings, progress_shown


def pack(
    period: Annotated[
        str | None,
        typer.Argument(
            metavar="[MONTH]", help="The month, like 2024-06; if left out, the last with data."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder, instead of reports/packs/.")
    ] = None,
    config: Config = None,
    profile: Profile = None,
) -> None:
    """Write a month's financial report: one PDF and one workbook."""
    from recon.run.packing import write_pack

    settings = chosen_settings(config, profile, None)
    with progress_shown(False) as progress:
        written, notes = write_pack(settings, period, out, progress)
    with process.printing():
        for note in notes:
            typer.echo(note)
        for path in written:
            typer.echo(f"Written: {path}")
