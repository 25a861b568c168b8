"""Terms that are not value over duration: monthly values, dates, free months and versions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import recon
from recon.base.errors import LooksLikeCrmCloseDate
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Reconciliation, Side
from recon.reconciliation.explain import contract_detail
from recon.reconciliation.revenue import compare_month, load_both_sides, reconcile_month
from recon.reconciliation.rollforward import rollforward
from recon.store.frames import register
from recon.store.session import Session, open_session
from tests.books import entry, posted
from tests.tables import break_of, contract, line_of, no_entries, reasons, ties

JUNE = "2024-06"
MONTHS = {f"2024-{n:02d}": "1000.00" for n in range(1, 8)}


def reconciled(
    rows: list[dict[str, Any]],
    entries: list[dict[str, Any]] | None = None,
    month: str = JUNE,
    **policy: object,
) -> Reconciliation:
    """Return a month of some contract rows."""
    book = pd.DataFrame(entries) if entries else no_entries()
    return recon.reconcile(
        pd.DataFrame(rows), book, month, {"tolerance": "0%", "floor": "0", **policy}
    )


TOLD = dict.fromkeys(Side, "data frame")


def amounts(rows: list[dict[str, Any]], *months: str, **policy: object) -> list[str]:
    """Return what is expected of C1 in some months, of rows that are loaded once."""
    rules = Policy.of({"tolerance": "0%", "floor": "0", **policy})
    found = []
    with loaded(rows, None, rules) as session:
        for month in months:
            compare_month(session, Month.parse(month), rules, TOLD, ())
            found += session.execute(
                "SELECT expected FROM lines_compared WHERE id = 'C1'"
            ).fetchall()
    return [f"{amount / 10_000:.2f}" for (amount,) in found]


def loaded(
    rows: list[dict[str, Any]], entries: list[dict[str, Any]] | None, policy: Policy
) -> Session:
    """Return a session with both sides, for any month."""
    session = open_session()
    register(session, "contracts_frame", pd.DataFrame(rows))
    register(session, "entries_frame", pd.DataFrame(entries) if entries else no_entries())
    load_both_sides(session, "contracts_frame", "entries_frame", policy, TOLD, ())
    return session


def open_ended(**changes: Any) -> dict[str, Any]:
    """Return a line of 1,000.00 a month without an end, unless changed."""
    row = {"contract_value": "1000.00", "duration_months": None, "value_basis": "month"}
    return contract(**{"close_date": None, **row, **changes})


# --- a value that is that of a month


def test_an_open_ended_line_expects_its_value_in_each_month() -> None:
    """It is neither over its value nor closed, and nothing of it is left over."""
    result = reconciled([open_ended()], posted("C1", MONTHS))
    line = line_of(result)
    assert (line["status"], line["to_date_expected"], line["flags"]) == ("matched", 60_000_000, "")
    assert line["unrecognized_remainder"] == 0
    assert ties(result)
    assert amounts([open_ended()], "2023-12", "2099-01") == ["0.00", "1000.00"]


STARTS_AND_ENDS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"close_date": "2024-06-10"}, {}, ["1000.00", "0.00"]),
    ({"close_date": "2024-06-10"}, {"stop_month": "days"}, ["333.33", "0.00"]),
    ({"close_date": "2024-06-10"}, {"stop_month": "none"}, ["0.00", "0.00"]),
    ({"close_date": "2024-06-10"}, {"convention": "exact_days"}, ["333.33", "0.00"]),
    ({"duration_months": "6"}, {}, ["1000.00", "0.00"]),
    ({"duration_months": "6"}, {"start_month": "half"}, ["1000.00", "500.00"]),
    ({"close_date": "9999-12-31"}, {}, ["1000.00", "1000.00"]),
    ({"start_date": "2024-06-16"}, {"convention": "prorate_day_rate"}, ["500.00", "1000.00"]),
    ({"start_date": "2024-06-16"}, {"start_month": "rule_of_15"}, ["0.00", "1000.00"]),
    ({"free_months": "6", "free_at": "start"}, {}, ["0.00", "1000.00"]),
]


def test_starts_and_ends_of_a_monthly_value() -> None:
    """By the rules of every other line; a duration or a close ends it."""
    rows = [
        open_ended(contract_id=f"C-{n:02d}", revenue_type=f"Type {n}", **changes)
        for n, (changes, *_) in enumerate(STARTS_AND_ENDS)
    ]
    types = {
        f"Type {n}": {"kind": "recurring", **rules}
        for n, (_, rules, _) in enumerate(STARTS_AND_ENDS)
    }
    policy = Policy.of({"tolerance": "0%", "floor": "0", "types": types})
    found = []
    with loaded(rows, None, policy) as session:
        for month in (JUNE, "2024-07"):
            compare_month(session, Month.parse(month), policy, TOLD, ())
            lines = session.execute("SELECT expected FROM lines_compared ORDER BY id").fetchall()
            found.append([f"{amount / 10_000:.2f}" for (amount,) in lines])
    assert [list(months) for months in zip(*found, strict=True)] == [
        expected for *_, expected in STARTS_AND_ENDS
    ]


def test_monthly_values_add_up_with_others() -> None:
    """Their sum has no total that could be exceeded."""
    rows = [open_ended(), contract(contract_value="120.00")]
    line = line_of(reconciled(rows, posted("C1", MONTHS), same_key="add"))
    assert (line["expected"], line["unrecognized_remainder"]) == (10_100_000, 0)
    assert "over_contract_value" not in line["flags"]
    assert amounts(rows, "2025-01", same_key="add") == ["1000.00"]


def test_a_monthly_value_by_policy_or_by_type() -> None:
    """And a row may say that its value is the total."""
    rows = [
        contract(contract_id="C1", contract_value="1000.00"),
        contract(contract_id="C2", contract_value="1200.00", value_basis="Total"),
        contract(contract_id="C3", revenue_type="Support"),
    ]
    result = reconciled(rows, value_basis="month", types={"Support": {"value_basis": "total"}})
    expected = [line_of(result, f"C{n}")["expected"] for n in (1, 2, 3)]
    assert expected == [10_000_000, 1_000_000, 1_000_000]
    assert ("value_basis", "month") in result.policy.rows()


def test_a_break_of_a_monthly_value_has_no_cause_of_its_total() -> None:
    """There is no full value that could have been recognized at once."""
    result = reconciled([open_ended()], [entry("E-1", "C1", "1100.00")])
    assert [str(cause) for cause in break_of(result, "C1").candidates] == ["unexplained"]


INVALID: list[tuple[dict[str, Any], str]] = [
    (open_ended(value_basis="weekly"), "value_basis 'weekly' is neither month nor total"),
    (open_ended(duration_months="x"), "duration_months 'x' is not a whole number"),
    (open_ended(value_basis=None), "duration_months is missing"),
    (open_ended(free_months="2"), "free_months '2' is not less than the months of the term"),
    # Free months are as many as the duration, fewer than none, or nowhere.
    (contract(free_months="12"), "free_months '12' is not less than the months of the term"),
    (contract(free_months="-1"), "free_months '-1' is not a whole number of months"),
    (contract(free_months="1", free_at="middle"), "free_at 'middle' is neither start nor end"),
]


def test_rows_of_such_terms_that_are_invalid() -> None:
    """A blank duration or close of a monthly value is not."""
    rows = [row | {"contract_id": f"C-{n}"} for n, (row, _) in enumerate(INVALID)]
    result = reconciled([*rows, open_ended(), contract(contract_id="C2")])
    found = reasons(result, Side.ANALYTICS)
    assert len(found) == len(INVALID)
    for told, (_, reason) in zip(found, INVALID, strict=True):
        assert reason in told
    assert ties(result)


# --- from start to close

ADD_ON = {
    "contract_value": "2000.00", "duration_months": "9", "booking_date": "2024-03-15",
    "close_date": "2024-12-31",
}  # fmt: skip


def test_a_term_from_start_to_close_has_odd_days() -> None:
    """Nine whole months and 17 of 31 days, recognized in the month in which they begin."""
    found = amounts([contract(**ADD_ON)], "2024-03", "2024-11", "2024-12", "2025-01", term="dates")
    assert found == ["209.46", "209.46", "114.86", "0.00"]
    late = contract(**ADD_ON | {"close_date": "2025-01-05"})
    assert amounts([late], "2024-12", "2025-01", term="dates") == ["146.18", "0.00"]


def test_dates_are_taken_where_no_row_has_a_duration() -> None:
    """Whether the column is missing or blank; a notice says so, and names the setting."""
    rows = [contract(contract_id=f"C{n}", **ADD_ON | {"duration_months": "1"}) for n in (1, 2)]
    blank = [row | {"duration_months": None} for row in rows]
    without = pd.DataFrame(rows).drop(columns="duration_months").to_dict("records")
    for given in (blank, without):
        result = reconciled(given)
        assert line_of(result)["expected"] == 2_094_600
        assert [text for text in result.notices if 'term = "dates"' in text]
    assert reasons(reconciled(blank, term="duration"), Side.ANALYTICS) == (
        ["duration_months is missing"] * 2
    )


def test_one_blank_duration_is_invalid() -> None:
    """The side has durations, so this one is missing."""
    result = reconciled([contract(duration_months=None, close_date="2024-12-31"),
                         contract(contract_id="C2")])  # fmt: skip
    assert reasons(result, Side.ANALYTICS) == ["duration_months is missing"]


def test_a_close_before_the_start_is_no_term() -> None:
    """Nor is one that is more than a thousand years away; most of them are CRM dates."""
    rows = [contract(contract_id=f"C{n}") for n in range(3)]
    early = contract(contract_id="EARLY", close_date="2023-12-31")
    result = reconciled([*rows, early], term="dates")
    assert reasons(result, Side.ANALYTICS) == [
        "close_date '2023-12-31' is before its start, or more than 12,000 months after it"
    ]
    with pytest.raises(LooksLikeCrmCloseDate):
        reconciled([early, rows[0] | {"close_date": "2023-11-30"}], term="dates")


# --- free months


def test_free_months_shorten_the_term_at_an_end() -> None:
    """At the end unless the row says otherwise; the close is that of the full term."""
    row = contract(contract_value="12000.00", duration_months="14", free_months="2")
    assert row["close_date"] == "2025-02-28"
    assert amounts([row], "2024-01", "2024-12", "2025-01") == ["1000.00", "1000.00", "0.00"]
    at_start = row | {"free_at": "start"}
    assert amounts([at_start], "2024-02", "2024-03", "2025-02") == ["0.00", "1000.00", "1000.00"]
    assert line_of(reconciled([row]))["flags"] == ""


# --- versions


def version(value: str, valid_from: str | None, **changes: Any) -> dict[str, Any]:
    """Return a version of a contract over 2024."""
    return contract(contract_value=value, valid_from=valid_from, **changes)


RAISED = [version("12000.00", None), version("15000.00", "2024-07-10")]


def test_a_new_version_spreads_what_is_left() -> None:
    """Its month belongs to it: 9,000.00 over the six months from July."""
    assert amounts(RAISED, JUNE, "2024-07", "2024-12", same_key="versions") == [
        "1000.00", "1500.00", "1500.00",
    ]  # fmt: skip


def test_a_new_version_may_catch_up() -> None:
    """The month of the change takes it to seven twelfths of the new value."""
    policy = {"same_key": "versions", "amendment": "catch_up"}
    assert amounts(RAISED, JUNE, "2024-07", "2024-12", **policy) == [
        "1000.00",
        "2750.00",
        "1250.00",
    ]
    result = reconciled(RAISED, **policy)
    assert ("amendment", "catch_up") in result.policy.rows()
    assert (result.sources[Side.ANALYTICS].rows, result.totals["USD"].contract_lines) == (2, 1)


def test_a_value_may_be_lowered_below_what_is_recognized() -> None:
    """The rest is negative, and takes back over the months left."""
    rows = [*RAISED, version("3000.00", "2024-10-01")]
    assert amounts(rows, "2024-09", "2024-10", "2024-12", same_key="versions") == [
        "1500.00", "-2500.00", "-2500.00",
    ]  # fmt: skip


def test_of_two_versions_of_a_month_the_later_day_holds() -> None:
    """Of one day nobody can say which one does: all rows of the key are invalid."""
    rows = [*RAISED, version("18000.00", "2024-07-20")]
    assert amounts(rows, "2024-07", same_key="versions") == ["2000.00"]
    result = reconciled([*RAISED, version("9.00", "2024-07-10")], same_key="versions")
    assert sorted(reasons(result, Side.ANALYTICS)) == [
        "another row of its key is invalid",
        "another version is valid from 2024-07-10, too",
        "another version is valid from 2024-07-10, too",
    ]


def test_versions_without_a_day_are_told_so() -> None:
    """The first alone can do without one."""
    rows = [version("12000.00", None), version("15000.00", None)]
    result = reconciled(rows, same_key="versions")
    assert (
        reasons(result, Side.ANALYTICS)
        == [
            "valid_from is missing, as in another row of its key",
        ]
        * 2
    )
    assert any('policy.same_key = "add"' in said for said in result.notices)


def test_a_version_may_change_the_duration_or_stop() -> None:
    """It counts from the contract's start; a stop of the last version holds."""
    longer = version("15000.00", "2024-07-01", duration_months="18", close_date="2025-06-30")
    assert amounts([RAISED[0], longer], "2024-07", "2025-06", same_key="versions") == [
        "750.00", "750.00",
    ]  # fmt: skip
    ended = version("12000.00", "2024-07-01", terminated_on="2024-08-31")
    assert amounts([RAISED[0], ended], "2024-08", "2024-09", same_key="versions") == [
        "1000.00", "0.00",
    ]  # fmt: skip
    line = line_of(reconciled([RAISED[0], ended], month="2024-09", same_key="versions"))
    assert line["unrecognized_remainder"] == 40_000_000
    assert "closed_early" in line["flags"]


