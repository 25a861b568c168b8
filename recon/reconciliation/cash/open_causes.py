"""Causes of documents that only one side has.

Reads `unmatched`, `documents` and `allocations`. What speaks for another reading makes a cause
ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from recon.base import money
from recon.base.cash import CashCause
from recon.reconciliation.cash.causes import PAYMENTS, Found, ref_text
from recon.reconciliation.cash.model import Document, InvalidRow
from recon.reconciliation.cash.resembling import causes_between, find_partners
from recon.reconciliation.cash.resembling import told as told_of
from recon.store.session import Session

FEEDS, THERE = 1, 2
_SIDES = {FEEDS: "the feeds", THERE: "the ledger"}
_HAVE = {FEEDS: "the feeds have", THERE: "the ledger has"}


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs in other documents for those that are open.

    Each is by the number of the open document.
    """

    twins: Mapping[int, str] = field(default_factory=dict)
    like: Mapping[int, str] = field(default_factory=dict)
    moved: Mapping[int, str] = field(default_factory=dict)
    elsewhere: Mapping[int, str] = field(default_factory=dict)
    others: Mapping[int, str] = field(default_factory=dict)
    cancels: Mapping[int, str] = field(default_factory=dict)
    copies: Mapping[int, str] = field(default_factory=dict)
    again: Mapping[int, str] = field(default_factory=dict)
    partners: Mapping[int, Document] = field(default_factory=dict)
    unread: Mapping[int, str] = field(default_factory=dict)
    sales: Mapping[int, tuple[int, int, bool]] = field(default_factory=dict)


_ELSEWHERE = """SELECT u.document, min(coalesce(d.ref, 'a document') || ' of ' || d.day || {whose})
    FROM open_now AS u JOIN unmatched AS d
    ON d.side <> u.side AND d.amount = u.amount AND d.currency IS NOT DISTINCT FROM u.currency
        AND abs(date_diff('day', d.day, u.day)) <= 31
        AND (d.customer_key IS NOT DISTINCT FROM u.customer_key) = {mine} GROUP BY u.document"""
# Of open documents `u`, by sign: the other document `d` and what is told of it.
_QUERIES = {
    # The same document once more, which is matched.
    "twins": """SELECT u.document, min(d.day) FILTER (l.match IS NOT NULL) || ' ' || count(*)
            || ' ' || count(l.match) FROM open_now AS u JOIN documents AS d
        ON d.side = u.side AND d.ref_key = u.ref_key AND d.amount = u.amount
            AND d.currency IS NOT DISTINCT FROM u.currency
            AND d.customer_key IS NOT DISTINCT FROM u.customer_key
        LEFT JOIN allocations AS l ON l.document = d.document
        GROUP BY u.document HAVING count(l.match) > 0""",
    # One like it without that number, of nearly the same day, which is matched.
    "like": """SELECT u.document, min(coalesce(d.ref, '') || ' of ' || d.day)
        FROM open_now AS u JOIN documents AS d
        ON d.side = u.side AND d.amount = u.amount AND d.customer_key = u.customer_key
            AND d.currency IS NOT DISTINCT FROM u.currency
            AND (d.ref_key IS DISTINCT FROM u.ref_key OR u.ref_key IS NULL)
            AND abs(date_diff('day', d.day, u.day)) <= {window}
        JOIN allocations AS l ON l.document = d.document
        WHERE (u.side = 2 OR u.ref_key IS NULL) AND NOT EXISTS (SELECT 1 FROM documents AS k
            WHERE k.side = 1 AND k.ref_key = u.ref_key) GROUP BY u.document""",
    # The same number and amount of another customer or currency, which is matched.
    "moved": """SELECT u.document, min(CASE WHEN d.currency IS DISTINCT FROM u.currency
            THEN 'currency' ELSE 'customer ' || coalesce(d.customer, '') END || ' of ' || d.day)
        FROM open_now AS u JOIN documents AS d
        ON d.side = u.side AND d.ref_key = u.ref_key AND d.amount = u.amount
            AND (d.currency IS DISTINCT FROM u.currency
                OR d.customer_key IS DISTINCT FROM u.customer_key)
        JOIN allocations AS l ON l.document = d.document GROUP BY u.document""",
    # The same amount, open on the other side: of this customer, and of others.
    "elsewhere": _ELSEWHERE.format(mine="true", whose="''"),
    "others": _ELSEWHERE.format(
        mine="false", whose="' (customer ' || coalesce(d.customer, 'unknown') || ')'"
    ),
    # The opposite amount, open on the same side, of the same number.
    "cancels": """SELECT u.document, min(coalesce(d.ref, 'a document') || ' of ' || d.day)
        FROM open_now AS u JOIN open_now AS d
        ON d.side = u.side AND d.amount = -u.amount AND d.customer_key = u.customer_key
            AND d.currency IS NOT DISTINCT FROM u.currency
            AND (d.ref_key = u.ref_key OR d.ref_key = u.sale_key OR d.sale_key = u.ref_key
                OR (d.ref_key IS NULL AND u.ref_key IS NULL)) GROUP BY u.document""",
    # More than one of that amount, open on one side and on the other.
    "copies": """SELECT u.document, d.n FROM open_now AS u JOIN (
            SELECT amount, customer_key, currency, count(*) AS n FROM unmatched
            GROUP BY ALL HAVING count(*) > 2 AND min(side) <> max(side)) AS d
        ON d.amount = u.amount AND d.customer_key IS NOT DISTINCT FROM u.customer_key
            AND d.currency IS NOT DISTINCT FROM u.currency""",
    # Another amount of that number, which is matched.
    "again": """SELECT u.document, min(d.day) FROM (FROM open_now WHERE side = 2) AS u
        JOIN documents AS d
        ON d.side = u.side AND d.ref_key = u.ref_key AND sign(d.amount) = sign(u.amount)
            AND d.amount <> u.amount AND d.kind IS NOT DISTINCT FROM u.kind
        JOIN allocations AS l ON l.document = d.document GROUP BY u.document""",
}


