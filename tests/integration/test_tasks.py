"""`recon task`: files for Task Scheduler from a configuration, and the check of files."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from recon.base.errors import ExitCode
from recon.config import load
from tests.shell import ROOT, Project, in_process, one_sentence

SCHEDULES = ROOT / "schedules"
README = (SCHEDULES / "README.md").read_text(encoding="utf-8")
NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
TASKS = """\
[calendar]
start = "2024-01"
[tasks]
account = 'FIN\\svc-recon'
folder = "Finance"
days = "3-5"
escalation = true
working_directory = 'C:\\recon'
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with tasks in its configuration, in a folder with a blank and an ampersand."""
    project = Project(tmp_path / "Müller & Söhne")
    project.configure(rest=TASKS)
    return project


def parsed(path: Path) -> ET.Element:
    """Return a task that was written."""
    content = path.read_bytes()
    assert content[:2] == b"\xff\xfe"
    return ET.fromstring(content.decode("utf-16"))  # noqa: S314 - our own


def found(task: ET.Element, name: str) -> str:
    """Return the text of the first element of that name."""
    return next(item.text or "" for item in task.iter(NAMESPACE + name))


def test_the_tasks_of_a_configuration_are_written_and_checked(project: Project) -> None:
    """The program is this Python, the configuration this one; our own check agrees."""
    done = in_process("task", "write", "--config", project.config, cwd=project.folder)
    assert done.returncode == 0
    folder = project.folder / "schedules"
    assert {path.name for path in folder.iterdir()} == {
        "close.xml",
        "catch-up.xml",
        "escalation.xml",
    }
    close = parsed(folder / "close.xml")
    assert re.search(r"python[\d.]*(\.exe)?$", found(close, "Command"))
    assert (
        found(close, "Arguments") == f'-X utf8 -m recon month --closed --config "{project.config}"'
    )
    assert found(close, "UserId") == r"FIN\svc-recon"
    assert [day.text for day in close.iter(f"{NAMESPACE}Day")] == ["3", "4", "5"]
    output = done.stdout.decode()
    assert (
        f'/XML "{folder / "close.xml"}" /TN "\\Finance\\close" /RU "FIN\\svc-recon" /RP *' in output
    )
    checked = in_process("task", "check", *sorted(folder.iterdir()), cwd=project.folder)
    assert checked.returncode == 0
    assert checked.stdout.decode().count("nothing to correct") == 3


def test_the_command_line_goes_before_the_configuration(project: Project) -> None:
    """Another account, another folder; what was there before is kept."""
    for _ in range(2):
        assert in_process("task", "write", cwd=project.folder).returncode == 0
    assert len(list((project.folder / "schedules").iterdir())) == 3
    done = in_process("task", "write", "--gmsa", "FIN\\recon$", cwd=project.folder)
    assert done.returncode == 0
    kept = sorted(path.name for path in (project.folder / "schedules").glob("*.bak"))
    assert kept == ["catch-up.xml.bak", "close.xml.bak", "escalation.xml.bak"]
    assert "The previous version is in " in done.stdout.decode()
    assert "New-ScheduledTaskPrincipal" in done.stdout.decode()
    assert "schtasks" not in done.stdout.decode()
    done = in_process(
        "task", "write", "--account", "me@fin.example", "--out", "x", cwd=project.folder
    )
    assert found(parsed(project.folder / "x" / "close.xml"), "UserId") == "me@fin.example"


def test_without_a_first_month_it_says_what_that_means(project: Project) -> None:
    """On standard error; the tasks are written."""
    project.configure(rest="[tasks]\naccount = 'FIN\\svc'\n")
    done = in_process("task", "write", cwd=project.folder)
    assert done.returncode == 0
    assert b"Set start under [calendar]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--account", "FIN\\svc", "--gmsa", "FIN\\svc$"), "either --account or --gmsa"),
        (("--account", "FIN\\svc$"), "goes with --gmsa"),
        (("--gmsa", "FIN\\svc"), "ends with $"),
        (("--account", "svc"), "is not an account like"),
    ],
)
def test_accounts_that_cannot_be(project: Project, arguments: tuple[str, ...], told: str) -> None:
    """A usage error; nothing is written."""
    done = in_process("task", "write", *arguments, cwd=project.folder)
    assert done.returncode == 2
    assert told in one_sentence(done.stderr.decode())
    assert not (project.folder / "schedules").exists()


def test_an_account_is_needed(project: Project) -> None:
    """It is never guessed."""
    project.configure()
    done = in_process("task", "write", cwd=project.folder)
    assert done.returncode == 2
    assert "Name the account" in one_sentence(done.stderr.decode())


def test_a_configuration_is_needed(tmp_path: Path) -> None:
    """The sample needs no tasks."""
    env = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    env["LOCALAPPDATA"] = str(tmp_path)
    done = in_process("task", "write", "--account", "FIN\\svc", cwd=tmp_path, env=env)
    assert done.returncode == 2
    assert "There is no configuration" in one_sentence(done.stderr.decode())


def test_what_task_scheduler_would_refuse_is_a_mistake_of_the_configuration(
    project: Project,
) -> None:
    """Exit code 4, and no file."""
    project.configure(rest=f"[tasks]\naccount = 'A\\b'\nworking_directory = 'C:\\{'x' * 300}'\n")
    done = in_process("task", "write", cwd=project.folder)
    assert done.returncode == 4
    assert b"close.xml: Task/Actions/Exec/WorkingDirectory" in done.stderr
    assert not (project.folder / "schedules").exists()


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    """Exit code 7, in one sentence."""
    (project.folder / "taken").write_text("x", encoding="utf-8")
    done = in_process("task", "write", "--out", "taken", cwd=project.folder)
    assert done.returncode == 7
    assert "The tasks cannot be written" in one_sentence(done.stderr.decode())


def test_a_mistake_is_exit_code_6_and_a_warning_is_none(tmp_path: Path) -> None:
    """A line each; all files are looked at."""
    shipped = (SCHEDULES / "close.xml").read_bytes()
    (tmp_path / "s4u.xml").write_bytes(
        shipped.replace("Password".encode("utf-16-le"), "S4U".encode("utf-16-le"))
    )
    (tmp_path / "queue.xml").write_bytes(
        shipped.replace("IgnoreNew".encode("utf-16-le"), "Queue".encode("utf-16-le"))
    )
    done = in_process(
        "task", "check", "s4u.xml", SCHEDULES / "close.xml", "queue.xml", cwd=tmp_path
    )
    assert done.returncode == 6
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("s4u.xml: mistake: Task/Principals/Principal/LogonType: S4U")
    assert lines[1].endswith("close.xml: nothing to correct")
    assert lines[2].startswith("queue.xml: warning: ")
    assert in_process("task", "check", "queue.xml", cwd=tmp_path).returncode == 0


def test_a_file_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    """A usage error, a folder too."""
    for name in ("nowhere.xml", str(tmp_path)):
        done = in_process("task", "check", name, cwd=tmp_path)
        assert done.returncode == 2
        assert name in one_sentence(done.stderr.decode())


# schedules/README.md


def test_the_calendar_in_the_readme_is_one(tmp_path: Path) -> None:
    """The block is read without a mistake."""
    block = re.search(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert block
    path = tmp_path / "recon.toml"
    sample = "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n"
    path.write_text(sample + block[1], encoding="utf-8")
    (tmp_path / "holidays.txt").touch()
    assert load(path).calendar.close_day == 3


def test_the_readme_has_every_exit_code() -> None:
    """As Last Run Result shows them."""
    shown = {int(code, 16) for code in re.findall(r"^\| 0x([0-9A-F]+) \|", README, re.MULTILINE)}
    assert {code.value for code in ExitCode} <= shown


def test_the_shipped_files_are_right(tmp_path: Path) -> None:
    """By our own check."""
    assert (
        in_process("task", "check", *sorted(SCHEDULES.glob("*.xml")), cwd=tmp_path).returncode == 0
    )
