"""Hostile input through the front door: nothing is guessed and nothing is dropped."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import recon
from recon.base.errors import LooksLikeCrmCloseDate, MissingColumns, MonthError, SourceDataError
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Flag, Side
from recon.reconciliation.revenue import reconcile_relations
from recon.store.session import open_session
from tests.tables import (
    CONTRACT,
    ENTRY,
    MONTH,
    break_of,
    contract,
    contracts,
    entries,
    line_of,
    lines,
    no_entries,
    one,
    reasons,
    ties,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recon.base.result import Reconciliation

JUNE = {"booking_date": "2024-06-01"}
INEXACT = "not an amount, or is too large"


def _spelled(column: str, spellings: Iterable[tuple[Any, object]], side: Side) -> Reconciliation:
    """Return the month in which each contract has one spelling of a column on one side."""
    values = [spelling for spelling, _ in spellings]
    names = [f"C-{n:03d}" for n in range(len(values))]
    book = [contract(contract_id=name, booking_date="2024-05-10") for name in names]
    posted = [ENTRY | {"contract_id": name, "entry_id": f"E-{name}"} for name in names]
    changed = book if side is Side.ANALYTICS else posted
    for row, spelling in zip(changed, values, strict=True):
        row[column] = spelling
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)
    assert ties(result)
    return result


def _side_by_side(
    cases: Iterable[tuple[dict[str, Any], dict[str, Any]]], policy: dict[str, object] | None = None
) -> Reconciliation:
    """Return the month of `one` for many lines and their entries: C-000, C-001 and so on."""
    book, posted = [], []
    for n, (line, entry) in enumerate(cases):
        key = {"contract_id": f"C-{n:03d}"}
        book.append(contract(**line) | key)
        posted += [
            ENTRY | key | {"entry_id": f"P{n}-{month}", "recognition_period": f"2024-{month:02d}"}
            for month in range(1, 6)
        ]
        posted.append(ENTRY | {"entry_id": f"E{n}"} | key | entry)
    return recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH, policy)


def _numbered(spellings: Iterable[tuple[Any, object]]) -> list[Any]:
    """Return the parameters of a test of each spelling: its number and what it is read as."""
    return [pytest.param(n, read, id=repr(said)) for n, (said, read) in enumerate(spellings)]


def _reason_by_row(result: Reconciliation, side: Side) -> dict[int, str]:
    return {row.row: row.reason for row in result.invalid if row.side is side}


# --- amounts

AMOUNTS: tuple[tuple[Any, int | str], ...] = (
    ("100.00", 1_000_000),
    (" +100.0 ", 1_000_000),
    (".5", 5_000),
    ("-7.", -70_000),
    ("0", 0),
    ("1e3", INEXACT),
    ("1,000.00", 10_000_000),
    ("12.5.0", INEXACT),
    ("USD 5", 50_000),
    ("EUR 5", INEXACT),
    ("", "missing"),
    (None, "missing"),
    (float("nan"), "missing"),
    (pd.NA, "missing"),
    ("nan", INEXACT),
    (Decimal("NaN"), INEXACT),
    (Decimal("sNaN"), INEXACT),
    (Decimal("-Infinity"), INEXACT),
    (float("inf"), INEXACT),
    (Decimal("19.9900"), 199_900),
    (Decimal("1E+3"), 10_000_000),
    (83.33, 833_300),
    (-0.1, -1_000),
    (42, 420_000),
    (np.int32(43), 430_000),
    (np.float64(0.07), 700),
    (True, INEXACT),
    (10**12, 10**16),
    ("1000000000000.00", 10**16),
    ("-1000000000000.0001", -(10**16) - 1),
    ("900000000000000.1234", 9_000_000_000_000_001_234),
    ("1000000000000000", INEXACT),
    (-(10**15), INEXACT),
    ("1" + "0" * 20, INEXACT),
    ("1" + "0" * 27, INEXACT),
    ("1" + "0" * 40, INEXACT),
    ("0.00004", 0),
    ("0.00005", 1),
    ("-0.00005", -1),
    ("1.00015", 10_002),
)


@cache
def _amounts() -> Reconciliation:
    return _spelled("amount", AMOUNTS, Side.ACCOUNTING)


@pytest.mark.parametrize(("number", "read"), _numbered(AMOUNTS))
def test_amounts_in_one_column(number: int, read: int | str) -> None:
    """Text, Decimal, int and float side by side are read exactly, or invalid with the reason."""
    line = line_of(_amounts(), f"C-{number:03d}")
    reason = _reason_by_row(_amounts(), Side.ACCOUNTING).get(number + 1)
    if isinstance(read, int):
        assert (line["recognized"], line["entries"], reason) == (read, 1, None)
    else:
        assert (line["entries"], line["status"]) == (0, "not_recognized")
        assert reason is not None
        assert reason.startswith("amount ")
        assert reason.endswith(read)


def test_finer_amounts_are_told() -> None:
    """Amounts of more than four decimals are rounded half away from zero, and a notice says so."""
    assert any(said.endswith("rounded to 0.0001: 4.") for said in _amounts().notices)


WHOLE_COLUMNS = {
    "int": pd.Series([100, 10**12, 10**15]),
    "int, missing": pd.Series([100, 10**12, None], dtype="Int64"),
    "float": pd.Series([100.0, 1e12, 1e15]),
    "float, NaN": pd.Series([100.0, 1e12, np.nan]),
    "float, infinite": pd.Series([100.0, 1e12, -np.inf]),
    "float, beyond everything": pd.Series([100.0, 1e12, 1e27]),
    "Float64": pd.Series([100.0, 1e12, None], dtype="Float64"),
    "float32": pd.Series([100.0, 2**40, np.inf], dtype="float32"),
    "text": pd.Series(["100.00", "1000000000000.00", "x"], dtype="string"),
    "Decimal": pd.Series([Decimal("100.00"), Decimal(10**12), Decimal("NaN")]),
    "category": pd.Series(["100.00", "1000000000000", None], dtype="category"),
}


# The others come by the same way as these.
QUICK_COLUMNS = ("int, missing", "float, infinite", "float32", "text", "Decimal", "category")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(column, id=name, marks=() if name in QUICK_COLUMNS else pytest.mark.slow)
        for name, column in WHOLE_COLUMNS.items()
    ],
)
def test_columns_of_one_type(column: pd.Series[Any]) -> None:
    """Any numeric column gives its two amounts; only a binary one brings a warning."""
    posted = entries("""
        contract_id
        C1
        C2
        C3
    """)
    posted["amount"] = column
    result = recon.reconcile(pd.DataFrame([contract(**JUNE)]), posted, MONTH)
    large = 2**40 * 10_000 if column.dtype == "float32" else 10**16
    assert [line["recognized"] for line in lines(result)] == [1_000_000, large]
    assert [(row.row, row.id) for row in result.invalid] == [(3, "E3")]
    assert ties(result)
    warned = any("amount" in said and "floating point" in said for said in result.notices)
    assert warned == column.dtype.name.lower().startswith("float")


def test_a_float_contract_value_is_quantized_with_a_warning() -> None:
    """0.1 + 0.2 is 0.3000 and not a break; the warning names the column."""
    result = recon.reconcile(
        pd.DataFrame([contract(contract_value=0.1 + 0.2, duration_months=1, **JUNE)]),
        pd.DataFrame([ENTRY | {"amount": 0.3}]),
        MONTH,
    )
    assert line_of(result)["status"] == "matched"
    warned = [said for said in result.notices if "floating point" in said]
    assert len(warned) == 2
    assert "contract_value" in warned[0]


# --- ids


def test_ids_are_text_trimmed_and_folded() -> None:
    """Trailing blanks and other case are the same contract, leading zeros another one."""
    book = contracts("""
        contract_id booking_date
        0042        2024-06-01
        42          2024-06-01
        c-ABC       2024-06-01
    """)
    posted = entries("""
        contract_id amount
        0042        1.00
        42          2.00
        C-abc       4.00
        C-Abc       8.00
    """)
    posted["contract_id"] = posted["contract_id"] + "  \t"
    posted["revenue_type"] = " subscription\u00a0"
    result = recon.reconcile(book, posted, MONTH)
    assert {line["contract_id"]: line["recognized"] for line in lines(result)} == {
        "0042": 10_000,
        "42": 20_000,
        "c-ABC": 120_000,
    }
    assert result.flags[Flag.SPELLING] == 1
    assert "spelling" in line_of(result, "c-ABC")["flags"]


@pytest.mark.parametrize(
    "ids",
    [pd.Series([42, 7]), pd.Series([42.0, 7.0]), pd.Series([42.0, "7"]), pd.Series(["42", "7"])],
    ids=["int", "float", "mixed", "text"],
)
def test_a_numeric_id_is_its_digits(ids: pd.Series[Any]) -> None:
    """An id column that pandas made a number of is the text 42, not 42.0."""
    book = pd.DataFrame([contract(**JUNE), contract(**JUNE)]).assign(contract_id=ids)
    posted = pd.DataFrame([ENTRY, ENTRY]).assign(contract_id=["42", "7"], entry_id=ids)
    result = recon.reconcile(book, posted, MONTH)
    assert [(line["contract_id"], line["status"]) for line in lines(result)] == [
        ("42", "matched"),
        ("7", "matched"),
    ]


NULLS = (None, float("nan"), pd.NA, pd.NaT, "", "  ")


@pytest.mark.parametrize("column", ["contract_id", "revenue_type"])
def test_null_keys_are_invalid_and_never_meet(column: str) -> None:
    """A missing contract id or type is a reason on either side, not a key that matches."""
    keys: list[dict[str, Any]] = [*({column: null} for null in NULLS), {}]
    rows = [{"contract_id": f"C{n}"} | key for n, key in enumerate(keys)]
    result = recon.reconcile(
        pd.DataFrame([contract(**JUNE) | row for row in rows]),
        pd.DataFrame([ENTRY | row for row in rows]),
        MONTH,
    )
    missing = [f"{column} is missing"] * len(NULLS)
    assert reasons(result, Side.ACCOUNTING) == missing
    assert reasons(result, Side.ANALYTICS) == missing
    assert [line["status"] for line in lines(result)] == ["matched"]
    assert ties(result)


@pytest.mark.parametrize(("first", "second"), [("C1", "C1"), ("C1", "c1 ")])
def test_duplicate_contract_lines_are_all_invalid(first: str, second: str) -> None:
    """None of two rows with one key is the right one; the reason names both spellings."""
    book = [
        contract(contract_id=name, owner=owner, **JUNE)
        for name, owner in ((first, "Dana"), (second, "Lee"), ("C2", "Dana"))
    ]
    posted = [ENTRY, ENTRY | {"contract_id": "C2"}, ENTRY | {"recognition_period": "2024-05"}]
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)
    spelled = ", ".join(sorted({first, second.strip()}))
    reason = (
        f'duplicate key: 2 rows of {spelled}, Subscription (policy.same_key = "add" adds them up)'
    )
    if first != second:
        reason += '; their ids differ only in case: if case counts, set [policy] ids = "exact"'
    assert reasons(result, Side.ANALYTICS) == [reason, reason]
    assert reasons(result, Side.ACCOUNTING) == [f"its contract line is invalid: {reason}"]
    assert [line["contract_id"] for line in lines(result)] == ["C2"]
    assert ties(result)


# --- shape


def test_empty_sides() -> None:
    """No rows are no lines, whichever side is empty, and an empty ledger gets a notice."""
    nothing = pd.DataFrame(columns=list(contract()))
    neither = recon.reconcile(nothing, no_entries(), MONTH)
    assert (len(neither.lines), neither.totals, neither.severity) == (0, {}, None)
    assert "Accounting has no entry for 2024-06." in neither.notices
    only_contracts = recon.reconcile(pd.DataFrame([contract()]), no_entries(), MONTH)
    assert [item.cause for item in only_contracts.breaks] == ["not_posted"]
    only_entries = recon.reconcile(nothing, pd.DataFrame([ENTRY]), MONTH)
    assert [item.cause for item in only_entries.breaks] == ["unknown_contract"]
    assert ties(neither)
    assert ties(only_contracts)
    assert ties(only_entries)


@pytest.mark.parametrize("column", sorted((CONTRACT.keys() | {"close_date"}) - {"duration_months"}))
def test_a_missing_contract_column(column: str) -> None:
    """The message names the column and the side."""
    book = pd.DataFrame([contract()]).drop(columns=column)
    with pytest.raises(MissingColumns, match=f"analytics side has no column {column} "):
        recon.reconcile(book, no_entries(), MONTH)


@pytest.mark.parametrize("column", ENTRY)
def test_a_missing_entry_column(column: str) -> None:
    """The message names the column and the side."""
    with pytest.raises(MissingColumns, match=f"accounting side has no column {column} "):
        recon.reconcile(pd.DataFrame([contract()]), no_entries().drop(columns=column), MONTH)


def test_a_frame_without_any_column() -> None:
    """Every column that is needed is named at once."""
    with pytest.raises(MissingColumns, match="analytics side has no columns contract_id, revenue"):
        recon.reconcile(pd.DataFrame(), no_entries(), MONTH)
    with pytest.raises(MissingColumns, match="accounting side has no columns entry_id, contract"):
        recon.reconcile(pd.DataFrame([contract()]), pd.DataFrame(), MONTH)


def test_columns_that_both_sides_lack() -> None:
    """Both are told at once, so that one look at the configuration mends them."""
    book, ledger = pd.DataFrame([contract()]), pd.DataFrame([ENTRY])
    with pytest.raises(SourceDataError) as told:
        recon.reconcile(book.drop(columns="close_date"), ledger.drop(columns="amount"), MONTH)
    assert "The analytics side has no column close_date (" in str(told.value)
    assert "The accounting side has no column amount (" in str(told.value)


@pytest.mark.parametrize("name", ["amount", " Amount"])
def test_a_column_twice(name: str) -> None:
    """Of two columns with one name none is the right one."""
    posted = pd.DataFrame([ENTRY])
    posted.insert(0, name, "1.00", allow_duplicates=True)
    with pytest.raises(SourceDataError, match="more than one column 'amount'"):
        recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)


def test_column_names_in_any_case_and_an_index_of_any_kind() -> None:
    """Columns are matched trimmed and case-folded; the index says nothing."""
    book = pd.DataFrame([contract(), contract(contract_id="C2")], index=[7, 7])
    posted = pd.DataFrame([ENTRY]).rename(columns=lambda column: f" {column.upper()}")
    result = recon.reconcile(book.rename(columns=str.title), posted, MONTH)
    assert [line["recognized"] for line in lines(result)] == [1_000_000, 0]


def test_the_frames_stay_as_they_were() -> None:
    """The caller's frames are read and not changed."""
    book, posted = pd.DataFrame([contract()]), pd.DataFrame([ENTRY])
    before = book.copy(), posted.copy()
    recon.reconcile(book, posted, MONTH)
    pd.testing.assert_frame_equal(book, before[0])
    pd.testing.assert_frame_equal(posted, before[1])


