"""A side's delivery: columns, rows and sums, from any source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

from recon.base import money
from recon.base.errors import ExitCode, MissingColumns
from recon.base.fields import AMOUNTS, PERIOD, needed
from recon.base.month import Month
from recon.base.result import Side
from recon.config import SourceSettings
from recon.setup.doctor.model import Finding, failed, ok, warning

_NOUNS = {
    Side.ANALYTICS: ("contract line", "contract lines"),
    Side.ACCOUNTING: ("entry", "entries"),
}
CURRENCIES = 3
# More than one row in so many cannot be read: then it is no matter of single rows.
MANY = 10


class Form(StrEnum):
    """The form of a value, as far as amounts matter."""

    EXACT = "an exact number"
    FLOAT = "binary floating point"
    TEXT = "text"
    OTHER = "not a number"


@dataclass(frozen=True, slots=True)
class Sum:
    """The rows of one currency and their total."""

    currency: str
    rows: int
    total: Decimal


def of_database(kind: type) -> Form:
    """The form of a driver's value."""
    forms = {Decimal: Form.EXACT, int: Form.EXACT, float: Form.FLOAT, str: Form.TEXT}
    return forms.get(kind, Form.OTHER)


def columns(settings: SourceSettings, found: Mapping[str, Form]) -> Finding:
    """Whether the columns are there and exact; raises MissingColumns."""
    wanted = needed(settings.side, settings.compliance)
    missing = [column for column in wanted if column not in found]
    if missing:
        raise MissingColumns(settings.side, missing, list(found))
    column = AMOUNTS[settings.side]
    form = found[column]
    if form is Form.EXACT:
        return ok(f"all {len(wanted)} required columns, {column} as {form}")
    what = {
        Form.FLOAT: "its values will be rounded to 0.0001",
        Form.TEXT: "it will be read as text, which a database cannot add up",
        Form.OTHER: "it may not be readable as an amount",
    }
    return warning(f"{column} is {form}: {what[form]}", "deliver it as DECIMAL or MONEY")


def rows(
    side: Side,
    month: Month,
    sums: Sequence[Sum],
    delivered: int,
    unread: Mapping[str, int] = MappingProxyType({}),
) -> Finding:
    """The rows that a month will read.

    `delivered` is at least 1 where there are rows of any month. `unread` are the numbers of rows
    that cannot be read, by column: of the month's amounts, and of all periods. A few of them are
    reported and reconciled as invalid; many, or all, mean that the configuration describes another
    format.
    """
    when = "" if side is Side.ANALYTICS else f" in {month.name}"
    unreadable = [f"{count:,} without a readable {name}" for name, count in unread.items() if count]
    if not delivered:
        return failed(
            ExitCode.SOURCE_DATA,
            f"there are no {_noun(side)} at all",
            "check that this is the right table, query or file",
        )
    count = sum(part.rows for part in sums)
    many = f"{count:,} {_noun(side, count)}{when}, sum {_added_up(sums)}"
    said = "; ".join((many if sums else f"there are no {_noun(side)}{when}", *unreadable))
    advice = "check how numbers and dates are written (for a file: decimal and date_format)"
    if unread.get(PERIOD) == delivered or (count and unread.get(AMOUNTS[side]) == count):
        return failed(ExitCode.SOURCE_DATA, said, advice)
    if not sums:
        posted = "check the month, and that its entries are posted"
        return warning(said, f"check the month; {advice}" if unreadable else posted)
    if any(MANY * number > count for number in unread.values()):
        return warning(said, f"{advice}; recon month lists each row")
    return ok(said)


def _noun(side: Side, count: int = 0) -> str:
    one, many = _NOUNS[side]
    return one if count == 1 else many


def _added_up(sums: Sequence[Sum]) -> str:
    """The totals by currency, those with most rows first."""
    totals: dict[str, Decimal] = {}
    counts: Counter[str] = Counter()
    for part in sums:
        totals[part.currency] = totals.get(part.currency, Decimal(0)) + part.total
        counts[part.currency] += part.rows
    first = [f"{_pretty(totals[name], name)} {name}" for name, _ in counts.most_common(CURRENCIES)]
    more = len(totals) - len(first)
    rest = "currency" if more == 1 else "currencies"
    return ", ".join([*first, f"and {more} more {rest}"] if more > 0 else first)


def _pretty(total: Decimal, currency: str) -> str:
    if not total.is_finite():  # floating point may hold anything
        return str(total)
    return money.pretty(int((total * money.SCALE).to_integral_value(ROUND_HALF_UP)), currency)
