"""Findings of a run: late files, stock, signed months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING

from recon.base.errors import MonthError
from recon.base.feed import Feed
from recon.base.month import Month
from recon.base.text import counted
from recon.config import Settings
from recon.store import deliveries, listing, snapshot, stock
from recon.store.findings import Finding, FindingKind
from recon.store.outcome import FileOutcome
from recon.store.session import Session

if TYPE_CHECKING:
    from recon.record.journal.signing import Signature

_STOCK = ("inventory", "movements", "sales")


def of_run(
    session: Session,
    settings: Settings,
    feeds: Sequence[Feed],
    outcomes: Sequence[FileOutcome],
    first: int,
) -> list[Finding]:
    """The findings that no single file shows.

    `first` is the first load of the run.
    """
    now = settings.calendar.here(datetime.now(UTC))
    return [
        *deliveries.late(session, feeds, now, settings.calendar, first),
        *_stock(session, outcomes),
        *_signed(settings, outcomes),
    ]


def _stock(session: Session, outcomes: Sequence[FileOutcome]) -> list[Finding]:
    """Stock that is not continuous, from the first changed day."""
    days = [
        each.loaded.first_day
        for each in outcomes
        if each.loaded and each.kind in _STOCK and each.loaded.first_day
    ]
    return stock.continuity(session, min(days)) if days else []


def signed_months(settings: Settings) -> dict[date, Signature]:
    """The last signatures of signed months, by their first day."""
    from recon.record.journal.signing import is_signed_off, signatures
    from recon.record.journal.store import Journal

    periods = settings.calendar.periods
    with Journal.look(settings.reports, periods) as journal:
        given = [each for each in signatures(journal.events()).values() if is_signed_off(each)]
    last = sorted((each[-1] for each in given), key=lambda signature: signature.at)
    return {signature.month.first_day: signature for signature in last}


def _signed(settings: Settings, outcomes: Sequence[FileOutcome]) -> list[Finding]:
    """Signed months whose figures a load has changed."""
    changed = [(each, of) for each in outcomes if each.loaded for of in each.loaded.restated]
    months = signed_months(settings) if changed else {}
    return [
        Finding(
            FindingKind.SIGNED, each.feed, f"signed:{each.load}:{of.month}:{of.currency}",
            f"{of.month:%Y-%m} was signed off by {months[of.month].who} on "
            f"{months[of.month].at:%Y-%m-%d}, and load {each.load} changed it: {of.measure} is "
            f"{_moved(of.change)} {of.currency} by {counted(of.rows, 'row')} of {each.path.name}.",
        )
        for each, of in changed
        if of.month in months
    ]  # fmt: skip


def _moved(change: Decimal) -> str:
    return f"{abs(change):,.2f} {'higher' if change > 0 else 'lower'}"


def restated_since(settings: Settings, month: Month) -> list[str]:
    """Sentences on loads that changed a signed month afterwards."""
    if not (settings.store / "read" / "current.json").exists():
        return []
    try:
        first = month.first_day
    except MonthError:
        return []
    signature = signed_months(settings).get(first)
    if signature is None:
        return []
    begin = f"After {month} was signed off on {signature.at:%Y-%m-%d}"
    return restated_after(settings, first, signature.at, begin)


def restated_after(settings: Settings, first: date, moment: datetime, begin: str) -> list[str]:
    """Sentences on loads that changed a month after a moment.

    The month is that of its first day; each sentence begins with `begin`.
    """
    with snapshot.looked_at(settings.store) as (session, _):
        found = listing.loads(session)
    since = moment.astimezone(UTC).replace(tzinfo=None)
    return [
        f"{begin}, load {load['load']} ({PurePath(load['file']).name}) changed it: {measure} is "
        f"{_moved(Decimal(change))} {currency}."
        for load in reversed(found)
        if load["status"] == "loaded" and load["loaded_at"] > since
        for of, measure, currency, change, _ in load["restated"] or ()
        if of == str(first)
    ]
