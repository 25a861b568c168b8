"""What a cause is about: which entries, and which other line."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.result import Break, Cause, Certainty, Counterpart
from tests.books import MONTH, Row, contract, entry, opened, posted

FIVE = {f"2024-{month:02d}": "1000.00" for month in range(1, 6)}


def breaks(contracts: list[Row], entries: list[Row]) -> list[Break]:
    """Return the breaks of some rows, by contract."""
    session, result = opened(contracts, entries)
    with session:
        return sorted(result.breaks, key=lambda item: (item.contract_id, item.currency))


def test_only_the_repeated_entries_are_concerned() -> None:
    """Of four postings on two documents, the second of each."""
    twice = [
        entry(f"E-{n}", "C-1", amount, document_ref=document)
        for n, (amount, document) in enumerate([("400", "A"), ("600", "B")] * 2)
    ]
    (found,) = breaks([contract("C-1")], [*posted("C-1", FIVE), *twice])
    assert (found.concerned, found.counterpart) == (("E-2", "E-3"), None)


def test_an_entry_in_the_wrong_month_is_concerned_where_it_stands() -> None:
    """And the other half is the line itself, in that month."""
    late = [entry(n, "C-1", "1000.00", recognition_period="2024-07") for n in ("A", "B")]
    (found,) = breaks([contract("C-1")], [*posted("C-1", FIVE), *late])
    assert found.cause is Cause.WRONG_PERIOD
    assert found.concerned == ("A", "B")
    assert found.counterpart == Counterpart("C-1", "Subscription", "USD", 1, 60_000_000, 50_000_000)


def test_two_lines_name_each_other() -> None:
    """Each has its own entries; a line without any has none."""
    unknown, right = breaks([contract("C-1001")], [entry("E", "C-1000", "1000.00")])
    assert unknown.counterpart == Counterpart("C-1001", "Subscription", "USD", 0, 60_000_000, 0)
    assert right.counterpart == Counterpart("C-1000", "Subscription", "USD", 0, 0, 10_000_000)
    assert (unknown.concerned, right.concerned) == (("E",), ())


def test_entries_without_an_id_have_none_to_name() -> None:
    """Nothing is made up."""
    entries = [*posted("C-1", FIVE), entry("", "C-1", "-1000.00"), entry("E", "C-2", "1000.00")]
    found = breaks([contract("C-1"), contract("C-2")], entries)
    assert [item.concerned for item in found] == [()]


def test_one_entry_for_two_types_is_posted_together_or_under_the_wrong_type() -> None:
    """Two entries on one type are of the wrong type alone."""
    lines = [contract("C-1"), contract("C-1", revenue_type="Support", contract_value="6000")]
    both = breaks(lines, [entry("E", "C-1", "1500.00")])
    assert {item.candidates[:2] for item in both} == {(Cause.WRONG_TYPE, Cause.POSTED_TOGETHER)}
    moved = breaks(lines, [entry("E", "C-1", "1000.00"), entry("F", "C-1", "500.00")])
    assert {item.candidates for item in moved} == {(Cause.WRONG_TYPE,)}


def test_a_part_may_be_a_minor_unit_off_in_other_months() -> None:
    """As the months of the term are: 100,000.00 over 12 is 8,333.33 or 8,333.34."""
    parts = [("2024-04", "3333.00", "5000.33"), ("2024-05", "3333.00", "5000.34"),
             ("2024-03", "3333.00", "5000.33"), ("2024-06", "3333.00", "")]  # fmt: skip
    entries = [
        entry(f"{month}{text}", "C-1", text, recognition_period=month)
        for month, *texts in parts for text in texts if text
    ]  # fmt: skip
    june = breaks([contract("C-1", contract_value="100000.00")], entries)
    assert [item.candidates for item in june] == [(Cause.PARTIAL_POSTING,)]


def test_entries_that_come_to_nothing_are_no_part() -> None:
    """A credit without a document takes the month back: it lacks no second part."""
    entries = [*posted("C-1", FIVE), entry("E", "C-1", "1000.00"), entry("F", "C-1", "-1000.00")]
    (june,) = breaks([contract("C-1")], entries)
    assert Cause.PARTIAL_POSTING not in june.candidates


EIGHT = {f"2024-0{month}": "1000.00" for month in range(1, 9)}


def _with(but: Sequence[str], *extra: Row) -> Break:
    """Return the break of a line that lacks months and has more entries."""
    months = {month: amount for month, amount in EIGHT.items() if month not in but}
    contracts = [contract("OTHER"), contract("AX", customer_id="K-2")]
    (item,) = breaks(contracts, [*posted("OTHER", EIGHT), *posted("AX", months), *extra])
    return item


def test_one_entry_is_not_certain_for_two_months_that_lack_one() -> None:
    """July has one too many, May and June have none: which of them it is nobody can tell."""
    late = entry("LATE", "AX", "1000.00", recognition_period="2024-07")
    item = _with(["2024-05", "2024-06"], late)
    assert item.candidates == (Cause.WRONG_PERIOD, Cause.NOT_POSTED)
    assert item.against == ("2 months lack the amount, and 1 too much of it stands elsewhere",)
    assert _with(["2024-06"], late).certainty is Certainty.CERTAIN
    both = _with(["2024-05", "2024-06"], late, {**late, "entry_id": "LATER"})
    assert both.candidates == (Cause.WRONG_PERIOD,)


def test_an_entry_beside_the_right_one_is_no_slip() -> None:
    """1,000.00 and 900.00: that 1,000.00 was meant to be 100.00 takes a part in other months."""
    item = _with([], entry("MORE", "AX", "900.00"))
    assert (item.candidates, item.concerned) == ((Cause.EXTRA_ENTRY,), ("MORE",))


def test_a_slip_in_a_part_is_told_by_the_parts_of_other_months() -> None:
    """Each month has 900.00 and 100.00; in June 100.00 is ten times too large."""
    parts = [
        row for part, amount in (("a", "900.00"), ("b", "100.00"))
        for row in posted("AX", dict.fromkeys(EIGHT, amount))
        for row in [{**row, "entry_id": f"{row['entry_id']}{part}"}]
    ]  # fmt: skip
    wrong = next(row for row in parts if row["entry_id"] == f"E-AX-{MONTH}b")
    wrong["amount"] = "1000.00"
    (item,) = breaks([contract("AX")], parts)
    assert item.candidates == (Cause.DECIMAL_SHIFT,)


def test_a_credit_note_after_the_end_takes_back_the_months_before_it() -> None:
    """Nothing is expected in June, so it takes back none of it."""
    ended = contract("AX", terminated_on="2024-05-31", customer_id="K-2")
    note = entry("CN", "AX", "-2000.00", document_ref="CN-1")
    (item,) = breaks([ended], [*posted("AX", FIVE), note])
    assert item.candidates == (Cause.CREDIT_NOTE,)
    assert "takes back 2024-04 and 2024-05;" in item.explanation
