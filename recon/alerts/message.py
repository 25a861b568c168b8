"""Messages: summary -> Slack's blocks, with all data escaped. Pure.

Every message has a fallback `text`, a title, a colour and its word, and small print with its id,
by which a reader sees that two messages are the same one sent again. Who is mentioned stands above
the coloured part, since Slack notifies nobody from within an attachment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from recon.alerts import blocks
from recon.alerts.blocks import Block, Message, escaped
from recon.alerts.run_summary import RunSummary
from recon.base import money
from recon.base.result import Break, Bucket, Totals
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path
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
_CURRENCIES = 3
_STEPS = 8
_EVENTS = 5
_NAME, _KEY, _EXPLANATION, _SENTENCE = 60, 60, 280, 1500
_REASON = re.compile(r" \(.*\)")
_FIGURES = re.compile(r"[+\-\u2212]?\d[\d,.]*\d|\d")


@dataclass(frozen=True, slots=True)
class Style:
    """The style of messages: redaction, and the owners' mentions."""

    redact: bool = False
    owners: Mapping[str, str] = field(default_factory=dict)

    def owner(self, item: Break) -> str:
        """The mention of a break's owner, the name, or ''."""
        known = self.owners.get(item.owner.strip().casefold())
        return known or escaped(item.owner, _NAME)


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


def digest(summary: RunSummary, style: Style, to: Iterable[str] = ()) -> Message:
    """The digest of a run, with top breaks that fit."""
    return _fitting(partial(_digest, summary, style, tuple(to)), len(summary.to_fix))


def _fitting(make: Callable[[int], Message], breaks: int) -> Message:
    """A message with ten breaks at most, fewer where long."""
    shown = min(TOP, breaks)
    # The id is still to come.
    while shown and blocks.size(make(shown)) > blocks.BUDGET - blocks.HEADER:
        shown -= 1
    return make(shown)


def _digest(summary: RunSummary, style: Style, to: Sequence[str], shown: int) -> Message:
    currencies = summary.currencies
    # What was held against what are amounts.
    notice = _REASON.sub("", summary.notice) if style.redact else summary.notice
    parts = [blocks.section(escaped(notice, _SENTENCE))] if notice else []
    parts += [_totals(summary, currency, style) for currency in currencies[:_CURRENCIES]]
    if (more := len(currencies) - _CURRENCIES) > 0:
        parts.append(blocks.section(f"+{more} more currencies in the report"))
    hidden = ", ".join(escaped(code, 3) for code in currencies if code in summary.masked)
    if hidden:
        offset = f"*Net looks fine, gross does not* ({escaped(hidden, _KEY)}): differences offset"
        parts.append(blocks.section(f"{offset} each other"))
    bridges = list(_bridges(summary, currencies[:_CURRENCIES], style))
    parts += [blocks.section("\n".join(bridges))] if bridges else []
    parts += [blocks.section(text) for text in _events(summary, style)]
    parts += [blocks.section(_break(item, style)) for item in summary.to_fix[:shown]]
    if more := len(summary.to_fix) - shown:
        parts.append(blocks.section(f"*+{more:,} more in the report*"))
    parts.append(blocks.section("\n".join(_of_time(summary, style))))
    title = _title(summary.level, summary.verdict, summary.sample)
    return message(summary.level, title, parts, _origin(summary), to)


def _title(level: str, text: str, sample: bool) -> str:
    return f"{level.upper()} · {text}" + (" (sample data)" if sample else "")


def _totals(summary: RunSummary, currency: str, style: Style) -> Block:
    totals, code = summary.run.totals[currency], escaped(currency, 3)
    counts = f"*{code} match rate*\n{totals.match_rate}, {totals.breaks:,} of " + (
        f"{totals.compared:,} lines break, {totals.within_tolerance:,} within tolerance"
    )
    if style.redact:
        return blocks.fields([counts])
    amounts = (
        ("expected", totals.expected, False),
        ("recognized", totals.recognized, False),
        ("difference, net", totals.difference, True),
        ("difference, gross", totals.gross_difference, False),
    )
    return blocks.fields(
        [
            *(
                f"*{code} {name}*\n{_money(amount, currency, sign)}"
                for name, amount, sign in amounts
            ),
            counts,
        ]
    )


