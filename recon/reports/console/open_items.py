"""The open breaks on the console.

Since when they are open, and how people have acknowledged them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rich.console import Console
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.filters import BreakFilter
from recon.base.month import Month
from recon.base.text import counted, words
from recon.record.journal.ageing import Ageing, Sums, ageing, sums
from recon.record.journal.found_events import EventLife
from recon.record.journal.model import OpenItem, State
from recon.record.journal.names import named
from recon.reports.console.layout import (
    INDENT,
    PLAIN,
    SOFT,
    STRONG,
    WIDE,
    Column,
    Pen,
    amount_text,
    numbers,
    sample_banner,
    severity_text,
)
from recon.reports.wording import acknowledged_words, line_heads, months_words


@dataclass(frozen=True, slots=True)
class Standing:
    """The breaks open at a month's end, seen now.

    `only` says which of them these are, '' where they are all. `events` are the facts behind many
    lines that the month's last run found.
    """

    found: Sequence[OpenItem]
    month: Month
    now: datetime
    only: str = ""
    events: Sequence[EventLife] = ()

    def chosen(self, only: BreakFilter, name: str = "") -> Standing:
        """The breaks of a filter and a name, with events."""
        if not only and not name:
            return self
        found = [life for life in self.found if only.takes(life.last)]
        found = named(name, found) if name else found
        theirs = {life.last.event for life in found}
        events = [life for life in self.events if life.event.id in theirs]
        said = ", ".join(filter(None, [self.only, only.words(), name]))
        return replace(self, found=found, only=said, events=events)

    def narrowed(self, least: Severity | None, unacknowledged: bool) -> Standing:
        """The breaks of a severity and above, or not acknowledged."""
        found = [
            life for life in self.found
            if (least is None or life.last.severity >= least)
            and not (unacknowledged and life.state is State.ACKNOWLEDGED)
        ]  # fmt: skip
        above = "" if least is Severity.CRITICAL else " and above"
        said = [f"{least.word}{above}"] if least else []
        said += ["not acknowledged"] if unacknowledged else []
        return replace(self, found=found, only=", ".join(said))


def show_open(
    console: Console,
    standing: Standing | None,
    *,
    top: int = 0,
    ages: bool = False,
    sample: bool = False,
    command: str = "recon month",
) -> None:
    """Print the first `top` open breaks, or their `ages`.

    `standing` is None where no run is recorded.
    """
    pen = Pen(console)
    if sample:
        console.print(sample_banner(), soft_wrap=True)
    if standing is None:
        told = Text(f"No run is recorded here yet; `{command}` creates the first one.")
        console.print(told, soft_wrap=True)
        return
    for line in _page(pen, standing, top, ages):
        console.print(line, soft_wrap=True)


def show_said(console: Console, lives: Sequence[OpenItem], most: int = 0) -> None:
    """Print the state of breaks after an acknowledgement.

    More than `most` of them, which are acknowledged together, are added up; 0 is without a limit.
    """
    pen = Pen(console)
    if most and len(lives) > most:
        text = f"{counted(len(lives), 'break')} {acknowledged_words(lives[0])}"
        for line in [*pen.paragraph(pen.text(text), 0), *pen.table(sum_columns(sums(lives)))]:
            console.print(line, soft_wrap=True)
        return
    for life in lives:
        amount = money.pretty(life.amount, life.last.currency, sign=True)
        which = f"{life.last.contract_id} {life.last.revenue_type}, {amount} {life.last.currency}"
        said = "; ".join([acknowledged_words(life) or life.state.value, *_notes(life)])
        for line in pen.paragraph(pen.text(f"{life.name} ({which}): {said}"), 0):
            console.print(line, soft_wrap=True)


def _page(pen: Pen, standing: Standing, top: int, ages: bool) -> Iterator[Text]:
    if not standing.found:
        only = f" ({standing.only})" if standing.only else ""
        yield Text(f"No break is open at the end of {standing.month}{only}.")
    else:
        count = ", ".join(filter(None, [counted(len(standing.found), "break"), standing.only]))
        yield from pen.heading(f"Open at the end of {standing.month}", count)
        yield from _ageing(pen, standing) if ages else _breaks(pen, standing, top)
    if standing.events:
        yield from pen.heading("Open events", counted(len(standing.events), "event"))
        yield from _events(pen, standing.events)


def _events(pen: Pen, lives: Sequence[EventLife]) -> Iterator[Text]:
    head, *lines = pen.table(
        [
            Column("Event", [Text(life.event.id, STRONG) for life in lives]),
            Column("Severity", [severity_text(life.event.severity) for life in lives]),
            Column("Kind", [Text(words(life.event.kind)) for life in lives]),
            Column("State", [Text(life.state.value) for life in lives]),
            numbers("Lines", [f"{life.event.lines:,}" for life in lives]),
        ]
    )
    yield head
    for line, life in zip(lines, lives, strict=True):
        yield line
        yield from pen.paragraph(pen.text(life.event.sentence, SOFT), 2 * INDENT)


def _breaks(pen: Pen, standing: Standing, top: int) -> Iterator[Text]:
    yield from pen.table(sum_columns(sums(standing.found)))
    first = standing.found[:top]
    if first:
        yield Text()
        lines = pen.table(list(_columns(pen, standing, first)))
        yield from lines[: -len(first)]
        for line, life in zip(lines[-len(first) :], first, strict=True):
            yield line
            if said := "; ".join(_said(pen, life)):
                yield from pen.paragraph(pen.text(said, SOFT), INDENT + 12)
    if more := len(standing.found) - len(first):
        yield Text(f"\n  +{more:,} more: --top {len(standing.found)} shows all", SOFT)


def sum_columns(by_currency: Mapping[str, Sums]) -> list[Column]:
    """The columns with the open amounts of each currency."""
    names = [Text(currency, STRONG) for currency in by_currency]
    return [Column("", names), *_figures(list(by_currency.items()))]


def _figures(rows: Sequence[tuple[str, Sums]]) -> Iterator[Column]:
    yield numbers("Breaks", [f"{row.count:,}" for _, row in rows])
    yield numbers("Acknowledged", [f"{row.acknowledged:,}" for _, row in rows])
    yield numbers("Open amount", [money.pretty(row.amount, c, sign=True) for c, row in rows])
    yield numbers("Gross", [money.pretty(row.gross, c) for c, row in rows])


def _columns(pen: Pen, standing: Standing, first: Sequence[OpenItem]) -> Iterator[Column]:
    yield Column("Break", [Text(life.name, STRONG) for life in first])
    if pen.width >= WIDE:
        yield Column("Severity", [severity_text(life.last.severity) for life in first])
    line, kind = line_heads(life.last for life in first)
    yield Column(line, [pen.text(life.last.contract_id) for life in first], least=10)
    yield Column(kind, [pen.text(life.last.revenue_type) for life in first], least=12)
    if pen.width >= WIDE:
        names = [pen.text(_customer(life)) for life in first]
        yield Column("Customer", names, least=14, most=28)
        yield Column("Owner", [pen.text(_owner(life)) for life in first], least=12, most=20)
        yield Column("Cause", [Text(words(life.last.cause)) for life in first], least=12)
        yield Column("Months", [Text(months_words(life)) for life in first], least=15)
        yield Column("State", [Text(life.state.value) for life in first])
    amounts = [
        amount_text(life.amount, life.last.currency, sign=True) + Text(f" {life.last.currency}")
        for life in first
    ]
    yield Column("Open amount", amounts, right=True)
    yield numbers("Age in\nmonths", [f"{life.months_old(standing.month)}" for life in first])
    yield numbers("Days\nknown", [f"{life.days_old(standing.now):,}" for life in first])


def _customer(life: OpenItem) -> str:
    return life.last.customer or "no customer"


def _owner(life: OpenItem) -> str:
    return life.last.owner or "no owner"


def _said(pen: Pen, life: OpenItem) -> Iterator[str]:
    """The cells without room in the table, and the acknowledgements."""
    if pen.width < WIDE:
        item = life.last
        whose = [_customer(life)] if item.to_date else [_customer(life), _owner(life)]
        yield ", ".join([item.severity.word, words(item.cause), *whose])
        yield f"{months_words(life)}"
    if said := acknowledged_words(life) or (life.state.value if pen.width < WIDE else ""):
        yield said
    yield from _notes(life)


def _notes(life: OpenItem) -> list[str]:
    return [f"{note.who} noted: {note.reason}" for note in life.notes]


def _ageing(pen: Pen, standing: Standing) -> Iterator[Text]:
    for currency, table in ageing(standing.found, standing.month).items():
        yield Text()
        yield from pen.table(_age_columns(currency, table))


def _age_columns(currency: str, table: Ageing) -> list[Column]:
    labels = [Text(age.value) for age in table.rows]
    rows = [(currency, row) for row in (*table.rows.values(), table.total)]
    styles = [PLAIN] * len(labels) + [STRONG]
    columns = [Column(currency, [*labels, Text("Total")]), *_figures(rows)]
    for column in columns:
        for cell, style in zip(column.cells, styles, strict=True):
            cell.stylize(style)
    return columns
