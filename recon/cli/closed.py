"""`recon month --closed`: the earliest closed month without a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from recon.base.errors import UsageError
from recon.cli import process

if TYPE_CHECKING:
    from datetime import date

    from recon.base.calendar import Calendar, Due, Recorded
    from recon.base.month import Month
    from recon.config import Settings

# Two tasks that start together must not take the same month; the lock of the reports is taken
# later, when both have read.
LOCK = ".closing"
_LISTED = 6


@contextmanager
def closed_month(
    settings: Settings, today: str | None, *, json: bool, cash: bool = False
) -> Iterator[Month]:
    """Yield the month that is due, held against other processes.

    If none is due, the reason and the next day are printed and the command ends with exit code 0.
    `today` is a day like 2024-07-03 that takes the place of the clock: an option, not a variable,
    since a variable left in the environment of a service account would go unnoticed.
    """
    from recon.cli.options import chosen_month, command_of, known
    from recon.record.lock import locked

    day = _day(today, settings.calendar)
    if (found := _due(settings, day)).month is None:
        _nothing_due(found, json=json)
    with locked(settings.reports / LOCK, f"{command_of(cash=cash)} --closed"):
        found = _due(settings, day)
        if found.month is None:
            _nothing_due(found, json=json)
        month = known(found.month)
        _announce(found)
        yield month if cash else chosen_month(str(month), settings)


def _day(text: str | None, calendar: Calendar) -> date:
    from recon.config.values import day

    if text is None:
        return calendar.day(datetime.now(UTC))
    try:
        return day(text)
    except ValueError as error:
        raise UsageError(f"--today: {error}.") from None


def _due(settings: Settings, today: date) -> Due:
    from recon.base.calendar import due

    return due(today, settings.calendar, recorded(settings.reports, settings.calendar))


def recorded(reports: Path, calendar: Calendar) -> list[Recorded]:
    """Months in the journal: all runs, then those signed off."""
    from recon.base.calendar import Recorded
    from recon.record.journal.signing import is_signed_off
    from recon.record.journal.store import Journal

    with Journal.look(reports, calendar.periods) as journal:
        runs, signatures = journal.runs(), journal.signatures().values()
    signed = [given[-1] for given in signatures if is_signed_off(given)]
    return [
        *(
            Recorded(run.month, calendar.day(run.started), provisional=run.provisional)
            for run in runs
        ),
        *(Recorded(last.month, calendar.day(last.at), signed_off=True) for last in signed),
    ]


def _nothing_due(found: Due, *, json: bool) -> NoReturn:
    """Print why nothing is due, and end the command."""
    from recon.reconciliation.document import dumps

    following = {"month": str(found.next_month), "day": str(found.next_day)}
    with process.printing():
        if json:
            document = {"schema": 1, "due": None, "next": following, "reason": found.reason}
            typer.echo(dumps(document), nl=False)
        else:
            typer.echo(f"{found.reason} {found.next_month} is due from {found.next_day}.")
    raise typer.Exit


def _announce(found: Due) -> None:
    """Print the month taken and missing months on standard error."""
    typer.echo(f"recon: {found.reason}", err=True)
    if found.gaps:
        gaps = _listed(found.gaps)
        typer.echo(
            f"recon: Warning: there is no run of {gaps}, although a later month has one.", err=True
        )
    if found.left:
        verb = "is" if found.left == 1 else "are"
        typer.echo(
            f"recon: After it, {found.left} more {verb} due; each needs a run of its own.", err=True
        )


def _listed(months: Sequence[Month]) -> str:
    if len(months) > _LISTED:
        return f"{len(months)} months from {months[0]} to {months[-1]}"
    return ", ".join(map(str, months))
