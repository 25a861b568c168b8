"""The columns of the two sides, under our names.

Specification, section 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from recon.base.result import Side

PERIOD = "recognition_period"
# The ledger of receivables is read as a side is, and is none of the two of a month.
RECEIVABLES = cast(Side, "receivables")
AMOUNTS = {Side.ANALYTICS: "contract_value", Side.ACCOUNTING: "amount", RECEIVABLES: "amount"}
# Two columns of a ledger that may stand for its amount.
DEBIT_CREDIT = ("debit", "credit")
NEEDED: Mapping[Side, tuple[str, ...]] = {
    Side.ANALYTICS: (
        "contract_id", "revenue_type", "contract_value", "duration_months", "booking_date",
        "close_date",
    ),
    Side.ACCOUNTING: ("entry_id", "contract_id", "revenue_type", "amount", PERIOD),
    RECEIVABLES: ("customer_id", "posted_on", "amount"),
}  # fmt: skip
OPTIONS: Mapping[Side, tuple[str, ...]] = {
    Side.ANALYTICS: (
        "start_date", "currency", "customer_id", "customer", "segment", "owner", "terminated_on",
    ),
    Side.ACCOUNTING: ("currency", "posted_at", "document_ref"),
    RECEIVABLES: ("document_ref", "currency", "kind", "due_on", "applies_to"),
}  # fmt: skip
# Columns of contracts that give a line's term another kind.
TERM_COLUMNS: Mapping[Side, tuple[str, ...]] = {
    Side.ANALYTICS: ("value_basis", "free_months", "free_at", "valid_from"),
    Side.ACCOUNTING: (),
    RECEIVABLES: (),
}
# Without it the term of every line runs from start to close.
_DURATION = "duration_months"
# How many entries a row stands for, where a database has added some up; else it is one.
CONDENSED = "recon_entries"
# A hash of the columns that recon does not read, where an extract leaves them out and rows of one
# key or id have to be told apart.
UNREAD = "recon_unread"


def needed(side: Side, compliance: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns without which a side cannot be read.

    `compliance` are those that the configuration names besides, as it spells them.
    """
    always = tuple(column for column in NEEDED[side] if column != _DURATION)
    return always + tuple(column.strip().lower() for column in compliance)


def known(side: Side, compliance: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns read from a side, required or optional."""
    wanted = dict.fromkeys((*NEEDED[side], *needed(side, compliance)))
    return (*wanted, *OPTIONS[side], *TERM_COLUMNS[side])
