"""Tasks: what is written for Task Scheduler, byte for byte, and the lines that register it."""

from __future__ import annotations

import codecs
import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from recon.base.errors import ConfigError
from recon.config import TaskSettings
from recon.setup.tasks.files import verified, write_files
from recon.setup.tasks.plan import Place, Task, planned
from recon.setup.tasks.registration import registration
from recon.setup.tasks.render import rendered
from recon.setup.tasks.rules import check
from tests.golden_files import check_golden
from tests.shell import ROOT

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
ACCOUNT = r"DOMAIN\svc-recon"
GROUP_MANAGED = r"DOMAIN\recon$"
USUAL = TaskSettings(escalation=True)
# The example that the files in schedules/ are of.
PLACE = Place(r"C:\recon\.venv\Scripts\python.exe", r"C:\recon\config\recon.toml", r"C:\recon")
AWKWARD = Place(
    r"C:\Programme & Büro\O'Neil <1>\python.exe",
    r"D:\Müller & Söhne\'Abschluß' 100%\recon.toml",
    r"D:\Müller & Söhne",
    "jahres abschluß",
)


def tasks(
    settings: TaskSettings = USUAL,
    account: str = ACCOUNT,
    place: Place = PLACE,
    *,
    feeds: bool = False,
) -> dict[str, Task]:
    """Return the planned tasks by name."""
    return {task.name: task for task in planned(settings, account, place, feeds=feeds)}


def text(task: Task) -> str:
    """Return the XML of a task as text."""
    content = rendered(task)
    assert content.startswith(codecs.BOM_UTF16_LE)
    return content[2:].decode("utf-16-le")


CASES = {
    "close": tasks()["close"],
    "catch-up": tasks()["catch-up"],
    "escalation": tasks()["escalation"],
    "load": tasks(feeds=True)["load"],
    "load_hourly": tasks(replace(USUAL, load_every=90), feeds=True)["load"],
    "group_managed": tasks(account=GROUP_MANAGED)["close"],
    "quarters": tasks(replace(USUAL, days=("5", "Last"), months=("1", "4", "7", "10")))["close"],
    "awkward": tasks(
        replace(USUAL, folder="F&A", time_limit=95, time="23:59"), r"F&A\o'neil", AWKWARD
    )["close"],
}


@pytest.mark.parametrize("name", CASES)
def test_the_xml_is_golden(name: str) -> None:
    """Every trigger, both kinds of accounts, and names that need escaping."""
    check_golden(f"tasks/{name}.xml", text(CASES[name]))


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_utf_16_with_its_mark_and_windows_lines(name: str) -> None:
    """As schtasks wants it."""
    content = rendered(CASES[name])
    assert content[:2] == b"\xff\xfe"
    assert content[2:].startswith('<?xml version="1.0" encoding="UTF-16"?>\r\n'.encode("utf-16-le"))
    assert "\n" not in content[2:].decode("utf-16-le").replace("\r\n", "")


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_reads_back(name: str) -> None:
    """Any parser finds the names as they were, whatever is in them."""
    task = CASES[name]
    root = ET.fromstring(rendered(task).decode("utf-16"))  # noqa: S314 - our own

    def value(path: str) -> str | None:
        return root.findtext("/".join(NAMESPACE + part for part in path.split("/")))

    assert root.get("version") == "1.2"
    assert value("Principals/Principal/UserId") == task.account
    assert value("Principals/Principal/LogonType") == "Password"
    assert value("Actions/Exec/Command") == task.command
    assert value("Actions/Exec/Arguments") == task.arguments
    assert value("Actions/Exec/WorkingDirectory") == task.directory
    days = [day.text for day in root.iter(f"{NAMESPACE}Day")]
    assert days == list(task.days)
    assert len(list(root.iter(f"{NAMESPACE}Months"))) == bool(task.days)


@pytest.mark.parametrize("name", CASES)
def test_the_checker_has_nothing_to_say(name: str) -> None:
    """Neither a mistake nor a warning."""
    assert check(rendered(CASES[name])) == []


def test_escalation_and_loads_are_there_only_where_they_are_wanted() -> None:
    """The usual is without."""
    assert list(tasks(TaskSettings())) == ["close", "catch-up"]
    assert list(tasks()) == ["close", "catch-up", "escalation"]
    assert list(tasks(TaskSettings(), feeds=True)) == ["close", "catch-up", "load"]


