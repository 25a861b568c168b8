"""The proposal: a side's table, and columns for our names.

Pure: tables in, a proposal out. Names and types decide, a needed column goes before an optional
one, and no column is proposed twice. Nothing is guessed in silence: a proposal says what it was
read from, what else would have fitted, and what to think of; without a candidate it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from recon.base.fields import NEEDED, OPTIONS
from recon.base.result import Side
from recon.setup.init import names, vocabulary
from recon.setup.init.names import Reading
from recon.setup.init.schema import Column, Family, Table
from recon.setup.init.vocabulary import Words

# Below this sureness there is no candidate; a wrong optional column is worse than none.
LEAST_NEEDED, LEAST_OPTIONAL, LEAST_TABLE = 40, 60, 50
# What fits as well to within this is a tie.
TIE = 3
_SURE, _LIKELY = 90, 70
# A contract's id is rather the column that the other side refers to.
_REFERRED = 30
# What is left, in percent, of the score of a table that looks like a copy of the one that is meant.
_COPY = 60

_IDS = {Family.TEXT: 100, Family.INTEGER: 100, Family.DECIMAL: 80}
_DAYS = {Family.DATE: 100, Family.TEXT: 70, Family.INTEGER: 60}
_WORDS = {Family.TEXT: 100}
_AMOUNTS = {Family.DECIMAL: 100, Family.INTEGER: 95, Family.FLOAT: 80}
# How well a type fits, out of 100; one that is not listed cannot hold such a thing.
FITS: Mapping[str, Mapping[Family, int]] = {
    "contract_id": _IDS, "entry_id": _IDS, "customer_id": _IDS, "document_ref": _IDS,
    "contract_value": _AMOUNTS, "amount": _AMOUNTS,
    "duration_months": {Family.INTEGER: 100, Family.DECIMAL: 95, Family.FLOAT: 85},
    "booking_date": _DAYS, "close_date": _DAYS, "start_date": _DAYS, "terminated_on": _DAYS,
    "posted_at": _DAYS | {Family.TEXT: 90},
    "recognition_period": {Family.DATE: 100, Family.TEXT: 95, Family.INTEGER: 95,
                           Family.DECIMAL: 90},
    "revenue_type": _WORDS, "currency": _WORDS, "customer": _WORDS, "segment": _WORDS,
    "owner": _WORDS | {Family.INTEGER: 80},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """Their column for ours, how sure (of 100), and why.

    `notes` say what to think of; `column` is None where none fits.
    """

    ours: str
    needed: bool
    column: Column | None = None
    sureness: int = 0
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sure(self) -> str:
        """How sure it is, in a word."""
        if self.column is None:
            return ""
        if self.sureness >= _SURE:
            return "sure"
        return "likely" if self.sureness >= _LIKELY else "perhaps"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A side's table with our columns, and remarks.

    The columns are in the order of the specification.
    """

    side: Side
    table: Table
    matches: tuple[Match, ...]
    compliance: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Our columns that are needed and have none of theirs."""
        return [match.ours for match in self.matches if match.needed and match.column is None]

    def column(self, ours: str) -> Column | None:
        """Their column for one of our columns, else None."""
        return next((match.column for match in self.matches if match.ours == ours), None)

    def changed(self, ours: str, column: Column | None) -> Proposal:
        """The proposal with one column set by the user."""
        notes = tuple(_type_notes(ours, column)) if column else ()
        matches = tuple(
            Match(ours, match.needed, column, 100 if column else 0, "your choice", notes)
            if match.ours == ours
            else match
            for match in self.matches
        )
        return replace(self, matches=matches)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that could be one of our columns."""

    ours: str
    column: Column
    score: int
    reading: Reading


def propose(side: Side, table: Table, referred: Column | None = None) -> Proposal:
    """Return which columns of a table are ours.

    `referred` is the column by which the entries refer to a contract: of two ids, the contracts'
    is rather the one of that name.
    """
    found = _candidates(side, table, referred)
    chosen = _chosen(found, NEEDED[side], LEAST_NEEDED, {})
    chosen = _chosen(found, OPTIONS[side], LEAST_OPTIONAL, chosen)
    ours = (*NEEDED[side], *OPTIONS[side])
    taken = {candidate.column.name for candidate in chosen.values()}
    return Proposal(
        side,
        table,
        tuple(
            _match(name, name in NEEDED[side], chosen.get(name), _rivals(name, chosen, found))
            for name in ours
        ),
        _compliance(table, taken) if side is Side.ACCOUNTING else (),
        tuple(_table_notes(side, table)),
    )


def ranked(side: Side, tables: Iterable[Table]) -> list[tuple[int, Table]]:
    """The likely tables of a side, the best first.

    Each with how sure it is.
    """
    scored = ((_table_score(side, table), table) for table in tables)
    found = [(score, table) for score, table in scored if score >= LEAST_TABLE]
    return sorted(found, key=lambda pair: (-pair[0], str(pair[1])))


def ties(found: Sequence[tuple[int, Table]]) -> list[Table]:
    """The tables of a ranking that equal the best one."""
    return [table for score, table in found[1:] if score >= found[0][0] - TIE]


def suits(side: Side, table: Table) -> int:
    """How well a table's columns suit a side, of 100."""
    found = _candidates(side, table, None)
    chosen = _chosen(found, NEEDED[side], LEAST_NEEDED, {})
    return sum(min(candidate.score, 100) for candidate in chosen.values()) // len(NEEDED[side])


