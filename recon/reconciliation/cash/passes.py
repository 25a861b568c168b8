"""Matching: the rules in order, each over open documents.

Reads and changes `unmatched`, `matches` and `allocations`. A match allocates as much of its
documents as both sides have; what is left of one of them stays open. After every rule the sums
tie, and no document is in two matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recon.base.errors import tie
from recon.base.matching import MatchingRule
from recon.reconciliation.cash.groups import NotTried, find_groups
from recon.reconciliation.cash.pairs import find_pairs
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
    passed, left_out = [], list[NotTried]()
    for number, rule in enumerate(rules, 1):
        before = _count(session, "unmatched")
        if not before:
            passed.append(Passed(rule, 0, 0))
            continue
        progress(f"Matching by {rule.name}")
        if rule.group:
            left_out += find_groups(session, rule)
            _take_groups(session, number)
        else:
            find_pairs(session, rule)
            _take_pairs(session, number)
        _tie(session, number, before)
        found = session.execute(
            "SELECT count(*) FROM matches WHERE rule = ?", [number]
        ).fetchone() or (0,)
        passed.append(Passed(rule, int(found[0]), before - _count(session, "unmatched")))
    return passed, left_out


def _count(session: Session, relation: str) -> int:
    found = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(found[0]) if found else 0


def _take_pairs(session: Session, number: int) -> None:
    """Take the pairs found as matches of a rule."""
    session.execute(
        """CREATE OR REPLACE TEMP TABLE new_pairs AS
        SELECT least(first, second) AS match, first, second, interchangeable,
            a.amount AS a, b.amount AS b, a.currency IS DISTINCT FROM b.currency AS apart
        FROM found_pairs JOIN unmatched AS a ON a.document = first
        JOIN unmatched AS b ON b.document = second"""
    )
    session.execute(f"INSERT INTO matches SELECT match, {number}, interchangeable FROM new_pairs")
    both = "CASE WHEN apart OR sign(a) <> sign(b) THEN 0 WHEN abs(a) <= abs(b) THEN a ELSE b END"
    session.execute(
        f"""INSERT INTO allocations
        SELECT match, {number}, unnest([first, second]), {both} FROM new_pairs"""
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


def _tie(session: Session, number: int, before: int) -> None:
    """Assert that a rule's allocations tie; close its documents."""
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE still_open AS FROM unmatched
        ANTI JOIN (FROM allocations WHERE rule = {number}) USING (document)"""
    )
    # All documents are open at first, in a view of them.
    session.execute(f"DROP {'VIEW' if is_any(session, _VIEW) else 'TABLE'} unmatched")
    session.execute("ALTER TABLE still_open RENAME TO unmatched")
    taken, off, over = session.execute(
        f"""WITH taken AS MATERIALIZED (
            SELECT l.match, l.amount, d.side, d.amount AS whole
            FROM allocations AS l JOIN documents AS d USING (document) WHERE rule = {number})
        SELECT count(*),
            (SELECT count(*) FROM (SELECT match FROM taken GROUP BY match
                HAVING sum(CASE side WHEN 1 THEN amount ELSE -amount END) <> 0)),
            count(*) FILTER (abs(amount) > abs(whole)
                OR amount <> 0 AND sign(amount) <> sign(whole))
        FROM taken"""
    ).fetchone() or (0, 0, 0)
    # A document that was taken twice would be closed once.
    tie(f"the number of documents that rule {number} matched", taken, _closed(session, before))
    tie(f"the number of matches of rule {number} whose sides differ", off, 0)
    tie(f"the number of documents allocated beyond their amount by rule {number}", over, 0)


def _closed(session: Session, before: int) -> int:
    return before - _count(session, "unmatched")
