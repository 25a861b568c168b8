"""The roll-forward as one JSON document, for scripts."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.month import Month
from recon.reconciliation.rollforward import FIGURES, RollforwardRow, in_total

SCHEMA = 1


def rollforward_document(
    month: Month, rows: Sequence[RollforwardRow], *, recorded: bool
) -> dict[str, object]:
    """Return the document: plain texts, lists and mappings in a fixed order.

    Amounts are texts with the currency's decimals; `recorded` says whether the month opens with
    what the run of the month before recorded.
    """
    return {
        "schema": SCHEMA,
        "month": str(month),
        "opening_recorded": recorded,
        "totals": {currency: _amounts(row) for currency, row in sorted(in_total(rows).items())},
        "rows": [
            {
                "revenue_type": row.revenue_type,
                "segment": row.segment,
                "currency": row.currency,
                **_amounts(row),
            }
            for row in rows
        ],
    }


def _amounts(row: RollforwardRow) -> dict[str, str]:
    names = (*FIGURES, "beyond_value")
    return {name: money.plain(getattr(row, name), row.currency) for name in names}
