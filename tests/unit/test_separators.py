"""Amounts in text that could mean two numbers: asked about where none decides, else as ever."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recon
from recon.base.errors import SourceDataError
from recon.base.result import Side
from recon.reconciliation import revenue
from tests.tables import ENTRY, MONTH, contract, line_of, reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recon.base.result import Reconciliation

SIDES = {Side.ANALYTICS: "contract_value", Side.ACCOUNTING: "amount"}


def reconciled(side: Side, amounts: Sequence[Any], **options: Any) -> Reconciliation:
    """Return the month of contracts C0, C1 … whose amounts on a side are the given ones.

    `currencies` are those of the same rows; `policy` is the policy's table.
    """
    currencies = options.get("currencies") or [None] * len(amounts)
    keys = [{"contract_id": f"C{n}", "currency": of} for n, of in enumerate(currencies)]
    book = [contract(**key) for key in keys]
    posted = [ENTRY | key | {"entry_id": f"E{n}"} for n, key in enumerate(keys)]
    for row, amount in zip(book if side is Side.ANALYTICS else posted, amounts, strict=True):
        row[SIDES[side]] = amount
    frames = pd.DataFrame(book), pd.DataFrame(posted)
    return recon.reconcile(*frames, MONTH, options.get("policy"))


def asked(side: Side, amounts: Sequence[Any], **options: Any) -> str:
    """Return the question about a side, '' for none; what is taken in is not compared."""
    with mock.patch.object(revenue, "reconcile_month"):
        try:
            reconciled(side, amounts, **options)
        except SourceDataError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("side", SIDES)
def test_a_side_that_could_mean_two_things_is_not_guessed_at(side: Side) -> None:
    """The sentence names column and side, and shows two rows both ways."""
    named = {Side.ANALYTICS: "C{}", Side.ACCOUNTING: "E{}"}[side].format
    assert asked(side, ["700", "12.000", "-1,234", "999.999"]) == (
        f"The amounts in column '{SIDES[side]}' of the {side} side (data frame) could mean two "
        "numbers: "
        f'{named(1)}: "12.000" is 12.00 or 12,000.00 and '
        f'{named(2)}: "-1,234" is -1.2340 or -1,234.00; deliver it as DECIMAL.'
    )


def test_both_sides_are_asked_about_at_once() -> None:
    """Whoever is asked twice runs twice."""
    line, posted = contract(contract_value="12.000"), ENTRY | {"amount": "1,000", "entry_id": None}
    with pytest.raises(SourceDataError) as caught:
        recon.reconcile(pd.DataFrame([line]), pd.DataFrame([posted]), MONTH)
    assert "column 'contract_value' of the analytics side" in str(caught.value)
    assert "column 'amount' of the accounting side" in str(caught.value)
    assert 'a row without entry_id: "1,000" is 1.00 or 1,000.00' in str(caught.value)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "amounts",
    [
        ["12.000"],
        ["12,000"],
        [" 12.000 ", "\N{NO-BREAK SPACE}+1.500"],
        ["12.000", "13,000"],
        ["12.000", "700", "0", None, "", "-5"],
        ["12.000", "n/a", "1.2.3", "12.34.56", "1.234,567.8", ".", "12.34,56"],
        ["12.000", "12,50", ",500", "0,500", "1234,567", "1.234.567", "1.234,56"],
    ],
)
def test_what_decides_nothing(side: Side, amounts: list[str | None]) -> None:
    """Whole numbers, blanks, what is no amount, and what proves a comma.

    Beside a proven comma, 12.000 is 12,000 for certain: without the setting it would be read as 12.
    """
    assert asked(side, amounts)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "decides",
    [
        "12.5", "12.0000", "12.", ".5", "0.125", "-0.125", "012.000", "1234.567", "1,234,567",
        "1,234.56", "1,234.567", " +100.00 ",
    ],
)  # fmt: skip
def test_one_amount_that_proves_the_point_decides(side: Side, decides: str) -> None:
    """Other decimals than three, a zero in front, four digits in front, or both separators."""
    assert not asked(side, ["12.000", "13.000", "700", decides])


def test_what_is_decided_is_read_as_ever() -> None:
    """Beside a proven point, a point comes before decimals."""
    result = reconciled(Side.ACCOUNTING, ["12.000", "13.000", "700", "12.5"])
    found = [line_of(result, f"C{n}")["recognized"] for n in range(4)]
    assert found == [120_000, 130_000, 7_000_000, 125_000]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("amounts", [[], ["12", "700"], ["12", None, ""], ["n/a", "1.2.3"]])
def test_nothing_to_decide(side: Side, amounts: list[str]) -> None:
    """No row has a separator between digits that could group them."""
    if amounts:
        assert not asked(side, amounts)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("currencies", "main", "ask"),
    [
        (["KWD", "BHD"], "USD", False),
        ([" kwd", "CLF"], "USD", False),
        ([None, None], "KWD", False),
        ([None, "KWD"], "USD", True),
        (["KWD", "JPY"], "KWD", True),
        (["EUR", "USD"], "KWD", True),
    ],
)
def test_three_decimals_are_what_some_currencies_have(
    side: Side, currencies: list[str | None], main: str, ask: bool
) -> None:
    """A row in another currency is asked about; one without currency is in the policy's."""
    amounts = ["12.345", "13.000"]
    policy = {"currency": main}
    assert bool(asked(side, amounts, currencies=currencies, policy=policy)) is ask


