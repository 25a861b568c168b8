"""Reconciliations as parts of the monthly pack.

Revenue and order to cash as the figures' tables: verdict, totals, bridge.
"""

from __future__ import annotations

from collections.abc import Mapping

from recon.base.errors import tie
from recon.base.result import Reconciliation
from recon.base.text import words
from recon.kpi.measures import Unit
from recon.kpi.result import Column, Figures, Row, Table
from recon.reconciliation.cash.receivable import NAMES, Receivables
from recon.reconciliation.cash.receivable import verdict as cash_verdict
from recon.reconciliation.verdict import verdict
from recon.reports.wording import currencies, steps

_SAMPLE = "SAMPLE DATA: invented contracts and entries, not your books."
_AMOUNT = Column("amount", "Amount", Unit.AMOUNT, better=0)
_MOVEMENT = tuple(
    Column(name, name.capitalize(), Unit.AMOUNT, better=0)
    for name in ("opening", "sales", "debits", "credits", "closing")
)


def revenue_part(result: Reconciliation, of: Figures, *, sample: bool) -> Figures:
    """The verdict and the bridge from expected to recognized."""
    parts = {
        currency: {
            "Expected": result.totals[currency].expected,
            **{step.bucket: step.amount for step in steps(result.bridge[currency])},
            "Recognized": result.totals[currency].recognized,
        }
        for currency in currencies(result)
    }
    bridge = _bridge("bridge", "From expected to recognized", parts)
    notes = (f"{verdict(result)}.", *([_SAMPLE] if sample else []))
    return _part("reconciliation", "Reconciliation", of, (bridge,), notes)


def cash_part(result: Receivables, of: Figures, *, sample: bool) -> Figures:
    """The verdict, both receivables, and the bridge between them."""
    movements, parts = [], {}
    for currency in result.currencies:
        feeds, ledger = (result.balance(side, currency) for side in (1, 2))
        for name, each in zip(NAMES, (feeds, ledger), strict=True):
            values = (each.opening, each.sales, each.debits, each.credits, each.closing)
            movements.append(Row((f"by the {name}",), currency, values))
        parts[currency] = {
            "By the feeds": feeds.closing,
            **{cause.value: amount for cause, amount, _ in result.bridge.get(currency, ())},
            "By the ledger": ledger.closing,
        }
    tables = (
        Table("receivable", "What customers owe", ("receivable",), _MOVEMENT, tuple(movements)),
        _bridge("cash_bridge", "From the feeds to the ledger", parts),
    )
    notes = (f"{cash_verdict(result)}.", *([_SAMPLE] if sample else []))
    return _part("cash", "Order to cash", of, tables, notes)


def _bridge(name: str, title: str, parts: Mapping[str, Mapping[str, int]]) -> Table:
    """A bridge, its ends first and last.

    Each currency's steps tie.
    """
    for currency, steps_ in parts.items():
        first, *between, last = steps_.values()
        tie(f"{title} in {currency}", first + sum(between), last)
    inner = dict.fromkeys(step for of in parts.values() for step in [*of][1:-1])
    first_of = next(iter(parts.values()), {})
    ends = [*first_of][:1], [*first_of][-1:]
    rows = [
        Row((words(step),), currency, (of[step],))
        for step in [*ends[0], *inner, *ends[1]]
        for currency, of in parts.items()
        if step in of
    ]
    return Table(name, title, ("step",), (_AMOUNT,), tuple(rows))


def _part(
    view: str, title: str, of: Figures, tables: tuple[Table, ...], notes: tuple[str, ...]
) -> Figures:
    return Figures(view, title, of.period, of.first, of.last, (), None, tables, notes, unit=of.unit)
