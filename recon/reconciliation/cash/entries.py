"""Proposed entries: bookings that would put breaks right.

An entry takes back what its break adds to customers' receivables, customer by customer. Only a
certain cause that says what to book has one, and no amount is booked while the ledger has a
document of it that agrees with nothing. Makes `to_book`, `known_numbers` and `standing`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recon.base.cash import ACCOUNTS, OTHER_ACCOUNT, RECEIVABLE, CashCause, CashStatus
from recon.base.errors import tie
from recon.base.month import Month
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.receivable import Receivables
from recon.store.session import Session, literal

WHAT_TO_DO: Mapping[CashCause, str] = {
    CashCause.POSTED_TWICE: "Reverse what was posted more than once.",
    CashCause.DUPLICATE_PAYMENT: "Reverse what was posted more than once.",
    CashCause.SIGN_FLIPPED: "Correct the sign.",
    CashCause.DECIMAL_SHIFT: "Correct the amount to that of the feeds.",
    CashCause.DIGITS_SWAPPED: "Correct the amount to that of the feeds.",
    CashCause.TAX: "Correct the tax.",
    CashCause.ROUNDING: "Post the rounding difference.",
    CashCause.WRONG_CUSTOMER: "Move to the right customer.",
    CashCause.WRONG_CURRENCY: "Reverse in the wrong currency and post in the right one.",
    CashCause.CREDIT_NOT_APPLIED: "Post the credit note.",
    CashCause.NOT_POSTED: "Post the document.",
}
WHY_NOT: Mapping[CashCause, str] = {
    CashCause.WRONG_PERIOD: "it stands in another month, so there is nothing to post",
    CashCause.DISCOUNT_TAKEN: "agree first whether the discount is granted",
    CashCause.SHORT_PAYMENT: "find out first where the rest of the payment was applied",
    CashCause.OVER_PAYMENT: "find out first what the rest was applied from",
    CashCause.UNAPPLIED_CASH: "find out first what it pays",
    CashCause.CREDIT_WITHOUT_SALE: "find out first which sale it is for",
    CashCause.CREDIT_BEYOND_SALE: "find out first which sale it is for",
    CashCause.NETTED: "its documents cancel each other, so there is nothing to post",
    CashCause.NOT_IN_FEEDS: "find out first what it is",
    CashCause.UNEXPLAINED: "no cause explains the difference",
}

_ONCE_TOO_OFTEN = (CashCause.POSTED_TWICE, CashCause.DUPLICATE_PAYMENT)


@dataclass(frozen=True, slots=True)
class CashLine:
    """A line of an entry: a debit or a credit.

    The other amount is 0. Only the lines of receivables have a customer.
    """

    account: str
    customer: str
    currency: str
    debit: int
    credit: int


@dataclass(frozen=True, slots=True)
class CashEntry:
    """A booking that would put a break right.

    It is balanced by currency.
    """

    number: int
    item: CashBreak
    text: str
    lines: tuple[CashLine, ...]


@dataclass(frozen=True, slots=True)
class CashEntries:
    """Entries to post, and breaks without one, with reasons."""

    month: Month
    proposed: tuple[CashEntry, ...] = ()
    refused: tuple[tuple[CashBreak, str], ...] = ()


def proposed_entries(
    session: Session,
    result: Receivables,
    standing: str,
    feeds: str,
    accounts: Mapping[str, str] | None = None,
) -> CashEntries:
    """The proposed entries of a result whose session is open.

    `standing` is a SELECT of the ledger's rows that are in no match, those after the month and
    those that cannot be read among them: document (NULL where it is none), ref, customer, amount,
    currency, unread. `feeds` is a SELECT of all documents of the feeds, of whatever day: ref,
    amount. `accounts` has what the ledger calls the accounts. Raises TieOutError where an entry is
    not balanced.
    """
    objections = {item.name: why for item in result.breaks if (why := _objection(item))}
    open_ones = [item for item in result.breaks if item.name not in objections]
    objections |= _standing_in_the_way(session, open_ones, standing, feeds)
    objections |= dict(_too_much_elsewhere(open_ones, result.breaks))
    fine = [item for item in result.breaks if item.name not in objections]
    return CashEntries(
        result.month,
        tuple(_entry(number, item, accounts or {}) for number, item in enumerate(fine, 1)),
        tuple((item, objections[item.name]) for item in result.breaks if item.name in objections),
    )


def _objection(item: CashBreak) -> str:
    """Why a break has no entry, '' for no reason."""
    if item.found.certainty != "certain":
        return (
            WHY_NOT[CashCause.UNEXPLAINED]
            if not item.found.candidates
            else ("its cause is not certain")
        )
    if item.cause in WHY_NOT:
        return WHY_NOT[item.cause]
    if not all(each.counts for each in item.documents):
        return "a later posting puts it right"
    if item.cause in _ONCE_TOO_OFTEN and item.status is CashStatus.NOT_IN_LEDGER:
        return "the feeds have it twice, and the ledger is right"
    moved = item.cause in (CashCause.WRONG_CUSTOMER, CashCause.WRONG_CURRENCY)
    if moved and item.status is CashStatus.NOT_IN_LEDGER:
        return "the feeds have it twice, and the ledger is right"
    return ""


def _standing_in_the_way(
    session: Session, items: Sequence[CashBreak], standing: str, feeds: str
) -> dict[str, str]:
    """Breaks whose amount is posted somewhere already, with the reason.

    A document of that amount that agrees with nothing may be the missing posting, or the correction
    itself; and so may be a row that cannot be read.
    """
    if not items:
        return {}
    _make_standing(session, items, standing, feeds)
    found = session.execute(
        """WITH found AS (
            SELECT name, own, s.* FROM to_book AS b JOIN standing AS s ON s.ref_key = b.ref_key
            UNION ALL SELECT name, own, s.* FROM to_book AS b JOIN standing AS s
                ON abs(s.amount) = b.amount AND NOT s.unread
                WHERE s.customer_key = b.customer_key OR s.ref_key IS NULL
                    OR s.ref_key NOT IN (SELECT ref_key FROM known_numbers)
            UNION ALL SELECT name, own, s.* FROM to_book AS b JOIN standing AS s
                ON s.unread AND coalesce(s.customer_key = b.customer_key, true))
        SELECT name, min(CASE WHEN unread THEN 'a row of the ledger cannot be read'
            ELSE 'the ledger has ' || coalesce(ref, 'a document without number')
                || ' in no match, which may be it already' END)
        FROM found WHERE document IS NULL OR NOT list_contains(own, document) GROUP BY name"""
    ).fetchall()
    return dict(found)


def _make_standing(session: Session, items: Sequence[CashBreak], standing: str, feeds: str) -> None:
    """Make `to_book`, `known_numbers` and `standing`.

    What agrees with a later document of the feeds is none that stands in the way.
    """
    rows = ", ".join(_values(items))
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE to_book AS
        SELECT *, id_key(customer) AS customer_key, id_key(ref) AS ref_key
        FROM (VALUES {rows}) AS v(name, customer, ref, amount, own)"""
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE known_numbers AS
        SELECT DISTINCT id_key(ref) AS ref_key, amount FROM ({feeds}) WHERE ref IS NOT NULL"""
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE standing AS
        SELECT * FROM (SELECT *, id_key(customer) AS customer_key, id_key(ref) AS ref_key
            FROM ({standing})) AS s
        WHERE document IS NOT NULL OR unread OR NOT EXISTS (SELECT 1 FROM known_numbers AS k
                WHERE k.ref_key = s.ref_key AND k.amount = s.amount)
            OR s.ref_key IN (SELECT ref_key FROM to_book)"""
    )


