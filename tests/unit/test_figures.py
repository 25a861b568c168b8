"""Amounts as a ledger writes them: credit less debit, sign and unit, all of it exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.base.errors import SourceDataError
from recon.base.policy import Policy
from recon.base.result import Side
from recon.config import SourceKind, SourceSettings
from recon.reconciliation.revenue import load_both_sides
from recon.sources.files import FilesSource
from recon.store.session import Session, literal, open_session
from tests.shell import Project, in_process

HEAD = "entry_id,contract_id,revenue_type,amount,recognition_period"
TWO = HEAD.replace("amount", "debit,credit")

Read = Callable[..., list[Any]]


@pytest.fixture
def session() -> Any:
    """Give a session of its own."""
    with open_session() as connection:
        yield connection


@pytest.fixture
def read(session: Session, tmp_path: Path) -> Read:
    """Return what reads amounts of entries, as ten-thousandths or as they are quoted."""

    def amounts(head: str, *written: str, **options: Any) -> list[Any]:
        rows = [f"E{n},C{n},Setup,{amount},2024-06" for n, amount in enumerate(written)]
        path = tmp_path / "entries.csv"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        return _amounts(session, replace(ENTRIES, path=path, **options))

    return amounts


ENTRIES = SourceSettings(Side.ACCOUNTING, SourceKind.FILES, currency="USD")


def _amounts(session: Session, settings: SourceSettings) -> list[Any]:
    contracts = """(SELECT 'X' AS contract_id, 'Setup' AS revenue_type, '1' AS contract_value,
        '1' AS duration_months, '2024-06-01' AS booking_date, '2024-06-30' AS close_date)"""
    source = FilesSource(settings)
    with source.opened(session) as entries:
        told = dict.fromkeys(Side, "a file")
        unsaid = {Side.ACCOUNTING: source.unsaid}
        load_both_sides(session, contracts, entries, Policy(), told, (), unsaid)
        found = session.execute(
            """SELECT coalesce(CAST(amount AS VARCHAR), reason)
            FROM entries_of('entries_raw_numbered') ORDER BY row"""
        ).fetchall()
    return [int(row[0]) if row[0].lstrip("-").isdigit() else row[0] for row in found]


def test_revenue_is_credit_less_debit(read: Read) -> None:
    """Either may be blank; both at once are no amount."""
    written = (",1000.00", "200.00,", "10.00,30.00", "0,0", ",", "x,5", '"(1.50)",$2.00')
    assert read(TWO, *written) == [
        10_000_000, -2_000_000, 200_000, 0, "amount is missing",
        "amount 'credit 5, debit x' is not an amount, or is too large", 35_000,
    ]  # fmt: skip


def test_debit_and_credit_may_have_other_names(read: Read) -> None:
    """Where they are named, they go before an amount."""
    head = TWO.replace("debit,credit", "Soll,amount,Haben")
    columns = {"debit": "Soll", "credit": "Haben"}
    assert read(head, "1,99,5", columns=columns) == [40_000]


def test_an_amount_goes_before_debit_and_credit(read: Read) -> None:
    """Nothing is computed that is delivered."""
    assert read(TWO.replace("credit", "credit,amount"), "1,5,7") == [70_000]


def test_one_of_the_two_columns_is_not_enough(read: Read) -> None:
    """The amount is missing, and the sentence says so."""
    with pytest.raises(SourceDataError, match="amount"):
        read(HEAD.replace("amount", "credit"), "5")


def test_a_header_below_titles_has_debit_and_credit(read: Read) -> None:
    """They are names by which it is recognized."""
    assert read("A title\n" + TWO, "1,5") == [40_000]


def test_a_sign_is_turned(read: Read) -> None:
    """What cannot be read is quoted as it came."""
    assert read(HEAD, "-1000.00", "(5.25)", "7-", "-$3", "0", "€5.00", "1e2", invert=True) == [
        10_000_000, 52_500, 70_000, 30_000, 0,
        "amount '€5.00' is not an amount, or is too large",
        "amount '1e2' is not an amount, or is too large",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "written", "units"),
    [
        ("0.01", "100001", 10_000_100),
        ("0.01", "-1", -100),
        ("0.001", "12345", 123_450),
        ("1000", "1.5", 15_000_000),
        ("0.01", "0.5", 50),
        ("123456.7891", "2", 2_469_135_782),
    ],
)
def test_a_unit_is_exact(read: Read, unit: str, written: str, units: int) -> None:
    """An amount counts so many units of the currency."""
    assert read(HEAD, written, unit=Decimal(unit)) == [units]


def test_all_of_it_together(read: Read) -> None:
    """Credit less debit in cents, of a ledger that turns the signs."""
    assert read(TWO, "100000,", unit=Decimal("0.01"), invert=True) == [10_000_000]


@pytest.mark.parametrize("options", [{"invert": True}, {"unit": Decimal("0.01")}])
def test_an_amount_that_could_mean_two_numbers_is_asked_about(
    read: Read, options: dict[str, Any]
) -> None:
    """What is computed would not show it."""
    with pytest.raises(SourceDataError, match=r'E0: "12.000" is 12.00'):
        read(HEAD, "12.000", **options)
    assert read(HEAD, "12.000", decimal=",", **options) != []
    with pytest.raises(SourceDataError, match="column 'debit or credit'"):
        read(TWO, '"12,000",', **options)


def test_what_is_computed_is_not_asked_about(read: Read) -> None:
    """Thousandths of whole numbers have three decimals."""
    assert read(HEAD, "12345", "1000", unit=Decimal("0.001")) == [123_450, 10_000]


@pytest.mark.parametrize("kind", ["BIGINT", "DECIMAL(12, 2)", "DOUBLE", "VARCHAR"])
def test_parquet_of_any_type(session: Session, tmp_path: Path, kind: str) -> None:
    """A typed column has a sign and a unit, too."""
    path = tmp_path / "entries.parquet"
    session.execute(
        f"""COPY (SELECT 'E1' AS entry_id, 'C' AS contract_id, 'Setup' AS revenue_type,
        CAST(-1050 AS {kind}) AS amount, '2024-06' AS recognition_period)
        TO {literal(str(path))} (FORMAT parquet)"""
    )
    settings = replace(ENTRIES, path=path, invert=True, unit=Decimal("0.01"))
    assert _amounts(session, settings) == [105_000]


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ("unit = 0.01", "accounting.unit: 0.01 is not a unit; write it in quotes"),
        ("unit = '0'", "accounting.unit: '0' is not a unit"),
        ("unit = '1e2'", "accounting.unit: '1e2' is not a unit"),
        ("invert = 'yes'", "accounting.invert: 'yes' is not true or false"),
        (
            "[accounting.columns]\namount = 'a'\ndebit = 'd'",
            "accounting.columns.amount: does not go with debit and credit",
        ),
    ],
)
def test_mistakes_in_the_configuration(tmp_path: Path, more: str, mistake: str) -> None:
    """Each is named with its key."""
    project = Project(tmp_path)
    project.configure(accounting=more)
    ended = in_process("month", "2024-06", "--config", str(project.config), cwd=tmp_path)
    assert (ended.returncode, mistake in ended.stderr.decode()) == (4, True)


def test_a_query_turns_its_own_signs(tmp_path: Path) -> None:
    """A setting that would be ignored is a mistake."""
    project = Project(tmp_path)
    project.config.write_text(
        "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\ninvert = true\n",
        encoding="utf-8",
    )
    ended = in_process("month", "2024-06", "--config", str(project.config), cwd=tmp_path)
    assert ended.returncode == 4
    assert "accounting.invert: works with source = 'files' alone" in ended.stderr.decode()
