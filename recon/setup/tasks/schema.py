"""The schema: every element of a task, its place and its value, for the writer and the checker.

Taken from the XSD in Microsoft's documentation of Task Scheduler ("Task Scheduler Schema"). Where
Windows itself writes a place that the XSD does not know, both are accepted. `structure` holds a
task against it: names, places, numbers and values of its elements.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from recon.setup.tasks import values
from recon.setup.tasks.values import Check, Finding

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
VERSION = "1.2"
# What Windows 10, 11 and the servers of their time read; newer elements name the one they need.
VERSIONS = ("1.2", "1.3", "1.4")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its children in the order in which they are written, or the check of its text.

    `ordered` says that the order counts, but for `early` ones, which may also stand before their
    place. `choice` wants exactly one of those children. `open` lets anything stand in it.
    """

    name: str
    children: tuple[Element, ...] = ()
    check: Check | None = None
    required: bool = False
    most: int = 1
    ordered: bool = False
    early: bool = False
    choice: tuple[str, ...] = ()
    attributes: Mapping[str, Check] = field(default_factory=dict)
    since: str = VERSION
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the children, in their order."""
        return tuple(child.name for child in self.children)

    def child(self, name: str) -> Element | None:
        """Return the child of that name, None where there is none."""
        return next((child for child in self.children if child.name == name), None)


_ID = {"id": values.text}


def _flags(*names: str, since: str = VERSION) -> tuple[Element, ...]:
    return tuple(Element(name, check=values.boolean, since=since) for name in names)


def _empty(*names: str) -> tuple[Element, ...]:
    return tuple(Element(name, check=values.nothing) for name in names)


def _texts(*names: str) -> tuple[Element, ...]:
    return tuple(Element(name, check=values.anything) for name in names)


_REPETITION = Element("Repetition", (
    Element("Interval", check=values.duration, required=True),
    Element("Duration", check=values.duration),
    *_flags("StopAtDurationEnd"),
), early=True)  # fmt: skip

_DAYS_OF_WEEK = Element("DaysOfWeek", _empty(
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
))  # fmt: skip
_MONTHS = Element("Months", _empty(*MONTHS))

_SCHEDULES = (
    Element("ScheduleByDay", (Element("DaysInterval", check=values.whole(1, 365)),)),
    Element("ScheduleByWeek", (
        Element("WeeksInterval", check=values.whole(1, 52)), _DAYS_OF_WEEK,
    )),
    Element("ScheduleByMonth", (
        Element("DaysOfMonth", (Element("Day", check=values.day, most=32),)), _MONTHS,
    )),
    Element("ScheduleByMonthDayOfWeek", (
        Element("Weeks", (
            Element("Week", check=values.one_of("1", "2", "3", "4", "Last"), most=5),
        )),
        _DAYS_OF_WEEK, _MONTHS,
    )),
)  # fmt: skip


def _trigger(name: str, *own: Element, choice: tuple[str, ...] = ()) -> Element:
    """Return a trigger: what all of them have, and then its own; in this order."""
    common = (
        Element("StartBoundary", check=values.moment, required=bool(choice)),
        Element("EndBoundary", check=values.moment),
        _REPETITION,
        Element("ExecutionTimeLimit", check=values.duration),
        # The XSD has it first, Windows writes it after the boundaries; recon leaves it out.
        Element("Enabled", check=values.boolean, early=True),
    )
    return Element(name, (*common, *own), most=_MANY, ordered=True, choice=choice, attributes=_ID)


_DELAY = Element("Delay", check=values.duration)
_RANDOM_DELAY = Element("RandomDelay", check=values.duration)
_USER = Element("UserId", check=values.text)

TRIGGERS = Element("Triggers", (
    _trigger("BootTrigger", _DELAY),
    _trigger("RegistrationTrigger", _DELAY),
    _trigger("IdleTrigger"),
    _trigger("TimeTrigger", _RANDOM_DELAY),
    _trigger("EventTrigger",
        Element("Subscription", check=values.text, required=True), _DELAY,
        Element("PeriodOfOccurrence", check=values.duration),
        Element("NumberOfOccurrences", check=values.whole(1, 32)),
        Element("MatchingElement", check=values.text), Element("ValueQueries", open=True),
    ),
    _trigger("LogonTrigger", _USER, _DELAY),
    _trigger("SessionStateChangeTrigger", _USER, _DELAY,
        Element("StateChange", required=True, check=values.one_of(
            "ConsoleConnect", "ConsoleDisconnect", "RemoteConnect", "RemoteDisconnect",
            "SessionLock", "SessionUnlock",
        )),
    ),
    _trigger("CalendarTrigger", _RANDOM_DELAY, *_SCHEDULES,
             choice=tuple(schedule.name for schedule in _SCHEDULES)),
))  # fmt: skip

PRINCIPAL = Element("Principal", (
    _USER,
    Element("LogonType", check=values.one_of(
        "Password", "S4U", "InteractiveToken", "InteractiveTokenOrPassword",
    )),
    Element("GroupId", check=values.text), *_texts("DisplayName"),
    Element("RunLevel", check=values.one_of("LeastPrivilege", "HighestAvailable")),
    Element("ProcessTokenSidType", check=values.one_of("None", "Unrestricted", "Default"),
            since="1.3"),
    Element("RequiredPrivileges", since="1.3", open=True),
), required=True, attributes=_ID)  # fmt: skip

SETTINGS = Element("Settings", (
    Element("MultipleInstancesPolicy", check=values.one_of(
        "IgnoreNew", "Parallel", "Queue", "StopExisting",
    )),
    *_flags("DisallowStartIfOnBatteries", "StopIfGoingOnBatteries", "AllowHardTerminate",
            "StartWhenAvailable", "RunOnlyIfNetworkAvailable"),
    *_texts("NetworkProfileName"), Element("NetworkSettings", open=True),
    Element("IdleSettings", (
        Element("Duration", check=values.duration), Element("WaitTimeout", check=values.duration),
        *_flags("StopOnIdleEnd", "RestartOnIdle"),
    )),
    *_flags("AllowStartOnDemand", "Enabled", "Hidden", "RunOnlyIfIdle"),
    *_flags("DisallowStartOnRemoteAppSession", "UseUnifiedSchedulingEngine", since="1.3"),
    *_flags("Volatile", since="1.4"), Element("MaintenanceSettings", since="1.4", open=True),
    *_flags("WakeToRun"),
    Element("ExecutionTimeLimit", check=values.duration),
    Element("DeleteExpiredTaskAfter", check=values.duration),
    Element("Priority", check=values.whole(0, 10)),
    Element("RestartOnFailure", (
        Element("Interval", check=values.duration, required=True),
        Element("Count", check=values.whole(1, 255), required=True),
    )),
))  # fmt: skip

ACTIONS = Element("Actions", (
    Element("Exec", (
        Element("Command", check=values.path, required=True), *_texts("Arguments"),
        Element("WorkingDirectory", check=values.folder),
    ), most=32, attributes=_ID),
    *(Element(name, open=True, most=32, attributes=_ID)
      for name in ("ComHandler", "SendEmail", "ShowMessage")),
), required=True, attributes={"Context": values.text})  # fmt: skip

TASK = Element("Task", (
    Element("RegistrationInfo", _texts(
        "Date", "Author", "Version", "Description", "Documentation", "URI", "Source",
        "SecurityDescriptor",
    )),
    TRIGGERS,
    Element("Principals", (PRINCIPAL,), required=True),
    SETTINGS,
    Element("Data", open=True),
    ACTIONS,
), attributes={"version": values.version})  # fmt: skip


def structure(task: ET.Element) -> Iterator[Finding]:
    """Yield what in a task is not as the schema wants it."""
    version = task.get("version", "")
    known = version if version in VERSIONS else VERSIONS[-1]
    yield from _element(task, TASK, "", known)


def _element(item: ET.Element, schema: Element, above: str, version: str) -> Iterator[Finding]:
    where = f"{above}/{schema.name}" if above else ""
    if schema.since > version:
        yield Finding(where, f'needs version="{schema.since}" of the Task; take it out')
    yield from _attributes(item, schema, where or schema.name)
    if schema.open:
        return
    if schema.check:
        yield from _text(item, schema, where)
        return
    path = where or schema.name
    if (item.text or "").strip():
        yield Finding(path, f"has the text {(item.text or '').strip()!r}; take it out")
    yield from _numbers(item, schema, path)
    if schema.ordered:
        yield from _order(item, schema, path)
    for child in item:
        known = schema.child(child.tag)
        if known is None:
            yield Finding(path, _unknown(child.tag, schema))
        else:
            yield from _element(child, known, path, version)


def _attributes(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    for name, value in item.items():
        check = schema.attributes.get(name)
        if check is None:
            yield Finding(where, f"has an attribute {name}, which it cannot have; take it out")
        elif wrong := check(value):
            yield Finding(f"{where}/@{name}", f"{value!r} {wrong}")


def _text(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    if len(item):
        yield Finding(where, f"has {item[0].tag} in it, where only a text can be; take it out")
    text = item.text or ""
    wrong = schema.check(text.strip()) if schema.check else ""
    if wrong:
        yield Finding(where, f"{text!r} {wrong}")


def _unknown(name: str, schema: Element) -> str:
    alike = [known for known in schema.names if known.lower() == name.lower()]
    what = f"write {alike[0]}" if alike else f"it can have {', '.join(schema.names)}"
    return f"has {name}, which it cannot have; {what}"


def _numbers(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    """Yield which children there are too many or too few of."""
    names = [child.tag for child in item]
    for child in schema.children:
        number = names.count(child.name)
        if child.required and not number:
            yield Finding(where, f"has no {child.name}; add it")
        if number > child.most:
            yield Finding(where, f"has {number} times {child.name}; at most {child.most} can be")
    chosen = [name for name in names if name in schema.choice]
    if schema.choice and len(chosen) != 1:
        listed = ", ".join(schema.choice)
        yield Finding(where, f"must have exactly one of {listed}; it has {len(chosen)}")


def _order(item: ET.Element, schema: Element, where: str) -> Iterator[Finding]:
    """Yield the first child that stands after one that it must stand before."""
    known = [child.tag for child in item if child.tag in schema.names]
    early = {child.name for child in schema.children if child.early}
    for place, name in enumerate(known):
        later = (schema.names.index(other) for other in known[:place] if other not in early)
        before = [index for index in later if index > schema.names.index(name)]
        if before:
            yield Finding(where, f"{name} must stand before {schema.names[min(before)]}; move it")
            return
