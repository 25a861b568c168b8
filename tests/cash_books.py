"""Books of order to cash with a planted fault of every cause, and the truth of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from recon.base.month import Month
from recon.base.policy import Policy
from recon.reconciliation.cash.documents import prepare
from recon.reconciliation.cash.policy import CashPolicy
from recon.reconciliation.cash.receivable import Receivables, reconcile_receivables
from recon.store.session import Session, literal

MONTH = Month.parse("2024-06")
_LAST = date(2024, 6, 30)


@dataclass(frozen=True)
class Doc:
    """A document; the amount is in cents."""

    ref: str | None
    customer: str
    day: date
    amount: int
    kind: str = "invoice"
    sale: str | None = None
    currency: str = "EUR"
    tax: int = 0


@dataclass
class Books:
    """Both sides, and the planted faults: the number of the document and the cause."""

    feeds: list[Doc] = field(default_factory=list)
    ledger: list[Doc] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)


def _swapped(amount: int) -> int:
    digits = str(abs(amount))
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            other = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            return int(other) * (1 if amount > 0 else -1)
    return amount


def _later(doc: Doc, days: int) -> Doc:
    return replace(doc, day=min(doc.day + timedelta(days=days), _LAST))


_Fault = Callable[[Doc, random.Random], tuple[list[Doc], list[Doc]]]
# What becomes of a document on both sides.
FAULTS: dict[str, _Fault] = {
    "posted_twice": lambda d, r: ([d], [d, _later(d, r.randint(0, 9))]),
    "not_posted": lambda d, _: ([d], []),
    "not_in_feeds": lambda d, _: ([], [replace(d, ref=f"L-{d.ref}")]),
    "decimal_shift": lambda d, _: ([d], [replace(d, amount=d.amount * 10)]),
    "digits_swapped": lambda d, _: ([d], [replace(d, amount=_swapped(d.amount))]),
    "sign_flipped": lambda d, _: ([d], [replace(d, amount=-d.amount)]),
    "tax": lambda d, _: ([d], [replace(d, amount=d.amount - d.tax)]),
    "discount_taken": lambda d, _: ([d], [replace(d, amount=d.amount - round(d.amount * 0.03))]),
    "rounding": lambda d, _: ([d], [replace(d, amount=d.amount + 1)]),
    "wrong_customer": lambda d, _: ([d], [replace(d, customer=f"{d.customer}9")]),
    "wrong_currency": lambda d, _: ([d], [replace(d, currency="CHF")]),
    "wrong_period": lambda d, _: (
        [replace(d, day=date(2024, 6, 29))], [replace(d, day=date(2024, 7, 2))],
    ),
}  # fmt: skip


def _pay(doc: Doc, **change: Any) -> Doc:
    """The payment of a sale."""
    paid = replace(
        doc, ref=f"P-{doc.ref}", amount=-doc.amount, kind="payment", sale=doc.ref, tax=0,
        day=min(doc.day + timedelta(days=7), _LAST),
    )  # fmt: skip
    return replace(paid, **change)


def _part(doc: Doc, of_83: int, draw: random.Random) -> Doc:
    """A payment of another amount, which no digit explains."""
    return _pay(doc, amount=-doc.amount * of_83 // 83 - draw.randint(1, 4))


# What becomes of the payment of a sale that both sides have.
PAID: dict[str, _Fault] = {
    "duplicate_payment": lambda d, _: ([_pay(d)], [_pay(d), _pay(d)]),
    "short_payment": lambda d, r: ([_pay(d)], [_part(d, 61, r)]),
    "over_payment": lambda d, r: ([_pay(d)], [_part(d, 97, r)]),
    "unapplied_cash": lambda d, _: ([], [_pay(d, ref=None, sale=None)]),
    "credit_without_sale": lambda d, _: ([_pay(d, sale=f"Q{d.ref}")], []),
    "credit_beyond_sale": lambda d, _: ([_pay(d, amount=-d.amount * 2)], []),
    "credit_not_applied": lambda d, _: (
        [_pay(d, kind="credit_note", amount=-(d.amount // 3))], [],
    ),
}  # fmt: skip


def _bare(doc: Doc, **change: Any) -> Doc:
    """A document whose number nobody wrote down."""
    return replace(doc, ref=None, sale=None, **change)


def _half(doc: Doc, day: int) -> Doc:
    """One of two equal payments under the number of their sale."""
    return _pay(doc, ref=doc.ref, amount=-doc.amount // 2, day=date(2024, 6, day))


# Faults that no number proves: the cause is one of several. A second fault hides the first one.
_Sides = tuple[list[Doc], list[Doc]]
DOUBTFUL: tuple[tuple[str, Callable[[Doc], _Sides]], ...] = (
    ("decimal_shift", lambda d: ([_bare(d)], [_bare(d, amount=d.amount * 10)])),
    ("digits_swapped", lambda d: ([_bare(d)], [_bare(d, amount=_swapped(d.amount))])),
    ("sign_flipped", lambda d: ([_bare(d)], [_bare(d, amount=-d.amount)])),
    ("tax", lambda d: ([_bare(d)], [_bare(d, amount=d.amount - d.tax)])),
    ("discount_taken", lambda d: ([_bare(d)], [_bare(d, amount=d.amount - d.amount // 50)])),
    ("wrong_customer", lambda d: ([_bare(d)], [_bare(d, customer=f"{d.customer}9")])),
    ("wrong_currency", lambda d: ([_bare(d)], [_bare(d, currency="CHF")])),
    ("posted_twice", lambda d: ([_bare(d)], [_bare(d), _later(_bare(d), 2)])),
    ("decimal_shift", lambda d: ([d], [replace(d, ref=f"Z{d.ref}", amount=d.amount * 10)])),
    ("wrong_customer", lambda d: ([d], [replace(d, customer="C09", amount=d.amount * 10)])),
    ("decimal_shift", lambda d: ([d], [replace(d, customer="C09", amount=d.amount * 10)])),
    ("posted_twice", lambda d: ([d], [d, replace(d, amount=d.amount * 10)])),
    ("posted_twice", lambda d: ([d], [d, replace(d, currency="CHF")])),
    ("short_payment", lambda d: ([_pay(d)], [_bare(_pay(d), amount=-d.amount + 2_911)])),
    ("duplicate_payment", lambda d: ([_pay(d)], [_bare(_pay(d)), _bare(_pay(d))])),
    ("not_posted", lambda d: ([d, _half(d, 9), _half(d, 20)], [d, _half(d, 9)])),
    ("not_posted", lambda d: (
        [d, _pay(d, ref="P1", amount=-4_000, day=date(2024, 6, 6)), _pay(d, ref="P2", amount=-900)],
        [d, _pay(d, ref="P3", amount=-4_900, day=date(2024, 6, 28))])),
)  # fmt: skip


def books(seed: int, documents: int = 300, prices: int | None = None) -> Books:
    """Books of so many documents, one in ten with a fault; few `prices` make amounts equal."""
    draw, made = random.Random(seed), Books()  # noqa: S311
    list_ = [draw.randint(1_200, 90_000) for _ in range(prices or documents)]
    faults = [*FAULTS, *PAID]
    for at in range(documents):
        amount = draw.choice(list_)
        doc = Doc(
            f"R{at:05}", f"C{draw.randint(1, 9 + documents // 20)}",
            date(2024, 6, 1) + timedelta(days=draw.randint(0, 24)), amount, tax=amount * 7 // 107,
        )  # fmt: skip
        fault = faults[(at // 10) % len(faults)] if at % 10 == 0 else ""
        if fault in FAULTS:
            sides = FAULTS[fault](doc, draw)
            _add(made, *sides, fault if sides[0] != sides[1] else "")
            continue
        _add(made, [doc], [doc], "")
        if fault:
            _add(made, *PAID[fault](doc, draw), fault)
        elif draw.random() < 0.3:
            # Some ledgers do not say which document a payment is for, nor on which day it came.
            paid = _pay(doc)
            there = draw.choice([paid, replace(paid, ref=None, sale=None), _later(paid, 0)])
            _add(made, [paid], [there], "")
    draw.shuffle(made.feeds)
    draw.shuffle(made.ledger)
    return made


def _add(made: Books, feeds: list[Doc], ledger: list[Doc], fault: str) -> None:
    made.feeds += feeds
    made.ledger += ledger
    if fault:
        one = (feeds or ledger)[0]
        made.truth[name_of(one.ref, one.customer, -one.amount if one.ref is None else 0)] = fault


def name_of(ref: str | None, customer: str | None, amount: int) -> str:
    """A document by its number, else by its customer and amount."""
    return ref or f"{customer} {amount}"


def select(docs: list[Doc]) -> str:
    """The SELECT of some documents."""
    rows = ", ".join(
        f"({at}, {literal(d.ref)}, {literal(d.customer)}, DATE '{d.day}', {d.amount * 100}, "
        f"{literal(d.currency)}, {literal(d.kind)}, {literal(d.sale)}, {d.tax * 100})"
        for at, d in enumerate(docs, 1)
    )
    return (
        "SELECT place, CAST(ref AS VARCHAR) AS ref, customer, day, CAST(amount AS BIGINT) AS "
        "amount, currency, kind, CAST(sale AS VARCHAR) AS sale, CAST(tax AS BIGINT) AS tax, "
        f"day <= DATE '{_LAST}' AS counts FROM (VALUES {rows}) "
        "AS v(place, ref, customer, day, amount, currency, kind, sale, tax)"
    )


def reconciled(session: Session, made: Books) -> Receivables:
    """Order to cash of some books, in a prepared session."""
    return reconcile_receivables(
        session, MONTH, [select(made.feeds), select(made.ledger)], ("feeds", "ledger"),
        CashPolicy(),
    )  # fmt: skip


@dataclass
class Score:
    """How faults were found and named."""

    planted: int = 0
    found: int = 0
    certain: int = 0
    right: int = 0
    listed: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, made: Books, result: Receivables) -> None:
        """Hold a result against the truth."""
        named = {}
        for item in result.breaks:
            for each in item.documents:
                key = name_of(each.ref, each.customer, -each.amount // 100)
                named.setdefault(key, item)
        for name, fault in made.truth.items():
            self.planted += 1
            item = named.get(name)
            if item is None:
                self.wrong.append(f"{name} {fault}: not found")
                continue
            self.found += 1
            listed = fault in {cause.value for cause in item.found.candidates}
            self.listed += listed
            if item.found.certainty == "certain":
                self.certain += 1
                self.right += item.cause.value == fault
            if item.cause.value != fault:
                self.wrong.append(
                    f"{name} {fault}: {item.cause.value} ({item.found.certainty}) "
                    f"{item.found.sentence}"
                )


def measured(session: Session, seeds: range, documents: int, prices: int | None) -> Score:
    """The score over books of some seeds."""
    score = Score()
    for seed in seeds:
        made = books(seed, documents, prices)
        score.add(made, reconciled(session, made))
    return score


def prepared(session: Session) -> Session:
    """A session that can compare ids."""
    prepare(session, Policy())
    return session
