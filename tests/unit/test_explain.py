"""The dossier: everything about one contract, with formulas that say how figures came about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from recon.base import money
from recon.base.errors import UsageError
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Cause, Flag, Reconciliation, Status
from recon.reconciliation.causes import DETECTORS
from recon.reconciliation.explain import ContractDetail, as_json, contract_detail
from recon.reconciliation.explain.derivation import allowance_text
from recon.reconciliation.explain.model import Line
from recon.store.session import Session
from tests.books import Row, contract, entry, month_by_month, opened, posted

EVERY_MONTH = {f"2024-{month:02d}": "1000.00" for month in range(1, 7)}


def explained(
    contracts: list[Row],
    entries: list[Row],
    policy: Mapping[str, object] | None = None,
    contract_id: str = "C-1",
    **options: Any,
) -> ContractDetail:
    """Return the dossier of a contract in books of these rows."""
    session, result = opened(contracts, entries, policy, **options)
    return contract_detail(session, result, contract_id, options.get("compliance", ()))


def one_line(
    changes: Mapping[str, object],
    policy: Mapping[str, object] | None = None,
    entries: list[Row] | None = None,
    **options: Any,
) -> Line:
    """Return the line of a single contract, beside which a plain one stands."""
    rows = [contract("C-1", **changes), contract("C-2"), contract("C-3")]
    (line,) = explained(rows, entries or [], policy, **options).lines
    return line


def lines_of_types(
    cases: Iterable[tuple[Row, Row]], months: Iterable[str] = ("2024-06",)
) -> Iterator[tuple[str, dict[int, Line]]]:
    """Yield the lines of a contract that has one for each case, month by month.

    A case is what the line has, and the rules of its type, which no other line has.
    """
    given = list(enumerate(cases))
    rows = [
        contract("C-1", **{**changes, "revenue_type": f"Type {n}"}) for n, (changes, _) in given
    ]
    types = {f"Type {n}": {"kind": "recurring", **rules} for n, (_, rules) in given}
    # None of them breaks, so that no cause is looked for.
    policy = {"types": types, "tolerance": "100%"}
    for session, result in month_by_month(rows, [], months, policy):
        lines = contract_detail(session, result, "C-1", ()).lines
        yield str(result.month), {int(line.revenue_type.split()[1]): line for line in lines}


JANUARY = {"start_date": "2025-01-15", "close_date": "2026-01-14"}
STOPPED = {
    "start_date": "2024-01-15", "close_date": "2025-01-14", "terminated_on": "2024-06-15",
}  # fmt: skip
FORMULAS: list[tuple[str, str, Row, str, str]] = [
    ("even", "cumulative", {}, "2024-06", "r(12,000.00 x 6/12) - r(12,000.00 x 5/12) = "
     "6,000.00 - 5,000.00 = 1,000.00"),
    ("even", "cumulative", {"contract_value": "1000.00"}, "2024-02",
     "r(1,000.00 x 2/12) - r(1,000.00 x 1/12) = 166.67 - 83.33 = 83.34"),
    ("even", "cumulative", {"contract_value": "-1000.00"}, "2024-02",
     "r(-1,000.00 x 2/12) - r(-1,000.00 x 1/12) = -166.67 - (-83.33) = -83.34"),
    ("even", "last_period", {"contract_value": "1000.00"}, "2024-06",
     "r(1,000.00 x 1/12) = 83.33"),
    ("even", "last_period", {"contract_value": "1000.00"}, "2024-12",
     "r(1,000.00) - 916.63 = 83.37"),
    ("prorate_period_rate", "cumulative", JANUARY, "2025-01",
     "r(12,000.00 x 17/372) - r(12,000.00 x 0/372) = 548.39 - 0.00 = 548.39"),
    ("prorate_period_rate", "cumulative", JANUARY, "2026-01",
     "r(12,000.00 x 372/372) - r(12,000.00 x 358/372) = 12,000.00 - 11,548.39 = 451.61"),
    ("prorate_period_rate", "last_period", JANUARY, "2025-02", "r(12,000.00 x 31/372) = 1,000.00"),
    ("prorate_day_rate", "cumulative", JANUARY, "2025-02",
     "r(12,000.00 x 521/4,015) - r(12,000.00 x 187/4,015) = 1,557.16 - 558.90 = 998.26"),
    ("prorate_day_rate", "last_period", JANUARY, "2026-01", "r(12,000.00) - 11,539.76 = 460.24"),
    ("exact_days", "cumulative", JANUARY, "2025-02",
     "r(12,000.00 x 45/365) - r(12,000.00 x 17/365) = 1,479.45 - 558.90 = 920.55"),
    ("exact_days", "last_period", JANUARY, "2025-02", "r(12,000.00 x 28/365) = 920.55"),
    ("exact_days", "last_period", JANUARY, "2026-01", "r(12,000.00) - 11,539.73 = 460.27"),
    ("days_360", "cumulative", JANUARY, "2025-02",
     "r(12,000.00 x 46/360) - r(12,000.00 x 16/360) = 1,533.33 - 533.33 = 1,000.00"),
    ("exact_days", "cumulative", {"terminated_on": "2024-06-15"}, "2024-06",
     "r(12,000.00 x 167/366) - r(12,000.00 x 152/366) = 5,475.41 - 4,983.61 = 491.80"),
    ("prorate_period_rate", "cumulative", STOPPED, "2024-06",
     "r(12,000.00 x 4,695/11,160) - r(12,000.00 x 141/372) = 5,048.39 - 4,548.39 = 500.00"),
    ("prorate_period_rate", "last_period", STOPPED, "2024-06",
     "r(12,000.00 x 465/11,160) = 500.00"),
    ("even", "cumulative", {"contract_value": "12000.555", "currency": "KWD"}, "2024-06",
     "r(12,000.555 x 6/12) - r(12,000.555 x 5/12) = 6,000.278 - 5,000.231 = 1,000.047"),
    ("even", "cumulative", {"contract_value": "1000", "currency": "JPY"}, "2024-06",
     "r(1,000 x 6/12) - r(1,000 x 5/12) = 500 - 417 = 83"),
    ("even", "cumulative", {"contract_value": "12000.005"}, "2024-06",
     "r(12,000.0050 x 6/12) - r(12,000.0050 x 5/12) = 6,000.00 - 5,000.00 = 1,000.00"),
]  # fmt: skip


@cache
def every_formula() -> dict[str, dict[int, Line]]:
    """Return the line of each formula, by month."""
    cases = [
        (changes, {"convention": convention, "rounding": rounding})
        for convention, rounding, changes, *_ in FORMULAS
    ]
    return dict(lines_of_types(cases, sorted({month for *_, month, _ in FORMULAS})))


@pytest.mark.parametrize("number", range(len(FORMULAS)))
def test_formula(number: int) -> None:
    """Every convention and both roundings show the numbers that give the expected amount."""
    *_, month, formula = FORMULAS[number]
    line = every_formula()[month][number]
    assert line.derivation.formula == f"expected = {formula}"
    assert formula.rpartition(" = ")[2] == money.pretty(line.expected, line.currency)


WEIGHTS = [
    ("even", {}, "every month counts 1 of 12 parts"),
    ("prorate_period_rate", {"start_date": "2024-01-15"},
     "the first month counts 17 of 372 parts, each whole one 31, the last one 14"),
    ("prorate_day_rate", {"start_date": "2024-01-15"},
     "the first month counts 187 of 4,026 parts, each whole one 335, the last one 154"),
    ("exact_days", {}, "every day counts 1 of 366 days of the term"),
]  # fmt: skip


@cache
def every_weight() -> dict[int, Line]:
    """Return the line of each weight."""
    cases = [(changes, {"convention": convention}) for convention, changes, _ in WEIGHTS]
    ((_, lines),) = lines_of_types(cases)
    return lines


@pytest.mark.parametrize("number", range(len(WEIGHTS)))
def test_formula_in_words(number: int) -> None:
    """The words say which period it is, what a month weighs, and what r() does."""
    *_, words = WEIGHTS[number]
    said = every_weight()[number].derivation.words
    assert said.startswith("2024-06 is period 6 of 1")
    assert words in said
    assert said.endswith("r() rounds to 0.01 USD.")


def test_last_period_in_words() -> None:
    """The words say where the residue of rounding goes."""
    policy = {"rounding": "last_period"}
    assert "the last one takes what is left" in one_line({}, policy).derivation.words
    last = one_line({}, policy, month="2024-12").derivation.words
    assert "the last period takes what the 11 before it leave" in last


STOPS = [
    ({"convention": "exact_days"}, "2024-06-15",
     "the line was terminated on 2024-06-15, so 15 days count of the 30 in 2024-06"),
    ({"convention": "prorate_day_rate", "rounding": "last_period"}, "2024-06-01",
     "so 1 day counts of the 30 in 2024-06; each period is rounded by itself; r()"),
    ({"stop_month": "days"}, "2024-06-29", "so 29 days count of the 30 in 2024-06"),
    ({"stop_month": "none"}, "2024-06-29", "so 2024-06 does not count"),
    ({"start_month": "half"}, "2024-06-29",
     "the first month counts 1 of 24 parts, each whole one 2, the last one 1; r()"),
]  # fmt: skip


@cache
def every_stop() -> dict[int, Line]:
    """Return the line of each stop."""
    cases: list[tuple[Row, Row]] = [
        ({"terminated_on": stop}, {**rules}) for rules, stop, _ in STOPS
    ]
    ((_, lines),) = lines_of_types(cases)
    return lines


@pytest.mark.parametrize("number", range(len(STOPS)))
def test_a_stop_in_words(number: int) -> None:
    """The words say how many days of its last month count."""
    *_, words = STOPS[number]
    assert words in every_stop()[number].derivation.words


def test_a_start_that_counts_from_the_next_month() -> None:
    """The month of the start expects nothing, and the words say why."""
    start = {"start_date": "2024-06-20", "close_date": "2025-06-19"}
    rows = [contract("C-1", **start), contract("C-2", **start, terminated_on="2024-06-25")]
    book = opened([*rows, contract("C-3"), contract("C-4")], [], {"start_month": "rule_of_15"})
    (first,), (second,) = (contract_detail(*book, name, ()).lines for name in ("C-1", "C-2"))
    assert (first.expected, first.derivation.words) == (0, (
        "The term starts on 2024-06-20, after the 15th, so it counts from 2024-07; "
        "2024-06 is before it."
    ))  # fmt: skip
    assert (second.expected, second.derivation.words) == (0, (
        "The line was terminated on 2024-06-25, before 2024-07, from which it counts; "
        "no month expects anything."
    ))  # fmt: skip


SETUP = {"revenue_type": "Setup", "start_date": "2024-06-10"}
NOTHING = [
    ({"start_date": "2024-09-01", "close_date": "2025-08-31"}, "",
     "The term starts on 2024-09-01; 2024-06 is before it."),
    ({"start_date": "2023-01-01", "close_date": "2023-12-31"}, "",
     "The term ended on 2023-12-31; 2023-12 was its last month."),
    ({"close_date": "2024-04-15"}, "",
     "The line was closed on 2024-04-15; 2024-04 was its last month."),
    ({"terminated_on": "2024-03-31"}, "",
     "The line was terminated on 2024-03-31; 2024-03 was its last month."),
    ({"close_date": "2023-11-30"}, "",
     "The line was closed on 2023-11-30, before its start on 2024-01-01; "
     "no month expects anything."),
    ({"start_date": "2023-06-15", "close_date": "2024-06-14"}, "",
     "The last of the 12 periods was 2024-05; 2024-06 has no share."),
    ({**SETUP, "start_date": "2024-05-10"}, "start_month",
     "Type 6 is recognized at once in the start month, 2024-05: nothing in 2024-06."),
    ({**SETUP, "close_date": "2024-09-30"}, "close_month",
     "Type 7 is recognized at once in the close month, 2024-09: nothing in 2024-06."),
]  # fmt: skip


@cache
def every_nothing() -> dict[int, Line]:
    """Return the line of each reason."""
    cases: list[tuple[Row, Row]] = [
        (changes, {"kind": "one_time", "recognition": recognition} if recognition else {})
        for changes, recognition, _ in NOTHING
    ]
    ((_, lines),) = lines_of_types(cases)
    return lines


@pytest.mark.parametrize("number", range(len(NOTHING)))
def test_why_nothing_is_expected(number: int) -> None:
    """Outside its term a line expects 0, and the words say why."""
    *_, words = NOTHING[number]
    line = every_nothing()[number]
    assert line.derivation.formula == "expected = 0.00"
    assert line.derivation.words == words


@pytest.mark.parametrize("rounding", ["cumulative", "last_period"])
def test_point_in_time(rounding: str) -> None:
    """A Setup at a point in time is recognized at once, whatever its duration says."""
    policy = {"rounding": rounding, "types": {"Setup": {"recognition": "start_month"}}}
    line = one_line({**SETUP, "duration_months": None}, policy)
    assert line.derivation.formula == "expected = r(12,000.00) = 12,000.00"
    assert line.derivation.words == (
        "Setup is recognized at once in the start month, 2024-06; r() rounds to 0.01 USD."
    )
    assert [str(row.month) for row in line.months] == ["2024-06"]


def test_months_of_the_term() -> None:
    """The months run over the term with amounts of the month and to date, and add up to V."""
    line = one_line({"contract_value": "1000.00"}, entries=posted("C-1", {"2024-01": "83.33"}))
    assert [row.month for row in line.months] == [Month.parse("2024-01") + k for k in range(12)]
    first, second = line.months[:2]
    assert (first.difference, second.difference) == (0, -83_3400)
    assert (second.to_date_expected, second.to_date_recognized) == (166_6700, 83_3300)
    assert sum(row.expected for row in line.months) == line.value == 1000_0000
    assert [row.to_come for row in line.months] == [False] * 6 + [True] * 6
    assert line.months[-1].difference is None


def test_months_reach_out_to_the_entries() -> None:
    """An entry before the start or after the end widens the span, and no entry is lost."""
    line = one_line({}, entries=posted("C-1", {"2023-11": "5.00", "2025-02": "7.00"}))
    assert str(line.months[0].month) == "2023-11"
    assert str(line.months[-1].month) == "2025-02"
    assert sum(row.recognized for row in line.months) == 12_0000


def test_the_reconciled_month_ties_to_the_line() -> None:
    """The row of the reconciled month says what the line says, inside the term and outside."""
    months = ("2023-10", "2024-06", "2026-03")
    book = [contract("C-1"), contract("C-2"), contract("C-3")]
    for session, result in month_by_month(book, posted("C-1", EVERY_MONTH), months):
        (line,) = contract_detail(session, result, "C-1", ()).lines
        (row,) = (row for row in line.months if row.month == result.month)
        assert (row.expected, row.recognized) == (line.expected, line.recognized)
        assert (row.to_date_expected, row.to_date_recognized) == (
            line.to_date_expected, line.to_date_recognized,
        )  # fmt: skip


def test_early_close_leaves_a_remainder() -> None:
    """Case S14: what a line that closes early leaves, and the months, add up to the value."""
    changes = {"contract_value": "50000.00", "duration_months": "13", "close_date": "2025-01-31",
               "terminated_on": "2024-05-31"}  # fmt: skip
    line = one_line(changes)
    assert line.remainder == 30769_2300
    assert sum(row.expected for row in line.months) == 19230_7700
    assert Flag.CLOSED_EARLY in line.flags
    assert line.terms is not None
    assert str(line.terms.last_month) == "2024-05"


ALLOWED: list[tuple[Row, Row, str, str]] = [
    ({}, {}, "rate",
     "allowed = max(1% x 1,000.00 = 10.00; rounding 0.06; floor 0.01) = 10.00"),
    ({"contract_value": "12.00"}, {}, "rounding",
     "allowed = max(1% x 1.00 = 0.01; rounding 0.06; floor 0.01) = 0.06"),
    ({}, {"floor": "25.00"}, "floor",
     "allowed = max(1% x 1,000.00 = 10.00; rounding 0.06; floor 25.00) = 25.00"),
    ({}, {"cap": "4.00"}, "cap",
     "allowed = min(max(1% x 1,000.00 = 10.00; rounding 0.06; floor 0.01); cap 4.00) = 4.00"),
]  # fmt: skip


@cache
def every_allowance() -> tuple[Session, Reconciliation]:
    """Return the books in which each allowance has a contract, of a type of its own."""
    types = {f"Type {n}": {"kind": "recurring"} | rules for n, (_, rules, *_) in enumerate(ALLOWED)}
    rows = [
        contract(f"C-{n}", revenue_type=f"Type {n}", **changes)
        for n, (changes, *_) in enumerate(ALLOWED)
    ]
    return opened(rows, [], {"types": types})


@pytest.mark.parametrize("number", range(len(ALLOWED)))
def test_allowed(number: int) -> None:
    """The allowed difference shows the rules that it comes from and the one that decides."""
    *_, decides, text = ALLOWED[number]
    (line,) = contract_detail(*every_allowance(), f"C-{number}", ()).lines
    assert line.allowance is not None
    assert line.allowance.decides == decides
    assert allowance_text(line.allowance, line.expected, "USD").formula == text


def test_where_the_tolerance_is_set() -> None:
    """The origin is the key of the policy that sets the rate, the type's before the segment's."""
    policy = {
        "segments": {"smb": {"tolerance": "2%"}, "Mid": {"floor": "2.00"}},
        "types": {"Support": {"tolerance": "3%"}},
    }
    origins = [
        ({"segment": "Public"}, "policy.tolerance"),
        ({}, "policy.segments.smb.tolerance"),
        ({"revenue_type": "Support"}, "policy.types.Support.tolerance"),
        ({"segment": "Mid"}, "policy.tolerance"),
    ]
    book = opened([contract(f"C-{n}", **row) for n, (row, _) in enumerate(origins)], [], policy)
    for n, (_, origin) in enumerate(origins):
        (line,) = contract_detail(*book, f"C-{n}", ()).lines
        assert line.allowance is not None
        assert line.allowance.origin == origin


def test_ladder() -> None:
    """The rungs lead from the percent over amount, cause and months to the severity."""
    again = entry("E-2", "C-1", "1000.00", document_ref="INV-E-C-1-2024-06")
    line = one_line({}, entries=[*posted("C-1", EVERY_MONTH), again])
    assert line.finding is not None
    assert [(rung.by, rung.why, rung.severity.word) for rung in line.finding.ladder] == [
        ("percent", "100.00% is more than 10%", "critical"),
        ("amount", "1,000.00 USD is at least 1,000.00 USD and below 10,000.00 USD: no change",
         "critical"),
        ("cause", "duplicate entry: at least high", "critical"),
        ("repeated months", "the first month that breaks: no change", "critical"),
    ]  # fmt: skip


def test_ladder_of_repeated_months() -> None:
    """A line that is broken three months running says so."""
    months = ("2024-04", "2024-05", "2024-06")
    line = one_line({}, entries=posted("C-1", dict.fromkeys(months, "940.00")))
    assert line.finding is not None
    assert line.finding.ladder[1].why == "60.00 USD is below 100.00 USD: at most warning"
    assert line.finding.ladder[-1].why == "the third month running: critical"
    assert line.finding.item.severity is Severity.CRITICAL


def test_ambiguous_break() -> None:
    """Every candidate is listed, and none of them among those that do not fit."""
    months = {**EVERY_MONTH, "2024-05": "0.00", "2024-06": "1000.00"}
    late = entry("E-late", "C-1", "1000.00")
    line = one_line({}, entries=[*posted("C-1", months), late])
    assert line.finding is not None
    item = line.finding.item
    assert item.ambiguous
    assert not set(item.candidates) & set(line.finding.tried)
    assert set(item.candidates) | set(line.finding.tried) >= {cause for cause, _ in DETECTORS}


def test_last_resort_was_preceded_by_the_others() -> None:
    """Nothing posted is named after all else was tried, the last resorts before it included."""
    line = one_line({}, entries=posted("C-1", {"2024-05": "1000.00"}))
    assert line.finding is not None
    assert line.finding.item.cause is Cause.NOT_POSTED
    assert set(line.finding.tried) <= set(Cause) - {Cause.NOT_POSTED, Cause.UNEXPLAINED}
    assert [item.entry_id for item in line.entries] == ["E-C-1-2024-05"]


def test_entries_of_a_line_that_agrees_are_the_months_own() -> None:
    """Neighbouring months' entries are shown only where the line breaks."""
    line = one_line({}, entries=posted("C-1", EVERY_MONTH))
    assert line.finding is None
    assert [item.entry_id for item in line.entries] == ["E-C-1-2024-06"]


