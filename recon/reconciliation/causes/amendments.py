"""Amendments: contracts that changed, and the rest at their stop.

A contract is amended prospectively where, from some month on, the value less what was recognized
before is spread over the months that are left, and the months before are right for another value.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from recon.base import money
from recon.base.month import Month
from recon.base.result import Cause
from recon.base.text import counted
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import AlternativeTerm, BrokenLine
from recon.reconciliation.expected import SPREAD
from recon.store.session import Session, is_any


def elapsed_by(month: int | str) -> str:
    """Elapsed parts of the term, without any stop."""
    return f"elapsed_whole({month} - start_month + 1, {SPREAD})"


# The rest that is spread, by the end of a month, from the end of the one before the change on.
_RESPREAD = """before + rounded(CAST(value - before AS HUGEINT), elapsed - elapsed_before,
    denominator - elapsed_before, unit)"""


def amendable(m: int) -> str:
    """Condition that a line of `alternative_terms` may be amended.

    The month's amount is the rest's share of it, to what rounding moves. `elapsed_before` and
    `elapsed` are the parts of the term by the end of the month before and of the month.
    """
    before = "(to_date_recognized - recognized)"
    left = "(denominator - elapsed_before)"
    return (
        f"over_time AND start_month < {m} AND {m} < start_month + periods AND {before} <> 0 "
        f"AND abs(CAST({left} AS HUGEINT) * recognized "
        f"- CAST(value - {before} AS HUGEINT) * (elapsed - elapsed_before)) <= 2 * unit * {left}"
    )


def amendments(connection: Session, month: Month) -> dict[int, AlternativeTerm]:
    """Amendments of broken lines, by line.

    The earliest month is taken from which the entries are the rest over the months left.
    """
    if not is_any(connection, "alternative_terms WHERE amendable"):
        return {}
    return {
        line: AlternativeTerm(
            Cause.AMENDED,
            f"from {month.at(changed)} on, the {money.pretty(value - before, currency)} {currency} "
            f"left ({money.pretty(value, currency)} less {money.pretty(before, currency)} "
            f"recognized before) spread over the {counted(left, 'month')} left",
        )
        for line, changed, before, left, value, currency in connection.execute(
            _amended(month.index)
        ).fetchall()
    }


def _amended(m: int) -> str:
    """SELECT of the first month of each amendment.

    Each month before it has the share of what was recognized before that it has of the contract;
    a month of which only a sum with others is known has to fit nothing.
    """
    return f"""
    WITH posted AS (
        SELECT line, min(month) AS first_posted, min(month) FILTER (condensed) AS condensed_from
        FROM posted_months SEMI JOIN (FROM alternative_terms WHERE amendable) USING (line)
        GROUP BY line),
    spread AS (
        SELECT b.*, condensed_from, unnest(range(least(start_month, first_posted) - 1, {m + 1}))
                AS checked_month
        FROM breaks b JOIN posted USING (line) CROSS JOIN ledger_cover s
        WHERE start_month >= s.first_month),
    by_month AS (
        SELECT b.line, checked_month, value, unit, denominator, start_month, periods,
            {elapsed_by("checked_month")} AS elapsed,
            coalesce(checked_month < condensed_from OR checked_month >= {m - 3}, true) AS known,
            sum(coalesce(p.recognized, 0)) OVER (PARTITION BY b.line ORDER BY checked_month)
                AS recognized
        FROM spread b
        LEFT JOIN posted_months p ON p.line = b.line AND p.month = checked_month),
    changes AS (
        SELECT line, checked_month AS before_change, recognized AS before, elapsed AS elapsed_before
        FROM by_month
        WHERE known AND checked_month BETWEEN start_month AND {m - 1} AND recognized <> 0
            AND elapsed < denominator
            -- What agrees with the contract as it is has not been changed.
            AND abs(recognized - rounded(value, elapsed, denominator, unit))
                > rounding_allowance(checked_month - start_month + 1, unit)),
    held AS (
        SELECT line, before_change, before, b.checked_month,
            CASE WHEN b.checked_month > before_change THEN b.recognized - ({_RESPREAD})
                -- A month's own rounding is no more than one minor unit.
                ELSE (abs(CAST(b.recognized AS HUGEINT) * elapsed_before
                    - CAST(before AS HUGEINT) * elapsed) // greatest(elapsed_before, 1)) END
                AS off,
            unit, start_month, periods, known
        FROM changes c JOIN by_month b USING (line)),
    fitting AS (
        SELECT line, before_change + 1 AS changed, before,
            start_month + periods - 1 - before_change AS months_left
        FROM held WHERE known
        GROUP BY ALL
        HAVING max(abs(off)) <= rounding_allowance(count(*), any_value(unit))
            -- The month itself agrees to the minor unit.
            AND max(off) FILTER (checked_month = {m}) = max(off) FILTER (checked_month = {m - 1}))
    SELECT line, min(changed), CAST(arg_min(before, changed) AS BIGINT),
        CAST(arg_min(months_left, changed) AS BIGINT), any_value(value), any_value(currency)
    FROM fitting JOIN breaks USING (line) GROUP BY line ORDER BY line"""


def remainder_taken(line: BrokenLine) -> str | None:
    """The rest of the value was recognized at the stop."""
    stop = line.closed_early_on
    if stop is None or line.full_value is None or not line.entry_count:
        return None
    left = line.full_value - line.to_date_expected
    if not left or line.month not in (Month.of(stop), Month.of(stop) + 1):
        return None
    if line.recognized != line.expected + left and not (
        line.to_date_recognized == line.full_value and line.difference * left > 0
    ):
        return None
    return (
        f"{wording.recognized(line)} takes at once what was left of the contract value of "
        f"{wording.amount(line, line.full_value)} at the stop on {stop}; {wording.expected(line)}."
    )
