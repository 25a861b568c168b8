"""Whole matchings against a matcher written from the documentation."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from recon.base.matching import usual_rules
from recon.reconciliation.cash.documents import make_documents
from recon.reconciliation.cash.passes import run_rules
from recon.store.session import Session, literal, session
from tests.cash_books import prepared
from tests.cash_oracle import WINDOW, Row, matching, sums

DAY = date(2024, 6, 1)
Book = tuple[list[Row], list[Row]]
Matches = Counter[tuple[str, tuple[object, ...]]]


@pytest.fixture(scope="module")
def connection() -> Iterator[Session]:
    """A session that can compare ids."""
    with session() as found:
        yield prepared(found)


def _books(seed: int, count: int) -> list[Book]:
    """Small books with few of everything, so that documents meet in all ways."""
    draw = random.Random(seed)  # noqa: S311

    def rows(book: int) -> list[Row]:
        return [
            (
                draw.choice([f"A{book}", f"B{book}", None, None]),
                draw.choice(["C", "C", "D", None]),
                draw.choice([0, 0, 1, 4, 6, 11]),
                draw.choice([100, 100, 40, 60, -60, -40, -100]),
            )
            for _ in range(draw.randint(0, 7))
        ]

    return [(rows(book), rows(book)) for book in range(count)]


def _select(books: Sequence[Book], side: int) -> str:
    """All books together: each in a currency of its own, in which nothing else is."""
    made = ", ".join(
        f"({literal(ref)}, {literal(customer)}, {day}, {amount}, 'X{at}')"
        for at, book in enumerate(books)
        for ref, customer, day, amount in book[side]
    )
    return (
        "SELECT CAST(ref AS VARCHAR) AS ref, CAST(customer AS VARCHAR) AS customer, currency, "
        f"DATE '{DAY}' + n AS day, CAST(amount AS BIGINT) AS amount "
        f"FROM (VALUES {made}) AS v(ref, customer, n, amount, currency)"
    )


def _ours(connection: Session, books: Sequence[Book], *, of_sums: bool = False) -> list[Matches]:
    """The matches that recon finds in each book: without the search for sums, or by it alone."""
    rules = [each for each in usual_rules(WINDOW) if (each.name == "sums, near day") == of_sums]
    make_documents(connection, [_select(books, side) for side in (0, 1)])
    run_rules(connection, rules)
    rows = connection.execute(
        f"""SELECT match, l.rule, currency, side, coalesce(ref, ''), coalesce(customer, ''),
            date_diff('day', DATE '{DAY}', day), d.amount
        FROM allocations AS l JOIN documents AS d USING (document)"""
    ).fetchall()
    matches: dict[tuple[int, str, str], list[tuple[object, ...]]] = {}
    for match, rule, currency, *content in rows:
        key = (match, rules[rule - 1].name, currency)
        matches.setdefault(key, []).append(tuple(content))
    found = [Matches() for _ in books]
    for (_, name, currency), content in matches.items():
        found[int(currency[1:])][name, tuple(sorted(content))] += 1
    return found


def _of_sums(seed: int, count: int) -> list[Book]:
    """Books of amounts that are divided on the other side, with some that are not."""
    draw, books = random.Random(seed), list[Book]()  # noqa: S311
    for _ in range(count):
        sides: Book = ([], [])
        for _ in range(draw.randint(1, 3)):
            side, day = draw.randint(0, 1), draw.randint(0, 8)
            parts = [draw.randint(10_000, 90_000) * 100 for _ in range(draw.randint(1, 3))]
            sides[side].append((None, "C", day, sum(parts)))
            for part in parts[draw.random() < 0.2 :]:
                sides[1 - side].append((None, "C", day + draw.randint(0, 6), part))
            if draw.random() < 0.2:
                sides[1 - side].append(sides[1 - side][-1] if sides[1 - side] else sides[side][-1])
        books.append(sides)
    return books


def _check(connection: Session, seed: int, count: int) -> Counter[str]:
    """Hold books against the oracle; return how often each rule matched."""
    books, rules = _books(seed, count), Counter[str]()
    for book, ours in zip(books, _ours(connection, books), strict=True):
        wanted = matching(*book)
        assert ours == wanted, book
        rules.update(name for name, _ in wanted)
    return rules


def test_whole_matchings_are_those_of_the_documentation(connection: Session) -> None:
    """The same documents by the same rules, each of which has matched something."""
    assert len(_check(connection, 1, 150)) == 8


def test_the_order_of_rows_changes_no_matching(connection: Session) -> None:
    """Books turned round match as they did."""
    books = _books(2, 60)
    turned = [(first[::-1], second[::-1]) for first, second in books]
    assert _ours(connection, turned) == _ours(connection, books)


def test_groups_are_those_that_trying_all_of_them_finds(connection: Session) -> None:
    """One to many and many to many: accepted where every document is claimed once."""
    books, some = _of_sums(3, 100), 0
    for book, ours in zip(books, _ours(connection, books, of_sums=True), strict=True):
        wanted = sums(*book)
        assert Counter({content: n for (_, content), n in ours.items()}) == wanted, book
        some += len(wanted)
    assert some > 50


@pytest.mark.slow
def test_many_whole_matchings(connection: Session) -> None:
    """The same over more books."""
    for seed in range(10, 14):
        _check(connection, seed, 1_000)
