"""Breaks: documents that do not agree, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recon.base.breaks import fingerprint
from recon.base.cash import CashCause, CashStatus
from recon.base.events import Severity
from recon.base.policy import SeverityRules
from recon.reconciliation.cash import reading
from recon.reconciliation.cash.causes import Found, of_match
from recon.reconciliation.cash.model import Document, InvalidRow
from recon.reconciliation.cash.open_causes import of_open, signs
from recon.reconciliation.cash.passes import Passed
from recon.reconciliation.cash.policy import CashPolicy
from recon.reconciliation.cash.reading import Places
from recon.reconciliation.severity import ladder
from recon.store.session import Session

_GRAVE = {CashCause.POSTED_TWICE, CashCause.DUPLICATE_PAYMENT}


@dataclass(frozen=True, slots=True)
class Effect:
    """An amount by which a customer's receivable is off."""

    customer: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class CashBreak:
    """Documents that do not agree: a match, or one alone.

    `name` is the same from month to month. `difference` is the ledger less the feeds, in
    `currency`. `event` is the id of the event that it belongs to, '' for none.
    """

    name: str
    documents: tuple[Document, ...]
    rule: str
    currency: str
    customer: str
    difference: int
    effects: tuple[Effect, ...]
    found: Found
    severity: Severity
    event: str = ""

    @property
    def cause(self) -> CashCause:
        """Why."""
        return self.found.cause

    @property
    def number(self) -> str:
        """The number of its documents, or ''."""
        return next((each.ref for each in self.documents if each.ref), "")

    @property
    def title(self) -> str:
        """The number of its documents, or their kind and day."""
        one = self.documents[0]
        return self.number or f"{self.kind} of {one.day}"

    @property
    def kind(self) -> str:
        """The kind of its documents."""
        return self.documents[0].kind or "document"

    @property
    def weight(self) -> int:
        """The largest amount that it has a receivable off."""
        return max((abs(effect.amount) for effect in self.effects), default=0)

    @property
    def status(self) -> CashStatus:
        """The kind of difference, in a word."""
        sides = {each.side for each in self.documents}
        if sides == {1}:
            return CashStatus.NOT_IN_LEDGER
        return CashStatus.NOT_IN_FEEDS if sides == {2} else CashStatus.DIFFERS

    def amount_of(self, side: int) -> int:
        """The amount that it adds to a side's receivable."""
        return sum(
            each.amount
            for each in self.documents
            if each.side == side and each.counts and each.currency == self.currency
        )


def find_breaks(
    session: Session,
    passed: Sequence[Passed],
    places: Places,
    policy: CashPolicy,
    invalid: Sequence[InvalidRow] = (),
) -> tuple[CashBreak, ...]:
    """The breaks, most severe and largest first.

    Reads `effects`, and the matches and open documents of the session.
    """
    effects = defaultdict[tuple[bool, int], list[Effect]](list)
    for match, document, customer, currency, amount in session.execute(
        "SELECT match, document, customer, currency, amount FROM effects ORDER BY ALL"
    ).fetchall():
        key = (True, match) if match is not None else (False, document)
        effects[key].append(Effect(customer or "", currency or "", int(amount)))
    known, rules = signs(session, policy.window, invalid), policy.severity
    broken = "k.match IN (SELECT match FROM effects WHERE match IS NOT NULL)"
    found = [
        _break(match.documents, match.rule, effects[True, match.number], of_match(match), rules)
        for match in reading.read_matches(session, passed, broken, places)
    ]
    found += [
        _break((each,), "", effects[False, each.document], of_open(each, known), rules)
        for each in reading.read_open(session, places, "counts")
        if each.amount
    ]
    return tuple(
        sorted(_told_apart(found), key=lambda item: (-item.severity, -item.weight, item.name))
    )


def _break(
    documents: tuple[Document, ...],
    rule: str,
    effects: Sequence[Effect],
    found: Found,
    rules: SeverityRules,
) -> CashBreak:
    one = documents[0]
    difference = sum(e.amount for e in effects if e.currency == one.currency)
    weight = max((abs(effect.amount) for effect in effects), default=0)
    expected = sum(d.amount for d in documents if d.side == 1 and d.currency == one.currency)
    step = ladder(weight, expected, found.cause, 1, rules).severity
    if found.cause in _GRAVE:
        step = max(step, Severity.HIGH)
    return CashBreak(
        fingerprint(one.ref or f"{one.day} {one.amount}", one.kind or "", one.currency),
        documents, rule, one.currency, one.customer or "", difference, tuple(effects), found, step,
    )  # fmt: skip


def _told_apart(found: Sequence[CashBreak]) -> list[CashBreak]:
    """Breaks with names of their own: equal ones are numbered."""
    seen = defaultdict[str, int](int)
    told = []
    for item in found:
        seen[item.name] += 1
        again = seen[item.name] > 1
        told.append(replace(item, name=f"{item.name}-{seen[item.name]}") if again else item)
    return told
