"""Provisional: how full the books of a month are, by what the entries and the journal know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from recon.base.result import Reconciliation, Totals
from recon.config import Settings, SourceKind
from recon.reconciliation.completeness import Readiness, Seen, readiness
from recon.record.journal.store import Journal
from recon.store.session import Session


def fullness(
    settings: Settings,
    session: Session,
    result: Reconciliation,
    journal: Journal,
    today: date | None,
) -> Readiness | None:
    """Return how full the books of the month are today; None for a month that has long ended."""
    # A database delivers older entries added up, without the days on which they were posted.
    is_database = settings.accounting.kind in (SourceKind.SQLSERVER, SourceKind.ODBC)
    day = settings.calendar.day
    return readiness(
        None if is_database else session,
        result.month,
        today or day(datetime.now(UTC)),
        settings.calendar.ready_from,
        _sums(result.totals),
        lambda: [Seen(run.month, day(run.started), _sums(run.totals)) for run in journal.runs()],
    )


def _sums(totals: Mapping[str, Totals]) -> dict[str, int]:
    return {currency: total.recognized for currency, total in totals.items()}
