"""Events behind many lines, as the journal keeps them.

The journal's own events (`recon.record.journal.model.Event`) are what people and runs did; these
are facts that a run found in the books, with a life of their own: new, still there, gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from recon.base import events
from recon.base.events import EventKind, Severity


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """One fact behind many lines, without its lines."""

    id: str
    kind: EventKind
    severity: Severity
    sentence: str
    advice: str
    lines: int
    breaks_left: int

    @classmethod
    def of(cls, event: events.Event) -> FoundEvent:
        """The record of an event of a result."""
        return cls(
            event.id, event.kind, event.severity, event.sentence, event.advice, event.lines,
            event.breaks_left,
        )  # fmt: skip


class Life(StrEnum):
    """The state of an event in a month's last run."""

    NEW = "new"
    STILL_THERE = "still there"
    GONE = "gone"


class EventLife(NamedTuple):
    """An event with its state."""

    event: FoundEvent
    state: Life

    @property
    def open(self) -> bool:
        """Whether the last run has it."""
        return self.state is not Life.GONE


def lives(
    now: Sequence[FoundEvent], before: Iterable[Sequence[FoundEvent]]
) -> tuple[EventLife, ...]:
    """Events of a run and those before, with states."""
    earlier = {event.id: event for run in before for event in run}
    found = [
        EventLife(event, Life.STILL_THERE if event.id in earlier else Life.NEW) for event in now
    ]
    kept = {event.id for event in now}
    return (
        *found,
        *(EventLife(event, Life.GONE) for key, event in earlier.items() if key not in kept),
    )


def row_of_event(event: FoundEvent) -> tuple[object, ...]:
    """The values of an event, by its columns."""
    return (
        event.id, event.kind.value, event.severity.word, event.sentence, event.advice, event.lines,
        event.breaks_left,
    )  # fmt: skip


def event_of(row: Sequence[Any]) -> FoundEvent:
    """The event of a row."""
    name, kind, severity, sentence, advice, lines, left = row
    return FoundEvent(
        name, EventKind(kind), Severity[severity.upper()], sentence, advice, lines, left
    )
