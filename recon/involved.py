"""What a cause is about: the entries concerned, and the other line where it is between two."""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.result import Cause, Counterpart, Entry
from recon.causes.postings import misplaced, repeated
from recon.facts import Facts


def entries_concerned(facts: Facts, cause: Cause) -> Sequence[Entry]:
    """Return the entries that a cause is about; all of the month where it singles none out."""
    if cause is Cause.DUPLICATE_ENTRY:
        return repeated(facts)
    if cause is Cause.WRONG_PERIOD and (found := misplaced(facts)):
        return found[0]
    return facts.entries_of_month


def counterpart(facts: Facts, cause: Cause) -> Counterpart | None:
    """Return the line that is off by the opposite amount, None where the cause needs no other.

    None too where the lines of a contract cancel out only all together.
    """
    if cause is Cause.WRONG_PERIOD and (found := misplaced(facts)):
        entries, by = found
        neighbour = entries[0].offset or by
        return Counterpart(facts.contract_id, facts.revenue_type, facts.currency, neighbour)
    partner = facts.partner(cause)
    if partner is None or not (partner.balanced or partner.single):
        return None
    return Counterpart(partner.contract_id, partner.revenue_type, partner.currency, 0)
