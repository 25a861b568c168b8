"""Opened sources: both sides in a session, for any month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.base import temporary
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Settings
from recon.reconciliation.revenue import load_both_sides, reconcile_month
from recon.record.log import Log
from recon.run.past_contracts import know_past
from recon.sources import fetched, source
from recon.sources.delivery import Delivery, Request, Scratch
from recon.store.session import Session, open_session

Progress = Callable[[str], None]


@dataclass
class OpenedSources:
    """Both sides in a session, loaded once for every month."""

    session: Session
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]
    _notices: Sequence[str] | None = None

    @classmethod
    def of(
        cls, settings: Settings, deliveries: Mapping[Side, Delivery], stack: ExitStack
    ) -> OpenedSources:
        """Both sides in a new session, which the stack closes."""
        reads = [path for found in deliveries.values() for path in found.reads]
        session = stack.enter_context(
            open_session(settings.memory_limit, [*reads, settings.reports])
        )
        relations = {
            side: stack.enter_context(found.opened(session)) for side, found in deliveries.items()
        }
        return cls(session, deliveries, relations)

    def reconciled(self, settings: Settings, month: Month) -> Reconciliation:
        """A month's reconciliation; it replaces the session's last one."""
        know_past(self.session, settings.reports, month)
        return reconcile_month(
            self.session,
            month,
            settings.policy,
            self._descriptions,
            settings.accounting.compliance,
            self._loaded(settings),
        )

    def _loaded(self, settings: Settings) -> list[str]:
        """Load both sides into the session once; return the notices."""
        if self._notices is None:
            self._notices = load_both_sides(
                self.session,
                self.relations[Side.ANALYTICS],
                self.relations[Side.ACCOUNTING],
                settings.policy,
                self._descriptions,
                settings.accounting.compliance,
                {side: found.unsaid for side, found in self.deliveries.items()},
                settings.calendar.periods,
                [side for side, found in self.deliveries.items() if found.settable],
            )
        return list(self._notices)

    @property
    def _descriptions(self) -> dict[Side, str]:
        return {side: found.description for side, found in self.deliveries.items()}


def open_sources(
    settings: Settings,
    request: Request,
    stack: ExitStack,
    progress: Progress,
    log: Log,
    known: Mapping[Side, Delivery],
) -> OpenedSources:
    """Fetch both sides and open them in a session.

    Sides that are `known` are not fetched. The stack closes them. Raises ConfigError,
    SourceUnreachable and SourceDataError.
    """
    missing = {
        side.side: source(side)
        for side in (settings.analytics, settings.accounting)
        if side.side not in known
    }
    scratch = stack.enter_context(scratch_folders())
    found = fetched(missing, request, scratch, progress, log.note)
    return OpenedSources.of(settings, {**known, **found}, stack)


@contextmanager
def scratch_folders() -> Iterator[Scratch]:
    """Yield a maker of folders that last as the context."""
    with ExitStack() as made:

        def folder() -> Path:
            return Path(made.enter_context(temporary.folder()))

        yield folder
