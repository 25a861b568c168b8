"""Batches: entries posted twice, never, or in another month.

`recon.reconciliation.relations` lists the relations that it reads and makes.

Each broken line shows what happened to it alone: its entries are there twice, it has none, or it
lacks this month what another month has too much. Lines of one document, posting day, mark or range
of contracts that nearly all show the same are an event. A document or day is that of the entries
where they are; of missing ones it is that of the month before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from recon.base.events import EventKind
from recon.base.month import Month
from recon.base.result import Cause
from recon.reconciliation.events.found import (
    FEWEST,
    OF_PARTS,
    PART,
    Axis,
    Found,
    Mark,
    enough,
)
from recon.reconciliation.events.marks import DUE, MARKED, Marks
from recon.reconciliation.events.ranges import Placed, ranges
from recon.reconciliation.events.saying import sentence_start
from recon.store.session import Session, is_any, literal

TWICE, MISSING, LACKS, HAS, ALONE = "twice", "missing", "lacks", "has", "alone"
_COPIES = """
    SELECT line, sum(amount * (copies - 1)) AS again
    FROM (
        SELECT line, amount, count(*) AS copies FROM break_entries
        WHERE distance = 0 GROUP BY line, amount HAVING count(*) > 1)
    GROUP BY line"""
# Beside a DISTINCT of its own query, DuckDB 2.0 would keep one value of each axis.
DOCUMENT_AND_DAY = f"""unnest([
    {{axis: {int(Axis.DOCUMENT)}, value: document_ref}},
    {{axis: {int(Axis.DAY)}, value: left(posted_at, 10)}}], recursive := true)"""
_STANDS_ELSEWHERE = ", ".join(
    f"'{cause}'" for cause in (
        Cause.WRONG_TYPE, Cause.WRONG_CONTRACT, Cause.POSTED_TOGETHER, Cause.MISTYPED_CONTRACT,
        Cause.WRONG_CURRENCY,
    )
)  # fmt: skip
_SHORT = "sign(expected) * difference < 0"


def _about(amount: str) -> str:
    """Condition that an amount is the difference, to the tolerance.

    Every entry may be a little high besides. Where the tolerance is more than a tenth of the
    difference, the amount has to be the same: two small differences are near each other by chance.
    """
    near = f"abs({amount} - difference) <= if(allowed <= abs(difference) // 10, allowed, 0)"
    return f"{near} AND sign({amount}) = sign(difference)"


def _moved(by: str, none_there: str = "false") -> str:
    """Condition that whole entries moved by so many months.

    One of the months has none, or one entry is the difference: other amounts in both, as by days,
    are no entry in the wrong month.
    """
    return f"""(entries = 0 OR {none_there} OR EXISTS (
        FROM break_entries e WHERE e.line = l.line AND e.distance IN (0, {by})
            AND {_about("sign(difference) * abs(e.amount)")}))"""


class Symptom(NamedTuple):
    """Fate of a line's entries, with the months to where."""

    what: str
    by: int

    def entries_at(self) -> int:
        """The offset of the month of the entries showing it."""
        return {TWICE: 0, HAS: 0, MISSING: -1}.get(self.what, self.by)


