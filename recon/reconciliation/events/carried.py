"""Carried: an earlier month's batch that is missing or twice.

`recon.reconciliation.relations` lists the relations that it reads.

The lines agree this month, but to date they are off by the amount of a month: where that holds for
nearly all lines of a mark, the month of it is the one in which most of them have too little or too
much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from recon.base.events import EventKind
from recon.base.month import Month
from recon.reconciliation.events.found import FEWEST, Found, enough
from recon.reconciliation.events.marks import DUE, mark_of
from recon.reconciliation.events.saying import sentence_start
from recon.store.session import Session

_AGREES = "status IN ('matched', 'within_tolerance')"
# To the thousandth of a month's amount: what rounding moves is less.
_MONTHLY = "CAST(abs(abs(off) - abs(expected)) AS HUGEINT) * 1000 <= abs(expected)"
_CARRIED = f"""
    SELECT currency, type, segment, start_month, count(*),
        list(line) FILTER (carried AND sign(off) * expected < 0),
        list(line) FILTER (carried AND sign(off) * expected > 0)
    FROM (
        SELECT line, currency, type, coalesce(segment, '') AS segment, start_month,
            {_AGREES} AND off_to_date AND {_MONTHLY} AS carried, off, expected
        FROM (SELECT *, to_date_recognized - to_date_expected AS off FROM lines_compared)
        -- What lacks before the ledger begins is no batch.
        CROSS JOIN ledger_cover WHERE {DUE} AND start_month >= first_month)
    GROUP BY GROUPING SETS ((), (currency), (type), (segment), (type, segment), (start_month))
    HAVING count(*) FILTER (carried) >= {FEWEST} AND coalesce(segment <> '', true)"""


def carried(connection: Session, month: Month) -> Iterator[Found]:
    """Yield the marks with a batch missing or twice before."""
    for *named, due, missing, twice in connection.execute(_CARRIED).fetchall():
        mark = mark_of(month, *named)
        for kind, lines, said, advice in (
            (EventKind.BATCH_MISSING, missing or [], "missing", "Post the batch once."),
            (EventKind.BATCH_TWICE, twice or [], "posted twice", "Reverse one of the postings."),
        ):
            if enough(len(lines), due):
                when = _month(connection, month, lines, more=kind is EventKind.BATCH_TWICE)
                yield Found(
                    kind, mark, frozenset(lines), len(lines), due, f"{said} {when}",
                    _telling(f"{sentence_start(mark)}: the entries of {when} are {said}"),
                    advice, to_date=True,
                )  # fmt: skip


def _telling(fact: str) -> Callable[[str, str], str]:
    return lambda told, net: f"{fact}, on {told} that agree this month but not to date ({net})."


def _month(connection: Session, month: Month, lines: Sequence[int], more: bool) -> str:
    """The earlier month with most or fewest entries of lines."""
    rows = connection.execute(
        f"""SELECT e.month, count(*) FROM entries_of('entries_raw') e
        JOIN lines_compared l USING (id_key, type, currency)
        WHERE e.reason IS NULL AND e.month < {month.index} AND line IN (SELECT unnest(?))
        GROUP BY e.month""",
        [list(lines)],
    ).fetchall()
    counts: dict[int, int] = dict(rows)
    if not counts:
        return "an earlier month"
    months = range(min(counts), month.index)
    return month.at(max(months, key=lambda m: (counts.get(m, 0) * (1 if more else -1), m))).name
