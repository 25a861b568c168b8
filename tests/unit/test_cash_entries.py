"""Proposed entries of order to cash: right where they are made, and never for what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from recon.base.cash import RECEIVABLE
from recon.reconciliation.cash.entries import WHAT_TO_DO, CashEntries, proposed_entries
from recon.reconciliation.cash.receivable import Receivables
from recon.store.session import Session, session
from tests.cash_books import Books, Doc, books, prepared, reconciled, select

LATER = date(2024, 9, 12)
SALE = Doc("R1", "C1", date(2024, 6, 3), 12_345)
OTHER = Doc("R2", "C1", date(2024, 6, 5), 30_000)


@pytest.fixture(scope="module")
def connection() -> Iterator[Session]:
    """A session that can compare ids."""
    with session() as found:
        yield prepared(found)


def _entries(
    connection: Session, made: Books, result: Receivables, later: list[Doc] | None = None
) -> CashEntries:
    """The entries of a result, with rows of the ledger that no run has looked at."""
    standing = """SELECT document, ref, customer, amount, currency, false AS unread
        FROM unmatched WHERE side = 2"""
    if later:
        standing += f"""
            UNION ALL BY NAME SELECT NULL AS document, ref, customer, amount, currency,
                kind = 'unread' AS unread FROM ({select(later)})"""
    return proposed_entries(connection, result, standing, select(made.feeds))


@pytest.mark.parametrize("prices", [pytest.param(None, marks=pytest.mark.slow), 12])
def test_entries_are_booked_for_the_planted_truth_alone(
    connection: Session, prices: int | None
) -> None:
    """Each takes back its fault; what is left differs by the breaks without an entry."""
    plain = proposed = 0
    for seed in range(1):
        made = books(seed, 400, prices)
        result = reconciled(connection, made)
        entries = _entries(connection, made, result)
        names = {entry.item.name for entry in entries.proposed}
        for entry in entries.proposed:
            truth = made.truth.get(entry.item.number)
            assert truth is None or truth in {cause.value for cause in entry.item.found.candidates}
        certain = [
            item for item in result.breaks
            if item.found.certainty == "certain" and item.cause in WHAT_TO_DO
            and all(each.counts for each in item.documents)
        ]  # fmt: skip
        plain += len(certain)
        proposed += len(entries.proposed)
        left = Counter[tuple[str, str]]()
        for customer in result.customers:
            left[customer.customer, customer.currency] = customer.difference
        for entry in entries.proposed:
            for line in entry.lines:
                if line.account == RECEIVABLE:
                    left[line.customer, line.currency] += line.debit - line.credit
        for item in result.breaks:
            if item.name not in names:
                for effect in item.effects:
                    left[effect.customer, effect.currency] -= effect.amount
        assert not any(left.values())
    assert proposed * 5 >= plain * 4, (proposed, plain)


# What the ledger has beside, of the sale of customer C1; and why nothing is proposed then.
STANDING = [
    (replace(SALE, ref="X77", day=LATER), "in no match"),
    (replace(SALE, ref=None, day=LATER), "in no match"),
    (replace(SALE, customer="C9", ref="R1", day=LATER), "in no match"),
    (replace(SALE, ref="X77", customer="C9", currency="CHF"), "in no match"),
    (replace(SALE, amount=1, kind="unread"), "cannot be read"),
    (replace(SALE, ref="X1", amount=1, kind="unread", customer="C9"), ""),
    (replace(SALE, ref="X77", customer="C9", amount=1), ""),
]


def test_nothing_is_posted_that_may_stand_already(connection: Session) -> None:
    """Later, elsewhere, in another currency, unread: the missing sale is not booked again."""

    def own(doc: Doc, at: int) -> Doc:
        ref = doc.ref and f"{doc.ref}-{at}"
        return replace(doc, ref=ref, customer=f"{doc.customer}-{at}", amount=doc.amount + 100 * at)

    books_of = range(len(STANDING))
    made = Books([own(each, at) for at in books_of for each in (SALE, OTHER)],
                 [own(OTHER, at) for at in books_of])  # fmt: skip
    result = reconciled(connection, made)
    assert {item.found.certainty for item in result.breaks} == {"certain"}
    entries = _entries(
        connection, made, result, [own(doc, at) for at, (doc, _) in enumerate(STANDING)]
    )
    refused = {item.number: why for item, why in entries.refused}
    for at, (_, why) in enumerate(STANDING):
        assert (f"R1-{at}" in refused) == bool(why)
        assert why in refused.get(f"R1-{at}", "")
    one = entries.proposed[0]
    amount = one.item.effects[0].amount
    assert [(line.account, line.debit, line.credit) for line in one.lines] == [
        (RECEIVABLE, -amount, 0), ("Sales", 0, -amount),
    ]  # fmt: skip


def test_an_amount_that_another_document_has_too_much_is_not_booked(connection: Session) -> None:
    """A sale that is missing, and another that is posted with just that amount more."""
    made = Books([SALE, OTHER], [replace(OTHER, amount=OTHER.amount + SALE.amount)])
    result = reconciled(connection, made)
    entries = _entries(connection, made, result)
    assert entries.proposed == ()
