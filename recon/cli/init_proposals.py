"""Proposals of `recon init` for two databases, and the files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from recon.base.errors import ConfigError
from recon.base.result import Side
from recon.cli import init_questions as questions
from recon.cli import process
from recon.config import Settings, SourceSettings
from recon.setup.init.configuration import QUERIES, Access, configuration, read_back
from recon.setup.init.names import snake
from recon.setup.init.proposal import Proposal, propose, ranked, ties
from recon.setup.init.queries import Form, contracts_query, entries_query, extremes, form_of
from recon.setup.init.schema import Catalog, Column, Family, Table, reached
from recon.sources.side_by_side import Supervisor, side_by_side

# How many names are listed in a sentence.
LISTED = 40
_OPTIONS = {Side.ANALYTICS: "--contracts-table", Side.ACCOUNTING: "--entries-table"}


def proposals(
    catalogs: Mapping[Side, Catalog], named: Mapping[Side, str | None], asking: bool
) -> dict[Side, Proposal]:
    """The columns for each side, confirmed where people can answer."""
    tables = {side: _table(side, catalogs[side], named[side], asking) for side in Side}
    # The entries first: by which of its ids they refer to a contract decides between two.
    entries = propose(Side.ACCOUNTING, tables[Side.ACCOUNTING])
    entries = questions.settled(entries) if asking else entries
    reference = entries.column("contract_id")
    contracts = propose(Side.ANALYTICS, tables[Side.ANALYTICS], reference)
    contracts = questions.settled(contracts) if asking else contracts
    found = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    if not asking:
        for proposal in found.values():
            questions.show(proposal)
    _refuse_missing(found)
    return found


def _table(side: Side, catalog: Catalog, named: str | None, asking: bool) -> Table:
    """The table that is named, chosen, or fits best."""
    option, where = _OPTIONS[side], f"The {side} side"
    if named:
        found = catalog.table(named)
        if found is None:
            raise ConfigError([f"{option}: there is no {named}; {_there(catalog)}"], where)
        return found
    ranking = ranked(side, catalog.tables)
    if asking:
        return questions.table(side, catalog, ranking)
    if not ranking:
        raise ConfigError([f"{option}: no table looks right; {_there(catalog)}"], where)
    for other in ties(ranking):
        process.say(f"{side}: {other} fits as well as {ranking[0][1]}; choose with {option}.")
    return ranking[0][1]


def _there(catalog: Catalog) -> str:
    names = [str(table) for table in catalog.tables]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"this login sees {', '.join(names[:LISTED]) or 'no tables at all'}{more}"


def _refuse_missing(proposals: Mapping[Side, Proposal]) -> None:
    mistakes = [
        f"{side}.{ours}: no column of {proposal.table} fits; it has "
        + ", ".join(column.name for column in proposal.table.columns)
        for side, proposal in proposals.items()
        for ours in proposal.missing
    ]
    if mistakes:
        raise ConfigError(mistakes, "The proposal")


def files(
    access: Mapping[Side, Access],
    currency: str,
    catalogs: Mapping[Side, Catalog],
    proposals: Mapping[Side, Proposal],
    asking: bool,
) -> dict[str, str]:
    """The files by name, with a checked configuration."""
    contracts, entries = proposals[Side.ANALYTICS], proposals[Side.ACCOUNTING]
    text = configuration(
        access,
        currency,
        {side: str(proposal.table) for side, proposal in proposals.items()},
        [snake(column.name) for column in entries.compliance],
    )
    form = _form(read_back(text), entries, asking)
    return {
        "recon.toml": text,
        QUERIES[Side.ANALYTICS]: contracts_query(contracts, catalogs[Side.ANALYTICS].product),
        QUERIES[Side.ACCOUNTING]: entries_query(entries, catalogs[Side.ACCOUNTING].product, form),
    }


def _form(settings: Settings, entries: Proposal, asking: bool) -> Form:
    """The form of the period column; raises ConfigError if unclear."""
    column = entries.column("recognition_period")
    if column is None or column.family is Family.DATE:
        return Form.DATE
    # In a thread of its own: Ctrl-C waits for no database.
    work = partial(_extremes, settings.accounting, entries.table, column)
    least, most = side_by_side({Side.ACCOUNTING: work}, lambda _: None)[Side.ACCOUNTING]
    form = form_of(column, least, most)
    if form is not None:
        return form
    values = "it has no values" if least is None else f"its values run from {least!r} to {most!r}"
    if asking:
        return questions.form(column, values)
    forms = ", ".join(form.value for form in Form)
    raise ConfigError(
        [f"accounting.recognition_period: it is not clear how {column.name} writes a period, "
         f"{values}; recon knows {forms}"],
        "The proposal",
    )  # fmt: skip


def _extremes(
    settings: SourceSettings, table: Table, column: Column, supervisor: Supervisor
) -> tuple[object, object]:
    with reached(settings, supervisor) as database:
        return extremes(database, table, column)
