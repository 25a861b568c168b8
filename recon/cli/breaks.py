"""`recon open`, `ack` and `note`: open breaks, acknowledgements and notes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import (
    AtLeast,
    Cash,
    Causes,
    Config,
    Currencies,
    Customers,
    Events,
    Json,
    NoColor,
    Owners,
    Profile,
    Reports,
    Segments,
    Types,
    asked_month,
    chosen_breaks,
    chosen_settings,
    command_of,
    severity_of,
)

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.cli.choosing import Choice
    from recon.config import Settings
    from recon.record.journal.model import Event, OpenItem
    from recon.record.journal.store import Journal
    from recon.reports.console.open_items import Standing


# More breaks than these are added up, not told one by one.
MOST = 10


class Form(StrEnum):
    """How the open breaks are printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def open_breaks(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="A break, contract, entry, customer, owner or event, or how its name begins.",
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(
            "--month", help="Breaks open at the end of this month; if left out, the last one."
        ),
    ] = None,
    age: Annotated[
        bool, typer.Option("--age", help="Show a table by age instead of each break.")
    ] = False,
    severity: AtLeast = None,
    unacknowledged: Annotated[
        bool, typer.Option("--unacknowledged", help="Only breaks that nobody has acknowledged.")
    ] = False,
    segment: Segments = None,
    owner: Owners = None,
    customer: Customers = None,
    kind: Types = None,
    cause: Causes = None,
    event: Events = None,
    currency: Currencies = None,
    top: Annotated[int, typer.Option("--top", min=0, help="How many breaks to show.")] = 25,
    form: Annotated[
        Form, typer.Option("--format", help="text, csv to open in Excel or to send, or json.")
    ] = Form.TEXT,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
    no_color: NoColor = False,
) -> None:
    """List the open breaks, and how old they are."""
    from recon.record.journal.store import Journal

    only = chosen_breaks(segment, owner, customer, kind, cause, event, currency)
    form = Form.JSON if json else form
    settings = chosen_settings(config, profile, out, cash)
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        standing = _standing(journal, asked_month(month, settings) if month else None)
    if standing:
        standing = standing.narrowed(severity_of(severity), unacknowledged)
        standing = standing.chosen(only, (name or "").strip())
    with process.printing():
        if form is not Form.TEXT:
            typer.echo(_open_csv(standing) if form is Form.CSV else _open_json(standing), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.open_items import show_open

        console = make_console(sys.stdout, color=False if no_color else None)
        command = command_of(cash=cash)
        show_open(console, standing, top=top, ages=age, sample=settings.sample, command=command)


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


def _open_json(standing: Standing | None) -> str:
    from datetime import UTC, datetime

    from recon.reconciliation.document import dumps
    from recon.reports.documents import open_document

    if standing is None:
        return dumps(open_document((), None, datetime.now(UTC)))
    return dumps(open_document(standing.found, standing.month, standing.now, standing.events))


def _open_csv(standing: Standing | None) -> str:
    from datetime import UTC, datetime

    from recon.base.month import Month
    from recon.reports.csv_files import open_csv

    if standing is None:
        now = datetime.now(UTC)
        return open_csv((), Month.of(now.date()), now)
    return open_csv(standing.found, standing.month, standing.now)


def ack(
    reason: Annotated[str, typer.Option("--reason", help="Why the breaks may stay open for now.")],
    breaks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="The names of breaks, contracts, entries, customers or owners, as in "
            "`recon open`.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            help="The last month for which it holds, unless the break changes before.",
        ),
    ] = None,
    severity: AtLeast = None,
    segment: Segments = None,
    owner: Owners = None,
    customer: Customers = None,
    kind: Types = None,
    cause: Causes = None,
    event: Events = None,
    currency: Currencies = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Acknowledge several at once without a question.")
    ] = False,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
) -> None:
    """Acknowledge open breaks, with a reason."""
    from recon.cli.choosing import Choice
    from recon.record import identity
    from recon.record.journal.acknowledgements import acknowledgement, words

    only = chosen_breaks(segment, owner, customer, kind, cause, event, currency, severity)
    if not breaks and not only:
        raise UsageError(
            "Name what you acknowledge, or choose it: recon ack B-… --reason …, or with --event, "
            "--owner, --cause and the like."
        )
    words(reason, "--reason")
    settings = chosen_settings(config, profile, out, cash)
    last = asked_month(until, settings) if until else None
    _say(
        settings,
        Choice(tuple(breaks or ()), only, yes),
        lambda life, at: acknowledgement(life, reason, last, at, identity.who(), identity.host()),
        json,
    )


def note(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The break, or its contract or entry, as in `recon open`."
        ),
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text of the note.")],
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    cash: Cash = False,
    json: Json = False,
) -> None:
    """Add a note to a break."""
    from recon.cli.choosing import Choice
    from recon.record import identity
    from recon.record.journal.acknowledgements import note as noted

    _say(
        chosen_settings(config, profile, out, cash),
        Choice((name,)),
        lambda life, at: noted(life, text, at, identity.who(), identity.host()),
        json,
    )


def _say(settings: Settings, choice: Choice, event: Callable[..., Event], as_json: bool) -> None:
    """Record an event of each break, all or none."""
    from datetime import UTC, datetime

    from recon.record.journal.store import NAME, Journal

    # No break is known before the first run: then no journal is created.
    known = Journal.at if (settings.reports / NAME).exists() else Journal.look
    with known(settings.reports, settings.calendar.periods) as journal:
        found = choice.breaks(journal)
        at = datetime.now(UTC)
        journal.say(*(event(life, at) for life in found))
        now, month = journal.open_items(), journal.latest_month()
    told = [now[life.name] for life in found]
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

    show_said(make_console(sys.stdout), told, most=MOST)
