"""Front door of order to cash: documents in, result out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from recon.base import money
from recon.base.cash import CashCause
from recon.base.errors import tie
from recon.base.events import Event, Severity
from recon.base.month import Month
from recon.base.text import counted
from recon.reconciliation.cash import control, reading
from recon.reconciliation.cash.breaks import CashBreak, find_breaks
from recon.reconciliation.cash.control import Ageing, Balance, CustomerBalance
from recon.reconciliation.cash.documents import make_documents
from recon.reconciliation.cash.events import find_events
from recon.reconciliation.cash.groups import NotTried
from recon.reconciliation.cash.matching import by_number
from recon.reconciliation.cash.model import InvalidRow, Sums
from recon.reconciliation.cash.passes import Passed, run_rules
from recon.reconciliation.cash.policy import CashPolicy
from recon.reconciliation.cash.reading import Places
from recon.store.session import Session, reckoning

NAMES = ("feeds", "ledger")


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
    events: Sequence[Event]
    bridge: Mapping[str, Sequence[tuple[CashCause, int, int]]]
    ageing: Mapping[tuple[int, str], Ageing]
    gross_sales: Mapping[tuple[int, str], int]
    invalid: Sequence[InvalidRow]
    not_tried: Sequence[NotTried]
    notices: Sequence[str]
    policy: CashPolicy = field(default_factory=CashPolicy)

    @property
    def currencies(self) -> list[str]:
        """The currencies, the configured one first."""
        found = {balance.currency for balance in self.customers}
        return sorted(found, key=lambda code: money.rank(code, self.policy.currency))

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

    def breaks_from(self, severity: Severity | None) -> bool:
        """Whether anything is at or above a severity; None never."""
        found = self.severity
        return severity is not None and found is not None and found >= severity


def reconcile_receivables(
    session: Session,
    month: Month,
    sides: Sequence[str],
    descriptions: tuple[str, str],
    policy: CashPolicy,
    *,
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
        passed, not_tried = run_rules(session, policy.rules, progress)
        progress("Looking for causes")
        reading.view_kinds(session, passed)
        customers = control.make_balances(session, month)
        control.make_effects(session, reading.plain(passed))
        breaks = find_breaks(session, passed, places, policy, invalid)
        events, breaks = find_events(session, month, breaks)
        result = Receivables(
            month=month,
            descriptions=descriptions,
            passed=passed,
            sums=reading.sums(session, passed),
            customers=customers,
            breaks=breaks,
            events=events,
            bridge=_bridge(breaks),
            ageing=control.ageing(session, last, policy.terms_days),
            gross_sales=control.gross_sales(session, month),
            invalid=invalid,
            not_tried=not_tried,
            notices=notices,
            policy=policy,
        )
    _tie(result)
    return result


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
    by = [counted(len(result.events), "event")] if result.events else []
    by += [
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