def test_a_version_from_before_the_start_is_the_first() -> None:
    """Of a version after its term the rest is due at once."""
    early = version("2400.00", "2023-11-01")
    assert amounts([RAISED[0], early], "2024-01", same_key="versions") == ["1000.00"]
    late = version("12600.00", "2025-03-01")
    assert amounts([RAISED[0], late], "2025-02", "2025-03", "2025-04", same_key="versions") == [
        "0.00", "600.00", "0.00",
    ]  # fmt: skip


def test_a_setting_is_named_where_versions_are_refused() -> None:
    """Rows of one key are invalid by default."""
    assert 'policy.same_key = "add"' in reasons(reconciled(RAISED), Side.ANALYTICS)[0]


def test_a_version_whose_price_is_that_of_a_month() -> None:
    """Each month expects the price of the version in force, whatever the amendment."""
    rows = [
        open_ended(valid_from=None),
        open_ended(contract_value="1100.00", valid_from="2024-06-01"),
    ]
    for amendment in ("prospective", "catch_up"):
        policy = {"same_key": "versions", "amendment": amendment}
        assert amounts(rows, "2024-05", JUNE, **policy) == ["1000.00", "1100.00"]


# --- the derivation, the roll-forward

BOOKS = {
    "monthly": [open_ended(), open_ended(contract_id="C2", close_date="2024-06-10")],
    "dates": [contract(**ADD_ON)],
    "free": [contract(duration_months="14", free_months="2", free_at="start")],
    "versions": [*RAISED, version("9000.00", "2024-09-01", terminated_on="2024-10-15")],
}
POLICIES: dict[str, dict[str, object]] = {
    "dates": {"term": "dates"},
    "versions": {"same_key": "versions"},
}


