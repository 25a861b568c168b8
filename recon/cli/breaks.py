"""`recon open`, `ack` and `note`: open breaks, acknowledgements and notes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import process
from recon.cli.options import Config, Json, NoColor, Profile, Reports, chosen_settings

if TYPE_CHECKING:
    from recon.base.events import Severity
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.journal.model import Event, OpenItem
    from recon.record.journal.store import Journal
    from recon.reports.console.open_items import Standing


class Least(StrEnum):
    """The lowest severity of the breaks to list."""

    WARNING = "warning"
    HIGH = "high"
    CRITICAL = "critical"


def open_breaks(
    month: Annotated[
        str | None,
        typer.Option(
            "--month", help="Breaks open at the end of this month; if left out, the last one."
        ),
    ] = None,
    age: Annotated[
        bool, typer.Option("--age", help="Show a table by age instead of each break.")
    ] = False,
    severity: Annotated[
        Least | None, typer.Option("--severity", help="Only breaks of this severity or higher.")
    ] = None,
    unacknowledged: Annotated[
        bool, typer.Option("--unacknowledged", help="Only breaks that nobody has acknowledged.")
    ] = False,
    top: Annotated[int, typer.Option("--top", min=0, help="How many breaks to show.")] = 25,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """List the open breaks, and how old they are."""
    from recon.record.journal.store import Journal

    settings = chosen_settings(config, profile, out)
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        standing = _standing(journal, settings.calendar.month(month) if month else None)
    if standing:
        standing = standing.narrowed(_severity(severity), unacknowledged)
    with process.printing():
        if json:
            _print_open(standing)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.open_items import show_open

        console = make_console(sys.stdout, color=False if no_color else None)
        show_open(console, standing, top=top, ages=age, sample=settings.sample)


def _severity(word: Least | None) -> Severity | None:
    from recon.base.events import Severity

    return Severity[word.name] if word else None


def _standing(journal: Journal, asked: Month | None) -> Standing | None:
    """Breaks open at a month's end; None without runs."""
    from datetime import UTC, datetime

    from recon.reports.console.open_items import Standing

    latest = journal.latest_month()
    if latest is None:
        return None
    month = asked or latest
    events = [life for life in journal.event_lives(month) if life.open]
    return Standing(journal.standing(month), month, datetime.now(UTC), events=events)


def _print_open(standing: Standing | None) -> None:
    from datetime import UTC, datetime

    from recon.reconciliation.document import dumps
    from recon.reports.documents import open_document

    if standing is None:
        told = open_document((), None, datetime.now(UTC))
    else:
        told = open_document(standing.found, standing.month, standing.now, standing.events)
    typer.echo(dumps(told), nl=False)


def ack(
    breaks: Annotated[
        list[str],
        typer.Argument(metavar="BREAK...", help="The names of the breaks, as in `recon open`."),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why the breaks may stay open for now.")],
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            help="The last month for which it holds, unless the break changes before.",
        ),
    ] = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
) -> None:
    """Acknowledge open breaks, with a reason."""
    from recon.record import identity
    from recon.record.journal.acknowledgements import acknowledgement

    settings = chosen_settings(config, profile, out)
    last = settings.calendar.month(until) if until else None
    _say(
        settings,
        breaks,
        lambda life, at: acknowledgement(life, reason, last, at, identity.who(), identity.host()),
        json,
    )


def note(
    name: Annotated[
        str, typer.Argument(metavar="BREAK", help="The name of the break, as in `recon open`.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text of the note.")],
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
) -> None:
    """Add a note to a break."""
    from recon.record import identity
    from recon.record.journal.acknowledgements import note as noted

    _say(
        chosen_settings(config, profile, out),
        [name],
        lambda life, at: noted(life, text, at, identity.who(), identity.host()),
        json,
    )


def _say(
    settings: Settings, names: Sequence[str], event: Callable[..., Event], as_json: bool
) -> None:
    """Record an event of each break, all or none."""
    from datetime import UTC, datetime

    from recon.record.journal.store import NAME, Journal

    at = datetime.now(UTC)
    # No break is known before the first run: then no journal is created.
    known = Journal.at if (settings.reports / NAME).exists() else Journal.look
    with known(settings.reports, settings.calendar.periods) as journal:
        found = {life.name: life for life in map(journal.open_item, names)}
        journal.say(*(event(life, at) for life in found.values()))
        told, month = [journal.open_item(name) for name in found], journal.latest_month()
    with process.printing():
        if as_json:
            from recon.reconciliation.document import dumps
            from recon.reports.documents import said_document

            typer.echo(dumps(said_document(told, month, at)), nl=False)
            return
        _tell(told)


def _tell(told: Sequence[OpenItem]) -> None:
    from recon.reports.console.dashboard import make_console
    from recon.reports.console.open_items import show_said

    show_said(make_console(sys.stdout), told)
