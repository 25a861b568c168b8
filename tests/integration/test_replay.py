"""`recon diff` and `recon tune`, as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.shell import ENTRIES, Project, entry, in_process, one_sentence


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose June was run twice: an entry has come, another one has changed.

    It is only read.
    """
    project = Project(tmp_path_factory.mktemp("replay"))
    project.fill("100.00", "103.00", "150.00")
    run(project)
    changed = entry("001") + entry("002", "103.00") + entry("003", "100.00")
    project.write("entries.csv", ENTRIES + changed + "X,003,Subscription,7.00,2024-06\n")
    run(project)
    return project


def run(project: Project) -> None:
    """Run June and record it."""
    done = in_process("month", "2024-06", "--format", "csv", cwd=project.folder)
    assert done.returncode in (0, 3)


def runs(project: Project) -> list[str]:
    """Return the recorded runs, the first one first."""
    folders = [folder for folder in project.reports.glob("2024-06/*") if folder.is_dir()]
    return [folder.name for folder in sorted(folders, key=lambda f: f.stat().st_mtime_ns)]


def document(project: Project, *arguments: str) -> Any:
    """Return what a command prints with --json."""
    done = in_process(*arguments, "--json", cwd=project.folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_difference_of_two_runs_is_told_with_its_reasons(project: Project) -> None:
    """Breaks that came and went, and what moved the totals, in parts that add up."""
    told = document(project, "diff", *runs(project))
    (changed,) = told["changed"]
    assert (changed["then"]["difference"], changed["now"]["difference"]) == ("50.00", "7.00")
    parts = {part["what"]: part["moved"]["USD"]["recognized"] for part in told["movement"]}
    assert parts == {"entries changed": "-50.00", "entries added": "7.00"}


def test_the_console_says_the_same(project: Project) -> None:
    """The sum of the parts stands below them."""
    first, _ = runs(project)
    said = in_process("diff", first, "2024-06", cwd=project.folder).stdout.decode()
    assert "Entries added" in said
    assert [line.split()[-2] for line in said.splitlines() if line.split()[:1] == ["Total"]] == [
        "-43.00"
    ]


def test_a_run_and_itself_differ_in_nothing(project: Project) -> None:
    """One line says so."""
    first, _ = runs(project)
    said = in_process("diff", first, first, cwd=project.folder).stdout.decode()
    assert "Nothing has changed" in said


def test_another_tolerance_shows_what_would_be_missed(project: Project) -> None:
    """Wider, breaks are lost; narrower, they are gained."""
    (wider,) = document(project, "tune", "--tolerance", "10%")["months"]
    assert [item["contract_id"] for item in wider["lost"]] == ["003", "002"]
    assert wider["newly_ignored"] == {"USD": "10.00"}
    (narrower,) = document(project, "tune", "--type", "Subscription=0%")["months"]
    assert (narrower["gained"], narrower["lost"]) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tune",), "Give another tolerance"),
        (("tune", "--segment", "SMB"), "like SMB=2%"),
        (("tune", "--segment", "SMB=two"), "from 0% to 100%, like 0.5%, not 'two'"),
        (("tune", "--segment", "Entreprise=5%"), "of the segment Entreprise; check how it is"),
        (("tune", "--tolerance", "101%"), "from 0% to 100%, like 0.5%, not '101%'"),
        (("tune", "--tolerance", "10%", "--month", "2024-07"), "No run of 2024-07"),
        (("diff", "nothing", "2024-06"), "There is no run 'nothing'"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 2, and what to type instead."""
    done = in_process(*arguments, cwd=project.folder)
    assert done.returncode == 2
    assert said in one_sentence(done.stderr.decode())


def test_evidence_that_is_gone_is_a_sentence(project: Project, tmp_path: Path) -> None:
    """A pack that cannot be read is told with what to do; there is no traceback."""
    first, _ = runs(project)
    copy = tmp_path / "copy"
    shutil.copytree(project.folder, copy)
    policy = copy / "reports" / "2024-06" / first / "evidence" / "policy.json"
    for harm in (lambda: policy.write_text("{", "utf-8"), policy.unlink):
        harm()
        done = in_process("diff", first, "2024-06", cwd=copy)
        assert (done.returncode, "recon verify" in one_sentence(done.stderr.decode())) == (6, True)
