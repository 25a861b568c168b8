"""What people see of two runs that differ, and of another tolerance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recon.record.journal.history import MovementPart, Since
from recon.record.replay.tuning import Tuned
from recon.reports.console.replay import SHOWN, show_difference, show_tuning
from tests.example import MONTH, RUN_ID, reconciliation
from tests.golden_files import check_golden
from tests.past_example import FIRST_RUN, MAY, example_history, example_run
from tests.unit.test_console_history import PAGES, page

USD = {"currency": "USD"}
THEN, NOW = example_run(FIRST_RUN, MONTH, days=1), example_run(RUN_ID, MONTH, policy=USD)
PARTS = (
    MovementPart("contract lines changed", 2,
                 {"USD": {"expected": 1_500_000, "difference": -1_500_000}}),
    MovementPart("entries added", 1_204, {"USD": {"recognized": 8_000_000, "difference": 8_000_000},
                                  "JPY": {"recognized": -500_000_000, "difference": -500_000_000}}),
    MovementPart("entries removed", 0, {}),
    MovementPart("another policy", None, {}),
)  # fmt: skip


def difference(
    width: int, encoding: str, since: Since, parts: tuple[MovementPart, ...] = ()
) -> str:
    """Return what `recon diff` prints."""
    return page(width, encoding, show_difference, THEN, NOW, since, parts, sample=False)


def since() -> Since:
    """Return what the example month has changed since its first run."""
    found = example_history().since
    assert found
    return found


@pytest.mark.parametrize(("name", "width", "encoding"), PAGES)
def test_two_runs(name: str, width: int, encoding: str) -> None:
    """Breaks that came, went and changed, and why the totals moved, the main currency first."""
    check_golden(f"diff_{name}.txt", difference(width, encoding, since(), PARTS))


def test_runs_that_say_the_same() -> None:
    """One line; with other rows of which no total has moved, it says so."""
    same = replace(since(), fixed=(), new=(), changed=(), moved={})
    assert "Nothing has changed: rows, rules, breaks" in difference(80, "utf-8", same)
    told = difference(
        80, "utf-8", same, (MovementPart("entries added", 2, {"USD": {"recognized": 0}}),)
    )
    assert "The totals have not moved (entries added: 2)." in told


def test_many_breaks_are_cut_short() -> None:
    """The rest is counted, and where it is said."""
    first = reconciliation().breaks[0]
    many = tuple(replace(first, name=f"B-{number:012}") for number in range(SHOWN + 7))
    changed = tuple((item, replace(item, difference=-1)) for item in many)
    told = difference(80, "utf-8", replace(since(), fixed=many, new=many, changed=changed))
    assert told.count("+7 more: --json lists all") == 3


def tuned(*, missed: bool = True) -> list[Tuned]:
    """Return two months under another tolerance."""
    breaks = [replace(item, candidates=(item.cause,)) for item in reconciliation().breaks]
    lost = tuple(breaks) if missed else ()
    return [
        Tuned(MAY, "2024-05_x", 1_204, tuple(breaks[:2]), ()),
        Tuned(MONTH, RUN_ID, 3, (), lost),
    ]


@pytest.mark.parametrize(("name", "width", "encoding"), PAGES)
def test_another_tolerance(name: str, width: int, encoding: str) -> None:
    """What comes, what goes and its value; the proven errors, a currency after the other."""
    shown = page(width, encoding, show_tuning, tuned(), "tolerance 5%, SMB 2%", "USD", sample=True)
    check_golden(f"tune_{name}.txt", shown)


def test_a_tolerance_that_misses_nothing() -> None:
    """It says so."""
    shown = page(80, "utf-8", show_tuning, tuned(missed=False), "tolerance 5%", "USD", sample=False)
    assert "No proven error would have been missed." in shown
