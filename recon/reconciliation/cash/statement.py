"""A statement: documents, and how each was matched.

Reads the session of a finished result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recon.base.errors import UsageError
from recon.reconciliation.cash import reading
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.control import CustomerBalance
from recon.reconciliation.cash.model import Document, Match
from recon.reconciliation.cash.reading import Places
from recon.reconciliation.cash.receivable import Receivables
from recon.reconciliation.cash.tried import Tried, tried
from recon.store.session import Session


@dataclass(frozen=True, slots=True)
class Statement:
    """Both sides of a customer or document.

    `matches` have every document of theirs, of whichever customer. `breaks` are those of them that
    differ. `tried` says why no rule matched an open document.
    """

    asked: str
    balances: Sequence[CustomerBalance]
    matches: Sequence[Match]
    unmatched: Sequence[Document]
    breaks: Sequence[CashBreak]
    tried: Tried

    def break_of(self, document: int) -> CashBreak | None:
        """The break that a document is part of, if any."""
        return next(
            (each for each in self.breaks if any(d.document == document for d in each.documents)),
            None,
        )


def statement(session: Session, result: Receivables, asked: str, places: Places) -> Statement:
    """The statement of a customer or document.

    Raises UsageError where nobody and nothing has that name.
    """
    chosen = _chosen(session, asked)
    matched = f"k.match IN (SELECT match FROM allocations WHERE document IN ({chosen}))"
    matches = tuple(reading.read_matches(session, result.passed, matched, places))
    unmatched = tuple(reading.read_open(session, places, f"document IN ({chosen})"))
    known = {each.document for each in unmatched}
    known |= {each.document for match in matches for each in match.documents}
    customers = {
        (each.customer or "").casefold()
        for each in (*unmatched, *(d for match in matches for d in match.documents))
    }
    return Statement(
        asked,
        [each for each in result.customers if each.customer.casefold() in customers],
        matches,
        unmatched,
        [each for each in result.breaks if any(d.document in known for d in each.documents)],
        tried(session, result.passed, result.not_tried),
    )


def _chosen(session: Session, asked: str) -> str:
    """The SELECT of the documents that are meant."""
    for column in ("customer_key", "ref_key", "sale_key"):
        session.execute(
            f"""CREATE OR REPLACE TEMP TABLE asked_documents AS
            SELECT document FROM documents WHERE {column} = id_key($asked)""",
            {"asked": asked},
        )
        found = session.execute("SELECT count(*) FROM asked_documents").fetchone()
        if found and found[0]:
            return "SELECT document FROM asked_documents"
    raise UsageError(
        f"Neither side has a customer or a document {asked!r}; numbers are written as in the files."
    )
