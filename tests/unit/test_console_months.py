"""Months at a glance: a row a month and a currency, their sums, and where the reports are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from recon.base.errors import ExitCode
from recon.base.result import Reconciliation
from recon.reconciliation.document import months_document
from recon.record.journal.history import History
from recon.reports import months as glance
from recon.reports.console.dashboard import exit_words, make_console
from recon.reports.console.months import show_months
from recon.reports.months import Glance
from tests.example import MONTH, clean_reconciliation, reconciliation
from tests.golden_files import check_golden
from tests.past_example import example_history
from tests.unit.test_console import stream, written


def seen(result: Reconciliation, later: int, past: History | None = None, *notes: str) -> Glance:
    """Return a result as that of a later month."""
    month = MONTH + later
    run_id = f"{month}_20250103T071500Z_{later:04x}"
    folder = f"reports/{month}/{run_id}"
    return Glance.of(replace(result, month=month), run_id, folder, notes, past or History())


def months() -> list[Glance]:
    """Return a month with breaks that was signed before, one without, and one with nothing."""
    blocked = "reports/2024-07 was blocked by another program; the reports are beside it."
    return [
        seen(reconciliation(), 0, example_history(signed=True)),
        seen(clean_reconciliation(), 1, None, blocked),
        seen(replace(clean_reconciliation(), totals={}), 2),
        seen(reconciliation(), 3),
    ]


def shown(found: list[Glance], encoding: str = "utf-8", width: int = 80, **options: Any) -> str:
    """Return what is printed of months."""
    out = stream(encoding)
    show_months(make_console(out, False, width), found, tolerance="1%", **options)
    return written(out)


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [("80", 80, "utf-8"), ("100", 100, "utf-8"), ("160", 160, "utf-8"), ("ascii", 80, "ascii")],
)
def test_a_row_a_month_and_a_currency(name: str, width: int, encoding: str) -> None:
    """What finds no room is left out as a whole column; the figures that stay are complete."""
    text = shown(months(), encoding, width, exit_words=exit_words(ExitCode.BREAKS), sample=True)
    check_golden(f"months_{name}.txt", text)
    assert max(map(cell_len, text.splitlines())) <= width


def test_one_currency_stands_above_the_table() -> None:
    """A column of its own would say the same in every row."""
    clean = clean_reconciliation()
    only = replace(clean, totals={"USD": clean.totals["USD"]})
    text = shown([seen(only, 0), seen(only, 1)], width=100)
    assert "Ready to close all 2 months: no breaks, no invalid rows" in text
    assert "2024-06 to 2024-07: USD" in text
    assert text.count("USD") == 1
    assert "Expected" in text


def test_quiet_is_a_line_a_month() -> None:
    """The verdict that each month prints alone."""
    text = shown(months(), quiet=True, sample=True)
    assert text.count("\n") == len(months())
    assert text.startswith("SAMPLE DATA  Do not close June 2024: 5 critical")


def test_the_sums_are_those_of_the_months() -> None:
    """A line counts in each month anew; currencies are never added."""
    found = months()
    sums = glance.totals(found)
    assert list(sums) == ["USD", "JPY"]
    first, second = found[0].totals["USD"], found[1].totals["USD"]
    assert sums["USD"].expected == 2 * first.expected + second.expected
    assert sums["USD"].breaks == 2 * first.breaks
    told = months_document([{"month": "2024-06"}, {"month": "2024-09"}], sums, 3)
    assert (told["first"], told["last"], told["exit_code"]) == ("2024-06", "2024-09", 3)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([seen(reconciliation(), 0)], "Do not close June 2024: 5 critical, 3 high, 1 warning"),
        (months(), "Do not close 2 of 4 months: 10 critical, 6 high, 2 warnings, 4 invalid rows"),
        ([seen(clean_reconciliation(), n) for n in (0, 1)], "Ready to close all 2 months: no br"),
        (
            [seen(replace(clean_reconciliation(), totals={}), n) for n in (0, 1)],
            "Nothing to close in 2 months: no revenue",
        ),
    ],
)
def test_how_many_months_may_be_closed(found: list[Glance], sentence: str) -> None:
    """In a sentence, as for one month."""
    assert glance.sentence(found).startswith(sentence)
