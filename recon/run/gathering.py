"""Gathering: both sides opened, a month reconciled, nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from recon.base.errors import SourceDataError
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Engine, Settings
from recon.record.evidence.extracts import Kept
from recon.record.log import Log
from recon.run.opened_sources import Progress, open_sources, scratch_folders
from recon.run.read_ahead import ReadAhead
from recon.sources.delivery import Delivery, Request
from recon.store.session import Session, is_any


@dataclass(frozen=True, slots=True)
class ReconciledMonth:
    """A month's reconciliation, with both sides still open.

    `kept` are extracts of whole sides that the evidence takes copies of.
    """

    started: datetime
    session: Session
    result: Reconciliation
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]
    kept: Mapping[Side, Kept] = field(default_factory=dict)

    @property
    def left_out(self) -> list[str]:
        """Sentences on lines that are no rows."""
        return [text for delivery in self.deliveries.values() for text in delivery.left_out()]


@contextmanager
def reconciled(
    settings: Settings,
    month: Month,
    progress: Progress = lambda _: None,
    contract: str | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[tuple[Session, Reconciliation]]:
    """Yield a month's reconciliation and its session.

    Of a named `contract` every entry is there, not only those that the month needs. `ahead` is
    for months in a row.
    """
    with reconciled_month(settings, month, progress, contract, ahead=ahead) as found:
        yield found.session, found.result


@contextmanager
def reconciled_month(
    settings: Settings,
    month: Month,
    progress: Progress,
    contract: str | None = None,
    log: Log | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[ReconciledMonth]:
    """Open both sides and yield a month's reconciliation.

    Raises ConfigError, SourceUnreachable and SourceDataError.
    """
    log, started = log or Log(), datetime.now(UTC)
    step, request = log.following(progress), Request(month, contract)
    if settings.engine is Engine.SPARK:
        with _on_spark(settings, request, step, started) as found:
            yield found
        return
    with ExitStack() as stack:
        if ahead and ahead.whole:
            step(f"Reconciling {month}")
            sources, result = ahead.reconciled(month)
        else:
            step("Reading both sides")
            known = ahead.deliveries if ahead else {}
            sources = open_sources(settings, request, stack, progress, log, known)
            step(f"Reconciling {month}")
            result = sources.reconciled(settings, month)
        _refuse_empty(sources.session, result, sources.deliveries)
        kept = ahead.after(month, sources) if ahead else {}
        yield ReconciledMonth(
            started, sources.session, result, sources.deliveries, sources.relations, kept
        )


@contextmanager
def _on_spark(
    settings: Settings, request: Request, step: Progress, started: datetime
) -> Iterator[ReconciledMonth]:
    """Yield a month that Spark has read and compared."""
    from recon.run.spark.session import require

    require()
    from recon.run.spark.month import month_on_spark

    with scratch_folders() as scratch, month_on_spark(settings, request, scratch, step) as found:
        _refuse_empty(found.session, found.result, found.deliveries)
        yield ReconciledMonth(
            started, found.session, found.result, found.deliveries, found.relations
        )


def _refuse_empty(
    session: Session, result: Reconciliation, deliveries: Mapping[Side, Delivery]
) -> None:
    """Refuse a side without rows: comparing with nothing proves nothing."""
    delivered = {
        Side.ANALYTICS: bool(result.sources[Side.ANALYTICS].rows),
        Side.ACCOUNTING: is_any(session, "entries_raw"),
    }
    for side, anything in delivered.items():
        if not anything:
            left_out = " ".join(deliveries[side].left_out())
            raise SourceDataError(
                f"The {side} side ({result.sources[side].description}) delivers no rows at all"
                + (f". {left_out}" if left_out else "; check that it is the right table or file.")
            )
