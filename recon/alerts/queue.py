"""Queue: waiting alerts, with reasons, and dropped for good.

Nothing is taken out of the journal: that an alert is dropped, by whom, when and why, is written
down beside the attempts to send it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recon.alerts.sending import BUSY, sole_sender
from recon.base.errors import Locked, UsageError
from recon.base.secrets import redacted
from recon.record import identity
from recon.record.journal.alerts import Alert, Alerts, Delivery, Sent
from recon.record.journal.store import Journal


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that is still to be sent.

    `reason` is why it was not, '' if nobody has tried.
    """

    alert: Alert
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Dropped alerts, by whom and why.

    `waiting` is how many wait besides.
    """

    alerts: Sequence[Alert]
    by: str
    waiting: int


def waiting(reports: Path) -> list[Waiting]:
    """The alerts that wait, the oldest first; raises ReportError."""
    with Journal.look(reports) as journal:
        alerts = journal.alerts
        tried = {item.alert: item.detail for item in alerts.deliveries()}
        return [Waiting(alert, tried.get(alert.id, "")) for alert in alerts.waiting()]


def discard(reports: Path, ids: Sequence[str], reason: str) -> Dropped:
    """Drop waiting alerts by their ids: all or none.

    Raises UsageError where one does not wait or the reason is blank, Locked while another process
    sends alerts, and ReportError.
    """
    if not reason.strip():
        raise UsageError("--reason is empty; say in a few words why the alert is dropped.")
    with Journal.look(reports) as journal:
        alerts = journal.alerts
        _named(alerts, ids)
    with sole_sender(reports) as nobody_else, Journal.at(reports) as journal:
        alerts = journal.alerts
        if not nobody_else:
            raise Locked(BUSY, reports)
        found = _named(alerts, ids)
        by = f"dropped by {identity.who()} on {identity.host()}: {redacted(reason.strip())}"
        now = datetime.now(UTC)
        alerts.mark(*(Delivery(alert.id, now, Sent.VOID, by) for alert in found))
        return Dropped(found, by, len(alerts.waiting()))


def _named(alerts: Alerts, ids: Sequence[str]) -> list[Alert]:
    there = {alert.id: alert for alert in alerts.waiting()}
    wanted = list(dict.fromkeys(text.strip().upper() for text in ids))
    for text in wanted:
        if text not in there:
            raise UsageError(
                f"No alert {text!r} is waiting; `recon notify --waiting` lists those that are."
            )
    return [there[text] for text in wanted]