def _values(items: Sequence[CashBreak]) -> Iterator[str]:
    """Yield the amounts to book, as rows of SQL.

    `own` are the documents that do not stand in the way: those of the break, and of the breaks of
    other copies of what was posted too often.
    """
    copies = defaultdict[object, list[int]](list)
    for item in items:
        copies[_copy_of(item)] += [each.document for each in item.documents]
    for item in items:
        own = ", ".join(map(str, copies[_copy_of(item)]))
        for effect in item.effects:
            yield (
                f"({literal(item.name)}, {literal(effect.customer)}, {literal(item.number)}, "
                f"CAST({abs(effect.amount)} AS BIGINT), [{own}]::BIGINT[])"
            )


def _copy_of(item: CashBreak) -> object:
    """The mark that copies of one document share."""
    if item.cause not in _ONCE_TOO_OFTEN:
        return item.name
    return item.cause, item.number, item.customer, item.currency, item.difference


def _too_much_elsewhere(
    items: Sequence[CashBreak], breaks: Sequence[CashBreak]
) -> Iterator[tuple[str, str]]:
    """Breaks whose opposite is another break of the customer."""
    effects = defaultdict[tuple[str, str, int], set[str]](set)
    for item in breaks:
        for effect in item.effects:
            effects[effect.customer, effect.currency, effect.amount].add(item.name)
    for item in items:
        for effect in item.effects:
            opposite = effects[effect.customer, effect.currency, -effect.amount] - {item.name}
            if opposite:
                yield item.name, f"break {min(opposite)} of the customer is its opposite"


def _entry(number: int, item: CashBreak, accounts: Mapping[str, str]) -> CashEntry:
    receivable = accounts.get(RECEIVABLE, RECEIVABLE)
    lines = [
        _line(receivable, effect.customer, effect.currency, -effect.amount)
        for effect in item.effects
    ]
    sums = Counter[str]()
    for effect in item.effects:
        sums[effect.currency] += effect.amount
    account = ACCOUNTS.get(item.documents[0].kind or "", OTHER_ACCOUNT)
    account = accounts.get(account, account)
    lines += [_line(account, "", code, amount) for code, amount in sorted(sums.items()) if amount]
    for code in sums:
        debit, credit = (
            sum(getattr(line, side) for line in lines if line.currency == code)
            for side in ("debit", "credit")
        )
        tie(f"the credits of proposed entry {number} in {code}", credit, debit)
    text = f"{WHAT_TO_DO[item.cause]} {item.found.sentence}"
    return CashEntry(number, item, text, tuple(lines))


def _line(account: str, customer: str, currency: str, amount: int) -> CashLine:
    return CashLine(account, customer, currency, max(amount, 0), max(-amount, 0))
