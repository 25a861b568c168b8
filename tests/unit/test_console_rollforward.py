"""The roll-forward as people and scripts see it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from recon.reconciliation.document import dumps
from recon.reconciliation.rollforward import RollforwardRow
from recon.reports.console.dashboard import make_console
from recon.reports.console.rollforward import show_rollforward
from recon.reports.documents import rollforward_document
from tests.close_example import example_rollforward
from tests.example import MONTH, reconciliation
from tests.golden_files import check_golden


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def shown(
    rows: tuple[RollforwardRow, ...], width: int, encoding: str = "utf-8", **options: Any
) -> str:
    """Return the roll-forward as a stream receives it."""
    out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    console = make_console(out, False, width)
    show_rollforward(console, reconciliation(), rows, **{"recorded": True, **options})
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return out.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 160])
def test_terminal(width: int) -> None:
    """Every total is complete at 80 columns, every row at 160."""
    text = shown(example_rollforward(), width, sample=True)
    check_golden(f"rollforward_{width}.txt", text)
    assert max(map(cell_len, text.splitlines())) <= width


def test_ascii() -> None:
    """An old code page gets nothing that it lacks."""
    text = shown(example_rollforward(), 80, "ascii", recorded=False)
    check_golden("rollforward_ascii.txt", text)
    assert text.isascii()
    assert "?" not in text


def test_nothing_to_roll_forward() -> None:
    """A month without contracts and revenue says so."""
    assert "No contract value and no revenue up to this month." in shown((), 80)


@pytest.mark.parametrize("width", [80, 160])
def test_large_amounts_in_many_currencies_stay_complete(width: int) -> None:
    """No number is cut; what finds no room side by side stands below."""
    amount = -1_234_567_890_123_4567
    rows = [
        replace(
            row,
            currency=currency,
            opening=amount,
            changes=amount,
            closing=2 * amount + row.bookings - row.terminations - row.recognized,
        )
        for row in example_rollforward()[:1]
        for currency in ("EUR", "GBP", "JPY", "USD")
    ]
    text = shown(tuple(rows), width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert text.count("-1,234,567,890,123.4567") >= 4 * 2


def test_json() -> None:
    """Amounts are texts, and the totals are those of the rows."""
    found = rollforward_document(MONTH, example_rollforward(), recorded=False)
    check_golden("rollforward.json", dumps(found))
    read = json.loads(dumps(found))
    assert read["opening_recorded"] is False
    assert read["totals"]["USD"]["recognized"] == "52483.34"
