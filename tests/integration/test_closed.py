"""`recon month --closed`: the month that is due, by the calendar and the journal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from recon.record.journal.store import Journal
from tests.shell import (
    ENTRIES,
    PATIENCE,
    Project,
    contract,
    entry,
    environment,
    in_process,
    one_sentence,
    patient,
)

CLOSED = ("month", "--closed", "--format", "csv", "--quiet")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose books have entries of every month of half a year."""
    project = Project(tmp_path)
    months = [f"2024-{number:02}" for number in range(6, 12)]
    project.fill(contracts=[contract("001")])
    project.write("entries.csv", ENTRIES + "".join(entry("001", month=name) for name in months))
    return project


def run(project: Project, today: str, *more: str) -> subprocess.CompletedProcess[bytes]:
    """Return what became of `recon month --closed` on a day, in this process."""
    return in_process(*CLOSED, "--today", today, *more, cwd=project.folder)


def recorded(project: Project) -> list[str]:
    """Return the months of all runs, in order of time."""
    with Journal.look(project.reports) as journal:
        return [str(run.month) for run in journal.runs()]


def test_a_month_after_the_other_and_a_line_when_nothing_is_due(project: Project) -> None:
    """Missed months first, one a start; then exit code 0 and the next day."""
    project.configure(rest="[calendar]\nstart = '2024-06'\n")
    outputs = [run(project, "2024-09-04") for _ in range(4)]
    assert [done.returncode for done in outputs] == [0, 0, 0, 0]
    told = [done.stderr.decode() for done in outputs]
    assert told[0] == (
        "recon: 2024-06 is due: its books have counted as closed since 2024-07-03.\n"
        "recon: After it, 2 more are due; each needs a run of its own.\n"
    )
    assert told[1].endswith("recon: After it, 1 more is due; each needs a run of its own.\n")
    assert told[2] == "recon: 2024-08 is due: its books have counted as closed since 2024-09-04.\n"
    assert told[3] == ""
    last = outputs[3].stdout.decode()
    assert last.startswith("Nothing is due: 2024-08 was run on 20")
    assert last.endswith(". 2024-09 is due from 2024-10-03.\n")
    assert recorded(project) == ["2024-06", "2024-07", "2024-08"]


def test_gaps_are_warned_of(project: Project) -> None:
    """A month between two that were run goes first."""
    project.configure(rest="[calendar]\nstart = '2024-06'\n")
    for name in ("2024-06", "2024-09"):
        assert in_process("month", name, "--format", "csv", cwd=project.folder).returncode == 0
    done = run(project, "2024-10-15")
    assert done.returncode == 0
    told = done.stderr.decode()
    assert "recon: 2024-07 is due: it has no run, though 2024-09 has one;" in told
    assert (
        "recon: Warning: there is no run of 2024-07, 2024-08, although a later month has one.\n"
        in told
    )
    assert recorded(project) == ["2024-06", "2024-09", "2024-07"]


def test_nothing_due_leaves_nothing_behind(project: Project) -> None:
    """No folder, no journal, no lock; one document with --json."""
    done = run(project, "2024-07-02", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "schema": 1,
        "due": None,
        "next": {"month": "2024-06", "day": "2024-07-03"},
        "reason": "Nothing is due: the books of 2024-06 are still open.",
    }
    assert done.stderr == b""
    assert not project.reports.exists()


def test_a_month_that_is_due_is_one_document_too(project: Project) -> None:
    """What is told of it goes to standard error."""
    done = run(project, "2024-07-03", "--json")
    assert json.loads(done.stdout)["month"] == "2024-06"
    assert b"2024-06 is due" in done.stderr


def test_a_run_that_failed_is_due_again(project: Project) -> None:
    """It is not in the journal."""
    (project.folder / "data" / "entries.csv").rename(project.folder / "gone.csv")
    assert run(project, "2024-07-03").returncode == 5
    (project.folder / "gone.csv").rename(project.folder / "data" / "entries.csv")
    assert run(project, "2024-07-04").returncode == 0
    assert recorded(project) == ["2024-06"]


def test_holidays_and_the_closing_day_count(project: Project) -> None:
    """The fourth business day, of which one is a holiday."""
    project.configure(rest="[calendar]\nclose_day = 4\nholidays = 'h.txt'\n")
    (project.config.parent / "h.txt").write_text("2024-07-04 # a day off\n", encoding="utf-8")
    assert run(project, "2024-07-04").stdout.endswith(b"2024-06 is due from 2024-07-05.\n")
    assert run(project, "2024-07-05").returncode == 0
    assert recorded(project) == ["2024-06"]


@pytest.mark.slow
def test_two_that_start_together_do_not_take_the_same_month(project: Project) -> None:
    """The second one waits, and then finds nothing due."""
    both = [
        subprocess.Popen(
            patient(*CLOSED, "--today", "2024-07-03"),
            cwd=project.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(b"Nothing is due" in output for output in outputs) == 1
    assert recorded(project) == ["2024-06"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("month", "2024-06", "--closed"), "--closed finds the month itself"),
        (("month", "--closed", "--format", "none"), "--closed records a run"),
        (("month", "2024-06", "--today", "2024-07-03"), "--today is only for --closed"),
        (("month", "--closed", "--today", "3 July"), "'3 July' is not a day like 2024-12-25"),
    ],
)
def test_what_does_not_go_together(project: Project, arguments: tuple[str, ...], told: str) -> None:
    """A usage error, in one sentence."""
    done = in_process(*arguments, cwd=project.folder)
    assert done.returncode == 2
    assert told in one_sentence(done.stderr.decode())


def test_the_sample_has_no_other_months(tmp_path: Path) -> None:
    """On the sample the month that is due may be one that it does not cover."""
    done = in_process("month", "--closed", "--today", "2026-02-10", cwd=tmp_path)
    assert done.returncode == 2
    assert b"The sample covers 2024-01 to 2024-12, not 2026-01" in done.stderr
