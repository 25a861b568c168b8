"""No proposal books again what is in the ledger already, wherever it is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.base.month import Month
from recon.base.result import Cause, Side
from recon.reconciliation.adjusting_entries import WHY_NOT, Proposals, proposals
from tests.books import Row, contract, entry, opened, posted
from tests.unit.test_adjusting_entries import FIVE, Key, booked, keys, mixed_up

JUNE = Month.parse("2024-06")
ALL = FIVE | {"2024-06": "1000.00"}
USD = "1,000.00 USD"


def reasons(contracts: Sequence[Row], entries: Sequence[Row]) -> dict[str, str]:
    """Return why each contract that lacks revenue has no proposal; there is none at all."""
    found = of_june(contracts, entries)
    assert found.proposed == ()
    lacking = [refused for refused in found.unproposed if refused.item.expected]
    return {refused.item.contract_id: refused.reason for refused in lacking}


def of_june(contracts: Sequence[Row], entries: Sequence[Row]) -> Proposals:
    """Return the proposals of a book."""
    session, result = opened(contracts, entries)
    with session:
        return proposals(JUNE, result.breaks)


def test_the_amount_is_posted_where_nothing_speaks_against_it() -> None:
    """The book of the cases below, without what each of them adds."""
    assert len(of_june([contract("C-1")], posted("C-1", FIVE)).proposed) == 1


@pytest.mark.parametrize(
    ("found_elsewhere", "reason"),
    [
        (
            [entry("X", "C-1", "$1,0.00.00")],
            "an entry of it cannot be read",
        ),
        (
            [entry("X", "C-1", "1000.00", recognition_period="June")],
            "an entry of it cannot be read",
        ),
        pytest.param(
            [entry("X", "C-1", "1000.00", revenue_type="Subskription")],
            "an entry of it cannot be read",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            [entry("X", "C-1", "1000.00", currency="US$")],
            "an entry of it cannot be read",
            marks=pytest.mark.slow,
        ),
        (
            [entry("X", "", "1000.00")],
            f"{USD} is in an entry that cannot be compared (X: contract_id is missing)",
        ),
        (
            posted("C-1", {"2025-06": "1002.00"}),
            "1,002.00 USD more than expected is recognized in 2025-06",
        ),
        pytest.param(
            posted("C-1", {"2024-09": "2000.00"}),
            f"{USD} more than expected is recognized in 2024-09",
            marks=pytest.mark.slow,
        ),
        (
            [
                *posted("C-1", {"2024-09": "1000.00"}),
                entry("X", "C-1", "7000.00", recognition_period="2024-09"),
            ],
            "7,000.00 USD more than expected is recognized in 2024-09",
        ),
        pytest.param(
            posted("C-1", {"2023-12": "1005.00"}),
            "1,005.00 USD more than expected is recognized in 2023-12",
            marks=pytest.mark.slow,
        ),
        (
            [entry("X", "C-77", "1000.00")],
            f"{USD} is under C-77, which analytics does not know (X)",
        ),
        pytest.param(
            [entry("X", "C-77", "1000.00"), entry("Y", "C-77", "55.00")],
            f"{USD} is under C-77, which analytics does not know (X)",
            marks=pytest.mark.slow,
        ),
        (
            [entry(name, "C-77", text) for name, text in (("X", "400"), ("Y", "500"), ("Z", "99"))],
            "999.00 USD is under C-77, which analytics does not know (X, Y, Z)",
        ),
        (
            [entry("X", "C-1", "920.00", currency="EUR")],
            "920.00 EUR is too much on the same line in another currency (1 entry)",
        ),
        (
            [entry("X", "C-2", "1000.00"), entry("Y", "C-2", "1001.00")],
            "1,001.00 USD is too much on C-2 Subscription of the same customer (Y)",
        ),
        (
            [entry("X", "C-1", "1003.00", revenue_type="Setup")],
            "1,003.00 USD is too much on Setup of the same contract (X)",
        ),
    ],
)
def test_what_may_be_there_already_is_not_proposed(found_elsewhere: list[Row], reason: str) -> None:
    """June of C-1 is missing under its own key, and found elsewhere."""
    lines = [contract("C-1"), contract("C-2")]
    entries = posted("C-1", FIVE) + posted("C-2", FIVE)
    if not any(row["contract_id"] == "C-2" for row in found_elsewhere):
        entries += posted("C-2", {"2024-06": "1000.00"})
    assert reasons(lines, [*entries, *found_elsewhere])["C-1"] == reason


def test_what_other_lines_account_for_is_no_reason() -> None:
    """Too much on another customer's line, another amount, another month's entry of nobody."""
    lines = [contract("C-1"), contract("DD-92", customer_id="K-2", customer="Other")]
    right = [
        *posted("C-1", FIVE | {"2024-07": "1000.00", "2024-08": "1000.00"}),
        *posted("DD-92", ALL | {"2024-07": "1000"}),
    ]
    slips = [
        entry("X", "C-77", "1000.00", recognition_period="2024-05"),
        entry("Y", "C-78", "900.00"),
        entry("Z", "DD-92", "1000.00"),
    ]
    found = of_june(lines, [*right, *slips])
    assert [one.breaks[0].contract_id for one in found.proposed] == ["C-1", "DD-92"]


def test_one_entry_that_is_far_too_large_may_be_the_missing_one() -> None:
    """It is September's, or June's in the wrong month, ten times too large: nobody knows."""
    entries = posted("C-1", FIVE | {"2024-09": "10000.00"})
    (reason,) = reasons([contract("C-1")], entries).values()
    assert reason == "9,000.00 USD more than expected is recognized in 2024-09"


def test_leading_zeros_lost_in_one_extract_propose_nothing() -> None:
    """Not the whole month again."""
    lines = [contract(f"{n:05d}", contract_value=f"{n * 1200}") for n in range(1, 200)]
    entries = [entry(f"E-{n}", str(n), f"{n * 100}.00") for n in range(1, 200)]
    assert {text.partition(" is under ")[2] != "" for number, text in
            reasons(lines, entries).items() if number.startswith("0")} == {True}  # fmt: skip


def test_credits_are_looked_for_by_their_sign() -> None:
    """What takes back is missing, and stands under another id."""
    lines = [contract("C-1", contract_value="-12000.00")]
    entries = posted("C-1", dict.fromkeys(FIVE, "-1000.00"))
    assert len(of_june(lines, [*entries, entry("X", "C-77", "1000.00")]).proposed) == 1
    found = reasons(lines, [*entries, entry("X", "C-77", "-1000.00")])
    assert found["C-1"] == "-1,000.00 USD is under C-77, which analytics does not know (X)"


@pytest.mark.parametrize("amounts", [("1000.00", "-2001.00"), ("-1000.00",)])
def test_a_negative_entry_on_a_document_of_its_own_may_be_a_credit_note(
    amounts: tuple[str, ...],
) -> None:
    """Turning its sign would book what was taken back."""
    entries = [*posted("C-1", FIVE), *(entry(f"E{n}", "C-1", a) for n, a in enumerate(amounts))]
    last = f"E{len(amounts) - 1}"
    (reason,) = reasons([contract("C-1")], entries).values()
    assert reason in {
        f"{last} on INV-{last}, a document of its own, may be a credit note",
        WHY_NOT[Cause.CREDIT_NOTE],
    }


def test_nothing_is_posted_where_to_date_agrees() -> None:
    """March and April have what June lacks."""
    months = FIVE | {"2024-03": "1500.00", "2024-04": "1500.00"}
    assert reasons([contract("C-1")], posted("C-1", months)) == {
        "C-1": "to date C-1 Subscription USD would recognize more than it expects"
    }


def test_nothing_is_posted_beyond_what_is_expected_to_date() -> None:
    """Half of June stands in March: with all of it, the line would have too much to date."""
    months = FIVE | {"2024-03": "1500.00"}
    assert reasons([contract("C-1")], posted("C-1", months)) == {
        "C-1": "to date C-1 Subscription USD would recognize more than it expects"
    }


def test_an_entry_that_was_delivered_twice_is_no_break() -> None:
    """The ledger has it once: two exports overlap."""
    twice = [entry("JE-106", "C-1", "1000.00")] * 2
    session, result = opened([contract("C-1")], [*posted("C-1", FIVE), *twice])
    with session:
        assert result.breaks == ()
    assert result.sources[Side.ACCOUNTING].repeated == 1


def test_an_entry_of_an_id_with_other_content_is_not_reversed() -> None:
    """Where ids may repeat, either row may be what the other one means."""
    both = [entry("JE-106", "C-1", "1000.00"), entry("JE-106", "C-1", "1000.00", posted_at="")]
    session, result = opened(
        [contract("C-1")], [*posted("C-1", FIVE), *both], {"repeated_ids": "keep"}
    )
    with session:
        (refused,) = proposals(JUNE, result.breaks).unproposed
    assert refused.reason == (
        'JE-106 is the id of several entries (repeated_ids = "keep"), and which of them is wrong '
        "is not certain"
    )


def test_an_id_of_several_entries_is_no_reason_where_no_entry_is_wrong() -> None:
    """Ids stand for several entries, and the month's one is missing."""
    both = [
        entry("JE-105", "C-1", text, recognition_period="2024-05") for text in ("400.00", "600.00")
    ]
    months = {month: text for month, text in FIVE.items() if month != "2024-05"}
    session, result = opened(
        [contract("C-1")], [*posted("C-1", months), *both], {"repeated_ids": "keep"}
    )
    with session:
        assert len(proposals(JUNE, result.breaks).proposed) == 1


