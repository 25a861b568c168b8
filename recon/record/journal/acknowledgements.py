"""Acknowledgements and notes, checked before they are written. Pure."""

from __future__ import annotations

from datetime import datetime

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.record.journal.model import Event, Kind, OpenItem


def acknowledgement(
    open_item: OpenItem, reason: str, until: Month | None, at: datetime, who: str, host: str
) -> Event:
    """The event that acknowledges a break.

    It holds until a month, or for as long as the break stays as it is. Raises UsageError without a
    reason, for a resolved break, and where `until` is too early.
    """
    name, first = open_item.name, open_item.first_month
    if open_item.resolved:
        raise UsageError(
            f"{name} is resolved ({open_item.resolved.reason.rstrip('.')}); only an open break "
            "can be acknowledged."
        )
    if until and until < first:
        raise UsageError(
            f"{name} was first seen in {first}; --until is that month or a later one, not {until}."
        )
    reason = _words(reason, "--reason")
    month = max(open_item.seen)
    last = str(until) if until else ""
    return Event(0, at, who, host, Kind.ACKNOWLEDGED, name, month, reason, last)


def note(open_item: OpenItem, text: str, at: datetime, who: str, host: str) -> Event:
    """The event that adds a note to a break.

    Raises UsageError where it is empty.
    """
    month = max(open_item.seen, default=open_item.first_month)
    return Event(0, at, who, host, Kind.NOTED, open_item.name, month, _words(text, "the note"))


def _words(text: str, what: str) -> str:
    if not text.strip():
        raise UsageError(f"{what} is empty; give the reason in a few words.")
    return text.strip()
