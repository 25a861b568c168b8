"""Digest: a run in one message, with breaks that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from recon.alerts import blocks
from recon.alerts.blocks import Block, Message, escaped
from recon.alerts.message import (
    KEY,
    SENTENCE,
    Style,
    amount_text,
    break_text,
    event_text,
    fitting,
    message,
    origin,
    title_of,
)
from recon.alerts.run_summary import RunSummary
from recon.base.result import Bucket, Totals
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path

_CURRENCIES = 3
_STEPS = 8
_EVENTS = 5
_REASON = re.compile(r" \(.*\)")


def digest(summary: RunSummary, style: Style, to: Iterable[str] = ()) -> Message:
    """The digest of a run, with top breaks that fit."""
    return fitting(partial(_digest, summary, style, tuple(to)), len(summary.to_fix))


def _digest(summary: RunSummary, style: Style, to: Sequence[str], shown: int) -> Message:
    currencies = summary.currencies
    # What was held against what are amounts.
    notice = _REASON.sub("", summary.notice) if style.redact else summary.notice
    parts = [blocks.section(escaped(notice, SENTENCE))] if notice else []
    parts += [_totals(summary, currency, style) for currency in currencies[:_CURRENCIES]]
    if (more := len(currencies) - _CURRENCIES) > 0:
        parts.append(blocks.section(f"+{more} more currencies in the report"))
    hidden = ", ".join(escaped(code, 3) for code in currencies if code in summary.masked)
    if hidden:
        found = f"*Net looks fine, gross does not* ({escaped(hidden, KEY)})"
        parts.append(blocks.section(f"{found}: differences cancel each other out"))
    bridges = list(_bridges(summary, currencies[:_CURRENCIES], style))
    parts += [blocks.section("\n".join(bridges))] if bridges else []
    parts += [blocks.section(text) for text in _events(summary, style)]
    parts += [blocks.section(break_text(item, style)) for item in summary.to_fix[:shown]]
    if more := len(summary.to_fix) - shown:
        parts.append(blocks.section(f"*+{more:,} more in the report*"))
    parts.append(blocks.section("\n".join(_of_time(summary, style))))
    title = title_of(summary.level, summary.verdict, summary.sample)
    # Whoever has the message has a seal that nobody can change in the folder of reports.
    seal = f"Seal {summary.seal}" if summary.seal else ""
    return message(summary.level, title, parts, [*origin(summary), seal], to)


def _totals(summary: RunSummary, currency: str, style: Style) -> Block:
    totals, code = summary.run.totals[currency], escaped(currency, 3)
    within = f"lines break, {totals.within_tolerance:,} within tolerance"
    what = "documents break" if summary.run.of_cash else within
    counts = f"*{code} match rate*\n{totals.match_rate}, {totals.breaks:,} of " + (
        f"{totals.compared:,} {what}"
    )
    if style.redact:
        return blocks.fields([counts])
    amounts = (
        (summary.ends[0], totals.expected, False),
        (summary.ends[1], totals.recognized, False),
        ("difference, net", totals.difference, True),
        ("difference, gross", totals.gross_difference, False),
    )
    return blocks.fields(
        [
            *(
                f"*{code} {name}*\n{amount_text(amount, currency, sign)}"
                for name, amount, sign in amounts
            ),
            counts,
        ]
    )


def _bridges(summary: RunSummary, currencies: Sequence[str], style: Style) -> Iterator[str]:
    if summary.bridge is None:
        yield "*Bridge* not kept: an earlier version of recon recorded this run"
        return
    for currency in currencies:
        steps = summary.bridge.get(currency, ())
        yield _bridge(summary.run.totals[currency], currency, steps, style, summary.ends)


def _bridge(
    totals: Totals, currency: str, steps: Sequence[Bucket], style: Style, ends: tuple[str, str]
) -> str:
    """The way from side to side in one line."""
    code = escaped(currency, 3)
    most = _STEPS if len(steps) > _STEPS + 1 else len(steps)
    texts = [
        f"{'' if style.redact else amount_text(step.amount, currency, sign=True)} "
        f"{words(step.bucket)} ({step.lines:,})".strip()
        for step in steps[:most]
    ]  # fmt: skip
    if left := steps[most:]:
        amount = (
            "" if style.redact else amount_text(sum(s.amount for s in left), currency, sign=True)
        )
        texts.append(f"{amount} {len(left)} other causes".strip())
    if style.redact:
        return f"*{code} bridge* " + (", ".join(texts) or "nothing between the two")
    sums = amount_text(totals.expected, currency), amount_text(totals.recognized, currency)
    return f"*{code} bridge* " + " → ".join(
        [f"{sums[0]} {ends[0]}", *texts, f"{sums[1]} {ends[1]}"]
    )


def _events(summary: RunSummary, style: Style) -> Iterator[str]:
    """The events, with the shortest path to close."""
    path = shortest_path(summary.events, len(summary.breaks))
    if path:
        yield f"*{path}*"
    yield from (event_text(event, style) for event in summary.events[:_EVENTS])
    if (more := len(summary.events) - _EVENTS) > 0:
        yield f"*+{counted(more, 'event')} more in the report*"


def _of_time(summary: RunSummary, style: Style) -> list[str]:
    """The changes since the last run, and the carried breaks."""
    since, told = summary.since, []
    if since is None:
        told.append("*Since the last run* this is the first run of the month")
    elif since.nothing:
        told.append("*Since the last run* nothing has changed")
    else:
        moved = [
            f"net {amount_text(amount, currency, sign=True)} {escaped(currency, 3)}"
            for currency, amount in since.moved.items()
            if amount and not style.redact
        ]
        counts = f"{len(since.fixed):,} fixed", f"{len(since.new):,} new"
        told.append("*Since the last run* " + ", ".join(
            [*counts, f"{len(since.changed):,} changed", *moved[:_CURRENCIES]]
        ))  # fmt: skip
    if summary.carried:
        more = " --cash" if summary.run.of_cash else ""
        open_breaks = counted(summary.carried, "break")
        told.append(f"*From earlier months* {open_breaks} still open: `recon open{more}`")
    return told
