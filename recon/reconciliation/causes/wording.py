"""Words: how the sentences tell the amounts and entries of a break."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base import money
from recon.base.result import Entry
from recon.reconciliation.causes.broken_line import Facts


def amount(facts: Facts, units: int) -> str:
    """Return an amount of ten-thousandths in the line's currency, like `1,000.00 USD`."""
    return f"{money.pretty(units, facts.currency)} {facts.currency}"


def signed(facts: Facts, units: int) -> str:
    """Return an amount with its sign, like `+1,000.00 USD`."""
    return f"{money.pretty(units, facts.currency, sign=True)} {facts.currency}"


def entry(facts: Facts, one: Entry) -> str:
    """Return an entry with its amount, like `JE-1042 (1,000.00 USD)`."""
    return f"{one.entry_id or 'An entry'} ({amount(facts, one.amount)})"


def recognized(facts: Facts) -> str:
    """Return what the month recognizes: its entry, or how many amount to it."""
    entries = facts.entries_of_month
    if len(entries) == 1:
        return entry(facts, entries[0])
    return f"The {amount(facts, facts.recognized)} of {len(entries)} entries"


def expected(facts: Facts) -> str:
    """Return what the month expects, like `1,000.00 USD is expected`."""
    return f"{amount(facts, facts.expected)} is expected"


def ids(entries: Sequence[Entry], between: str) -> str:
    """Return the ids of entries; where one has none, they are counted."""
    found = [entry.entry_id for entry in entries if entry.entry_id]
    if len(found) == len(entries):
        return between.join(found)
    return "An entry without id" if len(entries) == 1 else f"{len(entries)} entries"
