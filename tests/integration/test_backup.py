"""`recon backup` and `recon restore`: all runs in one file, and back."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from recon.base.month import Month
from recon.config import load
from recon.record.access.model import Part
from recon.record.access.people import People
from recon.run.month import run_month
from tests.shell import Project, in_process, one_sentence


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with two runs and a backup, without its folder of reports."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.fill("100.00", "150.00")
    settings = load(project.config)
    for month in ("2024-06", "2024-05"):
        run_month(settings, Month.parse(month), formats=("csv",))
    done = in_process("backup", "books.zip", cwd=project.folder)
    assert done.returncode == 0, done.stderr
    assert b"2 runs" in done.stdout
    return project


@pytest.fixture
def project(pristine: Project, tmp_path: Path) -> Project:
    """Return a copy of that project."""
    shutil.copytree(pristine.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)


def contents(reports: Path) -> dict[str, bytes]:
    """Return the files of all runs."""
    return {
        str(path.relative_to(reports)): path.read_bytes()
        for path in reports.glob("*/*/**/*") if path.is_file()
    }  # fmt: skip


def test_a_backup_brings_everything_back(project: Project) -> None:
    """Every file as it was, and the journal: all of it proves itself, and the next run works."""
    before = contents(project.reports)
    shutil.rmtree(project.reports)
    done = in_process("restore", "books.zip", cwd=project.folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert contents(project.reports) == before
    run_month(load(project.config), Month.parse("2024-06"), formats=("csv",))
    assert in_process("verify", "--all", cwd=project.folder).returncode == 0


def test_the_people_of_the_page_come_back_logged_out(project: Project) -> None:
    """With their passwords, tokens and actions; where there are people, those stay."""
    with People.at(project.reports) as people:
        people.add("anna", "four words or more", [Part.REVIEWER])
        token = people.make_token("anna", [Part.REVIEWER], 7, "")
        session = people.begin_session("anna", "127.0.0.1")
    done = in_process("backup", "people.zip", cwd=project.folder)
    assert b"the people of the page" in done.stdout
    shutil.rmtree(project.reports)
    done = in_process("restore", "people.zip", cwd=project.folder)
    assert (done.returncode, b"the people of the page" in done.stdout) == (0, True)
    with People.at(project.reports) as people:
        assert people.checked("anna", "four words or more")
        assert people.of_token(token)
        assert people.of_session(session, 1, 1) is None
        people.disable("anna")
    (project.reports / "journal.db").unlink()
    done = in_process("restore", "people.zip", cwd=project.folder)
    assert b"The people of the page are those that were there." in done.stdout
    with People.at(project.reports) as people:
        assert people.known("anna") is None


def test_only_what_is_missing_comes_back(project: Project) -> None:
    """Beside runs that are still there, and as they were."""
    before = contents(project.reports)
    (project.reports / "journal.db").unlink()
    shutil.rmtree(project.reports / "2024-05")
    done = in_process("restore", "books.zip", cwd=project.folder)
    assert done.returncode == 0
    assert b"were there already" in done.stdout
    assert contents(project.reports) == before


def refused(project: Project, *arguments: str, said: str) -> None:
    """Look for one sentence, and nothing that was changed."""
    before = contents(project.reports)
    done = in_process(*arguments, cwd=project.folder)
    assert done.returncode == 2
    assert said in one_sentence(done.stderr.decode())
    assert contents(project.reports) == before
    assert not list(project.folder.rglob(".*.partial"))


def test_nothing_is_overwritten(project: Project) -> None:
    """Neither a journal, nor a file of a run that is another one, nor a backup."""
    refused(project, "restore", "books.zip", said="There is a journal")
    refused(project, "backup", "books.zip", said="is there already")
    (project.reports / "journal.db").unlink()
    refused(project, "backup", "more.zip", said="There is no journal")
    next(project.reports.glob("*/*/lines.csv")).write_text("other", encoding="utf-8")
    refused(project, "restore", "books.zip", said="nothing is overwritten")
    assert not (project.reports / "journal.db").exists()


@pytest.mark.parametrize(
    "name",
    ["../mine.txt", "/mine.txt", "2024-06/../../mine.txt", "a/b/C:\\mine", "mine", "2024-06/r/",
     "a/../b/c", "journal.db/x/y", "a/b/.hidden"],
)  # fmt: skip
def test_a_backup_with_other_files_is_refused(project: Project, name: str) -> None:
    """Whatever leads out of the folder of reports, or is no file of a run."""
    (project.reports / "journal.db").unlink()
    with zipfile.ZipFile(project.folder / "books.zip", "a") as kept:
        kept.writestr(name, "forged")
    refused(project, "restore", "books.zip", said="is not a backup of recon")


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", None])
def test_what_is_no_backup_is_2(project: Project, content: bytes | None) -> None:
    """Also one that is not there, or damaged."""
    (project.reports / "journal.db").unlink()
    file = project.folder / "books.zip"
    if content is None:
        whole = bytearray(file.read_bytes())
        whole[len(whole) // 3] ^= 0xFF
        content = bytes(whole)
    file.write_bytes(content)
    refused(project, "restore", "books.zip", said="books.zip")
    refused(project, "restore", "none.zip", said="cannot be read")
