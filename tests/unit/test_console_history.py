"""What people see of the journal: history, open breaks, and what the dashboard says of time."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from recon.base.errors import ExitCode
from recon.base.events import Severity
from recon.reconciliation.document import dumps
from recon.record.journal.history import History
from recon.record.journal.model import Event, Kind, OpenItem
from recon.reports.console.dashboard import make_console
from recon.reports.console.history import show_history, show_signed
from recon.reports.console.open_items import Standing, show_open
from recon.reports.documents import history_document, open_document
from tests.example import MONTH, clean_reconciliation, reconciliation
from tests.golden_files import check_golden
from tests.past_example import (
    FIRST_RUN,
    NOW,
    example_history,
    example_open_items,
    example_runs,
    example_signatures,
)
from tests.unit.test_console import shown, stream, written

HEADINGS = ("Since the last run", "Carried forward", "Resolved by this run", "Signed off before")
PAGES = [("80", 80, "utf-8"), ("160", 160, "utf-8"), ("ascii", 80, "ascii")]


def page(width: int, encoding: str, show: Any, *arguments: Any, **options: Any) -> str:
    """Return what a view prints in a width and an encoding."""
    out = stream(encoding)
    show(make_console(out, False, width), *arguments, **options)
    text = written(out)
    assert max(map(cell_len, text.splitlines())) <= width
    return text


@pytest.mark.parametrize(("name", "width", "encoding"), PAGES)
def test_history(name: str, width: int, encoding: str) -> None:
    """A month with its signatures, then its runs, the newest first."""
    text = page(width, encoding, show_history, example_runs(), example_signatures(), sample=True)
    check_golden(f"history_{name}.txt", text)


@pytest.mark.parametrize(("name", "width", "encoding"), PAGES)
@pytest.mark.parametrize("ages", [False, True])
def test_open_breaks(name: str, width: int, encoding: str, ages: bool) -> None:
    """What is open in each currency, and each break with what was said of it; or their ages."""
    standing = Standing(example_open_items(), MONTH, NOW)
    text = page(width, encoding, show_open, standing, top=9, ages=ages, sample=True)
    check_golden(f"{'ageing' if ages else 'open'}_{name}.txt", text)


@pytest.mark.parametrize("width", [80, 160])
def test_an_acknowledged_break_says_so_where_it_is_to_be_fixed(width: int) -> None:
    """Nobody looks into it a second time: it comes after all that is still to be fixed."""
    gravest, *others = reconciliation().breaks
    said = Event(0, NOW, "anna", "pc", Kind.ACKNOWLEDGED, gravest.name, MONTH, "Refund.", "2024-08")
    life = OpenItem(gravest.name, MONTH, NOW, {MONTH: gravest}, gravest, acknowledged=said)
    history = History(open_items={gravest.name: life})
    text = shown(reconciliation(), history=history, width=width, top=20)
    places = [text.index(other.name) for other in others]
    assert places == sorted(places)
    assert places[-1] < text.index(gravest.name)
    assert gravest.name not in shown(reconciliation(), history=history, width=width, top=8)
    assert " ".join(text.split()).count("Acknowledged until 2024-08.") == 1
    assert "Acknowledged" not in shown(reconciliation(), width=width)


@pytest.mark.parametrize(("name", "width", "encoding"), PAGES)
def test_dashboard_of_a_month_with_a_past(name: str, width: int, encoding: str) -> None:
    """What was signed, what has changed since the last run, what is carried and what is cleared."""
    text = shown(
        reconciliation(),
        encoding,
        width=width,
        color=False,
        top=2,
        history=example_history(signed=True),
        exit_code=ExitCode.BREAKS,
    )
    check_golden(f"dashboard_past_{name}.txt", text)


def test_the_last_run_where_nothing_was_signed() -> None:
    """The section names the run, counts what differs and shows the first of each kind."""
    text = shown(reconciliation(), history=example_history())
    assert f"Since the last run: {FIRST_RUN}" in text
    assert "1 fixed, 2 new, 1 changed; the net difference moved by " in text
    assert "Signed off before" not in text


def test_a_first_run_has_no_past() -> None:
    """Without a journal, and with an empty one, the page is the same."""
    assert shown(reconciliation(), history=History()) == shown(reconciliation())
    assert not any(heading in shown(reconciliation()) for heading in HEADINGS)


def test_another_verdict_than_the_signed_one_is_the_exit_code() -> None:
    """A clean month that was signed off with breaks says why it is 3."""
    text = shown(
        clean_reconciliation(),
        history=example_history(signed=True),
        exit_code=ExitCode.BREAKS,
    )
    assert "The verdict was high and is clean now." in text
    assert "exit code  3: done, but the verdict differs from the one that was signed off" in text


def test_an_empty_journal_is_a_friendly_line() -> None:
    """Nothing was run yet: that is no failure."""
    said = "is recorded here yet; `recon month` creates"
    assert f"No run {said}" in page(80, "utf-8", show_history, [], {})
    assert f"No run of 2024-06 {said}" in page(80, "utf-8", show_history, [], {}, MONTH)
    assert f"No run {said}" in page(80, "utf-8", show_open, None)
    nothing = page(80, "utf-8", show_open, Standing((), MONTH, NOW))
    assert nothing == "No break is open at the end of 2024-06.\n"


def test_what_is_to_be_worked_off_can_be_asked_for() -> None:
    """Those of a severity and above, and those that nobody has acknowledged."""
    everything = Standing(example_open_items(), MONTH, NOW)
    grave = everything.narrowed(Severity.CRITICAL, True)
    assert {life.last.severity for life in grave.found} == {Severity.CRITICAL}
    high = everything.narrowed(Severity.HIGH, False)
    assert {life.last.severity for life in high.found} == {Severity.CRITICAL, Severity.HIGH}
    assert "breaks, high and above" in page(80, "utf-8", show_open, high)
    left = everything.narrowed(None, True)
    assert len(left.found) == len(everything.found) - 1
    assert "breaks, not acknowledged" in page(80, "utf-8", show_open, left)
    none = Standing(everything.found[2:3], MONTH, NOW).narrowed(None, True)
    said = "No break is open at the end of 2024-06 (not acknowledged).\n"
    assert page(80, "utf-8", show_open, none) == said


def test_what_is_not_shown_is_counted() -> None:
    """The rest is said to be there, with how to see it."""
    standing = Standing(example_open_items(), MONTH, NOW)
    text = page(80, "utf-8", show_open, standing, top=3)
    assert (
        f"+{len(example_open_items()) - 3} more: --top {len(example_open_items())} shows all"
        in text
    )


def test_a_signature_says_what_is_missing() -> None:
    """After the preparer the reviewer is waited for; after the reviewer nobody is."""
    run, given = example_runs()[1], example_signatures()[FIRST_RUN]
    assert "is not signed off yet" in page(80, "utf-8", show_signed, run, given[:1])
    assert "2024-06 is signed off." in page(80, "utf-8", show_signed, run, given)


def test_the_documents_are_the_approved_ones() -> None:
    """Scripts read runs, signatures, breaks and their ageing."""
    check_golden("history.json", dumps(history_document(example_runs(), example_signatures())))
    check_golden("open.json", dumps(open_document(example_open_items(), MONTH, NOW)))