def test_compliance_columns() -> None:
    """The configured compliance columns stand with each entry, blank where nothing was given."""
    entries = [
        entry("E-1", "C-1", "600.00", approved_by=" kim "),
        entry("E-2", "C-1", "400.00", approved_by=None),
    ]
    line = one_line({}, entries=entries, compliance=("approved_by",))
    assert [item.compliance for item in line.entries] == [
        (("approved_by", "kim"),), (("approved_by", ""),),
    ]  # fmt: skip


def test_type_that_only_accounting_has() -> None:
    """A type without a contract line expects nothing, and says why."""
    found = explained([contract("C-1")], [
        *posted("C-1", EVERY_MONTH), entry("E-9", "C-1", "5.00", revenue_type="Support"),
    ])  # fmt: skip
    line = found.lines[-1]
    assert (line.revenue_type, line.status, line.terms) == ("Support", Status.NOT_EXPECTED, None)
    assert line.derivation.words == (
        "The contract has no Support line in USD, so nothing is expected."
    )
    assert line.allowance is not None
    assert line.allowance.decides == "floor"


def test_type_that_accounting_had_in_other_months() -> None:
    """Entries of other months alone make a line that has nothing to compare."""
    found = explained([contract("C-1")], [
        entry("E-9", "C-1", "5.00", revenue_type="Support", recognition_period="2024-02"),
        entry("E-8", "C-1", "5.00", revenue_type="Support", recognition_period="2024-09"),
    ])  # fmt: skip
    line = found.lines[-1]
    assert (line.revenue_type, line.status, line.allowance) == ("Support", None, None)
    assert (line.recognized, line.to_date_recognized) == (0, 5_0000)
    assert [str(row.month) for row in line.months][::7] == ["2024-02", "2024-09"]