def test_a_line_with_an_unreadable_entry_cannot_be_judged() -> None:
    """That no entry was posted is not known."""
    session, result = opened([contract("C-1")], [entry("X", "C-1", "1.000,00 USD")])
    with session:
        (item,) = result.breaks
    assert (item.cause, item.named_cause) == (Cause.NOT_POSTED, "cannot be judged")
    assert item.explanation == (
        "The line cannot be judged until its entry can be read (X: amount '1.000,00 USD' is not "
        "an amount, or is too large); 1,000.00 USD is expected."
    )


def test_what_else_a_line_with_an_unreadable_entry_lacks_is_not_booked() -> None:
    """The entry is named, since the explanation is about another one."""
    entries = [*posted("C-1", FIVE), entry("E", "C-1", "100.00"), entry("X", "C-1", "n/a")]
    assert reasons([contract("C-1")], entries) == {"C-1": "an entry of it cannot be read"}
    session, result = opened([contract("C-1")], entries)
    with session:
        (item,) = result.breaks
    assert item.explanation.startswith(
        "The line cannot be judged until its entry can be read (X: amount 'n/a' is not an amount, "
        "or is too large). "
    )


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(mixed_up())
def test_posted_together_no_line_gets_beyond_what_it_expects_to_date(
    book: tuple[list[Row], list[Row]],
) -> None:
    """Unless it was there before."""
    lines, entries = book
    found, over_before, _ = _judged(lines, entries)
    assert _judged(lines, [*entries, *booked(found)])[1] <= over_before


