"""Causes: why documents do not agree, to the minor unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recon.base import money
from recon.base.cash import CashCause
from recon.reconciliation.cash.model import Document, Match

# A booking of cash; the rest is sold or credited.
PAYMENTS = {"payment", "refund"}
# Discounts for early payment, in millionths.
DISCOUNTS = (10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """The causes that fit, the likeliest first, and the sentence.

    `twin` is the day of the document that stands there twice.
    """

    candidates: tuple[CashCause, ...]
    sentence: str
    against: tuple[str, ...] = ()
    twin: str = ""

    @property
    def cause(self) -> CashCause:
        """The first of the causes that fit."""
        return self.candidates[0] if self.candidates else CashCause.UNEXPLAINED

    @property
    def certainty(self) -> str:
        """Whether it is certain, ambiguous or unexplained."""
        if not self.candidates or self.candidates == (CashCause.UNEXPLAINED,):
            return "unexplained"
        return "certain" if len(self.candidates) == 1 and not self.against else "ambiguous"


def of_match(match: Match, discounts: Sequence[int] = DISCOUNTS) -> Found:
    """The causes of a match whose sides differ."""
    first, second = match.of(1), match.of(2)
    candidates = dict(_of_match(match, first, second, discounts))
    if not candidates:
        return Found((), _amounts(match, "and nothing that is known explains the difference"))
    (cause, sentence), *_ = candidates.items()
    return Found((cause, *list(candidates)[1:]), sentence)


def _of_match(
    match: Match, first: Sequence[Document], second: Sequence[Document], discounts: Sequence[int]
) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes that fit, each with its sentence."""
    a, b = (sum(each.amount for each in side) for side in (first, second))
    one, other = first[0], second[0]
    if one.currency != other.currency:
        if a == b:
            text = f"{_ref(one)} is in {one.currency} by the feeds and in {other.currency} there"
            yield CashCause.WRONG_CURRENCY, f"{text}; the amount is the same."
        return
    if a == b:
        if _of(first, "customer") != _of(second, "customer"):
            yield (
                CashCause.WRONG_CUSTOMER,
                f"{_ref(one)} is of {_whose(one)} by the feeds, and posted to {_whose(other)}.",
            )
        if not all(each.counts for each in match.documents):
            yield from _across(match, first, second, discounts)
        return
    if not all(each.counts for each in match.documents):
        # Posted in another month and for another amount: both, or neither.
        found = list(readings(first, b, discounts)) if len(match.documents) == 2 else []  # noqa: PLR2004
        if found:
            yield from _across(match, first, second, discounts)
            yield from found
        return
    if len(second) > 1 and (twice := _twice(second, a)):
        text = f"{_ref(twice)} is posted twice: without {_day(twice)} both sides agree"
        paid = twice.kind in PAYMENTS or twice.amount < 0
        yield CashCause.DUPLICATE_PAYMENT if paid else CashCause.POSTED_TWICE, f"{text}."
        return
    yield from _by_amount(match, a, b, first, discounts)


def _across(
    match: Match, first: Sequence[Document], second: Sequence[Document], discounts: Sequence[int]
) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes of a match across months."""
    now = [[each for each in side if each.counts] for side in (first, second)]
    late = next(each for each in match.documents if not each.counts)
    if all(now):
        # The first posting was wrong, and a later one has put it right.
        begun = Match(match.rule, match.kind, (*now[0], *now[1]), 0)
        found = dict(_of_match(begun, now[0], now[1], discounts))
        for cause, why in found.items():
            yield cause, f"{why.rstrip('.')}; put right on {late.day}."
        if found:
            return
    by = "the feeds" if late.side == 1 else "the ledger"
    early = next(each for each in match.documents if each.side != late.side)
    yield (
        CashCause.WRONG_PERIOD,
        f"{_ref(first[0])} is of {early.day} on one side, and of {late.day} by {by}.",
    )


def _by_amount(
    match: Match, a: int, b: int, first: Sequence[Document], discounts: Sequence[int]
) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes that one amount instead of another has."""
    found = list(readings(first, b, discounts))
    for cause, why in found:
        yield cause, _amounts(match, why)
    if not found and a < 0 and b < 0 and first[0].kind == "payment":
        short = abs(b) < abs(a)
        cause = CashCause.SHORT_PAYMENT if short else CashCause.OVER_PAYMENT
        yield cause, _amounts(match, f"so {'less' if short else 'more'} is applied than was paid")


def readings(
    first: Sequence[Document], b: int, discounts: Sequence[int] = DISCOUNTS
) -> Iterator[tuple[CashCause, str]]:
    """Yield the readings that make an amount another one."""
    one, a = first[0], sum(each.amount for each in first)
    unit = money.minor_unit(one.currency)
    if b == -a:
        yield CashCause.SIGN_FLIPPED, "the sign is turned"
    for factor in (10, 100, 1000):
        if b == a * factor or b * factor == a:
            yield CashCause.DECIMAL_SHIFT, f"the decimal sign is off by a factor of {factor:,}"
    if b in _swapped(a, unit):
        yield CashCause.DIGITS_SWAPPED, "two neighbouring digits are exchanged"
    tax = sum(each.tax for each in first)
    if tax and b in (a - tax, a + tax):
        word = "without" if b == a - tax else "with twice"
        yield CashCause.TAX, f"it is posted {word} the tax of {money.pretty(tax, one.currency)}"
    for rate in discounts:
        # Some round the discount, and some what is left.
        off, taken = abs(a) * rate, (abs(a) - abs(b)) * MILLION
        if (a < 0) == (b < 0) and taken > 0 and abs(taken - off) < unit * MILLION:
            yield CashCause.DISCOUNT_TAKEN, f"a discount of {rate / 10_000:g}% is taken off"
    lines = sum(each.lines for each in first)
    if abs(b - a) <= unit * max(lines, 1):
        yield CashCause.ROUNDING, "they differ by rounding, at most one minor unit a line"


def _swapped(amount: int, unit: int) -> set[int]:
    """The amounts with two neighbouring digits exchanged."""
    sign, digits = (-1 if amount < 0 else 1), str(abs(amount) // unit)
    found = set()
    for at in range(len(digits) - 1):
        other = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if other != digits:
            found.add(sign * int(other) * unit)
    return found


def _twice(documents: Sequence[Document], wanted: int) -> Document | None:
    """The document that is there twice, if any."""
    total = sum(each.amount for each in documents)
    for at, each in enumerate(documents):
        again = any(each.amount == other.amount for other in documents[:at])
        if again and total - each.amount == wanted:
            return each
    return None


def _of(documents: Sequence[Document], what: str) -> set[object]:
    return {str(getattr(each, what) or "").casefold().strip() for each in documents}


def _amounts(match: Match, why: str) -> str:
    first, second = match.of(1), match.of(2)
    one = first[0]
    a, b = (money.pretty(sum(e.amount for e in side), one.currency) for side in (first, second))
    return f"{_ref(one)} is {a} by the feeds and {b} in the ledger: {why}."


def _ref(document: Document) -> str:
    """A document as a sentence names it."""
    kind = (document.kind or "document").replace("_", " ")
    if document.ref:
        return f"{kind.capitalize()} {document.ref}"
    return f"The {kind} of {document.day}"


def _whose(document: Document) -> str:
    return document.customer or "no customer"


def _day(document: Document) -> str:
    return f"the one of {document.day}"


ref_text = _ref
