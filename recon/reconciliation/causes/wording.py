"""Words: how the sentences tell the amounts and entries of a break."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.result import Entry
from recon.reconciliation.causes.broken_line import BrokenLine


def amount(line: BrokenLine, units: int) -> str:
    """Return an amount of ten-thousandths in the line's currency, like `1,000.00 USD`."""
    return f"{money.pretty(units, line.currency)} {line.currency}"


def signed(line: BrokenLine, units: int) -> str:
    """Return an amount with its sign, like `+1,000.00 USD`."""
    return f"{money.pretty(units, line.currency, sign=True)} {line.currency}"


def entry(line: BrokenLine, one: Entry) -> str:
    """Return an entry with its amount, like `JE-1042 (1,000.00 USD)`."""
    return f"{one.entry_id or 'An entry'} ({amount(line, one.amount)})"


def recognized(line: BrokenLine) -> str:
    """Return what the month recognizes: its entry, or how many amount to it."""
    entries = line.entries_of_month
    if len(entries) == 1:
        return entry(line, entries[0])
    return f"The {amount(line, line.recognized)} of {len(entries)} entries"


def expected(line: BrokenLine) -> str:
    """Return what the month expects, like `1,000.00 USD is expected`."""
    return f"{amount(line, line.expected)} is expected"


def ids(entries: Sequence[Entry], between: str) -> str:
    """Return the ids of entries; where one has none, they are counted."""
    found = [entry.entry_id for entry in entries if entry.entry_id]
    if len(found) == len(entries):
        return between.join(found)
    return "An entry without id" if len(entries) == 1 else f"{len(entries)} entries"