def test_the_profile_and_a_folder_of_its_own_are_named() -> None:
    """As the configuration and the command line have them."""
    place = replace(PLACE, profile="test")
    task = tasks(replace(USUAL, working_directory=r"E:\work"), place=place)["catch-up"]
    assert task.arguments.endswith(r" --config C:\recon\config\recon.toml --profile test")
    assert task.directory == r"E:\work"


# The files that we ship


@pytest.mark.parametrize("name", tasks(feeds=True))
def test_the_shipped_files_are_those_of_the_example(name: str) -> None:
    """Byte for byte; RECON_UPDATE_GOLDEN=1 writes them anew."""
    path, content = ROOT / "schedules" / f"{name}.xml", rendered(tasks(feeds=True)[name])
    if os.environ.get("RECON_UPDATE_GOLDEN") == "1":
        path.write_bytes(content)
    assert path.read_bytes() == content


def test_the_readme_shows_the_lines_of_the_example() -> None:
    """For an account and for a group managed one."""
    readme = (ROOT / "schedules" / "README.md").read_text(encoding="utf-8")
    for account in (ACCOUNT, GROUP_MANAGED):
        found = tasks(TaskSettings(), account)
        lines = registration({rf"C:\recon\schedules\{task.file}": task for task in found.values()})
        for line in filter(lambda line: line.startswith("  "), lines.splitlines()):
            assert f"  {line}\n" in readme


# Registration


@pytest.mark.parametrize("account", [ACCOUNT, GROUP_MANAGED])
def test_the_lines_of_registration_are_golden(account: str) -> None:
    """With a path that has quotes, an ampersand and umlauts in it."""
    found = tasks(account=account)
    kind = "group_managed" if account.endswith("$") else "account"
    folder = r"D:\Müller & Söhne\O'Neil"
    check_golden(
        f"tasks/register_{kind}.txt",
        registration({rf"{folder}\{task.file}": task for task in found.values()}),
    )


def test_powershell_takes_typographic_quotes_for_quotes() -> None:
    """So they are doubled too."""
    (line,) = [
        line
        for line in registration({"C:\\a’b\\close.xml": tasks()["close"]}).splitlines()
        if "Register" in line and "Get-Content" in line
    ]
    assert "'C:\\a’’b\\close.xml'" in line


def test_no_line_holds_a_password() -> None:
    """It is asked for, by `*` and by Get-Credential."""
    lines = registration({"close.xml": tasks()["close"]})
    assert "/RP *" in lines
    assert "Get-Credential" in lines


# Files


def test_what_task_scheduler_would_refuse_is_not_written() -> None:
    """A path that is too long, or quotes where none may be."""
    place = Place("C:\\" + "x" * 260 + "\\python.exe", r"C:\recon.toml", 'C:\\"a"')
    files = {task.file: rendered(task) for task in tasks(TaskSettings(), place=place).values()}
    with pytest.raises(ConfigError) as caught:
        verified(files)
    assert len(caught.value.mistakes) == 4
    assert "Command" in caught.value.mistakes[0]
    assert "must be written without quotes" in caught.value.mistakes[1]


def test_what_was_there_is_kept(tmp_path: Path) -> None:
    """Unless it is the same; nothing else stays behind."""
    folder = tmp_path / "new" / "schedules"
    assert write_files(folder, {"close.xml": b"1"}) == []
    assert write_files(folder, {"close.xml": b"1"}) == []
    assert write_files(folder, {"close.xml": b"2"}) == [folder / "close.xml.bak"]
    assert write_files(folder, {"close.xml": b"3"}) == [folder / "close.xml.2.bak"]
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert files == {"close.xml": b"3", "close.xml.bak": b"1", "close.xml.2.bak": b"2"}


def test_order_to_cash_has_a_task_where_there_is_a_ledger() -> None:
    """It starts every day, and ends at once where no month is due."""
    tasks = planned(TaskSettings(), ACCOUNT, PLACE, cash=True)
    (cash,) = [task for task in tasks if task.name == "cash"]
    assert (cash.time, cash.days) == ("07:30", ())
    assert "cash --closed" in cash.arguments
    assert check(rendered(cash)) == []
    check_golden("tasks/cash.xml", text(cash))
