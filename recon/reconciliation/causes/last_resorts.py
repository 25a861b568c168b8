"""Last resorts: named where no cause explains the difference."""

from __future__ import annotations

from recon.base.result import Status
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine


def ended(line: BrokenLine) -> str | None:
    """Recognition goes on after the line closed or was terminated."""
    if line.last_month is None or line.entry_count == 0 or line.month.index <= line.last_month:
        return None
    when = f" (closed early on {line.closed_early_on})" if line.closed_early_on else ""
    return (
        f"{wording.recognized(line)} was posted after {line.month.at(line.last_month)}, the last "
        f"month of the line{when}; nothing is expected."
    )


def not_started(line: BrokenLine) -> str | None:
    """Recognition comes before the start month."""
    started = line.start_month is None or line.month.index >= line.start_month
    if started or line.entry_count == 0:
        return None
    return (
        f"{wording.recognized(line)} was posted before the start on {line.term_start}; "
        "nothing is expected."
    )


def unknown_contract(line: BrokenLine) -> str | None:
    """Accounting knows a contract that analytics does not."""
    if line.known_contract:
        return None
    return (
        f"{wording.recognized(line)} was posted for {line.contract_id}, a contract that "
        "analytics does not know."
    )


def not_posted(line: BrokenLine) -> str | None:
    """Revenue is expected and no entry was posted."""
    if line.entry_count or line.status is not Status.NOT_RECOGNIZED:
        return None
    if line.unread:
        return (
            "The line cannot be judged until its entry can be read "
            f"({line.unread}); {wording.expected(line)}."
        )
    return f"No entry was posted; {wording.expected(line)}."


def unjudged(line: BrokenLine, sentence: str) -> str:
    """A sentence on a line with an unreadable entry."""
    return f"The line cannot be judged until its entry can be read ({line.unread}). {sentence}"


def unexplained(line: BrokenLine) -> str:
    """No cause adds up: the known figures alone."""
    if not line.on_contract:
        return (
            f"{wording.recognized(line)} was posted, but the contract has no {line.revenue_type} "
            f"line in {line.currency}."
        )
    return (
        f"{wording.recognized(line)} is recognized; {wording.expected(line)}, and no cause "
        f"explains the difference of {wording.signed(line, line.difference)}."
    )
