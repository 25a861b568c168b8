"""Reading and doing: the ways of pages and API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from recon.base.errors import NothingLoaded, UsageError
from recon.base.events import Severity
from recon.base.filters import BreakFilter, folded, unknown_causes
from recon.base.month import Month
from recon.base.result import Break
from recon.base.text import counted
from recon.kpi.detail import Detail
from recon.kpi.result import Figures
from recon.record import identity
from recon.record.access.model import Right
from recon.record.journal.acknowledgements import acknowledgement
from recon.record.journal.acknowledgements import note as noted
from recon.record.journal.found_events import EventLife
from recon.record.journal.model import OpenItem, Role, Run, State
from recon.record.journal.signing import Signature, unacknowledged
from recon.record.journal.store import Journal
from recon.run.figures import Request
from recon.store import listing, snapshot
from recon.web.asking import Ask, required
from recon.web.problems import Refused

Lives = TypeVar("Lives")

# Loads.


def loads(ask: Ask) -> list[dict[str, Any]]:
    """The loads that this person may see, the last first."""
    seen = set(ask.site.seen_by(ask.person))
    wanted = ask.asked("feed")
    store = ask.site.settings.store

    def listed() -> list[dict[str, Any]]:
        with snapshot.looked_at(store) as (session, _):
            return listing.loads(session)

    try:
        found = ask.site.kept.get(("loads", snapshot.current(store).number), listed)
    except NothingLoaded:
        return []
    # Feeds that are configured no more are for those who may read everything.
    everything = ask.person.may(Right.READ)
    return [
        each for each in found
        if (everything or each["feed"] in seen) and (not wanted or each["feed"] == wanted)
    ]  # fmt: skip


def load(ask: Ask) -> dict[str, Any]:
    """The load of the address; raises Refused."""
    found = next((each for each in loads(ask) if each["load"] == ask.params["load"]), None)
    if found is None:
        raise Refused(404, f"There is no load {ask.params['load']}.")
    return found


def rejected(ask: Ask) -> list[dict[str, Any]]:
    """The rejected rows of the load of the address."""
    number, known = load(ask)["load"], ask.site.uploads.of_loads().get(ask.params["load"])
    with snapshot.looked_at(ask.site.settings.store) as (session, _):
        rows = listing.rejected(session, number)
    if known is None:
        return rows
    return [{**row, "place": row["place"].replace(known.file, known.name)} for row in rows]


def undo(ask: Ask) -> str:
    """Take the load of the address back; return the sentence."""
    from recon.run import undoing

    number = load(ask)["load"]
    with ask.acting():
        done = undoing.undo_load(ask.site.settings, number)
    ask.note("undo", f"load {number}")
    return done


def accept(ask: Ask) -> str:
    """Let overlapping rows count; return the sentence."""
    from recon.run import undoing

    number = load(ask)["load"]
    with ask.acting():
        done = undoing.accept_load(ask.site.settings, number)
    ask.note("accept", f"load {number}")
    return done


# Months.


@dataclass(frozen=True, slots=True)
class RecordedMonth:
    """A month of the journal: runs, breaks, events, signatures.

    `left` are the critical breaks that nobody has acknowledged.
    """

    month: Month
    runs: Sequence[Run]
    signatures: Mapping[str, Sequence[Signature]]
    breaks: Sequence[Break]
    lives: Mapping[str, OpenItem]
    events: Sequence[EventLife]
    left: Sequence[Break]

    @property
    def run(self) -> Run:
        """The last run."""
        return self.runs[-1]

    @property
    def given(self) -> Sequence[Signature]:
        """The signatures under the last run."""
        return self.signatures.get(self.run.run_id, ())


def runs(ask: Ask) -> tuple[list[Run], dict[str, tuple[Signature, ...]]]:
    """All runs, with the signatures by run."""
    with journal_of(ask) as journal:
        return journal.runs(), journal.signatures()


def month(ask: Ask) -> RecordedMonth:
    """The month of the address; raises Refused without a run."""
    chosen = ask.month(ask.params["month"])
    with journal_of(ask) as journal:
        found = journal.runs(chosen)
        if not found:
            raise Refused(404, f"{chosen.name} was not run yet; months are run on the server.")
        last = found[-1].run_id
        breaks = _as_of_now(ask, journal, ("run", last), lambda: journal.breaks(last))
        lives = _as_of_now(ask, journal, ("open", chosen), lambda: journal.open_items(chosen))
        return RecordedMonth(
            chosen, found, journal.signatures(), breaks, lives, journal.event_lives(chosen),
            unacknowledged(breaks, lives),
        )  # fmt: skip


def sign(ask: Ask) -> tuple[Run, tuple[Signature, ...]]:
    """Sign the last run of the month of the address."""
    from recon.run.signing import sign as put

    chosen = ask.month(ask.params["month"])
    try:
        role = Role(ask.text("role"))
    except ValueError:
        raise UsageError("Sign as preparer or as reviewer.") from None
    if not ask.person.may_sign(role):
        raise Refused(403, f"{ask.person.name} is no {role}.")
    comment = required(ask.text("comment"), "Say in a few words what you have checked.")
    found = month(ask)
    its_turn = role is Role.PREPARER or found.given
    if found.left and its_turn and not ask.text("accept"):
        raise UsageError(
            f"{chosen.name} has {counted(len(found.left), 'critical break')} that nobody has "
            "acknowledged. Acknowledge them, or say why they may stay open."
        )
    with ask.acting():
        command = f"recon {'cash' if ask.of_cash else 'month'}"
        accept = ask.text("accept") or None
        run, given = put(ask.settings, chosen, role, comment, accept, command)
    ask.note("sign-off", run.run_id, f"{role.value}{' of order to cash' * ask.of_cash}")
    return run, given


# Breaks.


@dataclass(frozen=True, slots=True)
class Standing:
    """The breaks open at a month's end, None without runs."""

    month: Month | None
    found: Sequence[OpenItem] = ()
    now: datetime = datetime.min


