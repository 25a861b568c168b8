"""The sample's ledger of receivables, with planted faults.

It posts what the sample's feeds say that customers owe, and goes wrong now and then; most faults
are put right some weeks later, as they are in real books.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from recon.base import money
from recon.base.errors import ReportError
from recon.sources.sample.trade import Draws

# Raised with every change of what a seed yields.
FORMAT = 2
COLUMNS = (
    "document_ref", "customer_id", "posted_on", "amount", "currency", "kind", "applies_to",
)  # fmt: skip
_TRUTH = ("document_ref", "posted_on", "fault")
# Weeks until a fault is put right.
_LATER = timedelta(days=47)
_THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Posting:
    """A row of the ledger; the amount is in ten-thousandths."""

    ref: str
    customer: str
    day: date
    amount: int
    currency: str
    kind: str
    sale: str


_Fault = Callable[[Posting, Sequence[str]], list[Posting]]


def _scaled(each: Posting, factor: int, of: int = 1) -> Posting:
    """The posting times a fraction, in whole minor units."""
    unit = money.minor_unit(each.currency)
    return replace(each, amount=each.amount * factor // of // unit * unit)


def _mended(wrong: list[Posting], each: Posting) -> list[Posting]:
    """Postings with the entry that puts them right later on."""
    rest = each.amount - sum(one.amount for one in wrong)
    later = replace(each, day=each.day + _LATER, amount=rest, kind="adjustment")
    return [*wrong, later] if rest else wrong


def _swapped(each: Posting) -> Posting:
    """The posting with its first two different digits exchanged."""
    unit = money.minor_unit(each.currency)
    digits = str(abs(each.amount) // unit)
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            digits = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            break
    return replace(each, amount=(-1 if each.amount < 0 else 1) * int(digits) * unit)


def _other(each: Posting, customers: Sequence[str]) -> Posting:
    at = customers.index(each.customer)
    return replace(each, customer=customers[(at + 1) % len(customers)])


def _moved(each: Posting, wrong: Posting) -> list[Posting]:
    """A wrong posting, later reversed and posted right."""
    back = replace(wrong, day=wrong.day + _LATER, amount=-wrong.amount, kind="adjustment")
    return [wrong, back, replace(each, day=each.day + _LATER)]


def _off(each: Posting) -> Posting:
    return replace(each, amount=each.amount + money.minor_unit(each.currency))


def _in_two(each: Posting) -> list[Posting]:
    first = _scaled(each, 2, 5)
    second = replace(each, amount=each.amount - first.amount, day=each.day + timedelta(days=2))
    return [first, second]


def _next_month(each: Posting) -> Posting:
    first = (each.day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return replace(each, day=first + timedelta(days=1))


_SPOILT: dict[str, tuple[int, _Fault]] = {
    "posted twice": (4, lambda p, _: _mended([p, p], p)),
    "not posted": (5, lambda p, _: _mended([], p)),
    "decimal shift": (3, lambda p, _: _mended([_scaled(p, 10)], p)),
    "digits swapped": (3, lambda p, _: _mended([_swapped(p)], p)),
    "sign flipped": (2, lambda p, _: _mended([_scaled(p, -1)], p)),
    "discount taken": (3, lambda p, _: _mended([_scaled(p, 97, 100)], p)),
    "rounding": (3, lambda p, _: _mended([_off(p)], p)),
    "wrong customer": (3, lambda p, known: _moved(p, _other(p, known))),
    "wrong currency": (2, lambda p, _: _moved(p, replace(p, currency="CHF"))),
    "in two postings": (5, lambda p, _: _in_two(p)),
    "without a number": (6, lambda p, _: [replace(p, ref="", sale="")]),
    "of the next month": (3, lambda p, _: [_next_month(p)]),
}


def postings(draw: Draws, documents: Iterable[Posting]) -> Iterator[tuple[list[Posting], str]]:
    """Yield each document's postings, and its fault or ''."""
    listed = sorted(documents, key=lambda each: (each.day, each.ref, each.amount))
    customers = sorted({each.customer for each in listed})
    for each in listed:
        fate, reached = draw(_THOUSAND, "ledger", each.ref, each.kind), 0
        for fault, (share, spoil) in _SPOILT.items():
            reached += share
            if fate < reached:
                yield spoil(each, customers), fault
                break
        else:
            yield [each], ""
        if draw(_THOUSAND, "extra", each.ref, each.kind) < 2:  # noqa: PLR2004
            extra = replace(each, ref=f"X-{each.ref}", sale="", kind="adjustment")
            yield _mended([extra], replace(extra, amount=0)), "not in the feeds"


def place(folder: Path) -> Path:
    """The place of the ledger in the sample's folder."""
    return folder / f"receivables-{FORMAT}.csv"


def write(folder: Path, seed: int, documents: Iterable[Posting]) -> Path:
    """Write the ledger and its truth; return the ledger's path.

    Raises ReportError where they cannot be written.
    """
    path = place(folder)
    truth = path.with_name(f"{path.stem}-truth.csv")
    rows, faults = list[tuple[str, ...]](), list[tuple[str, ...]]()
    for made, fault in postings(Draws(seed), documents):
        rows += [_row(each) for each in made]
        if fault:
            faults += [(each.ref, str(each.day), fault) for each in made] or [("", "", fault)]
    try:
        for file, header, lines in ((truth, _TRUTH, faults), (path, COLUMNS, rows)):
            partial = file.with_suffix(".tmp")
            with partial.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([header, *lines])
            partial.replace(file)
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror}).") from error
    return path


def _row(each: Posting) -> tuple[str, ...]:
    amount = money.plain(each.amount, each.currency)
    return (
        each.ref, each.customer, str(each.day), amount, each.currency, each.kind, each.sale
    )  # fmt: skip
