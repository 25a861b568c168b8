"""Calendar months."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base.errors import ExitCode, MonthError
from recon.base.month import Month

DAYS = st.dates(date(1000, 1, 1), date(9998, 12, 31))


@pytest.mark.parametrize("text", ["2024-06", " 2024-06\n", "1000-01", "9998-12"])
def test_a_month_is_written_with_year_and_month(text: str) -> None:
    """What is parsed is written the same way again."""
    assert str(Month.parse(text)) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "2024", "2024-6", "2024-00", "2024-13", "24-06", "2024-06-01", "202406", "0999-01",
     "2024/06", "June 2024", "2024-06 2024-07", "9999-12"],
)  # fmt: skip
def test_anything_else_is_a_usage_error(text: str) -> None:
    """The message repeats what was given and says how a month is written."""
    with pytest.raises(MonthError, match=r"is not a month; .* like 2024-06") as raised:
        Month.parse(text)
    assert repr(text) in str(raised.value)
    assert raised.value.exit_code is ExitCode.USAGE


def test_arithmetic_goes_over_the_years() -> None:
    """Months add, subtract and compare as on the calendar."""
    december = Month.parse("2023-12")
    assert str(december + 1) == "2024-01"
    assert str(december - 12) == "2022-12"
    assert str(december + 25) == "2026-01"
    assert december < december + 1 <= Month.parse("2024-01")
    assert sorted([december + 1, december]) == [december, december + 1]


@given(DAYS, st.integers(-60, 60))
def test_there_and_back(day: date, months: int) -> None:
    """A month holds its days, starts on its first, and comes back from any distance."""
    month = Month.of(day)
    assert month.first_day == day.replace(day=1)
    assert Month.parse(str(month)) == month
    assert (month + months) - months == month
    assert hash(month) == hash(Month.of(month.first_day))


def test_in_words() -> None:
    """People read the month's name."""
    assert Month.parse("2024-06").name == "June 2024"