FILTERS = ("segment", "owner", "customer", "type", "cause", "event", "currency")


def breaks(ask: Ask) -> Standing:
    """The open breaks of the address, the oldest first."""
    only, name = _filter(ask), ask.asked("name")
    with journal_of(ask) as journal:
        latest = journal.latest_month()
        chosen = ask.month(ask.asked("month")) if ask.asked("month") else latest
        if chosen is None:
            return Standing(None)
        lives = _as_of_now(ask, journal, ("standing", chosen), lambda: journal.standing(chosen))
    from recon.record.journal.names import named

    found = [
        life for life in lives
        if only.takes(life.last) and _in_state(life, ask.asked("state"))
    ]  # fmt: skip
    return Standing(chosen, named(name, found) if name else found, datetime.now(UTC))


def _in_state(life: OpenItem, state: str) -> bool:
    if state and state not in (State.OPEN, State.ACKNOWLEDGED):
        raise UsageError("state is open or acknowledged.")
    return not state or life.state.value == state


def _filter(ask: Ask) -> BreakFilter:
    given = {name: tuple(ask.many(name)) for name in FILTERS}
    if unknown := unknown_causes(given["cause"]):
        raise UsageError(f"There is no cause {unknown[0]!r}.")
    severity = ask.asked("severity")
    if severity and severity.upper() not in Severity.__members__:
        raise UsageError("severity is warning, high or critical.")
    kind = given.pop("type")
    return BreakFilter(
        **given, revenue_type=kind, severity=Severity[severity.upper()] if severity else None
    )


def break_named(ask: Ask) -> tuple[OpenItem, Month | None]:
    """The break of the address, with the latest month."""
    with journal_of(ask) as journal:
        name = folded(ask.params["name"])
        lives = _as_of_now(ask, journal, ("all", None), journal.open_items)
        found = [life for life in lives.values() if folded(life.name) == name]
        if not found:
            raise Refused(404, f"There is no break {ask.params['name']!r}.")
        return found[0], journal.latest_month()


