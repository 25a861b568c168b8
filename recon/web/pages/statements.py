"""Statements: both sides of a customer or document."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from starlette.responses import Response

from recon.base import money
from recon.base.text import words
from recon.reconciliation.cash.model import Document
from recon.reconciliation.cash.receivable import NAMES
from recon.reconciliation.cash.statement import Statement
from recon.reports.html.elements import Children
from recon.reports.html.page import Column, listed, marked, paragraph, section, table
from recon.web import explaining
from recon.web.asking import Ask
from recon.web.pages.shell import page

_BALANCES = [Column("Customer", "name"), Column(""), Column("By the feeds", "number"),
             Column("By the ledger", "number"), Column("Difference", "number")]  # fmt: skip
_DOCUMENTS = [Column("Day"), Column("Side"), Column("Number", "name"), Column("Customer"),
              Column("Kind"), Column("Amount", "number"), Column("Matched by", "long")]  # fmt: skip


def statement(ask: Ask) -> Response:
    """The documents of both sides, and how they match."""
    told = explaining.document(ask)
    found = told.statement
    return page(
        ask,
        f"{found.asked}: owed at the end of {told.month.name}",
        table(_BALANCES, _balances(found), "cards"),
        [_why(found, at) for at in range(len(found.breaks))],
        section("Documents of both sides", table(_DOCUMENTS, list(_documents(found)), "cards")),
        _tried(found),
        wide=True,
    )


def _balances(found: Statement) -> list[list[Children]]:
    return [
        [
            each.customer,
            each.currency,
            money.pretty(each.feeds.closing, each.currency),
            money.pretty(each.ledger.closing, each.currency),
            marked(
                money.pretty(each.difference, each.currency, sign=True),
                "critical" if each.difference else "good",
            ),
        ]
        for each in found.balances
    ]


def _why(found: Statement, at: int) -> Element:
    item = found.breaks[at]
    return section(
        f"{words(item.cause).capitalize()}",
        paragraph(item.found.sentence, kind=f"answer {item.severity.word}"),
        note=str(item.found.certainty),
    )


def _documents(found: Statement) -> Iterator[list[Children]]:
    for match in found.matches:
        equal = ", interchangeable" if match.interchangeable else ""
        for each in match.documents:
            yield _document(each, f"{match.rule}{equal}")
    for each in found.unmatched:
        item = found.break_of(each.document)
        yield _document(each, f"open: {words(item.cause)}" if item else "open; of a later month")


def _document(each: Document, how: str) -> list[Children]:
    return [
        str(each.day or ""),
        NAMES[each.side - 1],
        each.ref or each.place,
        each.customer or "",
        words(each.kind or ""),
        f"{money.pretty(each.amount, each.currency)} {each.currency}",
        how,
    ]


def _tried(found: Statement) -> Element | None:
    rows = [
        f"{each.ref or each.place}: {sentence}"
        for each in found.unmatched
        for sentence in found.tried.get(each.document, ())
    ]
    return section("Tried, and did not fit", listed(rows)) if rows else None
