"""Records that are no rows: totals, sections, remarks.

Those at the end are counted for `skip_foot`, those among the rows are left out by `where`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

from recon.base.text import is_total
from recon.setup.init import names
from recon.setup.init.looking import Look, Record
from recon.setup.init.revenue_types import is_no_revenue, is_revenue
from recon.setup.init.writings import Profile
from recon.store.session import literal, name

_STAGES = ("stage", "dealstage", "stagename", "opportunitystage", "status", "dealstatus")
_WON = re.compile(r"closed ?won|won", re.IGNORECASE)
_IS_WON, _YES = ("iswon", "won", "isclosedwon", "closedwon"), ("true", "yes", "1")
_ACCOUNTS = {"account", "acct", "gl", "ledger", "credit", "debit"}
_RESERVED = frozenset(
    "all analyse analyze and any array as asc both case cast check collate column constraint create"
    " default deferrable desc describe distinct do else end except false fetch for foreign from"
    " grant group having in initially intersect into is lateral leading limit not null offset on"
    " only or order pivot placing primary qualify references returning select show some summarize"
    " symmetric table then to trailing true union unique unpivot user using variadic when where"
    " window with".split()
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's records: the rows, and the others.

    `among` are other records between rows, `end` those after the last row.
    """

    rows: tuple[Record, ...]
    among: tuple[Record, ...]
    end: tuple[Record, ...]

    @property
    def foot(self) -> int:
        """How many lines at the end are no rows."""
        return sum(record.lines for record in self.end)


@dataclass(frozen=True, slots=True)
class Kept:
    """Values of a column whose rows are kept, or not.

    Rows with other values, which a later file may have, are kept only where some are left `out`.
    """

    column: str
    values: tuple[str, ...]
    out: bool = False

    def keeps(self, value: str) -> bool:
        """Whether a row with this value is kept."""
        return (value in self.values) is not self.out

    @property
    def where(self) -> str:
        """The condition in SQL."""
        one, listed = len(self.values) == 1, ", ".join(map(literal, self.values))
        operator = ("<>" if one else "NOT IN") if self.out else "=" if one else "IN"
        return f"{bare(self.column)} {operator} {listed if one else f'({listed})'}"


def rows_of(look: Look) -> Rows:
    """The rows of a file, known by their filled cells."""
    usual = median(record.filled for record in look.records) if look.records else 0
    is_row = _is_row(usual)
    end = tuple(takewhile(lambda record: not is_row(record), reversed(look.last)))
    all_seen = look.last is look.records
    body = look.records[: len(look.records) - len(end)] if all_seen else look.records
    return Rows(
        tuple(record for record in body if is_row(record)),
        tuple(record for record in body if not is_row(record)),
        end,
    )


def _is_row(usual: float) -> Callable[[Record], bool]:
    def is_row(record: Record) -> bool:
        first = next(filter(None, record.cells), "")
        return record.filled * 2 >= usual and not is_total(first)

    return is_row


def apart(
    look: Look, rows: Sequence[Record], others: Sequence[Record], columns: Iterable[str]
) -> str | None:
    """The condition that tells rows from other records.

    It is a column that all rows have filled, and none of the others; None without one.
    """
    for column in columns:
        at = look.header.index(column)
        if all(record.cells[at] for record in rows) and not any(
            record.cells[at] for record in others
        ):
            return f"{bare(column)} <> ''"
    return None


def bare(column: str) -> str:
    """A column in SQL, in quotes where it needs them."""
    plain = re.fullmatch(r"[A-Za-z_]\w*", column, re.ASCII) and column.lower() not in _RESERVED
    return column if plain else name(column)


def won(profiles: Iterable[Profile]) -> Kept | None:
    """The stage of deals that were won.

    None where there is no stage, or no other than won.
    """
    for profile in profiles:
        called = names.compact(profile.name)
        values = tuple(value for value in profile.distinct if _WON.fullmatch(value))
        if called in _IS_WON:
            values = tuple(value for value in profile.distinct if value.lower() in _YES)
        if called in (*_STAGES, *_IS_WON) and 0 < len(values) < len(profile.distinct):
            return Kept(profile.name, values)
    return None


def revenue(profiles: Iterable[Profile]) -> Kept | None:
    """The accounts of revenue, where there are others, too.

    None where no column has both.
    """
    for profile in profiles:
        words = set(names.words_of(profile.name))
        if not words & _ACCOUNTS or profile.amounts:
            continue
        kept = tuple(value for value in profile.distinct if is_revenue(value))
        others = tuple(value for value in profile.distinct if is_no_revenue(value))
        if kept and others:
            all_clear = len(kept) + len(others) == len(profile.distinct)
            return Kept(profile.name, others if all_clear else kept, out=all_clear)
    return None
