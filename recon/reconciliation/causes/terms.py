"""Terms: other readings of a contract giving the recognized amount.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from recon.base.month import Month
from recon.base.result import Cause
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.amendments import amendable, amendments, elapsed_by
from recon.reconciliation.causes.broken_line import AlternativeTerm, BrokenLine
from recon.reconciliation.causes.readings import (
    DAYS_OF_MONTH,
    OWN,
    READINGS,
    TERM_COLUMNS,
    Term,
    durations,
    is_doubtful,
    label,
    months_to_close,
    readings,
)
from recon.reconciliation.compare import BROKEN
from recon.reconciliation.earlier_values import create_earlier_values
from recon.reconciliation.expected import TERM, TERM_END, WIDE, for_uneven_terms, terms
from recon.reconciliation.known_terms import reckoned_in
from recon.store.session import Session, is_any

_TERM_END = f"coalesce(ends_on, {TERM_END})"


def alternative_terms(connection: Session, month: Month) -> dict[int, tuple[AlternativeTerm, ...]]:
    """Other terms under which the line agrees, by line.

    Only where something was recognized: a line without entries follows no other term. Not only the
    month has to agree, but the earlier months in the ledger, too, to what rounding moves, and no
    worse than by the contract as it is.
    """
    m = month.index
    if not is_any(connection, f"lines_off {_NOT_ADDED} {_FOLLOWING_A_TERM} AND {BROKEN}"):
        return {}
    for_uneven_terms(connection)
    _create_alternative_terms(connection, m)
    whole = WIDE if month.has_long_periods else _reckoned_in(connection)
    fitting = _fitting(connection, m, whole)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fitting_terms AS {fitting}")
    found: defaultdict[int, list[AlternativeTerm]] = defaultdict(list)
    by_earlier_value = set[int]()
    if is_any(connection, f"fitting_terms WHERE tried.rank <> {OWN}"):
        rows = connection.execute(
            f"""SELECT line, confirmed, tried.rank, tried.months, {TERM_COLUMNS}
            FROM alternative_terms JOIN ({_fitting_to_date(m)}) USING (line)
            ORDER BY line, tried.rank, abs(tried.months - term_months)"""
        ).fetchall()
        for line, confirmed, *values in rows:
            term = Term(*values)
            doubtful = is_doubtful(term) and not confirmed
            cause = READINGS[term.rank].cause
            found[line].append(AlternativeTerm(cause, label(term), doubtful))
            by_earlier_value |= {line} if cause is Cause.AMENDED else set()
    for line, amendment in amendments(connection, month).items():
        found[line].append(amendment)
    return {
        line: tuple(_special(others, line in by_earlier_value)) for line, others in found.items()
    }


def _special(
    others: Sequence[AlternativeTerm], by_earlier_value: bool
) -> Sequence[AlternativeTerm]:
    """Terms without the general ones that a special one silences.

    Every convention of days counts the month of a stop by its days. Any other value is that over
    another duration, too, but one that an earlier run had is no chance.
    """
    causes = {term.cause for term in others}
    general = {Cause.OTHER_CONVENTION} if Cause.STOPPED_BY_DAYS in causes else set()
    if by_earlier_value:
        general |= {Cause.WRONG_DURATION, Cause.OTHER_CONVENTION}
    return [term for term in others if term.cause not in general]


# The columns of `breaks` that the terms of a line are tried from. Each step of the way has few, and
# names what the next one takes: an alias is planned as often as it is named.
_TAKEN = """line, value, unit, term_start, term_months, convention, rounding, start_rule, stop_rule,
    booked_on, started_on, duration, start_month, periods, denominator, stop_period, term_mismatch,
    currency,
    recognized, expected, to_date_recognized, over_time, close_date"""


# Entries that come to nothing follow no term.
_NOT_ADDED = "ANTI JOIN added_rows USING (line)"
_FOLLOWING_A_TERM = """WHERE on_contract AND recognized <> 0 AND term_kind = 'duration'
    AND free_months = 0"""


def _create_alternative_terms(connection: Session, m: int) -> None:
    listed, joined = "CAST([] AS BIGINT[]) AS earlier, CAST([] AS VARCHAR[]) AS earlier_at", ""
    if create_earlier_values(connection):
        listed = "coalesce(earlier, []) AS earlier, coalesce(earlier_at, []) AS earlier_at"
        joined = """LEFT JOIN (
            SELECT line, list(value ORDER BY place) AS earlier,
                list(month ORDER BY place) AS earlier_at
            FROM earlier_values GROUP BY line) USING (line)"""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE alternative_terms AS
        SELECT * EXCLUDE (denominator, stop_period, elapsed_before, elapsed),
            {durations(m)} AS durations, {amendable(m)} AS amendable
        FROM (SELECT *, {months_to_close()} AS months_to_close
        FROM (
            SELECT *, day_after IN (close_date, close_date + 1) AS whole_to_close,
                month_index(closing_day) - month_index(term_start) + 1 AS in_calendar
            FROM (
                -- What closes on the day it starts has that one day.
                SELECT *, greatest(close_date - CAST(day_after = close_date AS INTEGER),
                    term_start) AS closing_day
                FROM (SELECT *, add_months(term_start, to_close) AS day_after
                FROM (
                    SELECT {_TAKEN}, {listed}, {m} BETWEEN start_month
                            AND least(close_month, start_month + periods - 1) AS in_term,
                        -- A term ends on its last day or the day after.
                        date_sub('month', term_start, close_date + 1) AS to_close,
                        CASE WHEN closed_early THEN closed_on END AS closed_on,
                        {elapsed_by(m - 1)} AS elapsed_before, {elapsed_by(m)} AS elapsed
                    FROM breaks {_NOT_ADDED} {joined}
                    {_FOLLOWING_A_TERM})))))"""
    )


