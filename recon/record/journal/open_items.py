"""Open items: runs and events -> each break's state. Pure.

Of every month its last run counts, whenever that was: a line's months are gone through in their own
order, not in that of the runs. A break is open from the month in which its line breaks until a
month closes it: because that month was run again without it, or because it has made it good to
date. A line that breaks again later is a new item of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from recon.base.month import Month
from recon.base.result import TIMING, Break
from recon.record.journal.acknowledgements import ended, lapse
from recon.record.journal.model import Event, Kind, Lapse, OpenItem


@dataclass(frozen=True, slots=True)
class Resolution:
    """A break that a run has closed, month and reason."""

    name: str
    month: Month
    reason: str


@dataclass(slots=True)
class Line:
    """A line that broke, as each month's last run reported.

    `seen` is by month. `gone` has the break of a month that was run again without it, `closed` the
    event that closes the break in a month, `since` when it was first seen there; `said` are
    people's own events, each of the month that the break had reached. `acknowledged` has the break
    by month as it was acknowledged, and `lapsed` the change that ended it, by the event's number.
    """

    seen: dict[Month, Break] = field(default_factory=dict)
    gone: dict[Month, Break] = field(default_factory=dict)
    closed: dict[Month, Event] = field(default_factory=dict)
    since: dict[Month, datetime] = field(default_factory=dict)
    said: list[Event] = field(default_factory=list)
    acknowledged: dict[int, Mapping[Month, Break]] = field(default_factory=dict)
    lapsed: dict[int, Lapse] = field(default_factory=dict)


@dataclass(slots=True)
class Timeline:
    """All lines that broke, by break name, and months run."""

    lines: dict[str, Line] = field(default_factory=dict)
    ran: set[Month] = field(default_factory=set)


def timeline(events: Iterable[Event], seen: Mapping[str, Sequence[Break]]) -> Timeline:
    """The timeline of all events, in order of time.

    `seen` has the breaks of every run.
    """
    found = Timeline()
    for event in events:
        add(found, event, seen)
    return found


def add(found: Timeline, event: Event, seen: Mapping[str, Sequence[Break]]) -> None:
    """Add the next event to a timeline."""
    if event.kind is Kind.RUN:
        _take_run(found, event, {item.name: item for item in seen.get(event.subject, ())})
    elif line := found.lines.get(event.subject):
        if event.kind is Kind.RESOLVED:
            line.closed[event.month] = event
        else:
            line.said.append(event)
            if event.kind is Kind.ACKNOWLEDGED:
                line.acknowledged[event.number] = dict(line.seen)


def open_items(
    events: Iterable[Event], seen: Mapping[str, Sequence[Break]], month: Month | None = None
) -> dict[str, OpenItem]:
    """The open item of every break by name.

    It is the one that a month belongs to, else the latest one. Acknowledgements that hold no longer
    in the month have lapsed.
    """
    found = {}
    for name, line in timeline(events, seen).lines.items():
        all_of_it = list(_items_of(name, line, month))
        current = (open_item for open_item in all_of_it if month and _reaches(open_item, month))
        if all_of_it:
            found[name] = next(current, all_of_it[-1])
    return found


def as_of(events: Iterable[Event], month: Month) -> list[Event]:
    """The events known at the end of a month.

    Acknowledgements, notes and signatures hold whenever they were given.
    """
    runs = (Kind.RUN, Kind.RESOLVED)
    return [event for event in events if event.kind not in runs or event.month <= month]


def _take_run(found: Timeline, run: Event, now: Mapping[str, Break]) -> None:
    month, again = run.month, run.month in found.ran
    found.ran.add(month)
    for name, line in found.lines.items():
        # The run says anew what it closes.
        line.closed.pop(month, None)
        if month in line.seen and name not in now:
            line.gone[month] = line.seen.pop(month)
    for name, item in now.items():
        line = found.lines.setdefault(name, Line())
        before = line.seen.get(month)
        if again and (before is None or item.changed_from(before)):
            _open_again(line, month)
        if line.acknowledged:
            _hold(line, month, item)
        line.seen[month] = item
        line.gone.pop(month, None)
        line.since.setdefault(month, run.at)


def _open_again(line: Line, month: Month) -> None:
    """Take back the closing after a changed month.

    Other books may not agree to date in the month that closed it.
    """
    following = min((key for key in line.closed if key > month), default=None)
    if following:
        del line.closed[following]


def _hold(line: Line, month: Month, item: Break) -> None:
    """End the acknowledgements that do not cover a break.

    One that has ended stays ended, though the break may become again what it was.
    """
    begin = max((key for key in line.closed if key < month), default=None)
    end = min((key for key in line.closed if key > month), default=None)
    for event in line.said:
        seen = line.acknowledged.get(event.number)
        if seen is None or event.number in line.lapsed or not _between(event, begin, end):
            continue
        change = lapse(event, seen, month, item, back=month in line.gone)
        if change:
            line.lapsed[event.number] = change


def still_holds(line: Line, month: Month, item: Break) -> bool:
    """Whether a break ends no acknowledgement, at any month's end.

    What a later month has closed is not known at the end of an earlier one.
    """
    if not line.acknowledged:
        return True
    tried = replace(line, lapsed=dict(line.lapsed))
    _hold(tried, month, item)
    return tried.lapsed == line.lapsed and not any(key > month for key in line.closed)


def _between(event: Event, begin: Month | None, end: Month | None) -> bool:
    """Whether an event's month is after `begin`, up to `end`."""
    return not (begin and event.month <= begin) and not (end and event.month > end)


