"""Repeats: runs that open breaks do not need. Pure.

Most runs of a month find what the run before them found, and of many others nothing is left once
the month is run again. Without the events of such a run the open breaks are the same, so that
whoever asks for these may leave them out: how long that takes then grows with what has happened,
not with how often a month was run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from recon.base.month import Month
from recon.base.result import Break
from recon.record.journal.model import Event, Kind
from recon.record.journal.open_items import Line, Timeline, add, still_holds

Now = Mapping[str, Break]
# A line's break, and its closing, in a month; and what the month lost.
_State = tuple[Break | None, Break | None, Event | None]


@dataclass(frozen=True, slots=True)
class _Passing:
    """A run that a later one may replace.

    `before` is how the month was before it, of every line that it touches.
    """

    numbers: list[int]
    run: str
    names: frozenset[str]
    before: Mapping[str, _State]


def repeats(events: Iterable[Event], seen: Mapping[str, Sequence[Break]]) -> list[int]:
    """Numbers of the events that may be left out.

    They are those of a run, and of what it closes, that find everything as it is, or that a later
    run of the month replaces without a trace. `seen` has the breaks of every run.
    """
    known, found = Timeline(), list[int]()
    passing: defaultdict[Month, list[_Passing]] = defaultdict(list)
    for group in _groups(events):
        run, numbers = group[0], [event.number for event in group]
        if run.kind is Kind.RUN:
            now = {item.name: item for item in seen.get(run.subject, ())}
            last = passing[run.month]
            while not (same := _says_nothing(known, run.month, now, group[1:])) and last:
                if not _replaces(known, run.month, now, last[-1]):
                    break
                found += last[-1].numbers
                _take_back(known, run.month, last.pop())
            if same:
                found += numbers
                continue
            if _leaves_no_trace(known, run.month, now, group[1:]):
                before = _before(known, run.month, now)
                last.append(_Passing(numbers, run.subject, frozenset(now), before))
            else:
                last.clear()
        else:
            _keep_what_is_said(passing.values(), run)
        for event in group:
            add(known, event, seen)
    return sorted(found)


def _keep_what_is_said(passing: Iterable[list[_Passing]], said: Event) -> None:
    """Keep the runs that somebody has acknowledged or signed."""
    for last in passing:
        held = [at for at, run in enumerate(last)
                if said.subject == run.run or said.subject in run.before]  # fmt: skip
        if held:
            del last[: held[-1] + 1]


def _before(known: Timeline, month: Month, now: Now) -> dict[str, _State]:
    return {
        name: (line.seen.get(month), line.gone.get(month), line.closed.get(month))
        for name, line in known.lines.items()
        if name in now or month in line.seen or month in line.closed
    }


def _take_back(known: Timeline, month: Month, run: _Passing) -> None:
    """Put a month's lines back as before a run."""
    for name, (item, lost, closed) in run.before.items():
        line = known.lines[name]
        # What another month has opened again meanwhile stays open.
        if closed and month in line.closed:
            line.closed[month] = closed
        for of, value in ((line.seen, item), (line.gone, lost)):
            of.pop(month, None)
            if value:
                of[month] = value


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


def _says_nothing(known: Timeline, month: Month, now: Now, closed: Sequence[Event]) -> bool:
    if not _closes_the_same(known, month, closed):
        return False
    found = {name: line.seen[month] for name, line in known.lines.items() if month in line.seen}
    return now == found and _holds(known, month, now)


def _holds(known: Timeline, month: Month, now: Now) -> bool:
    """Whether every acknowledgement stays as it is."""
    return all(still_holds(known.lines[name], month, item) for name, item in now.items())


def _closes_the_same(known: Timeline, month: Month, closed: Sequence[Event]) -> bool:
    """Whether a run closes the same as its month's last."""
    if month not in known.ran or any(event.month != month for event in closed):
        return False
    lines = known.lines
    return {event.subject: event.reason for event in closed if event.subject in lines} == {
        name: line.closed[month].reason for name, line in lines.items() if month in line.closed
    }


def _leaves_no_trace(known: Timeline, month: Month, now: Now, closed: Sequence[Event]) -> bool:
    """Whether nothing of a run is left after its replacement.

    No line breaks in it for the first time, it closes nothing new, and what is acknowledged or was
    closed by a later month is as it was.
    """
    if not _closes_the_same(known, month, closed):
        return False
    if any(name not in known.lines or month not in known.lines[name].since for name in now):
        return False
    as_it_was = all(
        line.seen.get(month) == now.get(name)
        for name, line in known.lines.items()
        if line.acknowledged or _is_closed_later(line, month)
    )
    return as_it_was and _holds(known, month, now)


def _replaces(known: Timeline, month: Month, now: Now, before: _Passing) -> bool:
    """Whether a run has every line of its month's last."""
    return before.names <= now.keys() and all(
        now.get(name) == line.seen.get(month) == before.before.get(name, (None,))[0]
        for name, line in known.lines.items()
        if _is_closed_later(line, month)
    )


def _is_closed_later(line: Line, month: Month) -> bool:
    """Whether a later month has closed a line.

    A change opens it again.
    """
    return any(key > month for key in line.closed)
