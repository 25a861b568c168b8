"""`recon doctor`: everything that a month needs, checked beforehand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ConfigError
from recon.cli import process
from recon.cli.options import Config, Json, NoColor, Profile

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.setup.doctor import Asked, Check


def doctor(
    config: Config = None,
    profile: Profile = None,
    month: Annotated[
        str | None, typer.Option("--month", help="The month whose rows are counted.")
    ] = None,
    paths: Annotated[
        bool, typer.Option("--paths", help="Say only where recon keeps what; check nothing.")
    ] = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """Check everything that a month needs, before you run it."""
    if paths:
        _show_paths(config, profile, json)
        return
    from recon.setup.doctor import Asked, exit_code

    asked = Asked(config, profile, _month(month, config, profile) if month else None)
    checks = _documented(asked) if json else _shown(asked, no_color)
    raise typer.Exit(exit_code(checks))


def _show_paths(config: Path | None, profile: str | None, as_json: bool) -> None:
    from recon.config import load
    from recon.reconciliation.document import dumps
    from recon.setup.doctor.paths import kept

    found = kept(load(config, profile))
    with process.printing():
        if as_json:
            paths = {item.name: str(item.path) for item in found}
            typer.echo(dumps({"schema": 1, "paths": paths}), nl=False)
            return
        width = max(len(item.name) for item in found)
        for item in found:
            there = "" if item.path.exists() else " (not there yet)"
            typer.echo(f"{item.name:<{width}}  {item.path}{there}")
            typer.echo(f"{'':<{width}}  {item.what}")


def _month(text: str, config: Path | None, profile: str | None) -> Month | None:
    """A text's month; None where the configuration is wrong."""
    from recon.config import load

    try:
        calendar = load(config, profile).calendar
    except ConfigError:
        return None
    return calendar.month(text, datetime.now(UTC))


def _documented(asked: Asked) -> list[Check]:
    """Print the checks as one document."""
    from recon.reconciliation.document import dumps
    from recon.setup.doctor import document, examine
    from recon.setup.doctor.steps import Silence

    checks = examine(asked, Silence())
    with process.printing():
        typer.echo(dumps(document(checks)), nl=False)
    return checks


def _shown(asked: Asked, no_color: bool) -> list[Check]:
    """Print each check as soon as it ends."""
    from recon.reports.console.dashboard import make_console
    from recon.setup.doctor import examine
    from recon.setup.doctor.view import ConsoleWatcher

    console = make_console(sys.stdout, color=False if no_color else None)
    with _waiting() as waiting:
        watcher = ConsoleWatcher(console, waiting, process.printing)
        checks = examine(asked, watcher)
    watcher.verdict(checks)
    return checks


@contextmanager
def _waiting() -> Iterator[Callable[[str], None]]:
    """Yield a display of the running check; '' clears it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    status = Console(stderr=True, markup=False).status("")

    def show(name: str) -> None:
        if name:
            status.update(f"Checking {name} …")
            status.start()
        else:
            status.stop()

    try:
        yield show
    finally:
        status.stop()
