"""Control: opening + sales + debits - credits = closing.

Reads `documents`, `allocations` and `matches`. Makes `balances`: side, customer_key, customer,
currency, opening, sales, debits, credits, closing; and `effects`: match (NULL of an open document),
document (NULL of a match), customer_key, currency, amount, by which the ledger differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from recon.base.errors import tie
from recon.base.month import Month
from recon.store.session import Session

BUCKETS = ("current", "1-30", "31-60", "61-90", "over 90")


@dataclass(frozen=True, slots=True)
class Balance:
    """The movement of a receivable in a month."""

    opening: int = 0
    sales: int = 0
    debits: int = 0
    credits: int = 0

    @property
    def closing(self) -> int:
        """The receivable at the end; credits are below 0."""
        return self.opening + self.sales + self.debits + self.credits


@dataclass(frozen=True, slots=True)
class CustomerBalance:
    """A customer's receivable by both sides."""

    customer: str
    currency: str
    feeds: Balance
    ledger: Balance

    @property
    def difference(self) -> int:
        """The ledger less the feeds."""
        return self.ledger.closing - self.feeds.closing


@dataclass(frozen=True, slots=True)
class Ageing:
    """A side's receivable by days overdue, and unapplied credits."""

    buckets: tuple[int, ...]
    unapplied: int

    @property
    def total(self) -> int:
        """The receivable."""
        return sum(self.buckets) + self.unapplied


def make_balances(session: Session, month: Month) -> list[CustomerBalance]:
    """Make `balances`; return those of customers, tied to all documents."""
    first = month.first_day
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE balances AS
        SELECT side, customer_key, any_value(customer) AS customer, currency,
            coalesce(sum(amount) FILTER (day < DATE '{first}'), 0) AS opening,
            coalesce(sum(amount) FILTER (day >= DATE '{first}' AND part = 'sales'), 0) AS sales,
            coalesce(sum(amount) FILTER (day >= DATE '{first}' AND part = 'debits'), 0) AS debits,
            coalesce(sum(amount) FILTER (day >= DATE '{first}' AND part = 'credits'), 0) AS credits,
            sum(amount) AS closing
        FROM (SELECT *, CASE WHEN kind IN ('invoice', 'sale') THEN 'sales'
                WHEN kind IN ('refund', 'charge', 'adjustment') THEN 'debits'
                WHEN kind IN ('payment', 'credit_note') THEN 'credits'
                WHEN amount > 0 THEN 'sales' ELSE 'credits' END AS part
            FROM documents WHERE counts)
        GROUP BY side, customer_key, currency"""
    )
    off = session.execute(
        "SELECT count(*) FROM balances WHERE opening + sales + debits + credits <> closing"
    ).fetchone() or (0,)
    tie("the number of customers whose receivable does not roll forward", off[0], 0)
    rows = session.execute(
        """SELECT coalesce(a.customer, b.customer, ''), coalesce(a.currency, b.currency, ''),
            a.opening, a.sales, a.debits, a.credits, b.opening, b.sales, b.debits, b.credits
        FROM (FROM balances WHERE side = 1) AS a FULL JOIN (FROM balances WHERE side = 2) AS b
        ON a.customer_key IS NOT DISTINCT FROM b.customer_key
            AND a.currency IS NOT DISTINCT FROM b.currency
        ORDER BY abs(coalesce(b.closing, 0) - coalesce(a.closing, 0)) DESC, 1, 2"""
    ).fetchall()
    return [
        CustomerBalance(row[0], row[1], _balance(row[2:6]), _balance(row[6:10])) for row in rows
    ]


def _balance(row: tuple[int | None, ...]) -> Balance:
    return Balance(*(int(amount or 0) for amount in row))


def make_effects(session: Session, plain: str) -> None:
    """Make `effects`, tied to the difference of every customer.

    The pairs of the `plain` rules have none, unless one of the two does not count yet.
    """
    moved = "CASE WHEN side = 2 THEN amount ELSE -amount END AS moved"
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE effects AS
        WITH across AS MATERIALIZED (
            SELECT match FROM allocations SEMI JOIN (FROM documents WHERE NOT counts)
                USING (document)),
        broken AS MATERIALIZED (SELECT match, document FROM allocations
            WHERE rule NOT IN {plain} OR match IN (FROM across)),
        rows AS (
            SELECT match, NULL AS document, customer_key, customer, currency, {moved}
            FROM documents JOIN broken USING (document) WHERE counts
            UNION ALL SELECT NULL, document, customer_key, customer, currency, {moved}
            FROM unmatched WHERE counts)
        SELECT match, document, customer_key, any_value(customer) AS customer, currency,
            sum(moved) AS amount
        FROM rows GROUP BY match, document, customer_key, currency HAVING sum(moved) <> 0"""
    )
    off = session.execute(
        """SELECT count(*) FROM (
            SELECT customer_key, currency, sum(amount) AS difference FROM effects
            GROUP BY ALL) AS e
        FULL JOIN (SELECT customer_key, currency,
                sum(CASE side WHEN 2 THEN closing ELSE -closing END) AS difference
            FROM balances GROUP BY ALL) AS b
        ON e.customer_key IS NOT DISTINCT FROM b.customer_key
            AND e.currency IS NOT DISTINCT FROM b.currency
        WHERE coalesce(e.difference, 0) <> coalesce(b.difference, 0)"""
    ).fetchone() or (0,)
    tie("the number of customers whose differences are not those of documents", off[0], 0)


