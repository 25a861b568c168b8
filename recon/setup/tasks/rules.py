"""Rules: mistakes in tasks of recon, also in edited ones.

A rule is a row of MISTAKES or WARNINGS wherever it looks at the text of one element; the others are
functions. Elements that recon does not write are named and left to Windows. Sources: Microsoft's
"Task Scheduler Schema", and where Windows itself writes another order, that order too.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from recon.setup.tasks.reading import TaskFinding, read
from recon.setup.tasks.render import MONTHS

Wrong = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence for elements below Task with a `wrong` text.

    The sentence may quote the text. `usual` is the text of an element that is missing.
    """

    path: str
    wrong: Wrong
    sentence: str
    usual: str = ""


def _is(*words: str) -> Wrong:
    return lambda text: text in words


def _has(pattern: str) -> Wrong:
    return re.compile(pattern, re.IGNORECASE).search


def _is_no(pattern: str) -> Wrong:
    return lambda text: not re.fullmatch(pattern, text, re.ASCII)


def _no_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return True
    return not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", text)


def _recon(wrong: Wrong, command: str = r"\S+") -> Wrong:
    """Wrong arguments of recon, or of one of its commands."""
    starts = re.compile(rf"(^|\s)-m\s+recon\s+{command}(\s|$)")
    return lambda text: starts.search(text) and wrong(text)


_LONG = r"^.{261}"
_A_MONTH = r"\s\d{4}-\d\d(\s|$)"
_OF_THE_MACHINE = r"^(S-1-5-(18|19|20)|(NT AUTHORITY\\)?(SYSTEM|LOCAL ?SERVICE|NETWORK ?SERVICE))$"
_PASSWORD = _has(r"\b(pwd|password)\s*=|--?password\s|/rp\s+[^\s*]")
_SHELL = _has(r'(^|[\\/])(cmd|powershell|pwsh)(\.exe)?"?$|\.(cmd|bat)"?$')
_DURATION = r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?"
_FLAGS = (
    "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "AllowHardTerminate",
    "StartWhenAvailable", "RunOnlyIfNetworkAvailable", "AllowStartOnDemand", "Enabled", "Hidden",
    "RunOnlyIfIdle", "WakeToRun",
)  # fmt: skip
_PRINCIPAL = "Principals/Principal"
_TRIGGER = "Triggers/CalendarTrigger"
_MONTHLY = f"{_TRIGGER}/ScheduleByMonth"
_COMMAND = "Actions/Exec/Command"
_ARGUMENTS = "Actions/Exec/Arguments"
_FOLDER = "Actions/Exec/WorkingDirectory"
_NO_OUTPUT = "pythonw has no output, so nobody would learn of a failure; write python.exe"
_TOO_LONG = "has more than 260 characters, the most that Task Scheduler takes"

MISTAKES = (
    Rule(f"{_TRIGGER}/StartBoundary", _no_moment,
         "{} must be a date and time like 2024-01-01T07:00:00"),
    Rule(f"{_TRIGGER}/ScheduleByDay/DaysInterval", _is_no(r"[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-5]"),
         "{} must be a whole number from 1 to 365", "1"),
    Rule(f"{_TRIGGER}/Repetition/Interval", _is_no(_DURATION),
         "{} must be a duration like PT5M", "PT5M"),
    Rule(f"{_TRIGGER}/Repetition/Duration", _is_no(_DURATION),
         "{} must be a duration like P1D", "P1D"),
    Rule(f"{_MONTHLY}/DaysOfMonth/Day", _is_no(r"[1-9]|[12]\d|3[01]|Last"),
         "{} must be a day from 1 to 31, or Last", "1"),
    Rule(f"{_PRINCIPAL}/LogonType", _is("S4U"),
         "S4U has no credentials on the network, so no other server lets it in; write Password"),
    Rule(f"{_PRINCIPAL}/LogonType", _has("^Interactive"),
         "runs only while the user is logged on; write Password"),
    Rule(f"{_PRINCIPAL}/LogonType", _is_no("Password|S4U|InteractiveToken(OrPassword)?"),
         "{} must be Password", "Password"),
    Rule(f"{_PRINCIPAL}/GroupId", bool,
         "runs only while a member of the group is logged on; write the UserId of an account"),
    Rule(f"{_PRINCIPAL}/RunLevel", _is_no("LeastPrivilege|HighestAvailable"),
         "{} must be LeastPrivilege", "LeastPrivilege"),
    Rule("Settings/MultipleInstancesPolicy",
         _is_no("IgnoreNew|Parallel|Queue|StopExisting"), "{} must be IgnoreNew", "IgnoreNew"),
    *(Rule(f"Settings/{flag}", _is_no("true|false|1|0"), "{} must be true or false", "true")
      for flag in _FLAGS),
    Rule("Settings/ExecutionTimeLimit", _is_no(_DURATION),
         "{} must be a duration like PT2H or P1DT30M", "PT72H"),
    Rule(_COMMAND, _is(""), "is empty or missing; write the path of python.exe"),
    Rule(_COMMAND, _has(_LONG), _TOO_LONG),
    Rule(_COMMAND, _has(r'pythonw(\.exe)?"?$'), _NO_OUTPUT),
    Rule(_ARGUMENTS, _has(r"(^|[\s\\])pythonw(\.exe)?\b"), _NO_OUTPUT),
    Rule(_ARGUMENTS, _recon(_has(_A_MONTH), "month"),
         "names one month, which every start would run again; write --closed instead"),
    Rule(_FOLDER, _has('"'), "{} must be written without quotes"),
    Rule(_FOLDER, _has(_LONG), _TOO_LONG),
)  # fmt: skip