def acknowledge(ask: Ask) -> OpenItem:
    """Acknowledge the break of the address."""
    reason = required(ask.text("reason"), "Say in a few words why the break may stay open.")
    until = ask.month(ask.text("until")) if ask.text("until") else None
    life, _ = break_named(ask)
    return _say(
        ask, life,
        acknowledgement(life, reason, until, datetime.now(UTC), ask.person.name, _from(ask)),
        "acknowledge",
    )  # fmt: skip


def acknowledge_all(ask: Ask) -> int:
    """Acknowledge the open breaks of the address; return how many.

    Raises Refused where they are no longer those that the person has seen.
    """
    reason = required(ask.text("reason"), "Say in a few words why the breaks may stay open.")
    until = ask.month(ask.text("until")) if ask.text("until") else None
    found = [life for life in breaks(ask).found if life.state is State.OPEN]
    if ask.text("count") != str(len(found)):
        raise Refused(409, "These are other breaks than before; look at them, then send it again.")
    now, host = datetime.now(UTC), _from(ask)
    events = [acknowledgement(life, reason, until, now, ask.person.name, host) for life in found]
    settings = ask.settings
    with Journal.at(settings.reports, settings.calendar.periods) as journal:
        journal.say(*events)
    ask.note("acknowledge", counted(len(found), "break"))
    return len(found)


def note(ask: Ask) -> OpenItem:
    """Add a note to the break of the address."""
    text = required(ask.text("text"), "Write the note first.")
    life, _ = break_named(ask)
    event = noted(life, text, datetime.now(UTC), ask.person.name, _from(ask))
    return _say(ask, life, event, "note")


def _from(ask: Ask) -> str:
    with ask.acting():
        return identity.host()


def _say(ask: Ask, life: OpenItem, event: Any, what: str) -> OpenItem:  # noqa: ANN401
    settings = ask.settings
    with Journal.at(settings.reports, settings.calendar.periods) as journal:
        journal.say(event)
        now = journal.open_items()[life.name]
    ask.note(what, life.name)
    return now


def _as_of_now(ask: Ask, journal: Journal, what: object, make: Callable[[], Lives]) -> Lives:
    """The breaks of a journal, kept until its next event."""
    found: Lives = ask.site.journals.get((ask.of_cash, journal.head(), what), make)
    return found


def journal_of(ask: Ask) -> AbstractContextManager[Journal]:
    """A context with the journal of the book."""
    return Journal.look(ask.settings.reports, ask.settings.calendar.periods)


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


# Figures.


def request(ask: Ask) -> Request:
    """The figures that the address asks for."""
    top = ask.number("top", 0, 1, 10_000) if ask.asked("top") else None
    return Request(
        ask.asked("view") or "executive",
        ask.asked("period") or None,
        tuple(ask.many("by")),
        tuple(ask.many("where")),
        ask.asked("compare") or None,
        top,
    )


def figures(ask: Ask) -> Figures:
    """The figures of the address, kept until the next load."""
    from recon.run.figures import figures as made

    settings, asked = ask.site.settings, request(ask)
    found: Figures = ask.site.kept.get(_key(ask, "figures"), lambda: made(settings, asked))
    return found


def figures_with_queries(ask: Ask) -> tuple[Figures, Detail]:
    """The figures of the address, and their queries without rows."""
    from recon.run.figures import figures_with_detail as made

    settings, asked = ask.site.settings, request(ask)
    found: tuple[Figures, Detail] = ask.site.kept.get(
        _key(ask, "queries"), lambda: made(settings, asked, 0)
    )
    return found


def figures_with_rows(ask: Ask) -> tuple[Figures, Detail]:
    """The figures of the address, and the rows behind them."""
    from recon.run.figures import figures_with_detail as made

    return made(ask.site.settings, request(ask))


def _key(ask: Ask, what: str) -> object:
    return (what, state(ask))


def state(ask: Ask) -> object:
    """The state of the store, the day, and the request."""
    number = snapshot.current(ask.site.settings.store).number
    return (number, datetime.now(UTC).date(), request(ask))
