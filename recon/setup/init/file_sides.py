"""Two groups of files as sides: which column is which.

Names propose, values decide. What stays unsure is a doubt, each with the setting that decides it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from recon.base.errors import ConfigError
from recon.base.fields import DEBIT_CREDIT, NEEDED
from recon.base.result import Side
from recon.setup.init.file_columns import (
    with_days,
    with_end,
    with_entry_id,
    with_period,
    with_types,
)
from recon.setup.init.file_groups import Group
from recon.setup.init.file_ids import with_amount, with_ids
from recon.setup.init.file_rows import Kept, Rows, revenue, rows_of, won
from recon.setup.init.file_side import Doubt, FileSide
from recon.setup.init.file_terms import (
    with_free_months,
    with_monthly,
    with_several_rows,
    with_yearly_doubt,
)
from recon.setup.init.file_written import with_unit, written
from recon.setup.init.proposal import propose
from recon.setup.init.schema import Table
from recon.setup.init.writings import profiles

_NEXT = (
    "Nothing was written. Run recon init at a terminal, where it asks for these columns, or give "
    "them names that it knows; a column that no file has can be given under [analytics.fixed] or "
    "[accounting.fixed] of a configuration that you write."
)
# Asks the user for the column of ours that a side lacks.
Asked = Callable[[FileSide, str], str]


def understood(given: Mapping[Side, Group], asked: Asked | None = None) -> dict[Side, FileSide]:
    """Both sides.

    Raises ConfigError with every needed column that lacks, unless somebody can be asked.
    """
    entries = _begun(Side.ACCOUNTING, given[Side.ACCOUNTING], None)
    entries = with_amount(entries)
    contracts = _begun(Side.ANALYTICS, given[Side.ANALYTICS], entries.columns.get("contract_id"))
    contracts = with_yearly_doubt(with_amount(with_monthly(contracts)))
    contracts, entries = with_ids(contracts, entries)
    contracts = with_end(with_days(with_free_months(contracts)))
    contracts = with_several_rows(with_types(contracts, None))
    entries = with_types(with_entry_id(with_period(entries)), contracts)
    found = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    if asked:
        found = {side: _completed(each, asked) for side, each in found.items()}
    _refuse_missing(found)
    found = {side: written(_unsure(_without_rest(each))) for side, each in found.items()}
    return {**found, Side.ACCOUNTING: with_unit(found)}


def _begun(side: Side, group: Group, referred: str | None) -> FileSide:
    """A side by the names and types of its columns."""
    first = group.looks[0]
    rows = [rows_of(each) for each in group.looks]
    found = profiles(first.header, [record.cells for each in rows for record in each.rows])
    kept = (won if side is Side.ANALYTICS else revenue)(found.values())
    if kept:
        rows = [_only(kept, first.header, each) for each in rows]
        found = profiles(first.header, [record.cells for each in rows for record in each.rows])
    table = Table("", group.path.stem, tuple(each.column for each in found.values()))
    proposal = propose(side, table, table.column(referred) if referred else None)
    chosen = {match.ours: match for match in proposal.matches if match.column}
    return FileSide(
        side, group, found, rows[0],
        columns={ours: match.column.name for ours, match in chosen.items() if match.column},
        whys={
            ours: "; ".join((f"{match.sure}: {match.why}", *match.notes))
            for ours, match in chosen.items()
        },
        compliance=tuple(column.name for column in proposal.compliance),
        kept=kept,
        skip_foot=rows[0].foot,
        doubts=_feet(side, rows),
    )  # fmt: skip


def _only(kept: Kept, header: Sequence[str], rows: Rows) -> Rows:
    at = header.index(kept.column)
    return replace(rows, rows=tuple(each for each in rows.rows if kept.keeps(each.cells[at])))


def _feet(side: Side, rows: Sequence[Rows]) -> tuple[Doubt, ...]:
    if len({each.foot for each in rows}) == 1:
        return ()
    return (Doubt("the files end with different numbers of lines that are no rows",
                  f"{side}.skip_foot"),)  # fmt: skip


def _completed(side: FileSide, asked: Asked) -> FileSide:
    for ours in _missing(side):
        side = side.with_column(ours, asked(side, ours), "sure: your choice")
    return side


def _missing(side: FileSide) -> list[str]:
    """The needed columns that a side lacks."""
    there = {*side.columns, *side.fixed}
    there |= {"amount"} if set(DEBIT_CREDIT) <= there else set()
    there |= {"duration_months"} if side.by_dates or side.monthly else set()
    return [ours for ours in NEEDED[side.side] if ours not in there]


def _refuse_missing(found: Mapping[Side, FileSide]) -> None:
    """Raise ConfigError with the needed columns that lack."""
    mistakes = [
        f"{side}.columns.{ours}: no column of {each.group.path} fits; it has "
        + ", ".join(each.profiles)
        for side, each in found.items()
        for ours in _missing(each)
    ]
    if mistakes:
        raise ConfigError(mistakes, "The proposal", _NEXT)


def _unsure(side: FileSide) -> FileSide:
    """A doubt for each column that is only likely."""
    told = {doubt.setting.rpartition(".")[2] for doubt in side.doubts}
    for ours, why in side.whys.items():
        if why.startswith("perhaps: its name") and ours not in (*told, "revenue_type"):
            notes = why.partition("; ")[2]
            sentence = f"{side.columns[ours]!r} is taken as {ours}" + (
                f": {notes}" if notes else ""
            )
            side = side.with_doubt(sentence, f"{side.side}.columns.{ours}")
    return side


def _without_rest(side: FileSide) -> FileSide:
    """Without optional columns whose values do not fit."""
    currency = side.profile("currency")
    if currency and not all(re.fullmatch(r"[A-Za-z]{3}", text) for text in currency.distinct):
        side = side.with_column("currency", None)
    end = side.profile("terminated_on")
    if end and end.texts and not end.dated:
        side = side.with_column("terminated_on", None)
    others = set(side.columns) - {*NEEDED[side.side], *DEBIT_CREDIT}
    blank = [ours for ours in others if (found := side.profile(ours)) and not found.texts]
    for ours in blank:
        side = side.with_column(ours, None)
    return side
