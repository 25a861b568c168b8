"""The roll-forward: every month closes with what the next one opens with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.base.errors import TieOutError
from recon.base.month import Month
from recon.reconciliation.rollforward import (
    NO_LINE,
    SIGNS,
    RollforwardRow,
    closings,
    in_total,
    rollforward,
)
from tests import chance_books, oracle
from tests.books import Row, contract, entry, month_by_month, opened, posted

MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]
# A year a book: few of them, and the same ones every time.
SLOW = settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
Key = tuple[str, str, str]


def rolled(
    contracts: Sequence[Row],
    entries: Sequence[Row],
    month: str = "2024-06",
    recorded: Mapping[Key, int] | None = None,
) -> dict[Key, RollforwardRow]:
    """Return the roll-forward of some rows by key."""
    session, result = opened(contracts, entries, month=month)
    with session:
        return {row.key: row for row in rollforward(session, result, recorded)}


def figures(row: RollforwardRow) -> list[int]:
    """Return the figures of a row in whole units: opening to closing, then beyond the value."""
    names = ("opening", "bookings", "changes", "terminations", "recognized", "closing")
    return [getattr(row, name) // 10_000 for name in (*names, "beyond_value")]


def only(rows: dict[Key, RollforwardRow]) -> list[int]:
    """Return the figures of the one row."""
    (row,) = rows.values()
    return figures(row)


FIVE = {f"2024-{month:02d}": "1000.00" for month in range(1, 6)}


def test_a_line_that_runs() -> None:
    """12,000 over the year: 7,000 are left after five months, 6,000 after the sixth."""
    entries = [*posted("C-1", FIVE), entry("E", "C-1", "1000.00")]
    assert only(rolled([contract("C-1")], entries)) == [7000, 0, 0, 0, 1000, 6000, 0]


def test_value_counts_from_its_booking() -> None:
    """A line booked in June that starts in August is booked in June; later ones are not there."""
    later = {"start_date": "2024-08-01", "close_date": "2025-07-31"}
    lines = [
        contract("C-1", **later, booking_date="2024-06-20"),
        contract("C-2", **later, booking_date="2024-07-01"),
    ]
    assert only(rolled(lines, [entry("E", "C-9", "0.00")])) == [0, 12000, 0, 0, 0, 12000, 0]


def test_a_termination_releases_what_the_line_leaves() -> None:
    """In its month alone; what should have been recognized and was not stays."""
    line = contract("C-1", terminated_on="2024-06-15")
    full = [*posted("C-1", FIVE), entry("E", "C-1", "1000.00")]
    assert only(rolled([line], full)) == [7000, 0, 0, 6000, 1000, 0, 0]
    assert only(rolled([line], posted("C-1", FIVE))) == [7000, 0, 0, 6000, 0, 1000, 0]
    assert rolled([line], full, "2024-07") == {}
    late = [*full, entry("L", "C-1", "1000.00", recognition_period="2024-07")]
    assert only(rolled([line], late, "2024-07")) == [0, 0, 0, 0, 1000, -1000, -1000]


def test_a_line_ended_before_it_was_booked_is_booked_and_released_at_once() -> None:
    """Nothing is released of what was not there."""
    dates = {"start_date": "2023-12-01", "terminated_on": "2023-12-01"}
    line = contract("C-1", booking_date="2024-06-10", **dates)
    assert only(rolled([line], [])) == [0, 12000, 0, 11000, 0, 1000, 0]
    assert rolled([line], [], "2024-05") == {}


def test_what_exceeds_the_value_is_not_cut_off() -> None:
    """Recognized beyond the value stands in the closing, and is named."""
    entries = [entry("E", "C-1", "12500.00"), entry("F", "C-2", "-900.00")]
    lines = [contract("C-1"), contract("C-2", contract_value="-600.00")]
    rows = rolled(lines, entries)
    assert only(rows) == [11400, 0, 0, 0, 11600, -200, -200]
    assert only(rolled(lines[:1], [entry("E", "C-1", "1.00")])) == [12000, 0, 0, 0, 1, 11999, 0]


def test_revenue_without_a_contract_line_has_a_row() -> None:
    """Recognized adds up to the reconciliation's; the row closes with all that has no line."""
    entries = [
        entry("E", "C-1", "1000.00"),
        entry("F", "C-9", "50.00"),
        entry("G", "C-9", "7.00", recognition_period="2024-05"),
        entry("H", "C-1", "3.00", currency="EUR"),
        entry("I", "C-1", "4.00", revenue_type="Support"),
    ]
    rows = rolled([contract("C-1")], entries)
    assert figures(rows[NO_LINE, "", "USD"]) == [-7, 0, 0, 0, 54, -61, -61]
    assert figures(rows[NO_LINE, "", "EUR"]) == [0, 0, 0, 0, 3, -3, -3]
    assert [row.recognized for row in in_total(list(rows.values())).values()] == [
        30_000,
        10_540_000,
    ]
    assert list(rows)[-1] == (NO_LINE, "", "USD")