CONVENTIONS = ("even", "prorate_period_rate", "exact_days")
# Each book and each convention once; the rest of June takes longer, and so do other months, in each
# of which a book has one convention.
QUICK = {("monthly", "even"), ("dates", "exact_days"), ("free", "prorate_period_rate"),
         ("versions", "exact_days")}  # fmt: skip
DERIVED = [(book, JUNE, convention) for book in BOOKS for convention in CONVENTIONS] + [
    (book, month, CONVENTIONS[(n + m) % 3])
    for n, book in enumerate(BOOKS)
    for m, month in enumerate(("2024-03", "2024-10", "2025-03"))
]


@pytest.mark.parametrize(
    ("book", "month", "convention"),
    [
        pytest.param(
            *(book, month, convention),
            marks=() if month == JUNE and (book, convention) in QUICK else pytest.mark.slow,
        )
        for book, month, convention in DERIVED
    ],
)
def test_every_such_line_is_derived_and_rolled_forward(
    book: str, month: str, convention: str
) -> None:
    """The months tie, and the closing of a month is the opening of the next."""
    policy = Policy.of({**POLICIES.get(book, {}), "convention": convention, "stop_month": "days"})
    now = Month.parse(month)
    with loaded(BOOKS[book], posted("C1", MONTHS), policy) as session:
        result = reconcile_month(session, now, policy, TOLD, (), [])
        detail = contract_detail(session, result, "C1")
        assert detail.lines[0].derivation.formula.startswith("expected = ")
        closing = sum(row.closing for row in rollforward(session, result))
        result = reconcile_month(session, now + 1, policy, TOLD, (), [])
        assert sum(row.opening for row in rollforward(session, result)) == closing


def test_monthly_values_without_a_duration_run_from_no_start_to_a_close() -> None:
    """No notice tells of terms that none of them has."""
    line = contract(contract_value="100.00") | {"close_date": None}
    del line["duration_months"]
    result = reconciled([line], value_basis="month")
    assert line_of(result)["expected"] == 1_000_000
    assert not [notice for notice in result.notices if "duration" in notice]
