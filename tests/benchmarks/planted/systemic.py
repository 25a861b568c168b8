"""Systemic faults: one fact that breaks many lines of a book."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.benchmarks.planted.books import NOW, Book, Entry, Key, Line, first_day, rounded

# The lines that the fault puts off.
Found = set[Key]


@dataclass(frozen=True)
class Fault:
    """A systemic fault: the kinds of event that tell it, and what plants it."""

    name: str
    kinds: tuple[str, ...]
    plant: Callable[[Book], Found]


def _each(book: Book, chosen: Callable[[Entry], bool], change: Callable[[Entry], list[Entry]],
          lines: Iterable[Line] | None = None) -> Found:  # fmt: skip
    """Change the chosen entries; return the keys of those of the month."""
    found: Found = set()
    for line in list(book.lines if lines is None else lines):
        for entry in list(book.entries[line.key]):
            if chosen(entry):
                book.change(line, entry, *change(entry))
                found |= {line.key} if entry.period == NOW else set()
    return found


def _now(entry: Entry) -> bool:
    return entry.period == NOW


def _batch(book: Book) -> str:
    return next(e.document for e in book.all_entries() if e.period == NOW)


def batch_twice(book: Book) -> Found:
    """A batch is posted twice, under the same document."""
    document = _batch(book)
    return _each(book, lambda e: e.document == document,
                 lambda e: [e, replace(e, entry_id=book.new_id())])  # fmt: skip


def batch_twice_without_documents(book: Book) -> Found:
    """The entries of a posting day stand twice; the ledger has no documents."""
    day = next(e.posted for e in book.all_entries() if e.period == NOW)
    _each(book, lambda _: True, lambda e: [replace(e, document="")])
    return _each(book, lambda e: e.posted == day,
                 lambda e: [e, replace(e, entry_id=book.new_id())])  # fmt: skip


def batch_missing(book: Book) -> Found:
    """A segment's batch of the month was never posted."""
    return _segment(book, lambda _: [])


def _segment(
    book: Book, change: Callable[[Entry], list[Entry]], chosen: Callable[[Entry], bool] = _now,
) -> Found:  # fmt: skip
    lines = [line for line in book.lines if line.segment == book.segment]
    return _each(book, chosen, change, lines)


def _ids(book: Book, contracts: Callable[[str], str], ledger: Callable[[str], str]) -> Found:
    """Give all contracts other ids, and their entries yet others."""
    found: Found = set()
    for line in list(book.lines):
        new = book.replace_line(line, contract_id=contracts(line.contract_id))
        book.entries[new.key] = [
            replace(e, contract_id=ledger(new.contract_id)) for e in book.entries[new.key]
        ]
        if ledger(new.contract_id) != new.contract_id and book.of(new):
            found.add(new.key)
    return found


def zeros_lost(book: Book) -> Found:
    """Ids are numbers with leading zeros, which the ledger has lost."""
    return _ids(book, lambda i: f"{int(i[2:]) % 99_991:08d}", lambda i: i.lstrip("0"))


def point_zero(book: Book) -> Found:
    """All ids of the ledger end in `.0`."""
    return _ids(book, lambda i: i[2:], lambda i: f"{i}.0")


def prefix(book: Book) -> Found:
    """All ids of the ledger have a prefix."""
    return _ids(book, lambda i: i, lambda i: f"US01-{i}")


def eighteen(book: Book) -> Found:
    """The CRM's ids have 18 characters, the ledger's the first 15 of them."""
    return _ids(book, lambda i: f"00635000{i[2:]}X{'ABCD'[int(i[2:]) % 4]}AQ", lambda i: i[:15])


def segment_in_currency(book: Book) -> Found:
    """A segment is posted in another currency."""
    return _segment(book, lambda e: [replace(e, currency="EUR")])


