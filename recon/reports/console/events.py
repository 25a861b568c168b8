"""The events on the console, before the breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from recon.base import money
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path
from recon.record.journal.found_events import EventLife
from recon.reports.console.layout import (
    GOOD,
    INDENT,
    SOFT,
    STRONG,
    Column,
    View,
    numbers,
    severity_text,
)


def events(view: View, lives: Sequence[EventLife] = ()) -> Iterator[RenderableType]:
    """The events with their advice, and the shortest path."""
    found, gone = view.result.events, [life.event for life in lives if not life.open]
    if not found and not gone:
        return
    note = f"{counted(len(found), 'fact')} behind many lines" if found else "none left"
    yield from view.pen.heading("Events", note)
    if path := shortest_path(found, len(view.result.breaks)):
        yield from view.pen.paragraph(Text(path, STRONG))
        yield Text()
    head, *lines = view.pen.table(_columns(view, lives)) or [Text()]
    if found:
        yield head
    for line, event in zip(lines, found, strict=True):
        yield line
        yield from view.pen.paragraph(view.pen.text(event.sentence), 2 * INDENT)
        yield from view.pen.paragraph(view.pen.text(event.advice, SOFT), 2 * INDENT)
    for old in gone:
        yield from view.pen.paragraph(
            Text.assemble((f"{old.id} is gone: ", GOOD), view.pen.text(old.sentence, SOFT))
        )


def _columns(view: View, lives: Sequence[EventLife]) -> list[Column]:
    found = view.result.events
    states = {life.event.id: life.state.value for life in lives}
    return [
        Column("Severity", [severity_text(event.severity) for event in found]),
        Column("Event", [Text(event.id) for event in found]),
        Column("Kind", [Text(words(event.kind), STRONG) for event in found]),
        Column("State", [Text(states.get(event.id, "")) for event in found] if states else []),
        numbers("Lines", [f"{event.lines:,}" for event in found]),
        numbers(
            "Of its mark", [money.share(event.explained, event.marked) for event in found], drop=1
        ),
        numbers("Breaks left", [f"{event.breaks_left:,}" for event in found]),
    ]
