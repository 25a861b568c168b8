"""Rendering: a task -> the bytes of its XML file, by the order of the schema."""

from __future__ import annotations

import codecs
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from recon.setup.tasks.plan import Task
from recon.setup.tasks.schema import MONTHS, NAMESPACE, TASK, VERSION, Element

# A text, the children by name, or several of the same name; "@id" is the attribute id.
Content = str | Mapping[str, "Content"] | Sequence["Content"]

_HEAD = '<?xml version="1.0" encoding="UTF-16"?>'
# What Windows calls it too; the lines of registration name it.
_PRINCIPAL = "Author"
# Triggers need a day to begin with; any day that is over will do.
_FIRST_DAY = "2024-01-01"
_HOUR = 60


def rendered(task: Task) -> bytes:
    """Return the XML of a task: UTF-16, low byte first, with a byte order mark."""
    root = _element(TASK, {"@version": VERSION, "@xmlns": NAMESPACE, **_content(task)})
    ET.indent(root)
    text = f"{_HEAD}\n{ET.tostring(root, encoding='unicode')}\n"
    return codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le")


def _element(schema: Element, content: Content) -> ET.Element:
    """Return an element with its children in the order of the schema."""
    made = ET.Element(schema.name)
    if isinstance(content, str):
        made.text = content
    elif isinstance(content, Mapping):
        for name, value in content.items():
            if name.startswith("@") and isinstance(value, str):
                made.set(name[1:], value)
        for child in schema.children:
            for value in _each(content.get(child.name)):
                made.append(_element(child, value))
    return made


def _each(content: Content | None) -> Sequence[Content]:
    if content is None:
        return ()
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
    if not task.days:
        return {**start, "ScheduleByDay": {"DaysInterval": "1"}}
    months = {MONTHS[int(number) - 1]: "" for number in task.months}
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


def _settings(task: Task) -> Mapping[str, Content]:
    hours, minutes = divmod(task.time_limit, _HOUR)
    limit = "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
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
        "ExecutionTimeLimit": limit,
    }
