"""Lives: what the runs saw and what people said -> where each break stands. Pure.

A break lives from the run that first saw it until it is resolved: because its month was run again
without it, or because a later month has made it good to date. A line that breaks again later is
a new life of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recon.journal.model import Event, Kind, Life, SeenBreak
from recon.month import Month

# Differences of timing: what one month lacks another one has too much of.
TIMING = frozenset({"wrong_period", "catch_up"})


@dataclass(frozen=True, slots=True)
class Resolution:
    """A break that a run has closed, and why."""

    name: str
    reason: str


def lives(
    events: Iterable[Event], seen: Mapping[str, Sequence[SeenBreak]], until: Month | None = None
) -> dict[str, Life]:
    """Return the latest life of every break by name, after all events in order of time.

    `seen` has the breaks of every run. With `until`, acknowledgements that hold no longer in
    that month have lapsed.
    """
    return lapsed(after({}, events, seen), until)


def after(
    before: Mapping[str, Life], events: Iterable[Event], seen: Mapping[str, Sequence[SeenBreak]]
) -> dict[str, Life]:
    """Return the latest life of every break after further events; nothing has lapsed."""
    found = dict(before)
    ran = {month for life in before.values() for month in life.seen}
    for event in events:
        if event.kind is Kind.RUN:
            now = {item.name: item for item in seen.get(event.subject, ())}
            if event.month in ran:
                _leave_out(found, event.month, now)
            _apply_run(found, event, now)
            ran.add(event.month)
        elif event.subject in found:
            found[event.subject] = _after(found[event.subject], event)
    return found


def lapsed(found: Mapping[str, Life], month: Month | None) -> dict[str, Life]:
    """Return lives without the acknowledgements that hold no longer in a month."""
    return {name: _lapsed(life, month) for name, life in found.items()}


def _leave_out(found: dict[str, Life], month: Month, now: Mapping[str, SeenBreak]) -> None:
    """Take a month that was run again out of the lives of the breaks that it no longer has."""
    for name, life in found.items():
        if name not in now and month in life.seen:
            found[name] = _without(life, month)


def _apply_run(found: dict[str, Life], run: Event, now: Mapping[str, SeenBreak]) -> None:
    for name, item in now.items():
        known = found.get(name)
        # A month that is run again after its break was closed goes on with that life.
        if known is None or (known.resolved and run.month not in known.seen):
            found[name] = Life(name, run.month, run.at, {run.month: item}, last=item)
        else:
            found[name] = _with(known, run.month, item)


def _with(life: Life, month: Month, item: SeenBreak) -> Life:
    changed = life.seen.get(month) != item
    return life._replace(
        first_month=min(life.first_month, month),
        seen={**life.seen, month: item},
        last=item if month >= max(life.seen) else life.last,
        # What was acknowledged was the break as it stood.
        acknowledged=None if changed and _is_for_now(life) else life.acknowledged,
        resolved=None if changed else life.resolved,
    )


def _is_for_now(life: Life) -> bool:
    """Return whether an acknowledgement holds only for as long as nothing changes."""
    return life.acknowledged is not None and not life.acknowledged.detail


def _without(life: Life, month: Month) -> Life:
    rest = {key: item for key, item in life.seen.items() if key != month}
    # Nothing is left only where the run has closed it; that event follows.
    return life._replace(first_month=min(rest), seen=rest, last=rest[max(rest)]) if rest else life


def _after(life: Life, event: Event) -> Life:
    if event.kind is Kind.RESOLVED:
        return life._replace(resolved=event)
    if event.kind is Kind.ACKNOWLEDGED:
        return life._replace(acknowledged=event)
    return life._replace(notes=(*life.notes, event))


def _lapsed(life: Life, month: Month | None) -> Life:
    held = life.acknowledged
    if month and held and held.detail and Month.parse(held.detail) < month:
        return life._replace(acknowledged=None)
    return life


def settled(
    before: Mapping[str, Life],
    month: Month,
    now: Mapping[str, SeenBreak],
    to_date: Mapping[str, int],
) -> list[Resolution]:
    """Return which breaks a run of a month closes.

    `before` are the lives before the run, `now` its breaks and `to_date` the to-date difference
    of the lines of the open ones, by name.
    """
    found = []
    for name, life in before.items():
        if life.resolved and (name not in now or life.seen.get(month) in (None, now[name])):
            continue
        reason = _closed_by(life, month, now.get(name), to_date.get(name))
        if reason:
            found.append(Resolution(name, reason))
    return found


def _closed_by(life: Life, month: Month, item: SeenBreak | None, to_date: int | None) -> str:
    """Return why a run closes a break, '' where it does not."""
    earlier = [key for key in life.seen if key < month]
    if item is None and month in life.seen and len(life.seen) == 1:
        return f"No longer there: {month} was run again without it."
    if not earlier or to_date != 0:
        return ""
    was = max(earlier)
    if item is not None and item.cause in TIMING:
        return f"Timing: {_told(life.seen[was], was)} and {_told(item, month)} agree to date."
    return f"Made good: it agrees to date in {month}." if item is None else ""


def _told(item: SeenBreak, month: Month) -> str:
    return f"{month} ({item.cause.replace('_', ' ')})"
