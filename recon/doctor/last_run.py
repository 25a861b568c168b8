"""The last run: whether runs still come as often as they are expected to."""

from __future__ import annotations

from datetime import datetime

from recon.config import Settings
from recon.doctor.model import Finding, ok, warning
from recon.record.heartbeat import NAME, last_beat


def last_run(settings: Settings, now: datetime) -> Finding:
    """Return when the last run was recorded, and a warning where that is too long ago.

    A folder of reports without any run is a new one, and well.
    """
    expected = settings.log.expect_run_every_days
    try:
        found = last_beat(settings.reports)
    except (OSError, ValueError):
        return warning(
            f"{settings.reports / NAME} cannot be read, so nobody knows when the last run was",
            "delete it; the next run writes it anew",
        )
    if found is None:
        return ok(f"no run is recorded in {settings.reports} yet")
    days = (now - found.ended).days
    when = f"that of {found.month} ended on {found.ended.date()} with exit code {found.exit_code}"
    if expected and days > expected:
        return warning(
            f"{when}, {days:,} days ago; one is expected every {expected:,} days",
            "look at the task in Task Scheduler and at the newest log, or set "
            "[log] expect_run_every_days",
        )
    return ok(when)
