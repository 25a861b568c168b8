"""An examination: the configuration first, then each side.

Every check has its place in this order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from recon.base.errors import ConfigError, ExitCode
from recon.base.month import Month
from recon.base.result import Side
from recon.config import Settings, SourceKind, SourceSettings, load
from recon.record.journal.store import NAME as JOURNAL
from recon.record.journal.store import Journal
from recon.setup.doctor import database_checks, feeds, file_checks, machine, slack
from recon.setup.doctor.database import DatabaseSubject
from recon.setup.doctor.file_checks import FileSubject
from recon.setup.doctor.machine import last_run
from recon.setup.doctor.model import Check, Finding, failed, ok, refused, skipped, warning
from recon.setup.doctor.steps import Step, Watcher, run_steps
from recon.sources import sample, source
from recon.sources.side_by_side import Supervisor, side_by_side


@dataclass(frozen=True, slots=True)
class Asked:
    """The configuration and the month to examine.

    The month is the last one if None.
    """

    config: Path | None = None
    profile: str | None = None
    month: Month | None = None


def examine(asked: Asked, watcher: Watcher) -> list[Check]:
    """The results of all checks, skipped ones too.

    `watcher` hears of each at once.
    """
    watcher.section("Configuration", "")
    settings, finding = _configuration(asked)
    checks = [Check("configuration", None, finding)]
    watcher.ended(checks[0])
    month = asked.month or last_month(settings or Settings(), datetime.now(UTC))
    if settings is None:
        checks += _unknown_sides(watcher)
    else:
        for side in (settings.analytics, settings.accounting):
            checks += _side(side, month, settings.policy.currency, watcher)
    if settings and settings.feeds:
        watcher.section("Feeds", "")
        checks += run_steps(feeds.STEPS, settings, None, watcher, Supervisor())
    checks += _machine(settings, month, watcher)
    if settings and settings.slack:
        watcher.section("Slack", "")
        subject = slack.SlackSubject(settings.slack, settings.reports, settings.calendar)
        checks += run_steps(slack.STEPS, subject, None, watcher, Supervisor())
    return checks


def last_month(settings: Settings, now: datetime) -> Month:
    """The last month, at most the sample's last one.

    The limit holds where a side is the sample.
    """
    closed = settings.calendar.last_month(now)
    return min(closed, sample.Recipe().last) if settings.sample else closed


def _configuration(asked: Asked) -> tuple[Settings | None, Finding]:
    try:
        settings = load(asked.config, asked.profile)
    except ConfigError as error:
        return None, refused(error, "correct the configuration")
    if settings.path is None:
        return settings, ok("none was found, so the sample is used")
    named = "named by --config" if asked.config else "named by RECON_CONFIG"
    origin = named if asked.config or os.environ.get("RECON_CONFIG") else "found automatically"
    return settings, ok(f"{settings.path}, {origin}")


def _unknown_sides(watcher: Watcher) -> list[Check]:
    """The skipped checks of both sides without a configuration."""
    reason = skipped("not checked, since configuration failed")
    checks = [Check("source", side, reason) for side in Side]
    for check in checks:
        watcher.section(str(check.side).capitalize(), "")
        watcher.ended(check)
    return checks


def _side(
    settings: SourceSettings, month: Month, currency: str, watcher: Watcher
) -> Sequence[Check]:
    """The checks of a side, made in their own thread.

    So Ctrl-C waits for no login.
    """
    if settings.spark:
        return _on_spark(settings.side, settings.spark.description, watcher)
    watcher.section(settings.side.capitalize(), source(settings).description)
    work = partial(_WORKS[settings.kind], settings, month, currency, watcher)
    return side_by_side({settings.side: work}, lambda _: None)[settings.side]


def _on_spark(side: Side, description: str, watcher: Watcher) -> Sequence[Check]:
    """The skipped checks of a side that Spark alone reads."""
    watcher.section(side.capitalize(), description)
    check = Check("source", side, skipped("not checked: only a run on Spark reads it"))
    watcher.ended(check)
    return [check]


def _database(
    settings: SourceSettings, month: Month, currency: str, watcher: Watcher, supervisor: Supervisor
) -> Sequence[Check]:
    with ExitStack() as stack:
        subject = DatabaseSubject(settings, month, currency, supervisor, stack)
        steps = database_checks.STEPS
        return run_steps(steps, subject, settings.side, watcher, supervisor)


def _files(
    settings: SourceSettings, month: Month, currency: str, watcher: Watcher, supervisor: Supervisor
) -> Sequence[Check]:
    is_sample = settings.kind is SourceKind.SAMPLE
    with ExitStack() as stack:
        subject = FileSubject(settings, month, currency, supervisor, stack)
        steps = file_checks.SAMPLE_STEPS if is_sample else file_checks.STEPS
        return run_steps(steps, subject, settings.side, watcher, supervisor)


_WORKS: dict[SourceKind, Callable[..., Sequence[Check]]] = {
    SourceKind.SQLSERVER: _database,
    SourceKind.ODBC: _database,
    SourceKind.FILES: _files,
    SourceKind.SAMPLE: _files,
    SourceKind.STORE: _files,
}


def _machine(settings: Settings | None, month: Month, watcher: Watcher) -> list[Check]:
    """The checks of where reports and temporary files go."""
    watcher.section("Reports", "")
    folders = [settings.reports] if settings else []
    cash = settings.of_cash() if settings and _has_cash(settings) else None
    of_cash: tuple[Step[None], ...] = (
        Step("cash_journal", lambda _: _journal(cash)),
        Step("cash_last_run", lambda _: _last_run(cash)),
    )
    steps: tuple[Step[None], ...] = (
        Step("reports", lambda _: _reports(settings, month)),
        Step("journal", lambda _: _journal(settings)),
        Step("last_run", lambda _: _last_run(settings)),
        *(of_cash if cash else ()),
        Step("free_space", lambda _: machine.free_space(folders)),
    )
    return run_steps(steps, None, None, watcher, Supervisor())


def _has_cash(settings: Settings) -> bool:
    """Whether order to cash is run, or has been."""
    return settings.receivables is not None or settings.of_cash().reports.is_dir()


def _reports(settings: Settings | None, month: Month) -> Finding:
    if settings is None:
        return skipped("not checked, since configuration failed")
    return machine.reports(settings.reports, month)


def _journal(settings: Settings | None) -> Finding:
    if settings is None:
        return skipped("not checked, since configuration failed")
    path = settings.reports / JOURNAL
    if not path.exists():
        if any(settings.reports.glob("*/*/evidence")):
            return warning(
                f"there is none, although {settings.reports} contains runs",
                "restore journal.db from a backup; otherwise a new one starts without these runs",
            )
        return ok("the first run creates it")
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        count = len(journal.run_ids())
    if not os.access(path, os.W_OK):
        return failed(ExitCode.REPORT, f"{path} is read-only", "get permission to write it")
    return ok(f"{path}, {count:,} run{'s' * (count != 1)}")


def _last_run(settings: Settings | None) -> Finding:
    if settings is None:
        return skipped("not checked, since configuration failed")
    return last_run(settings, datetime.now(UTC))
