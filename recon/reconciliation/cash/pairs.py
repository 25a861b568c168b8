"""One-to-one passes: pairs that mean only each other.

Reads `unmatched` and `documents`. Makes `found_pairs`: first and second (the documents of side 1
and 2), amount (which both have, NULL where a rule lets them differ), interchangeable; and
`left_over`: document, those that an exact rule by number leaves open.
"""

from __future__ import annotations

from recon.base.matching import By, MatchingRule
from recon.store.session import Session, is_any

# A class of one document of either side.
_PAIR = "n = 2 AND sides = 3"
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
        (first BIGINT, second BIGINT, amount BIGINT, interchangeable BOOLEAN)"""
    )
    if is_by_number(rule):
        _by_number(session, rule)
    else:
        _by_day(session, rule)


def is_by_number(rule: MatchingRule) -> bool:
    """Whether it takes documents of a number, whatever their days."""
    return By.NUMBER in rule.by and rule.window is None


def is_even(rule: MatchingRule) -> bool:
    """Whether its pairs have one amount and currency."""
    return rule.is_exact and By.CURRENCY in rule.by


def leaves_over(rule: MatchingRule) -> bool:
    """Whether `left_over` is made by it."""
    return is_by_number(rule) and rule.is_exact


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
        return "(SELECT * FROM unmatched WHERE ref IS NOT NULL AND amount <> 0)"
    make_nameless(session)
    return "(SELECT * FROM unmatched SEMI JOIN nameless USING (document) WHERE amount <> 0)"


def make_nameless(session: Session, *, by_number: bool = True) -> None:
    """Make `nameless`: documents whose number the other side lacks.

    It is made once: what is open later was open before. Where nothing is matched by number, a
    number keeps no document for another one, and all are in it.
    """
    known = """ref_key IS NOT NULL AND EXISTS (
        SELECT 1 FROM documents AS d WHERE d.ref_key = u.ref_key AND d.side <> u.side)"""
    session.execute(
        f"""CREATE TEMP TABLE IF NOT EXISTS nameless AS
        SELECT document FROM unmatched AS u WHERE NOT ({known if by_number else "false"})"""
    )


def _by_number(session: Session, rule: MatchingRule) -> None:
    """Pair documents whose columns are equal, whatever their days."""
    keys, rows = key_list(rule), eligible(session, rule)
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE key_classes AS
        SELECT {"amount" if By.AMOUNT in rule.by else "NULL AS amount"},
            count(*) AS n, sum(side) AS sides, min(document) AS first, max(document) AS second
        FROM {rows} GROUP BY {keys}"""
    )
    # The documents of the first side come before those of the second.
    session.execute(
        f"""INSERT INTO found_pairs SELECT first, second, {_amount(rule)}, false FROM key_classes
        WHERE {_PAIR}"""
    )
    if leaves_over(rule):
        _in_order(session, rule, rows)
        _leave_over(session)


def _amount(rule: MatchingRule) -> str:
    return "amount" if is_even(rule) else "NULL"


def _in_order(session: Session, rule: MatchingRule, rows: str) -> None:
    """Pair equal documents in order: those of a day first."""
    keys = key_list(rule)
    # Few amounts are there several times: texts are compared for those alone.
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE equal_rows AS
        WITH likely AS MATERIALIZED (
            SELECT document, side, day, customer_key, kind, due_on, {keys}
            FROM {rows} WHERE amount IN
                (SELECT amount FROM key_classes WHERE n > 1 AND NOT ({_PAIR})))
        SELECT * EXCLUDE (n1, n2), n1 <> n2 AS surplus FROM (
            SELECT *, min(document) OVER same AS class, count(*) FILTER (side = 1) OVER same AS n1,
                count(*) FILTER (side = 2) OVER same AS n2
            FROM likely WINDOW same AS (PARTITION BY {keys}))
        WHERE n1 > 1 OR n2 > 1"""
    )
    session.execute("CREATE OR REPLACE TEMP TABLE ordered_pairs AS FROM found_pairs LIMIT 0")
    if not is_any(session, "equal_rows"):
        return
    for by_day in ("class, day", "class"):
        session.execute(
            f"""INSERT INTO ordered_pairs
            WITH ordered AS (
                SELECT *, row_number() OVER (PARTITION BY side, {by_day}
                    ORDER BY day, customer_key, kind, due_on, document) AS nth
                FROM equal_rows WHERE document NOT IN
                    (SELECT first FROM ordered_pairs UNION ALL SELECT second FROM ordered_pairs))
            SELECT a.document, b.document, {_amount(rule).replace("amount", "a.amount")},
                a.surplus OR a.nth > 1
            FROM (FROM ordered WHERE side = 1) AS a JOIN (FROM ordered WHERE side = 2) AS b
            USING (class, nth)
            WHERE {"a.day IS NOT DISTINCT FROM b.day" if "day" in by_day else "true"}"""
        )
    session.execute("INSERT INTO found_pairs FROM ordered_pairs")


def _leave_over(session: Session) -> None:
    """Make `left_over` of the documents in no pair."""
    paired = "(SELECT first FROM ordered_pairs UNION ALL SELECT second FROM ordered_pairs)"
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE left_over AS
        SELECT first AS document FROM key_classes WHERE n = 1
        UNION ALL SELECT document FROM equal_rows WHERE document NOT IN {paired}
        UNION ALL SELECT document FROM unmatched WHERE ref IS NULL OR amount = 0"""
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
            b.documents AS seconds, {_amount(rule).replace("amount", "a.amount")} AS amount
        FROM (FROM day_classes WHERE side = 1) AS a JOIN (FROM day_classes WHERE side = 2) AS b
        ON {_near(rule)}"""
    )
    session.execute(
        """INSERT INTO found_pairs
        SELECT unnest(firsts), unnest(seconds), amount, len(firsts) > 1
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