def signs(session: Session, window: int, invalid: Sequence[InvalidRow] = ()) -> Signs:
    """The signs for the open documents that count.

    `invalid` rows of the ledger may be what is missing there.
    """
    session.execute("CREATE OR REPLACE TEMP TABLE open_now AS FROM unmatched WHERE counts")
    found = {
        name: {document: str(told) for document, told in _rows(session, query, window)}
        for name, query in _QUERIES.items()
    }
    sales = {
        document: (int(sold or 0), int(credited or 0), bool(matched))
        for document, sold, credited, matched in session.execute(
            """WITH credits AS (SELECT document, side, sale_key FROM open_now
                WHERE sale_key IS NOT NULL AND amount < 0),
            named AS (
                SELECT u.document, d.amount, true AS sale, d.document AS other
                FROM credits AS u JOIN documents AS d
                ON d.side = u.side AND d.ref_key = u.sale_key WHERE d.amount > 0
                UNION ALL
                SELECT u.document, d.amount, false, NULL
                FROM credits AS u JOIN documents AS d
                ON d.side = u.side AND d.sale_key = u.sale_key
                WHERE d.amount < 0 AND d.kind <> 'invoice')
            SELECT n.document, sum(n.amount) FILTER (sale), sum(n.amount) FILTER (NOT sale),
                coalesce(bool_or(l.match IS NOT NULL) FILTER (sale), false)
            FROM named AS n LEFT JOIN allocations AS l ON l.document = n.other
            GROUP BY n.document"""
        ).fetchall()
    }
    return Signs(
        sales=sales,
        partners=find_partners(session, window),
        unread=_unread(session, invalid),
        **found,
    )


def _unread(session: Session, invalid: Sequence[InvalidRow]) -> dict[int, str]:
    """Unread rows that may be open documents of the feeds.

    It has the number, or no number and the customer.
    """
    rows = [[row.place, row.number, row.customer] for row in invalid if row.side == THERE]
    if not rows:
        return {}
    found = session.execute(
        """SELECT u.document, min(r[1]) FROM (SELECT unnest($rows::VARCHAR[][]) AS r) AS v
        JOIN open_now AS u ON u.ref_key = id_key(r[2])
            OR r[2] = '' AND u.customer_key = id_key(r[3])
        WHERE u.side = 1 GROUP BY u.document""",
        {"rows": rows},
    ).fetchall()
    return dict(found)


def _rows(session: Session, query: str, window: int) -> Sequence[tuple[int, object]]:
    return session.execute(query.replace("{window}", str(window))).fetchall()


def of_open(document: Document, known: Signs) -> Found:
    """The causes of a document in no match."""
    candidates = dict(_candidates(document, known))
    (_, sentence), *_ = candidates.items()
    against = list(_against(document, known, candidates))
    if against:
        sentence = f"{sentence.rstrip('.')}; but {' and '.join(against)}."
    twin = known.twins.get(document.document, "").partition(" ")[0]
    return Found(tuple(candidates), sentence, tuple(against), twin)


def _against(document: Document, known: Signs, candidates: dict[CashCause, str]) -> Iterator[str]:
    """Yield sentences for other causes, and add these."""
    number, other = document.document, _HAVE[FEEDS + THERE - document.side]
    found = list[CashCause]()
    if mine := known.elsewhere.get(number):
        yield f"{other} the same amount open as {mine}"
        found += [] if mine.endswith(str(document.day)) else [CashCause.WRONG_PERIOD]
        found += [_twice(document)] if number in known.copies else []
        nameless = document.side == FEEDS and mine.startswith("a document ")
        found += [CashCause.UNAPPLIED_CASH] if nameless and document.kind in PAYMENTS else []
    if theirs := known.others.get(number):
        found.append(CashCause.WRONG_CUSTOMER)
        if not mine:
            yield f"{other} the same amount open as {theirs}"
    if number in known.unread:
        yield f"the ledger has a row that cannot be read and may be it ({known.unread[number]})"
    if partner := _partner(document, known):
        found += causes_between(document, partner)
        if not mine:
            yield f"{other} {told_of(partner)}"
    for cause in found:
        candidates.setdefault(cause, "")


