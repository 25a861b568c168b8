"""Matches and open documents, read from the session for reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from recon.base.errors import tie
from recon.reconciliation.cash.model import Document, Kind, Match, Sums
from recon.reconciliation.cash.passes import Passed
from recon.store.session import Session

# The text of a place, of a side and the number of the row.
Places = Callable[[int, Sequence[int]], dict[int, str]]
_COLUMNS = "side, place, ref, customer, day, d.amount, currency, d.kind"
_MORE = "document, sale, tax, lines, counts"
_ORDER = "side, currency, customer_key, day, ref_key, d.amount, place, document"


def plain(passed: Sequence[Passed]) -> str:
    """The numbers of the plain rules, as SQL."""
    found = [str(at) for at, each in enumerate(passed, 1) if each.rule.is_plain]
    return f"({', '.join(['0', *found])})"


def view_kinds(session: Session, passed: Sequence[Passed]) -> None:
    """Make `match_kinds`: match, rule, kind, difference.

    The pairs of a plain rule agree by it, so that their documents need not be looked at; the others
    are few, in `other_kinds`.
    """
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE other_kinds AS
        SELECT match, rule, difference, kind FROM (
            SELECT match, any_value(l.rule) AS rule,
            coalesce(sum(d.amount) FILTER (side = 2), 0)
                - coalesce(sum(d.amount) FILTER (side = 1), 0) AS raw,
            count(DISTINCT currency) > 1 AS apart,
            count(DISTINCT customer_key) > 1 AS moved,
            CASE WHEN apart THEN 0 ELSE raw END AS difference,
            CASE WHEN apart OR moved OR raw <> 0 THEN 'near'
                WHEN count(*) > 2 OR min(side) = max(side) THEN 'grouped'
                ELSE 'matched' END AS kind
        FROM allocations AS l JOIN documents AS d USING (document)
        WHERE l.rule NOT IN {plain(passed)} GROUP BY match)"""
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP VIEW match_kinds AS
        SELECT match, rule, CAST(0 AS HUGEINT) AS difference, 'matched' AS kind
        FROM matches WHERE rule IN {plain(passed)}
        UNION ALL BY NAME FROM other_kinds"""
    )


def sums(session: Session, passed: Sequence[Passed]) -> dict[tuple[int, str], Sums]:
    """Documents and amounts by side and currency, tied out.

    What is matched is what is not open; what is open is few.
    """
    rows = session.execute(
        f"""WITH whole AS (SELECT side, currency, count(*) AS n, sum(amount) AS amount
            FROM documents GROUP BY ALL),
        still AS (SELECT side, currency, count(*) AS n, sum(amount) AS amount
            FROM unmatched GROUP BY ALL),
        rests AS (SELECT side, currency, sum(d.amount - l.amount) AS amount
            FROM allocations AS l JOIN documents AS d USING (document)
            WHERE l.rule NOT IN {plain(passed)} GROUP BY ALL)
        SELECT w.side, w.currency, w.n, w.amount, w.n - coalesce(s.n, 0),
            w.amount - coalesce(s.amount, 0) - coalesce(r.amount, 0)
        FROM whole AS w LEFT JOIN still AS s
            ON s.side = w.side AND s.currency IS NOT DISTINCT FROM w.currency
        LEFT JOIN rests AS r ON r.side = w.side AND r.currency IS NOT DISTINCT FROM w.currency
        ORDER BY w.side, w.currency"""
    ).fetchall()
    found = {
        (side, currency or ""): Sums(count, int(amount), matched, int(allocated))
        for side, currency, count, amount, matched, allocated in rows
    }
    for currency in {currency for _, currency in found}:
        both = [found.get((side, currency), Sums()).matched_amount for side in (1, 2)]
        tie(f"the amount in matches of {currency or 'no currency'}", both[1], both[0])
    count, amount = session.execute(
        "SELECT count(*), coalesce(sum(amount), 0) FROM allocations"
    ).fetchone() or (0, 0)
    tie("the number of documents in matches", sum(each.matched for each in found.values()), count)
    tie(
        "the amount that is allocated",
        sum(each.matched_amount for each in found.values()),
        int(amount),
    )
    return found


def read_kinds(
    session: Session, passed: Sequence[Passed], kinds: Sequence[Kind], places: Places
) -> Iterator[Match]:
    """Yield the matches of some kinds, by customer and day."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return read_matches(session, passed, f"k.kind IN ({listed})", places)


def read_matches(
    session: Session, passed: Sequence[Passed], condition: str, places: Places
) -> Iterator[Match]:
    """Yield the matches for which a condition on `k` holds."""
    # The few matches first, so that no text of the others is looked at.
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE chosen AS
        SELECT k.match, k.rule, k.kind, k.difference, m.interchangeable, l.document,
            l.amount AS taken
        FROM (FROM match_kinds AS k WHERE {condition}) AS k JOIN matches AS m USING (match)
        JOIN allocations AS l USING (match)"""
    )
    rows = session.execute(
        f"""SELECT match, rule, c.kind, difference, interchangeable, {_COLUMNS},
            d.amount - taken AS open, {_MORE}
        FROM chosen AS c JOIN documents AS d USING (document)
        ORDER BY min(day) OVER (PARTITION BY match), match, {_ORDER}"""
    ).fetchall()
    named = _named(rows, 5, places)
    for _, group in groupby(rows, key=lambda row: row[0]):
        of = list(group)
        number, rule, kind, difference, interchangeable, *_ = of[0]
        documents = tuple(_document(row[5:], named) for row in of)
        name = passed[rule - 1].rule.name
        yield Match(name, Kind(kind), documents, int(difference), interchangeable, number)


def read_open(session: Session, places: Places, condition: str = "true") -> list[Document]:
    """The documents in no match, largest amount first."""
    rows = session.execute(
        f"""SELECT {_COLUMNS}, d.amount, {_MORE} FROM unmatched AS d WHERE {condition}
        ORDER BY abs(d.amount) DESC, {_ORDER}"""
    ).fetchall()
    named = _named(rows, 0, places)
    return [_document(row, named) for row in rows]


def _named(rows: Sequence[Sequence[Any]], at: int, places: Places) -> dict[tuple[int, int], str]:
    """The places of rows by side and number."""
    named = {}
    for side in (1, 2):
        numbers = sorted(
            {row[at + 1] for row in rows if row[at] == side and row[at + 1] is not None}
        )
        for number, place in places(side, numbers).items():
            named[side, number] = place
    return named


def _document(row: Sequence[Any], named: Mapping[tuple[int, int], str]) -> Document:
    side, place, ref, customer, day, amount, currency, kind, left, *more = row
    where = named.get((side, place), "")
    return Document(side, where, ref, customer, day, amount, currency or "", kind, left, *more)
