"""Resembling: open documents of both sides that may be one.

Reads `unmatched`, `open_now` and `documents`. Makes `free_ones`, the open documents whose number
the other side does not know, and `partners`: document, other, rank (1 for the same number, 2 for an
amount that a fault would make of it, 3 for the same sale, 4 for nearly the same day, of payments
and of what has no number).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recon.base import money
from recon.base.cash import CashCause
from recon.reconciliation.cash.causes import DISCOUNTS, MILLION, PAYMENTS, readings
from recon.reconciliation.cash.model import Document
from recon.reconciliation.cash.pairs import make_nameless
from recon.reconciliation.cash.star import minor_unit
from recon.store.session import Session

_SAME_BUYER = """d.customer_key IS NOT DISTINCT FROM u.customer_key
    AND d.currency IS NOT DISTINCT FROM u.currency AND sign(d.amount) = sign(u.amount)"""
# Of many that resemble one, a document of each day is enough.
_NUMBERS = """SELECT u.document, min(d.document) AS other, 1 AS rank
    FROM open_now AS u JOIN unmatched AS d ON d.side <> u.side AND d.ref_key = u.ref_key
    GROUP BY ALL"""
_SALES = f"""SELECT u.document, min(d.document) AS other, 3 AS rank
    FROM open_now AS u JOIN unmatched AS d
    ON d.side <> u.side AND d.sale_key = u.sale_key AND {_SAME_BUYER} GROUP BY ALL"""
_PAID = f"""SELECT u.document, d.document AS other, 4 AS rank
    FROM (FROM open_now SEMI JOIN free_ones USING (document)) AS u JOIN (
        SELECT side, customer_key, currency, sign(amount) AS amount, day, kind = 'payment' AS paid,
            ref_key IS NULL AS bare, min(document) AS document FROM free_ones GROUP BY ALL) AS d
    ON d.side <> u.side AND {_SAME_BUYER} AND abs(date_diff('day', d.day, u.day)) <= {{window}}
    WHERE u.customer_key IS NOT NULL
        AND (u.kind = 'payment' AND d.paid OR u.ref_key IS NULL OR d.bare)"""


def find_partners(session: Session, window: int) -> dict[int, Document]:
    """The document that each open one resembles most, if any."""
    make_nameless(session)
    session.execute(
        """CREATE OR REPLACE TEMP TABLE free_ones AS
        FROM unmatched SEMI JOIN nameless USING (document)"""
    )
    parts = (_NUMBERS, _amounts(window), _SALES, _PAID.replace("{window}", str(window)))
    found = " UNION ALL BY NAME ".join(f"SELECT * FROM ({part})" for part in parts)
    session.execute(f"CREATE OR REPLACE TEMP TABLE partners AS {found}")
    rows = session.execute(
        """SELECT u.document, d.side, d.ref, d.customer, d.day, d.amount, d.currency, d.kind,
            d.document, d.sale, d.tax, d.lines, d.counts
        FROM partners AS p JOIN open_now AS u USING (document)
        JOIN unmatched AS d ON d.document = p.other
        QUALIFY row_number() OVER (PARTITION BY u.document ORDER BY p.rank,
            abs(date_diff('day', d.day, u.day)), d.day, d.amount, d.ref_key, d.document) = 1"""
    ).fetchall()
    return {
        document: Document(
            side, "", ref, customer, day, amount, currency or "", kind, amount, *more
        )
        for document, side, ref, customer, day, amount, currency, kind, *more in rows
    }


def _amounts(window: int) -> str:
    """The SQL of pairs whose amounts one fault tells apart.

    Of one customer and nearly one day: another currency, the sign, the decimal sign, two digits, a
    tax, a discount, a minor unit.
    """
    rates = ", ".join(str(MILLION - rate) for rate in DISCOUNTS)
    return f"""
        WITH feeds AS (SELECT *, {minor_unit()} AS unit, CAST(abs(amount) // unit AS VARCHAR) AS s
            FROM free_ones WHERE side = 1 AND customer_key IS NOT NULL AND amount <> 0),
        other AS (
            SELECT document, customer_key, currency, day, unnest(list_distinct(list_concat(
                [-amount, amount * 10, amount * 100, amount * 1000, amount + unit, amount - unit],
                list_transform(list_filter([10, 100, 1000], lambda f: amount % f = 0),
                    lambda f: amount // f),
                CASE WHEN tax <> 0 THEN [amount - tax, amount + tax] ELSE [] END,
                list_transform(range(1, length(s)), lambda i: sign(amount) * unit * CAST(
                    s[:i - 1] || s[i + 1] || s[i] || s[i + 2:] AS BIGINT)),
                flatten(list_transform([{rates}], lambda r: [
                    sign(amount) * unit * CAST(abs(amount)::HUGEINT * r // ({MILLION} * unit)
                        AS BIGINT),
                    sign(amount) * unit * CAST(abs(amount)::HUGEINT * r // ({MILLION} * unit) + 1
                        AS BIGINT)]))))) AS amount
            FROM feeds),
        pairs AS (
            SELECT f.document AS first, d.document AS second
            FROM other AS f JOIN free_ones AS d ON d.side = 2 AND d.customer_key = f.customer_key
                AND d.currency = f.currency AND d.amount = f.amount
                AND abs(date_diff('day', d.day, f.day)) <= {window}
            UNION SELECT f.document, d.document FROM feeds AS f JOIN free_ones AS d
            ON d.side = 2 AND d.customer_key = f.customer_key AND d.currency <> f.currency
                AND d.amount = f.amount AND abs(date_diff('day', d.day, f.day)) <= {window})
        SELECT first AS document, min(second) AS other, 2 AS rank FROM pairs GROUP BY first
        UNION ALL SELECT second, min(first), 2 FROM pairs GROUP BY second"""


def causes_between(one: Document, other: Document) -> Iterator[CashCause]:
    """Yield the faults by which two documents may be one."""
    first, second = (one, other) if one.side == 1 else (other, one)
    if _folded(first.customer) != _folded(second.customer):
        yield CashCause.WRONG_CUSTOMER
    if first.currency != second.currency:
        yield CashCause.WRONG_CURRENCY
    elif first.amount != second.amount:
        found = [cause for cause, _ in readings([first], second.amount)]
        yield from found
        if not found and {first.kind, second.kind} <= PAYMENTS:
            short = abs(second.amount) < abs(first.amount)
            yield CashCause.SHORT_PAYMENT if short else CashCause.OVER_PAYMENT
    if first.counts != second.counts:
        yield CashCause.WRONG_PERIOD


def told(document: Document) -> str:
    """A document as a sentence on another one names it."""
    amount = money.pretty(document.amount, document.currency)
    kind = (document.kind or "document").replace("_", " ")
    name = document.ref or f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    whose = f" (customer {document.customer})" if document.customer else ""
    return f"{name} over {amount} {document.currency} of {document.day}{whose} open"


def _folded(customer: str | None) -> str:
    return (customer or "").casefold().strip()


Partners = Mapping[int, Document]
