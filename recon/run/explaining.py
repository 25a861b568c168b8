"""Explaining: a contract by its id, or by another name.

From both sides as they are, or from the evidence of a recorded run as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.base.errors import SourceDataError, UsageError
from recon.base.fields import CONDENSED
from recon.base.filters import folded
from recon.base.month import Month
from recon.base.result import Reconciliation, Side
from recon.config import Settings
from recon.reconciliation.explain import ContractDetail, contract_detail
from recon.reconciliation.explain import called as contracts_called
from recon.record.journal.names import called, several, unresolved_first
from recon.record.journal.store import NAME, Journal
from recon.record.replay.stored_run import Pack, replayed
from recon.run.gathering import reconciled
from recon.store.session import Session, columns, is_any, reading
from recon.store.session import session as only

LISTED = 10


def known(settings: Settings, text: str) -> tuple[str, Month | None]:
    """The contract of a recorded break, with its last month.

    It is a text as it is, without a month, where it names no break, or several, or is itself the
    id of the contract.
    """
    if not (settings.reports / NAME).exists():
        return text, None
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        found = unresolved_first(called(text, journal.open_items().values()))
    contracts = {life.last.contract_id for life in found}
    if len(contracts) > 1 and like_a_break(text):
        raise several(text, found)
    if len(contracts) != 1 or folded(text) in map(folded, contracts):
        return text, None
    return contracts.pop(), max(max(life.seen) for life in found)


def like_a_break(text: str) -> bool:
    """Whether a name is written as a break's."""
    return folded(text).startswith("b-")


def detail(
    settings: Settings, month: Month, text: str, progress: Callable[[str], None]
) -> ContractDetail:
    """A contract by id or another name, from both sides."""
    compliance = settings.accounting.compliance
    with reconciled(settings, month, progress, text) as (session, result):
        try:
            return contract_detail(session, result, text, compliance)
        except UsageError as error:
            found = _called(session, text, error)
    # Of a named contract a database delivers every entry.
    with reconciled(settings, month, progress, found) as (session, result):
        return contract_detail(session, result, found, compliance)


def _called(session: Session, text: str, unknown: UsageError) -> str:
    """The one contract that a text names; raises UsageError."""
    found = contracts_called(session, text)
    if not found and like_a_break(text):
        raise UsageError(f"There is no break {text!r}. {unknown}") from unknown
    if not found:
        raise unknown
    if len(found) > 1:
        listed = ", ".join(found[:LISTED])
        more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
        raise UsageError(f"There are {len(found):,} contracts {text!r}: {listed}{more}. Name one.")
    return found[0]


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A recorded run, made again from its evidence."""

    session: Session
    result: Reconciliation
    compliance: Sequence[str]

    def detail(self, text: str) -> ContractDetail:
        """A contract by its id, or another name, as then."""
        try:
            return contract_detail(self.session, self.result, text, self.compliance)
        except UsageError as error:
            found = _called(self.session, text, error)
            return contract_detail(self.session, self.result, found, self.compliance)


@contextmanager
def made_again(folder: Path) -> Iterator[RunAgain]:
    """Yield a run made again from its evidence.

    Raises SourceUnreachable or SourceDataError where it does not show every entry: it is not there,
    or a database has added up the earlier ones.
    """
    pack = Pack.of(folder)
    entries = pack.relation(Side.ACCOUNTING)
    with reading("stored", folder.name), only(pack.folder) as session:
        if CONDENSED in columns(session, entries) and is_any(
            session, f"{entries} WHERE {CONDENSED} IS NOT NULL"
        ):
            raise SourceDataError("The earlier entries of this run are kept as sums.")
    with reading("stored", folder.name), replayed(pack) as (session, result):
        yield RunAgain(session, result, tuple(pack.run["compliance"]))