@pytest.mark.parametrize("month", ["2024-13", "2024-6", "June 2024", "2024-06-01", ""])
def test_a_month_that_is_none(month: str) -> None:
    """The month is written like 2024-06, and nothing else is taken for one."""
    with pytest.raises(MonthError, match="is not a month"):
        recon.reconcile(pd.DataFrame([contract()]), no_entries(), month)


def test_amounts_in_the_notations_of_files() -> None:
    """A frame's texts are read as those of a file, and nothing uncertain is."""
    read = {
        "100.00": 0, "$1,234.56": 113456, "(100.00)": -20000, "100.00-": -20000,
        "1'234.56": 113456, "USD 100.00": 0,
    }  # fmt: skip
    book = [contract(contract_id=f"C{n}") for n, _ in enumerate([*read, "x", "y"])]
    written = [*read, "1,00.00", "€100.00"]
    posted = [ENTRY | {"contract_id": f"C{n}", "amount": text} for n, text in enumerate(written)]
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)
    found = {line["contract_id"]: line["difference"] for line in lines(result)}
    assert [found[f"C{n}"] for n, _ in enumerate(read)] == [units * 100 for units in read.values()]
    assert [row.row for row in result.invalid] == [7, 8]


# --- types and currencies


def test_types_aliases_and_unknown_types() -> None:
    """Types are folded, an alias stands for its type, and what is unknown is not guessed."""
    types = ["SUPPORT ", "saas", "SaaS", "Setup", "Licence"]
    book = [
        contract(contract_id=f"C{n}", revenue_type=kind, **JUNE) for n, kind in enumerate(types)
    ]
    posted = [
        ENTRY | {"contract_id": f"C{n}", "revenue_type": kind.swapcase()}
        for n, kind in enumerate(types)
    ]
    policy = {"aliases": {" Saas": "subscription"}}
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH, policy)
    assert [(line["revenue_type"], line["kind"], line["status"]) for line in lines(result)] == [
        ("Support", "recurring", "matched"),
        ("Subscription", "recurring", "matched"),
        ("Subscription", "recurring", "matched"),
        ("Setup", "one_time", "matched"),
    ]
    assert reasons(result, Side.ANALYTICS) == ["revenue_type 'Licence' is unknown"]
    assert reasons(result, Side.ACCOUNTING) == ["revenue_type 'lICENCE' is unknown"]
    assert ties(result)


