"""Exports in the shapes of well-known systems, from `recon init` to the figures of a month.

The files in `tests/exports/` are invented; their columns, notations, titles and totals are those of
the makers' exports. The figures below are worked out by hand.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.shell import in_process

EXPORTS = Path(__file__).parents[1] / "exports"


@dataclass(frozen=True)
class Pair:
    """Two exports, June's figures, and what `recon init` is unsure of."""

    contracts: str
    entries: str
    expected: str
    recognized: str
    lines: int
    unsure: tuple[str, ...]
    currency: str = "USD"


# Salesforce, won deals alone: 1,000 + 2,000 + 1,200 (4,800 over 4 months) + 200 + 600 + 1,000
# (18,000 over 18) + 300 + 1,250 (30,000 over 24) = 7,550.
# HubSpot: 500 + 750 + 500 (1,500 over 3) + 300 + 1,000 + 600 + 100 + 700 = 4,450.
# Chargebee: 1,000 + 200 + 300 + 4,000 + 50 + 700 + 100 + 800 + 600 = 7,750; one begins in July.
# The German CRM: 1,000 + 2,500 + 833.33 + 10,000 (20,000 over 2) + 416.67 + 1,250.50 + 300 + 4,000
# + 200 = 20,500.50; one begins in July.
PAIRS = {
    # 1,000 + 2,000 + 600 + 1,000 + 1,350 - 100 + 200 + 320 + 1,200
    "netsuite": Pair(
        "salesforce/opportunities.csv", "netsuite/general_ledger.csv", "7550.00", "7570.00", 8,
        ("Stage = 'Closed Won'", "accounting.where", "USD: amounts have the sign $"),
    ),
    # 1,000 + 2,000 + 600 + 1,000 + 1,250 + 200 + 300 + 1,200, all of them negative
    "dynamics": Pair(
        "salesforce/opportunities.csv", "dynamics/voucher_transactions.csv", "7550.00", "7550.00",
        8, ("accounting.invert", "\"Account name\" <> 'Deferred revenue'"),
    ),
    # 500 + 750 + 500 + 300 + 1,000 + 600 + 600 once more + 100 + 700
    "quickbooks": Pair(
        "hubspot/deals.csv", "quickbooks/transaction_detail.csv", "4450.00", "5050.00", 8,
        ("accounting.fixed.revenue_type", "analytics.columns.close_date", "Date <> ''",
         "\"Deal Stage\" = 'closedwon'"),
    ),
    # 1,000 + 200 + 300 + 4,000 + 45 + 700
    "stripe": Pair(
        "chargebee/subscriptions.csv", "stripe/debits_and_credits.csv", "7750.00", "6245.00", 10,
        ("accounting.fixed.revenue_type", "accounting.where"),
    ),
    # 1,000 + 200 + 300 + 4,100 - 100 + 50 + 700 + 800 + 500 + 100
    "xero": Pair(
        "chargebee/subscriptions.csv", "xero/account_transactions.csv", "7750.00", "7650.00", 10,
        ("accounting.columns.entry_id", "Reference <> ''"),
    ),
    # 1,000 + 2,500 + 833.33 + 12,000 - 2,000 + 416.67 + 1,250.50 + 300 + 4,000
    "sap": Pair(
        "sap/contracts.csv", "sap/fbl3n.csv", "20500.50", "20300.50", 10,
        ("accounting.invert", "accounting.columns.contract_id"), "EUR",
    ),
}  # fmt: skip


# In the fast set one of an ERP and one of a small ledger.
FAST = ("netsuite", "stripe")


@pytest.mark.parametrize(
    "maker",
    [maker if maker in FAST else pytest.param(maker, marks=pytest.mark.slow) for maker in PAIRS],
)
def test_a_pair_of_exports_becomes_a_month(maker: str, tmp_path: Path) -> None:
    """Without any correction: every row is read, and the totals are those worked out by hand."""
    pair = PAIRS[maker]
    for name in (pair.contracts, pair.entries):
        shutil.copy(EXPORTS / name, tmp_path)
    # The entries come first: the order does not matter.
    names = [Path(pair.entries).name, Path(pair.contracts).name]
    done = in_process("init", *names, cwd=tmp_path, env={"COLUMNS": "160"})
    assert done.returncode == 0, done.stderr.decode()
    said = done.stdout.decode()
    assert "recon month 2024-06" in said
    for part in pair.unsure:
        assert part in said, said
    ended = in_process("month", "2024-06", "--json", "--format", "none", cwd=tmp_path)
    document = json.loads(ended.stdout)
    totals = document["totals"][pair.currency]
    assert list(document["totals"]) == [pair.currency]
    assert document["invalid"] == []
    assert (totals["expected"], totals["recognized"]) == (pair.expected, pair.recognized)
    assert totals["contract_lines"] == pair.lines
    assert ended.returncode in (0, 3)
