"""Months off: differences in the months around a broken line.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from recon.base.month import Month
from recon.base.result import Entry
from recon.reconciliation.causes.broken_line import MonthOff
from recon.reconciliation.compare import LACKING
from recon.reconciliation.entry_detail import A_YEAR
from recon.reconciliation.expected import TERM
from recon.reconciliation.policy_sql import ALLOWANCE
from recon.store.session import Session, created, is_any


def create_neighbour_months(connection: Session, month: Month, added: bool) -> None:
    """Create `neighbour_months`: differences of the months around each break.

    `added` is whether there are `added_rows`.
    """
    found = _neighbour_months(month, added)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE neighbour_months AS {found}")


def _neighbour_months(month: Month, added: bool) -> str:
    m = month.index
    own = "breaks ANTI JOIN added_rows USING (line)" if added else "breaks"
    return f"""
    WITH earned AS (
        SELECT line, list(CASE WHEN on_contract THEN own_accrued(elapsed, {TERM}) ELSE 0 END
            ORDER BY place) AS by_month
        FROM ({_months_around(m, own)}) GROUP BY line
        {_earned_by_added_rows(m) if added else ""}),
    posted_near AS (
        SELECT line, sum(amount) FILTER (distance = -2) AS before2,
            sum(amount) FILTER (distance = -1) AS before,
            sum(amount) FILTER (distance = 1) AS after,
            sum(amount) FILTER (distance = 2) AS after2,
            -- A month that has no more of them than this one lacks as much.
            count(*) FILTER (distance <> 0 AND parts > coalesce(parts_here, 0))
                AS months_with_part
        FROM (
            SELECT *, max(parts) FILTER (distance = 0) OVER (PARTITION BY line) AS parts_here
            FROM (
                -- The months of a term differ by a minor unit, and so do their parts.
                SELECT line, distance, sum(amount) AS amount,
                    count(*) FILTER (abs(amount + difference) <= unit) AS parts
                FROM break_entries JOIN (SELECT line, difference, unit FROM breaks) USING (line)
                GROUP BY line, distance))
        GROUP BY line),
    due AS (
        -- In a month that the ledger does not cover nothing lacks, and a single entry is a stray.
        SELECT line, first_month, before2, before, after, months_with_part,
            if(first_month < {m - 1}, by_month[2] - by_month[1], 0) AS expected_before2,
            if(first_month < {m} OR before + before2 IS NOT NULL, by_month[3] - by_month[2], 0)
                AS expected_before,
            if(last_month > {m} OR after + after2 IS NOT NULL, by_month[5] - by_month[4], 0)
                AS expected_after,
            by_month[6] AS expected_before_ledger
        FROM earned LEFT JOIN posted_near USING (line) CROSS JOIN ledger_cover),
    strays AS (
        SELECT line, sum(recognized) AS before_ledger
        FROM posted_months CROSS JOIN ledger_cover WHERE month < first_month GROUP BY line),
    measured AS (
        SELECT l.line, ppm, floor, cap, unit, term_months, first_month,
            coalesce(months_with_part, 0) AS months_with_part,
            expected_before2, expected_before, expected_after,
            coalesce(before, 0) - expected_before AS before_difference,
            coalesce(before2, 0) - expected_before2 AS before2_difference,
            coalesce(after, 0) - expected_after AS after_difference,
            to_date_recognized - to_date_expected + expected_before_ledger
                - coalesce(before_ledger, 0) AS known_difference
        FROM breaks l JOIN due USING (line) LEFT JOIN strays USING (line))
    SELECT line, expected_before, expected_after, before_difference, after_difference,
        first_month AS ledger_from, known_difference, months_with_part,
        CASE WHEN first_month >= {m} OR within(before_difference, expected_before, {ALLOWANCE})
            THEN 1
            WHEN first_month >= {m - 1}
                OR within(before2_difference, expected_before2, {ALLOWANCE}) THEN 2
            ELSE 3 END AS months_broken
    FROM measured"""


def _months_around(m: int, lines: str) -> str:
    """SELECT of lines with the months around and elapsed periods."""
    return f"""
        SELECT *, periods_by(end_month, {TERM}) AS elapsed
        FROM (SELECT line, on_contract, {TERM} FROM {lines}), {_ends(m)}"""


def _ends(m: int) -> str:
    """SELECT of month ends around `m` and before the ledger."""
    return f"""(
        SELECT unnest(range(1, 7)) AS place,
            unnest(list_append(range({m - 3}, {m + 2}), least(first_month - 1, {m}))) AS end_month
        FROM ledger_cover)"""


def _earned_by_added_rows(m: int) -> str:
    return f"""
        UNION ALL SELECT line, list(earned ORDER BY place)
        FROM (
            SELECT line, place, sum(row_to_date(end_month, b)) AS earned
            FROM (FROM added_rows SEMI JOIN breaks USING (line)) b, {_ends(m)}
            GROUP BY line, place)
        GROUP BY line"""


def create_months_off(connection: Session, month: Month, added: bool) -> bool:
    """Create `months_off`: other months that are off.

    Returns whether any is.

    Of a line that lacks revenue these are months with entries. Of one that has too much also those
    without: before the first entry of the ledger nothing is lacking, nor after the line's last one.
    """
    if not is_any(connection, "recognized_months"):
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE months_off(
                line BIGINT, month BIGINT, due BIGINT, difference BIGINT)"""
        )
        return False
    off = _months_off(month, added)
    return bool(created(connection, f"CREATE OR REPLACE TEMP TABLE months_off AS {off}"))