def test_a_type_of_ones_own() -> None:
    """A type that the policy adds is as good as the standard ones."""
    result = one(
        {"revenue_type": "Licence"},
        {"revenue_type": "licence"},
        {"types": {"Licence": {"kind": "recurring"}}},
    )
    assert line_of(result)["revenue_type"] == "Licence"


def test_an_entry_of_a_contract_whose_type_is_unknown_is_invalid_too() -> None:
    """A line of unknown type may be any type: what is posted on it is not measured at nothing."""
    book = pd.DataFrame([contract(revenue_type="Licence", **JUNE)])
    result = recon.reconcile(book, pd.DataFrame([ENTRY]), MONTH)
    assert reasons(result, Side.ACCOUNTING) == [
        "its contract line is invalid: revenue_type 'Licence' is unknown"
    ]
    assert ties(result)


def test_currencies_are_never_added() -> None:
    """The configured currency fills in, other case is the same, and totals stand apart."""
    book = contracts("""
        contract_id currency booking_date
        C1          -        2024-06-01
        C2          eur      2024-06-01
        C3          USD      2024-06-01
        C4          EUR      2024-06-01
    """)
    posted = entries("""
        contract_id currency amount
        C1          usd      100.00
        C2          EUR      100.00
        C3          -        100.00
        C4          -        100.00
    """)
    result = recon.reconcile(book, posted, MONTH, {"currency": "eur"})
    assert {currency: totals.expected for currency, totals in result.totals.items()} == {
        "EUR": 3_000_000,
        "USD": 1_000_000,
    }
    assert [(line["contract_id"], line["currency"], line["status"]) for line in lines(result)] == [
        ("C1", "EUR", "not_recognized"),
        ("C1", "USD", "not_expected"),
        ("C2", "EUR", "matched"),
        ("C3", "EUR", "not_expected"),
        ("C3", "USD", "not_recognized"),
        ("C4", "EUR", "matched"),
    ]
    assert ties(result)


