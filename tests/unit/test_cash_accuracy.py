"""Planted faults of order to cash: found, named, and never certain of the wrong cause."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from recon.store.session import Session, session
from tests.cash_books import (
    DOUBTFUL,
    FAULTS,
    PAID,
    Books,
    Doc,
    books,
    measured,
    prepared,
    reconciled,
)

DAY = date(2024, 6, 5)


@pytest.fixture(scope="module")
def connection() -> Iterator[Session]:
    """A session that can compare ids."""
    with session() as found:
        yield prepared(found)


@pytest.mark.parametrize("prices", [None, 12], ids=["many prices", "few prices"])
def test_every_planted_fault_is_found_and_the_certain_ones_are_right(
    connection: Session, prices: int | None
) -> None:
    """Each fault of each cause is a break; its cause is certain or among the candidates."""
    score = measured(connection, range(1), 400, prices)
    assert score.planted >= 2 * len({**FAULTS, **PAID})
    assert score.found == score.planted, score.wrong
    assert score.right * 1_000 >= score.certain * 995, score.wrong
    assert score.listed == score.planted, score.wrong
    assert score.certain * 4 >= score.planted * 3


@pytest.mark.parametrize("at", range(len(DOUBTFUL)), ids=[cause for cause, _ in DOUBTFUL])
def test_what_no_number_proves_is_never_certain(connection: Session, at: int) -> None:
    """An open document that resembles one of the other side is not just missing."""
    cause, fault = DOUBTFUL[at]
    result = reconciled(connection, Books(*fault(Doc("R1", "C1", DAY, 12_346, tax=808))))
    certain = [item.found.sentence for item in result.breaks if item.found.certainty == "certain"]
    assert certain == []
    listed = [{each.value for each in item.found.candidates} for item in result.breaks]
    assert any(cause in each for each in listed), listed


def test_books_without_faults_have_no_breaks(connection: Session) -> None:
    """Payments that name nothing are matched by amount and day, or make no certain cause."""
    made = books(7, 200)
    made.ledger, made.truth = list(made.feeds), {}
    result = reconciled(connection, made)
    assert result.breaks == ()
    assert result.severity is None


@pytest.mark.slow
@pytest.mark.parametrize(("prices", "books"), [(None, 5), (12, 10), (4, 10)])
def test_faults_over_many_seeds(connection: Session, prices: int | None, books: int) -> None:
    """The same over more books, down to four prices."""
    score = measured(connection, range(10, 10 + books), 600, prices)
    # Of few prices a document too many and one too few may be a customer's on the same days, of
    # the same amount: they are matched, and no difference is left to be found.
    cancelled = 0 if prices is None else score.planted // 200
    assert score.found >= score.planted - cancelled, score.wrong
    assert score.right * 1_000 >= score.certain * 995, score.wrong
    assert score.listed * 1_000 >= score.planted * 995, score.wrong
