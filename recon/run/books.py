"""Books: what months in a row read only once, while each of them leaves its whole evidence.

Files hold every month. So the first month reads them and leaves its extracts; those after it are
reconciled from these, as `recon verify` would do it, and take copies into their evidence. Whether
the files are still those that were read, each month sees for itself. A database delivers what one
month needs, in a transaction of its own: of it nothing is kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from recon.config import Settings, SourceKind
from recon.engine import Session
from recon.errors import ReportError
from recon.evidence.extracts import Kept, extract_relation, write_extract
from recon.model import Side
from recon.sources.delivery import Delivery

_WHOLE = (SourceKind.FILES, SourceKind.SAMPLE)


@dataclass
class Books:
    """The sides that were read for good, with their extracts in a folder of ours."""

    folder: Path
    deliveries: dict[Side, Delivery] = field(default_factory=dict)
    kept: dict[Side, Kept] = field(default_factory=dict)

    def keep(
        self,
        session: Session,
        settings: Settings,
        deliveries: Mapping[Side, Delivery],
        relations: Mapping[Side, str],
    ) -> None:
        """Keep the sides that are the same for every month, unless they are kept already."""
        compliance = settings.accounting.compliance
        for of in (settings.analytics, settings.accounting):
            side = of.side
            if of.kind not in _WHOLE or side in self.kept:
                continue
            # What finds no room is read again.
            with suppress(ReportError):
                found = write_extract(session, side, relations[side], self.folder, compliance)
                self.kept[side] = Kept(self.folder, found)
                self.deliveries[side] = replace(deliveries[side], opened=_opener(self.folder, side))


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
            books = Books(Path(made.enter_context(folder)))
        yield books
