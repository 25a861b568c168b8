"""Messages: summary -> Slack's blocks, with all data escaped. Pure.

Every message has a fallback `text`, a title, a colour and its word, and small print with its id,
by which a reader sees that two messages are the same one sent again. Who is mentioned stands above
the coloured part, since Slack notifies nobody from within an attachment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from recon.alerts import blocks
from recon.alerts.blocks import Block, Message, escaped
from recon.alerts.run_summary import RunSummary
from recon.base import money
from recon.base.result import Break
from recon.base.text import counted, words
from recon.record.journal.found_events import FoundEvent
from recon.record.journal.model import OpenItem

COLOURS = {
    "matched": "#2EB67D",
    "warning": "#ECB22E",
    "high": "#E8871E",
    "critical": "#D72638",
    "failure": "#D72638",
}
TOP = 10
MONTH = "recon month"
# The longest texts of a message, in characters.
NAME, KEY, EXPLANATION, SENTENCE = 60, 60, 280, 1500
_FIGURES = re.compile(r"[+\-\u2212]?\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True)
class Style:
    """The style of messages: redaction, and the owners' mentions."""

    redact: bool = False
    owners: Mapping[str, str] = field(default_factory=dict)

    def owner(self, item: Break) -> str:
        """The mention of a break's owner, the name, or ''."""
        known = self.owners.get(item.owner.strip().casefold())
        return known or escaped(item.owner, NAME)


def message(
    level: str, title: str, parts: Sequence[Block], small: Sequence[str], to: Iterable[str] = ()
) -> Message:
    """A message; `to` are mentions, `small` the small print."""
    called = " ".join(dict.fromkeys(to))
    above = [blocks.header(blocks.plain(title))] + ([blocks.section(called)] if called else [])
    coloured = [*parts, blocks.context([text for text in small if text])]
    text = escaped(title, blocks.HEADER) + (f" {called}" if called else "")
    return {
        "text": text,
        "blocks": above,
        "attachments": [{"color": COLOURS[level], "fallback": text, "blocks": coloured}],
    }


def with_id(found: Message, identifier: str) -> Message:
    """A message with its id in the small print."""
    first = found["attachments"][0]
    *parts, small = first["blocks"]
    texts = [*(each["text"] for each in small["elements"]), f"Message {identifier}"]
    coloured = {**first, "blocks": [*parts, blocks.context(texts)]}
    return {**found, "attachments": [coloured]}


def fitting(make: Callable[[int], Message], breaks: int) -> Message:
    """A message with ten breaks at most, fewer where long."""
    shown = min(TOP, breaks)
    # The id is still to come.
    while shown and blocks.size(make(shown)) > blocks.BUDGET - blocks.HEADER:
        shown -= 1
    return make(shown)


def title_of(level: str, text: str, sample: bool) -> str:
    """A title: level, text, and whether of sample data."""
    return f"{level.upper()} · {text}" + (" (sample data)" if sample else "")


def amount_text(amount: int, currency: str, sign: bool = False) -> str:
    """An amount as a message shows it."""
    return escaped(money.pretty(amount, currency, sign=sign), NAME)


def break_text(item: Break, style: Style) -> str:
    """A break in two or three lines."""
    who = " · ".join(
        part for part in (
            f"`{item.name}`",
            escaped(item.contract_id, KEY),
            escaped(item.revenue_type, KEY),
            "" if style.redact else escaped(item.customer, NAME),
        ) if part
    )  # fmt: skip
    cause = f"_{item.named_cause}_"
    if style.redact:
        return f"*{item.severity.name}* {who}\n{cause}"
    amount = f"{amount_text(item.difference, item.currency, sign=True)} {escaped(item.currency, 3)}"
    percent = money.percent(item.difference, item.expected)
    explanation = escaped(item.explanation, EXPLANATION)
    return f"*{item.severity.name}* {amount} ({percent})\n{who}\n{cause}: {explanation}"


def event_text(event: FoundEvent, style: Style) -> str:
    """An event in two or three lines."""
    title = f"*{event.severity.name}* event `{event.id}`: {words(event.kind)}, "
    title += counted(event.lines, "line")
    if style.redact:
        return title
    return f"{title}\n{escaped(event.sentence, SENTENCE)}\n_{escaped(event.advice, SENTENCE)}_"


