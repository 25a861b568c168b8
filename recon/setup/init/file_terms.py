"""Other terms in files: monthly values, versions, free months.

Names propose, values decide. Several rows of a contract are versions where a column says from when
each holds, and add up where one begins after the other has ended; else nothing is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from recon.base.policy import SameKey
from recon.base.text import counted
from recon.setup.init import names
from recon.setup.init.file_side import FileSide
from recon.setup.init.looking import Record
from recon.setup.init.vocabulary import Words
from recon.setup.init.writings import Profile, day, orders_of

_MONTHLY = (
    "mrr, mrc, monthly recurring revenue, monthly amount, monthly value, monthly fee,"
    " monthly price, monthly revenue, monthly rate, monthly charge, monthly total,"
    " monthly subscription,"
    " amount per months, value per months, price per months, fee per months, rate per months,"
    " monatsbetrag, monatswert, monatspreis, monatsgebuhr, monatlicher betrag, betrag pro monat,"
    " preis pro monat, wert pro monat"
)
_YEARLY = frozenset("arr acv annual annualized yearly".split())
_VALID_FROM = (
    "valid from, valid from date, effective date, effective from, version date, version start,"
    " version start date, version from, amended date, amendment date, amendment effective date,"
    " changed date, change date, change effective date, gultig ab, gultig von"
)
_FREE = (
    "free months, months free, free term months, free period, free period months,"
    " rent free months, number of free months, complimentary months, promo months,"
    " promotional months, freimonate, gratismonate, freie monate, kostenlose monate"
)
_FREE_AT = "free at, free months at, free period at, free position"


def with_monthly(side: FileSide) -> FileSide:
    """The value of a month, else that of the term."""
    value = side.profile("contract_value")
    monthly = [each for each in _called(side, _MONTHLY) if each.amounts]
    if len(monthly) == 1 and (value is None or not value.amounts or value is monthly[0]):
        (found,) = monthly
        side = side.with_column("contract_value", found.name, "likely: the amount of a month")
        return replace(side, monthly=True).with_doubt(
            f"{found.name!r} is taken as the value of a month, which each active month expects",
            "policy.value_basis",
        )
    return side


def with_yearly_doubt(side: FileSide) -> FileSide:
    """A doubt about a value named a year's."""
    value = side.profile("contract_value")
    if value is None or not _YEARLY & set(names.words_of(value.name)):
        return side
    return side.with_doubt(
        f"{value.name!r} may be the value of a year; recon takes it as that of the whole term",
        "analytics.columns.contract_value",
    )


def with_free_months(side: FileSide) -> FileSide:
    """Months of a term that cost nothing."""
    free = next((each for each in _called(side, _FREE) if each.texts and each.whole), None)
    if free is None or not any(text.strip("0.,") for text in free.texts):
        return side
    side = side.with_column("free_months", free.name, "sure: its name")
    ends = next((each for each in _called(side, _FREE_AT) if each.texts), None)
    if ends and {text.lower() for text in ends.distinct} <= {"start", "end"}:
        return side.with_column("free_at", ends.name, "sure: its name")
    return side.with_doubt(
        "no column says where free months are; they are taken at the end of the term",
        "analytics.columns.free_at",
    )


def with_several_rows(side: FileSide) -> FileSide:
    """Contracts with several rows: versions, sums, or left open."""
    several = _several(side)
    if not several:
        return side
    example = several[0][0].cells[_place(side, "contract_id")]
    have = "has" if len(several) == 1 else "have"
    told = f"{counted(len(several), 'contract')}, like {example}, {have} several rows"
    valid_from = _valid_from(side, several)
    if valid_from and not _is_followed(side, several):
        kept = side.columns.get("start_date") == valid_from.name
        side = side.with_column("valid_from", valid_from.name, "likely: rows differ by it")
        side = replace(side, same_key=SameKey.VERSIONS)
        more = "; the first one's is the start, too" if kept else ""
        return side.with_doubt(
            f"{told}: taken as versions, each in force from its {valid_from.name!r} on{more}",
            "policy.same_key",
        )
    if _is_followed(side, several):
        return replace(side, same_key=SameKey.ADD).with_doubt(
            f"{told}, one term after the other: they add up", "policy.same_key"
        )
    return replace(side, open_key=example).with_doubt(
        f"{told}: nothing says whether they add up or replace each other, so that they cannot be "
        "compared",
        "policy.same_key",
    )


def _called(side: FileSide, listed: str) -> list[Profile]:
    """The columns with these names, the surest first."""
    known = names.known([Words(100, listed)])
    found = [
        (max(read, key=lambda each: each.sureness).sureness, each)
        for each in side.profiles.values()
        if (read := [one for one in names.readings(each.name, known, "contract") if one.whole])
    ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _place(side: FileSide, ours: str) -> int:
    return side.group.looks[0].header.index(side.columns[ours])


def _several(side: FileSide) -> list[list[Record]]:
    """The rows of each key that has several that differ."""
    if "contract_id" not in side.columns:
        return []
    at = [_place(side, ours) for ours in ("contract_id", "revenue_type") if ours in side.columns]
    found: dict[tuple[str, ...], dict[tuple[str, ...], Record]] = {}
    for record in side.rows.rows:
        key = tuple(record.cells[place].casefold() for place in at)
        if key[0]:
            found.setdefault(key, {}).setdefault(record.cells, record)
    return [list(rows.values()) for rows in found.values() if len(rows) > 1]


def _valid_from(side: FileSide, several: Sequence[Sequence[Record]]) -> Profile | None:
    """The days by which rows of a contract differ."""
    for each in _called(side, _VALID_FROM):
        at = side.group.looks[0].header.index(each.name)
        apart = (len({record.cells[at] for record in rows}) == len(rows) for rows in several)
        if each.dated and all(apart):
            return each
    return None


@dataclass(frozen=True, slots=True)
class _Term:
    """The first and the last day of a row."""

    start: date
    end: date


def _is_followed(side: FileSide, several: Sequence[Sequence[Record]]) -> bool:
    """Whether the terms of each contract follow each other."""
    terms = [sorted(_terms(side, rows), key=lambda term: term.start) for rows in several]
    whole = all(len(found) == len(rows) for found, rows in zip(terms, several, strict=True))
    return whole and all(a.end < b.start for found in terms for a, b in pairwise(found))


def _terms(side: FileSide, rows: Iterable[Record]) -> Iterator[_Term]:
    ours = ("start_date" if "start_date" in side.columns else "booking_date", "close_date")
    columns = [side.profile(each) for each in ours]
    if not all(columns):
        return
    orders = orders_of(each for each in columns if each)
    places = [_place(side, each) for each in ours]
    for record in rows:
        start, end = (day(record.cells[place], orders) for place in places)
        if start and end:
            yield _Term(start, end)
