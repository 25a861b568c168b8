"""A statement on the console, and as one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from rich.text import Text

from recon.base import money
from recon.base.text import words
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.document import break_document, document_document
from recon.reconciliation.cash.model import Document, Match
from recon.reconciliation.cash.receivable import NAMES, Receivables
from recon.reconciliation.cash.statement import Statement
from recon.reports.cash.matching import match_document
from recon.reports.cash.wording import not_tried_text
from recon.reports.console.dashboard import make_console
from recon.reports.console.layout import (
    CRITICAL,
    SOFT,
    STRONG,
    Column,
    Pen,
    amount_text,
    numbers,
    severity_text,
)

# Of so many open documents the console says what was tried.
MOST_TRIED = 10


def show_statement(found: Statement, result: Receivables, *, color: bool = True) -> None:
    """Print a statement of both sides."""
    console = make_console(sys.stdout, color=None if color else False)
    for line in statement_lines(Pen(console), found, result):
        console.print(line, soft_wrap=True)


def statement_lines(pen: Pen, found: Statement, result: Receivables) -> Iterator[Text]:
    """Yield the lines of a statement."""
    yield pen.text(f"{found.asked}: what is owed at the end of {result.month.name}", STRONG)
    yield Text()
    yield from pen.table(list(_balances(pen, found)))
    for item in found.breaks:
        yield from pen.heading(f"{words(item.cause).capitalize()}: {item.found.certainty}")
        yield from pen.paragraph(
            Text.assemble(severity_text(item.severity), "  ", pen.text(item.found.sentence))
        )
        if len(item.found.candidates) > 1:
            others = ", ".join(map(words, item.found.candidates))
            yield from pen.paragraph(pen.text(f"Several causes fit: {others}.", SOFT))
    yield from pen.heading("Documents of both sides")
    yield from pen.table(list(_documents(pen, found)))
    yield from _tried(pen, found)
    told = [
        not_tried_text(each)
        for each in result.not_tried
        if each.customer in {balance.customer for balance in found.balances}
    ]
    for sentence in told:
        yield from pen.paragraph(pen.text(sentence))


def _tried(pen: Pen, found: Statement) -> Iterator[Text]:
    """Why no rule matched the open documents."""
    if not found.unmatched:
        return
    yield from pen.heading("Tried, and did not fit")
    for each in found.unmatched[:MOST_TRIED]:
        side = NAMES[each.side - 1]
        name = f"{each.ref or each.place}, {side}, {money.pretty(each.amount, each.currency)}"
        yield from pen.paragraph(pen.text(name, STRONG))
        for sentence in found.tried.get(each.document, ()):
            yield from pen.paragraph(pen.text(f"- {sentence}"))
    if (more := len(found.unmatched) - MOST_TRIED) > 0:
        yield from pen.paragraph(pen.text(f"and {more:,} more; --json has them all", SOFT))


def _balances(pen: Pen, found: Statement) -> Iterator[Column]:
    rows = found.balances
    yield Column("Customer", [pen.text(each.customer) for each in rows], least=8)
    yield Column("", [Text(each.currency) for each in rows])
    yield numbers("By the feeds", [money.pretty(e.feeds.closing, e.currency) for e in rows])
    yield numbers("By the ledger", [money.pretty(e.ledger.closing, e.currency) for e in rows])
    differences = [
        amount_text(e.difference, e.currency, sign=True, style=CRITICAL if e.difference else SOFT)
        for e in rows
    ]
    yield Column("Difference", differences, right=True)


def _documents(pen: Pen, found: Statement) -> Iterator[Column]:
    rows = list(_rows(found))
    documents = [each for each, _ in rows]
    yield Column("Day", [Text(str(each.day or "")) for each in documents])
    yield Column("Side", [Text(NAMES[each.side - 1]) for each in documents])
    yield Column("Number", [pen.text(each.ref or "") for each in documents], least=10)
    yield Column("Customer", [pen.text(each.customer or "") for each in documents], drop=2)
    yield Column("Kind", [pen.text(words(each.kind or "")) for each in documents], drop=3)
    yield Column("Amount", [amount_text(e.amount, e.currency) for e in documents], right=True)
    yield Column("", [Text(each.currency) for each in documents])
    yield Column("Matched by", [pen.text(how, SOFT) for _, how in rows], least=16)


def _rows(found: Statement) -> Iterator[tuple[Document, str]]:
    """Yield every document with how it matched."""
    for match in found.matches:
        for each in match.documents:
            yield each, _how(match)
    for each in found.unmatched:
        item = found.break_of(each.document)
        yield each, f"open: {words(item.cause)}" if item else "open; of a later month"


def _how(match: Match) -> str:
    first, second = len(match.of(1)), len(match.of(2))
    size = "" if first == second == 1 else f" ({first}:{second})"
    equal = ", interchangeable" if match.interchangeable else ""
    return f"{match.rule}{size}{equal}"


def statement_document(found: Statement, result: Receivables) -> dict[str, object]:
    """A statement as one document."""
    return {
        "schema": 1,
        "asked": found.asked,
        "month": str(result.month),
        "customers": [
            {
                "customer": each.customer,
                "currency": each.currency,
                "feeds": money.plain(each.feeds.closing, each.currency),
                "ledger": money.plain(each.ledger.closing, each.currency),
                "difference": money.plain(each.difference, each.currency),
            }
            for each in found.balances
        ],
        "matches": [match_document(NAMES, each) for each in found.matches],
        "open": [
            {**document_document(NAMES, each), "tried": list(found.tried.get(each.document, ()))}
            for each in found.unmatched
        ],
        "breaks": _breaks(found.breaks),
    }


def _breaks(breaks: Sequence[CashBreak]) -> list[dict[str, object]]:
    return list(map(break_document, breaks))