def _money(amount: int, currency: str, sign: bool = False) -> str:
    return escaped(money.pretty(amount, currency, sign=sign), _NAME)


def _bridges(summary: RunSummary, currencies: Sequence[str], style: Style) -> Iterator[str]:
    if summary.bridge is None:
        yield "*Bridge* not kept: an earlier version of recon recorded this run"
        return
    for currency in currencies:
        yield _bridge(
            summary.run.totals[currency], currency, summary.bridge.get(currency, ()), style
        )


def _bridge(totals: Totals, currency: str, steps: Sequence[Bucket], style: Style) -> str:
    """The way from expected to recognized in one line."""
    code = escaped(currency, 3)
    most = _STEPS if len(steps) > _STEPS + 1 else len(steps)
    texts = [
        f"{words(step.bucket)} ({step.lines:,})" if style.redact
        else f"{_money(step.amount, currency, sign=True)} {words(step.bucket)} ({step.lines:,})"
        for step in steps[:most]
    ]  # fmt: skip
    if left := steps[most:]:
        amount = "" if style.redact else _money(sum(s.amount for s in left), currency, sign=True)
        texts.append(f"{amount} {len(left)} other causes".strip())
    if style.redact:
        return f"*{code} bridge* " + (", ".join(texts) or "nothing between the two")
    ends = _money(totals.expected, currency), _money(totals.recognized, currency)
    return f"*{code} bridge* " + " → ".join(
        [f"{ends[0]} expected", *texts, f"{ends[1]} recognized"]
    )


def _break(item: Break, style: Style) -> str:
    """A break in two or three lines."""
    who = " · ".join(
        part for part in (
            f"`{item.name}`",
            escaped(item.contract_id, _KEY),
            escaped(item.revenue_type, _KEY),
            "" if style.redact else escaped(item.customer, _NAME),
        ) if part
    )  # fmt: skip
    cause = f"_{words(item.cause)}_"
    if style.redact:
        return f"*{item.severity.name}* {who}\n{cause}"
    amount = f"{_money(item.difference, item.currency, sign=True)} {escaped(item.currency, 3)}"
    percent = money.percent(item.difference, item.expected)
    explanation = escaped(item.explanation, _EXPLANATION)
    return f"*{item.severity.name}* {amount} ({percent})\n{who}\n{cause}: {explanation}"


def _events(summary: RunSummary, style: Style) -> Iterator[str]:
    """The events, with the shortest path to close."""
    path = shortest_path(summary.events, len(summary.breaks))
    if path:
        yield f"*{path}*"
    yield from (_event(event, style) for event in summary.events[:_EVENTS])
    if (more := len(summary.events) - _EVENTS) > 0:
        yield f"*+{counted(more, 'event')} more in the report*"


def _event(event: FoundEvent, style: Style) -> str:
    """An event in two or three lines."""
    title = f"*{event.severity.name}* event `{event.id}`: {words(event.kind)}, "
    title += counted(event.lines, "line")
    if style.redact:
        return title
    return f"{title}\n{escaped(event.sentence, _SENTENCE)}\n_{escaped(event.advice, _SENTENCE)}_"


def _of_time(summary: RunSummary, style: Style) -> list[str]:
    """The changes since the last run, and the carried breaks."""
    since, told = summary.since, []
    if since is None:
        told.append("*Since the last run* this is the first run of the month")
    elif since.nothing:
        told.append("*Since the last run* nothing has changed")
    else:
        moved = [
            f"net {_money(amount, currency, sign=True)} {escaped(currency, 3)}"
            for currency, amount in since.moved.items()
            if amount and not style.redact
        ]
        counts = f"{len(since.fixed):,} fixed", f"{len(since.new):,} new"
        told.append("*Since the last run* " + ", ".join(
            [*counts, f"{len(since.changed):,} changed", *moved[:_CURRENCIES]]
        ))  # fmt: skip
    if summary.carried:
        open_breaks = counted(summary.carried, "break")
        told.append(f"*From earlier months* {open_breaks} still open: `recon open`")
    return told


