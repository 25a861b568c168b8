"""Double booking: reasons why an entry may repeat the ledger.

Amounts are ten-thousandths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recon.base.result import Break, Entry

# Contract, revenue type, currency.
Key = tuple[str, str, str]


def key_of(item: Break) -> Key:
    """Key of the line that breaks."""
    return item.contract_id, item.revenue_type, item.currency


@dataclass(frozen=True, slots=True)
class Move:
    """Revenue that a line would get in a month.

    A negative amount is lost.
    """

    key: Key
    offset: int
    amount: int


def shared_id(item: Break) -> str:
    """First entry id that several entries have, or ''.

    Where the policy refuses that, no compared entry has one.
    """
    times = Counter(entry.entry_id for entry in item.entries if entry.entry_id)
    return next((entry_id for entry_id, count in times.items() if count > 1), "")


def booked_twice(group: Sequence[Break], moves: Iterable[Move]) -> str:
    """Reason why an entry may repeat a booking, or ''.

    Moves from one place to another book nothing.
    """
    if not sum(move.amount for move in moves):
        return ""
    for item in group:
        if item.against:
            return item.against[0]
        if note := _credit_note(item):
            named = note.entry_id or "an entry"
            return f"{named} on {note.document_ref}, a document of its own, may be a credit note"
    return ""


def _credit_note(item: Break) -> Entry | None:
    """Entry of opposite sign, on a document of its own."""
    shared = Counter(entry.document_ref for entry in item.entries)
    return next(
        (
            entry
            for entry in item.entries
            if entry.offset == 0 and entry.amount * item.expected < 0
            and entry.document_ref and shared[entry.document_ref] == 1
        ),
        None,
    )  # fmt: skip


def beyond_to_date(group: Sequence[Break], moves: Iterable[Move]) -> str:
    """Line that would exceed its expected amount to date.

    It is a sentence, '' for none.
    """
    moved: Counter[Key] = Counter()
    for move in moves:
        moved[move.key] += move.amount if move.offset <= 0 else 0
    for key, (expected, recognized) in _to_date(group).items():
        by, off = moved[key], recognized - expected
        way = 1 if expected > 0 or (expected == 0 and by > 0) else -1
        if way * by > 0 and way * (off + by) > 0:
            return f"to date {' '.join(key)} would recognize more than it expects"
    return ""


def _to_date(group: Sequence[Break]) -> dict[Key, tuple[int, int]]:
    """Expected and recognized to date by line, counterparts included."""
    others = {
        (other.contract_id, other.revenue_type, other.currency):
            (other.to_date_expected, other.to_date_recognized)
        for item in group if (other := item.counterpart)
    }  # fmt: skip
    own = {key_of(item): (item.to_date_expected, item.to_date_recognized) for item in group}
    return others | own
