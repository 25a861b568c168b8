"""One-to-one passes: pairs that mean only each other.

Reads `unmatched` and `documents`. Makes `found_pairs`: first and second (the documents of side 1
and 2), interchangeable.
"""

from __future__ import annotations

from recon.base.matching import By, MatchingRule
from recon.store.session import Session, is_any

KEYS = {
    By.NUMBER: "ref_key",
    By.CUSTOMER: "customer_key",
    By.CURRENCY: "currency",
    By.AMOUNT: "amount",
    By.SIGN: "sign(amount)",
}


def find_pairs(session: Session, rule: MatchingRule) -> None:
    """Make `found_pairs` by a rule that groups nothing."""
    session.execute(
        """CREATE OR REPLACE TEMP TABLE found_pairs
        (first BIGINT, second BIGINT, interchangeable BOOLEAN)"""
    )
    if By.NUMBER in rule.by and rule.window is None:
        _by_number(session, rule)
    else:
        _by_day(session, rule)


def key_list(rule: MatchingRule, without: By | None = None) -> str:
    """The SQL of the columns that a rule compares."""
    found = [KEYS[column] for column in By if column in rule.by and column is not without]
    return ", ".join(found) or "true"


def eligible(session: Session, rule: MatchingRule) -> str:
    """The relation of open documents that a rule may take.

    By number, those that have one. Otherwise those whose number the other side does not know: a
    known number belongs to a document there, and no other.
    """
    if By.NUMBER in rule.by:
        return "(SELECT * FROM unmatched WHERE ref_key IS NOT NULL AND amount <> 0)"
    session.execute(
        """CREATE OR REPLACE TEMP TABLE unknown_numbers AS
        SELECT * FROM unmatched AS u WHERE amount <> 0 AND (ref_key IS NULL OR NOT EXISTS (
            SELECT 1 FROM documents AS d WHERE d.ref_key = u.ref_key AND d.side <> u.side))"""
    )
    return "unknown_numbers"


def _by_number(session: Session, rule: MatchingRule) -> None:
    """Pair documents whose columns are equal, whatever their days."""
    keys, rows = key_list(rule), eligible(session, rule)
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE key_classes AS
        SELECT {keys}, count(*) FILTER (side = 1) AS n1, count(*) FILTER (side = 2) AS n2,
            min(document) FILTER (side = 1) AS first, min(document) FILTER (side = 2) AS second
        FROM {rows} GROUP BY ALL HAVING n1 > 0 AND n2 > 0"""
    )
    session.execute(
        """INSERT INTO found_pairs SELECT first, second, false FROM key_classes
        WHERE n1 = 1 AND n2 = 1"""
    )
    several = "key_classes WHERE n1 > 1 OR n2 > 1"
    if rule.is_exact and is_any(session, several):
        _in_order(session, rule, rows)


def _in_order(session: Session, rule: MatchingRule, rows: str) -> None:
    """Pair equal documents in order: those of a day first."""
    same = " AND ".join(
        f"r.{KEYS[column]} IS NOT DISTINCT FROM c.{KEYS[column]}"
        for column in By
        if column in rule.by
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE equal_rows AS
        SELECT r.*, c.first AS class, n1 <> n2 AS surplus
        FROM {rows} AS r JOIN (FROM key_classes WHERE n1 > 1 OR n2 > 1) AS c ON {same}"""
    )
    for by_day in ("class, day", "class"):
        session.execute(
            f"""INSERT INTO found_pairs
            WITH ordered AS (
                SELECT *, row_number() OVER (PARTITION BY side, {by_day}
                    ORDER BY day, customer_key, kind, due_on, document) AS nth
                FROM equal_rows WHERE document NOT IN
                    (SELECT first FROM found_pairs UNION ALL SELECT second FROM found_pairs))
            SELECT a.document, b.document, a.surplus OR a.nth > 1
            FROM (FROM ordered WHERE side = 1) AS a JOIN (FROM ordered WHERE side = 2) AS b
            USING (class, nth)
            WHERE {"a.day IS NOT DISTINCT FROM b.day" if "day" in by_day else "true"}"""
        )


def _by_day(session: Session, rule: MatchingRule) -> None:
    """Pair classes of equal documents whose days are near.

    A class pairs where it has one class to pair with, of as many documents.
    """
    rows = eligible(session, rule)
    keys = key_list(rule, By.AMOUNT)
    columns = f"{keys}, amount" if By.AMOUNT in rule.by else keys
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE day_classes AS
        SELECT row_number() OVER () AS class, * FROM (
            SELECT side, {columns}, day, count(*) AS n,
                list(document ORDER BY ref_key, document) AS documents
            FROM {rows} GROUP BY ALL)"""
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE near_classes AS
        SELECT a.class AS a, b.class AS b, a.n = b.n AS even, a.documents AS firsts,
            b.documents AS seconds
        FROM (FROM day_classes WHERE side = 1) AS a JOIN (FROM day_classes WHERE side = 2) AS b
        ON {_near(rule)}"""
    )
    session.execute(
        """INSERT INTO found_pairs
        SELECT unnest(firsts), unnest(seconds), len(firsts) > 1
        FROM near_classes
        WHERE even AND a IN (SELECT a FROM near_classes GROUP BY a HAVING count(*) = 1)
            AND b IN (SELECT b FROM near_classes GROUP BY b HAVING count(*) = 1)"""
    )


def _near(rule: MatchingRule) -> str:
    """The condition that two classes are near each other."""
    same = [
        # A class is of one key; where a side knows no customers, all are of none.
        f"coalesce(a.{KEYS[column]}, '') = coalesce(b.{KEYS[column]}, '')"
        for column in (By.NUMBER, By.CUSTOMER, By.CURRENCY)
        if column in rule.by
    ]
    return " AND ".join([*same, *near(rule)]) or "true"


def near(rule: MatchingRule) -> list[str]:
    """The conditions on amounts and days of `a` and `b`."""
    same = []
    if rule.is_exact:
        same.append("a.amount = b.amount")
    elif By.AMOUNT in rule.by:
        allowed = f"greatest({rule.room}, abs(a.amount)::HUGEINT * {rule.ppm} // 1000000)"
        same.append(f"abs(a.amount - b.amount) <= {allowed} AND sign(a.amount) = sign(b.amount)")
    if rule.window is not None:
        days = f"abs(date_diff('day', a.day, b.day)) <= {rule.window}"
        same.append(f"({days} OR (a.day IS NULL AND b.day IS NULL))")
    return same