def origin(summary: RunSummary) -> list[str]:
    """The small print: report, tolerance and run."""
    link = summary.where.startswith(("https://", "http://", "file://"))
    where = f"<{escaped(summary.where, 1000)}|Report>" if link else escaped(summary.where, 400)
    tolerance = summary.run.policy.get("tolerance", "")
    allowed = f"Tolerance {escaped(tolerance, KEY)}" if tolerance else ""
    return [where, allowed, f"Run {escaped(summary.run.run_id, KEY)}"]


def critical_event(
    summary: RunSummary, event: FoundEvent, style: Style, to: Iterable[str] = ()
) -> Message:
    """The message of a critical event, for all its lines."""
    title = title_of("critical", f"{words(event.kind)} · {summary.run.month.name}", summary.sample)
    parts = [blocks.section(event_text(event, style))]
    return message("critical", title, parts, origin(summary), to)


def critical(summary: RunSummary, item: Break, style: Style, to: Iterable[str] = ()) -> Message:
    """The message of a critical break; mentions its owner."""
    title = title_of("critical", f"{item.contract_id} · {summary.run.month.name}", summary.sample)
    owner = style.owner(item)
    calls = [*to, *([owner] if owner.startswith("<") else [])]
    lines = [break_text(item, style), _how_to_acknowledge(item)]
    if owner and owner not in calls:
        lines.insert(1, f"Owner: {owner}")
    return message(
        "critical", title, [blocks.section(each) for each in lines], origin(summary), calls
    )


def more_critical(
    summary: RunSummary, left: Sequence[Break], style: Style, to: Iterable[str] = ()
) -> Message:
    """The one message of the remaining critical breaks."""
    title = title_of(
        "critical",
        f"{len(left):,} more critical breaks in {summary.run.month.name}",
        summary.sample,
    )

    def make(shown: int) -> Message:
        parts = [blocks.section(break_text(item, style)) for item in left[:shown]]
        if more := len(left) - shown:
            parts.append(blocks.section(f"*+{more:,} more in the report*"))
        return message("critical", title, parts, origin(summary), to)

    return fitting(make, len(left))


def escalation(
    level: str, found: Sequence[OpenItem], asked: Mapping[str, datetime], days: int, style: Style,
    to: Iterable[str] = (),
) -> Message:  # fmt: skip
    """The message of breaks not acknowledged in time.

    `asked` has when somebody first heard of them, by name.
    """
    what = f"{counted(len(found), 'break')} not acknowledged within"
    title = title_of(level, f"{what} {counted(days, 'business day')}", sample=False)

    def make(shown: int) -> Message:
        parts = [
            blocks.section(
                f"{break_text(item.last, style)}\nSince {item.first_month}, first reported on "
                f"{asked[item.name]:%Y-%m-%d}, owner {style.owner(item.last) or 'unknown'}"
            )
            for item in found[:shown]
        ]
        if more := len(found) - shown:
            parts.append(blocks.section(f"*+{more:,} more: `recon open{option(found[0].last)}`*"))
        parts.append(blocks.section(_how_to_acknowledge(found[0].last)))
        return message(level, title, parts, ["Escalation"], to)

    return fitting(make, len(found))


def option(item: Break) -> str:
    """The option of commands for a break of its kind."""
    return " --cash" if item.to_date else ""


def _how_to_acknowledge(item: Break) -> str:
    return f'Acknowledge with `recon ack {item.name}{option(item)} --reason "…"`'


def failure(
    month: str, sentence: str, code: int, origin: str, style: Style, to: Iterable[str] = (),
    hours: int | None = None, command: str = MONTH,
) -> Message:  # fmt: skip
    """The message of a run that failed.

    With `hours`, it is that no later run has succeeded in time.
    """
    what = f"{command} {month}" if month else "recon"
    late = "" if hours is None else f" and has not succeeded within {counted(hours, 'hour')}"
    said = _FIGURES.sub("***", sentence) if style.redact else sentence
    parts = [blocks.section(escaped(said, SENTENCE) or "It gave no reason.")]
    small = [f"Exit code {code}", escaped(origin, 200)]
    return message("failure", f"FAILED · {what} failed{late}", parts, small, to)
