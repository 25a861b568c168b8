"""The power is cut at random points of a run, many times: nothing half-written, nothing lost."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO

import pytest

from recon.base.month import Month
from recon.record.journal.store import Journal
from tests.shell import PATIENCE, Project, environment, in_process, patient, recon

pytestmark = pytest.mark.slow

JUNE = Month.parse("2024-06")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with a hundred contracts, some of which break."""
    project = Project(tmp_path)
    project.fill(*(["100.00"] * 80 + ["900.00"] * 20))
    return project


def begun(
    project: Project, month: str = "2024-06", *more: str, out: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Return a run that has just begun; what it prints goes to `out`."""
    return subprocess.Popen(
        patient("month", month, *more), cwd=project.folder, env=environment(), stdout=out,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


def complete(project: Project) -> list[str]:
    """Return the folders of runs that stand there for everybody to see, each one complete."""
    folders = [f for f in project.reports.glob("2024-06/*/") if not f.name.startswith(".")]
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert {"breaks.csv", "bridge.csv", "invalid.csv", "lines.csv"} <= names, names
        assert any(name.endswith(".xlsx") for name in names), names
    return sorted(folder.name for folder in folders)


def recorded(project: Project) -> list[str]:
    """Return the runs that the journal knows; it is whole."""
    if not (project.reports / "journal.db").exists():
        return []
    with closing(sqlite3.connect(project.reports / "journal.db")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Journal.at(project.reports) as known:
        return sorted(run.run_id for run in known.runs(JUNE))


def test_a_killed_run_leaves_nothing_half_written(project: Project) -> None:
    """Whenever the process is killed, what stands there is complete, and the next run works."""
    chance = random.Random(20241)  # noqa: S311 - any moments will do, the same ones each time
    ended = begun(project)
    assert ended.wait(PATIENCE) == 3
    known = recorded(project)
    for _ in range(5):
        run = begun(project)
        try:
            run.wait(chance.uniform(0.05, 2.0))
        except subprocess.TimeoutExpired:
            run.kill()
        run.wait(PATIENCE)
        now = recorded(project)
        # What was recorded stays recorded, and every recorded run has its reports.
        assert set(known) <= set(now)
        assert set(now) <= set(complete(project))
        known = now
    assert recon("month", "2024-06", cwd=project.folder).returncode == 3
    assert len(recorded(project)) == len(known) + 1
    assert not list(project.reports.glob("*/.*")), "what a killed run left is cleared"
    verified = recon("verify", "--all", cwd=project.folder)
    assert verified.returncode == 0, verified.stdout.decode()


def test_a_cut_between_the_reports_and_their_record(project: Project) -> None:
    """The reports that nobody has recorded stand, are proven, and are told as cut off."""
    assert begun(project).wait(PATIENCE) == 3
    journal = project.reports / "journal.db"
    before = journal.read_bytes()
    assert begun(project).wait(PATIENCE) == 3
    journal.write_bytes(before)
    assert begun(project).wait(PATIENCE) == 3
    assert len(recorded(project)) == 2
    assert len(complete(project)) == 3
    verified = recon("verify", "--all", cwd=project.folder)
    assert verified.returncode == 0, verified.stdout.decode()
    assert verified.stdout.count(b"was cut off before it was recorded") == 1


def test_what_a_killed_run_has_left_goes_after_a_week(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gigabytes of temporary files; what a run still uses, and what is not recon's, stays."""
    temporary = tmp_path / "temporary"
    old = ("recon-41-0123abcd", "recon-42-x_3yab12")
    others = ("recon-43-0123abcd", "recon-archived", "other-44-0123abcd")
    for name in (*old, *others):
        (temporary / name).mkdir(parents=True)
        (temporary / name / "spilled.tmp").write_bytes(b"rows")
    week = 7 * 24 * 3600
    for name in (*old, *others):
        then = time.time() - (week - 60 if name == others[0] else week + 60)
        os.utime(temporary / name, (then, then))
    sheets = [temporary / f"openpyxl.{name}" for name in ("x_3yab12", "0123abcd")]
    for sheet, age in zip(sheets, (week + 60, week - 60), strict=True):
        sheet.write_text("rows", encoding="utf-8")
        os.utime(sheet, (time.time() - age, time.time() - age))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert in_process("month", "2024-06", cwd=project.folder).returncode == 3
    assert {path.name for path in temporary.iterdir()} == {*others, sheets[1].name}


def test_runs_at_once_are_not_mixed_up(project: Project) -> None:
    """All end well, one after the other, each with reports, breaks and a log of its own."""
    with ExitStack() as files:
        outs = [files.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        runs = [
            begun(project, month, "--json", out=out)
            for month, out in zip(("2024-06", "2024-07", "2024-06"), outs, strict=True)
        ]
        assert [run.wait(PATIENCE) for run in runs] == [3, 3, 3]
        said = [out.seek(0) or out.read() for out in outs]
    assert len(recorded(project)) == 2
    assert complete(project) == recorded(project)
    printed = {found["run_id"]: len(found["breaks"]) for found in map(json.loads, said)}
    with Journal.at(project.reports) as known:
        assert {run.run_id: run.breaks for run in known.runs()} == printed
    logs = sorted((project.reports / "logs").glob("*.log"))
    assert len(logs) == 3
    for path in logs:
        first, *_, last = path.read_text(encoding="utf-8").splitlines()
        assert ("begins" in first, "exit_code=3" in last) == (True, True), (first, last)
