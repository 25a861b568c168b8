"""Postings: entries posted twice, with another amount or month.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from recon.base.result import Cause, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.causes.periods import misplaced
from recon.store.session import Session


def entries_of(connection: Session) -> dict[int, tuple[Entry, ...]]:
    """Entries of breaks, month and neighbours, by line."""
    cursor = connection.execute(
        """SELECT line, coalesce(entry_id, ''), amount, distance,
            coalesce(document_ref, ''), coalesce(posted_at, '')
        FROM break_entries WHERE distance BETWEEN -1 AND 1
        ORDER BY line, distance, posted_at, entry_id, amount"""
    )
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    while rows := cursor.fetchmany(10_000):
        for line, *values in rows:
            found[line].append(Entry(*values))
    return {line: tuple(entries) for line, entries in found.items()}


def duplicate_entry(line: BrokenLine) -> str | None:
    """A posting, or a batch, repeats on the same document."""
    surplus = repeated(line)
    return _taken_away(line, surplus) if surplus else None


def repeated(line: BrokenLine) -> Sequence[Entry]:
    """Repeated entries without which the month agrees, if any."""
    surplus = _surplus(line.entries_of_month)
    for copies in surplus:
        for count in range(1, len(copies)):
            if copies[0].amount * count == line.difference:
                return copies[-count:]
    batch = [entry for copies in surplus for entry in copies[1:]]
    if len(surplus) > 1 and sum(entry.amount for entry in batch) == line.difference:
        return batch
    return ()


def _surplus(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of equal amount and document, where there are several.

    An entry without a document equals only others without one.
    """
    if len(entries) < 2:  # noqa: PLR2004 - one repeats none
        return []
    copies: defaultdict[tuple[int, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        copies[entry.amount, entry.document_ref].append(entry)
    return [same for same in copies.values() if len(same) > 1 and same[0].amount]


def _taken_away(line: BrokenLine, surplus: Sequence[Entry]) -> str:
    documents = {entry.document_ref for entry in surplus}
    document = f" on {documents.pop()}" if len(documents) == 1 and all(documents) else ""
    amount = wording.amount(line, sum(entry.amount for entry in surplus))
    repeat = f"repeats a posting of {amount}{document}; without it"
    if len(surplus) > 1:
        repeat = f"repeat postings{document}, {amount} in all; without them"
    ids = wording.ids(surplus, ", ")
    return f"{ids} {repeat} the month comes to {wording.amount(line, line.expected)}, as expected."


def catch_up(line: BrokenLine) -> str | None:
    """The month catches up earlier months: to date everything agrees."""
    if line.to_date_recognized != line.to_date_expected:
        return None
    # What earlier months lacked or had too much is known only where the ledger has them all.
    started, known_from = line.start_month, line.ledger_from
    if started is not None and (known_from is None or known_from > started):
        return None
    if all(e.amount * line.difference <= 0 for e in line.entries_of_month):
        return None
    return (
        f"To date {wording.amount(line, line.to_date_recognized)} is recognized, as "
        f"expected: the month catches up {wording.signed(line, line.difference)} from earlier "
        "months."
    )


def entries_concerned(line: BrokenLine, cause: Cause) -> Sequence[Entry]:
    """Entries that a cause is about.

    They are all of the month where it singles none out.
    """
    if cause is Cause.DUPLICATE_ENTRY:
        return repeated(line)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        return found.entries
    return line.entries_of_month
