"""Gathering: both sides are opened, read and reconciled; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from recon.base import temporary
from recon.base.errors import SourceDataError
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Engine, Settings
from recon.record.evidence.extracts import Kept
from recon.record.log import Log
from recon.run.books import Books, Sides
from recon.sources import fetched, source
from recon.sources.delivery import Delivery, Request, Scratch
from recon.store.session import Session, is_any

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A month's reconciliation, while both sides can still be selected from."""

    started: datetime
    session: Session
    result: Reconciliation
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]
    kept: Mapping[Side, Kept] = field(default_factory=dict)


@contextmanager
def reconciled(
    settings: Settings,
    month: Month,
    progress: Progress = lambda _: None,
    contract: str | None = None,
    books: Books | None = None,
) -> Iterator[tuple[Session, Reconciliation]]:
    """Yield a month's reconciliation and the session it lives in.

    Where a `contract` is named, every entry of it is there, not only those that the month needs.
    `books` are for months in a row.
    """
    with gathered(settings, month, progress, contract, books=books) as found:
        yield found.session, found.result


@contextmanager
def gathered(
    settings: Settings,
    month: Month,
    progress: Progress,
    contract: str | None = None,
    log: Log | None = None,
    books: Books | None = None,
) -> Iterator[Gathered]:
    """Yield a month's reconciliation while both sides can still be selected from.

    Raises ConfigError, SourceUnreachable and SourceDataError.
    """
    log, started = log or Log(), datetime.now(UTC)
    step = log.following(progress)
    if settings.engine is Engine.SPARK:
        with _on_spark(settings, Request(month, contract), step, started) as found:
            yield found
        return
    with ExitStack() as opened:
        if books and books.whole:
            step(f"Reconciling {month}")
            sides, result = books.reconciled(settings, month)
        else:
            step("Reading both sides")
            request = Request(month, contract)
            deliveries = _deliveries(settings, request, opened, progress, log, books)
            sides = Sides.opened(settings, deliveries, opened)
            step(f"Reconciling {month}")
            result = sides.reconciled(settings, month)
        _refuse_empty(sides.session, result)
        if books:
            books.keep(settings, sides)
            books.begin_after(settings, month)
        extracts = dict(books.kept) if books else {}
        yield Gathered(started, sides.session, result, sides.deliveries, sides.relations, extracts)


def _deliveries(
    settings: Settings,
    request: Request,
    opened: ExitStack,
    progress: Progress,
    log: Log,
    books: Books | None,
) -> Mapping[Side, Delivery]:
    """Return what both sides deliver; what the books keep is not asked for again."""
    kept = books.deliveries if books else {}
    missing = {
        side.side: source(side)
        for side in (settings.analytics, settings.accounting)
        if side.side not in kept
    }
    scratch = opened.enter_context(_scratch())
    return {**kept, **fetched(missing, request, scratch, progress, log.note)}


@contextmanager
def _on_spark(
    settings: Settings, request: Request, step: Progress, started: datetime
) -> Iterator[Gathered]:
    """Yield a month that Spark has compared; it reads each month anew."""
    from recon.run.spark.session import require

    require()
    from recon.run.spark.month import month_on_spark

    with _scratch() as scratch, month_on_spark(settings, request, scratch, step) as found:
        _refuse_empty(found.session, found.result)
        yield Gathered(started, found.session, found.result, found.deliveries, found.relations)


@contextmanager
def _scratch() -> Iterator[Scratch]:
    """Yield what makes a folder that is there while the run lasts."""
    with ExitStack() as made:

        def folder() -> Path:
            found = temporary.folder()
            return Path(made.enter_context(found))

        yield folder


def _refuse_empty(session: Session, result: Reconciliation) -> None:
    """Stop where a side delivered nothing at all: comparing with nothing proves nothing."""
    delivered = {
        Side.ANALYTICS: bool(result.sources[Side.ANALYTICS].rows),
        Side.ACCOUNTING: is_any(session, "entries_raw"),
    }
    for side, anything in delivered.items():
        if not anything:
            raise SourceDataError(
                f"The {side} side ({result.sources[side].description}) delivers no rows at all; "
                "check that it is the right table or file."
            )
