"""What people say of a break, checked before it is written: acknowledgements and notes. Pure."""

from __future__ import annotations

from datetime import datetime

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.record.journal.model import Event, Kind, Life


def acknowledgement(
    life: Life, reason: str, until: Month | None, at: datetime, who: str, host: str
) -> Event:
    """Return the event that acknowledges a break until a month, or for as long as it stays as is.

    Raises UsageError without a reason, for a resolved break, and where `until` is too early.
    """
    if life.resolved:
        raise UsageError(
            f"{life.name} is resolved ({life.resolved.reason.rstrip('.')}); only an open break "
            "can be acknowledged."
        )
    if until and until < life.first_month:
        raise UsageError(
            f"{life.name} was first seen in {life.first_month}; --until is that month or a later "
            f"one, not {until}."
        )
    said = _words(reason, "--reason")
    month = max(life.seen)
    return Event(
        0, at, who, host, Kind.ACKNOWLEDGED, life.name, month, said, str(until) if until else ""
    )


def note(life: Life, text: str, at: datetime, who: str, host: str) -> Event:
    """Return the event that adds a note to a break; raises UsageError where it is empty."""
    month = max(life.seen, default=life.first_month)
    return Event(0, at, who, host, Kind.NOTED, life.name, month, _words(text, "the note"))


def _words(text: str, what: str) -> str:
    if not text.strip():
        raise UsageError(f"{what} is empty; say in a few words why, for whoever reads it later.")
    return text.strip()
