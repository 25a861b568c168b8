"""The monthly pack in Slack: its files, uploaded once each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from recon.alerts.plan import alert_id
from recon.alerts.sending import Delivered, delivered
from recon.base.errors import ReconError
from recon.config import Settings
from recon.config.slack import Level, SlackSettings, Way
from recon.record.journal.alerts import Alert, AlertKind
from recon.record.journal.store import Journal


def after_pack(settings: Settings, month: str, files: Sequence[Path]) -> Delivered:
    """Upload a pack's files where [slack] has `upload`.

    They wait like any alert where Slack cannot be reached. Never raises: the pack is written,
    whatever becomes of its upload.
    """
    slack = settings.slack
    if slack is None or not slack.upload or slack.place.way is not Way.CHANNEL:
        return Delivered()
    try:
        alerts = list(_alerts(settings.reports, slack, month, files))
        with Journal.at(settings.reports, settings.calendar.periods) as journal:
            journal.alerts.queue(alerts)
            return delivered(settings, journal.alerts)
    except (ReconError, OSError) as error:
        return Delivered(waiting=len(files), reason=str(error).rstrip("."), lost=True)


def _alerts(
    reports: Path, slack: SlackSettings, month: str, files: Sequence[Path]
) -> Iterator[Alert]:
    """Yield an alert for each file and content."""
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        file = path.relative_to(reports.absolute()).as_posix()
        payload = {"text": f"Monthly financial report {month}", "file": file, "thread": ""}
        name = alert_id("pack", str(slack.place), file, content)
        yield Alert(
            name, datetime.now(UTC), "", month, AlertKind.REPORT, Level.WARNING, str(slack.place),
            payload,
        )  # fmt: skip
