"""Choosing breaks by names and filters, with a question."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from recon.base.errors import UsageError
from recon.base.filters import BreakFilter
from recon.base.text import counted
from recon.record.journal.model import OpenItem, State
from recon.record.journal.names import named, nothing, several, unresolved_first

if TYPE_CHECKING:
    from recon.record.journal.store import Journal

# How many of the breaks a question lists.
LISTED = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """The breaks that somebody asks for.

    Names that are one break each are taken as they are. Where a name is several, or a filter
    chooses, those that nobody has acknowledged are shown first, with a question unless `yes`;
    without filter and `yes`, a terminal is needed for the question.
    """

    names: tuple[str, ...] = ()
    only: BreakFilter = field(default_factory=BreakFilter)
    yes: bool | None = None

    def breaks(self, journal: Journal) -> list[OpenItem]:
        """The chosen breaks of the journal.

        Raises UsageError where there is none, or the question is answered with no.
        """
        last = journal.last_run_id()
        found, many = self._named(journal) if self.names else self._standing(journal)
        if many:
            self._ask(found, journal)
        if journal.last_run_id() != last:
            raise UsageError("A run has come between the question and the answer; look again.")
        return found

    def _named(self, journal: Journal) -> tuple[list[OpenItem], bool]:
        known = [life for life in journal.open_items().values() if self.only.takes(life.last)]
        found: dict[str, OpenItem] = {}
        many = bool(self.only)
        for text in self.names:
            lives = unresolved_first(named(text, known))
            if not lives or not text.strip():
                raise nothing(text, journal.option)
            if len(lives) > 1:
                if not self._may_ask:
                    raise several(text, lives)
                lives, many = _unanswered(lives, text), True
            found |= {life.name: life for life in lives}
        return list(found.values()), many

    def _standing(self, journal: Journal) -> tuple[list[OpenItem], bool]:
        latest = journal.latest_month()
        lives = journal.standing(latest) if latest else ()
        found = [life for life in lives if self.only.takes(life.last)]
        if not found:
            raise UsageError(
                f"No open break has {self.only.words()}; `recon open{journal.option}` lists them."
            )
        return _unanswered(found, self.only.words()), True

    @property
    def _may_ask(self) -> bool:
        """Whether several breaks may be meant by one name."""
        return bool(self.yes) or (self.yes is not None and _is_asked())

    def _ask(self, found: list[OpenItem], journal: Journal) -> None:
        if self.yes:
            return
        what = f"Acknowledge {'this break' if len(found) == 1 else f'these {len(found):,} breaks'}?"
        _preview(found, journal, ", ".join(filter(None, [*self.names, self.only.words()])))
        if not _is_asked():
            raise UsageError(
                f"{counted(len(found), 'break')} would be acknowledged; nobody can be asked here, "
                "so say --yes to do it."
            )
        if not typer.confirm(what, err=True):
            raise UsageError("Nothing was acknowledged.")


def _unanswered(lives: list[OpenItem], what: str) -> list[OpenItem]:
    found = [life for life in lives if life.state is State.OPEN]
    if not found:
        raise UsageError(
            f"{counted(len(lives), 'break')} ({what}), but acknowledged or resolved already; name "
            "one of them to say something else of it."
        )
    return found


def _is_asked() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _preview(found: list[OpenItem], journal: Journal, what: str) -> None:
    """Print the number of breaks, their amounts and the first."""
    from recon.reports.console.dashboard import make_console
    from recon.reports.console.open_items import Standing, show_open

    month = journal.latest_month() or found[0].first_month
    standing = Standing(found, month, datetime.now(UTC), only=what)
    show_open(make_console(sys.stderr), standing, top=LISTED)
