"""The proposed entries as rows, for the workbook and the CSV file alike."""

from __future__ import annotations

from collections.abc import Iterator

from recon.reconciliation.adjusting_entries import Proposal, Proposals, Unproposed

PROPOSED, NOT_PROPOSED = "proposed, not posted", "no proposal"
NOTE = (
    "PROPOSALS ONLY: nothing of this was posted anywhere. Check each entry and post it in the "
    "ledger yourself, then reconcile again."
)
COLUMNS = (
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
    """Yield a row of `COLUMNS` for each line of each proposal, then one for each break without.

    Debits and credits are ten-thousandths, one of them None; a break without proposal has neither.
    `repeat` says whether every line of a proposal has its texts, or only the first one.
    """
    for proposal in found.proposed:
        yield from _proposed(proposal, repeat)
    for refused in found.unproposed:
        yield _refused(found, refused)


def _proposed(proposal: Proposal, repeat: bool) -> Iterator[tuple[object, ...]]:
    for place, line in enumerate(proposal.lines):
        told = repeat or place == 0
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
            ", ".join(proposal.entry_ids) if told else "",
            proposal.text if told else "",
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