def test_a_bad_currency_is_invalid() -> None:
    """What is no code of three letters is invalid, and the sums still tie."""
    bad = ["US", "US1", "EURO", "€"]
    result = _side_by_side(
        ({"currency": code}, {"currency": code, "contract_id": f"X-{code}"}) for code in bad
    )
    why = [f"currency '{code}' is not a currency code" for code in bad]
    assert reasons(result, Side.ANALYTICS) == why
    assert reasons(result, Side.ACCOUNTING) == why
    assert ties(result)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_missing_options_are_no_text(missing: object) -> None:
    """A missing currency, customer or termination is none, and not one called NaN."""
    rows: list[dict[str, Any]] = [
        {"currency": "EUR", "segment": "SMB", "customer": "Acme", "terminated_on": "2024-12-31"},
        dict.fromkeys(("currency", "segment", "customer", "terminated_on", "start_date"), missing),
    ]
    book = [contract(contract_id=f"C{n}", **JUNE) | row for n, row in enumerate(rows)]
    posted = [ENTRY | {"contract_id": f"C{n}", **row} for n, row in enumerate(rows)]
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)
    assert [
        (line["currency"], line["segment"], line["customer"], line["status"])
        for line in lines(result)
    ] == [("EUR", "SMB", "Acme", "matched"), ("USD", "", "", "matched")]