def test_unknown_to_analytics() -> None:
    """A contract that only accounting knows has a dossier too."""
    found = explained([contract("C-2")], [entry("E-9", "x-7", "5.00")], contract_id="X-7")
    assert found.contract_id == "x-7"
    (line,) = found.lines
    assert line.derivation.words == "Analytics does not know the contract, so nothing is expected."
    assert line.finding is not None
    assert line.finding.item.cause is Cause.UNKNOWN_CONTRACT


def test_invalid_rows() -> None:
    """Invalid rows keep their reason, and their entries are shown as kept out."""
    rows = [contract("C-1", duration_months=None), contract("C-2"),
            contract("C-1", revenue_type="Trainng", contract_value=None)]  # fmt: skip
    entries = [
        *posted("C-1", EVERY_MONTH),
        entry("E-8", "C-1", "ten", revenue_type="Support"),
        entry("E-9", "C-1", "9.00", recognition_period="soon"),
    ]
    found = explained(rows, entries)
    assert found.lines == ()
    assert [(line.row, line.revenue_type, line.reason) for line in found.invalid] == [
        (1, "Subscription", "duration_months is missing"),
        (3, "Trainng", "revenue_type 'Trainng' is unknown; contract_value is missing"),
    ]
    assert [(item.entry_id, item.amount) for item in found.kept_out] == [
        ("E-8", None), ("E-C-1-2024-06", 1000_0000), ("E-9", 9_0000),
    ]  # fmt: skip
    assert found.kept_out[1].reason.startswith("its contract line is invalid: duration_months")
    assert found.kept_out_elsewhere == 5


