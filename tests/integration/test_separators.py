"""CSV files whose amounts could mean two numbers: `recon month` and `recon doctor` ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recon.store.session import open_session
from tests.shell import CONTRACTS, Project, contract, in_process, one_sentence

LINES = [contract("001", "144.000"), contract("002", "156.000")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with two contracts of 1,200.00 and entries of "12.000" and "13.000"."""
    found = Project(tmp_path)
    found.fill("12.000", "13.000")
    return found


def month(project: Project) -> tuple[int, str]:
    """Return the exit code of a month, and what it said to people where it failed."""
    done = in_process("month", "2024-06", "--format", "csv", cwd=project.folder)
    return done.returncode, done.stderr.decode()


def recognized(project: Project) -> str:
    """Return what a month recognizes in all."""
    done = in_process("month", "2024-06", "--json", "--format", "csv", cwd=project.folder)
    return str(json.loads(done.stdout)["totals"]["USD"]["recognized"])


def test_the_run_stops_and_asks(project: Project) -> None:
    """Exit 6: one sentence with the file, its column, two rows both ways, and what to set."""
    project.configure(accounting="[accounting.columns]\namount = 'Betrag'\n")
    path = project.folder / "data" / "entries.csv"
    path.write_text(path.read_text("utf-8").replace("amount", "Betrag"), "utf-8")
    code, said = month(project)
    assert code == 6
    assert one_sentence(said) == (
        f"recon: The amounts in column 'Betrag' of the accounting side (files {path.as_posix()}) "
        "could mean two numbers: "
        'E-001-2024-06: "12.000" is 12.00 (decimal = ".") or 12,000.00 (decimal = ",") and '
        'E-002-2024-06: "13.000" is 13.00 (decimal = ".") or 13,000.00 (decimal = ","); '
        'set decimal = "." or decimal = "," under [accounting] of the configuration.\n'
    )
    assert project.written() == []


@pytest.mark.parametrize(
    ("decimal", "amounts", "total"),
    [
        (".", ("12.000", "13.000"), "25.00"),
        (".", ('"12,000"', '"13,000"'), "25000.00"),
        pytest.param(",", ("12.000", "13.000"), "25000.00", marks=pytest.mark.slow),
        pytest.param(",", ('"12,000"', '"13,000"'), "25.00", marks=pytest.mark.slow),
    ],
)
def test_what_is_set_is_done(
    project: Project, decimal: str, amounts: tuple[str, str], total: str
) -> None:
    """As the question says."""
    project.fill(*amounts)
    assert month(project)[0] == 6
    project.configure(accounting=f"decimal = '{decimal}'")
    assert recognized(project) == total


def test_contract_values_are_asked_about_as_well(project: Project) -> None:
    """And those of both sides at once."""
    project.fill("100.00", "100.00", contracts=LINES)
    code, said = month(project)
    assert code == 6
    assert "column 'contract_value' of the analytics side" in one_sentence(said)
    assert '001: "144.000" is 144.00 (decimal = ".") or 144,000.00 (decimal = ",")' in said
    assert "under [analytics]" in said
    assert "accounting" not in said
    project.fill("12.000", "13.000", contracts=LINES)
    assert all(f"under [{side}]" in month(project)[1] for side in ("analytics", "accounting"))


def test_files_are_asked_about_together(project: Project) -> None:
    """An amount of another file decides for all that one export has written."""
    project.configure(accounting="path = '../data/e*.csv'\n")
    assert month(project)[0] == 6
    more = (project.folder / "data" / "entries.csv").read_text("utf-8").replace("E-", "F-")
    project.write("entries 2.csv", more.replace("12.000", "12.50"))
    assert recognized(project) == "50.50"


def test_a_currency_of_three_decimals_needs_no_question(project: Project) -> None:
    """The policy says it, or the row does."""
    project.configure(rest="[policy]\ncurrency = 'KWD'\n")
    assert month(project)[0] != 6


@pytest.mark.parametrize(("kind", "code"), [("VARCHAR", 6), ("DECIMAL(18, 3)", 0)])
def test_a_parquet_file(project: Project, kind: str, code: int) -> None:
    """Typed, its amounts are what they are; as text, they are asked about like any other."""
    lines = [contract("001", "144.000"), contract("002", "156.000")]
    project.fill("12.000", "13.000", contracts=lines)
    project.write("contracts.csv", CONTRACTS + "".join(lines).replace(".000", ".00"))
    data = project.folder / "data"
    with open_session() as session:
        session.execute(
            f"""COPY (SELECT * REPLACE (CAST(amount AS {kind}) AS amount)
            FROM read_csv('{data / "entries.csv"}', all_varchar = true))
            TO '{data / "entries.parquet"}' (FORMAT parquet)"""
        )
    project.configure(accounting="path = '../data/entries.parquet'\n")
    assert month(project)[0] == code


def test_the_doctor_asks(project: Project) -> None:
    """A failed check that says the same, and what to do about it."""
    done = in_process("doctor", "--month", "2024-06", "--json", cwd=project.folder)
    found = {
        item["check"]: item
        for item in json.loads(done.stdout)["checks"]
        if item["side"] == "accounting"
    }
    assert (done.returncode, found["rows"]["state"]) == (6, "failed")
    assert found["rows"]["found"].endswith(
        '"13.000" is 13.00 (decimal = ".") or 13,000.00 (decimal = ",")'
    )
    assert found["rows"]["advice"] == (
        'set decimal = "." or decimal = "," under [accounting] of the configuration'
    )
    assert found["columns"]["state"] == "ok"


def test_months_in_a_row_and_their_evidence(project: Project) -> None:
    """What was set holds for what is made again from the evidence, which has the same texts."""
    project.configure(accounting="decimal = '.'")
    done = in_process("month", "2024-06..2024-07", "--format", "csv", cwd=project.folder)
    assert done.returncode in (0, 3)
    assert in_process("verify", "2024-06", cwd=project.folder).returncode == 0


@pytest.mark.parametrize(
    ("amounts", "total"),
    [
        (('"($1,000)"', "12.5"), "-987.50"),
        (('"1,20,000.50"', '"2,000"'), "122000.50"),
        pytest.param(('"1,000"', '"2,000.50"'), "3000.50", marks=pytest.mark.slow),
        pytest.param(('"1,000,000"', '"2,000"'), "1002000.00", marks=pytest.mark.slow),
    ],
)
def test_where_the_point_is_proved_a_comma_groups(
    project: Project, amounts: tuple[str, str], total: str
) -> None:
    """An amount without decimals is none to ask about then."""
    project.fill(*amounts)
    assert recognized(project) == total
