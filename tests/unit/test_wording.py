"""What all reports say alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recon.base.events import Severity
from recon.base.policy import Policy
from recon.base.result import Reconciliation, Totals
from recon.reconciliation.verdict import verdict
from recon.reports.wording import currencies, masked
from tests.example import clean_reconciliation, reconciliation

FULL, CLEAN = reconciliation(), clean_reconciliation()
WARNING = replace(
    FULL, breaks=[b for b in FULL.breaks if b.severity is Severity.WARNING], invalid=()
)
EMPTY = replace(CLEAN, totals={"USD": Totals(0, 0, 0, 0, 0, 0, 0, 0)})


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (FULL, "Do not close June 2024: 5 critical, 3 high, 1 warning, 2 invalid rows"),
        (replace(CLEAN, invalid=FULL.invalid[:1]), "Do not close June 2024: 1 invalid row"),
        (WARNING, "Ready to close June 2024, with 1 warning to acknowledge"),
        (CLEAN, "Ready to close June 2024: no breaks, no invalid rows"),
        (EMPTY, "Nothing to close in June 2024: no revenue expected or recognized"),
    ],
)
def test_the_verdict(result: Reconciliation, sentence: str) -> None:
    """Only high and critical breaks and invalid rows forbid the close."""
    assert verdict(result) == sentence


@pytest.mark.parametrize(
    ("configured", "order"),
    [("USD", ["USD", "JPY"]), ("JPY", ["JPY", "USD"]), ("CHF", ["USD", "JPY"])],
)
def test_the_main_currency_comes_first(configured: str, order: list[str]) -> None:
    """It is the configured one, or where that does not occur the one with most lines."""
    assert currencies(replace(FULL, policy=Policy(currency=configured))) == order


def test_a_masked_net_is_called_out() -> None:
    """A net difference of a cent over a gross one of thousands gets a sentence."""
    assert masked(FULL, "USD").startswith(
        "USD: the net difference looks fine, but the gross difference does not. +0.01 net"
    )
    assert masked(FULL, "JPY") == ""