def test_rows_that_cannot_be_compared_are_in_no_figure() -> None:
    """Neither the value of an invalid line nor its entries; they come in through the changes."""
    bad = contract("C-1", duration_months="0")
    entries = [*posted("C-1", FIVE), entry("E", "C-1", "1000.00"), entry("F", "C-2", "bad")]
    assert rolled([bad], entries) == {}
    repaired = rolled([contract("C-1")], entries, "2024-07", {})
    assert only(repaired) == [0, 0, 6000, 0, 0, 6000, 0]


def test_values_are_whole_minor_units() -> None:
    """A value of half a cent more can never be recognized."""
    line = contract("C-1", contract_value="100.0049", duration_months="3")
    (row,) = rolled([line], []).values()
    assert row.opening == row.closing == 1_000_000


def test_a_recorded_closing_is_the_opening() -> None:
    """What moved since is a change, also where all lines of a row are gone."""
    entries = [*posted("C-1", FIVE), entry("E", "C-1", "1000.00")]
    key, gone = ("Subscription", "SMB", "USD"), ("Support", "Mid", "USD")
    rows = rolled([contract("C-1")], entries, recorded={key: 65_000_000, gone: 30_000})
    assert figures(rows[key]) == [6500, 0, 500, 0, 1000, 6000, 0]
    assert figures(rows[gone]) == [3, 0, -3, 0, 0, 0, 0]


def test_recognized_that_is_not_the_reconciliations_stops() -> None:
    """A defect is found before anybody relies on it."""
    session, result = opened([contract("C-1")], [entry("E", "C-1", "1000.00")])
    totals = {"USD": replace(result.totals["USD"], recognized=1)}
    with session, pytest.raises(TieOutError, match="Recognized in the roll-forward in USD"):
        rollforward(session, replace(result, totals=totals))


# --- twelve months by chance


@st.composite
def contract_lines(draw: st.DrawFn, contract_id: str) -> Row:
    """Return a contract line that starts and may end somewhere around the year."""
    start = draw(st.integers(-6, 11))
    booked = start + draw(st.sampled_from([0, 0, -2, 3]))
    ended = draw(st.none() | st.integers(-3, 13))
    return contract(
        contract_id,
        revenue_type=draw(st.sampled_from(["Subscription", "Support"])),
        segment=draw(st.sampled_from(["SMB", "Mid", None])),
        currency=draw(st.sampled_from(["USD", "JPY"])),
        contract_value=str(draw(st.integers(-10_000, 100_000))),
        duration_months=str(draw(st.integers(1, 14))),
        start_date=_day(start),
        booking_date=_day(booked),
        close_date=_day(30),
        terminated_on=None if ended is None else _day(ended),
    )


