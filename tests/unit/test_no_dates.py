"""Dates that mean none, and ends before the start, through the front door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

import pandas as pd
import pytest

import recon
from recon.base.result import Reconciliation, Side
from tests.tables import ENTRY, MONTH, contract, line_of, lines, reasons

NO_DATES = ("1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31")
WRITTEN = [
    *NO_DATES,
    *(day.replace("-", "") for day in NO_DATES),
    "1900-01-01 00:00:00",
    "9999-12-31T23:59:59.997",
    "1753-01-01T00:00:00Z",
    date(1900, 1, 1),
    datetime(9999, 12, 31, 23, 59, 59),
]


def _book(
    column: str, values: Sequence[object], more: Mapping[str, object] = MappingProxyType({})
) -> Reconciliation:
    """Return the month in which each contract has one of the values; C-000 has none of them."""
    rows: list[dict[str, object]] = [{}, *({column: value} for value in values)]
    names = [f"C-{n:03d}" for n in range(len(rows))]
    book = [contract(contract_id=key, **more) | row for key, row in zip(names, rows, strict=True)]
    posted = [ENTRY | {"contract_id": key, "entry_id": f"E-{key}"} for key in names]
    return recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)


@pytest.mark.parametrize("column", ["terminated_on", "start_date"])
def test_a_date_that_means_none_is_blank(column: str) -> None:
    """Where a column may be blank; the line starts with its booking and ends with its term."""
    result = _book(column, WRITTEN)
    assert [line["status"] for line in lines(result)] == ["matched"] * (len(WRITTEN) + 1)
    assert not result.invalid


@pytest.mark.parametrize(
    "column",
    [
        pd.to_datetime(pd.Series(["1900-01-01", "2024-05-31"])).astype("datetime64[us]"),
        pd.Series([date(1753, 1, 1), date(2024, 5, 31)], dtype="object"),
        pd.Series([99991231, 20240531]),
    ],
    ids=["datetime", "date", "integer"],
)
def test_a_column_of_any_type_may_hold_one(column: pd.Series[object]) -> None:
    """Beside a real date of the same type."""
    book = pd.DataFrame([contract(), contract(contract_id="C2")]).assign(terminated_on=column)
    posted = [ENTRY, ENTRY | {"contract_id": "C2", "amount": "0.00"}]
    result = recon.reconcile(book, pd.DataFrame(posted), MONTH)
    assert [line_of(result, name)["expected"] for name in ("C1", "C2")] == [1_000_000, 0]


def test_other_strange_dates_stay_invalid() -> None:
    """Nothing is guessed."""
    near = ("1752-12-31", "1753-01-02", "0000-00-00", "1900-01-32")
    found = reasons(_book("terminated_on", near), Side.ANALYTICS)
    assert found == [f"terminated_on '{day}' is not a date" for day in near]


def test_where_a_column_must_not_be_blank_such_a_date_is_none() -> None:
    """A line from 1900 on would expect nothing, and match without an entry."""
    written = ("1900-01-01", date(1900, 1, 1), "01/01/1900", "1899-12-30")
    for column in ("booking_date", "close_date"):
        found = reasons(_book(column, written), Side.ANALYTICS)
        assert found == [f"{column} '{day}' is not a date" for day in written]


def test_a_booking_that_means_none_is_no_matter_beside_a_start() -> None:
    """The line starts with its start."""
    book = [contract(start_date="2024-01-01") | {"booking_date": "1900-01-01"}]
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame([ENTRY]), MONTH)
    assert [line["status"] for line in lines(result)] == ["matched"]


@pytest.mark.parametrize("written", [("30/12/1899", "31.12.1899", "1 Jan 1753"), ("12/31/9999",)])
def test_a_date_that_means_none_may_be_in_any_notation(written: tuple[str, ...]) -> None:
    """As a termination it is blank, as the close of a monthly value there is no end."""
    monthly = {"value_basis": "month", "contract_value": "100.00"}
    for column, more in (("terminated_on", {}), ("close_date", monthly)):
        result = _book(column, written, more)
        assert {line["status"] for line in lines(result)} == {"matched"}, result.invalid
        assert len(lines(result)) == len(written) + 1


def test_the_last_of_all_days_closes_with_the_term() -> None:
    """Beside a duration it is the term's end, and no mismatch; a real later date is one."""
    book = pd.DataFrame(
        [contract(close_date="9999-12-31"), contract(contract_id="C2", close_date="2025-06-30")]
    )
    posted = [ENTRY | {"contract_id": name} for name in ("C1", "C2")]
    result = recon.reconcile(book, pd.DataFrame(posted), MONTH)
    flags = {name: line_of(result, name)["flags"] for name in ("C1", "C2")}
    assert "term_mismatch" not in flags["C1"]
    assert "term_mismatch" in flags["C2"]
    ended = recon.reconcile(book, pd.DataFrame(posted), "2025-01")
    assert line_of(ended, "C1")["expected"] == 0


def test_a_termination_before_the_start_is_invalid() -> None:
    """With that reason; on the day of the start it is one day."""
    stops = [(None, "1970-01-01"), ("2024-03-15", "2024-03-14"), ("2024-03-15", "2024-03-15")]
    book = [contract(contract_id="WHOLE")]
    for n, (start, terminated) in enumerate(stops):
        line = contract(contract_id=f"C-{n}", start_date=start or "2024-01-01")
        book.append(line | {"start_date": start, "terminated_on": terminated})
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame([ENTRY]), MONTH)
    assert reasons(result, Side.ANALYTICS) == [
        f"terminated_on '{terminated}' is before its start" for _, terminated in stops[:2]
    ]
