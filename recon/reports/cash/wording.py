"""Sentences on order to cash that several reports share."""

from __future__ import annotations

from recon.reconciliation.cash.groups import NotTried


def not_tried_text(each: NotTried) -> str:
    """The sentence on documents not searched for groups."""
    of = f" of {each.customer}" if each.customer else ""
    return f"No groups were looked for among {each.documents:,} open documents{of}: {each.reason}."
