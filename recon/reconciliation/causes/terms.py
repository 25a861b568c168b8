"""Terms: other readings of a contract giving the recognized amount.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from recon.base.month import Month
from recon.base.policy import Convention, Rounding
from recon.base.result import Cause
from recon.reconciliation.causes import wording
from recon.reconciliation.causes.broken_line import AlternativeTerm, BrokenLine
from recon.reconciliation.compare import reckoned_in
from recon.reconciliation.expected import TERM, TERM_END, WIDE, terms
from recon.store.session import Session, is_any


def _counted(number: str, noun: str = "month") -> str:
    """SQL text of a number of months or another noun."""
    return f"{number} || CASE WHEN {number} = 1 THEN ' {noun}' ELSE ' {noun}s' END"


def _booked(day: str) -> str:
    """Day from which a term starts.

    It is the first of the month for a point in time.
    """
    return f"CASE WHEN over_time THEN {day} ELSE month_start(month_index({day})) END"


# The other ways to read a contract, in the order in which they are named: (cause, what is said of
# it as SQL text, condition, and the columns that change).
_MONTHS, _START, _END = "term_months", "term_start", "ends_on"
# The term may be taken from start to close: in whole months, with the begun one, or by calendar.
_TO_CLOSE = "over_time AND term_mismatch AND close_date >= term_start AND to_close <= 12000"
_DAYS_TO_CLOSE = "(closing_day - term_start + 1)"
_VARIANTS: tuple[tuple[Cause, str, str, Mapping[str, str]], ...] = (
    *(
        (Cause.WRONG_DURATION, f"'over ' || {_counted(months)} || ' instead of ' || term_months",
         f"over_time AND {months} > 0", {_MONTHS: months})
        for months in ("(term_months - 1)", "(term_months + 1)")
    ),
    *(
        (Cause.WRONG_DURATION, f"'over the ' || {_counted(months)} || ' from start to close'",
         f"{_TO_CLOSE} AND {months} NOT IN (0, term_months) AND {condition}", {_MONTHS: months})
        for months, condition in (
            ("to_close", "true"),
            ("(to_close + 1)", "NOT whole_to_close"),
            ("in_calendar", "in_calendar > to_close + CAST(NOT whole_to_close AS INTEGER)"),
        )
    ),
    (Cause.WRONG_DURATION,
     f"'over the ' || {_counted(_DAYS_TO_CLOSE, 'day')} || ' from start to close'",
     f"{_TO_CLOSE} AND convention = 'exact_days'", {_END: "closing_day"}),
    (Cause.WRONG_START, "'from the booking on ' || booked_on || ' instead of ' || term_start",
     "month_index(booked_on) <> start_month", {_START: _booked("booked_on")}),
    (Cause.WRONG_START, "'from one month later, ' || months_later(term_start, 1)",
     "true", {_START: "months_later(term_start, 1)"}),
    (Cause.WRONG_START, "'from one month earlier, ' || months_later(term_start, -1)",
     "true", {_START: "months_later(term_start, -1)"}),
    *(
        (Cause.OTHER_CONVENTION, f"'by {convention}, {rounding} rounding'",
         f"over_time AND NOT (convention = '{convention}' AND rounding = '{rounding}')",
         {"convention": f"'{convention}'", "rounding": f"'{rounding}'"})
        for convention in Convention
        for rounding in Rounding
    ),
    (Cause.OTHER_CONVENTION, "'evenly over ' || duration || ' months'",
     "NOT over_time AND duration > 1", {_START: "started_on", _MONTHS: "duration"}),
)  # fmt: skip


_TERM_END = f"coalesce(ends_on, {TERM_END})"


def alternative_terms(connection: Session, month: Month) -> dict[int, tuple[AlternativeTerm, ...]]:
    """Other terms under which the month agrees, by line.

    Only where something was recognized: a line without entries follows no other term. Outside the
    line's own term another one is believed only when it accounts for everything to date, else
    each contract that goes on by a month would seem to have started late.
    """
    m = month.index
    _create_alternative_terms(connection, m)
    if not is_any(connection, "alternative_terms"):
        return {}
    # Under any other convention a stop may cut its month, but most lines have none.
    cuts = is_any(connection, "alternative_terms WHERE closed_on IS NOT NULL")
    whole = WIDE if month.has_long_periods else _reckoned_in(connection)
    variants = terms(_variants(), whole, _TERM_END, cuts=cuts)
    rows = connection.execute(
        f"""WITH reckoned AS (
            SELECT *, periods_by({m - 1}, {TERM}) AS periods_before,
                periods_by({m}, {TERM}) AS periods_now
            FROM ({variants})),
        earned AS (
            SELECT *, accrued(periods_before, {TERM}) AS earned_before,
                accrued(periods_now, {TERM}) AS earned
            FROM reckoned WHERE {_worth_adding_up(m)}),
        fitting AS (
            SELECT line, rank FROM earned
            WHERE earned - earned_before = recognized
                AND (in_term OR earned = to_date_recognized))
        SELECT line, rank, {_by_rank([said for _, said, _, _ in _VARIANTS])}
        FROM fitting JOIN alternative_terms USING (line) ORDER BY line, rank"""
    ).fetchall()
    found: defaultdict[int, list[AlternativeTerm]] = defaultdict(list)
    for line, rank, label in rows:
        found[line].append(AlternativeTerm(_VARIANTS[rank][0], label))
    return {line: tuple(others) for line, others in found.items()}


def _create_alternative_terms(connection: Session, m: int) -> None:
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE alternative_terms AS
        SELECT line, value, unit, term_start, term_months, convention, rounding, start_rule,
            stop_rule, booked_on, started_on, duration, start_month, term_mismatch, recognized,
            {m} BETWEEN start_month AND least(close_month, start_month + periods - 1) AS in_term,
            to_date_recognized, over_time, close_date,
            -- A term ends on its last day or the day after.
            date_sub('month', term_start, close_date + 1) AS to_close,
            add_months(term_start, to_close) AS day_after,
            day_after IN (close_date, close_date + 1) AS whole_to_close,
            -- What closes on the day it starts has that one day.
            greatest(close_date - CAST(day_after = close_date AS INTEGER), term_start)
                AS closing_day,
            month_index(closing_day) - month_index(term_start) + 1 AS in_calendar,
            CAST(NULL AS DATE) AS ends_on,
            CASE WHEN closed_early THEN closed_on END AS closed_on
        FROM breaks ANTI JOIN added_rows USING (line) WHERE on_contract AND entries > 0"""
    )


