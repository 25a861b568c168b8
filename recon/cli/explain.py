"""`recon explain`: everything about one contract."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from recon.base.errors import UsageError
from recon.cli import process
from recon.cli.options import (
    Config,
    Json,
    MonthText,
    NoColor,
    Profile,
    Reports,
    chosen_month,
    chosen_settings,
    progress_shown,
)

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings
    from recon.reconciliation.explain import ContractDetail

LISTED = 10


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A contract, or a break, entry, customer or owner that leads to one; the "
            "beginning is enough.",
        ),
    ],
    month: MonthText = None,
    config: Config = None,
    profile: Profile = None,
    out: Reports = None,
    json: Json = False,
    all_months: Annotated[
        bool, typer.Option("--all-months", help="Show every month, however long the term.")
    ] = False,
    cash: Annotated[
        bool, typer.Option("--cash", help="Show a customer or document of order to cash instead.")
    ] = False,
    no_color: NoColor = False,
) -> None:
    """Show one contract in full: terms, months, formula and cause."""
    settings = chosen_settings(config, profile, out)
    if cash:
        _cash(settings, month, name, json=json, color=not no_color)
        return
    contract, known_month = _known(settings, name)
    chosen = known_month if known_month and month is None else chosen_month(month, settings)
    with progress_shown(json) as progress:
        found = _detail(settings, chosen, contract, progress)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reconciliation.explain import as_json

            typer.echo(dumps(as_json(found)), nl=False)
            return
        from recon.reports.console.dashboard import make_console
        from recon.reports.console.explain import show_dossier

        console = make_console(sys.stdout, color=False if no_color else None)
        show_dossier(console, found, sample=settings.sample, all_months=all_months)


def _known(settings: Settings, text: str) -> tuple[str, Month | None]:
    """The contract of a recorded break, with its last month.

    It is a text as it is, without a month, where it names no break, or several, or is itself the
    id of the contract.
    """
    from recon.base.filters import folded
    from recon.record.journal.names import called, several, unresolved_first
    from recon.record.journal.store import NAME, Journal

    if not (settings.reports / NAME).exists():
        return text, None
    with Journal.look(settings.reports, settings.calendar.periods) as journal:
        found = unresolved_first(called(text, journal.open_items().values()))
    contracts = {life.last.contract_id for life in found}
    if len(contracts) > 1 and folded(text).startswith("b-"):
        raise several(text, found)
    if len(contracts) != 1 or folded(text) in map(folded, contracts):
        return text, None
    return contracts.pop(), max(max(life.seen) for life in found)


def _detail(
    settings: Settings, month: Month, text: str, progress: Callable[[str], None]
) -> ContractDetail:
    """A contract by its id, or by another name."""
    from recon.reconciliation.explain import called, contract_detail
    from recon.run.gathering import reconciled

    compliance = settings.accounting.compliance
    with reconciled(settings, month, progress, text) as (session, result):
        try:
            return contract_detail(session, result, text, compliance)
        except UsageError:
            found = called(session, text)
            if not found:
                raise
    if len(found) > 1:
        listed = ", ".join(found[:LISTED])
        more = f" and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
        raise UsageError(f"There are {len(found):,} contracts {text!r}: {listed}{more}. Name one.")
    # Of a named contract a database delivers every entry.
    with reconciled(settings, month, progress, found[0]) as (session, result):
        return contract_detail(session, result, found[0], compliance)


def _cash(settings: Settings, month: str | None, asked: str, *, json: bool, color: bool) -> None:
    """Print the statement of a customer or document."""
    from recon.cli.cash import cash_month
    from recon.run.cash import explained, reconciled_cash

    with (
        progress_shown(json) as progress,
        reconciled_cash(settings, cash_month(settings, month), progress) as found,
    ):
        told = explained(found, asked)
    with process.printing():
        if json:
            from recon.reconciliation.document import dumps
            from recon.reports.cash.explain import statement_document

            typer.echo(dumps(statement_document(told, found.result)), nl=False)
            return
        from recon.reports.cash.explain import show_statement

        show_statement(told, found.result, color=color)
