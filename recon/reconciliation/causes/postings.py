"""Postings: entries posted twice, with another amount or month.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from recon.base.result import Cause, Entry
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.causes.other_months import misplaced
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


def recognized_before(
    connection: Session, entries: Mapping[int, Sequence[Entry]]
) -> dict[int, tuple[int, ...]]:
    """Amounts of the months before a credit note, by line.

    The nearest month is first. Nothing is looked up where no entry is negative on a document.
    """
    notes = [
        line for line, posted in entries.items()
        if any(entry.offset == 0 and entry.amount and entry.document_ref for entry in posted)
        and min(entry.amount for entry in posted) < 0 < max(entry.amount for entry in posted)
    ]  # fmt: skip
    if not notes:
        return {}
    rows = connection.execute(
        """SELECT line, distance, sum(amount) FROM break_entries
        WHERE distance < 0 AND line IN (SELECT unnest(?)) GROUP BY line, distance
        ORDER BY line, distance DESC""",
        [notes],
    ).fetchall()
    found: defaultdict[int, list[int]] = defaultdict(list)
    for line, distance, amount in rows:
        # A month without entries is one of nothing.
        found[line] += [0] * (-distance - 1 - len(found[line])) + [amount]
    return {line: tuple(amounts) for line, amounts in found.items()}


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


def posted_again(line: BrokenLine) -> str | None:
    """An amount was posted again, on another document."""
    entries = again(line)
    if not entries:
        return None
    amount = wording.amount(line, line.difference)
    named = wording.ids(entries, " or ")
    one = "One of " if named.endswith(" entries") else ""
    return (
        f"{one}{named} repeats an amount on another document; without "
        f"{amount} the month comes to {wording.amount(line, line.expected)}, as expected."
    )


def again(line: BrokenLine) -> Sequence[Entry]:
    """Equal entries without one of which the month agrees.

    Those on one document are duplicates.
    """
    if line.entry_count < 2:  # noqa: PLR2004 - one repeats none
        return ()
    equal = [entry for entry in line.entries_of_month if entry.amount == line.difference]
    return equal if len(equal) > 1 and not repeated(line) else ()


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


def credit_note(line: BrokenLine) -> str | None:
    """A credit note takes back recognized amounts."""
    note = credited(line)
    if not note:
        return None
    amount = sum(entry.amount for entry in note)
    back = _taken_back(line, abs(amount))
    return (
        f"{wording.ids(note, ', ')} ({wording.amount(line, amount)}) on {note[0].document_ref} is "
        f"a credit note{back}; without it the month comes to "
        f"{wording.amount(line, line.expected)}, as expected."
    )


def credited(line: BrokenLine) -> Sequence[Entry]:
    """Entries of a credit note without which the month agrees.

    It is a document that only takes back, and has no other entry.
    """
    way = line.way
    if line.difference * way >= 0:
        return ()
    for document in {entry.document_ref for entry in line.entries_of_month} - {""}:
        note = [entry for entry in line.entries if entry.document_ref == document]
        if sum(entry.amount for entry in note) == line.difference and all(
            entry.offset == 0 and entry.amount * way < 0 for entry in note
        ):
            return note
    return ()


def _taken_back(line: BrokenLine, amount: int) -> str:
    """Words for the months that a credit note takes back."""
    # With or without the month itself, as far back as it takes.
    ways = [(0, (line.expected, *line.recognized_before)), (1, line.recognized_before)]
    for first, months in ways if line.expected else ways[1:]:
        total = 0
        for back, recognized in enumerate(months, start=first):
            total += abs(recognized)
            if total == amount:
                return f" that takes back {_listed(line, first, back)}"
    rest = abs((line.full_value or 0) - line.to_date_expected)
    if amount in {rest, rest + abs(line.expected)} - {0}:
        return " that takes back the rest of the contract"
    return ""


def _listed(line: BrokenLine, first: int, last: int) -> str:
    """Months from `last` to `first` months ago, in words."""
    months = [str(line.month + -back) for back in range(last, first - 1, -1)]
    return " and ".join([", ".join(months[:-1])] * (len(months) > 1) + months[-1:])


def partial_posting(line: BrokenLine) -> str | None:
    """The month lacks a part that other months have."""
    several = 2
    # Entries that come to nothing are no part of the month.
    lacks = line.difference * line.way < 0 < line.recognized * line.way
    if not line.entry_count or not line.expected or not lacks or line.months_with_part < several:
        return None
    return (
        f"{wording.recognized(line)} is a part: {line.months_with_part} other months have an entry "
        f"of {wording.amount(line, -line.difference)} as well, which this one lacks."
    )


def extra_entry(line: BrokenLine) -> str | None:
    """The month agrees without one entry, or one document."""
    found = extra(line)
    if not found:
        return None
    document = found[0].document_ref
    on = f" on {document}" if document and len(found) > 1 else ""
    return (
        f"Without {wording.ids(found, ' or ' if _each(line, found) else ', ')}{on} "
        f"({wording.amount(line, line.difference)}) the month comes to "
        f"{wording.amount(line, line.expected)}, as expected; nothing says why it was posted."
    )


def _each(line: BrokenLine, entries: Sequence[Entry]) -> bool:
    return entries[0].amount == line.difference


def extra(line: BrokenLine) -> Sequence[Entry]:
    """Entries of which one is too many, or a document's."""
    entries = line.entries_of_month
    if line.expected == 0 or len(entries) < 2:  # noqa: PLR2004 - one alone is all there is
        return ()
    if one := [entry for entry in entries if entry.amount == line.difference]:
        return one
    for document in dict.fromkeys(entry.document_ref for entry in entries if entry.document_ref):
        of_it = [entry for entry in entries if entry.document_ref == document]
        if len(of_it) < len(entries) and sum(e.amount for e in of_it) == line.difference:
            return of_it
    return ()


def catch_up(line: BrokenLine) -> str | None:
    """The month catches up earlier months: to date everything agrees."""
    known_from = line.ledger_from
    # What earlier months lacked or had too much is known only where the ledger has them.
    if known_from is None or known_from >= line.month.index or line.known_difference:
        return None
    if all(e.amount * line.difference <= 0 for e in line.entries_of_month):
        return None
    to_date = f"To date {wording.amount(line, line.to_date_recognized)} is recognized, as expected"
    if line.to_date_recognized != line.to_date_expected:
        to_date = f"Since {line.month.at(known_from)}, where the ledger begins, all is recognized"
    change = wording.signed(line, line.difference)
    return f"{to_date}: the month catches up {change} from earlier months."


def entries_concerned(line: BrokenLine, cause: Cause) -> Sequence[Entry]:
    """Entries that a cause is about.

    They are all of the month where it singles none out.
    """
    if concerned := _CONCERNED.get(cause):
        return concerned(line)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(line)):
        return found.entries
    return line.entries_of_month


_CONCERNED = {
    Cause.DUPLICATE_ENTRY: repeated, Cause.POSTED_AGAIN: again, Cause.CREDIT_NOTE: credited,
    Cause.EXTRA_ENTRY: extra,
}  # fmt: skip
