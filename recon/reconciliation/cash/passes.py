"""Matching: the rules in order, each over open documents.

Reads and changes `unmatched`, `matches` and `allocations`. A match allocates as much of its
documents as both sides have; what is left of one of them stays open. After every rule the sums
tie, and no document is in two matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recon.base.errors import tie
from recon.base.matching import By, MatchingRule
from recon.reconciliation.cash.groups import NotTried, find_groups
from recon.reconciliation.cash.pairs import find_pairs, is_even, leaves_over, make_nameless
from recon.store.session import Session, is_any

_VIEW = "duckdb_views() WHERE view_name = 'unmatched'"


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule, and the number of matches that it found."""

    rule: MatchingRule
    matches: int
    documents: int


def run_rules(
    session: Session,
    rules: Sequence[MatchingRule],
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[Passed], list[NotTried]]:
    """Run the rules in order; return their counts and gaps."""
    passed, left_out, before = [], list[NotTried](), _sums(session)
    if not any(By.NUMBER in rule.by for rule in rules):
        make_nameless(session, by_number=False)
    for number, rule in enumerate(rules, 1):
        if not before:
            passed.append(Passed(rule, 0, 0))
            continue
        progress(f"Matching by {rule.name}")
        if rule.group:
            left_out += find_groups(session, rule)
            _take_groups(session, number)
        else:
            find_pairs(session, rule)
            _take_pairs(session, number, rule)
        found = _count(session, f"matches WHERE rule = {number}")
        if found:
            _close(session, number, rule)
            after = _sums(session)
            _tie(session, number, rule, before, after)
            closed = _number(before) - _number(after)
            before = after
        passed.append(Passed(rule, found, closed if found else 0))
    return passed, left_out


_Sums = Mapping[tuple[int, str | None], tuple[int, int]]


def _sums(session: Session) -> _Sums:
    """Number and amount of open documents by side and currency."""
    rows = session.execute(
        "SELECT side, currency, count(*), sum(amount) FROM unmatched GROUP BY ALL"
    ).fetchall()
    return {(side, currency): (count, int(amount)) for side, currency, count, amount in rows}


def _number(sums: _Sums) -> int:
    return sum(count for count, _ in sums.values())


def _count(session: Session, relation: str) -> int:
    found = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(found[0]) if found else 0


def _take_pairs(session: Session, number: int, rule: MatchingRule) -> None:
    """Take the pairs found as matches of a rule."""
    pairs, both = "found_pairs", "amount"
    if not is_even(rule):
        session.execute(
            """CREATE OR REPLACE TEMP TABLE new_pairs AS
            SELECT first, second, interchangeable, a.amount AS a, b.amount AS b,
                a.currency IS DISTINCT FROM b.currency AS apart
            FROM found_pairs JOIN unmatched AS a ON a.document = first
            JOIN unmatched AS b ON b.document = second"""
        )
        pairs = "new_pairs"
        both = (
            "CASE WHEN apart OR sign(a) <> sign(b) THEN 0 WHEN abs(a) <= abs(b) THEN a ELSE b END"
        )
    match = "least(first, second) AS match"
    session.execute(f"INSERT INTO matches SELECT {match}, {number}, interchangeable FROM {pairs}")
    session.execute(
        f"""INSERT INTO allocations
        SELECT {match}, {number}, unnest([first, second]), {both} FROM {pairs}"""
    )


def _take_groups(session: Session, number: int) -> None:
    """Take the groups found as matches of a rule.

    Sums that differ are of one sign: the larger side is allocated in order, up to the smaller.
    """
    session.execute(
        """CREATE OR REPLACE TEMP TABLE new_groups AS
        SELECT min(document) OVER (PARTITION BY found) AS match, u.*
        FROM found_groups JOIN unmatched AS u USING (document)"""
    )
    session.execute(f"INSERT INTO matches SELECT DISTINCT match, {number}, false FROM new_groups")
    session.execute(
        f"""INSERT INTO allocations
        WITH sums AS (SELECT match, sum(amount) FILTER (side = 1) AS s1,
            sum(amount) FILTER (side = 2) AS s2 FROM new_groups GROUP BY match),
        running AS (SELECT n.*, s1, s2, coalesce(sum(abs(amount)) OVER (PARTITION BY match, side
                ORDER BY day, amount, document ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                0) AS before
            FROM new_groups AS n JOIN sums USING (match))
        SELECT match, {number}, document, CASE WHEN s1 = s2 THEN amount ELSE sign(amount)
            * greatest(0, least(abs(amount), least(abs(s1), abs(s2)) - before)) END
        FROM running"""
    )


def _close(session: Session, number: int, rule: MatchingRule) -> None:
    """Take a rule's documents out of `unmatched`."""
    taken = f"(SELECT document FROM allocations WHERE rule = {number})"
    if not is_any(session, _VIEW):
        session.execute(f"DELETE FROM unmatched WHERE document IN {taken}")
        return
    # All documents are open at first, in a view of them. Few are left by the first rule, so that
    # they are found sooner than those that are taken.
    left = "SEMI JOIN left_over" if leaves_over(rule) else f"ANTI JOIN {taken}"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE still_open AS FROM documents {left} USING (document)"
    )
    session.execute("DROP VIEW unmatched")
    session.execute("ALTER TABLE still_open RENAME TO unmatched")


def _tie(session: Session, number: int, rule: MatchingRule, before: _Sums, after: _Sums) -> None:
    """Assert that a rule has closed both sides alike."""
    taken = _count(session, f"allocations WHERE rule = {number}")
    # A document that was taken twice would be closed once.
    closed = _number(before) - _number(after)
    tie(f"the number of documents that rule {number} matched", taken, closed)
    if is_even(rule):
        _tie_sides(number, before, after)
        return
    off, over = session.execute(
        f"""WITH taken AS MATERIALIZED (
            SELECT l.match, l.amount, d.side, d.amount AS whole
            FROM allocations AS l JOIN documents AS d USING (document) WHERE rule = {number})
        SELECT (SELECT count(*) FROM (SELECT match FROM taken GROUP BY match
                HAVING sum(CASE side WHEN 1 THEN amount ELSE -amount END) <> 0)),
            count(*) FILTER (abs(amount) > abs(whole)
                OR amount <> 0 AND sign(amount) <> sign(whole))
        FROM taken"""
    ).fetchone() or (0, 0)
    tie(f"the number of matches of rule {number} whose sides differ", off, 0)
    tie(f"the number of documents allocated beyond their amount by rule {number}", over, 0)


def _tie_sides(number: int, before: _Sums, after: _Sums) -> None:
    """Assert that equal pairs have closed both sides alike."""
    none = (0, 0)
    for currency in {currency for _, currency in before}:
        first, second = (
            tuple(
                was - now
                for was, now in zip(
                    before.get((side, currency), none), after.get((side, currency), none),
                    strict=True,
                )
            )
            for side in (1, 2)
        )  # fmt: skip
        what = f"of the pairs of rule {number} in {currency or 'no currency'}"
        tie(f"the number {what}", second[0], first[0])
        tie(f"the amount {what}", second[1], first[1])
