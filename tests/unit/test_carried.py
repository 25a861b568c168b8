"""Carried differences: what happened in the months in which a line went off."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from recon.base.month import Month
from recon.base.result import CarriedDifference, Cause, Certainty, Flag
from recon.reconciliation.document import document
from recon.reconciliation.explain import as_json, contract_detail
from tests.books import Row, contract, entry, opened, posted

MONTHS = {f"2024-{month:02d}": "1000.00" for month in range(1, 7)}


def carried(contracts: Sequence[Row], entries: Sequence[Row]) -> list[CarriedDifference]:
    """Return the carried differences of a book, none of whose lines breaks."""
    session, result = opened(contracts, entries)
    with session:
        assert result.breaks == ()
        return list(result.carried)


def months(contract_id: str, changes: dict[str, str]) -> list[Row]:
    """Return an entry a month, some with another amount, or none where it is blank."""
    amounts = MONTHS | changes
    return posted(contract_id, {month: amount for month, amount in amounts.items() if amount})


WENT_OFF: list[tuple[dict[str, str], str, str]] = [
    ({"2024-03": ""}, "not_posted", "-1,000.00 USD to date: in 2024-03 no entry was posted."),
    ({"2024-02": "", "2024-03": ""}, "not_posted", "no entry was posted; in 2024-03"),
    ({"2024-03": "-1000.00"}, "sign_flipped", "E-{0}-2024-03 has the wrong sign"),
    ({"2024-03": "10000.00"}, "decimal_shift", "has the decimal point shifted"),
    ({"2024-03": "0100.00"}, "decimal_shift", "has the decimal point shifted"),
    ({"2024-03": "12000.00"}, "full_value", "the whole contract value was recognized at once"),
    ({"2024-03": "", "2024-04": "10000.00"}, "two_causes", "in 2024-04 E-{0}-2024-04"),
    ({"2024-03": "1234.00"}, "unexplained", "in 2024-03 the entries are +234.00 USD off"),
    ({"2024-03": "", "2024-04": "1234.00"}, "unexplained", "no entry was posted"),
    # May makes good what April lacks, and February is left.
    ({"2024-02": "", "2024-04": "700.00", "2024-05": "1300.00"}, "not_posted", "in 2024-02"),
    ({f"2024-{n:02d}": "900.00" for n in range(1, 6)}, "amended",
     "from 2024-01 to 2024-05 the entries are those of a value of about 10,800.00 USD"),
]  # fmt: skip


def test_the_month_that_went_off_has_a_cause() -> None:
    """By the rules of breaks, and in words; the lines are of customers of their own."""
    names = [f"C-{n}{n}{n}" for n in range(len(WENT_OFF))]
    book = [contract(name, customer_id=name, customer=name, owner=name) for name in names]
    entries = [row for name, (changes, *_) in zip(names, WENT_OFF, strict=True)
               for row in months(name, changes)]  # fmt: skip
    found = {item.contract_id: item for item in carried(book, entries)}
    assert sorted(found) == sorted(names)
    for name, (changes, cause, words) in zip(names, WENT_OFF, strict=True):
        assert found[name].cause.value == cause
        assert words.format(name) in found[name].explanation
        assert all(str(month) in changes for month in found[name].months)


@pytest.mark.parametrize(
    ("document_ref", "cause"),
    [("INV-E-C-1-2024-04", Cause.DUPLICATE_ENTRY), ("INV-X", Cause.POSTED_AGAIN)],
)
def test_an_earlier_month_that_was_posted_twice(document_ref: str, cause: Cause) -> None:
    """Both entries are named."""
    again = entry("X", "C-1", "1000.00", recognition_period="2024-04", document_ref=document_ref)
    (found,) = carried([contract("C-1")], [*months("C-1", {}), again])
    assert (found.candidates, found.certainty) == ((cause,), Certainty.CERTAIN)
    assert "E-C-1-2024-04, X have the same amount" in found.explanation


def test_an_earlier_month_with_an_entry_too_many() -> None:
    """Nothing says why it was posted."""
    more = entry("X", "C-1", "234.00", recognition_period="2024-04")
    (found,) = carried([contract("C-1")], [*months("C-1", {}), more])
    assert (found.candidates, found.certainty) == ((Cause.EXTRA_ENTRY,), Certainty.CERTAIN)
    assert "X is too much" in found.explanation


def test_an_amount_on_another_line_of_the_customer() -> None:
    """It is not called unposted, and both lines have the one cause."""
    entries = months("C-1", {"2024-03": ""}) + months("C-2", {"2024-03": "2000.00"})
    found = carried([contract("C-1"), contract("C-2")], entries)
    assert {item.candidates for item in found} == {(Cause.WRONG_CONTRACT,)}


def test_what_lacks_before_the_ledger_begins_is_no_difference() -> None:
    """A notice says once for all lines that their figures to date are incomplete."""
    entries = posted("C-1", {"2024-05": "1000.00", "2024-06": "1000.00"})
    session, result = opened([contract("C-1")], entries)
    session.close()
    assert (result.carried, result.flags) == ((), {Flag.CARRIED_DIFFERENCE: 1})
    (told,) = (notice for notice in result.notices if "before 2024-05" in notice)
    assert "start earlier: 1 (agreeing since: 1). Their figures to date" in told


def test_a_difference_since_the_ledger_begins_has_its_cause() -> None:
    """What lacks before is left aside."""
    entries = posted("C-1", dict.fromkeys(["2024-03", "2024-04", "2024-06"], "1000.00"))
    (found,) = carried([contract("C-1")], entries)
    assert (found.cause, found.certainty) == (Cause.NOT_POSTED, Certainty.CERTAIN)
    assert found.explanation == "-1,000.00 USD since 2024-03: in 2024-05 no entry was posted."


def test_lines_that_agree_to_date_have_none() -> None:
    """Neither one that is right, nor one whose months make each other good."""
    entries = months("C-1", {}) + months("C-2", {"2024-03": "", "2024-04": "2000.00"})
    assert carried([contract("C-1"), contract("C-2")], entries) == []


def test_the_json_and_the_explained_contract_have_it() -> None:
    """With months, cause and certainty."""
    session, result = opened([contract("C-1")], months("C-1", {"2024-03": ""}))
    with session:
        (found,) = document(result, "run", [], 0)["carried"]  # type: ignore[misc]
        (line,) = as_json(contract_detail(session, result, "C-1"))["lines"]  # type: ignore[misc]
    assert found["months"] == ["2024-03"] == [str(Month.parse("2024-03"))]
    assert (found["cause"], found["certainty"]) == ("not_posted", "certain")
    assert found["to_date_difference"] == "-1000.00"
    assert line["carried"]["explanation"] == found["explanation"]


def test_months_more_than_fifty_years_back_are_not_judged() -> None:
    """Such a line of a century is told as what does not add up."""
    century = contract("C-1", contract_value="120000.00", duration_months=1200,
                       start_date="1950-01-01", close_date="2049-12-31")  # fmt: skip
    posted_once = posted("C-1", {"1950-01": "250.00", "1999-05": "250.00", "2024-06": "100.00"})
    (found,) = carried([century], posted_once)
    assert found.candidates == (Cause.UNEXPLAINED,)
    assert min(found.months) == Month.parse("1974-07")
    assert "in 1999-05 the entries are +150.00 USD off" in found.explanation
    assert found.explanation.endswith("the months do not add up to it.")


def test_a_contract_that_only_the_ledger_has() -> None:
    """Its entries of the month add up to nothing, so that it agrees, but not to date."""
    stray = posted("C-9", {"2024-05": "70.00", "2024-06": "0.00"})
    (found,) = carried([contract("C-1")], [*months("C-1", {}), *stray])
    assert (found.contract_id, found.cause) == ("C-9", Cause.UNKNOWN_CONTRACT)
    assert "+70.00 USD in 2024-05 is on a contract line that analytics lacks" in found.explanation
