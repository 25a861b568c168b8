"""Tried: why no rule matched an open document.

Reads `documents`, `allocations` and `asked_documents` of a finished result. Each rule is held
against the few documents asked for; what agrees with one is matched elsewhere, or not alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from recon.base.matching import By, MatchingRule
from recon.reconciliation.cash.groups import NotTried
from recon.reconciliation.cash.pairs import KEYS, near
from recon.reconciliation.cash.passes import Passed
from recon.store.session import Session

Tried = Mapping[int, Sequence[str]]


def tried(session: Session, passed: Sequence[Passed], not_tried: Sequence[NotTried]) -> Tried:
    """Sentences on the rules, by open document.

    Rules with which nothing agrees are named together.
    """
    found: dict[int, list[str]] = defaultdict(list)
    nothing: dict[int, list[str]] = defaultdict(list)
    groups: dict[int, list[str]] = defaultdict(list)
    documents = _asked(session)
    for rule in (each.rule for each in passed):
        agreeing = {} if rule.group else _agreeing(session, rule)
        for document, customer in documents.items():
            if gap := _gap(rule, customer, not_tried):
                found[document].append(f"{rule.name}: not tried, {gap}")
            elif document in agreeing:
                found[document].append(f"{rule.name}: {agreeing[document]}")
            else:
                (groups if rule.group else nothing)[document].append(rule.name)
    for document in documents:
        found[document] += _together("nothing agrees by", nothing[document])
        found[document] += _together("no group adds up, or more than one, by", groups[document])
    return found


def _together(begin: str, rules: Sequence[str]) -> list[str]:
    return [f"{begin} {'; '.join(rules)}"] if rules else []


def _asked(session: Session) -> dict[int, str]:
    """The open documents asked for, with their customers."""
    rows = session.execute(
        """SELECT document, coalesce(customer, '') FROM unmatched
        SEMI JOIN asked_documents USING (document) WHERE amount <> 0 ORDER BY document"""
    ).fetchall()
    return dict(rows)


def _gap(rule: MatchingRule, customer: str, not_tried: Sequence[NotTried]) -> str:
    """Why a customer's groups were not looked for, or ''."""
    of_rule = (each for each in not_tried if rule.group and each.rule == rule.name)
    return next((each.reason for each in of_rule if (each.customer or "") == customer), "")


def _agreeing(session: Session, rule: MatchingRule) -> dict[int, str]:
    """The documents that agree by a rule, in words."""
    columns = [
        f"a.{KEYS[column]} IS NOT DISTINCT FROM b.{KEYS[column]}"
        for column in (By.NUMBER, By.CUSTOMER, By.CURRENCY)
        if column in rule.by
    ]
    columns += ["a.ref_key IS NOT NULL"] if By.NUMBER in rule.by else []
    columns += ["sign(a.amount) = sign(b.amount)"] if By.SIGN in rule.by else []
    rows = session.execute(
        f"""SELECT a.document, count(*), count(l.match),
            min(coalesce(b.ref, 'one without number') || ' of ' || coalesce(b.day, 'no day'))
        FROM (FROM unmatched SEMI JOIN asked_documents USING (document)) AS a
        JOIN documents AS b ON b.side <> a.side AND {" AND ".join([*columns, *near(rule)])}
        LEFT JOIN allocations AS l ON l.document = b.document
        WHERE a.amount <> 0 GROUP BY a.document"""
    ).fetchall()
    return {document: _words(*rest) for document, *rest in rows}


def _words(count: int, matched: int, one: str) -> str:
    if count == 1:
        return f"{one} agrees, and " + (
            "is matched with another document" if matched else "not with this document alone"
        )
    if matched == count:
        return f"{count:,} documents agree, all of them matched with others"
    return f"{count:,} documents agree, {one} among them, so none is meant alone"
