"""Rules: what a task means, beyond its schema: whether it runs by itself, and the right thing.

A rule is a row wherever it looks at the text of one element; the others are functions. `check`
holds the bytes of a file against schema and rules.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recon.setup.tasks.reading import read
from recon.setup.tasks.schema import structure
from recon.setup.tasks.values import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """What is told of an element below Task whose text is `wrong`; `usual` is that of none."""

    path: str
    wrong: Callable[[str], object]
    told: str
    usual: str = ""
    mistake: bool = False


def rules(task: ET.Element) -> Iterator[Finding]:
    """Yield every finding of every rule."""
    for rule in RULES:
        yield from _broken(task, rule)
    for function in (_context, _actions, _triggers):
        yield from function(task)


def _broken(task: ET.Element, rule: Rule) -> Iterator[Finding]:
    above, _, name = rule.path.rpartition("/")
    # What is not there has its usual text, the whole of Settings too.
    for parent in task.findall(above) or [ET.Element(above)] * bool(rule.usual):
        text = (parent.findtext(name) or "").strip() or rule.usual
        if rule.wrong(text):
            yield Finding(f"Task/{rule.path}", rule.told, rule.mistake)


def _is(*words: str) -> Callable[[str], bool]:
    return lambda text: text in words


def _is_not(*words: str) -> Callable[[str], bool]:
    return lambda text: text not in words


def _has(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.IGNORECASE).search


def _recon(wrong: Callable[[str], object]) -> Callable[[str], object]:
    """Return what is wrong with arguments that start recon."""
    return lambda text: re.search(r"(^|\s)-m\s+recon(\s|$)", text) and wrong(text)


def _month(wrong: Callable[[str], object]) -> Callable[[str], object]:
    """Return what is wrong with arguments that start `recon month`."""
    return _recon(lambda text: re.search(r"\srecon\s+month(\s|$)", text) and wrong(text))


def _relative(command: str) -> bool:
    return bool(command) and not re.search(r"[\\/]", command)


_A_MONTH = r"\s\d{4}-\d\d(\s|$)"
_OF_THE_MACHINE = r"^(S-1-5-(18|19|20)|(NT AUTHORITY\\)?(SYSTEM|LOCAL ?SERVICE|NETWORK ?SERVICE))$"
_PRINCIPAL = "Principals/Principal"
_COMMAND = "Actions/Exec/Command"
_ARGUMENTS = "Actions/Exec/Arguments"

RULES = (
    Rule(f"{_PRINCIPAL}/LogonType", _is("S4U"), mistake=True,
         told="S4U has no credentials on the network, so that no other server lets it in; write "
              "Password"),
    Rule(f"{_PRINCIPAL}/LogonType", _has("^Interactive"), mistake=True,
         told="runs only while the user is logged on; write Password"),
    Rule(f"{_PRINCIPAL}/GroupId", bool, mistake=True,
         told="runs only while one of the group is logged on; write the UserId of an account"),
    Rule(f"{_PRINCIPAL}/UserId", _is(""),
         told="no account is named; name it with /RU when you register the task"),
    Rule(f"{_PRINCIPAL}/UserId", _has(_OF_THE_MACHINE),
         told="is an account that many programs of the machine share; take one of its own"),
    Rule(f"{_PRINCIPAL}/RunLevel", _is("HighestAvailable"),
         told="recon needs no rights of an administrator; write LeastPrivilege"),
    Rule(_COMMAND, _has(r'pythonw(\.exe)?"?$'), mistake=True,
         told="pythonw has no output, so that nobody learns what went wrong; write python.exe"),
    Rule(_COMMAND, _relative,
         told="which program starts depends on the account; write its whole path"),
    Rule(_ARGUMENTS, _has(r"(^|[\s\\])pythonw(\.exe)?\b"), mistake=True,
         told="pythonw has no output, so that nobody learns what went wrong; write python.exe"),
    Rule(_ARGUMENTS, _has(r"\b(pwd|password)\s*=|--?password\s|/rp\s"), mistake=True,
         told="a password stands in it for everybody to read; take it out, and name its variable "
              "in the configuration"),
    Rule(_ARGUMENTS, _month(_has(_A_MONTH)), mistake=True,
         told="names one month, which would be run for ever; write --closed in its place"),
    Rule(_ARGUMENTS, _month(lambda text: "--closed" not in text and not _has(_A_MONTH)(text)),
         told="a start that is late takes the wrong month; add --closed"),
    Rule(_ARGUMENTS, _recon(lambda text: not _has(r"(^|\s)-X\s*utf8\s")(text)),
         told="the output is not UTF-8; write -X utf8 before -m recon"),
    Rule(_ARGUMENTS, _recon(lambda text: "--config" not in text),
         told="which configuration applies depends on the folder and the account; add --config"),
    Rule("Actions/Exec/WorkingDirectory", _is(""),
         told="is not there, so that the task starts in C:\\Windows\\System32; add it"),
    Rule("Settings/StartWhenAvailable", _is_not("true", "1"), usual="false",
         told="a start that was missed is not made good; write true"),
    Rule("Settings/DisallowStartIfOnBatteries", _is_not("false", "0"), usual="true",
         told="a server on its emergency power would not start it; write false"),
    Rule("Settings/StopIfGoingOnBatteries", _is_not("false", "0"), usual="true",
         told="a server on its emergency power would end it; write false"),
    Rule("Settings/MultipleInstancesPolicy", _is_not("IgnoreNew"), usual="IgnoreNew",
         told="one run at a time is enough; write IgnoreNew"),
    Rule("Settings/ExecutionTimeLimit", _has(r"^P(T?0+[A-Z])+$"), usual="PT72H",
         told="a run that hangs would keep all later ones from starting; write PT2H"),
    Rule("Settings/Enabled", _is_not("true", "1"), usual="true",
         told="the task is switched off; write true"),
    Rule("Triggers/CalendarTrigger/StartBoundary", _has(r"T.*(Z|[+-]\d\d:\d\d)$"),
         told="with a time zone it moves by an hour in summer; write the local time without one"),
)  # fmt: skip


def _context(task: ET.Element) -> Iterator[Finding]:
    actions, principal = task.find("Actions"), task.find(_PRINCIPAL)
    context = None if actions is None else actions.get("Context")
    known = None if principal is None else principal.get("id")
    if context != known:
        what = f"{context!r} is not {known!r}, the id of the Principal; write the same in both"
        yield Finding("Task/Actions/@Context", what)


def _actions(task: ET.Element) -> Iterator[Finding]:
    if task.find("Actions") is not None and not task.findall("Actions/*"):
        yield Finding("Task/Actions", "has no action; add an Exec with its Command")
    shell = _has(r'(^|[\\/])(cmd|powershell|pwsh)(\.exe)?"?$|\.(cmd|bat)"?$')
    for action in task.findall("Actions/Exec"):
        bare = re.sub(r'"[^"]*"', " ", action.findtext("Arguments") or "")
        if re.search(r"[<>|]|&&", bare) and not shell((action.findtext("Command") or "").strip()):
            what = "Task Scheduler runs no shell: > and | reach recon as words; take them out"
            yield Finding(f"Task/{_ARGUMENTS}", what)


def _triggers(task: ET.Element) -> Iterator[Finding]:
    if not task.findall("Triggers/*"):
        what = "nothing starts the task but you; add a CalendarTrigger"
        yield Finding("Task/Triggers", what, mistake=False)
    for monthly in task.findall("Triggers/CalendarTrigger/ScheduleByMonth"):
        yield from _monthly(monthly, "Task/Triggers/CalendarTrigger/ScheduleByMonth")


def _monthly(monthly: ET.Element, where: str) -> Iterator[Finding]:
    days = {(day.text or "").strip() for day in monthly.findall("DaysOfMonth/Day")}
    if not days:
        yield Finding(where, "has no Day; add DaysOfMonth with days from 1 to 31, or Last")
    elif days <= {"29", "30", "31"}:
        yield Finding(where, "not every month has such a day; add Last", mistake=False)
    if not monthly.findall("Months/*"):
        yield Finding(where, "has no month; add Months with <January /> and the others")


def check(content: bytes) -> list[Finding]:
    """Return every finding, mistakes first; how the file is written comes before what it says."""
    task, findings = read(content)
    if task is not None and task.tag == "Task":
        findings += [*structure(task), *rules(task)]
    return sorted(findings, key=lambda finding: not finding.mistake)
