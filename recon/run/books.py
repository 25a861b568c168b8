"""Books: what months in a row read only once, while each of them leaves its whole evidence.

Files hold every month. So the first month reads them and leaves its extracts; those after it are
reconciled from these, as `recon verify` would do it, and take copies into their evidence. Whether
the files are still those that were read, each month sees for itself. A database delivers what one
month needs, in a transaction of its own: of it nothing is kept.

Where both sides are files, a session takes in the extracts for every month that follows. Where they
are not large, and memory is not limited, there are several, which take turns: while a month is
reported from one, the next months are reconciled in the others, by threads that write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base import temporary
from recon.base.errors import ReportError
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Settings, SourceKind
from recon.reconciliation.revenue import load_both_sides, reconcile_month
from recon.record.evidence.extracts import Kept, extract_relation, extract_totals, write_extract
from recon.sources.delivery import Delivery
from recon.sources.side_by_side import GLANCE
from recon.store.session import Session, open_session

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_WHOLE = (SourceKind.FILES, SourceKind.SAMPLE)
# Rows of a side of which all sessions together find room in any memory.
SMALL = 1_000_000
# To reconcile a month takes twice as long as to report it.
AHEAD = 2


@dataclass
class Sides:
    """Both sides, opened in a session."""

    session: Session
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]
    _notices: Sequence[str] | None = None

    @property
    def descriptions(self) -> dict[Side, str]:
        """Where the rows of each side come from."""
        return {side: found.description for side, found in self.deliveries.items()}

    @classmethod
    def opened(
        cls, settings: Settings, deliveries: Mapping[Side, Delivery], stack: ExitStack
    ) -> Sides:
        """Open both sides in a session of their own, which the stack closes."""
        session = stack.enter_context(open_session(settings.memory_limit))
        relations = {
            side: stack.enter_context(found.opened(session)) for side, found in deliveries.items()
        }
        return cls(session, deliveries, relations)

    def reconciled(self, settings: Settings, month: Month) -> Reconciliation:
        """Return a month's reconciliation; what another one has left in the session is replaced."""
        return reconcile_month(
            self.session,
            month,
            settings.policy,
            self.descriptions,
            settings.accounting.compliance,
            self._taken_in(settings),
        )

    def _taken_in(self, settings: Settings) -> list[str]:
        """Take both into the session, where that is not done; return what is worth a notice."""
        if self._notices is None:
            self._notices = load_both_sides(
                self.session,
                self.relations[Side.ANALYTICS],
                self.relations[Side.ACCOUNTING],
                settings.policy,
                self.descriptions,
                settings.accounting.compliance,
                {side: found.unsaid for side, found in self.deliveries.items()},
            )
        return list(self._notices)


@dataclass
class Books:
    """The sides that were read for good, with their extracts in a folder of ours.

    `last` is the last month, `opened` closes the sessions, and `workers` reconcile ahead.
    """

    folder: Path
    last: Month
    opened: ExitStack
    workers: Executor
    deliveries: dict[Side, Delivery] = field(default_factory=dict)
    kept: dict[Side, Kept] = field(default_factory=dict)
    _sessions: dict[int, Sides] = field(default_factory=dict)
    _ahead: dict[Month, Future[Reconciliation]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether both sides are kept."""
        return len(self.kept) == len(Side)

    def _ahead_of(self, settings: Settings) -> int:
        """Return how many months are reconciled while another one is reported."""
        small = all(kept.totals["extract_rows"] <= SMALL for kept in self.kept.values())
        return AHEAD if self.whole and small and settings.memory_limit is None else 0

    def reconciled(self, settings: Settings, month: Month) -> tuple[Sides, Reconciliation]:
        """Return both sides, which are kept, and a month's reconciliation."""
        from concurrent.futures import wait

        sides = self._sides(settings, month)
        if month not in self._ahead:
            return sides, sides.reconciled(settings, month)
        # It stays among what `stop` ends until it is there.
        begun = self._ahead[month]
        while not begun.done():
            wait([begun], timeout=GLANCE)
        return sides, self._ahead.pop(month).result()

    def begin_after(self, settings: Settings, month: Month) -> None:
        """Begin to reconcile the months after one, if they need nothing but what is kept."""
        ahead = self._ahead_of(settings)
        for following in (month + distance for distance in range(1, ahead + 1)):
            if following <= self.last and following not in self._ahead:
                sides = self._sides(settings, following)
                self._ahead[following] = self.workers.submit(sides.reconciled, settings, following)

    def stop(self) -> None:
        """End what was begun and nobody waits for any more; else a failure would wait for it."""
        from concurrent.futures import wait

        begun = list(self._ahead.values())
        while not all(future.done() for future in begun):
            # An interruption ends a statement; another one may follow.
            for sides in self._sessions.values():
                sides.session.interrupt()
            wait(begun, timeout=GLANCE)

    def _sides(self, settings: Settings, month: Month) -> Sides:
        turn = month.index % (self._ahead_of(settings) + 1)
        if turn not in self._sessions:
            self._sessions[turn] = Sides.opened(settings, self.deliveries, self.opened)
        return self._sessions[turn]

    def keep(self, settings: Settings, sides: Sides) -> None:
        """Keep the sides that are the same for every month, unless they are kept already."""
        compliance = settings.accounting.compliance
        for of in (settings.analytics, settings.accounting):
            side = of.side
            if of.kind not in _WHOLE or side in self.kept:
                continue
            # What finds no room is read again.
            with suppress(ReportError):
                found = write_extract(
                    sides.session, side, sides.relations[side], self.folder, compliance
                )
                totals = extract_totals(sides.session, self.folder, side)
                self.kept[side] = Kept(self.folder, found, totals)
                opener = _opener(self.folder, side)
                self.deliveries[side] = replace(sides.deliveries[side], opened=opener)


def _opener(folder: Path, side: Side) -> Callable[[Session], AbstractContextManager[str]]:
    @contextmanager
    def opened(_: Session) -> Iterator[str]:
        yield extract_relation(folder, side)

    return opened


@contextmanager
def kept_books(last: Month) -> Iterator[Books | None]:
    """Yield books for the months up to the last one; None where no folder can be made for them."""
    from concurrent.futures import ThreadPoolExecutor

    with ExitStack() as made:
        books = None
        with suppress(OSError):
            folder = Path(made.enter_context(temporary.folder()))
            # The workers, which end first, use the sessions, and these use the folder.
            opened = made.enter_context(ExitStack())
            books = Books(folder, last, opened, made.enter_context(ThreadPoolExecutor(AHEAD)))
            made.callback(books.stop)
        yield books
