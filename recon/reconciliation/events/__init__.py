"""Events: one fact that explains many lines (specification, section 5b).

A kind, or a family of kinds, is one file: its SQL, its detection and its sentences. Each yields the
facts that it finds, over breaks and lines within tolerance alike; `chosen` takes of them the
simplest that explain most, so that a line belongs to one event. Nothing is planned where too few
lines are off for any event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from recon.base.events import Event
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Break, Flag, Side, SourceFacts, Totals
from recon.reconciliation.events.batches import batches
from recon.reconciliation.events.bias import FEWEST_WITHIN, bias
from recon.reconciliation.events.carried import carried
from recon.reconciliation.events.chosen import chosen, events_of
from recon.reconciliation.events.delivered_twice import delivered_twice, refused_twice
from recon.reconciliation.events.factors import factors, factors_of_documents
from recon.reconciliation.events.found import FEWEST, Found
from recon.reconciliation.events.id_rules import id_rules
from recon.reconciliation.events.mapping import mappings
from recon.reconciliation.events.marks import create_marks, terms_off
from recon.reconciliation.events.policies import policies
from recon.store.session import Session, reading


def find_events(
    connection: Session,
    month: Month,
    policy: Policy,
    breaks: Sequence[Break],
    totals: Mapping[str, Totals],
    flags: Mapping[Flag, int],
    sources: Mapping[Side, SourceFacts],
) -> tuple[Event, ...]:
    """Events of a month, those of most breaks first."""
    within = sum(part.within_tolerance for part in totals.values())
    # A batch is held against all entries, which are read once more.
    with reading(Side.ACCOUNTING, sources[Side.ACCOUNTING].description):
        facts = list(_found(connection, month, policy, len(breaks), within))
        if flags.get(Flag.CARRIED_DIFFERENCE, 0) >= FEWEST:
            facts += carried(connection, month)
    found = chosen(facts, delivered_twice(connection, month, sources))
    return events_of(connection, found, len(breaks))


def _found(
    connection: Session, month: Month, policy: Policy, breaks: int, within: int
) -> Iterator[Found]:
    if breaks + within < FEWEST:
        return
    marks = create_marks(connection, month)
    whole, known = marks[1][1], list[Found]()
    if any(5 * counts.off >= 4 * counts.posted and counts.off >= FEWEST
           for _, counts in marks.values()):  # fmt: skip
        known = list(factors(connection, month, marks))
        yield from known
    if within >= FEWEST_WITHIN:
        yield from bias(connection, known)
    if 2 * min(whole.unknown, whole.lacking) >= FEWEST:
        yield from id_rules(connection, policy)
    if any(2 * counts.lacking >= FEWEST and 5 * counts.lacking >= 4 * counts.due
           for _, counts in marks.values()):  # fmt: skip
        yield from mappings(connection, marks)
    if terms_off(connection, month):
        yield from policies(connection, month, policy, marks, breaks + within)
    if breaks >= FEWEST:
        yield from refused_twice(connection)
        yield from factors_of_documents(connection, month)
        yield from batches(connection, month, marks)


def with_events(breaks: Sequence[Break], events: Sequence[Event]) -> tuple[Break, ...]:
    """The breaks, each with the id of its event."""
    if not events:
        return tuple(breaks)
    of = {key: event.id for event in events for key in event.keys}
    return tuple(
        replace(item, event=found)
        if (found := of.get((item.contract_id, item.revenue_type, item.currency)))
        else item
        for item in breaks
    )
