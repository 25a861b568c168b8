"""The check of tasks: it finds each planted mistake, and leaves to Windows what is not ours."""

from __future__ import annotations

import codecs
from itertools import permutations

import pytest

from recon.config import TaskSettings
from recon.setup.tasks.plan import Place, planned
from recon.setup.tasks.render import rendered
from recon.setup.tasks.rules import check

PLACE = Place(r"C:\recon\.venv\Scripts\python.exe", r"C:\recon\config\recon.toml", r"C:\recon")
(CLOSE, CATCH_UP) = (
    rendered(task).decode("utf-16") for task in planned(TaskSettings(), r"DOMAIN\svc", PLACE)
)
DAILY = "<ScheduleByDay>\r\n        <DaysInterval>1</DaysInterval>\r\n      </ScheduleByDay>"
START = "<StartBoundary>2024-01-01T07:00:00</StartBoundary>"
ARGUMENTS = r"-X utf8 -m recon month --closed --config C:\recon\config\recon.toml"


def encoded(text: str) -> bytes:
    """A text as a file of Task Scheduler."""
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def lines_of(text: str) -> list[str]:
    """The lines about a task."""
    return [finding.line for finding in check(encoded(text))]


def changed(old: str, new: str, text: str = CLOSE) -> list[str]:
    """The lines about a task in which something is changed."""
    assert old in text, old
    return lines_of(text.replace(old, new, 1))


# How the file is written


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (CLOSE.encode(), "is not UTF-16, and schtasks refuses it"),
        (CLOSE.encode("utf-8-sig"), "is UTF-8, which schtasks refuses"),
        (CLOSE.encode("utf-16-le"), "has no byte order mark (FF FE)"),
        (codecs.BOM_UTF16_BE + CLOSE.encode("utf-16-be"), "is UTF-16 with the high byte first"),
        (CLOSE.encode("utf-16-be"), "has no byte order mark (FF FE)"),
        (encoded(CLOSE) + b"x", "contains bytes that are not UTF-16-LE text"),
        (encoded(CLOSE.replace("UTF-16", "UTF-8")), 'says encoding="UTF-8"'),
        (encoded(CLOSE.partition("\r\n")[2]), "the first line does not say its encoding"),
        (encoded(CLOSE.replace("</Task>", "")), "is not well-formed XML"),
        (encoded(CLOSE.replace(">DOMAIN", ">R&D")), "is not well-formed XML"),
        (encoded(CLOSE.replace("<Task ", "<!DOCTYPE Task>\n<Task ")), "has a DOCTYPE"),
        (encoded(CLOSE.replace("2004/02", "2005/02")), "must be a <Task xmlns="),
        (encoded(CLOSE.replace(' xmlns="', ' xmlns:t="')), "must be a <Task xmlns="),
        (b"", "is not UTF-16"),
        (codecs.BOM_UTF16_LE, "is not well-formed XML"),
    ],
)
def test_how_a_file_is_written(content: bytes, what: str) -> None:
    """Encoding, mark, declaration, form and namespace."""
    findings = check(content)
    assert any(what in finding.line and finding.mistake for finding in findings)


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4"])
def test_versions_that_windows_reads(version: str) -> None:
    """Those of Windows 7 and later."""
    assert changed('<Task version="1.2"', f'<Task version="{version}"') == []


def test_other_versions() -> None:
    """None, or one that is not known."""
    for other in ('<Task version="1.9"', "<Task"):
        assert 'mistake: Task: must have version="1.2"' in changed('<Task version="1.2"', other)


