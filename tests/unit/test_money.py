"""Exact amounts: parsing, minor units, rounding and how they are written."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base import money

CURRENCIES = st.sampled_from(["JPY", "USD", "KWD", "CLF"])
UNITS = st.integers(-money.LARGEST, money.LARGEST)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1234.50", 12_345_000),
        ("-0.0001", -1),
        ("+7", 70_000),
        (" .5 ", 5_000),
        ("5.", 50_000),
        ("0", 0),
        ("1.00000", 10_000),
        ("922337203685477.5807", money.LARGEST),
    ],
)
def test_a_plain_number_is_read_exactly(text: str, units: int) -> None:
    """Signs, blanks around and missing digits on one side of the point are fine."""
    assert money.parse_amount(text) == units


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "plain number"),
        (".", "plain number"),
        ("1,234.50", "plain number"),
        ("1e3", "plain number"),
        ("1 000", "plain number"),
        ("NaN", "plain number"),
        ("Infinity", "plain number"),
        ("0x10", "plain number"),
        ("0.00001", "more than four decimals"),
        ("922337203685477.5808", "too large"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, why: str) -> None:
    """What is not exact is refused, never rounded in silence."""
    with pytest.raises(ValueError, match=why):
        money.parse_amount(text)


@pytest.mark.parametrize(
    ("currency", "places", "unit"),
    [("JPY", 0, 10_000), ("USD", 2, 100), ("KWD", 3, 10), ("CLF", 4, 1), ("XXX", 2, 100)],
)
def test_minor_units(currency: str, places: int, unit: int) -> None:
    """ISO 4217 decides; a currency that it does not list has two decimals."""
    assert money.decimals(currency) == places
    assert money.minor_unit(currency) == unit
    assert money.minor_units().get(currency, 100) == unit


@given(UNITS, CURRENCIES)
def test_what_is_written_is_read_again(amount: int, currency: str) -> None:
    """An amount survives the way to text and back, in any currency."""
    assert money.parse_amount(money.plain(amount, currency)) == amount
    assert Decimal(money.plain(amount, currency)) * money.SCALE == amount
    assert money.pretty(amount, currency).replace(",", "") == money.plain(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "plain", "pretty"),
    [
        (-12_345_000, "USD", "-1234.50", "-1,234.50"),
        (12_340_000, "JPY", "1234", "1,234"),
        (12_345_670, "KWD", "1234.567", "1,234.567"),
        (12_345_678, "USD", "1234.5678", "1,234.5678"),
        (5_000, "JPY", "0.5000", "0.5000"),
        (0, "USD", "0.00", "0.00"),
        (-100, "USD", "-0.01", "-0.01"),
        (10**16, "USD", "1000000000000.00", "1,000,000,000,000.00"),
    ],
)
def test_how_amounts_are_written(amount: int, currency: str, plain: str, pretty: str) -> None:
    """With the currency's decimals, and with all four where the amount is finer."""
    assert money.plain(amount, currency) == plain
    assert money.pretty(amount, currency) == pretty


def test_a_sign_on_request() -> None:
    """A difference shows its plus; nothing has none."""
    assert money.pretty(10_000, "USD", sign=True) == "+1.00"
    assert money.pretty(-10_000, "USD", sign=True) == "-1.00"
    assert money.pretty(0, "USD", sign=True) == "0.00"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (120, 10_000, "1.20%"),
        (-120, 10_000, "-1.20%"),
        (120, -10_000, "-1.20%"),
        (-120, -10_000, "1.20%"),
        (1, 200_000, "0.00%"),
        (-1, 200_000, "0.00%"),
        (1, 20_000, "0.01%"),
        (-1, 20_000, "-0.01%"),
        (0, 5, "0.00%"),
        (5, 0, "n/a"),
        (0, 0, "n/a"),
        (123_456, 100, "123456.00%"),
    ],
)
def test_percent(part: int, whole: int, text: str) -> None:
    """Two decimals, half away from zero, never minus nothing, and n/a of nothing."""
    assert money.percent(part, whole) == text
