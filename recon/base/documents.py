"""Documents: the columns of a file or table of receivables."""

from __future__ import annotations

from recon.base.feed import Feed
from recon.base.feeds import FeedColumn, FeedKind, Type

_COLUMNS = (
    ("document_ref", Type.ID, "the number of the document"),
    ("customer_id", Type.ID, "the customer"),
    ("posted_on", Type.DAY, "the day of the posting"),
    ("amount", Type.AMOUNT, "the amount; positive raises what is owed"),
    ("currency", Type.CURRENCY, "the ISO 4217 code of the amount"),
    ("kind", Type.TEXT, "invoice, credit_note, payment, refund or adjustment"),
    ("due_on", Type.DAY, "the day by which it is to be paid"),
    ("applies_to", Type.ID, "the number of the document that a credit belongs to"),
    ("less", Type.AMOUNT, "an amount that is taken off, where two columns stand for one"),
)
COLUMNS = tuple(FeedColumn(*column) for column in _COLUMNS)


def documents(*needed: str) -> FeedKind:
    """The kind of files of documents, with needed columns."""
    return FeedKind("documents", "documents", ("document_ref",), needed, COLUMNS)


class DocumentFile(Feed):
    """A file of documents, read like one of a feed."""

    @property
    def key(self) -> str:
        """Its name, as people know it."""
        return self.name