# Names, places, numbers


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("<StartWhenAvailable>true</StartWhenAvailable>",
         "<startwhenavailable>true</startwhenavailable>",
         "mistake: Task/Settings: <startwhenavailable> is misspelled; write <StartWhenAvailable>"),
        ("<January />", "<Januar />",
         "mistake: Task/Triggers/CalendarTrigger/ScheduleByMonth/Months: <Januar> is not a month"),
        ("<Day>1</Day>", "<Tag>1</Tag>",
         "warning: Task/Triggers/CalendarTrigger/ScheduleByMonth/DaysOfMonth: recon does not write "
         "<Tag>; Windows decides whether it is right"),
        ("<Author>recon</Author>", "<Author xmlns='urn:x'>recon</Author>",
         "warning: Task/RegistrationInfo: recon does not write <{urn:x}Author>"),
        ("<Author>recon</Author>", "<Author><b>recon</b></Author>",
         "warning: Task/RegistrationInfo/Author: recon does not write <b>"),
        (START, "", "mistake: Task/Triggers/CalendarTrigger/StartBoundary: '' must be a date"),
        (START, START * 2, "has <StartBoundary> more than once; keep one"),
        ("<Exec>", "<Exec><Command>x</Command>", "has <Command> more than once; keep one"),
        (f"<Command>{PLACE.python}</Command>", "", "Command: is empty or missing"),
    ],
)  # fmt: skip
def test_names(old: str, new: str, line: str) -> None:
    """What is misspelled, missing, there twice, or not written by recon."""
    lines = changed(old, new)
    assert any(line in found for found in lines), lines


def test_the_order_in_a_trigger_counts() -> None:
    """Boundaries come before what the calendar says; a line names both."""
    assert changed(f"{START}\r\n      {DAILY}".replace("07", "12"), DAILY + START, CATCH_UP) == [
        "mistake: Task/Triggers/CalendarTrigger: StartBoundary must come before ScheduleByDay; "
        "move it"
    ]
    late = "<EndBoundary>2030-01-01T00:00:00</EndBoundary>"
    assert "StartBoundary must come before EndBoundary; move it" in changed(START, late + START)[0]


REPETITION = "<Repetition><Interval>PT1H</Interval></Repetition>"
LIMIT = "<ExecutionTimeLimit>PT1H</ExecutionTimeLimit>"
ENABLED = "<Enabled>true</Enabled>"
DELAY = "<RandomDelay>PT5M</RandomDelay>"


@pytest.mark.parametrize(
    ("children", "right"),
    [
        ((START, REPETITION, LIMIT, DELAY), True),
        ((ENABLED, START, REPETITION), True),  # as the documentation has it
        ((REPETITION, START, ENABLED), True),  # as Windows writes it
        ((START, ENABLED, REPETITION, DELAY), True),
        ((LIMIT, START), False),
        ((LIMIT, REPETITION, START), False),
        ((DELAY, START), False),
        ((DELAY, START, ENABLED), False),
        ((START, DELAY, REPETITION), False),
        ((START, LIMIT, REPETITION), False),
    ],
)
def test_places_in_a_trigger(children: tuple[str, ...], right: bool) -> None:
    """Enabled and Repetition may stand early, as Windows itself writes them; no other may."""
    lines = [line for line in changed(START, "".join(children)) if "recon does not" not in line]
    assert (lines == []) is right
    assert len(lines) <= 1


def test_elsewhere_the_order_is_free() -> None:
    """The schema says so for principals, settings and actions."""
    parts = [
        "<UserId>DOMAIN\\svc</UserId>",
        "<LogonType>Password</LogonType>",
        "<RunLevel>LeastPrivilege</RunLevel>",
    ]
    head, _, rest = CLOSE.partition(parts[0])
    tail = rest.partition(parts[2])[2]
    for order in permutations(parts):
        assert lines_of(head + "".join(order) + tail) == []


def test_a_calendar_trigger_has_one_calendar() -> None:
    """Neither none nor two."""
    assert "'0' must be a whole number" in changed(">1<", ">0<", CATCH_UP)[0]
    assert "it has 0" in changed(DAILY, "", CATCH_UP)[0]
    assert "it has 2" in changed(DAILY, DAILY + DAILY.replace("Day", "Week"), CATCH_UP)[0]


