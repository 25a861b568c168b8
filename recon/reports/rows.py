"""Open breaks and proposed entries as rows.

The workbook and the CSV files share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from recon.base import money
from recon.base.month import Month
from recon.reconciliation.adjusting_entries import Proposal, Proposals, Unproposed
from recon.record.journal.history import History
from recon.record.journal.model import OpenItem
from recon.reports.wording import moment_words

OPEN_COLUMNS = (
    "severity",
    "break",
    "contract_id",
    "revenue_type",
    "customer",
    "owner",
    "currency",
    "open_amount",
    "age_months",
    "age_days",
    "months",
    "cause",
    "state",
    "reason",
    "notes",
    "acknowledged_by",
    "acknowledged_until",
    "first_month",
    "explanation",
)


def open_rows(history: History, month: Month) -> Iterator[tuple[object, ...]]:
    """A row for every open break, the oldest first.

    Open at the end of a month. The open amount is in ten-thousandths; ages are whole numbers,
    everything else is a text.
    """
    if history.at is None:
        return
    for life in history.open:
        yield _row(life, month, history.at)


def plain_rows(history: History, month: Month) -> Iterator[tuple[object, ...]]:
    """The same rows for programs, with amounts as plain numbers."""
    return _plain(open_rows(history, month))


def plain_open_rows(
    found: Iterable[OpenItem], month: Month, now: datetime
) -> Iterator[tuple[object, ...]]:
    """The same rows of any breaks."""
    return _plain(_row(life, month, now) for life in found)


def _plain(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    place, currency = OPEN_COLUMNS.index("open_amount"), OPEN_COLUMNS.index("currency")
    for row in rows:
        amount = money.plain(int(str(row[place])), str(row[currency]))
        yield (*row[:place], amount, *row[place + 1 :])


def _row(life: OpenItem, month: Month, now: datetime) -> tuple[object, ...]:
    item, held = life.last, life.acknowledged
    return (
        item.severity.word,
        life.name,
        item.contract_id,
        item.revenue_type,
        item.customer,
        item.owner,
        item.currency,
        life.amount,
        life.months_old(month),
        life.days_old(now),
        ", ".join(str(key) for key in sorted(life.seen)),
        item.cause.value,
        life.state.value,
        held.reason if held else "",
        "; ".join(f"{n.who}, {moment_words(n.at)[:10]}: {n.reason}" for n in life.notes),
        held.who if held else "",
        held.detail if held else "",
        str(life.first_month),
        item.explanation,
    )


PROPOSED, NOT_PROPOSED = "proposed, not posted", "no proposal"
PROPOSAL_NOTE = (
    "PROPOSALS ONLY: none of this has been posted anywhere. Check each entry and post it in the "
    "ledger yourself, then reconcile again."
)
PROPOSAL_COLUMNS = (
    "proposal",
    "state",
    "period",
    "account",
    "debit",
    "credit",
    "currency",
    "contract_id",
    "revenue_type",
    "cause",
    "breaks",
    "entry_ids",
    "text",
)


def proposal_rows(found: Proposals, repeat: bool) -> Iterator[tuple[object, ...]]:
    """A row for each line of each proposed entry.

    After them comes one for each break without a proposal. Debits and credits are ten-thousandths,
    one of them None; a break without proposal has neither. `repeat` says whether every line of a
    proposal has its texts, or only the first one.
    """
    for proposal in found.proposed:
        yield from _proposed(proposal, repeat)
    for refused in found.unproposed:
        yield _refused(found, refused)


def _proposed(proposal: Proposal, repeat: bool) -> Iterator[tuple[object, ...]]:
    for place, line in enumerate(proposal.lines):
        shown = repeat or place == 0
        yield (
            proposal.number,
            PROPOSED,
            str(line.period),
            line.account,
            line.debit or None,
            line.credit or None,
            line.currency,
            line.contract_id,
            line.revenue_type,
            proposal.cause.value,
            ", ".join(item.name for item in proposal.breaks),
            ", ".join(proposal.entry_ids) if shown else "",
            proposal.text if shown else "",
        )


def _refused(found: Proposals, refused: Unproposed) -> tuple[object, ...]:
    item = refused.item
    return (
        None,
        NOT_PROPOSED,
        str(found.month),
        "",
        None,
        None,
        item.currency,
        item.contract_id,
        item.revenue_type,
        item.cause.value,
        item.name,
        ", ".join(item.concerned),
        f"No proposal: {refused.reason}. {item.explanation}",
    )
