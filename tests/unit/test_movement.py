"""Movement: each thing that changes between two runs moves the totals by its own part."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.config import load
from recon.record.evidence.layout import packs
from recon.record.replay.movement import movement
from recon.record.replay.stored_run import Pack
from recon.run.month import run_month
from recon.store.session import open_session
from tests.shell import CONTRACTS, ENTRIES, Project, contract, entry

JUNE = Month.parse("2024-06")
Moved = dict[str, tuple[int | None, int, int]]


def run(project: Project, month: Month = JUNE) -> Pack:
    """Run a month and return its evidence."""
    outcome = run_month(load(project.config), month, formats=("csv",))
    return Pack.of(project.reports / str(month) / outcome.run_id)


def moved(project: Project) -> Moved:
    """Return the parts that another run tells: what -> (rows, expected and recognized in 1.00)."""
    since = run_month(load(project.config), JUNE, formats=("csv",)).history.since
    assert since is not None
    return {
        part.what: (
            part.rows,
            part.moved["USD"]["expected"] // 10_000,
            part.moved["USD"]["recognized"] // 10_000,
        )
        for part in since.parts
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with three contracts of 100.00 a month, each posted, that was run."""
    project = Project(tmp_path_factory.mktemp("first"))
    project.fill("100.00", "100.00", "100.00")
    run(project)
    return project


@pytest.fixture
def project(first: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    shutil.copytree(first.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def first_run(project: Project) -> Pack:
    """Return the evidence of the first run."""
    (pack,) = packs(project.reports)
    return Pack.of(pack.parent)


def test_nothing_has_moved(project: Project) -> None:
    """Two runs of the same books and rules differ in nothing."""
    assert movement(first_run(project), run(project)) == []


def test_each_change_of_the_entries_has_its_part(project: Project) -> None:
    """One entry is gone, one has another amount, two are new: three parts, by rows and amount."""
    project.write(
        "entries.csv",
        ENTRIES + entry("001", "150.00") + entry("003") + "X1,003,Subscription,7.00,2024-06\n"
        "X2,999,Subscription,3.00,2024-06\n",
    )
    assert moved(project) == {
        "entries removed": (1, 0, -100),
        "entries changed": (1, 0, 50),
        "entries added": (2, 0, 10),
    }


def test_each_change_of_the_contracts_has_its_part(project: Project) -> None:
    """A line is gone, one is worth more, one is new."""
    lines = contract("001", "2400.00"), contract("003"), contract("004", "120.00")
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    assert moved(project) == {
        "contract lines removed": (1, -100, 0),
        "contract lines changed": (1, 100, 0),
        "contract lines added": (1, 10, 0),
    }


@pytest.mark.slow
def test_a_change_of_both_sides_is_told_of_each(project: Project) -> None:
    """What the contracts expect is no doing of the entries."""
    lines = contract("001", "2400.00"), contract("002"), contract("003")
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    project.write("entries.csv", ENTRIES + entry("001") + entry("003"))
    assert moved(project) == {
        "entries removed": (1, 0, -100),
        "contract lines changed": (1, 100, 0),
    }


def test_an_entry_that_its_contract_takes_away_counts_for_the_contract(project: Project) -> None:
    """A line that becomes invalid takes its entries with it."""
    lines = contract("001"), contract("002"), contract("003", "many")
    project.write("contracts.csv", CONTRACTS + "".join(lines))
    assert moved(project) == {"contract lines changed": (1, -100, -100)}


def test_the_policy_has_its_part(project: Project) -> None:
    """Another convention expects another amount of the same rows."""
    half = "001,Subscription,1200.00,12,2024-06-16,2025-06-15,Aster\n"
    project.write("contracts.csv", CONTRACTS + half + contract("002") + contract("003"))
    run(project)
    project.configure(rest='[policy]\nconvention = "prorate_period_rate"\n')
    assert moved(project) == {"policy changed": (None, -50, 0)}


@pytest.mark.slow
def test_ids_may_be_numbers(project: Project) -> None:
    """As Parquet has them."""
    line = contract("001")
    project.write("contracts.csv", CONTRACTS + line)
    data = project.folder / "data"
    with open_session() as session:
        for amount in (100, 150):
            session.execute(
                f"""COPY (SELECT 7 AS entry_id, 1 AS contract_id, 'Subscription' AS revenue_type,
                    {amount} AS amount, 202406 AS recognition_period)
                TO '{(data / f"{amount}.parquet").as_posix()}'"""
            )
    project.write("contracts.csv", CONTRACTS + line.replace("001", "1"))
    text = project.config.read_text(encoding="utf-8")
    project.config.write_text(text.replace("entries.csv", "100.parquet"), encoding="utf-8")
    run(project)
    project.config.write_text(text.replace("entries.csv", "150.parquet"), encoding="utf-8")
    assert moved(project) == {"entries changed": (1, 0, 50)}


def test_damaged_evidence_of_the_last_run_is_left_to_verify(project: Project) -> None:
    """The next run is recorded all the same, and does not say why the totals moved."""
    then = first_run(project)
    (then.folder / "SHA256SUMS").unlink()
    project.write("entries.csv", ENTRIES + entry("001", "150.00"))
    outcome = run_month(load(project.config), JUNE, formats=("csv",))
    assert outcome.history.since is not None
    assert outcome.history.since.parts == ()
    assert len(outcome.history.since.new) == 3


@pytest.mark.slow
def test_a_wider_tolerance_moves_no_total(project: Project) -> None:
    """What is tolerated is still there: the breaks are others, and the policy is why."""
    project.configure(rest='[policy]\ntolerance = "50%"\n')
    assert moved(project) == {"policy changed": (None, 0, 0)}


@pytest.mark.slow
def test_all_at_once_adds_up(project: Project) -> None:
    """Whatever changes together, the parts are the whole movement; `movement` asserts it."""
    project.write("contracts.csv", CONTRACTS + contract("002", "36.00") + contract("004"))
    project.write("entries.csv", ENTRIES + entry("002", "99.99") + entry("003") * 2 + entry("004"))
    project.configure(rest='[policy]\nrounding = "last_period"\n')
    parts = moved(project)
    assert {"entries changed", "entries added", "contract lines removed"} <= set(parts)


def test_runs_of_two_months_are_refused(project: Project) -> None:
    """What moved between two months is the roll-forward's business."""
    with pytest.raises(UsageError, match="two of one month"):
        movement(first_run(project), run(project, JUNE + 1))
