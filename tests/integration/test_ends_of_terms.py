"""Lines that close on the day they start, or go on beyond the calendar, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recon.store.session import Session
from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry, in_process, one_sentence

EXACT = '[policy]\nconvention = "exact_days"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project that counts days, of which most lines close with their terms."""
    project = Project(tmp_path)
    project.configure(rest=EXACT)
    return project


def breaks(project: Project, line: str, amount: str) -> list[dict[str, Any]]:
    """Return the breaks of June, for which an amount was posted to one line of contract 001."""
    project.write("contracts.csv", CONTRACTS + line + contract("002") + contract("003"))
    fine = entry("002", "98.63") + entry("003", "98.63")
    project.write("entries.csv", ENTRIES + entry("001", amount) + fine)
    done = in_process("month", "2024-06", "--json", "--format", "none", cwd=project.folder)
    assert done.returncode in (0, 3), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["breaks"]
    return found


@pytest.mark.parametrize(
    ("start", "amount"),
    [
        ("2024-06-01", "12.34"),
        ("2024-06-15", "12000.00"),
        pytest.param("2024-06-01", "12000.00", marks=pytest.mark.slow),
        pytest.param("2024-06-15", "12.34", marks=pytest.mark.slow),
    ],
)
def test_a_line_may_close_on_the_day_it_starts(project: Project, start: str, amount: str) -> None:
    """It has that one day; read as a term of that day, the whole is due in it."""
    line = f"001,Subscription,12000.00,12,{start},{start},Aster\n"
    (found,) = breaks(project, line, amount)
    assert (found["expected"], found["recognized"]) == ("32.88", amount)
    whole = ["full_value", "wrong_duration", "remainder_taken"]
    assert found["candidates"] == (whole if amount == "12000.00" else ["unexplained"])


@pytest.mark.slow
def test_a_term_may_go_on_beyond_the_calendar(project: Project) -> None:
    """A thousand years from the last ones that books are kept in: the line can be explained."""
    line = "001,Subscription,12000.00,12000,9998-12-31,9999-12-31,Aster\n"
    assert breaks(project, line, "12.34") == []
    done = in_process("explain", "001", "2024-06", "--json", cwd=project.folder)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["lines"]
    assert found["terms"]["term_end"] == "9999-12-31"


def test_a_fault_of_the_comparison_is_not_blamed_on_accounting(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is right: it is a defect in recon."""

    def failing(connection: Session, *_: object) -> None:
        connection.execute("SELECT 1 // 0")

    monkeypatch.setattr("recon.reconciliation.revenue.compare", failing)
    project.fill("100.00")
    done = in_process("month", "2024-06", "--format", "none", cwd=project.folder)
    assert done.returncode == 1
    assert b"This is a defect in recon" in done.stderr
    assert b"accounting" not in done.stderr


def test_entries_that_cannot_be_read_are_still_accountings(project: Project) -> None:
    """Files are read while they are compared; what is wrong with them is said of them."""
    project.fill("100.00")
    project.write("entries.csv", ENTRIES + entry("001") + '"E-2,002\n')
    done = in_process("month", "2024-06", "--format", "none", cwd=project.folder)
    assert (done.returncode, "accounting" in one_sentence(done.stderr.decode())) == (6, True)