def _origin(summary: RunSummary) -> list[str]:
    link = summary.where.startswith(("https://", "http://", "file://"))
    where = f"<{escaped(summary.where, 1000)}|Report>" if link else escaped(summary.where, 400)
    tolerance = summary.run.policy.get("tolerance", "")
    allowed = f"Tolerance {escaped(tolerance, _KEY)}" if tolerance else ""
    return [where, allowed, f"Run {escaped(summary.run.run_id, _KEY)}"]


def critical_event(
    summary: RunSummary, event: FoundEvent, style: Style, to: Iterable[str] = ()
) -> Message:
    """The message of a critical event, for all its lines."""
    title = _title("critical", f"{words(event.kind)} · {summary.run.month.name}", summary.sample)
    parts = [blocks.section(_event(event, style))]
    return message("critical", title, parts, _origin(summary), to)


def critical(summary: RunSummary, item: Break, style: Style, to: Iterable[str] = ()) -> Message:
    """The message of a critical break; mentions its owner."""
    title = _title("critical", f"{item.contract_id} · {summary.run.month.name}", summary.sample)
    owner = style.owner(item)
    calls = [*to, *([owner] if owner.startswith("<") else [])]
    lines = [_break(item, style), _how_to_acknowledge(item.name)]
    if owner and owner not in calls:
        lines.insert(1, f"Owner: {owner}")
    return message(
        "critical", title, [blocks.section(each) for each in lines], _origin(summary), calls
    )


def more_critical(
    summary: RunSummary, left: Sequence[Break], style: Style, to: Iterable[str] = ()
) -> Message:
    """The one message of the remaining critical breaks."""
    title = _title(
        "critical",
        f"{len(left):,} more critical breaks in {summary.run.month.name}",
        summary.sample,
    )

    def make(shown: int) -> Message:
        parts = [blocks.section(_break(item, style)) for item in left[:shown]]
        if more := len(left) - shown:
            parts.append(blocks.section(f"*+{more:,} more in the report*"))
        return message("critical", title, parts, _origin(summary), to)

    return _fitting(make, len(left))


def escalation(
    level: str, found: Sequence[OpenItem], asked: Mapping[str, datetime], days: int, style: Style,
    to: Iterable[str] = (),
) -> Message:  # fmt: skip
    """The message of breaks not acknowledged in time.

    `asked` has when somebody first heard of them, by name.
    """
    what = f"{counted(len(found), 'break')} not acknowledged within"
    title = _title(level, f"{what} {counted(days, 'business day')}", sample=False)

    def make(shown: int) -> Message:
        parts = [
            blocks.section(
                f"{_break(item.last, style)}\nSince {item.first_month}, first reported on "
                f"{asked[item.name]:%Y-%m-%d}, owner {style.owner(item.last) or 'unknown'}"
            )
            for item in found[:shown]
        ]
        if more := len(found) - shown:
            parts.append(blocks.section(f"*+{more:,} more: `recon open`*"))
        parts.append(blocks.section(_how_to_acknowledge(found[0].name)))
        return message(level, title, parts, ["Escalation"], to)

    return _fitting(make, len(found))


def _how_to_acknowledge(name: str) -> str:
    return f'Acknowledge with `recon ack {name} --reason "…"`'


def failure(
    month: str, sentence: str, code: int, origin: str, style: Style, to: Iterable[str] = (),
    hours: int | None = None,
) -> Message:  # fmt: skip
    """The message of a run that failed.

    With `hours`, it is that no later run has succeeded in time.
    """
    what = f"recon month {month}" if month else "recon"
    late = "" if hours is None else f" and has not succeeded within {counted(hours, 'hour')}"
    said = _FIGURES.sub("***", sentence) if style.redact else sentence
    parts = [blocks.section(escaped(said, _SENTENCE) or "It gave no reason.")]
    small = [f"Exit code {code}", escaped(origin, 200)]
    return message("failure", f"FAILED · {what} failed{late}", parts, small, to)
