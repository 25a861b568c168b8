"""Books: what months in a row read only once, while each of them leaves its whole evidence.

Files hold every month. So the first month reads them and leaves its extracts; those after it are
reconciled from these, as `recon verify` would do it, and take copies into their evidence. Whether
the files are still those that were read, each month sees for itself. A database delivers what one
month needs, in a transaction of its own: of it nothing is kept. Where both sides are files, the
second month takes the extracts into a session that serves the others, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from recon.config import Settings, SourceKind
from recon.engine import Session
from recon.errors import ReportError
from recon.evidence.extracts import Kept, extract_relation, extract_totals, write_extract
from recon.model import Side
from recon.reconciliation import take_in
from recon.sources.delivery import Delivery

_WHOLE = (SourceKind.FILES, SourceKind.SAMPLE)


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

    def taken_in(self, settings: Settings) -> list[str]:
        """Take both into the session, where that is not done; return what is worth a notice."""
        if self._notices is None:
            self._notices = take_in(
                self.session,
                self.relations[Side.ANALYTICS],
                self.relations[Side.ACCOUNTING],
                settings.policy,
                self.descriptions,
                settings.accounting.compliance,
            )
        return list(self._notices)


@dataclass
class Books:
    """The sides that were read for good, with their extracts in a folder of ours.

    `sides` are both of them in a session, once that is open; `opened` closes it.
    """

    folder: Path
    opened: ExitStack
    deliveries: dict[Side, Delivery] = field(default_factory=dict)
    kept: dict[Side, Kept] = field(default_factory=dict)
    sides: Sides | None = None

    @property
    def whole(self) -> bool:
        """Whether both sides are kept."""
        return len(self.kept) == len(Side)

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
def kept_books() -> Iterator[Books | None]:
    """Yield books that last as long as the context; None where no folder can be made for them."""
    with ExitStack() as made:
        books = None
        with suppress(OSError):
            folder = tempfile.TemporaryDirectory(prefix="recon-", ignore_cleanup_errors=True)
            books = Books(Path(made.enter_context(folder)), made.enter_context(ExitStack()))
        yield books