def _reckoned_in(connection: Session) -> str:
    """Type that the terms are reckoned in."""
    value, months, unit = connection.execute(
        """SELECT coalesce(max(greatest(abs(value),
                list_max(list_transform(earlier, lambda v: abs(v))))), 0),
            coalesce(max(greatest(term_months, duration, list_max(durations),
                list_max(months_to_close))), 0) + 1,
            coalesce(max(unit), 1) FROM alternative_terms"""
    ).fetchone() or (0, 1, 1)
    return reckoned_in(value, months, unit)


def _fitting(connection: Session, m: int, whole: str) -> str:
    """SELECT of the readings by which the month agrees.

    The contract as it is comes with them. Outside the line's own term another one is believed only
    where it accounts for everything to date, else each contract that goes on by a month would seem
    to have started late.
    """
    # Under any other convention a stop may cut its month, but most lines have none.
    cuts = is_any(connection, "alternative_terms WHERE closed_on IS NOT NULL")
    tried = terms(readings(m), whole, _TERM_END, cuts=cuts)
    return f"""
    WITH reckoned AS (
        SELECT *, periods_by({m - 1}, {TERM}) AS periods_before,
            periods_by({m}, {TERM}) AS periods_now
        FROM ({tried})),
    earned AS (
        SELECT *, accrued(periods_before, {TERM}) AS earned_before,
            accrued(periods_now, {TERM}) AS earned
        FROM reckoned WHERE {_worth_adding_up(m)})
    SELECT * EXCLUDE (in_term, to_date_recognized, recognized, expected, periods_before,
        periods_now, earned_before, earned)
    FROM earned
    WHERE tried.rank = {OWN} OR earned - earned_before = recognized
        AND (in_term OR earned = to_date_recognized) OR {DAYS_OF_MONTH}"""