def _partner(document: Document, known: Signs) -> Document | None:
    """The open document that it resembles; none for copies."""
    number = document.document
    if number in known.twins or number in known.moved:
        return None
    return known.partners.get(number)


def _twice(document: Document) -> CashCause:
    paid = document.kind in PAYMENTS or document.amount < 0
    return CashCause.DUPLICATE_PAYMENT if paid else CashCause.POSTED_TWICE


def _candidates(document: Document, known: Signs) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes that fit, the likeliest first."""
    number, name = document.document, ref_text(document)
    here, there = _SIDES[document.side], _SIDES[FEEDS + THERE - document.side]
    have = _HAVE[FEEDS + THERE - document.side]
    twice = _twice(document)
    if number in known.twins:
        _, often, matched = known.twins[number].split()
        yield twice, f"{name} stands {_times(often)} in {here}, and {_times(matched)} in {there}."
        if _may_be_a_part(document, known):
            yield _missing(document), ""
        return
    if told := known.moved.get(number):
        what, _, day = told.partition(" of ")
        wrong = CashCause.WRONG_CURRENCY if what == "currency" else CashCause.WRONG_CUSTOMER
        right = "in the right currency" if what == "currency" else f"for {what}"
        yield wrong, f"{name} also stands {right} in {here}, of {day}; {have} it once."
        yield twice, ""
        return
    named = list(_special(document, known))
    yield from named
    if number in known.like:
        yield twice, f"{name} may be {known.like[number]} once more: {have} it once."
    if named:
        return
    if document.side == FEEDS:
        amount = money.pretty(document.amount, document.currency)
        yield CashCause.NOT_POSTED, f"{name} over {amount} is not in the ledger."
    elif number in known.again:
        amount = money.pretty(document.amount, document.currency)
        beside = f"beside the one of {known.again[number]}"
        text = f"{name} over {amount} is in the ledger {beside}, and in no feed."
        yield CashCause.NOT_IN_FEEDS, text
        yield twice, ""
    else:
        yield CashCause.NOT_IN_FEEDS, f"{name} is in the ledger, and in no feed."


def _times(count: str) -> str:
    return {"1": "once", "2": "twice"}.get(count, f"{count} times")


def _missing(document: Document) -> CashCause:
    return CashCause.NOT_POSTED if document.side == FEEDS else CashCause.NOT_IN_FEEDS


def _may_be_a_part(document: Document, known: Signs) -> bool:
    """Whether equal payments may be parts of a sale.

    Where payments have the number of their sale, two of them are one only if the sale is not that
    large, or if they are of one day. Halves of an odd amount may be a minor unit too much.
    """
    sold, credited, _ = known.sales.get(document.document, (0, 0, False))
    named = (document.sale or "").casefold() == (document.ref or "").casefold() != ""
    apart = not known.twins[document.document].startswith(str(document.day))
    return named and apart and 0 < sold >= -credited - money.minor_unit(document.currency)


def _special(document: Document, known: Signs) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes that say more than "missing"."""
    if other := known.cancels.get(document.document):
        here = _SIDES[document.side]
        yield CashCause.NETTED, f"{ref_text(document)} and {other} cancel each other in {here}."
    elif document.amount < 0 and document.kind != "invoice":
        yield from _of_credit(document, known)


def _of_credit(document: Document, known: Signs) -> Iterator[tuple[CashCause, str]]:
    """Yield the causes of a payment or credit note."""
    name, here = ref_text(document), _SIDES[document.side]
    sale = known.sales.get(document.document)
    if document.sale is None:
        if not document.ref or document.side == FEEDS:
            yield CashCause.UNAPPLIED_CASH, f"{name} names no document that it pays."
    elif sale is None or not sale[0]:
        yield (
            CashCause.CREDIT_WITHOUT_SALE,
            f"{name} is for {document.sale}, which is not in {here}.",
        )
    elif sale[0] + sale[1] < 0:
        beyond = money.pretty(-sale[0] - sale[1], document.currency)
        yield CashCause.CREDIT_BEYOND_SALE, f"{name} takes {beyond} more than {document.sale} is."
    elif document.kind == "credit_note" and document.side == FEEDS and sale[2]:
        yield CashCause.CREDIT_NOT_APPLIED, f"{name} is not applied to {document.sale}."
