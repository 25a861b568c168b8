"""Listings: alerts for a terminal, and as JSON for scripts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from recon.alerts.blocks import blocks
from recon.alerts.queue import Dropped, Waiting
from recon.alerts.sending import Delivered
from recon.base.text import counted
from recon.reconciliation.document import moment
from recon.record.journal.alerts import Alert, Payload

SCHEMA = 1


def document(alerts: Sequence[Alert], delivered: Delivered, *, dry: bool) -> dict[str, object]:
    """Alerts and the state of the queue as JSON."""
    return {
        "schema": SCHEMA,
        "dry_run": dry,
        "alerts": [_alert(alert) for alert in alerts],
        "sent": [alert.id for alert in delivered.sent],
        "waiting": delivered.waiting,
        "reason": delivered.reason,
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "id": alert.id,
        "at": moment(alert.at),
        "run_id": alert.run,
        "month": alert.month,
        "kind": alert.kind.value,
        "level": alert.level,
        "place": alert.place,
        "payload": dict(alert.payload),
    }


def lines(alerts: Sequence[Alert], delivered: Delivered, *, dry: bool) -> Iterator[str]:
    """The messages to be sent, or those sent, for people."""
    if dry:
        for alert in alerts:
            yield f"== {alert.kind} to {alert.place} ({alert.id})"
            yield from _message(alert.payload)
            yield ""
        yield f"{counted(len(alerts), 'message')}; nothing was sent."
        return
    for alert in delivered.sent:
        yield f"Sent {alert.kind} {alert.id} to {alert.place}: {html.unescape(_first(alert))}"
    if not delivered.sent and not delivered.waiting:
        yield "There was nothing to send."


def waiting_document(found: Sequence[Waiting]) -> dict[str, object]:
    """The waiting alerts as a JSON document."""
    alerts = [{**_alert(item.alert), "reason": item.reason} for item in found]
    return {"schema": SCHEMA, "waiting": alerts}


def waiting_lines(found: Sequence[Waiting]) -> Iterator[str]:
    """The waiting alerts one by one, with reasons."""
    for item in found:
        alert = item.alert
        when = f"since {alert.at.astimezone():%Y-%m-%d %H:%M}"
        yield f"{alert.id} {_named(alert)}, {when}: {html.unescape(_first(alert))}"
        if item.reason:
            yield f"  {item.reason}"
    yield "No alert is waiting." if not found else f"{waits(len(found))}."


def dropped_document(dropped: Dropped) -> dict[str, object]:
    """The dropped alerts as a JSON document."""
    alerts = [_alert(alert) for alert in dropped.alerts]
    return {"schema": SCHEMA, "dropped": alerts, "by": dropped.by, "waiting": dropped.waiting}


def dropped_lines(dropped: Dropped) -> Iterator[str]:
    """The dropped alerts, and how many wait besides."""
    for alert in dropped.alerts:
        yield f"Dropped {alert.id} {_named(alert)}: {html.unescape(_first(alert))}"
    yield f"{waits(dropped.waiting)}." if dropped.waiting else "No other alert is waiting."


def _named(alert: Alert) -> str:
    month = f" of {alert.month}" if alert.month else ""
    return f"{alert.kind}{month} to {alert.place}"


def waits(count: int) -> str:
    """The number of waiting alerts, in words."""
    return "1 alert is waiting" if count == 1 else f"{count:,} alerts are waiting"


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