def _worth_adding_up(m: int) -> str:
    """Condition that a term can fit at all.

    Where every month is rounded by its own days, each month before has to be reckoned for the
    amount earned to date: not before the month's own share fits.
    """
    days = (
        f"days_of(term_start, greatest(month_start({m}), term_start), month_start({m + 1}), basis)"
    )
    return (
        f"tried.rank = {OWN} OR NOT (step IS NULL AND rounding = 'last_period' "
        f"AND {m} BETWEEN start_month AND least("
        "close_month - CAST(stop_period IS NOT NULL AS INTEGER), start_month + periods - 2)) "
        f"OR rounded(value, {days}, denominator, unit) = recognized"
    )


def _fitting_to_date(m: int) -> str:
    """SELECT of the fitting readings that earlier months fit.

    Each month from the first of the ledger and the terms on is checked by what is recognized from
    there to its end, where that is known: of the months before the last three a database may
    deliver one sum. What was recognized before any of the terms is another error.
    """
    return f"""
    WITH found AS (
        FROM fitting_terms SEMI JOIN (FROM fitting_terms WHERE tried.rank <> {OWN}) USING (line)),
    posted AS (
        SELECT line, min(p.month) FILTER (condensed) AS condensed_from
        FROM posted_months p SEMI JOIN found USING (line) GROUP BY line),
    checked AS (
        SELECT line, condensed_from, unnest(range(greatest(first_month, earliest) - 1, {m + 1}))
                AS checked_month
        FROM (SELECT line, min(start_month) AS earliest FROM found GROUP BY line)
        JOIN posted USING (line) CROSS JOIN ledger_cover),
    to_date AS (
        SELECT c.line, checked_month, checked_month >= condensed_from
                AND checked_month < {m - 3} AS unknown,
            sum(coalesce(p.recognized, 0)) OVER (PARTITION BY c.line ORDER BY checked_month)
                AS recognized
        FROM checked c
        LEFT JOIN posted_months p ON p.line = c.line AND p.month = checked_month),
    off AS (
        SELECT line, tried, unit, checked_month,
            recognized - accrued(periods_by(checked_month, {TERM}), {TERM}) AS amount
        FROM found JOIN to_date USING (line) WHERE NOT coalesce(unknown, false)),
    spread AS (
        SELECT line, tried, max(amount) - min(amount) AS width,
            coalesce(max(amount) FILTER (checked_month < {m})
                - min(amount) FILTER (checked_month < {m}), 0) AS width_before,
            rounding_allowance(count(*), any_value(unit)) AS allowed
        FROM off GROUP BY line, tried)
    SELECT line, tried, width_before < as_it_is AS confirmed
    FROM (
        SELECT *, max(CASE WHEN tried.rank = {OWN} THEN width_before END)
                OVER (PARTITION BY line) AS as_it_is
        FROM spread)
    WHERE tried.rank <> {OWN} AND width <= allowed AND width_before <= as_it_is"""


def full_value(line: BrokenLine) -> str | None:
    """The whole contract value was recognized at once."""
    if line.entry_count == 0 or not line.full_value or line.recognized != line.full_value:
        return None
    value = wording.amount(line, line.full_value)
    return f"The whole contract value of {value} was recognized at once; {wording.expected(line)}."


# So many readings of one cause are told.
_TOLD = 3


def fitting(cause: Cause, doubtful: bool = False) -> Callable[[BrokenLine], str | None]:
    """Detector of a cause that other terms would be.

    Those are `doubtful` that no earlier month speaks for, and that a slip may give as well: of
    several entries it is rather one that is too much.
    """

    def detect(line: BrokenLine) -> str | None:
        labels = [
            term.label
            for term in line.alternative_terms
            if term.cause is cause and term.doubtful is doubtful
        ]
        if not labels or (doubtful and line.entry_count > 1):
            return None
        given = f"{wording.recognized(line)} is what the contract would give "
        return f"{given}{', or '.join(labels[:_TOLD])}; {wording.expected(line)}."

    return detect
