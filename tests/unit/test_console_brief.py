"""The first screen: 40 lines of 80 characters, and the verdict at both ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from recon.base import money
from recon.base.events import Event, EventKind, Severity
from recon.base.result import Reconciliation
from recon.reconciliation.verdict import verdict
from recon.reports.console.brief import MOST, Brief, show_brief
from recon.reports.console.dashboard import make_console
from tests.example import clean_reconciliation, reconciliation
from tests.golden_files import check_golden
from tests.past_example import example_history
from tests.unit.test_console import four_currencies, stream, written

PLACES = (
    ("page", "reports/2024-06/latest.html"),
    ("reports", "reports/2024-06/2024-06_20240703T071500Z_3f9a"),
)


def shown(result: Reconciliation, encoding: str = "utf-8", width: int = 80, **options: Any) -> str:
    """Return the first screen as a stream receives it."""
    out = stream(encoding)
    show_brief(make_console(out, False, width), Brief(result, **{"places": PLACES, **options}))
    return written(out)


def with_events(count: int) -> Reconciliation:
    """Return the example month with so many events."""
    event = Event(
        "E-7KQ2M4XAU3", EventKind.BATCH_TWICE, "The batch B-7 was posted twice. " * 4,
        "Reverse it.", (("C-1003", "Subscription", "USD"),), Severity.CRITICAL,
        {"USD": 10_000_000}, {"USD": 10_000_000}, "B-7", 1, 1, 8,
    )  # fmt: skip
    return replace(reconciliation(), events=(event,) * count)


@pytest.mark.parametrize("width", [80, 160])
def test_terminal(width: int) -> None:
    """A month with a past, as people see it."""
    history = example_history(signed=True)
    text = shown(reconciliation(), width=width, sample=True, history=history)
    check_golden(f"brief_{width}.txt", text)
    assert max(map(cell_len, text.splitlines())) <= width


def test_ascii() -> None:
    """Where boxes cannot be drawn, everything is drawn in ASCII."""
    text = shown(reconciliation(), "ascii", sample=True)
    check_golden("brief_ascii.txt", text)
    assert text.isascii()


@pytest.mark.parametrize(
    "result",
    [
        reconciliation(),
        clean_reconciliation(),
        with_events(1),
        with_events(9),
        four_currencies(1_234_567_890_1200),
        four_currencies(money.LARGEST // 10_000 * 10_000),
        replace(four_currencies(10_000), events=with_events(9).events),
    ],
)
def test_it_fits_a_screen_and_ends_with_the_verdict(result: Reconciliation) -> None:
    """Whatever there is: at most 40 lines, none too wide, and the answer is never scrolled away."""
    text = shown(result, sample=True, history=example_history(signed=True))
    lines = text.splitlines()
    assert len(lines) <= MOST
    assert max(map(cell_len, lines)) <= 80
    assert " ".join(text.split()).endswith(verdict(result))
    assert " ".join(text.split()).count(verdict(result)) == 2


def test_the_bridge_adds_up() -> None:
    """The causes that are not shown are one line more, beside what was expected and recognized."""
    text = shown(reconciliation(), history=example_history())
    (rest,) = [line.split() for line in text.splitlines() if "other causes" in line]
    assert rest[:5] == ["3", "other", "causes", "+900.01", "900.01"]


def test_amounts_that_find_no_room_are_named() -> None:
    """An amount column never disappears without a word; one of nothing but zeros may."""
    text = shown(four_currencies(money.LARGEST // 10_000 * 10_000))
    assert "Left out, for want of room: Tolerance allows, Expected, Recognized." in text
    assert "Left out" not in shown(reconciliation(), width=160)


def test_as_many_breaks_as_asked_for() -> None:
    """--top shows more than there is room for, and none where it is 0."""
    assert shown(reconciliation(), top=9).count("critical  ") == 5
    assert "What to fix first: 0 of 9 breaks" in shown(reconciliation(), top=0)


def test_a_notice_of_the_run_itself_is_there() -> None:
    """A message that was not sent is not left to the long page."""
    assert "Slack got no message." in shown(reconciliation(), notes=["Slack got no message."])
