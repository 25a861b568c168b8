"""Rows that are delivered more than once, and ids that stand for several rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import recon
from recon.base.events import EventKind
from recon.base.result import Side
from recon.reconciliation import repeated
from tests.books import MONTH, Row, contract, entry
from tests.tables import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recon.base.result import Reconciliation

JUNE = entry("JE-1", "C-1", "1000.00")


def result_of(
    contracts: Sequence[Row], entries: Sequence[Row], policy: Mapping[str, object] | None = None
) -> Reconciliation:
    """Return the month of some rows."""
    return recon.reconcile(pd.DataFrame(contracts), pd.DataFrame(entries), MONTH, policy)


def counts(result: Reconciliation, side: Side) -> tuple[int, int, int]:
    """Return the rows of a side: delivered, invalid and repeated."""
    facts = result.sources[side]
    return facts.rows, facts.invalid, facts.repeated


def test_an_entry_that_is_delivered_twice_is_one() -> None:
    """It breaks no line; the rows are counted, and the notice names the first of them."""
    result = result_of([contract("C-1")], [JUNE, entry("JE-2", "C-9", "0.00"), JUNE, JUNE])
    assert [item.contract_id for item in result.breaks] == []
    assert counts(result, Side.ACCOUNTING) == (4, 0, 2)
    assert result.sources[Side.ACCOUNTING].control_total == {"USD": 30_000_000}
    assert (
        "2 rows of accounting are equal to an earlier one in every column, and left out; the first "
        "is row 3 (JE-1), which repeats row 1."
    ) in result.notices


def test_where_an_event_counts_the_rows_the_notice_names_the_first() -> None:
    """The number of rows is not told twice in one report."""
    posted = [entry(f"JE-{n}", f"C-{n}", "1000.00") for n in range(5)]
    result = result_of([contract(f"C-{n}") for n in range(5)], posted + posted)
    assert [event.kind for event in result.events] == [EventKind.EXTRACT_TWICE]
    told = [notice for notice in result.notices if "repeat" in notice or "equal to" in notice]
    assert told == ["The first repeated row of accounting is row 6 (JE-0), which repeats row 1."]


def test_an_id_with_other_content_is_refused() -> None:
    """Both rows are invalid, and the reason names both places and the setting."""
    other = entry("JE-1", "C-2", "1000.00")
    result = result_of([contract("C-1"), contract("C-2")], [JUNE, other, JUNE])
    reason = "entry_id 'JE-1' has different content in row 1 and row 2 (accounting.repeated_ids)"
    assert [(row.row, row.reason) for row in result.invalid] == [(1, reason), (2, reason)]
    assert counts(result, Side.ACCOUNTING) == (3, 2, 1)


@pytest.mark.parametrize(
    ("column", "again"),
    [
        ("amount", "1000"),
        ("amount", "+1000.0"),
        ("recognition_period", "20240615"),
        ("recognition_period", "2024-06-15T00:00:00"),
        ("revenue_type", "SUBSCRIPTION "),
    ],
)
def test_rows_are_equal_by_value(column: str, again: str) -> None:
    """Another spelling of the same amount, day or type is no other content."""
    first = JUNE | {"recognition_period": "2024-06-15"}
    result = result_of([contract("C-1")], [first, first | {column: again}])
    assert result.breaks == ()
    assert counts(result, Side.ACCOUNTING) == (2, 0, 1)


@pytest.mark.parametrize(
    ("column", "again"),
    [("amount", "1000.0001"), ("recognition_period", "2024-06-16"), ("posted_at", "2024-07-01")],
)
def test_rows_of_other_values_are_refused(column: str, again: str) -> None:
    """An id stands for one of them, and nothing says which."""
    first = JUNE | {"recognition_period": "2024-06-15", "posted_at": "2024-06-30"}
    result = result_of([contract("C-1")], [first, first | {column: again}])
    assert counts(result, Side.ACCOUNTING) == (2, 2, 0)


def test_ids_of_entries_meet_in_any_case() -> None:
    """They collide as contract ids do, and the reason names the setting."""
    both = [JUNE | {"entry_id": "je-1"}, JUNE]
    result = result_of([contract("C-1")], both)
    reason = (
        "entry_id 'je-1' has different content in row 1 and row 2 "
        "(accounting.repeated_ids); their ids "
        'differ only in case: if case counts, set [policy] ids = "exact"'
    )
    assert result.invalid[0].reason == reason
    assert counts(result, Side.ACCOUNTING) == (2, 2, 0)
    exact = result_of([contract("C-1")], both, {"ids": "exact"})
    assert (exact.invalid, exact.totals["USD"].recognized) == ((), 20_000_000)


@pytest.mark.parametrize("again", ["JE\N{EN DASH}1", "JE\N{ZERO WIDTH SPACE}-1"])
def test_ids_of_entries_meet_however_they_are_written(again: str) -> None:
    """A dash of another kind makes no other id, and case is not named for it."""
    result = result_of([contract("C-1")], [JUNE, JUNE | {"entry_id": again}])
    assert [row.reason for row in result.invalid] == [
        f"entry_id '{of}' has different content in row 1 and row 2 (accounting.repeated_ids)"
        for of in ("JE-1", again)
    ]


def test_contract_rows_are_equal_by_value() -> None:
    """A value with its decimals written out is the same value."""
    rows = [contract("C-1"), contract("C-1", contract_value="12000", duration_months="12.0")]
    assert counts(result_of(rows, [JUNE]), Side.ANALYTICS) == (2, 0, 1)


def test_ids_may_repeat_where_the_setting_says_so() -> None:
    """An id may be that of a journal with several lines."""
    both = [JUNE, entry("JE-1", "C-2", "1000.00")]
    result = result_of([contract("C-1"), contract("C-2")], both, {"repeated_ids": "keep"})
    assert (result.breaks, result.invalid) == ((), ())


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_equal_rows_without_an_id_stay(blank: str | None) -> None:
    """They may be two postings."""
    result = result_of([contract("C-1")], [JUNE | {"entry_id": blank, "amount": "500.00"}] * 2)
    assert result.breaks == ()
    assert counts(result, Side.ACCOUNTING) == (2, 0, 0)


def test_a_column_that_recon_does_not_read_tells_rows_apart() -> None:
    """Two lines of a journal may be equal but for their number."""
    lines = [JUNE | {"journal_line": n} for n in (1, 2)]
    result = result_of([contract("C-1")], lines)
    assert counts(result, Side.ACCOUNTING) == (2, 2, 0)


def test_a_repetition_of_another_month_counts_there() -> None:
    """The counts are those of the month; to date it is one entry all the same."""
    may = entry("JE-5", "C-1", "1000.00", recognition_period="2024-05")
    result = result_of([contract("C-1", start_date="2024-05-01")], [may, may, JUNE])
    assert counts(result, Side.ACCOUNTING) == (1, 0, 0)
    assert line_of(result, "C-1")["to_date_recognized"] == 20_000_000


def test_a_contract_row_that_is_delivered_twice_is_one() -> None:
    """Only rows that differ are a duplicate key; its reason names the setting."""
    rows = [contract("C-1"), contract("C-1"), contract("C-2"), contract("C-2", owner="Else")]
    result = result_of(rows, [JUNE])
    assert counts(result, Side.ANALYTICS) == (4, 2, 1)
    assert {row.reason for row in result.invalid if row.side is Side.ANALYTICS} == {
        'duplicate key: 2 rows of C-2, Subscription (policy.same_key = "add" adds them up)'
    }


def test_many_ids_are_tested_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """However they are divided, equal ids meet in one part."""
    monkeypatch.setattr(repeated, "_MANY", 0)
    monkeypatch.setattr(repeated, "_AT_ONCE", 2)
    entries = [entry(f"JE-{n}", "C-1", "0.00") for n in range(9)]
    for rows, found in ((entries, 0), ([*entries, entries[4]], 1)):
        assert counts(result_of([contract("C-1")], rows), Side.ACCOUNTING)[2] == found


def added(*entries: Row, month: str = MONTH) -> Reconciliation:
    """Return the month of a contract of 1,000.00 a month that adds 500.00 from July on."""
    rows = [
        contract("C-1"),
        contract("C-1", contract_value="3000.00", duration_months="6", start_date="2024-07-01"),
    ]
    policy = {"same_key": "add"}
    return recon.reconcile(pd.DataFrame(rows), pd.DataFrame(entries), month, policy)


def test_other_months_of_added_rows_are_sums_too() -> None:
    """June's entry in July is seen against what both rows expect there."""
    july = [
        entry(f"JE-{n}", "C-1", amount, recognition_period="2024-07")
        for n, amount in enumerate(("1500.00", "1000.00"))
    ]
    (item,) = added(*july).breaks
    assert item.cause.value == "wrong_period"
    assert (item.expected, item.difference) == (10_000_000, -10_000_000)


def test_no_term_of_one_row_explains_a_sum() -> None:
    """Over 13 months the first row alone would give 923.08, which is not of the line."""
    (item,) = added(entry("JE-1", "C-1", "923.08")).breaks
    assert item.cause.value == "unexplained"


def test_added_rows_count_as_rows_and_one_line() -> None:
    """Rows in are rows compared, though the contract has one line."""
    result = added(JUNE)
    assert counts(result, Side.ANALYTICS) == (2, 0, 0)
    assert result.totals["USD"].contract_lines == 1


def test_a_sum_with_an_invalid_row_is_no_sum() -> None:
    """The other rows of the key are invalid with it."""
    rows = [contract("C-1"), contract("C-1", contract_value="n/a")]
    result = result_of(rows, [JUNE], {"same_key": "add"})
    assert counts(result, Side.ANALYTICS) == (2, 2, 0)
    assert result.invalid[0].reason == "another row of its key is invalid"