def test_the_rows_shown_are_those_that_are_asked_about() -> None:
    """What is in dinars is not shown."""
    said = asked(Side.ACCOUNTING, ["12.345", "13.000"], currencies=["KWD", "JPY"])
    assert 'numbers: E1: "13.000" is 13 or 13,000; deliver' in said


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "amounts",
    [
        [Decimal("12.000"), Decimal("13.000")],
        [Decimal("12.000"), None],
        np.array([12.345, 13.345]),
        np.array([12, 13]),
        pd.array([Decimal("12.000"), None], dtype="object"),
    ],
)
def test_a_number_is_never_in_doubt(side: Side, amounts: Any) -> None:
    """Decimals, floats and integers know what they are."""
    assert not asked(side, amounts)


@pytest.mark.parametrize("kind", ["string", "category", "object"])
def test_texts_of_any_kind_are(kind: str) -> None:
    """Whatever pandas makes of a text, and whatever the case of its column."""
    posted = pd.DataFrame([ENTRY | {"amount": "12.000"}]).astype({"amount": kind})
    posted = posted.rename(columns={"amount": " Amount"})
    with pytest.raises(SourceDataError, match="deliver it as DECIMAL"):
        recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)


def test_columns_of_any_other_name_hinder_nothing() -> None:
    """Neither do the names that the question itself uses."""
    posted = pd.DataFrame(
        [ENTRY | {"entry_id": "E1", "id": "x", "written": "0.5", "amount": "12.000"}]
    )
    with pytest.raises(SourceDataError, match=r'E1: "12\.000" is'):
        recon.reconcile(pd.DataFrame([contract()]), posted, MONTH)


def test_an_amount_that_decides_may_come_late() -> None:
    """Behind any number of rows."""
    assert asked(Side.ACCOUNTING, ["12.000"] * 3_000)
    assert not asked(Side.ACCOUNTING, ["12.000"] * 3_000 + ["12.5"])


_DOUBTFUL = st.from_regex(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}", fullmatch=True)
_DECIDING = (
    st.from_regex(r"-?[0-9]{1,6}\.([0-9]{0,2}|[0-9]{4})", fullmatch=True)
    | st.from_regex(r"-?([1-9][0-9]{3,5}|0[0-9]{0,3})\.[0-9]{3}", fullmatch=True)
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(_DOUBTFUL, max_size=4), _DECIDING, st.lists(_DOUBTFUL, max_size=4))
def test_a_side_with_a_deciding_amount_is_read_as_ever(
    before: list[str], deciding: str, after: list[str]
) -> None:
    """A point comes before decimals and a comma between thousands: none is read in another way."""
    amounts = [*before, deciding, *after]
    result = reconciled(Side.ACCOUNTING, amounts)
    assert reasons(result, Side.ACCOUNTING) == []
    for n, amount in enumerate(amounts):
        exact = Decimal(amount.replace(",", ""))
        assert line_of(result, f"C{n}")["recognized"] == int(exact * 10_000)
