"""Alerts: kept until they are sent, with each attempt.

An alert is written down before it is sent and never changed; that it was sent is an event of its
own. What is cut off between the two is sent again, with the same id.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from recon.record.journal.schema import transaction

Payload = Mapping[str, Any]


class AlertKind(StrEnum):
    """The kind of an alert."""

    DIGEST = "digest"
    REPORT = "report"
    CRITICAL = "critical"
    ESCALATION = "escalation"
    FAILURE = "failure"
    LOAD = "load"


class Sent(StrEnum):
    """The result of an attempt to send an alert.

    An alert waits until it is `sent` or `void`. `void` is what is never to be sent, since it is
    gone or somebody has dropped it.
    """

    SENT = "sent"
    FAILED = "failed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to people, about a run or a failure.

    `payload` is the message, without secrets, and `names` its breaks. `run` is '' where no run is
    recorded, `month` where none is known; `place` is where it goes.
    """

    id: str
    at: datetime
    run: str
    month: str
    kind: AlertKind
    level: str
    place: str
    payload: Payload
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """An attempt to send an alert, or its end without.

    `detail` says why it failed, who dropped it and why, or holds the message's time stamp.
    """

    alert: str
    at: datetime
    sent: Sent
    detail: str = ""


class Alerts:
    """The alerts of an open journal, as `Journal.alerts` has them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def queue(self, alerts: Sequence[Alert]) -> None:
        """Add alerts in their order: all of them or none.

        One that is known is not added again.
        """
        with transaction(self._connection):
            for alert in alerts:
                self._add(alert)

    def _add(self, alert: Alert) -> None:
        known = self._connection.execute("SELECT 1 FROM alerts WHERE id = ?", (alert.id,))
        if known.fetchone():
            return
        payload = json.dumps(alert.payload, ensure_ascii=False)
        self._connection.execute(
            "INSERT INTO alerts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (alert.id, alert.at.isoformat(), alert.run, alert.month, alert.kind.value, alert.level,
             alert.place, payload),
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO alerted VALUES (?, ?)", [(alert.id, name) for name in alert.names]
        )

    def mark(self, *deliveries: Delivery) -> None:
        """Record attempts to send alerts: all of them or none."""
        with transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO deliveries VALUES (NULL, ?, ?, ?, ?)",
                [(item.alert, item.at.isoformat(), item.sent.value, item.detail)
                 for item in deliveries],
            )  # fmt: skip

    def all(self) -> list[Alert]:
        """All alerts, in the order in which they were queued."""
        return self._alerts("")

    def waiting(self) -> list[Alert]:
        """The alerts that are still to be sent, oldest first."""
        return self._alerts(
            "WHERE id NOT IN (SELECT alert FROM deliveries WHERE sent IN ('sent', 'void'))"
        )

    def _alerts(self, where: str) -> list[Alert]:
        names: dict[str, list[str]] = {}
        for alert, name in self._connection.execute("SELECT alert, name FROM alerted"):
            names.setdefault(alert, []).append(name)
        return [
            Alert(
                identifier, datetime.fromisoformat(at).astimezone(UTC), run, month,
                AlertKind(kind), level, place, json.loads(payload),
                tuple(names.get(identifier, ())),
            )
            for identifier, at, run, month, kind, level, place, payload in self._connection.execute(
                "SELECT id, at, run, month, kind, level, place, payload FROM alerts "
                f"{where} ORDER BY number"
            )
        ]  # fmt: skip

    def deliveries(self) -> list[Delivery]:
        """All attempts in order of time."""
        return [
            Delivery(alert, datetime.fromisoformat(at).astimezone(UTC), Sent(sent), detail)
            for alert, at, sent, detail in self._connection.execute(
                "SELECT alert, at, sent, detail FROM deliveries ORDER BY number"
            )
        ]