# Values


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("<Day>1</Day>", "<Day>0</Day>", "'0' must be a day from 1 to 31, or Last"),
        ("<Day>1</Day>", "<Day>32</Day>", "'32' must be a day from 1 to 31, or Last"),
        ("<Day>1</Day>", "<Day>01</Day>", "'01' must be a day from 1 to 31, or Last"),
        ("<Day>1</Day>", "<Day>last</Day>", "'last' must be a day from 1 to 31, or Last"),
        ("<Day>1</Day>", "<Day></Day>", "'' must be a day from 1 to 31, or Last"),
        ("PT2H", "2h", "'2h' must be a duration like PT2H or P1DT30M"),
        ("PT2H", "PT", "'PT' must be a duration"),
        ("PT2H", "P", "'P' must be a duration"),
        ("2024-01-01T07:00:00", "07:00", "'07:00' must be a date and time like"),
        ("2024-01-01T07:00:00", "2024-02-30T07:00:00", "must be a date and time like"),
        ("<Hidden>false", "<Hidden>no", "'no' must be true or false"),
        ("<Hidden>false", "<Hidden>", "'' must be true or false"),
        ("IgnoreNew", "Ignore", "'Ignore' must be IgnoreNew"),
        ("LeastPrivilege", "Least", "'Least' must be LeastPrivilege"),
        (">Password<", ">Passwort<", "'Passwort' must be Password"),
        (r">C:\recon<", '>"C:\\recon"<', "must be written without quotes"),
        (r">C:\recon<", f">C:\\{'x' * 258}<", "has more than 260 characters"),
        (r"\python.exe<", f"\\{'x' * 260}.exe<", "has more than 260 characters"),
    ],
)
def test_values(old: str, new: str, line: str) -> None:
    """Each with what it should be."""
    lines = changed(old, new)
    assert any(line in found and found.startswith("mistake: ") for found in lines), lines


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Day>1</Day>", "<Day>Last</Day>"),
        ("PT2H", "P1DT30M"),
        ("PT2H", "P3D"),
        ("2024-01-01T07:00:00", "2024-01-01T07:00:00.1234567"),
        ("<Hidden>false", "<Hidden>0"),
        (r">C:\recon<", f">C:\\{'x' * 257}<"),
        (r">C:\recon<", r">C:\Program Files\recon<"),
    ],
)
def test_values_at_their_limits(old: str, new: str) -> None:
    """Nothing is said of what is right."""
    assert changed(old, new) == []


# Meaning


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('Context="Author"', 'Context="Autor"',
         "Task/Actions/@Context: 'Autor' is not 'Author', the id of the Principal"),
        (' Context="Author"', "", "Task/Actions/@Context: '' is not 'Author'"),
        (' id="Author"', "", "Task/Principals: has no Principal with an id"),
        (">Password<", ">S4U<", "LogonType: S4U has no credentials on the network"),
        (">Password<", ">InteractiveToken<", "LogonType: runs only while the user is logged on"),
        (">Password<", ">InteractiveTokenOrPassword<", "runs only while the user is logged on"),
        ("<UserId>DOMAIN\\svc</UserId>", "<GroupId>DOMAIN\\all</GroupId>",
         "GroupId: runs only while a member of the group is logged on"),
        ("python.exe", "pythonw.exe", "Command: pythonw has no output"),
        ("--closed", ">> log.txt", "Task Scheduler runs no shell"),
        ("--closed", "--closed > log.txt 2>&1", "Task Scheduler runs no shell"),
        ("--closed", "--closed | more", "Task Scheduler runs no shell"),
        ("--closed", "2024-06", "names one month, which every start would run again"),
        ("--closed", "--closed PWD=x", "Arguments: contains a password"),
        ("Reconciles the", "PASSWORD = x", "RegistrationInfo/Description: contains a password"),
        ("<Author>recon</Author>", "<Source>password=x</Source>", "Source: contains a password"),
        ("-X utf8", r"/c C:\x\pythonw.exe -X utf8", "pythonw has no output"),
    ],
)  # fmt: skip
def test_what_would_not_run_by_itself(old: str, new: str, line: str) -> None:
    """A mistake, though Windows would take most of them."""
    escaped = new if "<" in new else new.replace("&", "&amp;").replace(" > ", " &gt; ")
    escaped = escaped.replace(">> ", "&gt;&gt; ").replace("2>&", "2&gt;&")
    lines = changed(old, escaped)
    assert any(line in found and found.startswith("mistake: ") for found in lines), lines


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("<UserId>DOMAIN\\svc</UserId>", "", "no account is named"),
        ("DOMAIN\\svc", "S-1-5-18", "an account that many programs"),
        ("DOMAIN\\svc", "NT AUTHORITY\\SYSTEM", "an account that many programs"),
        ("LeastPrivilege", "HighestAvailable", "no administrator rights"),
        (r"C:\recon\.venv\Scripts\python.exe", "python.exe", "write its full path"),
        (" --closed", "", "a late start would run the wrong month"),
        ("-X utf8 ", "", "write -X utf8 before -m recon"),
        (r" --config C:\recon\config\recon.toml", "", "add --config"),
        (r"<WorkingDirectory>C:\recon</WorkingDirectory>", "", "start in C:\\Windows\\System32"),
        ("<StartWhenAvailable>true", "<StartWhenAvailable>false", "would be lost"),
        ("<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>", "", "emergency power"),
        ("<StopIfGoingOnBatteries>false", "<StopIfGoingOnBatteries>1", "emergency power"),
        ("IgnoreNew", "Parallel", "one run at a time is enough"),
        ("PT2H", "PT0S", "a run that hangs"),
        ("<Enabled>true", "<Enabled>false", "the task is switched off"),
        ("07:00:00<", "07:00:00Z<", "write the local time without one"),
        ("07:00:00<", "07:00:00+02:00<", "write the local time without one"),
    ],
)
def test_what_had_better_be_otherwise(old: str, new: str, line: str) -> None:
    """A warning, which is no mistake; and one line of it."""
    (found,) = changed(old, new)
    assert found.startswith("warning: ")
    assert line in found


