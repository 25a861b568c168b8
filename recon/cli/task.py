"""`recon task`: write and check tasks of Windows Task Scheduler."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ExitCode, SourceUnreachable, UsageError
from recon.cli import process
from recon.cli.options import Config, Profile

if TYPE_CHECKING:
    from recon.config import Settings
    from recon.setup.tasks.plan import Place, Task

task = typer.Typer(
    help="Write and check the tasks of Windows Task Scheduler.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@task.command()
def write(
    config: Config = None,
    profile: Profile = None,
    account: Annotated[
        str | None, typer.Option("--account", help=r"The account that runs them: DOMAIN\name.")
    ] = None,
    gmsa: Annotated[
        str | None,
        typer.Option("--gmsa", help=r"The group managed service account: DOMAIN\name$."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder for the files instead of schedules/.")
    ] = None,
) -> None:
    """Write the tasks as XML; print the lines registering them."""
    from recon.config import load
    from recon.setup.tasks.files import verified, write_files
    from recon.setup.tasks.plan import planned
    from recon.setup.tasks.registration import registration
    from recon.setup.tasks.render import rendered

    settings = load(config, profile)
    who, place = _account(settings, account, gmsa), _place(settings, profile)
    of = {"feeds": bool(settings.feeds), "cash": settings.receivables is not None}
    tasks = planned(settings.tasks, who, place, **of)
    folder = (out or settings.home / "schedules").absolute()
    kept = write_files(folder, verified({item.file: rendered(item) for item in tasks}))
    with process.printing():
        _tell(folder, tasks, kept)
        typer.echo(registration({str(folder / item.file): item for item in tasks}), nl=False)
    _advise(settings)


def _account(settings: Settings, account: str | None, gmsa: str | None) -> str:
    """The account that runs the tasks; raises UsageError without one."""
    from recon.config.tasks import account as parsed

    if account and gmsa:
        raise UsageError("Name who runs the tasks with either --account or --gmsa, not both.")
    named = account or gmsa or settings.tasks.account
    if named is None:
        raise UsageError(
            r"Name the account that runs the tasks: --account DOMAIN\name, --gmsa DOMAIN\name$, or "
            "account under [tasks] in the configuration."
        )
    try:
        found = parsed(named)
    except ValueError as error:
        raise UsageError(f"{error}.") from None
    if (account and found.endswith("$")) or (gmsa and not found.endswith("$")):
        raise UsageError(
            f"{found}: the name of a group managed service account ends with $ and goes with "
            "--gmsa, any other goes with --account."
        )
    return found


def _place(settings: Settings, profile: str | None) -> Place:
    from recon.setup.tasks.plan import Place

    if settings.path is None:
        raise UsageError("There is no configuration for the tasks; `recon init` writes one.")
    # pythonw.exe has no output: a failure would be silent.
    python = PurePath(sys.executable)
    name = python.name.lower().replace("pythonw", "python")
    return Place(
        python=str(python.with_name(name) if "pythonw" in python.name.lower() else python),
        config=str(settings.path),
        directory=str(settings.home),
        profile=profile,
    )


def _tell(folder: Path, tasks: list[Task], kept: list[Path]) -> None:
    for item in tasks:
        process.say(f"Written: {folder / item.file}")
    for copy in kept:
        process.say(f"The previous version is in {copy}")
    process.say()


def _advise(settings: Settings) -> None:
    """Print advice on the tasks to standard error."""
    if settings.calendar.start is None:
        process.say(
            "recon: Set start under [calendar] in the configuration to the first month that the "
            "tasks are to run; without it, they run no month before that of the first run.",
            err=True,
        )
    if sys.platform != "win32":
        process.say(
            "recon: The files contain the paths of this machine; write them again on the Windows "
            "machine that runs the tasks.",
            err=True,
        )


@task.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The task files.")],
) -> None:
    """Check task files, with a line for each mistake."""
    from recon.setup.tasks.rules import check as checked

    findings = {file: checked(content) for file, content in _read(files).items()}
    with process.printing():
        for file, found in findings.items():
            for finding in found:
                process.say(f"{file}: {finding.line}")
            if not found:
                process.say(f"{file}: nothing to correct")
    mistakes = any(finding.mistake for found in findings.values() for finding in found)
    raise typer.Exit(ExitCode.SOURCE_DATA if mistakes else ExitCode.DONE)


def _read(files: list[Path]) -> dict[Path, bytes]:
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageError(f"There is no file {', '.join(missing)}.")
    try:
        return {file: file.read_bytes() for file in files}
    except OSError as error:
        raise SourceUnreachable(f"{error.filename} cannot be read: {error.strerror}.") from None