def test_two_lines_have_two_names() -> None:
    """What the comparison tells apart no journal takes for one."""
    ids = ("q", "q.", "ΟΔΟΣ", "οδος", "İx", "i̇x")
    book = pd.DataFrame([contract(contract_id=each) for each in ids])
    found = recon.reconcile(book, pd.DataFrame([ENTRY]), MONTH).breaks
    assert len({item.name for item in found}) == len(ids) + 1
    again = recon.reconcile(book.iloc[::-1], pd.DataFrame([ENTRY]), MONTH).breaks
    assert {item.name for item in again} == {item.name for item in found}


def test_a_line_has_one_name_however_it_is_spelled() -> None:
    """Lines that are one for the comparison are one for the journal."""
    one_way, other_way = (
        {
            item.name
            for item in recon.reconcile(
                pd.DataFrame([contract(contract_id=each) for each in spelled]),
                pd.DataFrame([ENTRY]).iloc[:0],
                MONTH,
            ).breaks
        }
        for spelled in (("C-1x", "İX"), ("c-1X ", "ix"))
    )
    assert one_way == other_way
    assert len(one_way) == 2


# --- dates and periods

NOT_A_MONTH = "not a month"
PERIODS: tuple[tuple[Any, str | None], ...] = (
    ("2024-06", None),
    ("202406", None),
    (202406, None),
    (np.int64(202406), None),
    (202406.0, None),
    ("20240630", None),
    (20240601, None),
    ("2024-06-30", None),
    (" 2024-06 ", None),
    ("2024-06-30 23:59:59", None),
    ("2024-06-30T23:59:59Z", None),
    (date(2024, 6, 30), None),
    (datetime(2024, 6, 30, 23, 59, 59), None),
    (pd.Timestamp("2024-06-30 23:59:59.999"), None),
    (pd.Timestamp("2024-06-30 23:30", tz="America/New_York"), None),
    (pd.Timestamp("2024-06-01 00:30", tz="Asia/Tokyo"), None),
    (pd.Period("2024-06", freq="M"), None),
    (np.datetime64("2024-06-30"), None),
    ("2024-13", NOT_A_MONTH),
    ("202413", NOT_A_MONTH),
    (202400, NOT_A_MONTH),
    ("2024-02-30", NOT_A_MONTH),
    (20240230, NOT_A_MONTH),
    ("2024-06-31", NOT_A_MONTH),
    ("2024-6", NOT_A_MONTH),
    ("06/2024", None),
    ("2024/06/01", None),
    ("June 2024", None),
    ("30-Jun-24", None),
    ("30.06.2024", None),
    ("2024/13/01", NOT_A_MONTH),
    ("Juni 2024", NOT_A_MONTH),
    (45444, NOT_A_MONTH),
    ("2024Q2", NOT_A_MONTH),
    ("0202-06", NOT_A_MONTH),
    ("020206", NOT_A_MONTH),
    ("0224-06-15", NOT_A_MONTH),
    ("1899-12", NOT_A_MONTH),
    (18991231, NOT_A_MONTH),
    (date(224, 6, 1), NOT_A_MONTH),
    ("", "missing"),
    (None, "missing"),
    (pd.NaT, "missing"),
    (float("nan"), "missing"),
)


@cache
def _periods() -> Reconciliation:
    return _spelled("recognition_period", PERIODS, Side.ACCOUNTING)


@pytest.mark.parametrize(("number", "reason"), _numbered(PERIODS))
def test_periods_in_one_column(number: int, reason: str | None) -> None:
    """Every form of a period is June 2024, local where it has a zone; no other is guessed."""
    found = _reason_by_row(_periods(), Side.ACCOUNTING).get(number + 1)
    if reason is None:
        assert found is None
        assert line_of(_periods(), f"C-{number:03d}")["status"] == "matched"
    else:
        assert found is not None
        assert found.endswith(reason)


PERIOD_COLUMNS = {
    "datetime64": pd.Series(pd.to_datetime(["2024-06-30 23:59", "NaT"])),
    "tz-aware": pd.Series(pd.to_datetime(["2024-06-30 23:30", "NaT"])).dt.tz_localize(
        "America/New_York"
    ),
    "period": pd.Series([pd.Period("2024-06", freq="M"), pd.NaT], dtype="period[M]"),
    "Int64": pd.Series([202406, None], dtype="Int64"),
    "float": pd.Series([202406, None], dtype="float64"),
    "date": pd.Series([date(2024, 6, 1), None], dtype=object),
    "string": pd.Series(["2024-06", None], dtype="string"),
}


@pytest.mark.parametrize("column", PERIOD_COLUMNS.values(), ids=PERIOD_COLUMNS)
def test_period_columns_of_one_type(column: pd.Series[Any]) -> None:
    """A whole column of any type gives its month, and a missing one its reason."""
    posted = pd.DataFrame([ENTRY, ENTRY]).assign(recognition_period=column)
    result = recon.reconcile(pd.DataFrame([contract(**JUNE)]), posted, MONTH)
    assert line_of(result)["status"] == "matched"
    assert reasons(result, Side.ACCOUNTING) == ["recognition_period is missing"]
    assert ties(result)


DATES: tuple[tuple[Any, bool], ...] = (
    ("2024-06-01", True),
    ("20240601", True),
    (20240601, True),
    (date(2024, 6, 1), True),
    (datetime(2024, 6, 1, 12), True),
    (pd.Timestamp("2024-06-01", tz="Asia/Tokyo"), True),
    ("2024-06-01 00:00:00.000", True),
    ("2024-06-31", False),
    ("2023-02-29", False),
    ("2024-06", False),
    ("01.06.2024", True),
    ("June 1, 2024", True),
    ("31.06.2024", False),
    ("0001-01-01", False),
    ("soon", False),
)


