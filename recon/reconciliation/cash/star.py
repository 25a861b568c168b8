"""The receivable by the feeds, as documents of the star.

Reads the views of a snapshot, and `ledger_rows` (document_ref, amount) for the numbers by which the
ledger knows credits and debits.
"""

from __future__ import annotations

from datetime import date

from recon.base import money
from recon.store.session import Session

_PAYMENT = "pay|receipt|cash|zahlung|überweisung|card|cheque|check"
_MOVEMENTS = {
    "fact_credits": (
        "credit_id",
        "credited_on",
        f"CASE WHEN reason IS NULL OR regexp_matches(lower(reason), '{_PAYMENT}') THEN 'payment' "
        "ELSE 'credit_note' END",
    ),
    "fact_debits": (
        "debit_id",
        "debited_on",
        "CASE WHEN regexp_matches(lower(coalesce(method, '')), 'refund') THEN 'refund' "
        "ELSE 'charge' END",
    ),
}
LEDGER = "ledger_rows"
FACTS = ("fact_sales", *_MOVEMENTS)


def minor_unit(currency: str = "currency") -> str:
    """The SQL of a currency's minor unit, in ten-thousandths."""
    cases = " ".join(f"WHEN '{code}' THEN {unit}" for code, unit in money.minor_units().items())
    return f"(CASE {currency} {cases} ELSE 100 END)"


def rounded(amount: str, currency: str = "currency") -> str:
    """The SQL of a decimal in whole minor units.

    Rounded half away from zero.
    """
    unit = minor_unit(currency)
    units = f"CAST(({amount}) * 10000 AS HUGEINT)"
    return f"CAST(sign({units}) * ((abs({units}) + {unit} // 2) // {unit}) * {unit} AS BIGINT)"


def feeds_select(session: Session, since: date | None, until: date, last: date) -> str:
    """The SELECT of the documents of a snapshot.

    From `since` on, up to `until`; those up to `last` count. A sale's document is its revenue and
    tax; a sale without a customer, or paid at once, is no receivable.
    """
    parts = [_sales(), *(_movements(session, table) for table in _MOVEMENTS)]
    begin = f"day >= DATE '{since}' AND " if since else ""
    return f"""SELECT *, day <= DATE '{last}' AS counts FROM ({" UNION ALL BY NAME ".join(parts)})
        WHERE {begin}day <= DATE '{until}' AND amount <> 0"""


def _sales() -> str:
    return f"""SELECT ref, customer, min(sold_on) AS day, currency,
            {rounded("sum(revenue + coalesce(tax, 0))")} AS amount,
            CASE WHEN sum(revenue) < 0 THEN 'credit_note' ELSE 'invoice' END AS kind,
            min(due_on) AS due_on, {rounded("sum(coalesce(tax, 0))")} AS tax, count(*) AS lines
        FROM (SELECT *, coalesce(document_ref, sale_id) AS ref, customer_id AS customer
            FROM fact_sales WHERE customer_id IS NOT NULL AND NOT coalesce(paid, false))
        GROUP BY feed, ref, customer, currency"""


def _movements(session: Session, table: str) -> str:
    """The SELECT of credits or debits."""
    own, day, kind = _MOVEMENTS[table]
    ref = own if _by_own_number(session, table, own) else "document_ref"
    return f"""SELECT {ref} AS ref, customer_id AS customer, {day} AS day, currency,
            {rounded("receivable")} AS amount, {kind} AS kind, document_ref AS sale
        FROM {table}"""


def _by_own_number(session: Session, table: str, own: str) -> bool:
    """Whether the ledger knows movements by their own numbers.

    Else it knows them by the number of the sale that they belong to. That a sale's number is there
    says less, since the invoice itself has it: half as many own numbers say more.
    """
    found = session.execute(
        f"""WITH movements AS (SELECT id_key({own}) AS own, id_key(document_ref) AS sale,
                sign(receivable) AS side FROM {table}),
        sold AS (SELECT DISTINCT id_key(coalesce(document_ref, sale_id)) AS key FROM fact_sales
            WHERE coalesce(document_ref, sale_id) IS NOT NULL),
        ledger AS (SELECT DISTINCT id_key(document_ref) AS key, sign(amount) AS side
            FROM {LEDGER} WHERE document_ref IS NOT NULL)
        SELECT (SELECT count(*) FROM movements AS m SEMI JOIN ledger AS l
                ON l.key = m.own AND (l.side = m.side OR m.own NOT IN (FROM sold))),
            (SELECT count(*) FROM movements AS m SEMI JOIN ledger AS l
                ON l.key = m.sale AND l.side = m.side)"""
    ).fetchone() or (0, 0)
    return bool(2 * found[0] >= found[1])
