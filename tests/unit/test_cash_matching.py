"""Matching of two sets of documents, held against a plain oracle where there is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.base.matching import rule, usual_rules
from recon.base.policy import Policy
from recon.reconciliation.cash.documents import prepare
from recon.reconciliation.cash.matching import match_sides
from recon.reconciliation.cash.model import Matching
from recon.reconciliation.cash.subsets import Halves, Steps
from recon.store.session import Session, literal, session

DAY = date(2024, 6, 1)
# ref, customer, days after the first of June, amount in cents.
Row = tuple[str | None, str | None, int, int]


def _select(rows: list[Row]) -> str:
    """The SELECT of some rows; where there are none, of one that is left out."""
    made = ", ".join(
        f"({at}, {literal(ref)}, {literal(customer)}, {day}, {amount})"
        for at, (ref, customer, day, amount) in enumerate(rows or [("", "", 0, 0)], 1)
    )
    return (
        "SELECT place, CAST(ref AS VARCHAR) AS ref, CAST(customer AS VARCHAR) AS customer, "
        f"DATE '{DAY}' + n AS day, CAST(amount * 100 AS BIGINT) AS amount, 'EUR' AS currency "
        f"FROM (VALUES {made}) AS v(place, ref, customer, n, amount)" + ("" if rows else " LIMIT 0")
    )


@pytest.fixture(scope="module")
def prepared() -> Iterator[Session]:
    """A session that can compare ids, for one matching after the other."""
    with session() as connection:
        prepare(connection, Policy())
        yield connection


def _matched(connection: Session, first: list[Row], second: list[Row]) -> Matching:
    return match_sides(connection, [_select(first), _select(second)], ("a", "b"), usual_rules())


def _by_rule(result: Matching) -> dict[str, int]:
    return {each.rule.name: each.matches for each in result.passed if each.matches}


def _open(result: Matching) -> list[tuple[int, str | None, int]]:
    return sorted((each.side, each.ref, each.amount // 100) for each in result.unmatched)


@pytest.mark.parametrize(
    ("first", "second", "rules"),
    [
        pytest.param([("X1", "C", 0, 100)], [("x1 ", "c", 40, 100)], {"number": 1}, id="number"),
        pytest.param(
            [("X1", "C", 0, 100)], [("X1", "D", 0, 100)], {"number, other customer": 1},
            id="other customer",
        ),
        pytest.param(
            [("X1", "C", 0, 100)], [("X1", "C", 0, 110)], {"number, other amount": 1},
            id="other amount",
        ),
        pytest.param(
            [("X1", "C", 0, 100)], [("X1", "C", 0, 60), ("X1", "C", 3, 40)], {"number, sums": 1},
            id="one to many by number",
        ),
        pytest.param(
            [("X1", "C", 0, 100), ("X1", "C", 0, -30)], [("X1", "C", 0, 70)], {"number, sums": 1},
            id="netted by number",
        ),
        pytest.param(
            [("X1", "C", 0, 100)], [("X1", "C", 0, 60), ("X1", "C", 3, 30)],
            {"number, several of another amount": 1}, id="parts that do not add up",
        ),
        pytest.param(
            [(None, "C", 0, 100)], [("Y", "C", 5, 100)], {"amount, near day": 1}, id="near day"
        ),
        pytest.param([(None, "C", 0, 100)], [("Y", "C", 6, 100)], {}, id="too far"),
        pytest.param([(None, "C", 0, 100)], [(None, "D", 0, 100)], {}, id="another's amount"),
        pytest.param(
            [(None, "C", 0, 100)], [("Y", "C", 2, 60), ("Z", "C", 1, 40)], {"sums, near day": 1},
            id="one to many",
        ),
        pytest.param(
            [(None, "C", 0, 100), (None, "C", 1, 53)], [("Y", "C", 2, 61), ("Z", "C", 1, 92)],
            {"sums, near day": 1}, id="many to many",
        ),
    ],
)  # fmt: skip
def test_each_rule_matches_what_it_says(
    prepared: Session, first: list[Row], second: list[Row], rules: dict[str, int]
) -> None:
    """A pair of small books for each rule; either side may be the first."""
    assert _by_rule(_matched(prepared, first, second)) == rules
    assert _by_rule(_matched(prepared, second, first)) == rules


def test_equal_documents_are_matched_in_order_and_the_surplus_stays_open(prepared: Session) -> None:
    """Three of one number against two: the two nearest days pair, marked interchangeable."""
    first: list[Row] = [("X", "C", 0, 100), ("X", "C", 9, 100)]
    result = _matched(prepared, first, [("X", "C", 3, 100), *first])
    assert _by_rule(result) == {"number": 2}
    assert [each.day for each in result.unmatched] == [DAY + timedelta(days=3)]


def test_two_that_could_be_meant_are_none(prepared: Session) -> None:
    """Of two equal amounts with numbers of their own neither is taken."""
    result = _matched(prepared, [(None, "C", 0, 100)], [("Y", "C", 0, 100), ("Z", "C", 1, 100)])
    assert _by_rule(result) == {"amount, same day": 1}
    result = _matched(prepared, [(None, "C", 0, 100)], [("Y", "C", 1, 100), ("Z", "C", 1, 100)])
    assert _by_rule(result) == {}


def test_two_groups_that_could_be_meant_are_none(prepared: Session) -> None:
    """100 is 60 + 40 and 70 + 30: both stay open."""
    parts: list[Row] = [(ref, "C", 0, n) for ref, n in zip("VWYZ", (60, 40, 70, 30), strict=True)]
    assert _by_rule(_matched(prepared, [(None, "C", 0, 100)], parts)) == {}


def test_a_known_number_belongs_to_its_document_alone(prepared: Session) -> None:
    """A document posted twice is not taken for another one of that amount."""
    result = _matched(
        prepared, [("X", "C", 0, 100), ("Y", "C", 0, 100)], [("X", "C", 0, 100), ("X", "C", 0, 100)]
    )
    assert _open(result) == [(1, "Y", 100), (2, "X", 100)]


def test_without_a_rule_by_number_numbers_keep_nothing_apart(prepared: Session) -> None:
    """Whoever matches by amount and day alone means all documents."""
    books: list[Row] = [("X", "C", 0, 100), ("Y", "C", 0, 70)]
    sides = [_select(books), _select(books)]
    found = match_sides(prepared, sides, ("a", "b"), [rule("any", ("amount",), window=3)])
    assert found.agrees


def test_ten_thousand_open_documents_of_one_customer_end_and_say_what_was_not_tried(
    prepared: Session,
) -> None:
    """What numbers prove is proven; of groups it says that none were looked for."""
    first: list[Row] = [(f"A{n}", "C", n % 28, 1000 + n * 7) for n in range(5_000)]
    second: list[Row] = [(f"B{n}", "C", n % 28, 2000 + n * 11) for n in range(5_000)]
    result = _matched(prepared, [*first, ("X", "C", 0, 5)], [*second, ("X", "C", 0, 5)])
    assert _by_rule(result)["number"] == 1
    (left_out,) = result.not_tried
    assert "too many groups" in left_out.reason


rows = st.lists(
    st.tuples(
        st.sampled_from([None, "X", "Y", "Z"]),
        st.sampled_from(["C", "D"]),
        st.integers(0, 8),
        st.sampled_from([100, 60, 40, -40, 250, 110]),
    ),
    max_size=7,
)


def _contents(connection: Session) -> Counter[tuple[object, ...]]:
    """The matches as the contents of their documents."""
    found = connection.execute(
        """SELECT rule, list_sort(list((side, ref, customer, day, d.amount, l.amount)))
        FROM allocations AS l JOIN documents AS d USING (document) GROUP BY match, rule"""
    ).fetchall()
    return Counter((rule, str(documents)) for rule, documents in found)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows, rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant_and_sums_tie(
    prepared: Session, first: list[Row], second: list[Row], random: object
) -> None:
    """Shuffled books match alike; what is matched and what is open add up to every side."""
    result = _matched(prepared, first, second)
    contents = _contents(prepared)
    shuffled = [list(first), list(second)]
    for side in shuffled:
        random.shuffle(side)  # type: ignore[attr-defined]
    _matched(prepared, *shuffled)
    assert _contents(prepared) == contents
    for side, given_rows in ((1, first), (2, second)):
        sums = result.sums_of(side, "EUR")
        assert sums.amount == 100 * sum(row[3] for row in given_rows)
        rests = sum(
            each.open for match in (*result.near, *result.groups) for each in match.of(side)
        )
        plain = sum(each.amount for each in result.unmatched if each.side == side)
        assert sums.open_amount == rests + plain
    assert result.sums_of(1, "EUR").matched_amount == result.sums_of(2, "EUR").matched_amount


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-30, 60).filter(bool), max_size=9), st.integers(1, 120))
def test_subset_sums_are_those_of_trying_all(amounts: list[int], target: int) -> None:
    """None, one or several groups, as trying every group of up to six finds."""
    amounts.sort()
    tried = {
        tuple(amounts[at] for at in group)
        for size in range(1, 7)
        for group in combinations(range(len(amounts)), size)
        if sum(amounts[at] for at in group) == target
    }
    found = Halves(amounts, amounts).adding_up_to(target, Steps(1_000_000))
    assert found is not None
    assert len(found) == min(len(tried), 2)
    assert {tuple(amounts[at] for at in group) for group in found} <= tried


def test_a_search_that_runs_out_of_steps_finds_nothing() -> None:
    """Half a search proves nothing."""
    assert Halves([1, 2, 3, 4], [1, 2, 3, 4]).adding_up_to(10, Steps(2)) is None
