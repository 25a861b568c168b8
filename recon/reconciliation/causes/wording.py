"""Wording: amounts and entries of a break in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.result import Entry
from recon.reconciliation.causes.broken_line import BrokenLine


def amount(line: BrokenLine, units: int) -> str:
    """Amount of ten-thousandths with its currency, like `1,000.00 USD`."""
    return f"{money.pretty(units, line.currency)} {line.currency}"


def signed(line: BrokenLine, units: int) -> str:
    """Amount with its sign, like `+1,000.00 USD`."""
    return f"{money.pretty(units, line.currency, sign=True)} {line.currency}"


def entry(line: BrokenLine, one: Entry) -> str:
    """Entry with its amount, like `JE-1042 (1,000.00 USD)`."""
    return f"{one.entry_id or 'An entry'} ({amount(line, one.amount)})"


def recognized(line: BrokenLine) -> str:
    """Entry of the month, or the amount of several."""
    entries = line.entries_of_month
    if len(entries) == 1:
        return entry(line, entries[0])
    return f"The {amount(line, line.recognized)} of {len(entries)} entries"


def expected(line: BrokenLine) -> str:
    """Expected amount of the month, like `1,000.00 USD is expected`."""
    return f"{amount(line, line.expected)} is expected"


def ids(entries: Sequence[Entry], between: str) -> str:
    """Ids of entries, or their number where one has none."""
    found = [entry.entry_id for entry in entries if entry.entry_id]
    if len(found) == len(entries):
        return between.join(found)
    return "An entry without id" if len(entries) == 1 else f"{len(entries)} entries"
