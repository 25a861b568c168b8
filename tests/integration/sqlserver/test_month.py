"""The month from a SQL Server: what recon asks, and that the answers arrive as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.integration.sqlserver.books import books, month
from tests.integration.sqlserver.conftest import Endpoint


def test_a_month_is_right_and_complete(endpoint: Endpoint, configured: Callable[..., Path]) -> None:
    """Totals to the cent, the one break with its cause, history from what the server added up."""
    endpoint.play(*books())
    result = month(configured())
    totals = result.totals["USD"]
    assert (totals.expected, totals.recognized) == (20_000_000, 30_000_000)
    assert [(item.contract_id, item.cause) for item in result.breaks] == [
        ("C-2", "duplicate_entry")
    ]
    assert [item.to_date_difference for item in result.breaks] == [10_000_000]
    assert not result.invalid