@cache
def _dates(column: str) -> Reconciliation:
    return _spelled(column, DATES, Side.ANALYTICS)


@pytest.mark.parametrize("column", ["booking_date", "start_date", "close_date", "terminated_on"])
@pytest.mark.parametrize(("number", "good"), _numbered(DATES))
def test_dates(column: str, number: int, good: bool) -> None:
    """A date is read in each of its forms; one that no calendar has is invalid, not moved."""
    result = _dates(column)
    found = _reason_by_row(result, Side.ANALYTICS).get(number + 1)
    if good:
        assert found is None
        # One that ends in June is a line of June all the same: the close month is active.
        assert line_of(result, f"C-{number:03d}")["status"] == "matched"
    else:
        assert found is not None
        assert found.startswith(f"{column} '")
        assert found.endswith("is not a date")


MONTHS_WANTED = "is not a whole number of months from 1 to 12,000"
INVALID_LINES: tuple[tuple[str, object, str], ...] = (
    ("booking_date", None, "booking_date is missing"),
    ("close_date", None, "close_date is missing"),
    ("contract_value", None, "contract_value is missing"),
    ("duration_months", None, "duration_months is missing"),
    ("duration_months", "0", f"duration_months '0' {MONTHS_WANTED}"),
    ("duration_months", "-3", f"duration_months '-3' {MONTHS_WANTED}"),
    ("duration_months", "12.5", f"duration_months '12.5' {MONTHS_WANTED}"),
    ("duration_months", "one", f"duration_months 'one' {MONTHS_WANTED}"),
    ("duration_months", "99999", f"duration_months '99999' {MONTHS_WANTED}"),
)


def test_invalid_contract_lines() -> None:
    """Each line is listed with its reason, and its entries of the month with it."""
    result = _side_by_side((contract() | {column: bad}, {}) for column, bad, _ in INVALID_LINES)
    why = [reason for *_, reason in INVALID_LINES]
    assert reasons(result, Side.ANALYTICS) == why
    assert reasons(result, Side.ACCOUNTING) == [f"its contract line is invalid: {w}" for w in why]
    assert (len(result.lines), result.totals) == (0, {})
    assert ties(result)


def test_an_invalid_row_says_how_much_and_whose() -> None:
    """The amount where it can be read, and the customer and owner of the contract."""
    book = pd.DataFrame(
        [
            contract(contract_id="C1", duration_months="0") | {"customer": "Acme", "owner": "Dana"},
            contract(contract_id="C2", contract_value="x") | {"customer": "Globex", "owner": ""},
        ]
    )
    posted = pd.DataFrame(
        [ENTRY | {"contract_id": "C1"}, ENTRY | {"contract_id": "C9", "amount": "x"}]
    )
    found = recon.reconcile(book, posted, MONTH).invalid
    assert [(row.side, row.amount, row.currency, row.customer, row.owner) for row in found] == [
        (Side.ANALYTICS, 12_000_000, "USD", "Acme", "Dana"),
        (Side.ANALYTICS, None, "USD", "Globex", ""),
        (Side.ACCOUNTING, 1_000_000, "USD", "Acme", "Dana"),
        (Side.ACCOUNTING, None, "USD", "", ""),
    ]


def test_every_reason_of_a_row_at_once() -> None:
    """A row that is wrong in several columns says all of them."""
    result = one(
        contract() | {"contract_value": "x", "duration_months": "y", "booking_date": "z"},
        {"amount": "x", "recognition_period": "y", "currency": "zz"},
    )
    (contract_reason,) = reasons(result, Side.ANALYTICS)
    (entry_reason,) = reasons(result, Side.ACCOUNTING)
    assert contract_reason.count("; ") == 2
    assert entry_reason.count("; ") == 2


def test_whole_durations() -> None:
    """Twelve months are twelve months in any type."""
    durations = ("12", "12.0", 12, 12.0, Decimal("12"), " 12 ")
    found = _side_by_side((contract() | {"duration_months": months}, {}) for months in durations)
    assert [line["status"] for line in lines(found)] == ["matched"] * len(durations)


def test_invalid_entries_of_other_months_get_a_notice() -> None:
    """They are missing from the sums to date, so the reader hears of them; June is whole."""
    posted = entries("""
        contract_id amount recognition_period
        C1          100.00 2024-06
        C1          x      2024-05
        C1          x      2023-01
        C1          x      2025-01
    """)
    result = recon.reconcile(pd.DataFrame([contract(**JUNE)]), posted, MONTH)
    assert result.invalid == ()
    assert any(said.startswith("Invalid entries of other months: 2.") for said in result.notices)
    assert result.sources[Side.ACCOUNTING].rows == 1


# --- terms and the points in time


def test_a_crm_close_date_stops_the_run() -> None:
    """More than half of the lines close on or before their start: that is no end of recognition."""
    won = [contract(contract_id=f"W{n}", close_date="2024-01-01") for n in range(2)]
    right = [contract(contract_id=f"R{n}") for n in range(2)]
    recon.reconcile(pd.DataFrame(won + right), no_entries(), MONTH)
    with pytest.raises(LooksLikeCrmCloseDate, match=r"2 of 3 contract lines .* CRM close date"):
        recon.reconcile(pd.DataFrame(won + right[:1]), no_entries(), MONTH)