def _symptoms(month: Month) -> str:
    """SELECT of broken lines with their symptoms."""
    m = month.index
    return f"""
        SELECT line, '{TWICE}' AS what, 0 AS months
        FROM lines_off JOIN ({_COPIES}) USING (line) WHERE {_about("again")}
        UNION ALL
        SELECT line, '{MISSING}', 0 FROM lines_off l
        -- An entry that cannot be read, or stands under another key, is not missing.
        WHERE {DUE} AND line NOT IN (SELECT line FROM entries_unread WHERE line IS NOT NULL)
            AND line NOT IN (SELECT line FROM break_causes WHERE cause IN ({_STANDS_ELSEWHERE}))
            AND (entries = 0 OR {_SHORT} AND EXISTS (
                FROM break_entries e
                WHERE e.line = l.line AND e.distance = -1 AND e.amount = -l.difference))
        UNION ALL
        SELECT line, if({_SHORT}, '{LACKS}', '{HAS}'), 1
        FROM lines_off l JOIN neighbour_months USING (line)
        WHERE {_about("-after_difference")}
            AND {_moved("1", "after_difference = -expected_after")}
        UNION ALL
        SELECT line, if({_SHORT}, '{LACKS}', '{HAS}'), -1
        FROM lines_off l JOIN neighbour_months USING (line)
        WHERE {_about("-before_difference")}
            AND {_moved("-1", "before_difference = -expected_before")}
        UNION ALL
        SELECT r.line, '{LACKS}', r.month - {m}
        FROM recognized_months r JOIN lines_off l USING (line) ANTI JOIN added_rows USING (line)
        -- Within its term, a month expects about as much as this one.
        WHERE abs(r.month - {m}) > 1 AND {_moved(f"r.month - {m}")}
            AND abs(r.recognized + l.difference - CASE
                WHEN r.month BETWEEN l.start_month AND l.close_month THEN l.expected ELSE 0 END)
                <= l.unit
        UNION ALL
        SELECT r.line, '{ALONE}', r.month - {m}
        FROM recognized_months r JOIN lines_off l USING (line)
        WHERE r.month > {m} + 1 AND r.month BETWEEN l.start_month AND l.close_month
            AND r.recognized = -l.difference
        UNION ALL
        SELECT line, '{ALONE}', 1
        FROM lines_off l JOIN neighbour_months n USING (line)
        WHERE {DUE} AND entries = 0 AND after_difference = 0 AND -difference = (
            SELECT sum(amount) FROM break_entries e WHERE e.line = l.line AND e.distance = 1)"""