def _reckoned_in(connection: Session) -> str:
    """Type that the terms are reckoned in."""
    value, months, unit = connection.execute(
        """SELECT coalesce(max(abs(value)), 0),
            coalesce(max(greatest(term_months, duration,
                CASE WHEN to_close <= 12000 THEN to_close + 1 END)), 0) + 1,
            coalesce(max(unit), 1) FROM alternative_terms"""
    ).fetchone() or (0, 1, 1)
    return reckoned_in(value, months, unit)


def _variants() -> str:
    """SELECT of `alternative_terms`, each line with every other term."""
    changed = ", ".join(
        f"{_by_rank([changes.get(column, column) for _, _, _, changes in _VARIANTS])} AS {column}"
        for column in (_START, _MONTHS, _END, "convention", "rounding")
    )
    return f"""
        SELECT line, rank, value, unit, closed_on, in_term, recognized, to_date_recognized,
            start_rule, stop_rule,
            {changed}
        FROM alternative_terms, range({len(_VARIANTS)}) ranks(rank)
        WHERE {_by_rank([condition for _, _, condition, _ in _VARIANTS])}"""


def _by_rank(cases: Sequence[str]) -> str:
    """SQL of a value for each variant, by its rank."""
    most = max(set(cases), key=cases.count)
    different = [f"WHEN {rank} THEN {case}" for rank, case in enumerate(cases) if case != most]
    return f"CASE rank {' '.join(different)} ELSE {most} END" if different else most


def _worth_adding_up(m: int) -> str:
    """Condition that a term can fit at all.

    Where every month is rounded by its own days, each month before has to be reckoned for the
    amount earned to date: not before the month's own share fits.
    """
    days = (
        f"days_of(term_start, greatest(month_start({m}), term_start), month_start({m + 1}), basis)"
    )
    return (
        "NOT (step IS NULL AND rounding = 'last_period' "
        f"AND {m} BETWEEN start_month AND least("
        "close_month - CAST(stop_period IS NOT NULL AS INTEGER), start_month + periods - 2)) "
        f"OR rounded(value, {days}, denominator, unit) = recognized"
    )


def full_value(line: BrokenLine) -> str | None:
    """The whole contract value was recognized at once."""
    if line.entry_count == 0 or not line.full_value or line.recognized != line.full_value:
        return None
    value = wording.amount(line, line.full_value)
    return f"The whole contract value of {value} was recognized at once; {wording.expected(line)}."


def fitting(cause: Cause) -> Callable[[BrokenLine], str | None]:
    """Detector of a cause that other terms would be."""

    def detect(line: BrokenLine) -> str | None:
        label = next((term.label for term in line.alternative_terms if term.cause is cause), None)
        if label is None:
            return None
        given = f"{wording.recognized(line)} is what the contract would give {label}"
        return f"{given}; {wording.expected(line)}."

    return detect
