"""A matching on the console: totals, rules, near, grouped, open."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from recon.base import money
from recon.base.text import counted
from recon.reconciliation.cash.model import Document, Match, Matching
from recon.reports.console.dashboard import make_console
from recon.reports.console.layout import (
    CRITICAL,
    GOOD,
    HIGH,
    SOFT,
    STRONG,
    Column,
    Pen,
    amount_text,
    numbers,
)

# So many rows of each kind are shown, unless all are wanted.
_MOST = 8


def show_matching(
    result: Matching, reports: Sequence[Path], *, full: bool = False, color: bool = True
) -> None:
    """Print a matching of two files."""
    console = make_console(sys.stdout, color=None if color else False)
    for line in matching_lines(Pen(console), result, reports, full=full):
        console.print(line, soft_wrap=True)


def matching_lines(
    pen: Pen, result: Matching, reports: Sequence[Path], *, full: bool = False
) -> Iterator[Text]:
    """Yield the lines of a matching."""
    most = None if full else _MOST
    yield Text(verdict(result), STRONG + (GOOD if result.agrees else HIGH))
    yield Text()
    yield from pen.table(list(_totals(pen, result)))
    yield from pen.heading("Matched by")
    yield from pen.table(list(rule_columns(pen, result)))
    if result.near:
        count = len(result.near)
        note = f"{count:,} matches that differ" if count > 1 else "1 match that differs"
        yield from pen.heading("Near", note)
        yield from pen.table(list(_near(pen, result.near[:most])))
        yield from rest(pen, len(result.near), most)
    if result.groups:
        yield from pen.heading("Several for one")
        yield from pen.table(list(_near(pen, result.groups[:most])))
        yield from rest(pen, len(result.groups), most)
    for side in (1, 2):
        open_rows = [each for each in result.unmatched if each.side == side]
        if open_rows:
            yield from pen.heading(f"Open in {result.names[side - 1]}", f"{len(open_rows):,}")
            yield from pen.table(list(document_columns(pen, open_rows[:most])))
            yield from rest(pen, len(open_rows), most)
    if result.invalid:
        yield from pen.heading("Cannot be read", counted(len(result.invalid), "row"))
        for row in result.invalid[:most]:
            yield from pen.paragraph(pen.text(f"{row.place}: {row.reason}"))
        yield from rest(pen, len(result.invalid), most)
    yield from _worth_knowing(pen, result)
    yield Text()
    yield from pen.run_summary(list(map(str, reports)), [])


def verdict(result: Matching) -> str:
    """The result in one sentence."""
    first, second = result.names
    if not any(sums.documents for sums in result.sums.values()):
        return f"{first} and {second} have no rows that can be matched."
    if result.agrees:
        return f"{first} and {second} agree: every row is matched."
    parts = [
        counted(len(result.unmatched), "open row") if result.unmatched else "",
        f"{len(result.near):,} near" if result.near else "",
        counted(len(result.invalid), "row") + " not readable" if result.invalid else "",
    ]
    return f"{first} and {second} differ: {', '.join(filter(None, parts))}."


def rest(pen: Pen, count: int, most: int | None) -> Iterator[Text]:
    """Yield the line on rows not shown, if any."""
    if most is not None and count > most:
        left = f"and {count - most:,} more; --full shows them all"
        yield from pen.paragraph(pen.text(left, SOFT))


def _totals(pen: Pen, result: Matching) -> Iterator[Column]:
    rows = [(side, currency) for currency in result.currencies for side in (1, 2)]
    sums = [result.sums_of(side, currency) for side, currency in rows]
    yield Column("", [pen.text(result.names[side - 1], STRONG) for side, _ in rows], least=10)
    if any(currency for _, currency in rows):
        yield Column("", [Text(currency) for _, currency in rows])
    yield numbers("Rows", [f"{each.documents:,}" for each in sums])
    yield numbers("Amount", _amounts([each.amount for each in sums], rows), drop=2)
    yield numbers("Matched", [f"{each.matched:,}" for each in sums])
    yield numbers("Amount", _amounts([each.matched_amount for each in sums], rows), drop=1)
    yield numbers("Open", [f"{each.open:,}" for each in sums])
    yield numbers("Amount", _amounts([each.open_amount for each in sums], rows))


def _amounts(amounts: Sequence[int], rows: Sequence[tuple[int, str]]) -> list[str]:
    return [money.pretty(a, currency) for a, (_, currency) in zip(amounts, rows, strict=True)]


def rule_columns(pen: Pen, result: Matching) -> Iterator[Column]:
    """The rules in order, those that matched nothing left out."""
    passed = [each for each in result.passed if each.matches] or list(result.passed)
    yield Column("Rule", [pen.text(each.rule.name) for each in passed])
    yield numbers("Matches", [f"{each.matches:,}" for each in passed])
    yield numbers("Rows", [f"{each.documents:,}" for each in passed])
    yield Column("Compares", [pen.text(each.rule.words, SOFT) for each in passed], least=20, drop=1)


def _near(pen: Pen, matches: Sequence[Match]) -> Iterator[Column]:
    first, second = ([match.of(side) for match in matches] for side in (1, 2))
    yield Column("Number", [pen.text(_numbers(match.documents)) for match in matches], least=12)
    yield Column("Day", [Text(_day(documents)) for documents in first], drop=3)
    yield Column("Day there", [Text(_day(documents)) for documents in second], drop=3)
    yield Column("Amount", [_sum(documents) for documents in first], right=True)
    yield Column("Amount there", [_sum(documents) for documents in second], right=True)
    if any(match.difference for match in matches):
        yield Column("Difference", [_difference(match) for match in matches], right=True)
    yield Column("Rows", [_sizes(match) for match in matches], drop=4)
    yield Column("Matched by", [pen.text(match.rule, SOFT) for match in matches], least=14, drop=1)


def _numbers(documents: Sequence[Document]) -> str:
    return ", ".join(dict.fromkeys(each.ref for each in documents if each.ref))


def _day(documents: Sequence[Document]) -> str:
    days = sorted(each.day for each in documents if each.day)
    return str(days[0]) if days else ""


def _sum(documents: Sequence[Document]) -> Text:
    currency = documents[0].currency
    shown = amount_text(sum(each.amount for each in documents), currency)
    return shown if len({each.currency for each in documents}) == 1 else Text("several")


def _difference(match: Match) -> Text:
    return amount_text(match.difference, match.documents[0].currency, sign=True, style=CRITICAL)


def _sizes(match: Match) -> Text:
    return Text(f"{len(match.of(1))}:{len(match.of(2))}")


def document_columns(pen: Pen, documents: Sequence[Document]) -> Iterator[Column]:
    """Documents as the columns of a table."""
    yield Column("Number", [pen.text(each.ref or "") for each in documents], least=8)
    if any(each.customer for each in documents):
        yield Column("Customer", [pen.text(each.customer or "") for each in documents], least=8)
    yield Column("Day", [Text(str(each.day or "")) for each in documents])
    if any(each.kind for each in documents):
        yield Column("Kind", [pen.text(each.kind or "") for each in documents], least=6, drop=2)
    yield Column("Amount", [amount_text(e.amount, e.currency) for e in documents], right=True)
    if any(each.currency for each in documents):
        yield Column("", [Text(each.currency) for each in documents])
    yield Column("Place", [pen.text(each.place, SOFT) for each in documents], least=12, drop=1)


def _worth_knowing(pen: Pen, result: Matching) -> Iterator[Text]:
    told = [
        *(
            f"No groups were looked for among {each.documents:,} open rows"
            f"{f' of {each.customer}' if each.customer else ''}: {each.reason}."
            for each in result.not_tried
        ),
        *result.notices,
    ]
    if told:
        yield from pen.heading("Worth knowing")
        for sentence in told:
            yield from pen.paragraph(pen.text(sentence))
