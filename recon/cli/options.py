"""Options that several commands share, and their values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import ConfigError, UsageError
from recon.base.text import one_line

if TYPE_CHECKING:
    from recon.base.events import Severity
    from recon.base.filters import BreakFilter
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
Cash = Annotated[
    bool, typer.Option("--cash", help="For the runs of order to cash, not of revenue.")
]
MonthText = Annotated[
    str | None,
    typer.Argument(metavar="MONTH", help="The month, like 2024-06; if left out, the last one."),
]


class Least(StrEnum):
    """The lowest severity of the breaks to list."""

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"


Values = list[str] | None
AtLeast = Annotated[
    Least | None, typer.Option("--severity", help="Only breaks of this severity or higher.")
]
Segments = Annotated[
    Values, typer.Option("--segment", help="Only breaks of this segment; may be repeated.")
]
Owners = Annotated[
    Values, typer.Option("--owner", help="Only breaks of this owner; may be repeated.")
]
Customers = Annotated[
    Values, typer.Option("--customer", help="Only breaks of this customer; may be repeated.")
]
Types = Annotated[
    Values, typer.Option("--type", help="Only breaks of this revenue type; may be repeated.")
]
Causes = Annotated[
    Values,
    typer.Option("--cause", help="Only breaks with this cause, like not_posted; may be repeated."),
]
Events = Annotated[
    Values, typer.Option("--event", help="Only breaks of this event, like E-5A2K; may be repeated.")
]
Currencies = Annotated[
    Values, typer.Option("--currency", help="Only breaks in this currency; may be repeated.")
]


def chosen_settings(
    config: Path | None, profile: str | None, out: Path | None, cash: bool = False
) -> Settings:
    """The settings, with the reports folder of the options."""
    from dataclasses import replace

    from recon.config import load

    settings = load(config, profile)
    settings = replace(settings, reports=out.absolute()) if out else settings
    return settings.of_cash() if cash else settings


def command_of(*, cash: bool) -> str:
    """The command that records runs of a kind."""
    return "recon cash" if cash else "recon month"


def chosen_month(text: str | None, settings: Settings) -> Month:
    """The named month, else the last one; raises MonthError, UsageError."""
    now, calendar = datetime.now(UTC), settings.calendar
    chosen = known(calendar.month("last" if text is None else text, now))
    if settings.sample:
        from recon.sources.sample import Recipe

        recipe = Recipe()
        if not recipe.first <= chosen <= recipe.last:
            raise UsageError(
                f"The sample covers {recipe.first} to {recipe.last}, not {chosen}; "
                f"choose one of its months, like: recon month 2024-06"
            )
    return chosen


def asked_month(text: str, settings: Settings) -> Month:
    """The month of an argument or option; raises MonthError."""
    return settings.calendar.month(text, datetime.now(UTC))


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


def severity_of(word: Least | None) -> Severity | None:
    """The severity of a word."""
    from recon.base.events import Severity

    return Severity[word.name] if word else None


def chosen_breaks(
    segment: Values,
    owner: Values,
    customer: Values,
    kind: Values,
    cause: Values,
    event: Values,
    currency: Values,
    least: Least | None = None,
) -> BreakFilter:
    """The filter of the options; raises UsageError."""
    from recon.base.cash import CashCause
    from recon.base.filters import BreakFilter, unknown_causes
    from recon.base.result import Cause

    if unknown := unknown_causes(cause or ()):
        known = ", ".join(dict.fromkeys(item.value for item in (*Cause, *CashCause)))
        raise UsageError(f"There is no cause {unknown[0]!r}; the causes are {known}.")
    return BreakFilter(
        segment=_kept("--segment", segment),
        owner=_kept("--owner", owner),
        customer=_kept("--customer", customer),
        revenue_type=_kept("--type", kind),
        cause=_kept("--cause", cause),
        event=_kept("--event", event),
        currency=_kept("--currency", currency),
        severity=severity_of(least),
    )


def _kept(option: str, values: Sequence[str] | None) -> tuple[str, ...]:
    kept = tuple(value.strip() for value in values or ())
    if not all(kept):
        raise UsageError(f"{option} is empty; leave it out, or name one.")
    return kept
