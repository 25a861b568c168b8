"""Findings of a month: events, breaks, invalid rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from recon.base import money
from recon.base.events import Event
from recon.base.result import Break, Reconciliation
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path
from recon.record.journal.model import OpenItem
from recon.reports import wording
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, listed, marked, paragraph, section, table

EVENTS = 6
BREAKS = 8
REASONS = 6


def events(found: Sequence[Event], breaks: int, what: str = "Lines") -> Element | None:
    """The facts behind many lines, each with its advice."""
    if not found:
        return None
    columns = [
        Column("Severity"),
        Column("Event", "name"),
        Column("What happened, and what to do", "long"),
        Column(what, "number"),
        Column("Gross", "number"),
        Column("Breaks left", "number"),
    ]
    rows: list[list[Children]] = [
        [
            marked(event.severity.word, event.severity.word),
            element("span", marked(words(event.kind), "strong"), element("br"), event.id),
            [event.sentence, " ", marked(event.advice, "soft")],
            f"{event.lines:,}",
            _by_currency(event.gross),
            f"{event.breaks_left:,}",
        ]
        for event in found[:EVENTS]
    ]
    path = shortest_path(found, breaks)
    return section(
        "Events",
        paragraph(path, kind="strong") if path else None,
        table(columns, rows, "cards"),
        _more(len(found) - len(rows), "event"),
        note=f"{counted(len(found), 'fact')} behind many {what.lower()}",
    )


def _by_currency(amounts: Mapping[str, int]) -> Iterator[Children]:
    for number, (currency, amount) in enumerate(sorted(amounts.items())):
        yield element("br") if number else None
        yield f"{money.pretty(amount, currency)} {currency}"


def breaks(result: Reconciliation, lives: Mapping[str, OpenItem]) -> Element | None:
    """The most severe breaks without an event, with their explanation."""
    alone = wording.first_to_fix(result, lives)
    if not alone:
        return None
    columns = [
        Column("Severity"),
        Column("Contract", "name"),
        Column("Customer"),
        Column("Why", "long"),
        Column("Owner"),
        Column("Difference", "number"),
    ]
    shown = alone[:BREAKS]
    without = " without an event" if result.events else ""
    return section(
        "What to fix first",
        table(columns, [list(_break(item, lives.get(item.name))) for item in shown], "cards"),
        _more(len(alone) - len(shown), "break"),
        note=f"{len(shown):,} of {counted(len(alone), 'break')}{without}",
    )


def _break(item: Break, life: OpenItem | None) -> Iterator[Children]:
    yield marked(item.severity.word, item.severity.word)
    yield [marked(item.contract_id, "strong"), element("br"), item.revenue_type]
    yield item.customer or "no customer"
    cause = item.named_cause + (" (ambiguous)" if item.ambiguous else "")
    said = wording.acknowledged_words(life) if life else ""
    yield [
        marked(f"{cause}: ", "strong"),
        item.explanation,
        " ",
        marked(f"Break {item.name}.", "soft name"),
        marked(f" {said[0].upper()}{said[1:]}.", "good") if said else None,
    ]
    yield marked(item.owner or "no owner", "name")
    yield f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"


def invalid(result: Reconciliation) -> Element | None:
    """How many rows are invalid, and why."""
    if not result.invalid:
        return None
    reasons = Counter((row.side.value, row.reason) for row in result.invalid)
    first = {(row.side.value, row.reason): row for row in reversed(result.invalid)}
    rows = [
        [f"{count:,}", side, reason, f"{row.place} {row.id}".strip()]
        for (side, reason), count in reasons.most_common(REASONS)
        for row in [first[side, reason]]
    ]
    columns = [
        Column("Rows", "number"),
        Column("Side"),
        Column("Reason", "long"),
        Column("First", "soft"),
    ]
    said = wording.left_out(result)
    return section(
        "Invalid rows",
        table(columns, rows, "cards"),
        _more(len(reasons) - len(rows), "reason"),
        paragraph(said) if said else None,
        note=f"{len(result.invalid):,}, excluded from the totals",
    )


def worth_knowing(result: Reconciliation, notes: Sequence[str]) -> Element | None:
    """Flags and notices: no breaks, but worth a look."""
    flags = [
        f"{count:,} {wording.flag_words(flag, count)}"
        for flag in wording.FLAGS
        if (count := result.flags.get(flag, 0))
    ]
    found = [*flags, *result.notices, *notes]
    return section("Worth knowing", listed(found)) if found else None


def _more(count: int, noun: str) -> Element | None:
    if count < 1:
        return None
    return paragraph(f"{counted(count, f'more {noun}')} in the workbook.", kind="soft")
