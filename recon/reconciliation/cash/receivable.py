"""Front door of order to cash: documents in, result out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from recon.base import money
from recon.base.breaks import fingerprint
from recon.base.errors import tie
from recon.base.events import Severity
from recon.base.matching import MatchingRule
from recon.base.month import Month
from recon.base.policy import SeverityRules
from recon.base.result import Cause
from recon.base.text import counted
from recon.reconciliation.cash import control, reading
from recon.reconciliation.cash.causes import CashCause, Found, of_match
from recon.reconciliation.cash.control import Ageing, Balance, CustomerBalance
from recon.reconciliation.cash.documents import make_documents
from recon.reconciliation.cash.groups import NotTried
from recon.reconciliation.cash.matching import by_number
from recon.reconciliation.cash.model import Document, InvalidRow, Sums
from recon.reconciliation.cash.open_causes import of_open, signs
from recon.reconciliation.cash.passes import Passed, run_rules
from recon.reconciliation.cash.reading import Places
from recon.reconciliation.severity import ladder
from recon.store.session import Session, reckoning

NAMES = ("feeds", "ledger")
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
    `currency`; `moved` is an amount that only changed its customer, currency or month.
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

    @property
    def cause(self) -> CashCause:
        """Why."""
        return self.found.cause

    @property
    def number(self) -> str:
        """The number of its documents, or ''."""
        return next((each.ref for each in self.documents if each.ref), "")

    @property
    def weight(self) -> int:
        """The largest amount that it has a receivable off."""
        return max((abs(effect.amount) for effect in self.effects), default=0)

    @property
    def status(self) -> str:
        """The kind of difference, in a word."""
        sides = {each.side for each in self.documents}
        if sides == {1}:
            return "not_in_ledger"
        return "not_in_feeds" if sides == {2} else "differs"

    def amount_of(self, side: int) -> int:
        """The amount that it adds to a side's receivable."""
        return sum(
            each.amount
            for each in self.documents
            if each.side == side and each.counts and each.currency == self.currency
        )


@dataclass(frozen=True, slots=True)
class Receivables:
    """Order to cash of a month, as reports read it.

    `bridge` leads by currency from the feeds' receivable to the ledger's: the amount and number of
    breaks of each cause.
    """

    month: Month
    descriptions: tuple[str, str]
    passed: Sequence[Passed]
    sums: Mapping[tuple[int, str], Sums]
    customers: Sequence[CustomerBalance]
    breaks: Sequence[CashBreak]
    bridge: Mapping[str, Sequence[tuple[CashCause, int, int]]]
    ageing: Mapping[tuple[int, str], Ageing]
    gross_sales: Mapping[tuple[int, str], int]
    invalid: Sequence[InvalidRow]
    not_tried: Sequence[NotTried]
    notices: Sequence[str]
    first_currency: str = ""

    @property
    def currencies(self) -> list[str]:
        """The currencies, the configured one first."""
        found = {balance.currency for balance in self.customers}
        return sorted(found, key=lambda code: money.rank(code, self.first_currency))

    def balance(self, side: int, currency: str) -> Balance:
        """The movement of all customers together."""
        of = [
            each.feeds if side == 1 else each.ledger
            for each in self.customers
            if each.currency == currency
        ]
        return Balance(
            *(sum(getattr(each, part) for each in of)
              for part in ("opening", "sales", "debits", "credits"))
        )  # fmt: skip

    def days_sales(self, side: int, currency: str) -> str:
        """Days sales outstanding by a side, or n/a.

        Receivable / gross sales of the month x its days.
        """
        sold = self.gross_sales.get((side, currency), 0)
        if sold <= 0:
            return "n/a"
        days = ((self.month + 1).first_day - self.month.first_day).days
        tenths = (20 * days * self.balance(side, currency).closing + sold) // (2 * sold)
        return f"{tenths // 10}.{tenths % 10}" if tenths >= 0 else "n/a"

    @property
    def severity(self) -> Severity | None:
        """The highest severity; invalid rows count as high."""
        found = [each.severity for each in self.breaks]
        found += [Severity.HIGH] if self.invalid else []
        return max(found, default=None)