WARNINGS = (
    Rule(f"{_TRIGGER}/StartBoundary", _has(r"T.*(Z|[+-]\d\d:\d\d)$"),
         "has a time zone, so it moves by an hour in summer; write the local time without one"),
    Rule(f"{_PRINCIPAL}/UserId", _is(""),
         "no account is named; name it with /RU when you register the task"),
    Rule(f"{_PRINCIPAL}/UserId", _has(_OF_THE_MACHINE),
         "is an account that many programs on the machine share; use an account of its own"),
    Rule(f"{_PRINCIPAL}/RunLevel", _is("HighestAvailable"),
         "recon needs no administrator rights; write LeastPrivilege"),
    Rule("Settings/StartWhenAvailable", _is("false", "0"),
         "a start that was missed would be lost; write true", "false"),
    Rule("Settings/DisallowStartIfOnBatteries", _is("true", "1"),
         "a server on emergency power would not start it; write false", "true"),
    Rule("Settings/StopIfGoingOnBatteries", _is("true", "1"),
         "a server on emergency power would end it; write false", "true"),
    Rule("Settings/MultipleInstancesPolicy", _is("Parallel", "Queue", "StopExisting"),
         "one run at a time is enough; write IgnoreNew"),
    Rule("Settings/ExecutionTimeLimit", _has(r"^P(T?0+[A-Z])+$"),
         "a run that hangs would keep all later ones from starting; write PT2H"),
    Rule("Settings/Enabled", _is("false", "0"), "the task is switched off; write true"),
    Rule(_COMMAND, _has(r"^[^\\/]+$"),
         "which program starts depends on the account; write its full path"),
    Rule(_ARGUMENTS, _recon(lambda text: not _has(rf"--closed|{_A_MONTH}")(text), "month"),
         "a late start would run the wrong month; add --closed"),
    Rule(_ARGUMENTS, _recon(lambda text: not _has(r"(^|\s)-X\s*utf8\s")(text)),
         "the output is not UTF-8; write -X utf8 before -m recon"),
    Rule(_ARGUMENTS, _recon(lambda text: "--config" not in text),
         "which configuration applies depends on the folder and the account; add --config"),
    Rule(_FOLDER, _is(""),
         "is missing, so the task would start in C:\\Windows\\System32; add it"),
)  # fmt: skip

# The elements that recon writes, by the one above; and GroupId, which has a rule of its own.
WRITTEN = {
    "Task": ("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"),
    "RegistrationInfo": ("Author", "Description"),
    "Triggers": ("CalendarTrigger",),
    "CalendarTrigger": ("StartBoundary", "Repetition", "ScheduleByDay", "ScheduleByMonth"),
    "Repetition": ("Interval", "Duration", "StopAtDurationEnd"),
    "ScheduleByDay": ("DaysInterval",),
    "ScheduleByMonth": ("DaysOfMonth", "Months"),
    "DaysOfMonth": ("Day",),
    "Months": MONTHS,
    "Principals": ("Principal",),
    "Principal": ("UserId", "GroupId", "LogonType", "RunLevel"),
    "Settings": ("MultipleInstancesPolicy", *_FLAGS, "ExecutionTimeLimit"),
    "Actions": ("Exec",),
    "Exec": ("Command", "Arguments", "WorkingDirectory"),
}
_OFTEN = ("CalendarTrigger", "Day", "Exec")
_VERSIONS = ("1.2", "1.3", "1.4")
# Repetition and Enabled may come before their place: Windows itself writes them there.
_ORDER = ("StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "Enabled",
          "RandomDelay", "ScheduleBy")  # fmt: skip
_EARLY = ("Repetition", "Enabled")


def check(content: bytes) -> list[TaskFinding]:
    """All findings in a file, mistakes first."""
    task, findings = read(content)
    if task is not None and task.tag == "Task":
        findings += [finding for function in _FUNCTIONS for finding in function(task)]
    return sorted(findings, key=lambda finding: not finding.mistake)


