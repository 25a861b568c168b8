"""Order to cash in the terms of the journal.

The journal, Slack and the lists of open breaks know one model of a break and of totals; here the
first side is what is expected, the ledger what is recognized, and a document what is a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from recon.base.result import Break, Bucket, Entry, Totals
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.receivable import Receivables


def recorded_breaks(result: Receivables) -> list[Break]:
    """The breaks as the journal keeps them."""
    return [_break(item) for item in result.breaks]


def _break(item: CashBreak) -> Break:
    feeds, ledger = item.amount_of(1), item.amount_of(2)
    entries = tuple(
        Entry(each.ref or each.place, each.amount, 0, each.sale or "", str(each.day or ""))
        for each in item.documents
    )
    return Break(
        name=item.name, contract_id=item.title, revenue_type=item.kind, currency=item.currency,
        customer=item.customer, segment="", owner="", status=item.status, cause=item.cause,
        candidates=item.found.candidates or (item.cause,), severity=item.severity, expected=feeds,
        recognized=ledger, difference=item.difference, allowed=0, to_date_expected=feeds,
        to_date_recognized=feeds + item.difference, flags=(), entries=entries,
        explanation=item.found.sentence, against=item.found.against, event=item.event,
        to_date=True,
    )  # fmt: skip


def recorded_totals(result: Receivables) -> dict[str, Totals]:
    """The receivables of both sides, by currency.

    A line is a document; one in a match that differs is neither matched nor open.
    """
    gross, breaks, differing = Counter[str](), Counter[str](), Counter[str]()
    for item in result.breaks:
        breaks[item.currency] += 1
        for effect in item.effects:
            gross[effect.currency] += abs(effect.amount)
        for each in item.documents if item.rule else ():
            differing[each.currency] += 1
    found = {}
    for code in result.currencies:
        sums = [each for (_, currency), each in result.sums.items() if currency == code]
        found[code] = Totals(
            expected=result.balance(1, code).closing,
            recognized=result.balance(2, code).closing,
            gross_difference=gross[code],
            contract_lines=sum(each.documents for each in sums),
            inactive_lines=0,
            matched=sum(each.matched for each in sums) - differing[code],
            within_tolerance=0,
            breaks=breaks[code],
        )
    return found


def recorded_bridge(result: Receivables) -> Mapping[str, tuple[Bucket, ...]]:
    """The bridge from the feeds to the ledger, by currency."""
    gross = defaultdict[str, Counter[str]](Counter)
    for item in result.breaks:
        for effect in item.effects:
            gross[effect.currency][item.cause] += abs(effect.amount)
    return {
        code: tuple(
            Bucket(cause.value, amount, lines, gross[code][cause])
            for cause, amount, lines in result.bridge.get(code, ())
        )
        for code in result.currencies
    }


def masked(totals: Mapping[str, Totals]) -> Sequence[str]:
    """The currencies in which differences cancel each other out."""
    return [code for code, each in totals.items() if each.difference == 0 < each.gross_difference]
