"""Every type of SQL Server's columns arrives as it is, through Microsoft's driver."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from recon.base.result import Side
from recon.config import load
from recon.reconciliation.entry_intake import compliance_name
from recon.run.gathering import reconciled
from tests.books import contract
from tests.integration.sqlserver.books import JUNE, books, june, month, refusal
from tests.integration.sqlserver.conftest import Endpoint

Configured = Callable[..., Path]
GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
FLOATING = "amount is a binary floating point column"


AMOUNTS = (
    ("decimal(19,4)", "1000.0001", 10_000_001),
    ("decimal(19,4)", "-0.0001", -1),
    ("decimal(19,4)", "123456789012345.6789", 1_234_567_890_123_456_789),
    ("decimal(9,2)", "-1234567.89", -12_345_678_900),
    ("decimal(28,6)", "0.000100", 1),
    ("decimal(38,10)", "0.0000000000", 0),
    ("decimal(38,20)", "123456789.12", 1_234_567_891_200),
    ("decimal(5,0)", "1000", 10_000_000),
    ("numeric(19,4)", "1000.01", 10_000_100),
    ("money", "-900000000000000.0001", -9_000_000_000_000_000_001),
    ("money", "0.0049", 49),
    ("smallmoney", "-214748.3648", -2_147_483_648),
    ("tinyint", "255", 2_550_000),
    ("smallint", "-32768", -327_680_000),
    ("int", "-2147483648", -21_474_836_480_000),
    ("bigint", "900000000000000", 9_000_000_000_000_000_000),
    ("float", "1000.1", 10_001_000),
    ("real", "0.5", 5_000),
)
PERIODS = (
    ("date", "2024-06-30"),
    ("datetime", "2024-06-30 23:59:59.997"),
    ("smalldatetime", "2024-06-30 23:59:00"),
    ("datetime2", "2024-06-30 23:59:59.999999"),
    ("datetime2(0)", "2024-06-01 00:00:00"),
    ("datetime2(3)", "2024-06-30 23:59:59.999"),
    ("int", "202406"),
    ("int", "20240630"),
    ("bigint", "202406"),
    ("decimal(6,0)", "202406"),
    ("nvarchar(7)", "2024-06"),
    ("nvarchar(max)", "2024-06"),
    ("varchar(10)", "2024-06-30"),
    ("nchar(10)", "2024-06"),
)
# The types of a duration and of a day.
TERMS = (
    ("tinyint", "date"),
    ("smallint", "datetime"),
    ("int", "datetime2"),
    ("bigint", "nchar(10)"),
    ("decimal(5,0)", "datetimeoffset"),
    ("float", "nvarchar(10)"),
    ("varchar(5)", "varchar(10)"),
)


@pytest.mark.parametrize(
    ("amount", "period", "term"),
    list(zip(AMOUNTS, cycle(PERIODS), cycle(TERMS), strict=False)),
    ids=lambda value: str(value[0]),
)
def test_amounts_periods_and_terms_are_exact(
    endpoint: Endpoint,
    configured: Configured,
    amount: tuple[str, str, int],
    period: tuple[str, str],
    term: tuple[str, str],
) -> None:
    """A month has a type of each: no ten-thousandth is lost, and a float is told.

    The last moment of June is June, whatever the zone: such a type knows none. Months and days of
    any type give the same expectation; an open end is none.
    """
    kind, value, units = amount
    duration, day = term
    rows = [june("E-1", "C-1", value, recognition_period=period[1])]
    endpoint.play(*books(
        [contract("C-1")], rows, older=(), before=(), amount=kind, recognition_period=period[0],
        contract_value="money", duration_months=duration, booking_date=day, start_date=day,
        close_date=day, terminated_on=day,
    ))  # fmt: skip
    result = month(configured(zone="Asia/Tokyo"))
    assert result.sources[Side.ACCOUNTING].control_total == {"USD": units}
    assert (result.totals["USD"].expected, result.totals["USD"].recognized) == (10_000_000, units)
    told = any(FLOATING in notice for notice in result.notices)
    assert told is (kind in {"float", "real"})
    assert not result.invalid


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("decimal(28,4)", "999999999999999999999999.9999"),
        ("money", "-922337203685477.5808"),
        ("bigint", "-9223372036854775808"),
    ],
)
def test_an_amount_beyond_what_fits_is_invalid(
    endpoint: Endpoint, configured: Configured, kind: str, value: str
) -> None:
    """It is listed as it stands in the database, and is in no sum."""
    rows = [june("E-1", "C-1", value)]
    endpoint.play(*books(entries=rows, older=(), before=(), amount=kind))
    invalid = month(configured()).invalid
    assert [row.reason for row in invalid] == [
        f"amount '{value}' is not an amount, or is too large"
    ]


@pytest.mark.parametrize(
    ("amount", "period"),
    [("decimal(19,4)", "date"), ("money", "datetime"), ("bigint", "datetimeoffset"),
     ("float", "int"), ("decimal(19,4)", "nvarchar(max)")],
)  # fmt: skip
def test_nothing_is_neither_zero_nor_a_month(
    endpoint: Endpoint, configured: Configured, amount: str, period: str
) -> None:
    """NULL of any type is missing, and does not disturb the sum of the others."""
    day = "202406" if period == "int" else "2024-06-01"
    rows = [june("E-1", "C-1", None, recognition_period=day),
            june("E-2", "C-1", "1000", recognition_period=day),
            june("E-3", "C-1", "1000", recognition_period=None)]  # fmt: skip
    endpoint.play(*books(
        entries=rows, older=(), before=(), amount=amount, recognition_period=period
    ))  # fmt: skip
    result = month(configured())
    assert [(row.id, row.reason) for row in result.invalid] == [
        ("E-1", "amount is missing"), ("E-3", "recognition_period is missing"),
    ]  # fmt: skip
    assert result.totals["USD"].recognized == 10_000_000


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        ("", {"2024-06-30 23:30:00-05:00": True, "2024-05-31 23:30:00-05:00": False}),
        ("Europe/Berlin", {
            "2024-06-30 23:30:00-05:00": False, "2024-05-31 23:30:00-05:00": True,
            "2024-07-01 00:15:00+05:30": True, "2024-06-30 22:00:00+00:00": False,
            "2024-06-30 21:59:59.999999+00:00": True,
        }),
        ("Europe/London", {"2024-06-30 23:30:00-00:30": False}),
    ],
)  # fmt: skip
def test_a_moment_with_an_offset_is_taken_in_the_zone(
    endpoint: Endpoint, configured: Configured, zone: str, moments: dict[str, bool]
) -> None:
    """The configured zone decides in which month it was; without one, it counts as written."""
    # Every sum of these amounts tells which of them are in it.
    rows = [june(f"E-{n}", "C-1", f"{2**n}.00", recognition_period=moment)
            for n, moment in enumerate(moments)]  # fmt: skip
    endpoint.play(*books(entries=rows, older=(), before=(), recognition_period="datetimeoffset"))
    recognized = sum(10_000 * 2**n for n, is_june in enumerate(moments.values()) if is_june)
    assert month(configured(zone=zone)).totals["USD"].recognized == recognized


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("nvarchar(40)", "C-00042", "C-00042"),
        ("nvarchar(max)", "Ü-日本-😀", "Ü-日本-😀"),
        ("varchar(40)", "Zoë €", "Zoë €"),
        ("nchar(10)", "C-1", "C-1"),
        ("char(10)", "C-1", "C-1"),
        ("int", "42", "42"),
        ("bigint", "9007199254740993", "9007199254740993"),
        ("tinyint", "7", "7"),
        ("decimal(18,0)", "900719925474099312", "900719925474099312"),
        ("float", "42", "42"),
        ("uniqueidentifier", GUID, GUID),
    ],
)
def test_an_id_of_any_type_matches_itself(
    endpoint: Endpoint, configured: Configured, kind: str, value: str, shown: str
) -> None:
    """Contract and entry meet by it, and it is shown as it stands in the database."""
    endpoint.play(*books([contract(value)], [june("E-1", value, "900.00")], older=(), before=(),
                         contract_id=kind))  # fmt: skip
    result = month(configured())
    totals = result.totals["USD"]
    assert (totals.contract_lines, totals.recognized) == (1, 9_000_000)
    assert [item.contract_id for item in result.breaks] == [shown]


TEXTS = {
    "bit": ("1", "True"),
    "uniqueidentifier": (GUID, GUID),
    "tinyint": ("255", "255"),
    "smallint": ("-1", "-1"),
    "int": ("-42", "-42"),
    "bigint": ("9007199254740993", "9007199254740993"),
    "real": ("1.5", "1.5"),
    "float": ("42", "42"),
    "decimal(9,2)": ("42.50", "42.50"),
    "numeric(9,0)": ("42", "42"),
    "money": ("-1.5", "-1.5000"),
    "smallmoney": ("1.5", "1.5000"),
    "date": ("2024-02-29", "2024-02-29"),
    "datetime": ("2024-06-30 23:59:59", "2024-06-30 23:59:59"),
    "smalldatetime": ("2024-06-30 23:59", "2024-06-30 23:59:00"),
    "datetime2": ("2024-06-30 23:59:59", "2024-06-30 23:59:59"),
    "datetimeoffset": ("2024-06-30 23:59:59-05:00", "2024-06-30 23:59:59"),
    "varchar(20)": ('a,"b";=€', 'a,"b";=€'),
    "char(6)": ("Zoë", "Zoë"),
    "nchar(6)": ("Zoë", "Zoë"),
    "nvarchar(20)": ("日本 😀", "日本 😀"),
    "nvarchar(max)": ("é" * 5000, "é" * 5000),
}


def test_a_text_of_any_type_is_shown(endpoint: Endpoint, configured: Configured) -> None:
    """What is no text in the database becomes one, and NULL becomes nothing."""
    columns = {f"c{number}": kind for number, kind in enumerate(TEXTS)}
    values = {name: TEXTS[kind][0] for name, kind in columns.items()}
    rows = [june("E-1", "C-1", "900.00", **values), june("E-2", "C-1", "10.00")]
    endpoint.play(*books([contract("C-1")], rows, further=columns))
    settings = load(configured(accounting={"compliance": list(columns)}))
    shown = ", ".join(compliance_name(column) for column in columns)
    with reconciled(settings, JUNE) as (session, _):
        found = session.execute(
            f"SELECT {shown} FROM entries_of('entries_raw') ORDER BY entry_id"
        ).fetchall()
    assert found[0] == tuple(text for _, text in TEXTS.values())
    assert found[1] == (None,) * len(TEXTS)


@pytest.mark.parametrize(
    ("kind", "value", "units"),
    [("decimal(38,20)", "1234567890.12345678901234567890", 12_345_678_901_235),
     ("decimal(38,4)", "9999999999999999999999999999999999.9999", 0)],
)  # fmt: skip
def test_an_amount_of_more_than_28_digits_ties_out(
    endpoint: Endpoint, configured: Configured, kind: str, value: str, units: int
) -> None:
    """The longest decimals of the server are added up as exactly as it does."""
    rows = [june("E-1", "C-1", value), june("E-2", "C-1", "0")]
    endpoint.play(*books(entries=rows, older=(), before=(), amount=kind))
    assert month(configured()).sources[Side.ACCOUNTING].control_total == {"USD": units}


def test_a_text_may_have_lines(endpoint: Endpoint, configured: Configured) -> None:
    """A line break in a column is part of its text."""
    rows = [june("E-1", "C-1", "900.00", document_ref="INV-1\nsecond line")]
    endpoint.play(*books([contract("C-1")], rows))
    (found,) = month(configured()).breaks
    assert [entry.document_ref for entry in found.entries] == ["INV-1\nsecond line"]


@pytest.mark.parametrize(
    ("kind", "amounts", "asked"),
    [
        ("varchar(20)", ("12.000", "13.000"), True),
        ("varchar(20)", ("12.000", "13.50"), False),
        ("decimal(19,3)", ("12.000", "13.000"), False),
    ],
)
def test_amounts_that_arrive_as_text_may_be_in_doubt(
    endpoint: Endpoint, configured: Configured, kind: str, amounts: tuple[str, str], asked: bool
) -> None:
    """They are asked about, or read as configured; numbers are never in doubt."""
    endpoint.play(*books(
        [contract("C-1")], [june(f"E-{n}", "C-1", text) for n, text in enumerate(amounts)],
        older=(), before=(), amount=kind,
    ))  # fmt: skip
    if not asked:
        assert month(configured()).sources[Side.ACCOUNTING].invalid == 0
        return
    said = str(refusal(configured()))
    assert said.startswith("The amounts in column 'amount' of the accounting side (sqlserver ")
    assert said.endswith(
        'E-0: "12.000" is 12.00 (decimal = ".") or 12,000.00 (decimal = ",") and E-1: "13.000" is '
        '13.00 (decimal = ".") or 13,000.00 (decimal = ","); set decimal = "." or decimal = "," '
        "under [accounting] of the configuration."
    )
    totals = month(configured(accounting={"decimal": ","})).totals["USD"]
    assert totals.recognized == 25_000 * 10_000
