"""Ageing: open breaks at a month's end, by age. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from recon.base.errors import tie
from recon.base.month import Month
from recon.base.result import Break
from recon.record.journal.model import Event, OpenItem, State
from recon.record.journal.open_items import as_of, open_items


class Age(Enum):
    """The age of a break in months; a table row."""

    CURRENT = "current"
    ONE = "1 month"
    TWO = "2 months"
    OLDER = "3 months and older"

    @classmethod
    def of(cls, months: int) -> Age:
        """The row of a break so many months old."""
        return list(cls)[min(max(months, 0), len(cls) - 1)]


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts and sums of open breaks: all, acknowledged, net, gross."""

    count: int = 0
    acknowledged: int = 0
    amount: int = 0
    gross: int = 0

    def with_item(self, open_item: OpenItem) -> Sums:
        """The sums with one break more."""
        return Sums(
            self.count + 1,
            self.acknowledged + (open_item.state is State.ACKNOWLEDGED),
            self.amount + open_item.amount,
            self.gross + abs(open_item.amount),
        )


@dataclass(frozen=True, slots=True)
class Ageing:
    """The open breaks of one currency by age.

    The rows add up to the total.
    """

    rows: Mapping[Age, Sums]
    total: Sums


def standing(
    events: Iterable[Event], seen: Mapping[str, Sequence[Break]], month: Month
) -> tuple[OpenItem, ...]:
    """The breaks open at a month's end, oldest first.

    Runs of later months are left out; acknowledgements and notes hold whenever
    they were given.
    """
    known = open_items(as_of(events, month), seen, month)
    return by_age(open_item for open_item in known.values() if not open_item.resolved)


def by_age(found: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    """Breaks in reading order: the oldest, most severe, largest first."""
    return tuple(sorted(found, key=_place))


def _place(open_item: OpenItem) -> tuple[Month, int, str, int, str]:
    # Amounts of different currencies cannot be compared.
    item = open_item.last
    return (
        open_item.first_month,
        -item.severity,
        item.currency,
        -abs(open_item.amount),
        open_item.name,
    )


def sums(found: Iterable[OpenItem]) -> dict[str, Sums]:
    """The open amounts by currency."""
    totals: dict[str, Sums] = {}
    for open_item in found:
        currency = open_item.last.currency
        totals[currency] = totals.get(currency, Sums()).with_item(open_item)
    return dict(sorted(totals.items()))


def ageing(found: Sequence[OpenItem], month: Month) -> dict[str, Ageing]:
    """The ageing table of each currency.

    Raises TieOutError where its rows do not add up to the total.
    """
    tables = {
        currency: Ageing(
            {age: _row(found, month, currency, age) for age in Age},
            total,
        )
        for currency, total in sums(found).items()
    }
    for currency, table in tables.items():
        rows = table.rows.values()
        tie(f"the ageing in {currency}", sum(row.amount for row in rows), table.total.amount)
        tie(f"its count in {currency}", sum(row.count for row in rows), table.total.count)
    return tables


def _row(found: Iterable[OpenItem], month: Month, currency: str, age: Age) -> Sums:
    row = Sums()
    for open_item in found:
        if open_item.last.currency == currency and Age.of(open_item.months_old(month)) is age:
            row = row.with_item(open_item)
    return row