@pytest.mark.parametrize(
    ("subscriptions", "setups", "stops"),
    [("1", "0000000000", False), ("10", "111", False), ("11", "1", True), ("110", "00", False)],
)
def test_what_is_due_at_once_neither_stops_a_run_nor_hides_what_does(
    subscriptions: str, setups: str, stops: bool
) -> None:
    """A setup of a day closes on its start (1), and so does a line with a CRM close date."""
    book = [
        contract(contract_id=f"{kind}{n}", revenue_type=kind)
        | ({"close_date": "2024-01-01"} if early == "1" else {})
        for kind, lines in (("Subscription", subscriptions), ("Setup", setups))
        for n, early in enumerate(lines)
    ]
    policy = {"types": {"Setup": {"recognition": "start_month"}}}
    with pytest.raises(LooksLikeCrmCloseDate) if stops else nullcontext():
        recon.reconcile(pd.DataFrame(book), no_entries(), MONTH, policy)


def test_names_of_the_policy_are_folded_as_the_columns_are() -> None:
    """A type, an alias and a segment in capitals that have two small forms."""
    policy = {
        "types": {"ΥΠΗΡΕΣΙΕΣ": {"kind": "recurring"}},
        "aliases": {"ΧΡΗΣΗΣ": "ΥΠΗΡΕΣΙΕΣ"},
        "segments": {"ΜΙΚΡΕΣ": {"tolerance": "50%"}},
    }
    line = contract(revenue_type="ΥΠΗΡΕΣΙΕΣ") | {"segment": "ΜΙΚΡΕΣ"}
    posted = ENTRY | {"revenue_type": "ΧΡΗΣΗΣ", "amount": "140.00"}
    result = recon.reconcile(pd.DataFrame([line]), pd.DataFrame([posted]), MONTH, policy)
    assert (result.invalid, result.breaks) == ((), ())
    assert result.totals["USD"].within_tolerance == 1


def test_beyond_the_contract_value_is_on_its_side_of_zero() -> None:
    """What was taken back too often is not recognized beyond the value."""
    cases = [("12", "-18", False), ("12", "13", True), ("-12", "18", False), ("-12", "-13", True),
             ("12", "12", False), ("0", "1", True)]  # fmt: skip
    names = [f"C-{n}" for n in range(len(cases))]
    result = recon.reconcile(
        pd.DataFrame([contract(contract_value=value) for value, *_ in cases]).assign(
            contract_id=names
        ),
        pd.DataFrame([ENTRY | {"amount": amount} for _, amount, _ in cases]).assign(
            contract_id=names, entry_id=names
        ),
        MONTH,
    )
    beyond = [Flag.OVER_CONTRACT_VALUE in break_of(result, name).flags for name in names]
    assert beyond == [wanted for *_, wanted in cases]


def test_points_in_time_need_no_duration() -> None:
    """A one-time type at a point in time recognizes all of it there, whatever its duration."""
    months = {"booking_month": "2024-02", "start_month": "2024-04", "close_month": "2024-06"}
    dates = {"booking_date": "2024-02-10", "start_date": "2024-04-20", "close_date": "2024-06-30"}
    book = [
        contract(contract_id=point, revenue_type=f"At {point}", duration_months=None, **dates)
        for point in months
    ]
    types = {f"At {point}": {"kind": "one_time", "recognition": point} for point in months}
    for month in ("2024-02", "2024-04", "2024-06", "2024-07"):
        result = recon.reconcile(pd.DataFrame(book), no_entries(), month, {"types": types})
        for point, at in months.items():
            assert line_of(result, point)["expected"] == (12_000_000 if at == month else 0)


