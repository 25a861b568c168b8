"""The dossier as people see it: in a terminal, in a log file, in an old code page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from rich.cells import cell_len

from recon.base.month import Month
from recon.base.result import Cause
from recon.base.text import words
from recon.reconciliation.explain import ContractDetail, contract_detail
from recon.reports.console.dashboard import make_console
from recon.reports.console.explain import show_dossier
from recon.reports.console.explain_tables import TRIED, folded
from tests.books import Row, contract, entry, opened, posted
from tests.golden_files import check_golden

COMPLIANCE = ("performance_obligation", "approved_by")
CHECKED = {"performance_obligation": "PO-7", "approved_by": "Kim Adler-Whitfield"}


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@cache
def found(contract_id: str) -> ContractDetail:
    """Return the dossier of one of the example contracts."""
    policy = {"types": {"Setup": {"recognition": "start_month", "cap": "5.00"}}}
    session, result = opened(_contracts(), _entries(), policy, compliance=COMPLIANCE)
    return contract_detail(session, result, contract_id, COMPLIANCE)


def _contracts() -> list[Row]:
    return [
        # Several types: a break, an early close, a point in time, an invalid row.
        contract("C-1001", customer="Müller & Söhne GmbH"),
        contract("C-1001", revenue_type="Support", close_date="2024-04-30"),
        contract("C-1001", revenue_type="Setup", contract_value="2500.00"),
        contract("C-1001", revenue_type="Service", duration_months="0"),
        # Long, and with a past and a future beyond the window.
        contract("C-2001", currency="JPY", contract_value="7200000", duration_months="72",
                 start_date="2021-01-01", close_date="2026-12-31", owner="東京 Ken"),
        contract("C-3001", currency="KWD", contract_value="-1000.005", duration_months="7"),
        contract("C-4001", contract_value="twelve"),
    ]  # fmt: skip


def _entries() -> list[Row]:
    months = [f"{2021 + k // 12}-{k % 12 + 1:02d}" for k in range(43)]
    return [
        *posted("C-1001", {f"2024-0{k}": "1000.00" for k in range(1, 6)}, **CHECKED),
        entry("E-1", "C-1001", "1000.00", document_ref="INV-77", **CHECKED),
        entry("E-2", "c-1001", "1000.00", document_ref="INV-77", performance_obligation="PO-7"),
        entry("E-3", "C-1001", "4000.00", revenue_type="Support", recognition_period="2024-04"),
        entry("E-4", "C-1001", "12.50", revenue_type="Consulting"),
        entry("E-5", "C-1001", "80.00", revenue_type="Service"),
        entry("E-6", "C-1001", "80.00", revenue_type="Service", recognition_period="2024-05"),
        *posted("C-2001", dict.fromkeys(months, "100000"), currency="JPY"),
    ]


def shown(
    contract_id: str, width: int | None = None, encoding: str = "utf-8", **options: Any
) -> str:
    """Return a dossier as a stream receives it."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    show_dossier(
        make_console(stream, False, width), found(contract_id), **{"sample": False, **options}
    )
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 160])
def test_terminal(width: int) -> None:
    """A terminal of 80 and of 160 columns shows everything, with no line too long."""
    text = shown("C-1001", width, sample=True)
    check_golden(f"explain_{width}.txt", text)
    assert max(map(cell_len, text.splitlines())) <= width


def test_plain_file() -> None:
    """A redirected dossier is plain text, 100 characters wide, without blanks at line ends."""
    text = shown("C-3001")
    check_golden("explain_plain.txt", text)
    assert "\x1b" not in text
    assert not re.search(r" $", text, re.MULTILINE)


def test_a_value_that_cannot_be_read_has_no_currency() -> None:
    """The line says so, and over which term."""
    assert "value         none readable, over 12 months\n" in shown("C-4001", 80)


def test_ascii() -> None:
    """Where boxes cannot be drawn, everything is ASCII and strange letters become `?`."""
    text = shown("C-2001", 80, "ascii")
    check_golden("explain_ascii.txt", text)
    assert text.isascii()


def month_rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of months."""
    lines = re.findall(r"^  [ >] (20\d\d-\d\d .*)$", text, re.MULTILINE)
    return [re.split(r"  +", line) for line in lines]


def test_long_term_is_folded() -> None:
    """Of 72 months 24 stand one by one; the others are added up on either side."""
    rows = month_rows(shown("C-2001", 160))
    assert len(rows) == 26
    assert rows[0][:4] == ["2021-01 to 2023-05", "2,900,000", "2,900,000", "0"]
    assert [rows[1][0], rows[13][0], rows[24][0]] == ["2023-06", "2024-06", "2025-05"]
    assert rows[25] == ["2025-06 to 2026-12", "1,900,000", "0", "7,200,000", "4,300,000", "0"]


def test_all_months() -> None:
    """On demand every month has its row, and the total is the same."""
    full, short = shown("C-2001", 160, all_months=True), shown("C-2001", 160)
    assert [row[0] for row in month_rows(full)] == [
        f"{year}-{month:02d}" for year in range(2021, 2027) for month in range(1, 13)
    ]
    totals = [re.findall(r"^    Total.*", page, re.MULTILINE)[0].split() for page in (full, short)]
    assert totals == [["Total", "7,200,000", "4,300,000", "43"]] * 2


def test_months_to_come_have_no_difference() -> None:
    """What nobody could have posted yet is no difference; how much it is stands below."""
    text = shown("C-2001", 160)
    (row,) = (row for row in month_rows(text) if row[0] == "2024-12")
    assert row == ["2024-12", "100,000", "0", "4,800,000", "4,300,000", "0"]
    assert (
        "add up to the contract value of 7,200,000 JPY; 2,900,000 of it is still to come." in text
    )


def test_idle_months_are_added_up() -> None:
    """Months in which nothing happens take one row, the reconciled one its own."""
    session, result = opened([contract("C-1")], posted("C-1", {"2024-12": "12000.00"}))
    found = contract_detail(session, result, "C-1").lines[0].months
    idle = [replace(row, month=row.month + 12, last=row.last + 12, expected=0) for row in found]
    rows = folded([*found, *idle[:-1]], Month.parse("2025-04"))
    assert [(str(row.month), str(row.last)) for row in rows[12:]] == [
        ("2025-01", "2025-03"), ("2025-04", "2025-04"), ("2025-05", "2025-11"),
    ]  # fmt: skip


def test_sample_banner() -> None:
    """Sample data is never mistaken for the books."""
    assert "SAMPLE DATA" in shown("C-3001", sample=True)
    assert "SAMPLE DATA" not in shown("C-3001")


def test_every_cause_has_its_words() -> None:
    """Each cause can be listed among those that do not fit, in words of its own."""
    assert set(TRIED) == set(Cause)
    assert not any("_" in said or said == words(cause) for cause, said in TRIED.items())