def _table_score(side: Side, table: Table) -> int:
    score = (3 * _name_score(side, table.name) + 7 * suits(side, table)) // 10
    is_copy = vocabulary.COPIES & set(names.words_of(table.name))
    return score * _COPY // 100 if is_copy else score


def _name_score(side: Side, name: str) -> int:
    """How much a table's name alone speaks for a side."""
    words = [names.singular(word) for word in names.words_of(name)]
    text = " ".join(words)
    known = _table_names(side)
    whole = [reading.sureness for reading in names.readings(text, known)]
    single = [known[word].sureness * 80 // 100 for word in words if word in known]
    return max(whole + single, default=0)


def _candidates(side: Side, table: Table, referred: Column | None) -> list[Candidate]:
    """All candidates of a table, the best first.

    Equals are in the table's order.
    """
    found = []
    for column in table.columns:
        for ours, (score, reading) in _readings(side, column.name, column.family).items():
            more = ours == "contract_id" and _is_referred(column, table, referred)
            found.append(Candidate(ours, column, score + _REFERRED * more, reading))
    return sorted(found, key=lambda candidate: -candidate.score)


@cache
def _readings(side: Side, name: str, family: Family) -> dict[str, tuple[int, Reading]]:
    """The possible meanings of a column, by name and type."""
    found = {}
    for ours, words in _column_names(side).items():
        read = list(names.readings(name, words, vocabulary.ENTITIES[side]))
        if family in FITS[ours] and read:
            best = max(read, key=lambda reading: reading.sureness)
            found[ours] = (best.sureness * FITS[ours][family] // 100, best)
    return found


@cache
def _column_names(side: Side) -> dict[str, Mapping[str, Words]]:
    return {ours: names.known(words) for ours, words in vocabulary.COLUMNS[side].items()}


@cache
def _table_names(side: Side) -> Mapping[str, Words]:
    return names.known(vocabulary.TABLES[side])


def _is_referred(column: Column, table: Table, referred: Column | None) -> bool:
    """Whether the entries refer to this column.

    By its name, or as `DealID` to the ID of Deals.
    """
    if referred is None:
        return False
    entity = names.singular(names.compact(table.name))
    name = names.compact(column.name)
    return names.compact(referred.name) in (name, entity + name)


def _chosen(
    found: Sequence[Candidate], ours: Sequence[str], least: int, before: Mapping[str, Candidate]
) -> dict[str, Candidate]:
    """The candidates to take, the best first.

    Each column is taken only once.
    """
    chosen = dict(before)
    taken = {candidate.column.name for candidate in chosen.values()}
    for candidate in found:
        free = candidate.ours not in chosen and candidate.column.name not in taken
        if free and candidate.ours in ours and candidate.score >= least:
            chosen[candidate.ours] = candidate
            taken.add(candidate.column.name)
    return chosen


def _rivals(ours: str, chosen: Mapping[str, Candidate], found: Sequence[Candidate]) -> list[str]:
    """The free columns as good as the chosen one."""
    taken = {candidate.column.name for candidate in chosen.values()}
    return [
        rival.column.name
        for rival in found
        if rival.ours == ours and ours in chosen and rival.column.name not in taken
        and rival.score >= chosen[ours].score - TIE
    ]  # fmt: skip


def _match(ours: str, needed: bool, chosen: Candidate | None, rivals: Sequence[str]) -> Match:
    if chosen is None:
        return Match(ours, needed)
    column = chosen.column
    notes = [*filter(None, [chosen.reading.words.note]), *_type_notes(ours, column)]
    notes += [f"{' and '.join(rivals)} would also fit"] if rivals else []
    why = "its name" if chosen.reading.whole else "part of its name"
    why += " and type" if column.family in _best_families(ours) else "; its type fits less well"
    return Match(ours, needed, column, min(chosen.score, 100), why, tuple(notes))


def _best_families(ours: str) -> set[Family]:
    return {family for family, fit in FITS[ours].items() if fit >= _SURE}


def _type_notes(ours: str, column: Column) -> list[str]:
    """Remarks on columns because of their type."""
    family = column.family
    if family not in FITS[ours]:
        return [f"{column.kind} is not a suitable type"]
    if ours in ("contract_value", "amount") and family is Family.FLOAT:
        return ["binary floating point: values are rounded to 0.0001"]
    if ours == "recognition_period" and re.search("offset|with time zone|tz", column.kind.lower()):
        return ["its months follow the offset unless [calendar] sets a time_zone"]
    if FITS[ours] is _DAYS and family is not Family.DATE:
        return ["must be written like 2024-06-30 or 20240630"]
    return []


def _compliance(table: Table, taken: set[str]) -> tuple[Column, ...]:
    known = names.known([Words(100, vocabulary.COMPLIANCE)])
    aliases: dict[str, Column] = {}
    for column in table.columns:
        if column.name not in taken and column.family is not Family.OTHER:
            read = names.readings(column.name, known)
            if any(reading.sureness >= _SURE for reading in read):
                aliases.setdefault(names.snake(column.name), column)
    return tuple(aliases.values())


def _table_notes(side: Side, table: Table) -> list[str]:
    """The columns that may mark rows to leave out."""
    known = names.known([Words(100, vocabulary.FILTERS[side])])
    found = [column.name for column in table.columns if names.compact(column.name) in known]
    meant = "booked contracts" if side is Side.ANALYTICS else "recognized revenue"
    listed = " or ".join(found)
    return [f"if it contains more than {meant}, add a condition on {listed}"] if found else []
