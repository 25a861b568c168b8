"""Events of order to cash: a fact that hits many documents is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from recon.base.events import EventKind
from recon.reconciliation.cash.receivable import Receivables
from recon.store.session import Session, session
from tests.cash_books import Books, Doc, prepared, reconciled

DAY = date(2024, 6, 12)


@pytest.fixture(scope="module")
def connection() -> Iterator[Session]:
    """A session that can compare ids."""
    with session() as found:
        yield prepared(found)


def _trade() -> list[Doc]:
    """Six sales on each of twenty days, to six customers, and a payment of each."""
    found = []
    for at in range(120):
        day = date(2024, 6, 1) + timedelta(days=at // 6)
        sale = Doc(f"S{at}", f"C{at % 6}", day, 10_000 + 137 * at)
        found += [sale, replace(sale, ref=f"P{at}", amount=-sale.amount, kind="payment",
                                sale=sale.ref, day=day + timedelta(days=7))]  # fmt: skip
    return found


def _found(connection: Session, ledger: Callable[[Doc], list[Doc]]) -> Receivables:
    feeds = _trade()
    return reconciled(connection, Books(feeds, [each for doc in feeds for each in ledger(doc)]))


@pytest.mark.parametrize(
    ("ledger", "kind", "sentence"),
    [
        (
            lambda d: [d, replace(d, day=DAY + timedelta(days=9))] if d.day == DAY else [d],
            EventKind.BATCH_TWICE,
            "12 of 12 documents of 2024-06-12 stand twice in the ledger",
        ),
        (
            lambda d: [] if d.kind == "payment" and d.customer == "C2" else [d],
            EventKind.BATCH_MISSING,
            "20 of 20 payments and credits of customer C2 that the feeds have are not in the",
        ),
        (
            lambda d: [] if d.day == DAY else [d],
            EventKind.BATCH_MISSING,
            "12 of 12 documents of 2024-06-12 that the feeds have are not in the ledger",
        ),
        (
            lambda d: [replace(d, currency="CHF")] if d.customer == "C4" else [d],
            EventKind.MAPPING,
            "40 of 40 documents of customer C4 are posted in CHF instead of EUR",
        ),
    ],
)  # fmt: skip
def test_a_fact_behind_many_documents_is_one_event(
    connection: Session, ledger: Callable[[Doc], list[Doc]], kind: EventKind, sentence: str
) -> None:
    """All breaks belong to it, keep their causes, and none is left once it is put right."""
    result = _found(connection, ledger)
    (event,) = result.events
    assert (event.kind, event.breaks_left) == (kind, 0)
    assert sentence in event.sentence
    assert {item.event for item in result.breaks} == {event.id}
    assert sum(event.net.values()) == sum(e.amount for b in result.breaks for e in b.effects)


def test_few_documents_or_a_small_part_make_no_event(connection: Session) -> None:
    """Four of a day, or a third of a customer's, stay breaks of their own."""
    few = {f"S{at}" for at in (0, 1, 2, 3)} | {f"S{at}" for at in range(11, 66, 18)}
    result = _found(connection, lambda d: [] if d.ref in few else [d])
    assert len(result.breaks) == len(few)
    assert result.events == ()