def _items_of(name: str, line: Line, asked: Month | None = None) -> Iterator[OpenItem]:
    """The open items of a line, the earliest first.

    They have the acknowledgements that hold in a month, or after all runs.
    """
    seen: dict[Month, Break] = {}
    begin: Month | None = None
    for month in sorted({*line.seen, *line.closed}):
        if month in line.seen:
            seen[month] = line.seen[month]
        elif not seen and month in line.gone:
            seen[month] = line.gone[month]
        if seen and month in line.closed:
            yield _open_item(name, line, seen, begin, line.closed[month], asked)
            seen, begin = {}, month
    if seen:
        yield _open_item(name, line, seen, begin, None, asked)


def _open_item(
    name: str,
    line: Line,
    seen: Mapping[Month, Break],
    begin: Month | None,
    closed: Event | None,
    asked: Month | None,
) -> OpenItem:
    end = closed.month if closed else None
    said = [event for event in line.said if _between(event, begin, end)]
    held, lapsed = _acknowledged(line, said, asked)
    return OpenItem(
        name,
        min(seen),
        min(line.since[month] for month in seen),
        seen,
        seen[max(seen)],
        tuple(event for event in said if event.kind is not Kind.ACKNOWLEDGED),
        held,
        closed,
        lapsed,
    )


def _acknowledged(
    line: Line, said: Iterable[Event], month: Month | None
) -> tuple[Event | None, Lapse | None]:
    """The last acknowledgement that holds, else the last change."""
    held, lapsed = None, None
    for event in said:
        change = line.lapsed.get(event.number)
        if event.kind is not Kind.ACKNOWLEDGED or (month and ended(event, month)):
            continue
        if change and (month is None or change.month <= month):
            lapsed = change
        else:
            held = event
    return held, None if held else lapsed


def _reaches(open_item: OpenItem, month: Month) -> bool:
    return open_item.resolved is None or open_item.resolved.month >= month


def closable(before: Timeline, month: Month) -> dict[str, OpenItem]:
    """The items that a month's run may close, by name.

    They are those that reach it from an earlier month. What an earlier run of the month has closed
    counts as open: the run says so again, or not.
    """
    reaching = ((name, _reaching(name, line, month)) for name, line in before.lines.items())
    return {
        name: open_item
        for name, open_item in reaching
        if open_item and open_item.first_month < month
    }


def _reaching(name: str, line: Line, month: Month) -> OpenItem | None:
    """The item of a month that itself closes nothing."""
    others = {key: event for key, event in line.closed.items() if key != month}
    open_there = replace(line, closed=others)
    found = (open_item for open_item in _items_of(name, open_there) if _reaches(open_item, month))
    return next((open_item for open_item in found if open_item.first_month <= month), None)


def settled(
    before: Timeline,
    month: Month,
    now: Mapping[str, Break],
    to_date: Mapping[str, int],
) -> list[Resolution]:
    """The breaks that a run of a month closes.

    Those that a run before it had closed are among them. `before` is what was known before the run,
    `now` its breaks and `to_date` the to-date difference of the lines that are `closable`, by name.
    """
    found = []
    for name, open_item in closable(before, month).items():
        if reason := _closed_by(open_item, month, now.get(name), to_date.get(name)):
            found.append(Resolution(name, month, reason))
    known = {item.name for item in found}
    found += [
        Resolution(name, month, f"No longer there: {month} was run again without it.")
        for name, line in before.lines.items()
        if name not in now and name not in known and _is_gone(name, line, month)
    ]
    if month not in before.ran:
        found += _closed_later(before, month, now, known)
    return found


def _closed_by(open_item: OpenItem, month: Month, item: Break | None, to_date: int | None) -> str:
    """Why a run closes an earlier break, or ''."""
    if to_date != 0:
        return ""
    if item is None:
        return f"Corrected: it agrees to date in {month}."
    return _timing(open_item.seen, month, item) if item.cause in TIMING else ""


def _timing(seen: Mapping[Month, Break], month: Month, item: Break) -> str:
    was = max(key for key in seen if key < month)
    return f"Timing: {_told(seen[was], was)} and {_told(item, month)} agree to date."


def _told(item: Break, month: Month) -> str:
    return f"{month} ({item.cause.replace('_', ' ')})"


def _is_gone(name: str, line: Line, month: Month) -> bool:
    """Whether a month without the line leaves nothing of it."""
    if month not in line.seen and not (month in line.gone and month in line.closed):
        return False
    open_item = _reaching(name, line, month)
    return open_item is None or set(open_item.seen) == {month}


def _closed_later(
    before: Timeline, month: Month, now: Mapping[str, Break], known: set[str]
) -> Iterator[Resolution]:
    """The breaks that a later month had made good before.

    It was run before this month was run for the first time.
    """
    for name, item in now.items():
        line = before.lines.get(name)
        if line is None or name in known:
            continue
        end = min((key for key in line.closed if key > month), default=None)
        for key in sorted(key for key in line.seen if key > month and (not end or key < end)):
            made_up = line.seen[key]
            if made_up.cause in TIMING and made_up.to_date_difference == 0:
                earlier = {month: item} | {other: line.seen[other] for other in line.seen}
                yield Resolution(name, key, _timing(earlier, key, made_up))
                break
