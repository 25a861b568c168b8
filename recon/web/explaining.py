"""Explaining on the page: contracts and customers.

Whoever looks at a month opens one break after the other, so the month stays open between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.month import Month
from recon.reconciliation.cash.statement import Statement
from recon.reconciliation.explain import ContractDetail
from recon.record.journal.model import Run
from recon.reports.cash.explain import statement_document
from recon.run.cash import explained, reconciled_cash
from recon.run.explaining import detail, known, made_again
from recon.store import snapshot
from recon.web.asking import Ask
from recon.web.problems import Refused
from recon.web.reading import journal_of


@dataclass(frozen=True, slots=True)
class Explained:
    """A contract in a month, by the month's last run.

    Without a run that shows every entry it is from both sides as they are now.
    """

    detail: ContractDetail
    run: Run | None = None


def contract(ask: Ask) -> Explained:
    """The contract of the address, in a month."""
    settings, text = ask.site.settings, str(ask.params["contract"])
    found, seen = known(settings, text)
    chosen = ask.month(ask.asked("month")) if ask.asked("month") else seen
    with journal_of(ask) as journal:
        chosen = chosen or journal.latest_month()
        if chosen is None:
            raise Refused(404, "No month was run yet.")
        run = journal.last_run(chosen)
    if run:
        folder = settings.reports / run.folder
        with (
            suppress(SourceDataError, SourceUnreachable),
            ask.site.month.get(folder, lambda: made_again(folder)) as again,
        ):
            return Explained(again.detail(found), run)
    key = ("contract", str(chosen), found, _last_run(ask))
    return Explained(
        ask.site.kept.get(key, lambda: detail(settings, chosen, found, lambda _: None))
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A statement of a customer or document, and its month."""

    month: Month
    statement: Statement
    document: Mapping[str, object]


def document(ask: Ask) -> Told:
    """The statement of the address, of a customer or document.

    It is from store and ledger, read once for a snapshot of the one and a run.
    """
    text = str(ask.params["document"])
    with journal_of(ask) as journal:
        latest = journal.latest_month()
    chosen = ask.month(ask.asked("month")) if ask.asked("month") else latest
    if chosen is None:
        raise Refused(404, "No month of order to cash was run yet.")

    key = (str(chosen), snapshot.current(ask.settings.store).number, _last_run(ask))
    with ask.site.month_of_cash.get(key, lambda: reconciled_cash(ask.settings, chosen)) as found:
        told = explained(found, text)
        return Told(chosen, told, statement_document(told, found.result))


def _last_run(ask: Ask) -> str:
    with journal_of(ask) as journal:
        return str(journal.last_run_id())