def test_terminated_on_cuts_the_term_and_never_extends_it() -> None:
    """The earlier of close and termination ends recognition; its month is still active."""
    book = contracts("""
        contract_id close_date terminated_on booking_date
        EARLY       2024-12-31 2024-05-02    2024-01-01
        IN-JUNE     2024-12-31 2024-06-01    2024-01-01
        CLOSED      2024-05-31 2024-11-30    2024-01-01
        LATE        2024-12-31 2025-12-31    2024-01-01
        OVER        2024-12-31 2025-12-31    2023-06-01
    """)
    book.loc[book["contract_id"] == "OVER", "close_date"] = "2024-12-31"
    result = recon.reconcile(book, no_entries(), MONTH)
    found = {
        line["contract_id"]: (line["expected"] // 10_000, line["flags"]) for line in lines(result)
    }
    assert {name: expected for name, (expected, _) in found.items()} == {
        "EARLY": 0,
        "IN-JUNE": 100,
        "CLOSED": 0,
        "LATE": 100,
        "OVER": 0,
    }
    assert "term_mismatch" in found["CLOSED"][1]
    assert "term_mismatch" in found["OVER"][1]
    assert "term_mismatch" not in found["EARLY"][1]
    assert "closed_early" in found["EARLY"][1]
    assert "closed_early" not in found["LATE"][1]


def test_the_two_normal_close_dates() -> None:
    """A line closes on the last day of its term or on the day after; else it is flagged."""
    flagged = {"2024-12-30": True, "2024-12-31": False, "2025-01-01": False, "2025-01-02": True}
    found = lines(_side_by_side(({"close_date": close}, {}) for close in flagged))
    assert ["term_mismatch" in line["flags"] for line in found] == list(flagged.values())


# --- tolerances


def _allowed(policy: dict[str, object], **line: str) -> int:
    found = line_of(one(contract(contract_value="120000.00", **line), None, policy))["allowed"]
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize(
    ("policy", "line", "allowed"),
    [
        ({}, {}, "100.00"),
        ({"tolerance": "0%"}, {}, "0.06"),
        pytest.param({"tolerance": "0%", "floor": "5.00"}, {}, "5.00", marks=pytest.mark.slow),
        ({"tolerance": "0%", "cap": "0.02"}, {}, "0.02"),
        pytest.param({"cap": "20"}, {}, "20.00", marks=pytest.mark.slow),
        ({"segments": {"SMB": {"tolerance": "5%"}}}, {"segment": " smb"}, "500.00"),
        pytest.param(
            {"segments": {"SMB": {"tolerance": "5%"}}},
            {"segment": "Mid"},
            "100.00",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"segments": {"SMB": {"cap": "7"}}}, {"segment": "SMB"}, "7.00", marks=pytest.mark.slow
        ),
        pytest.param(
            {"types": {"Subscription": {"tolerance": "2%"}}}, {}, "200.00", marks=pytest.mark.slow
        ),
        (
            {
                "segments": {"SMB": {"tolerance": "5%", "cap": "150"}},
                "types": {"subscription": {"tolerance": "2%"}},
            },
            {"segment": "SMB"},
            "150.00",
        ),
        (
            {
                "segments": {"SMB": {"tolerance": "5%"}},
                "types": {"subscription": {"tolerance": "2%"}},
            },
            {"segment": "SMB"},
            "200.00",
        ),
    ],
)
def test_tolerance_by_segment_and_type(
    policy: dict[str, object], line: dict[str, str], allowed: str
) -> None:
    """The type's rule wins over the segment's, that over the general one, field by field."""
    assert _allowed(policy, **line) == Decimal(allowed) * 10_000


def test_rounding_alone_is_always_allowed() -> None:
    """Half a minor unit a month of the term, rounded up, and at least one minor unit."""
    cases = [
        ("USD", "1", 100),
        ("USD", "12", 600),
        ("USD", "13", 700),
        ("JPY", "3", 20_000),
        ("KWD", "3", 20),
    ]
    result = _side_by_side(
        (
            (
                {"currency": currency, "duration_months": months, "contract_value": "0", **JUNE},
                {"currency": currency},
            )
            for currency, months, _ in cases
        ),
        {"tolerance": "0%"},
    )
    found = [line_of(result, f"C-{n:03d}")["allowed"] for n in range(len(cases))]
    assert found == [allowed for *_, allowed in cases]


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [
        ({}, {"101.00": "within_tolerance", "101.0001": "over_recognized",
              "99.00": "within_tolerance", "98.9999": "under_recognized",
              "100.0001": "within_tolerance"}),
        ({"cap": "0.99"}, {"101.00": "over_recognized", "100.99": "within_tolerance"}),
        ({"floor": "5"}, {"105.00": "within_tolerance", "105.0001": "over_recognized"}),
        ({"floor": "5", "cap": "4"}, {"105.00": "over_recognized"}),
        ({"tolerance": "0%", "cap": "0"}, {"100.0000": "matched", "100.0001": "over_recognized"}),
    ],
)  # fmt: skip
def test_the_edges_of_tolerance(policy: dict[str, object], statuses: dict[str, str]) -> None:
    """The test is inclusive and on unrounded amounts; a cap has the last word."""
    found = lines(_side_by_side((({}, {"amount": amount}) for amount in statuses), policy))
    assert [line["status"] for line in found] == list(statuses.values())


def test_two_spellings_of_a_segment_do_not_double_its_lines() -> None:
    """A rule is looked up once, however often its segment is written."""
    policy = recon.Policy.of({"segments": {"SMB": {"tolerance": "5%"}}})
    twice = recon.Policy(segments={**policy.segments, " smb": policy.segments["SMB"]})
    result = recon.reconcile(
        pd.DataFrame([contract(segment="SMB", **JUNE)]), pd.DataFrame([ENTRY]), MONTH, twice
    )
    assert [line["status"] for line in lines(result)] == ["matched"]
    assert ties(result)


def test_moments_beyond_all_days_are_no_dates() -> None:
    """A database may hold them; nobody has to read what DuckDB thinks of them."""
    with open_session() as session:
        for name, rows in (("contracts", contract(contract_id="C1")), ("entries", ENTRY)):
            columns = ", ".join(
                f"make_timestamp(9000000000000000000) AS {column}"
                if column in ("booking_date", "recognition_period") else f"'{value}' AS {column}"
                for column, value in rows.items()
            )  # fmt: skip
            session.execute(f"CREATE VIEW {name} AS SELECT {columns}")
        month = Month.parse(MONTH)
        found = reconcile_relations(session, "contracts", "entries", month, Policy())
        assert [row.reason.partition(" ")[0] for row in found.invalid] == [
            "booking_date", "recognition_period"
        ]  # fmt: skip
