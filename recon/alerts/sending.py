"""Sending: the queue -> Slack in order, marked when sent.

A process that is killed between the two sends that one message again, with its id in
the small print.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recon.alerts.delivery import Slack
from recon.alerts.responses import Outcome, Response
from recon.config import Settings
from recon.config.slack import Place, SlackSettings
from recon.record.journal.alerts import Alert, AlertKind, Alerts, Delivery, Sent
from recon.record.lock import held

LOCK = ".alerts.lock"
BUSY = "another recon is sending alerts"
# Another process that sends may have much to send.
PATIENCE = 30.0
# A queue that takes longer is sent by and by.
DEADLINE = 120.0

_SENT = {Outcome.SENT: Sent.SENT, Outcome.GONE: Sent.VOID}


@dataclass(frozen=True, slots=True)
class Delivered:
    """The alerts sent, and those that wait, with the reason.

    They are `lost` where they could not be queued.
    """

    sent: tuple[Alert, ...] = ()
    waiting: int = 0
    reason: str = ""
    lost: bool = False

    def with_those_of(self, other: Delivered) -> Delivered:
        """Both together, the other one's later."""
        return Delivered(
            (*self.sent, *other.sent), self.waiting + other.waiting, self.reason or other.reason,
            self.lost or other.lost,
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """The sentence on alerts that wait, else ''."""
        if not self.waiting:
            return ""
        noun, they = ("alert", "It waits") if self.waiting == 1 else ("alerts", "They wait")
        told = f"{self.waiting:,} {noun} could not be sent to Slack: {self.reason}."
        if self.lost:
            return f"{told} The journal cannot be written either."
        then = "in the journal for the next run, recon notify or recon escalate"
        return f"{told} {they} {then}."


def delivered(settings: Settings, alerts: Alerts) -> Delivered:
    """Send the waiting alerts, the oldest first.

    A place that does not answer is left alone until the next time, so that its alerts stay in
    order; the other places get theirs.
    """
    if settings.slack is None or not alerts.waiting():
        return Delivered()
    with sole_sender(settings.reports) as nobody_else:
        if not nobody_else:
            return Delivered((), len(alerts.waiting()), BUSY)
        return _delivered(settings, settings.slack, alerts)


@contextmanager
def sole_sender(reports: Path) -> Iterator[bool]:
    """Yield whether no other process sends alerts meanwhile."""
    with ExitStack() as kept:
        try:
            nobody_else = kept.enter_context(held(reports / LOCK, PATIENCE))
        except OSError:
            nobody_else = False
        yield nobody_else


def _delivered(settings: Settings, slack: SlackSettings, alerts: Alerts) -> Delivered:
    poster, down, sent, reason = Slack(slack), set[str](), list[Alert](), ""
    end = time.monotonic() + DEADLINE
    for alert in alerts.waiting():
        if alert.place in down:
            continue
        if time.monotonic() > end:
            reason = reason or "there are too many for now"
            break
        response = _response(settings, poster, alert, alerts)
        kept = _SENT.get(response.outcome, Sent.FAILED)
        alerts.mark(Delivery(alert.id, datetime.now(UTC), kept, response.detail))
        if kept is Sent.FAILED:
            reason = reason or response.detail
            # A message that Slack does not take holds up no other.
            down |= {alert.place} if response.outcome is Outcome.DOWN else set()
        else:
            sent.append(alert)
    return Delivered(tuple(sent), len(alerts.waiting()), reason)


def _response(settings: Settings, slack: Slack, alert: Alert, alerts: Alerts) -> Response:
    place = Place.parse(alert.place)
    if alert.kind is not AlertKind.REPORT:
        return slack.post(place, alert.payload)
    thread = _thread(alerts.deliveries(), alert.payload["thread"])
    path = settings.reports / alert.payload["file"]
    return slack.upload(place, path, alert.payload["text"], thread)


def _thread(deliveries: Sequence[Delivery], digest: str) -> str:
    """The thread of a digest, '' if not sent."""
    found = [item.detail for item in deliveries if item.alert == digest and item.sent is Sent.SENT]
    return found[-1] if found else ""


def sent_directly(slack: SlackSettings, alert: Alert) -> Delivered:
    """Send an alert that cannot be queued."""
    response = Slack(slack).post(Place.parse(alert.place), alert.payload)
    if response.outcome is Outcome.SENT:
        return Delivered((alert,))
    return Delivered((), 1, response.detail, lost=True)
