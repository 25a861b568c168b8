"""Options that several commands share, the chosen month, and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ConfigError, UsageError
from recon.base.text import one_line

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings

Config = Annotated[Path | None, typer.Option("--config", help="The configuration file to use.")]
Profile = Annotated[
    str | None, typer.Option("--profile", help="The profile to use: [profiles.NAME] in the file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print without colors.")]
Reports = Annotated[
    Path | None, typer.Option("--out", help="The reports folder, instead of reports/.")
]
MonthText = Annotated[
    str | None,
    typer.Argument(metavar="MONTH", help="The month, like 2024-06; if left out, the last one."),
]


def chosen_settings(config: Path | None, profile: str | None, out: Path | None) -> Settings:
    """The settings, with the reports folder of the option."""
    from dataclasses import replace

    from recon.config import load

    settings = load(config, profile)
    return replace(settings, reports=out.absolute()) if out else settings


def chosen_month(text: str | None, settings: Settings) -> Month:
    """The named month, else the last one; raises MonthError, UsageError."""
    now, calendar = datetime.now(UTC), settings.calendar
    chosen = known(calendar.last_month(now)) if text is None else calendar.month(text)
    if settings.sample:
        from recon.sources.sample import Recipe

        recipe = Recipe()
        if not recipe.first <= chosen <= recipe.last:
            raise UsageError(
                f"The sample covers {recipe.first} to {recipe.last}, not {chosen}; "
                f"choose one of its months, like: recon month 2024-06"
            )
    return chosen


def known(month: Month) -> Month:
    """The month; raises ConfigError where no fiscal period is one."""
    if month.periods and not month.is_known:
        first, last = month.at(month.periods.first), month.at(month.periods.last)
        ends = (
            f"ends with {last} on {month.periods.end - timedelta(days=1)}"
            if month > last
            else f"begins with {first} on {first.first_day}"
        )
        raise ConfigError(
            [f"calendar.periods: {ends}, but {month} is asked for; add the missing periods"],
            "the configuration",
        )
    return month


@contextmanager
def progress_shown(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a display of the current step, on terminals only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True, markup=False).status("Starting") as status:
        yield lambda step: status.update(f"{one_line(step)} …")