def _months_off(month: Month, added: bool) -> str:
    m = month.index
    of = "SEMI JOIN recognized_months USING (line)"
    rest = "ANTI JOIN added_rows USING (line)" if added else ""
    earned = f"CASE WHEN on_contract THEN own_accrued(periods_by(ends, {TERM}), {TERM}) ELSE 0 END"
    return f"""
    WITH last AS (SELECT line, max(month) AS last_month FROM recognized_months GROUP BY line),
    empty AS (
        SELECT b.line, r.month FROM breaks b JOIN last l USING (line) CROSS JOIN ledger_cover s,
            range({m - A_YEAR}, {m + A_YEAR + 1}) r(month)
        WHERE on_contract AND NOT ({LACKING}) AND r.month <> {m}
            AND r.month BETWEEN s.first_month AND l.last_month),
    asked AS (
        -- What stands alone, far from the line's other entries or where the ledger covers no month,
        -- is not the entry of its month.
        SELECT r.*, (abs(month - {m}) > 1 OR month NOT BETWEEN s.first_month AND s.last_month)
            AND coalesce(lag(month) OVER each < month - 1, true)
            AND coalesce(lead(month) OVER each > month + 1, true) AS alone
        FROM recognized_months r CROSS JOIN ledger_cover s
        WINDOW each AS (PARTITION BY line ORDER BY month)
        UNION ALL SELECT line, month, 0, false
        FROM empty ANTI JOIN recognized_months USING (line, month)),
    earned AS (
        -- What a month is due is earned by its end and not yet by that of the month before.
        SELECT line, month, alone, recognized, if(ends = month, 1, -1) * {earned} AS due
        FROM (SELECT t.* REPLACE (n.recognized AS recognized), n.month, n.alone,
                unnest([n.month - 1, n.month]) AS ends
            FROM (FROM breaks {rest}) t JOIN asked n USING (line))
        {_due_by_added_rows(of) if added else ""}),
    summed AS (
        SELECT line, month, alone, recognized, sum(due) AS due FROM earned
        GROUP BY line, month, alone, recognized)
    SELECT line, month, due, recognized - due AS difference
    FROM (
        -- The months of a term differ by a minor unit.
        SELECT s.* REPLACE (if(alone AND abs(recognized - due) <= unit, 0, due) AS due)
        FROM summed s JOIN (SELECT line, unit FROM breaks) USING (line))
    WHERE recognized <> due"""


def _due_by_added_rows(of: str) -> str:
    return f"""
        UNION ALL SELECT line, n.month, n.alone, n.recognized,
            row_to_date(n.month, t) - row_to_date(n.month - 1, t)
        FROM (FROM added_rows {of}) t JOIN asked n USING (line)"""


def months_off(
    connection: Session, month: Month
) -> tuple[dict[int, tuple[MonthOff, ...]], Sequence[int]]:
    """Months off the other way, by line; lines claiming one.

    Each has its entries of that sign. The neighbours are known without. A line claims a month that
    has all it lacks.
    """
    m = month.index
    rows = connection.execute(
        f"""SELECT line, o.month - {m}, o.due, o.difference, e.entry_id, e.amount, e.document_ref,
            e.posted_at, lacks AND abs(o.difference) >= abs(b.difference)
        FROM months_off o
        JOIN (SELECT line, difference, {LACKING} AS lacks FROM breaks) b USING (line)
        LEFT JOIN break_entries e ON e.line = o.line AND e.distance = o.month - {m}
            AND sign(e.amount) = sign(o.difference)
        WHERE sign(o.difference) = -sign(b.difference)
        ORDER BY line, abs(o.month - {m}), o.month, e.posted_at, e.entry_id, e.amount"""
    ).fetchall()
    found: defaultdict[int, dict[int, MonthOff]] = defaultdict(dict)
    for line, offset, due, difference, entry_id, amount, document, posted, _ in rows:
        if -1 <= offset <= 1:
            continue
        entries: tuple[Entry, ...] = ()
        if amount is not None:
            entries = (Entry(entry_id or "", amount, offset, document or "", posted or ""),)
        known = found[line].get(offset)
        entries = known.entries + entries if known else entries
        found[line][offset] = MonthOff(offset, due, difference, entries)
    by_line = {line: tuple(months.values()) for line, months in found.items()}
    return by_line, sorted({line for line, *_, claims in rows if claims})


def months_alike(connection: Session, month: Month, claiming: Sequence[int]) -> dict[int, int]:
    """Numbers of months that lack as much, by claiming line.

    Asked of the months from the first to the last with entries, strays left aside. Months of which
    a database has one sum are left out.
    """
    m = month.index
    due = (
        f"own_accrued(periods_by(r.month, {TERM}), {TERM}) "
        f"- own_accrued(periods_by(r.month - 1, {TERM}), {TERM})"
    )
    rows = connection.execute(
        f"""WITH posted AS (
            SELECT line, min(month) AS first_posted, max(month) AS last_posted
            FROM recognized_months r
            WHERE line IN (SELECT unnest($1)) AND EXISTS (FROM recognized_months o
                WHERE o.line = r.line AND abs(o.month - r.month) = 1)
            GROUP BY line),
        due AS (
            SELECT line, r.month, l.difference, l.unit, {due} AS due
            FROM (FROM breaks ANTI JOIN added_rows USING (line)) l JOIN posted USING (line),
                range({m - A_YEAR}, {m + A_YEAR + 1}) r(month)
            WHERE r.month <> {m} AND r.month BETWEEN first_posted AND last_posted
                AND r.month BETWEEN l.start_month AND l.close_month
                AND (r.month >= {m - 2} OR line NOT IN (
                    SELECT line FROM posted_months WHERE condensed)))
        SELECT line, count(*) FROM due LEFT JOIN recognized_months n USING (line, month)
        WHERE abs(coalesce(n.recognized, 0) - due - difference) <= unit
        GROUP BY line""",
        [list(claiming)],
    ).fetchall()
    return dict(rows)