def ageing(session: Session, last: date, terms_days: int) -> dict[tuple[int, str], Ageing]:
    """The ageing by side and currency, on the last day.

    A payment, charge or adjustment goes to the document that it names; the ledger's, too, where the
    feeds' payment that it matches names one. What is paid too much, or names nothing, is an
    unapplied credit.
    """
    _make_lacking(session)
    # The days from which a bucket begins.
    starts = (None, 1, 31, 61, 91)
    cases = ", ".join(
        f"coalesce(sum(rest) FILTER (rest > 0 AND {_between(start, end)}), 0)"
        for start, end in zip(starts, (*starts[1:], None), strict=True)
    )
    rows = session.execute(
        f"""WITH named AS (
            SELECT d.side, d.customer_key, d.currency, d.amount, d.day, d.due_on, CASE
                WHEN d.kind = 'invoice' OR d.kind IS NULL AND d.amount > 0 THEN d.ref_key
                ELSE coalesce(d.sale_key, p.sale_key, d.ref_key) END AS number
            FROM documents AS d LEFT JOIN lacking AS p USING (document) WHERE d.counts),
        rests AS (SELECT side, currency, sum(amount) AS rest,
                max(coalesce(due_on, day + {terms_days})) FILTER (amount > 0) AS due
            FROM named GROUP BY side, customer_key, currency, number)
        SELECT side, coalesce(currency, ''), {cases}, coalesce(sum(rest) FILTER (rest < 0), 0)
        FROM (SELECT *, date_diff('day', due, DATE '{last}') AS late FROM rests)
        GROUP BY side, currency"""
    ).fetchall()
    return {
        (side, currency): Ageing(tuple(map(int, buckets)), int(unapplied))
        for side, currency, *buckets, unapplied in rows
    }


def _make_lacking(session: Session) -> None:
    """Make `lacking`: payments whose sale the feeds name.

    It has their document, and the sale_key of the feeds' document that they match.
    """
    session.execute(
        """CREATE OR REPLACE TEMP TABLE lacking AS
        WITH silent AS MATERIALIZED (SELECT document FROM documents
            WHERE sale_key IS NULL AND NOT coalesce(kind = 'invoice', amount > 0)),
        matched AS MATERIALIZED
            (SELECT document, match FROM allocations JOIN silent USING (document)),
        partners AS MATERIALIZED (SELECT matched.document, l.document AS partner
            FROM allocations AS l JOIN matched USING (match))
        SELECT p.document, any_value(f.sale_key) AS sale_key
        FROM documents AS f JOIN partners AS p ON f.document = partner
        WHERE f.side = 1 GROUP BY p.document HAVING count(DISTINCT f.sale_key) = 1"""
    )


def _between(start: int | None, end: int | None) -> str:
    if start is None:
        return f"coalesce(late, 0) < {end}"
    return f"late >= {start}" + (f" AND late < {end}" if end else "")


def gross_sales(session: Session, month: Month) -> Mapping[tuple[int, str], int]:
    """Sales of a month above 0, by side and currency."""
    rows = session.execute(
        f"""SELECT side, coalesce(currency, ''), sum(amount) FROM documents
        WHERE counts AND day >= DATE '{month.first_day}' AND amount > 0
            AND coalesce(kind, 'invoice') IN ('invoice', 'sale') GROUP BY ALL"""
    ).fetchall()
    return {(side, currency): int(amount) for side, currency, amount in rows}