def _names(task: ET.Element) -> Iterator[TaskFinding]:
    """Elements that are misspelled, doubled, or unknown to recon."""
    if task.get("version") not in _VERSIONS:
        yield TaskFinding("Task", f'must have version="{_VERSIONS[0]}"')
    for where, item in _known(task):
        names, written = [child.tag for child in item], WRITTEN.get(item.tag, ())
        for name in dict.fromkeys(names):
            right = [known for known in written if known.lower() == name.lower()]
            if not right and item.tag == "Months":
                yield TaskFinding(where, f"<{name}> is not a month; write January, February, …")
            elif not right:
                what = f"recon does not write <{name}>; Windows decides whether it is right"
                yield TaskFinding(where, what, mistake=False)
            elif name not in right:
                yield TaskFinding(where, f"<{name}> is misspelled; write <{right[0]}>")
            elif names.count(name) > 1 and name not in _OFTEN:
                yield TaskFinding(where, f"has <{name}> more than once; keep one")


def _known(task: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    """Each element that recon writes, with its path."""
    waiting = [("Task", task)]
    for where, item in waiting:
        yield where, item
        names = WRITTEN.get(item.tag, ())
        waiting += [(f"{where}/{child.tag}", child) for child in item if child.tag in names]


def _texts(task: ET.Element) -> Iterator[TaskFinding]:
    for rules, mistake in ((MISTAKES, True), (WARNINGS, False)):
        for rule in rules:
            above, _, name = rule.path.rpartition("/")
            # A missing element has its usual text, also where the whole of Settings is missing.
            for parent in task.findall(above) or [ET.Element(above)] * bool(rule.usual):
                texts = [(item.text or "").strip() for item in parent.findall(name)]
                for text in texts or [rule.usual]:
                    if rule.wrong(text):
                        sentence = rule.sentence.format(repr(text))
                        yield TaskFinding(f"Task/{rule.path}", sentence, mistake)


def _passwords(task: ET.Element) -> Iterator[TaskFinding]:
    for item in task.iter():
        if _PASSWORD(item.text or ""):
            where = next((where for where, known in _known(task) if known is item), item.tag)
            what = "contains a password that everybody can read; remove it, and name its variable"
            yield TaskFinding(where, f"{what} in the configuration")


def _triggers(task: ET.Element) -> Iterator[TaskFinding]:
    where = f"Task/{_TRIGGER}"
    if not task.findall("Triggers/*"):
        what = "nothing starts the task except you; add a CalendarTrigger"
        yield TaskFinding("Task/Triggers", what, mistake=False)
    for trigger in task.findall(_TRIGGER):
        calendars = [child for child in trigger if child.tag.startswith("ScheduleBy")]
        if len(calendars) != 1:
            what = f"must have one ScheduleByDay or ScheduleByMonth; it has {len(calendars)}"
            yield TaskFinding(where, what)
        yield from _order([child.tag for child in trigger if _rank(child.tag)], where)
        for monthly in trigger.findall("ScheduleByMonth"):
            yield from _monthly(monthly)


def _order(parts: list[str], where: str) -> Iterator[TaskFinding]:
    """The first part of a trigger that comes too late."""
    for place, name in enumerate(parts):
        earlier = [other for other in parts[:place] if other not in _EARLY]
        later = max(earlier, key=_rank, default=name)
        if _rank(later) > _rank(name):
            yield TaskFinding(where, f"{name} must come before {later}; move it")
            return


def _rank(part: str) -> int:
    """Place of a part in a trigger, 0 for none."""
    return next((n for n, known in enumerate(_ORDER, 1) if part.startswith(known)), 0)


def _monthly(monthly: ET.Element) -> Iterator[TaskFinding]:
    where = f"Task/{_MONTHLY}"
    days = {(day.text or "").strip() for day in monthly.findall("DaysOfMonth/Day")}
    if not days:
        yield TaskFinding(where, "has no Day; add DaysOfMonth with days from 1 to 31, or Last")
    elif days <= {"29", "30", "31"}:
        yield TaskFinding(where, "not every month has such a day; add Last", mistake=False)
    if not monthly.findall("Months/*"):
        yield TaskFinding(where, "has no month; add Months with <January /> and the others")


def _actions(task: ET.Element) -> Iterator[TaskFinding]:
    known, context = _attribute(task, _PRINCIPAL, "id"), _attribute(task, "Actions", "Context")
    if not known:
        yield TaskFinding("Task/Principals", "has no Principal with an id; add one")
    elif context != known:
        what = f"{context!r} is not {known!r}, the id of the Principal; write the same in both"
        yield TaskFinding("Task/Actions/@Context", what)
    if not task.findall("Actions/*"):
        yield TaskFinding("Task/Actions", "has no action; add an Exec with its Command")
    for action in task.findall("Actions/Exec"):
        bare = re.sub(r'"[^"]*"', " ", action.findtext("Arguments") or "")
        if re.search(r"[<>|]|&&", bare) and not _SHELL((action.findtext("Command") or "").strip()):
            what = "Task Scheduler runs no shell: > and | reach recon as plain words; remove them"
            yield TaskFinding(f"Task/{_ARGUMENTS}", what)


def _attribute(task: ET.Element, path: str, name: str) -> str:
    return next((item.get(name, "") for item in task.iterfind(path)), "")


_FUNCTIONS = (_names, _texts, _passwords, _triggers, _actions)
