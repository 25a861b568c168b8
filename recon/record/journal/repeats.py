"""Repeats: runs that say nothing new of open breaks. Pure.

Most runs of a month find what the run before them found. Of such a run the events change no open
break, so that whoever asks for these may leave them out: how long that takes then grows with what
has happened, not with how often a month was run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from recon.base.result import Break
from recon.record.journal.model import Event, Kind
from recon.record.journal.open_items import Timeline, add


def repeats(events: Iterable[Event], seen: Mapping[str, Sequence[Break]]) -> list[int]:
    """Numbers of the events that may be left out.

    They are those of a run, and of what it closes, that find everything as it is. `seen` has the
    breaks of every run.
    """
    known, found = Timeline(), []
    for group in _groups(events):
        run = group[0]
        now = {item.name: item for item in seen.get(run.subject, ())}
        if run.kind is Kind.RUN and _says_nothing(known, run, now, group[1:]):
            found += [event.number for event in group]
            continue
        for event in group:
            add(known, event, seen)
    return found


def _groups(events: Iterable[Event]) -> Iterator[list[Event]]:
    """Yield each run with its closings, other events alone."""
    group: list[Event] = []
    for event in events:
        belongs = event.kind is Kind.RESOLVED and group and group[0].kind is Kind.RUN
        if group and not belongs:
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _says_nothing(
    known: Timeline, run: Event, now: Mapping[str, Break], closed: Sequence[Event]
) -> bool:
    month = run.month
    if month not in known.ran or any(event.month != month for event in closed):
        return False
    lines = known.lines
    if {event.subject: event.reason for event in closed if event.subject in lines} != {
        name: line.closed[month].reason for name, line in lines.items() if month in line.closed
    }:
        return False
    return now == {name: line.seen[month] for name, line in lines.items() if month in line.seen}
