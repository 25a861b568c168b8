"""Rendering: a task -> XML in the order of Windows."""

from __future__ import annotations

import codecs
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from recon.setup.tasks.plan import Task

# A text, the children by name, or several of the same name; "@id" is the attribute id.
Content = str | Mapping[str, "Content"] | Sequence["Content"]

HEAD = '<?xml version="1.0" encoding="UTF-16"?>'
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
VERSION = "1.2"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# Also its name in Windows itself; the lines of registration use it.
_PRINCIPAL = "Author"
# Triggers need a day to begin with; any past day will do.
_FIRST_DAY = "2024-01-01"
_HOUR = 60


def rendered(task: Task) -> bytes:
    """The XML of a task as UTF-16 with its mark."""
    root = _element("Task", {"@version": VERSION, "@xmlns": NAMESPACE, **_content(task)})
    ET.indent(root)
    text = f"{HEAD}\n{ET.tostring(root, encoding='unicode')}\n"
    return codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le")


def _element(name: str, content: Content) -> ET.Element:
    made = ET.Element(name)
    if isinstance(content, str):
        made.text = content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if key.startswith("@") and isinstance(value, str):
                made.set(key[1:], value)
            else:
                made.extend(_element(key, each) for each in _each(value))
    return made


def _each(content: Content) -> Sequence[Content]:
    return (content,) if isinstance(content, str | Mapping) else content


def _content(task: Task) -> Mapping[str, Content]:
    return {
        "RegistrationInfo": {"Author": "recon", "Description": task.description},
        "Triggers": {"CalendarTrigger": _trigger(task)},
        "Principals": {"Principal": _principal(task)},
        "Settings": _settings(task),
        "Actions": {
            "@Context": _PRINCIPAL,
            "Exec": {
                "Command": task.command,
                "Arguments": task.arguments,
                "WorkingDirectory": task.directory,
            },
        },
    }


def _trigger(task: Task) -> Mapping[str, Content]:
    start = {"StartBoundary": f"{_FIRST_DAY}T{task.time}:00"}
    if task.every:
        # Without a duration it would go on for ever from the first start alone.
        again = {"Interval": _minutes(task.every), "Duration": "P1D", "StopAtDurationEnd": "false"}
        return {**start, "Repetition": again, "ScheduleByDay": {"DaysInterval": "1"}}
    if not task.days:
        return {**start, "ScheduleByDay": {"DaysInterval": "1"}}
    wanted = {int(number) for number in task.months}
    months = {name: "" for number, name in enumerate(MONTHS, 1) if number in wanted}
    return {**start, "ScheduleByMonth": {"DaysOfMonth": {"Day": task.days}, "Months": months}}


def _principal(task: Task) -> Mapping[str, Content]:
    # Password is right for a group managed account too: Windows fetches it. S4U would have no
    # credentials on the network, so that no other server would know who asks.
    return {
        "@id": _PRINCIPAL,
        "UserId": task.account,
        "LogonType": "Password",
        "RunLevel": "LeastPrivilege",
    }


def _minutes(number: int) -> str:
    """Minutes as a duration: `PT1H30M`."""
    hours, minutes = divmod(number, _HOUR)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")


def _settings(task: Task) -> Mapping[str, Content]:
    return {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "AllowHardTerminate": "true",
        "StartWhenAvailable": "true",
        "RunOnlyIfNetworkAvailable": "false",
        "AllowStartOnDemand": "true",
        "Enabled": "true",
        "Hidden": "false",
        "RunOnlyIfIdle": "false",
        "WakeToRun": "false",
        "ExecutionTimeLimit": _minutes(task.time_limit),
    }
