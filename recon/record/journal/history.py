"""History: a run beside the runs before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Break, Totals
from recon.record.journal.ageing import by_age
from recon.record.journal.found_events import EventLife, Life
from recon.record.journal.model import Event, Kind, OpenItem, Run
from recon.record.journal.open_items import (
    Resolution,
    Timeline,
    as_of,
    closable,
    open_items,
    settled,
    timeline,
)
from recon.record.journal.signing import Signature, signatures

# By currency and figure: expected, recognized, difference, gross_difference.
Moved = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class MovementPart:
    """The movement that one cause has made.

    `rows` is how many rows it concerns, None where they are not counted.
    """

    what: str
    rows: int | None
    moved: Moved


@dataclass(frozen=True, slots=True)
class Since:
    """The differences between two runs of a month.

    `moved` is the net difference's movement by currency. `parts` say what moved the totals, and add
    up to their movement; empty where it is not known. `events` are the facts behind many lines of
    either run, where they are compared.
    """

    run_id: str
    fixed: tuple[Break, ...]
    new: tuple[Break, ...]
    changed: tuple[tuple[Break, Break], ...]
    moved: Mapping[str, int]
    parts: tuple[MovementPart, ...] = ()
    events: tuple[EventLife, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether both runs say the same."""
        other_events = any(life.state is not Life.STILL_THERE for life in self.events)
        found = self.fixed or self.new or self.changed or other_events
        return not (found or any(self.moved.values()))


@dataclass(frozen=True, slots=True)
class Superseded:
    """The signed-off run that a later run supersedes."""

    run: Run
    since: Since
    signatures: Sequence[Signature]

    def says_otherwise(self, severity: Severity | None) -> bool:
        """Whether a later run's worst severity makes another verdict."""
        return (severity.word if severity else "") != self.run.severity


@dataclass(frozen=True, slots=True)
class History:
    """The content of a run's reports that concerns time.

    `since` compares with the last run of the month, None for the first one, and `superseded` with
    the one that was signed off; `carried` are the breaks of earlier months that are not resolved,
    the oldest first; `closed` is all that this run closes, and `resolved` what no run before it
    had; `open_items` has the break of every line that breaks in the month, by name; `at` is the
    moment, None where nothing is recorded. `events` are the facts behind many lines, with those
    that are gone.
    """

    since: Since | None = None
    superseded: Superseded | None = None
    carried: tuple[OpenItem, ...] = ()
    closed: tuple[Resolution, ...] = ()
    resolved: tuple[tuple[OpenItem, Resolution], ...] = ()
    open_items: Mapping[str, OpenItem] = field(default_factory=dict)
    at: datetime | None = None
    events: tuple[EventLife, ...] = ()

    @property
    def supersedes(self) -> str:
        """The run that was signed off before, or ''."""
        return self.superseded.run.run_id if self.superseded else ""

    @property
    def open(self) -> tuple[OpenItem, ...]:
        """The breaks open at the month's end, oldest first."""
        now = (open_item for open_item in self.open_items.values() if not open_item.resolved)
        return by_age([*self.carried, *now])


@dataclass(frozen=True)
class Past:
    """The journal's content before a run: events, and all breaks.

    `last` is the last run of the month, and `signed` the one that was signed off.
    """

    events: Sequence[Event]
    seen: Mapping[str, Sequence[Break]]
    last: Run | None
    signed: Run | None = None

    @cached_property
    def known(self) -> Timeline:
        """The timeline of every line that broke."""
        # With every run there is more to go through, so it is done once.
        return timeline(self.events, self.seen)

    def closable(self, month: Month) -> dict[str, OpenItem]:
        """The earlier breaks that a run may close, by name."""
        return closable(self.known, month)


def history(
    past: Past,
    month: Month,
    now: Sequence[Break],
    totals: Mapping[str, Totals],
    to_date: Mapping[str, int],
    at: datetime,
) -> History:
    """The history of a run of a month after `past`.

    `to_date` has the to-date difference of the lines of the breaks that it may close, by name.
    It is as of the end of the month, whatever later months have run.
    """
    breaks = {item.name: item for item in now}
    closed = settled(past.known, month, breaks, to_date)
    now_known = _after(past, month, breaks, closed, at)
    return History(
        since=_since(past, past.last, breaks, totals) if past.last else None,
        superseded=_superseded(past, past.signed, breaks, totals) if past.signed else None,
        carried=by_age(
            open_item for name, open_item in now_known.items()
            if name not in breaks and not open_item.resolved and open_item.first_month < month
        ),
        closed=tuple(closed),
        resolved=tuple(
            (now_known[item.name], item) for item in closed if _is_news(item, past, month)
        ),
        open_items={name: now_known[name] for name in breaks},
        at=at,
    )  # fmt: skip


def _after(
    past: Past,
    month: Month,
    breaks: Mapping[str, Break],
    closed: Sequence[Resolution],
    at: datetime,
) -> dict[str, OpenItem]:
    """The open items once the run is recorded."""
    this = "this run"
    told = [(Kind.RUN, this, month, "")]
    told += [(Kind.RESOLVED, item.name, item.month, item.reason) for item in closed]
    events = [*past.events, *(Event(0, at, "", "", *each) for each in told)]
    return open_items(as_of(events, month), {**past.seen, this: list(breaks.values())}, month)


def _is_news(item: Resolution, past: Past, month: Month) -> bool:
    """Whether the month's last run had not closed this one."""
    before = past.known.lines[item.name].closed.get(item.month)
    return item.month == month and (before is None or before.reason != item.reason)


def _since(
    past: Past, run: Run, breaks: Mapping[str, Break], totals: Mapping[str, Totals]
) -> Since:
    then = {item.name: item for item in past.seen.get(run.run_id, ())}
    return compared(run, then, totals, breaks)


def _superseded(
    past: Past, run: Run, breaks: Mapping[str, Break], totals: Mapping[str, Totals]
) -> Superseded:
    given = signatures(past.events)[run.run_id]
    return Superseded(run, _since(past, run, breaks, totals), given)


def compared(
    last: Run,
    then: Mapping[str, Break],
    totals: Mapping[str, Totals],
    now: Mapping[str, Break],
) -> Since:
    """The differences between a run and later totals and breaks."""
    currencies = sorted({*last.totals, *totals})
    return Since(
        run_id=last.run_id,
        fixed=tuple(item for name, item in then.items() if name not in now),
        new=tuple(item for name, item in now.items() if name not in then),
        changed=tuple(
            (then[name], item)
            for name, item in now.items()
            if name in then and item.changed_from(then[name])
        ),
        moved={
            currency: _difference(totals, currency) - _difference(last.totals, currency)
            for currency in currencies
        },
    )


def _difference(totals: Mapping[str, Totals], currency: str) -> int:
    return totals[currency].difference if currency in totals else 0


def newest_first(runs: Iterable[Run]) -> list[Run]:
    """Runs by month and, within it, by time, newest first."""
    return sorted(runs, key=lambda run: (run.month, run.ended), reverse=True)