def reconcile_receivables(
    session: Session,
    month: Month,
    sides: Sequence[str],
    descriptions: tuple[str, str],
    rules: Sequence[MatchingRule],
    *,
    severity: SeverityRules,
    terms_days: int = 30,
    window: int = 5,
    currency: str = "",
    invalid: Sequence[InvalidRow] = (),
    notices: Sequence[str] = (),
    places: Places = by_number,
    progress: Callable[[str], None] = lambda _: None,
) -> Receivables:
    """Order to cash of two SELECTs of a prepared session.

    The first side are the feeds. Raises TieOutError where anything does not tie.
    """
    last = (month + 1).first_day - timedelta(days=1)
    with reckoning(f"order to cash of {month}"):
        make_documents(session, sides)
        passed, not_tried = run_rules(session, rules, progress)
        progress("Looking for causes")
        reading.view_kinds(session)
        customers = control.make_balances(session, month)
        control.make_effects(session)
        breaks = _breaks(session, passed, places, severity, window)
        result = Receivables(
            month=month,
            descriptions=descriptions,
            passed=passed,
            sums=reading.sums(session),
            customers=customers,
            breaks=breaks,
            bridge=_bridge(breaks),
            ageing=control.ageing(session, last, terms_days),
            gross_sales=control.gross_sales(session, month),
            invalid=invalid,
            not_tried=not_tried,
            notices=notices,
            first_currency=currency,
        )
    _tie(result)
    return result


def _breaks(
    session: Session, passed: Sequence[Passed], places: Places, rules: SeverityRules, window: int
) -> tuple[CashBreak, ...]:
    """The breaks, most severe and largest first."""
    effects = defaultdict[tuple[bool, int], list[Effect]](list)
    for match, document, customer, currency, amount in session.execute(
        "SELECT match, document, customer, currency, amount FROM effects ORDER BY ALL"
    ).fetchall():
        key = (True, match) if match is not None else (False, document)
        effects[key].append(Effect(customer or "", currency or "", int(amount)))
    known = signs(session, window)
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
    step = ladder(weight, expected, cast(Cause, found.cause), 1, rules).severity
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


def _bridge(breaks: Sequence[CashBreak]) -> dict[str, list[tuple[CashCause, int, int]]]:
    """The amounts and breaks of each cause, by currency."""
    amounts = defaultdict[tuple[str, CashCause], int](int)
    counts = defaultdict[tuple[str, CashCause], int](int)
    for item in breaks:
        for currency in {effect.currency for effect in item.effects}:
            amounts[currency, item.cause] += sum(
                effect.amount for effect in item.effects if effect.currency == currency
            )
            counts[currency, item.cause] += 1
    found = defaultdict[str, list[tuple[CashCause, int, int]]](list)
    order = list(CashCause)
    for currency, cause in sorted(amounts, key=lambda key: (key[0], order.index(key[1]))):
        found[currency].append((cause, amounts[currency, cause], counts[currency, cause]))
    return dict(found)


def _tie(result: Receivables) -> None:
    """Assert that bridge, ageing and customers have one total."""
    for currency in result.currencies:
        feeds, ledger = (result.balance(side, currency).closing for side in (1, 2))
        steps = sum(amount for _, amount, _ in result.bridge.get(currency, ()))
        tie(f"the bridge to the ledger's receivable in {currency}", feeds + steps, ledger)
        for side, closing in ((1, feeds), (2, ledger)):
            aged = result.ageing.get((side, currency))
            tie(f"the ageing of the {NAMES[side - 1]}", aged.total if aged else 0, closing)


def verdict(result: Receivables) -> str:
    """Whether the receivable agrees, in a sentence."""
    name = result.month.name
    if not result.customers:
        return f"Nothing to reconcile in {name}: nobody owes anything"
    by = [
        f"{sum(each.severity is severity for each in result.breaks):,} {severity.word}"
        for severity in sorted(Severity, reverse=True)
        if any(each.severity is severity for each in result.breaks)
    ]
    by += [counted(len(result.invalid), "invalid row")] if result.invalid else []
    if not by:
        return f"The receivable of {name} agrees, document by document"
    severe = (result.severity or Severity.WARNING) >= Severity.HIGH
    return f"{'Do not close' if severe else 'Ready to close'} the receivable of {name}: " + (
        ", ".join(by) + ("" if severe else ", to acknowledge")
    )