def test_id_is_matched_trimmed_and_case_folded() -> None:
    """The id is found however it is typed, and shown as analytics spells it."""
    session, result = opened([contract("C-1"), contract("00042")], [entry("E-1", "c-1", "1.00")])
    assert contract_detail(session, result, "  c-1 ").contract_id == "C-1"
    assert contract_detail(session, result, "00042").contract_id == "00042"


def test_unknown_id_names_the_nearest() -> None:
    """An id that neither side knows is a usage error with up to three near ones."""
    session, result = opened(
        [contract("C-1001"), contract("C-1002"), contract("K-5")], [entry("E-1", "C-1101", "1.00")]
    )
    with pytest.raises(UsageError) as caught:
        contract_detail(session, result, "C-1O01'")
    assert str(caught.value) == (
        "Neither analytics nor accounting has a contract 'C-1O01''; "
        "the nearest ids are C-1001, C-1101, C-1002."
    )


def test_dossiers_one_after_the_other() -> None:
    """A session gives as many dossiers as one asks for, each of its own contract."""
    session, result = opened([contract("C-1"), contract("C-2")], posted("C-2", EVERY_MONTH))
    first, second = (contract_detail(session, result, name) for name in ("C-1", "C-2"))
    assert first.lines[0].recognized == 0
    assert second.lines[0].recognized == 1000_0000


