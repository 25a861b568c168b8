"""Read-ahead: files read once for months in a row.

The first month leaves extracts of sides that hold every month. Later months are reconciled from
these, as `recon verify` does it, and take copies into their evidence; each month checks that the
files are still the same. A database delivers only the entries that one month needs, so nothing of
it is kept.

Where both sides are kept, are not large, and memory is not limited, threads reconcile the next
months while one is reported, in sessions that take turns. They write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base import temporary
from recon.base.errors import ReportError
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Settings, SourceKind
from recon.record.evidence.extracts import Kept, extract_relation, extract_totals, write_extract
from recon.run.opened_sources import OpenedSources
from recon.sources.delivery import Delivery
from recon.sources.side_by_side import GLANCE
from recon.store.session import Session

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_WHOLE = (SourceKind.FILES, SourceKind.SAMPLE)
# Rows of a side that fit several times into the memory of any machine.
SMALL = 1_000_000
# A month takes twice as long to reconcile as to report.
AHEAD = 2


@dataclass
class ReadAhead:
    """Extracts of whole sides, and the months reconciled from them."""

    settings: Settings
    last: Month
    folder: Path
    stack: ExitStack
    workers: Executor
    deliveries: dict[Side, Delivery] = field(default_factory=dict)
    _kept: dict[Side, Kept] = field(default_factory=dict)
    _sessions: dict[int, OpenedSources] = field(default_factory=dict)
    _begun: dict[Month, Future[Reconciliation]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether both sides are kept."""
        return len(self._kept) == len(Side)

    def reconciled(self, month: Month) -> tuple[OpenedSources, Reconciliation]:
        """Both sides as they are kept, and a month's reconciliation."""
        from concurrent.futures import wait

        self._begin(month)
        # It stays among those that `stop` ends until it is done.
        while not self._begun[month].done():
            wait([self._begun[month]], timeout=GLANCE)
        return self._sources(month), self._begun.pop(month).result()

    def after(self, month: Month, sources: OpenedSources) -> Mapping[Side, Kept]:
        """Keep whole sides, begin the next months; return the extracts."""
        for of in (self.settings.analytics, self.settings.accounting):
            if of.kind in _WHOLE and of.side not in self._kept:
                # A side that finds no room is read again for every month.
                with suppress(ReportError):
                    self._keep(of.side, sources)
        if self.whole:
            for distance in range(1, self._months_ahead + 1):
                self._begin(month + distance)
        return dict(self._kept)

    def stop(self) -> None:
        """End the months begun, for which a failure would wait."""
        from concurrent.futures import wait

        while any(not future.done() for future in self._begun.values()):
            # An interruption ends a statement; another one may follow.
            for sources in self._sessions.values():
                sources.session.interrupt()
            wait(self._begun.values(), timeout=GLANCE)

    @property
    def _months_ahead(self) -> int:
        small = all(kept.totals["extract_rows"] <= SMALL for kept in self._kept.values())
        return AHEAD if small and self.settings.memory_limit is None else 0

    def _begin(self, month: Month) -> None:
        if month <= self.last and month not in self._begun:
            sources = self._sources(month)
            self._begun[month] = self.workers.submit(sources.reconciled, self.settings, month)

    def _sources(self, month: Month) -> OpenedSources:
        """The session for a month; those of neighbouring months differ."""
        turn = month.index % (self._months_ahead + 1)
        if turn not in self._sessions:
            self._sessions[turn] = OpenedSources.of(self.settings, self.deliveries, self.stack)
        return self._sessions[turn]

    def _keep(self, side: Side, sources: OpenedSources) -> None:
        compliance = self.settings.accounting.compliance
        found = write_extract(
            sources.session, side, sources.relations[side], self.folder, compliance
        )
        totals = extract_totals(sources.session, self.folder, side)
        self._kept[side] = Kept(self.folder, found, totals)
        opened = _opener(extract_relation(self.folder, side))
        self.deliveries[side] = replace(sources.deliveries[side], opened=opened)


def _opener(relation: str) -> Callable[[Session], AbstractContextManager[str]]:
    @contextmanager
    def opened(_: Session) -> Iterator[str]:
        yield relation

    return opened


@contextmanager
def read_ahead(settings: Settings, last: Month) -> Iterator[ReadAhead | None]:
    """Yield a read-ahead; None without room for its folder."""
    from concurrent.futures import ThreadPoolExecutor

    with ExitStack() as made:
        ahead = None
        with suppress(OSError):
            folder = Path(made.enter_context(temporary.folder()))
            # The workers, which end first, use the sessions, and these use the folder.
            stack = made.enter_context(ExitStack())
            workers = made.enter_context(ThreadPoolExecutor(AHEAD))
            ahead = ReadAhead(settings, last, folder, stack, workers)
            made.callback(ahead.stop)
        yield ahead
