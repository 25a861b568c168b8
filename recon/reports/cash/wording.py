"""Sentences on order to cash that several reports share."""

from __future__ import annotations

from collections.abc import Iterator

from recon.reconciliation.cash.groups import NotTried
from recon.record.journal.history import History


def not_tried_text(each: NotTried) -> str:
    """The sentence on documents not searched for groups."""
    of = f" of {each.customer}" if each.customer else ""
    return f"No groups were looked for among {each.documents:,} open documents{of}: {each.reason}."


def since_sentences(history: History) -> Iterator[str]:
    """Yield the changes since the last and the signed run."""
    if before := history.superseded:
        yield f"Run {before.run.run_id} was signed off; this run supersedes it."
    since = history.since
    if since and since.nothing:
        yield f"Nothing has changed since the last run, {since.run_id}."
    elif since:
        counts = (
            f"{len(since.fixed):,} fixed, {len(since.new):,} new, {len(since.changed):,} changed"
        )
        yield f"Since the last run, {since.run_id}: {counts}."
