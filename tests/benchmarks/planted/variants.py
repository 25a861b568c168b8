"""Variants: books as other companies keep them, with the same errors planted.

A variant changes a book before anything is planted in it, and may leave a column out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.benchmarks.planted.books import NOW, Book, Entry, month_of, rounded

Row = dict[str, object]


@dataclass(frozen=True)
class Variant:
    """A way to keep books.

    `without` are the causes that nothing in such books would tell.
    """

    name: str
    change: Callable[[Book], None] = lambda book: None
    left_out: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def contracts(self, rows: list[Row]) -> list[Row]:
        """Rows of analytics without the columns left out."""
        return [{k: v for k, v in row.items() if k not in self.left_out} for row in rows]

    def entries(self, rows: list[Row]) -> list[Row]:
        """Rows of accounting."""
        return rows


def _in_parts(book: Book) -> None:
    """Post every third line in two entries a month."""
    for line in book.lines[::3]:
        parts: list[Entry] = []
        for entry in book.entries[line.key]:
            part = rounded(entry.amount, 40, 100)
            rest = book.entry(line, entry.period, entry.amount - part)
            parts += [replace(entry, amount=part), rest]
        book.entries[line.key] = parts
    book.right = list(book.all_entries())


def _since(first: int) -> Callable[[Book], None]:
    """A ledger that begins in a month."""

    def change(book: Book) -> None:
        book.first = first
        for key, entries in book.entries.items():
            book.entries[key] = [entry for entry in entries if entry.period >= first]
        book.right = list(book.all_entries())

    return change


def _with_strays(book: Book) -> None:
    """A ledger of this month, in which one entry in a hundred is from long ago."""
    _since(NOW)(book)
    for line in book.lines[::100]:
        if line.start < NOW - 7:
            book.add(line, book.entry(line, NOW - 7, line.expected(NOW - 7)))
    book.right = list(book.all_entries())


def _own_documents(book: Book) -> None:
    """A document of its own for every entry."""
    book.own_documents = True
    book.post()


def _credits(book: Book) -> None:
    """Credits alone: every amount is negative."""
    book.sign = -1


def _in_currency(currency: str, digits: int) -> Callable[[Book], None]:
    def change(book: Book) -> None:
        book.digits = digits
        book.lines = [replace(line, currency=currency) for line in book.lines]
        book.entries.clear()
        book.post()

    return change


VARIANTS = (
    Variant("plain"),
    Variant("in parts", _in_parts),
    Variant("year only", _since(month_of(2024, 1))),
    # A term, a batch of last month and a part are told by the months before.
    Variant(
        "month only", _with_strays, without=frozenset({"catch_up", "amended", "partial_posting"}),
    ),
    Variant("own documents", _own_documents),
    Variant(
        "no customers", left_out=frozenset({"customer_id", "customer"}),
        without=frozenset({"wrong_contract", "posted_together"}),
    ),
    Variant("credits", _credits),
    Variant("yen", _in_currency("JPY", 0)),
    Variant("dinar", _in_currency("KWD", 3)),
)  # fmt: skip