CURRENCIES = {"USD": "1000.00", "JPY": "1000", "KWD": "1000.000"}


@cache
def every_currency() -> tuple[Session, Reconciliation]:
    """Return the books in which each currency has a contract, of a customer of its own."""
    return opened(
        [contract(f"C-{code}", currency=code, customer_id=code) for code in CURRENCIES],
        [entry(f"E-{code}", f"C-{code}", "900", currency=code) for code in CURRENCIES],
    )


@pytest.mark.parametrize(("currency", "expected"), CURRENCIES.items())
def test_json(currency: str, expected: str) -> None:
    """The document is plain JSON, amounts as texts with the currency's decimals."""
    text = json.loads(json.dumps(as_json(contract_detail(*every_currency(), f"C-{currency}", ()))))
    (line,) = text["lines"]
    assert (text["schema"], text["month"], text["contract_id"]) == (1, "2024-06", f"C-{currency}")
    assert line["expected"] == line["months"][5]["expected"] == expected
    assert line["months"][11]["difference"] is None
    assert line["terms"]["term_end"] == "2024-12-31"
    assert line["break"]["ladder"][0]["by"] == "percent"
    assert line["entries"][0]["amount"].startswith("900")


def test_json_of_invalid_rows() -> None:
    """What cannot be read is null or as it was delivered."""
    rows = [contract("C-1", contract_value="ten", close_date=None), contract("C-2")]
    found = explained(rows, [entry("E-8", "C-1", "ten", recognition_period=None)])
    text = json.loads(json.dumps(as_json(found)))
    assert text["invalid"][0]["terms"]["value"] is None
    assert text["invalid"][0]["terms"]["close_date"] is None
    assert text["kept_out"][0]["amount"] == "ten"
    assert text["kept_out"][0]["month"] == ""