def batches(connection: Session, month: Month, marks: Marks) -> Iterator[Found]:
    """Yield the batches posted twice, never, or in another month."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE event_symptoms AS {_symptoms(month)}")
    _settle_alone(connection, month)
    placed: defaultdict[Symptom, list[Placed]] = defaultdict(list)
    rows = connection.execute(
        """SELECT what, months, line, id, id_key
        FROM event_symptoms JOIN lines_off USING (line) ORDER BY what, months, line"""
    ).fetchall()
    for what, by, *line in rows:
        placed[Symptom(what, by)].append(Placed(*line))
    often = {symptom: lines for symptom, lines in placed.items() if len(lines) >= FEWEST}
    if not often:
        return
    yield from _of_marks(connection, month, marks)
    yield from _of_documents(connection, month, often)
    for symptom, lines in often.items():
        for mark, explained, marked in ranges(connection, lines, marks[1][1].due):
            yield _found(month, symptom, mark, explained, marked)


def _settle_alone(connection: Session, month: Month) -> None:
    """Take entries alone in a later month for late.

    That holds where hardly any other line has entries of that month: the ledger has ended before.
    """
    alone = connection.execute(
        f"""SELECT months, count(*) FROM event_symptoms WHERE what IN ('{ALONE}', '{LACKS}')
        AND months > 0 GROUP BY months
        HAVING count(*) >= {FEWEST} AND bool_or(what = '{ALONE}') ORDER BY months"""
    ).fetchall()
    late = _ended(connection, month, dict(alone)) if alone else []
    if late:
        connection.execute(
            f"""UPDATE event_symptoms SET what = '{LACKS}'
            WHERE what = '{ALONE}' AND months IN ({", ".join(map(str, late))})"""
        )
    connection.execute(f"DELETE FROM event_symptoms WHERE what = '{ALONE}'")


def _ended(connection: Session, month: Month, alone: Mapping[int, int]) -> list[int]:
    """The offsets of months in which few others have entries."""
    others = f"""break_entries WHERE distance = 1
        AND line NOT IN (SELECT line FROM event_symptoms WHERE what IN ('{ALONE}', '{LACKS}'))"""
    if set(alone) == {1} and is_any(connection, others):
        return []
    # The broken lines alone may have enough of them; only else is every entry read.
    for posted in (_POSTED_ON_BREAKS, _POSTED):
        listed = ", ".join(str(month.index + by) for by in alone)
        rows = connection.execute(posted.format(months=listed)).fetchall()
        counts = {at - month.index: count for at, count, _ in rows}
        # What begins in a later month is posted there for itself.
        begun = {at - month.index for at, _, begins in rows if begins > 1}
        alone = {by: n for by, n in alone.items()
                 if counts.get(by, 0) * PART <= n * OF_PARTS and by not in begun}  # fmt: skip
        if not alone:
            break
    return sorted(by for by in alone if by in counts)


_POSTED_ON_BREAKS = """
    SELECT month, count(*), 0 FROM recognized_months WHERE month IN ({months}) GROUP BY month"""
_POSTED = """
    SELECT month, count(DISTINCT (id_key, type, currency)),
        count(DISTINCT line) FILTER (start_month = month)
    FROM entries_of('entries_raw') LEFT JOIN (
        SELECT line, id_key, type, currency, start_month FROM lines_compared WHERE on_contract) l
        USING (id_key, type, currency)
    WHERE reason IS NULL AND month IN ({months}) GROUP BY month"""


def _of_marks(connection: Session, month: Month, marks: Marks) -> Iterator[Found]:
    worth = [n for n, (_, counts) in marks.items()
             if counts.due >= FEWEST and counts.off + counts.lacking >= FEWEST
             and 5 * (counts.off + counts.lacking) >= 4 * counts.due]  # fmt: skip
    if not worth:
        return
    rows = connection.execute(
        f"""SELECT what, months, mark, list(line)
        FROM event_symptoms JOIN lines_off l USING (line) JOIN (
            FROM event_marks WHERE mark IN ({", ".join(map(str, worth))})) k ON {MARKED}
        WHERE on_contract
        GROUP BY what, months, mark HAVING count(*) >= {FEWEST} ORDER BY what, months, mark"""
    ).fetchall()
    for what, by, number, lines in rows:
        mark, counts = marks[number]
        marked = max(counts.posted if what == TWICE else counts.due, len(lines))
        if enough(len(lines), marked):
            yield _found(month, Symptom(what, by), mark, lines, marked)


def _of_documents(
    connection: Session, month: Month, often: Mapping[Symptom, Sequence[Placed]]
) -> Iterator[Found]:
    """Yield documents and posting days whose lines show the same."""
    listed = ", ".join(f"({literal(s.what)}, {s.by}, {s.entries_at()})" for s in often)
    # No fewer lines have the document than break, be it in another month, as they are counted then.
    rows = connection.execute(
        f"""WITH placed AS (
            SELECT DISTINCT * FROM (
                SELECT line, distance, {DOCUMENT_AND_DAY} FROM break_entries)),
        often(what, months, distance) AS (VALUES {listed}),
        everywhere AS (
            SELECT axis, value, count(DISTINCT line) AS lines,
                count(DISTINCT line) FILTER ({DUE}) AS due
            FROM placed JOIN (SELECT line, on_contract, expected FROM lines_off) USING (line)
            GROUP BY axis, value)
        SELECT what, months, axis, value, list(DISTINCT s.line)
        FROM placed p JOIN often o USING (distance) JOIN everywhere e USING (axis, value)
        LEFT JOIN event_symptoms s USING (what, months, line)
        WHERE value IS NOT NULL
        GROUP BY what, months, axis, value, e.lines, e.due
        HAVING count(DISTINCT s.line) >= {FEWEST}
            AND count(DISTINCT s.line) * {OF_PARTS} >= {PART} * greatest(count(DISTINCT p.line),
                CASE what WHEN '{TWICE}' THEN 0 WHEN '{MISSING}' THEN e.due ELSE e.lines END)
        ORDER BY what, months, axis, value"""
    ).fetchall()
    found = {
        (Symptom(what, by), Axis(axis), value): [line for line in lines if line is not None]
        for what, by, axis, value, lines in rows
    }
    yield from _enough_of(connection, month, found)


def _enough_of(
    connection: Session, month: Month, found: Mapping[tuple[Symptom, Axis, str], Sequence[int]]
) -> Iterator[Found]:
    totals = lines_of_documents(connection, month, set(found)) if found else {}
    for (symptom, axis, value), lines in found.items():
        marked = max(totals.get((symptom, axis, value), 0), len(lines))
        if enough(len(lines), marked):
            yield _found(month, symptom, mark_of_document(axis, value), lines, marked)


def mark_of_document(axis: Axis, value: str) -> Mark:
    """The mark of a document or posting day."""
    return Mark(
        axis, value, f"document {value}" if axis is Axis.DOCUMENT else f"entries posted on {value}"
    )


def lines_of_documents(
    connection: Session, month: Month, found: set[tuple[Symptom, Axis, str]]
) -> dict[tuple[Symptom, Axis, str], int]:
    """The number of lines with each document or day.

    Of missing entries, only the lines that are due this month. Whatever the month, but of entries
    posted twice: single entries of a batch that are in the wrong month are not the batch.
    """
    ordered = sorted(found)
    listed = ", ".join(
        f"({n}, {int(axis)}, {literal(value)}, {month.index + symptom.entries_at()}, "
        f"{str(symptom.what == MISSING).lower()}, {str(symptom.what == TWICE).lower()})"
        for n, (symptom, axis, value) in enumerate(ordered)
    )
    rows = connection.execute(
        f"""WITH sought(n, axis, value, month, missing, here) AS (VALUES {listed})
        SELECT n, count(DISTINCT (id_key, type, currency))
        FROM (FROM entries_of('entries_raw') WHERE reason IS NULL) e
        JOIN sought s ON (s.month = e.month OR NOT here) AND s.value
            = if(axis = {int(Axis.DOCUMENT)}, document_ref, left(posted_at, 10))
        LEFT JOIN lines_compared l USING (id_key, type, currency)
        WHERE NOT missing OR {DUE}
        GROUP BY n"""
    ).fetchall()
    return {ordered[n]: count for n, count in rows}


def _found(month: Month, symptom: Symptom, mark: Mark, lines: Sequence[int], marked: int) -> Found:
    kind, said, advice = _said(month, symptom, mark)
    return Found(
        kind, mark, frozenset(lines), len(lines), marked, f"{symptom.what} {symptom.by}",
        lambda told, net: f"{sentence_start(mark)}: {said}, on {told} ({net}).", advice,
    )  # fmt: skip


def _said(month: Month, symptom: Symptom, mark: Mark) -> tuple[EventKind, str, str]:
    """The kind of a batch, its fate, and the advice."""
    here, there = month.name, (month + symptom.by).name
    if symptom.what == TWICE:
        return (
            EventKind.BATCH_TWICE, f"the entries of {here} are posted twice",
            "Reverse one of the two postings, as a batch.",
        )  # fmt: skip
    if symptom.what == MISSING:
        usual = " that had them the month before" if mark.axis in _OF_ENTRIES else ""
        return (
            EventKind.BATCH_MISSING, f"the entries of {here} are missing on the lines{usual}",
            "Find the batch that was not posted, or not delivered, and post it once.",
        )  # fmt: skip
    away = "a year" if abs(symptom.by) == _A_YEAR else _months(abs(symptom.by))
    way = "late" if (symptom.by > 0) == (symptom.what == LACKS) else "early"
    home, at = (here, there) if symptom.what == LACKS else (there, here)
    return (
        EventKind.SHIFTED_MONTH,
        f"the entries of {home} are posted in {at}, {away} {way}",
        f"Move them to {home} as a batch, unless they make it good to date.",
    )  # fmt: skip


_OF_ENTRIES = {Axis.DOCUMENT, Axis.DAY}
_A_YEAR = 12


def _months(count: int) -> str:
    return "one month" if count == 1 else f"{count} months"
