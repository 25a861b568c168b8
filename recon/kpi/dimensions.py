"""Dimensions: by which figures are divided, as data.

A dimension of time is a part of the calendar; any other is a column of a fact, or of the product
or customer that a row names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from recon.base.errors import UsageError
from recon.kpi.period import Unit


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension: name, sentence, and the next one down.

    `time` is its part of the calendar, if it is one.
    """

    name: str
    sentence: str
    below: str = ""
    time: Unit | None = None


DIMENSIONS = {
    each.name: each
    for each in (
        Dimension("year", "The calendar year.", "quarter", Unit.YEAR),
        Dimension("quarter", "The quarter of the calendar year.", "month", Unit.QUARTER),
        Dimension("month", "The calendar month.", "day", Unit.MONTH),
        Dimension(
            "period", "The fiscal period, where [calendar] periods has any.", "day", Unit.PERIOD
        ),
        Dimension("week", "The week, from Monday on (ISO 8601).", "day", Unit.WEEK),
        Dimension("day", "The day.", "", Unit.DAY),
        Dimension("region", "The region of the sale.", "city"),
        Dimension("city", "The city of the sale.", "store"),
        Dimension("store", "The store or point of sale.", "sale"),
        Dimension("channel", "The channel of the sale, such as web."),
        Dimension("sale", "The sender's number of the sale."),
        Dimension("category", "The product's category, else that of the sale.", "product"),
        Dimension("product", "The product."),
        Dimension("segment", "The customer's segment at the time.", "customer"),
        Dimension("loyalty_tier", "The customer's loyalty tier at the time.", "customer"),
        Dimension("customer", "The customer."),
        Dimension("location", "The place of the stock.", "product"),
        Dimension("reason", "The reason of the credit, such as rebate."),
        Dimension("method", "The method of the debit, such as charge."),
        Dimension("movement", "The kind of the movement, such as receipt."),
        Dimension("feed", "The feed that sent the row."),
        Dimension("currency", "The currency of the amounts."),
    )
}


def dimension(name: str) -> Dimension:
    """The dimension of a name; raises UsageError."""
    written = name.strip().lower().replace(" ", "_").replace("-", "_")
    if written in DIMENSIONS:
        return DIMENSIONS[written]
    raise UsageError(f"There is no dimension {name!r}{near(written, DIMENSIONS)}")


def near(name: str, known: Iterable[str]) -> str:
    """The end of a sentence on an unknown name."""
    listed = list(known)
    meant = get_close_matches(name, listed, 1)
    return f"; did you mean {meant[0]}?" if meant else f"; there are {', '.join(listed)}."