def type_as_other(book: Book) -> Found:
    """All of a type is posted as another type."""
    support = [line for line in book.lines if line.revenue_type == "Support"]
    both = {line.contract_id for line in book.lines if line.revenue_type == "Consulting"}
    lines = [line for line in support if line.contract_id not in both]
    return _each(book, _now, lambda e: [replace(e, revenue_type="Consulting")], lines)


def month_late(book: Book) -> Found:
    """A segment's entries of the month stand in the next one."""
    book.last = NOW + 1
    return _segment(book, lambda e: [replace(e, period=NOW + 1)])


def year_off(book: Book) -> Found:
    """A batch is dated a year later."""
    document = _batch(book)
    return _each(book, lambda e: e.document == document, lambda e: [replace(e, period=NOW + 12)])


def slightly_high(book: Book) -> Found:
    """Every entry is 0.9% high, within tolerance."""
    return _each(book, lambda _: True,
                 lambda e: [replace(e, amount=rounded(e.amount, 1009, 1000))])  # fmt: skip


def with_tax(book: Book) -> Found:
    """A segment is posted with 19% tax."""
    return _segment(book, lambda e: [replace(e, amount=rounded(e.amount, 119, 100))])


def side_negative(book: Book) -> Found:
    """The ledger shows revenue negative."""
    return _each(book, lambda _: True, lambda e: [replace(e, amount=-e.amount)])


def side_in_cents(book: Book) -> Found:
    """The ledger counts cents."""
    return _each(book, lambda _: True, lambda e: [replace(e, amount=100 * e.amount)])


def by_days(book: Book) -> Found:
    """A segment's ledger takes all terms by their days."""
    found: Found = set()
    for line in [line for line in book.lines if line.segment == book.segment]:
        days = [_days(line, k) for k in range(line.months + 1)]
        posted = []
        for month in sorted({e.period for e in book.entries[line.key]}):
            k = month - line.start
            amount = rounded(line.value, days[k + 1], days[-1]) - rounded(
                line.value, days[k], days[-1]
            )
            posted.append(book.entry(line, month, amount))
            if month == NOW and amount != line.expected(NOW):
                found.add(line.key)
        book.entries[line.key] = posted
    return found


def _days(line: Line, k: int) -> int:
    return (first_day(line.start + k) - first_day(line.start)).days


def price_raised(book: Book) -> Found:
    """A segment's prices were raised by 5% in the ledger from this month on."""
    return _segment(book, lambda e: [replace(e, amount=rounded(e.amount, 105, 100))],
                    lambda e: e.period >= NOW)  # fmt: skip


def delivered_twice(book: Book) -> Found:
    """Two exports overlap: a third of the ledger is delivered twice."""
    _each(book, lambda e: int(e.entry_id[3:]) % 3 == 0, lambda e: [e, e])
    return set()


FAULTS: tuple[Fault, ...] = (
    Fault("batch twice", ("batch_twice",), batch_twice),
    Fault("batch twice, no documents", ("batch_twice",), batch_twice_without_documents),
    Fault("segment missing", ("batch_missing",), batch_missing),
    Fault("leading zeros lost", ("id_rule",), zeros_lost),
    Fault("ids end in .0", ("id_rule",), point_zero),
    Fault("ids with a prefix", ("id_rule",), prefix),
    Fault("15 of 18 characters", ("id_rule",), eighteen),
    Fault("segment in another currency", ("mapping",), segment_in_currency),
    Fault("type as another type", ("mapping",), type_as_other),
    Fault("a month late", ("shifted_month",), month_late),
    Fault("a year off", ("shifted_month",), year_off),
    Fault("every entry 0.9% high", ("bias", "ratio"), slightly_high),
    Fault("posted with tax", ("ratio",), with_tax),
    Fault("ledger negative", ("sign_of_side",), side_negative),
    Fault("ledger in cents", ("unit_of_side",), side_in_cents),
    Fault("another convention", ("policy",), by_days),
    Fault("prices raised", ("repriced", "ratio"), price_raised),
    Fault("delivered twice", ("extract_twice",), delivered_twice),
)
