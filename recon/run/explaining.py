"""Explaining: a contract by its id, or by another name."""

from __future__ import annotations

from collections.abc import Callable

from recon.base.errors import UsageError
from recon.base.filters import folded
from recon.base.month import Month
from recon.config import Settings
from recon.reconciliation.explain import ContractDetail, contract_detail
from recon.reconciliation.explain import called as contracts_called
from recon.record.journal.names import called, several, unresolved_first
from recon.record.journal.store import NAME, Journal
from recon.run.gathering import reconciled

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
    """A contract by its id, or by another name."""
    compliance = settings.accounting.compliance
    with reconciled(settings, month, progress, text) as (session, result):
        try:
            return contract_detail(session, result, text, compliance)
        except UsageError as error:
            found = contracts_called(session, text)
            if not found and like_a_break(text):
                raise UsageError(f"There is no break {text!r}. {error}") from error
            if not found:
                raise
    if len(found) > 1:
        listed = ", ".join(found[:LISTED])
        more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
        raise UsageError(f"There are {len(found):,} contracts {text!r}: {listed}{more}. Name one.")
    # Of a named contract a database delivers every entry.
    with reconciled(settings, month, progress, found[0]) as (session, result):
        return contract_detail(session, result, found[0], compliance)
