"""A result as data frames: exact amounts, in words, and nothing lost."""

from __future__ import annotations

from decimal import Decimal

import recon
from recon.base import money
from tests.example import reconciliation


def test_amounts_are_decimal_and_tie() -> None:
    """Of each currency, breaks and bridge add up to what the result says, with its decimals."""
    result = reconciliation()
    frames = result.to_frames()
    assert [*frames] == ["totals", "bridge", "breaks", "events", "invalid", "lines"]
    totals, breaks, bridge = (frames[name] for name in ("totals", "breaks", "bridge"))
    assert sorted(totals["currency"]) == sorted(result.totals)
    assert totals["currency"][0] == result.policy.currency
    for row in totals.itertuples():
        exact = result.totals[row.currency]
        assert isinstance(row.expected, Decimal)
        assert str(row.expected) == money.plain(exact.expected, row.currency)
        steps = bridge[bridge["currency"] == row.currency]["amount"].sum()
        assert row.expected + steps == row.recognized
        assert row.recognized - row.expected == row.difference
    for item, difference in zip(result.breaks, breaks["difference"], strict=True):
        assert difference == recon.amount(item.difference, item.currency)
    assert len(frames["lines"]) == len(result.lines)
    assert len(frames["invalid"]) == len(result.invalid)
    assert set(breaks["cause"]) == {item.cause.value for item in result.breaks}


def test_an_empty_frame_keeps_its_columns() -> None:
    """Programs need not ask whether there is a break."""
    from tests.example import clean_reconciliation

    frames = clean_reconciliation().to_frames()
    assert len(frames["breaks"]) == 0
    assert frames["breaks"]["difference"].sum() == 0
    assert [*frames["breaks"].columns][:3] == ["name", "contract_id", "revenue_type"]


def test_a_result_shows_its_verdict() -> None:
    """In a line, and as a table in a notebook, where names are no markup."""
    result = reconciliation()
    assert repr(result).startswith(f"<Reconciliation {result.month}: {result.verdict}, ")
    page = result._repr_html_()
    assert "<strong>" in page and page.count("<tr") == len(result.totals) + 1
    assert result.verdict == "do_not_close"
