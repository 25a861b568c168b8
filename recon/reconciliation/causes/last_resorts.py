"""Last resorts: what can be said where no cause explains the difference."""

from __future__ import annotations

from recon.base.month import Month
from recon.base.result import Status
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import Facts


def ended(facts: Facts) -> str | None:
    """Recognition goes on after the line closed or was terminated."""
    if facts.last_month is None or facts.entry_count == 0 or facts.month.index <= facts.last_month:
        return None
    when = f" (closed early on {facts.closed_early_on})" if facts.closed_early_on else ""
    last = f"{Month(facts.last_month)}{when}"
    return (
        f"{wording.recognized(facts)} was posted after the last month {last}; nothing is expected."
    )


def not_started(facts: Facts) -> str | None:
    """Recognition comes before the start month."""
    started = facts.start_month is None or facts.month.index >= facts.start_month
    if started or facts.entry_count == 0:
        return None
    return (
        f"{wording.recognized(facts)} was posted before the start on {facts.term_start}; "
        "nothing is expected."
    )


def unknown_contract(facts: Facts) -> str | None:
    """Accounting knows a contract that analytics does not."""
    if facts.known_contract:
        return None
    return (
        f"{wording.recognized(facts)} was posted for {facts.contract_id}, a contract that "
        "analytics does not know."
    )


def not_posted(facts: Facts) -> str | None:
    """Revenue is expected and no entry was posted."""
    if facts.entry_count or facts.status is not Status.NOT_RECOGNIZED:
        return None
    if facts.unread:
        return (
            "The line cannot be judged until its entry can be read "
            f"({facts.unread}); {wording.expected(facts)}."
        )
    return f"No entry was posted; {wording.expected(facts)}."


def unexplained(facts: Facts) -> str:
    """Say what is known where no cause adds up."""
    if not facts.on_contract:
        return (
            f"{wording.recognized(facts)} was posted, but the contract has no {facts.revenue_type} "
            f"line in {facts.currency}."
        )
    return (
        f"{wording.recognized(facts)} against {wording.amount(facts, facts.expected)} expected; "
        f"no rule explains {wording.signed(facts, facts.difference)}."
    )