def _day(month: int) -> str:
    return f"{Month.parse('2024-01') + month}-11"


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Return up to five lines and entries of any month, some without a line."""
    lines = [draw(contract_lines(f"C-{n}")) for n in range(draw(st.integers(1, 5)))]
    count = draw(st.integers(0, 25))
    return lines, [draw(postings(f"E-{n}")) for n in range(count)]


@st.composite
def postings(draw: st.DrawFn, entry_id: str) -> Row:
    """Return an entry of any line, month and amount, now and then an invalid one."""
    return entry(
        entry_id,
        f"C-{draw(st.integers(0, 5))}",
        str(draw(st.integers(-500, 9_000))) if draw(st.integers(0, 20)) else "unreadable",
        revenue_type=draw(st.sampled_from(["Subscription", "Support"])),
        currency=draw(st.sampled_from(["USD", "JPY"])),
        recognition_period=str(Month.parse("2023-10") + draw(st.integers(0, 15))),
    )


@pytest.mark.slow
@settings(SLOW, max_examples=5)
@given(chance_books.books())
def test_the_closing_is_what_the_oracle_says(book: chance_books.Book) -> None:
    """Value less what an early close leaves less all that was recognized, counted by fractions."""
    session, result = opened(book.contracts, book.entries, chance_books.POLICY)
    with session:
        rows = rollforward(session, result)
    wanted: Counter[str] = Counter()
    for (_, _, currency), line in book.known.items():
        if line.start <= date(2024, 6, 30):
            gone = line.remainder if line.close_month <= chance_books.MONTH else Fraction(0)
            wanted[currency] += to_units(oracle.rounded(line.value, line.decimals) - gone)
    for posting in book.entries:
        blocked = posting["contract_id"] == "BAD" or posting["amount"] == "unreadable"
        if not blocked and posting["recognition_period"] <= "2024-06":
            wanted[posting["currency"]] -= to_units(Fraction(posting["amount"]))
    closing = {currency: row.closing for currency, row in in_total(rows).items()}
    assert {c: amount for c, amount in closing.items() if amount} == {
        c: amount for c, amount in wanted.items() if amount
    }


def to_units(amount: Fraction) -> int:
    """Return an amount in ten-thousandths."""
    assert (amount * 10_000).denominator == 1
    return int(amount * 10_000)


def nonzero(amounts: Mapping[Key, int]) -> dict[Key, int]:
    """Return what is not 0: a row without figures is left out."""
    return {key: amount for key, amount in amounts.items() if amount}


@pytest.mark.slow
@SLOW
@given(books())
def test_every_month_opens_with_the_closing_of_the_one_before(
    book: tuple[list[Row], list[Row]],
) -> None:
    """Over twelve months, recorded or not; unchanged data leave no change."""
    before: dict[Key, int] | None = None
    for session, result in month_by_month(*book, MONTHS):
        computed = rollforward(session, result)
        opening = nonzero({row.key: row.opening for row in computed})
        assert before is None or opening == nonzero(before)
        assert rollforward(session, result, before) == computed
        before = closings(list(computed))


@pytest.mark.slow
@SLOW
@given(books(), st.data())
def test_changes_take_up_whatever_has_changed(book: tuple[list[Row], list[Row]], data: Any) -> None:
    """Twelve months, each over other data: openings are what was recorded, all the same."""
    contracts, entries = book
    recorded: dict[Key, int] = {}
    for number, month in enumerate(MONTHS):
        session, result = opened(contracts, entries, month=month)
        with session:
            today = {row.key: row for row in rollforward(session, result)}
            found = rollforward(session, result, recorded if number else None)
        rows = {row.key: row for row in found}
        assert nonzero(closings(list(rows.values()))) == nonzero(closings(list(today.values())))
        for key, row in rows.items():
            assert row.opening == (recorded.get(key, 0) if number else today[key].opening)
            assert sum(getattr(row, name) * sign for name, sign in SIGNS.items()) == row.closing
            now = today[key].opening if key in today else 0
            assert row.changes == now - row.opening
        recorded = closings(list(rows.values()))
        contracts, entries = data.draw(changed(contracts, entries, number))


@st.composite
def changed(
    draw: st.DrawFn, contracts: list[Row], entries: list[Row], number: int
) -> tuple[list[Row], list[Row]]:
    """Return a book in which a line or an entry came, went, or is another one."""
    spot = draw(st.integers(0, max(len(contracts) - 1, 0)))
    rest = contracts[:spot] + contracts[spot + 1 :]
    how = draw(st.sampled_from(["same", "late entry", "less", "new line", "other value", "ended"]))
    if how == "late entry":
        return contracts, [*entries, draw(postings(f"L-{number}"))]
    if how == "less":
        return rest or contracts, entries[1:]
    if how == "new line":
        return [*contracts, draw(contract_lines(f"N-{number}"))], entries
    if how == "other value":
        return [*rest, contracts[spot] | {"contract_value": "4321"}], entries
    if how == "ended":
        return [*rest, contracts[spot] | {"terminated_on": "2024-04-02"}], entries
    return contracts, entries
