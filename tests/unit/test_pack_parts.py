"""Parts of the monthly pack: the reconciliations as tables."""

from __future__ import annotations

import pytest

from recon.base.errors import TieOutError
from recon.run.pack_parts import _bridge


def test_a_bridge_has_its_ends_first_and_last() -> None:
    """However many currencies have steps of their own."""
    table = _bridge("b", "Bridge", {
        "EUR": {"From": 5, "a_cause": 2, "To": 7},
        "GBP": {"From": 1, "other": -1, "To": 0},
    })  # fmt: skip
    assert [(row.keys[0], row.currency, row.values[0]) for row in table.rows] == [
        ("From", "EUR", 5), ("From", "GBP", 1), ("a cause", "EUR", 2), ("other", "GBP", -1),
        ("To", "EUR", 7), ("To", "GBP", 0),
    ]  # fmt: skip


def test_a_bridge_that_does_not_tie_is_refused() -> None:
    """Before anybody reads it."""
    with pytest.raises(TieOutError):
        _bridge("b", "Bridge", {"EUR": {"From": 5, "To": 7}})
