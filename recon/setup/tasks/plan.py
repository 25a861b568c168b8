"""The plan: settings -> the tasks for Task Scheduler."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace

from recon.config import TaskSettings


@dataclass(frozen=True, slots=True)
class Place:
    """Python, configuration and folder on the machine that runs recon."""

    python: str
    config: str
    directory: str
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task: account, program, times and folder.

    Without `days` it starts every day, else on these days (1 to 31, or `Last`) of `months` (1 to
    12). `time_limit` is in minutes; so is `every`, after which it starts again, all day long.
    """

    name: str
    folder: str
    description: str
    account: str
    group_managed: bool
    command: str
    arguments: str
    directory: str
    time: str
    time_limit: int
    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    every: int = 0

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.xml"

    @property
    def path(self) -> str:
        """Its folder and name in the Task Scheduler Library."""
        return f"\\{self.folder}\\{self.name}"


def planned(
    settings: TaskSettings,
    account: str,
    place: Place,
    *,
    feeds: bool = False,
    cash: bool = False,
) -> list[Task]:
    """Close, catch-up, escalation, loads of feeds, order to cash."""
    closed = ("month", "--closed")
    close = _task(
        "close",
        "Reconciles the month that has closed; ends at once if no month is due.",
        closed, settings.time, settings, account, place,
        days=settings.days, months=settings.months,
    )  # fmt: skip
    catch_up = _task(
        "catch-up",
        "Reconciles a month that the close task has missed; ends at once if there is none.",
        closed, settings.catch_up_time, settings, account, place,
    )  # fmt: skip
    escalation = _task(
        "escalation",
        "Escalates breaks that nobody has acknowledged in time.",
        ("escalate",), settings.escalation_time, settings, account, place,
    )  # fmt: skip
    loads = _task(
        "load",
        "Loads the files of feeds that have arrived; ends at once if there are none.",
        ("load", "--quiet"), "00:00", settings, account, place,
    )  # fmt: skip
    receivable = _task(
        "cash",
        "Reconciles the receivable of a month that has closed; ends at once if none is due.",
        ("cash", "--closed"), settings.cash_time, settings, account, place,
    )  # fmt: skip
    return [
        close,
        catch_up,
        *([escalation] if settings.escalation else []),
        *([replace(loads, every=settings.load_every)] if feeds else []),
        *([receivable] if cash else []),
    ]


def _task(
    name: str,
    description: str,
    command: tuple[str, ...],
    time: str,
    settings: TaskSettings,
    account: str,
    place: Place,
    *,
    days: tuple[str, ...] = (),
    months: tuple[str, ...] = (),
) -> Task:
    profile = ("--profile", place.profile) if place.profile else ()
    words = ("-X", "utf8", "-m", "recon", *command, "--config", place.config, *profile)
    return Task(
        name=name,
        folder=settings.folder,
        description=description,
        account=account,
        group_managed=account.endswith("$"),
        command=place.python,
        # The rules by which Windows programs take their command line apart.
        arguments=subprocess.list2cmdline(words),
        directory=settings.working_directory or place.directory,
        time=time,
        time_limit=settings.time_limit,
        days=days,
        months=months,
    )
