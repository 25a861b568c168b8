"""Control totals: rows and amounts delivered, tied to those compared.

They are counted apart from the comparison. Every row is compared, invalid or the repetition of
another one, every cent recognized or set aside; where that is not so, the run stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recon.base.errors import tie
from recon.base.month import Month
from recon.base.result import InvalidRow, Side, SourceFacts
from recon.reconciliation.entry_detail import in_scope
from recon.reconciliation.hints import unread_amounts
from recon.reconciliation.places import known_places, places_of
from recon.store.session import Session, is_any


@dataclass(frozen=True, slots=True)
class Control:
    """Totals of both sides, invalid and repeated rows, and roundings."""

    sources: Mapping[Side, SourceFacts]
    invalid: Sequence[InvalidRow]
    rounded_amounts: int
    invalid_elsewhere: int
    repeated: Sequence[RepeatedRow]


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A side's first row that repeats an earlier one.

    Both are named by their places.
    """

    side: Side
    row: str
    first: str
    id: str


def control(connection: Session, month: Month, descriptions: Mapping[Side, str]) -> Control:
    """Control totals of both sides, tied to the comparison.

    Raises TieOutError where a row or a cent is neither compared nor invalid.
    """
    contracts = connection.execute(
        """SELECT currency, count(*), coalesce(sum(value), 0), count(*) FILTER (finer),
            count(*) FILTER (repeated)
        FROM (
            SELECT currency, value, finer, false AS repeated FROM contracts_typed
            UNION ALL SELECT currency, value, finer, true FROM contracts_repeated)
        GROUP BY currency ORDER BY currency"""
    ).fetchall()
    entries = connection.execute(
        "SELECT currency, rows, total, finer, repeated FROM entry_control_totals ORDER BY currency"
    ).fetchall()
    invalid = _invalid_rows(connection, month)
    sources = {
        side: _facts(side, rows, invalid, descriptions[side])
        for side, rows in ((Side.ANALYTICS, contracts), (Side.ACCOUNTING, entries))
    }
    _tie_rows(connection, sources)
    _tie_amounts(connection, month, sources[Side.ACCOUNTING])
    elsewhere = connection.execute(
        f"SELECT coalesce(sum(stands_for), 0) FROM entries_invalid WHERE NOT {in_scope(month)}"
    ).fetchone() or (0,)
    rounded_amounts = sum(row[3] for row in (*contracts, *entries))
    repeated = connection.execute("FROM repeated_rows ORDER BY row").fetchall()
    firsts = {
        Side(side): _repeated(connection, Side(side), *row) for side, *row in reversed(repeated)
    }
    return Control(sources, invalid, rounded_amounts, elsewhere[0], tuple(firsts.values()))


def _repeated(connection: Session, side: Side, row: int, first: int, of: str) -> RepeatedRow:
    at = places_of(connection, side, [row, first])
    return RepeatedRow(side, at[row], at[first], of)


# Their customers are read only where there are any: all contracts are gone through for them.
_INVALID_ENTRIES = """
    SELECT place, coalesce(entry_id, ''), reason, coalesce(currency, ''), amount,
        coalesce(c.customer, ''), coalesce(c.owner, ''), row
    FROM entries_invalid LEFT JOIN (
        SELECT id_key, min(coalesce(customer, customer_id)) AS customer, min(owner) AS owner
        FROM contracts_typed WHERE id_key IN (SELECT id_key FROM entries_invalid)
        GROUP BY id_key) c USING (id_key)
    WHERE {scope} ORDER BY place"""


def _invalid_rows(connection: Session, month: Month) -> tuple[InvalidRow, ...]:
    """Invalid rows of both sides, in the sources' order."""
    contracts = connection.execute(
        """SELECT row, coalesce(id, ''), reason, coalesce(currency, ''), value,
            coalesce(customer, customer_id, ''), coalesce(owner, ''), row
        FROM contracts_typed WHERE reason IS NOT NULL ORDER BY row"""
    ).fetchall()
    entries: list[tuple[Any, ...]] = []
    if is_any(connection, f"entries_invalid WHERE {in_scope(month)}"):
        entries = connection.execute(_INVALID_ENTRIES.format(scope=in_scope(month))).fetchall()
    return tuple(
        row
        for side, rows in ((Side.ANALYTICS, contracts), (Side.ACCOUNTING, entries))
        for row in _placed(connection, side, rows)
    )


def _placed(
    connection: Session, side: Side, rows: Sequence[tuple[Any, ...]]
) -> Iterator[InvalidRow]:
    places = known_places(connection, side, [row[-1] for row in rows])
    for number, of, reason, *facts, row in rows:
        yield InvalidRow(side, number, of, reason, places.get(row, f"row {number:,}"), *facts)


def _facts(
    side: Side, rows: Sequence[tuple[Any, ...]], invalid: Sequence[InvalidRow], description: str
) -> SourceFacts:
    return SourceFacts(
        rows=sum(row[1] for row in rows),
        invalid=sum(row.side is side for row in invalid),
        control_total={currency: total for currency, _, total, *_ in rows},
        description=description,
        repeated=sum(row[4] for row in rows),
        unread_amounts=unread_amounts(side, invalid),
    )


def _tie_rows(connection: Session, sources: Mapping[Side, SourceFacts]) -> None:
    compared = connection.execute(
        """SELECT count(*) FILTER (on_contract) + (
                SELECT count(*) - count(DISTINCT line) FROM added_rows),
            coalesce(sum(entries), 0) FROM lines_compared"""
    ).fetchone() or (0, 0)
    for side, count in zip((Side.ANALYTICS, Side.ACCOUNTING), compared, strict=True):
        facts = sources[side]
        taken = count + facts.invalid + facts.repeated
        tie(f"The {side} rows, compared, invalid and repeated,", taken, facts.rows)


def _tie_amounts(connection: Session, month: Month, accounting: SourceFacts) -> None:
    rows = connection.execute(
        f"""SELECT currency, sum(recognized) FROM lines_compared GROUP BY currency
        UNION ALL
        SELECT currency, sum(amount) FROM entries_invalid
        WHERE {in_scope(month)} GROUP BY currency
        UNION ALL SELECT currency, repeated_total FROM entry_control_totals"""
    ).fetchall()
    found: Counter[str] = Counter()
    for currency, amount in rows:
        found[currency] += int(amount or 0)
    for currency, wanted in accounting.control_total.items():
        tie(f"Recognized, invalid and repeated {currency}", found[currency], wanted)
