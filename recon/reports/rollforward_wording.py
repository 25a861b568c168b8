"""The roll-forward's words and order of currencies, for all reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.reconciliation.rollforward import RollforwardRow
from recon.reports.wording import currencies

SHORT: Mapping[str, str] = {
    "opening": "Opening",
    "bookings": "+ New bookings",
    "changes": "+ Changes",
    "terminations": "- Terminations",
    "recognized": "- Recognized",
    "closing": "= Closing",
    "beyond_value": "beyond the value",
}
DEFINITION = (
    "Unrecognized contract value: the value that is booked but not yet recognized or released. A "
    "line counts from its booking month on.",
    "Changes: movements in earlier months since their closing was recorded. Terminations: the "
    "value that lines closing early in the month leave unrecognized.",
    "Beyond the value: the part of the closing that was recognized beyond the value of the "
    "contract lines, or without a contract line.",
)


def opening_words(month: Month, recorded: bool) -> str:
    """The origin of an opening: recorded closing or today's data."""
    before = (month - 1).name
    if recorded:
        return f"Opening: the closing recorded by the run of {before}."
    return f"Opening: computed from today's data, since no closing of {before} was recorded."


def currencies_of(result: Reconciliation, rows: Sequence[RollforwardRow]) -> list[str]:
    """The currencies of a roll-forward, the main one first.

    All reports have this order.
    """
    found = {row.currency for row in rows}
    known = [currency for currency in currencies(result) if currency in found]
    # One in which nothing was compared this month may have an opening all the same.
    return known + sorted(found - {*known})
