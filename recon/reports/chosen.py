"""Some breaks of a month, as somebody chose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.base import money
from recon.base.filters import BreakFilter
from recon.base.result import Break, Reconciliation
from recon.reconciliation.document import break_table


def chosen(result: Reconciliation, only: BreakFilter) -> list[Break]:
    """The breaks of a result that a filter takes."""
    return [item for item in result.breaks if only.takes(item)]


def only_breaks(
    document: Mapping[str, object], result: Reconciliation, only: BreakFilter
) -> dict[str, object]:
    """A month's document with these breaks alone.

    Its `only` says which they are; everything else is of the whole month.
    """
    tables = [break_table(item) for item in chosen(result, only)]
    return {**document, "only": only.words(), "breaks": tables}


def sums(breaks: Sequence[Break], main: str) -> list[tuple[str, int, int, int]]:
    """Number, net and gross of breaks, by currency, `main` first."""
    found: dict[str, tuple[int, int, int]] = {}
    for item in breaks:
        count, net, gross = found.get(item.currency, (0, 0, 0))
        found[item.currency] = (count + 1, net + item.difference, gross + abs(item.difference))
    ranked = sorted(found, key=lambda currency: money.rank(currency, main))
    return [(currency, *found[currency]) for currency in ranked]
