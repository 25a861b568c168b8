"""The events on the console, before the breaks."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from recon.base import money
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path
from recon.reports.console.layout import STRONG, Column, View, numbers, severity_text


def events(view: View) -> Iterator[RenderableType]:
    """The events with their advice, and the shortest path."""
    found = view.result.events
    if not found:
        return
    yield from view.pen.heading("Events", counted(len(found), "fact") + " behind many lines")
    if path := shortest_path(found, len(view.result.breaks)):
        yield from view.pen.paragraph(Text(path, STRONG))
        yield Text()
    head, *lines = view.pen.table(
        [
            Column("Severity", [severity_text(event.severity) for event in found]),
            Column("Event", [Text(event.id) for event in found]),
            Column("Kind", [Text(words(event.kind), STRONG) for event in found]),
            numbers("Lines", [f"{event.lines:,}" for event in found]),
            numbers("Of its mark", [money.share(event.explained, event.marked) for event in found]),
            numbers("Breaks left", [f"{event.breaks_left:,}" for event in found]),
        ]
    )
    yield head
    for line, event in zip(lines, found, strict=True):
        yield line
        yield from view.pen.paragraph(view.pen.text(event.sentence), 4)
        yield from view.pen.paragraph(view.pen.text(event.advice), 4)