def test_days_that_not_every_month_has() -> None:
    """The 31st alone would leave out five months; no day or month at all is a mistake."""
    days = "".join(f"<Day>{day}</Day>" for day in (29, 31))
    head, _, rest = CLOSE.partition("<Day>1</Day>")
    tail = rest.partition("<Day>10</Day>")[2]
    assert lines_of(head + days + tail)[0].endswith("not every month has such a day; add Last")
    assert lines_of(head + days + "<Day>Last</Day>" + tail) == []
    assert lines_of(head + tail)[0].startswith("mistake: ")
    months = CLOSE.partition("<January />")[0] + CLOSE.partition("<December />")[2]
    assert "has no month" in lines_of(months)[0]


def test_a_task_that_nothing_starts() -> None:
    """Allowed, and not what anybody wants of it."""
    head, _, rest = CLOSE.partition("<CalendarTrigger>")
    tail = rest.partition("</CalendarTrigger>")[2]
    assert lines_of(head + tail) == [
        "warning: Task/Triggers: nothing starts the task except you; add a CalendarTrigger"
    ]


def test_a_task_that_does_nothing() -> None:
    """Neither a program nor any other action."""
    head, _, rest = CLOSE.partition("<Exec>")
    lines = lines_of(head + rest.partition("</Exec>")[2])
    assert lines == ["mistake: Task/Actions: has no action; add an Exec with its Command"]


def test_a_shell_may_have_its_redirections() -> None:
    """Who starts cmd.exe gets a shell; quotes hide what is in them."""
    shell = CLOSE.replace(PLACE.python, r"C:\Windows\System32\cmd.exe")
    assert lines_of(shell.replace("-X utf8", "/c python.exe -X utf8 &gt;&gt; log")) == []
    assert changed("--closed", '--closed --profile "a &gt; b"') == []


def test_nothing_is_advised_twice_of_a_task_without_settings() -> None:
    """What is not there has its usual meaning."""
    head, _, rest = CLOSE.partition("<Settings>")
    lines = lines_of(head + rest.partition("</Settings>")[2])
    assert [line.split(":")[1] for line in lines] == [
        " Task/Settings/StartWhenAvailable",
        " Task/Settings/DisallowStartIfOnBatteries",
        " Task/Settings/StopIfGoingOnBatteries",
    ]


def test_what_recon_does_not_write_is_left_to_windows() -> None:
    """As where Task Scheduler exports a task that somebody has changed there: no mistake."""
    text = CLOSE.replace("<Author>", "<Date>2024-05-02T09:12:44</Date><Author>")
    text = text.replace(START, f"{REPETITION}{START}{ENABLED}")
    text = text.replace("</Triggers>", f"<LogonTrigger>{ENABLED}</LogonTrigger></Triggers>")
    text = text.replace("</Settings>", "<Priority>7</Priority><Volatile>no</Volatile></Settings>")
    lines = lines_of(text.replace('"1.2"', '"1.4"'))
    assert lines == [
        f"warning: Task{where}: recon does not write <{name}>; Windows decides whether it is right"
        for where, name in (
            ("/RegistrationInfo", "Date"), ("/Triggers", "LogonTrigger"), ("/Settings", "Priority"),
            ("/Settings", "Volatile"), ("/Triggers/CalendarTrigger", "Enabled"),
        )
    ]  # fmt: skip
