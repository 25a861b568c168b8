"""`recon backup`, `recon restore`: all runs in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.text import counted
from recon.cli import process
from recon.cli.options import Cash, Config, Profile, Reports, chosen_settings

if TYPE_CHECKING:
    from recon.record.backup import Kept


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
) -> None:
    """Copy the journal and all runs into one file."""
    from recon.record.backup import backed_up

    reports = chosen_settings(config, profile, out, cash).reports
    kept = backed_up(reports, file.absolute())
    with process.printing():
        process.say(
            f"{file} holds the journal{_and_people(kept)} and {counted(kept.runs, 'run')} of "
            f"{reports}: "
            f"{counted(kept.files, 'file')}, {counted(kept.size, 'byte')}."
        )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of recon backup.")],
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
) -> None:
    """Bring a backup back; nothing is overwritten."""
    from recon.record.backup import restored
    from recon.record.lock import locked

    reports = chosen_settings(config, profile, out, cash).reports
    with locked(reports, "recon restore"):
        kept = restored(reports, file.absolute())
    there = f" ({counted(kept.skipped, 'file')} were there already)" if kept.skipped else ""
    with process.printing():
        process.say(
            f"The journal{_and_people(kept)} and {counted(kept.runs, 'run')} are back in "
            f"{reports}{there}. "
            "`recon verify --all` proves them."
            + " The people of the page are those that were there."
            * kept.others
        )


def _and_people(kept: Kept) -> str:
    return ", the people of the page" if kept.people and not kept.others else ""
