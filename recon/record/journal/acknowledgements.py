"""Acknowledgements and notes: checked, and how long they hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.base.result import Break
from recon.record.journal.model import Event, Kind, Lapse, OpenItem


def acknowledgement(
    open_item: OpenItem, reason: str, until: Month | None, at: datetime, who: str, host: str
) -> Event:
    """The event that acknowledges a break.

    See `lapse` for how long it holds. Raises UsageError without a
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
    reason = words(reason, "--reason")
    month = max(open_item.seen)
    last = str(until) if until else ""
    return Event(0, at, who, host, Kind.ACKNOWLEDGED, name, month, reason, last)


def note(open_item: OpenItem, text: str, at: datetime, who: str, host: str) -> Event:
    """The event that adds a note to a break.

    Raises UsageError where it is empty.
    """
    month = max(open_item.seen, default=open_item.first_month)
    return Event(0, at, who, host, Kind.NOTED, open_item.name, month, words(text, "the note"))


def words(text: str, what: str) -> str:
    """The words of a text; raises UsageError without any."""
    if not text.strip():
        raise UsageError(f"{what} is empty; give the reason in a few words.")
    return text.strip()


def ended(event: Event, month: Month) -> bool:
    """Whether an acknowledgement ends before a month."""
    return bool(event.detail) and Month.parse(event.detail, month.periods) < month


def lapse(
    event: Event, seen: Mapping[Month, Break], month: Month, item: Break, *, back: bool
) -> Lapse | None:
    """The change that ends an acknowledgement, None while it holds.

    `seen` has the break by month as it was acknowledged, `item` is it as a run sees it now, `back`
    whether a run before did not. It holds for the cause and the amount of each month that was seen,
    within the tolerance of the line. Another month adds to what is open, so it ends an
    acknowledgement without a last month; one that holds until a month covers the same again in each
    month up to it. A difference to date adds nothing in another month: it is the same one.
    """
    if not seen or ended(event, month):
        return None
    known = month in seen or bool(event.detail) or item.to_date
    then = seen.get(month) or seen.get(event.month) or seen[max(seen)]
    if back or not known:
        return Lapse(event, month, None, item)
    return None if _as_seen(item, then) else Lapse(event, month, then, item)


def _as_seen(item: Break, then: Break) -> bool:
    """Whether cause and amounts are the same, within the tolerance."""
    moved = (item.difference - then.difference, item.recognized - then.recognized)
    return item.cause == then.cause and max(map(abs, moved)) <= then.allowed