# --- by chance, errors of every kind

KINDS = (
    "right", "right", "none", "none", "twice", "again", "sign", "tenth", "swapped", "part",
    "month before", "month after", "year", "unknown", "typo", "currency", "type", "contract",
    "unreadable", "full",
)  # fmt: skip
_MONTHS = ("2024-04", "2024-05", "2024-07")


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Return lines of two prices, several a customer, each posted in June with an error."""
    prices = draw(st.sampled_from([["14760"], ["14760", "1200"]]))
    lines = [
        contract(
            f"K{n // 2}-{n % 2}0{n}7",
            revenue_type=draw(st.sampled_from(["Subscription", "Support"])),
            contract_value=draw(st.sampled_from(prices)),
            customer_id=f"K-{n // 2}",
            customer=f"Customer {n // 2}",
        )
        for n in range(draw(st.integers(2, 6)))
    ]
    entries: list[Row] = []
    for n, line in enumerate(lines):
        other = lines[(n + 1) % len(lines)]
        entries += draw(_posted_with_an_error(line, other))
    return lines, [row | {"entry_id": f"E-{n}"} for n, row in enumerate(entries)]


@st.composite
def _posted_with_an_error(draw: st.DrawFn, line: Row, other: Row) -> list[Row]:
    monthly = int(str(line["contract_value"])) // 12
    own, kind = str(line["contract_id"]), str(line["revenue_type"])
    right = entry("", own, f"{monthly}.00", revenue_type=kind, document_ref="INV")
    months = [right | {"recognition_period": month} for month in _MONTHS]
    months += [right | {"recognition_period": f"2024-0{n}"} for n in (1, 2, 3)]
    swapped = f"{str(monthly)[::-1]}.00"
    june: dict[str, list[Row]] = {
        "right": [right],
        "none": [],
        "twice": [right, right | {"posted_at": "2024-07-03"}],
        "again": [right, right | {"document_ref": "INV-2"}],
        "sign": [right | {"amount": f"-{monthly}.00"}],
        "tenth": [right | {"amount": f"{monthly / 10:.2f}"}],
        "swapped": [right | {"amount": swapped}],
        "part": [right | {"amount": f"{monthly // 2}.00"}],
        "month before": [right | {"recognition_period": "2024-05"}],
        "month after": [right | {"recognition_period": "2024-07"}],
        "year": [right | {"recognition_period": "2023-06"}],
        "unknown": [right | {"contract_id": "NOBODY"}],
        "typo": [right | {"contract_id": f"{own}0"}],
        "currency": [right | {"currency": "EUR"}],
        "type": [right | {"revenue_type": "Service"}],
        "contract": [right | {key: other[key] for key in ("contract_id", "revenue_type")}],
        "unreadable": [right | {"amount": "n/a"}],
        "full": [right | {"amount": f"{monthly * 12}.00"}],
    }
    return months + june[draw(st.sampled_from(KINDS))]


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(planted())
def test_nothing_is_booked_of_which_an_entry_stands_elsewhere(
    book: tuple[list[Row], list[Row]],
) -> None:
    """Posted together, proposals put their lines right, break no other, and book nothing twice."""
    lines, entries = book
    found, over_before, _ = _judged(lines, entries)
    _, over, broken = _judged(lines, [*entries, *booked(found)])
    assert over <= over_before
    assert broken == keys(refused.item for refused in found.unproposed)
    for proposal in found.proposed:
        for line in proposal.lines:
            net = sum(one.credit - one.debit for one in proposal.lines if one.revenue_type)
            if line.revenue_type and line.credit and net:
                key = (line.contract_id, line.revenue_type)
                assert line.credit not in _stray_amounts(lines, entries, key), proposal


def _stray_amounts(lines: Sequence[Row], entries: Sequence[Row], key: tuple[str, str]) -> set[int]:
    """Return the amounts, in ten-thousandths, of entries that may be a line's missing one."""
    known = {(line["contract_id"], line["revenue_type"]): line for line in lines}
    customer = known[key]["customer_id"]
    by_place: dict[tuple[object, ...], list[int]] = {}
    for row in entries:
        place = tuple(row[name] for name in _PLACE)
        amount = 0 if row["amount"] == "n/a" else round(float(str(row["amount"])) * 10_000)
        if row["amount"] == "n/a" and (row["contract_id"], row["revenue_type"]) == key:
            return set(range(0, 10**9, 100)) if row["recognition_period"] == "2024-06" else set()
        by_place.setdefault(place, []).append(amount)
    found: set[int] = set()
    for (contract_id, kind, currency, period), amounts in by_place.items():
        line = known.get((contract_id, kind))
        own = (contract_id, kind) == key and currency == "USD"
        in_term = str(period).startswith("2024")
        expected = int(str(line["contract_value"])) // 12 * 10_000 if line and in_term else 0
        expected = expected if currency == "USD" else 0
        surplus = sum(amounts) - expected
        near = own or line is None or line["customer_id"] == customer
        if surplus > 0 and near and (own or period == "2024-06"):
            found |= {amount for amount in amounts if 0 < amount <= surplus}
    return found


_PLACE = ("contract_id", "revenue_type", "currency", "recognition_period")


def _judged(
    lines: Sequence[Row], entries: Sequence[Row]
) -> tuple[Proposals, set[tuple[object, ...]], set[Key]]:
    """The proposals of a book, the lines beyond what they expect to date, and those that break."""
    session, result = opened(lines, entries)
    with session:
        found = proposals(JUNE, result.breaks)
        frame = result.lines.to_pandas()
    over = frame[frame["to_date_recognized"] > frame["to_date_expected"]]
    columns = (over[name] for name in ("contract_id", "revenue_type", "currency"))
    return found, set(zip(*columns, strict=True)), keys(result.breaks)
