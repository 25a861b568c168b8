"""Views: alerts as people read them in a terminal, and as a document for scripts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import UTC

from recon.alerts.limits import blocks
from recon.alerts.sending import Delivered
from recon.journal.alerts import Alert, Payload

SCHEMA = 1


def document(alerts: Sequence[Alert], delivered: Delivered, *, dry: bool) -> dict[str, object]:
    """Return alerts and what became of the queue as a JSON document."""
    return {
        "schema": SCHEMA,
        "dry_run": dry,
        "alerts": [_alert(alert) for alert in alerts],
        "sent": [alert.id for alert in delivered.sent],
        "waiting": delivered.waiting,
        "reason": delivered.reason,
    }


def _alert(alert: Alert) -> dict[str, object]:
    at = alert.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "id": alert.id,
        "at": at,
        "run_id": alert.run,
        "month": alert.month,
        "kind": alert.kind.value,
        "level": alert.level,
        "place": alert.place,
        "payload": dict(alert.payload),
    }


def lines(alerts: Sequence[Alert], delivered: Delivered, *, dry: bool) -> Iterator[str]:
    """Yield what people read: the messages that would be sent, or what was sent."""
    if dry:
        for alert in alerts:
            yield f"== {alert.kind} to {alert.place} ({alert.id})"
            yield from _message(alert.payload)
            yield ""
        noun = "message" if len(alerts) == 1 else "messages"
        yield f"{len(alerts)} {noun}; nothing was sent."
        return
    for alert in delivered.sent:
        yield f"Sent {alert.kind} {alert.id} to {alert.place}: {html.unescape(_first(alert))}"
    if not delivered.sent and not delivered.waiting:
        yield "There was nothing to send."


def _first(alert: Alert) -> str:
    return str(alert.payload["text"])


def _message(payload: Payload) -> Iterator[str]:
    found = list(blocks(payload))
    if not found:
        yield html.unescape(payload["text"])
    for block in found:
        parts = [block["text"]] if "text" in block else []
        for part in (*parts, *block.get("fields", ()), *block.get("elements", ())):
            yield html.unescape(part["text"])
