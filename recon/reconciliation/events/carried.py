"""Carried: an earlier batch missing or twice, or months shifted.

`recon.reconciliation.relations` lists the relations that it reads.

The lines agree this month, but to date they are off by the amount of a month: where that holds for
nearly all lines of a mark, and in one and the same month, its batch is missing or twice. Where each
line begins as many months late or early, and has to date what it expected then, all its months are
shifted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from recon.base.events import EventKind
from recon.base.month import Month
from recon.base.text import counted
from recon.reconciliation.events.found import FEWEST, Found, enough
from recon.reconciliation.events.marks import DUE, mark_of
from recon.reconciliation.events.saying import sentence_start
from recon.reconciliation.expected import TERM, for_uneven_terms
from recon.reconciliation.known_terms import with_terms
from recon.store.session import Session

# So many months away all entries of a line are looked for.
_FARTHEST = 12
_OFF = "on_contract AND (difference <> 0 OR off_to_date)"
_AGREES = "status IN ('matched', 'within_tolerance')"
# To the thousandth of a month's amount: what rounding moves is less.
_MONTHLY = "CAST(abs(abs(off) - abs(expected)) AS HUGEINT) * 1000 <= abs(expected)"
_SETS = "(of), (of, currency), (of, type), (of, segment), (of, type, segment), (of, start_month)"


def carried(connection: Session, month: Month) -> Iterator[Found]:
    """Yield the marks with an earlier batch off, or shifted."""
    for *named, at, twice, lines, due in connection.execute(_one_month(month)).fetchall():
        kind, said, advice = _WORDS[twice]
        if enough(len(lines), due):
            mark, when = mark_of(month, *named), month.at(at).name
            yield Found(
                kind, mark, frozenset(lines), len(lines), due, f"{said} {when}",
                _telling(f"{sentence_start(mark)}: the entries of {when} are {said}"),
                advice, to_date=True,
            )  # fmt: skip
    yield from _shifted(connection, month)


_WORDS = {
    False: (EventKind.BATCH_MISSING, "missing", "Post the batch once."),
    True: (EventKind.BATCH_TWICE, "posted twice", "Reverse one of the postings."),
}


def _telling(fact: str) -> Callable[[str, str], str]:
    return lambda told, net: f"{fact}, on {told} that agree this month but not to date ({net})."


def _one_month(month: Month) -> str:
    """SELECT of marks and earlier months, with their lines.

    These lack the entries of the month, or have them twice.
    They are held against the lines with the mark that the month is due.
    """
    m = month.index
    return f"""
    WITH due AS (
        SELECT line, id_key, l.type, currency, coalesce(segment, '') AS segment, start_month,
            close_month, first_month, expected, off, {_AGREES} AND off_to_date AND {_MONTHLY}
                AS carried
        FROM (SELECT *, to_date_recognized - to_date_expected AS off FROM lines_compared) l
        -- What lacks before the ledger begins is no batch.
        CROSS JOIN ledger_cover WHERE {DUE} AND start_month >= first_month),
    posted AS (
        SELECT line, e.month, sum(e.amount) AS amount
        FROM entries_of('entries_raw') e JOIN (FROM due WHERE carried) d
            USING (id_key, type, currency)
        WHERE e.reason IS NULL AND e.month < {m} GROUP BY line, e.month),
    off AS (
        SELECT d.*, r.month AS of, sign(off) * expected > 0 AS twice
        FROM (FROM due WHERE carried) d JOIN range(
            (SELECT min(start_month) FROM due), {m}) r(month)
            ON r.month BETWEEN start_month AND close_month
        LEFT JOIN posted p ON p.line = d.line AND p.month = r.month
        WHERE CASE WHEN sign(off) * expected < 0 THEN amount IS NULL
            ELSE CAST(abs(amount - 2 * expected) AS HUGEINT) * 1000 <= abs(expected) END),
    marked AS (
        SELECT currency, type, segment, start_month, of, count(*) AS lines,
            grouping(currency, type, segment, start_month) AS axes
        FROM due JOIN (SELECT DISTINCT of FROM off) ON of BETWEEN start_month AND close_month
        GROUP BY GROUPING SETS ({_SETS})),
    found AS (
        SELECT currency, type, segment, start_month, of, twice, list(line) AS lines,
            grouping(currency, type, segment, start_month) AS axes
        FROM off GROUP BY GROUPING SETS ({_SETS.replace("(of", "(twice, of")})
        HAVING count(*) >= {FEWEST} AND coalesce(segment <> '', true))
    SELECT f.currency, f.type, f.segment, f.start_month, f.of, twice, f.lines, k.lines
    FROM found f JOIN marked k ON f.axes = k.axes AND f.of = k.of
        AND f.currency IS NOT DISTINCT FROM k.currency AND f.type IS NOT DISTINCT FROM k.type
        AND f.segment IS NOT DISTINCT FROM k.segment
        AND f.start_month IS NOT DISTINCT FROM k.start_month
    ORDER BY f.axes DESC, f.of, twice"""


def _shifted(connection: Session, month: Month) -> Iterator[Found]:
    """Yield the marks whose every month is posted elsewhere."""
    away = [by for (by,) in connection.execute(_AWAY).fetchall()]
    if not away:
        return
    for_uneven_terms(connection)
    for *named, by, starts, explained, lines, begun in connection.execute(
        _every_month(connection, month, away)
    ).fetchall():
        # What one month lacks of lines that start together is a batch.
        if starts > 1 and enough(explained, begun):
            mark, told = mark_of(month, *named), counted(abs(by), "month")
            way = "late" if by > 0 else "early"
            fact = f"{sentence_start(mark)}: the entries of every month are posted {told} {way}"
            yield Found(
                EventKind.SHIFTED_MONTH, mark, frozenset(lines), explained, begun,
                f"every month {by}", _telling_to_date(fact),
                "Ask which day gives these entries their month; put all of them in the month that "
                "they are for.",
                to_date=True,
            )  # fmt: skip


def _telling_to_date(fact: str) -> Callable[[str, str], str]:
    return lambda told, net: f"{fact}, on {told} ({net} to date)."


# Months from the start to the first entry that several lines have.
_AWAY = f"""
    SELECT first_posted - start_month AS months
    FROM (
        SELECT l.line, l.start_month, min(e.first_month) AS first_posted
        FROM lines_compared l JOIN entry_sums_as_spelled e USING (id_key, type, currency)
        WHERE {_OFF} GROUP BY ALL)
    WHERE months BETWEEN -{_FARTHEST} AND {_FARTHEST} AND months <> 0
    GROUP BY months HAVING count(*) >= {FEWEST}"""


def _every_month(connection: Session, month: Month, away: Sequence[int]) -> str:
    """SELECT of marks and months away, with the lines shifted.

    A line has begun by its first entry, where the ledger covers its first month. It is shifted
    where it has to date what it expected so many months ago, or in so many.
    """
    m, months = month.index, f"(SELECT unnest({list(away)}) AS by_months)"
    off = with_terms(connection, f"(FROM lines WHERE {_OFF})")
    inside = f"start_month + by_months BETWEEN first_month AND {m}"
    marked = "grouping(currency, type, segment) AS axes"
    sets = """GROUPING SETS ((by_months), (by_months, currency), (by_months, type),
        (by_months, segment), (by_months, type, segment))"""
    return f"""
    WITH begun AS (
        SELECT l.line, min(e.first_month) AS first_posted
        FROM lines_compared l JOIN entry_sums_as_spelled e USING (id_key, type, currency)
        WHERE {_OFF} GROUP BY l.line),
    tried AS (
        SELECT line, currency, type, coalesce(segment, '') AS segment, start_month, by_months,
            {inside} AND first_posted = start_month + by_months AS begins
        FROM ({off}) LEFT JOIN begun USING (line) CROSS JOIN ledger_cover CROSS JOIN {months}
        WHERE abs(to_date_recognized - accrued(periods_by({m} - by_months, {TERM}), {TERM})
            + accrued(periods_by(first_month - 1 - by_months, {TERM}), {TERM})) <= unit),
    found AS (
        SELECT currency, type, segment, by_months, {marked},
            count(DISTINCT start_month) FILTER (begins) AS starts,
            count(*) FILTER (begins) AS explained, list(line) AS lines
        FROM tried GROUP BY {sets}
        HAVING explained >= {FEWEST} AND coalesce(segment <> '', true)),
    marked AS (
        SELECT currency, type, segment, by_months, {marked}, count(*) AS begun
        FROM (SELECT currency, type, coalesce(segment, '') AS segment, start_month
            FROM lines_compared WHERE on_contract) CROSS JOIN ledger_cover CROSS JOIN {months}
        WHERE {inside} GROUP BY {sets})
    SELECT f.currency, f.type, f.segment, NULL, f.by_months, starts, explained, lines, begun
    FROM found f JOIN marked k ON f.axes = k.axes AND f.by_months = k.by_months
        AND f.currency IS NOT DISTINCT FROM k.currency AND f.type IS NOT DISTINCT FROM k.type
        AND f.segment IS NOT DISTINCT FROM k.segment
    ORDER BY f.axes DESC, f.by_months"""
