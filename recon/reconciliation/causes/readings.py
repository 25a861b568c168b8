"""Readings: other ways to take a contract's term, as SQL.

Each is a row of `READINGS`, in the order of naming. Those of a duration are tried for every number
of months that arithmetic leaves: 120 months a line would be too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from recon.base import money
from recon.base.policy import Convention, Rounding, StartMonth
from recon.base.result import Cause
from recon.base.text import counted
from recon.store.session import literal

# The longest other duration that is tried.
LONGEST = 120
# The contract with a value that it had in an earlier run.
_EARLIER = "earlier value"
# The contract as it is: its rank among the readings.
OWN = -1


class Reading(NamedTuple):
    """One other way to take the term.

    `kind` is of `_KINDS`; the rules are those of the line where they are None.
    """

    cause: Cause
    kind: str
    convention: str | None = None
    rounding: str | None = None
    start_rule: str | None = None
    stop_rule: str | None = None


# The term may be taken from start to close: in whole months, with the begun one, or by calendar.
_TO_CLOSE = "over_time AND term_mismatch AND close_date >= term_start AND to_close <= 12000"
_STOPS = "over_time AND month_index(closed_on) = {m} AND closed_on <> last_day(closed_on)"
_OTHER = """over_time AND NOT (r.convention = a.convention AND r.rounding = a.rounding
    AND (r.start_rule IS NULL OR r.start_rule = a.start_rule))
    AND (r.start_rule IS DISTINCT FROM 'rule_of_15' OR day(term_start) > 15)"""
# Where each kind is tried; the others have their months in a list of the line.
_KINDS = {
    "days to close": f"{_TO_CLOSE} AND a.convention = 'exact_days'",
    "booking": "month_index(booked_on) <> start_month",
    "convention": _OTHER,
    "spread": "NOT over_time AND duration > 1",
    # What is left of a term's last month is the remainder of the term.
    "whole stop": f"{_STOPS} AND NOT (a.convention = 'even' AND a.stop_rule = 'full') "
    "AND month_index(closed_on) < start_month + periods - 1",
    "stop by days": f"{_STOPS} AND a.convention = 'even' AND a.stop_rule <> 'days'",
}
_BY_RULE = [(convention, None) for convention in Convention if convention is not Convention.EVEN]
READINGS = (
    Reading(Cause.WRONG_DURATION, "to close"),
    Reading(Cause.WRONG_DURATION, "days to close"),
    Reading(Cause.WRONG_DURATION, "months"),
    Reading(Cause.WRONG_DURATION, "free at the start"),
    Reading(Cause.WRONG_START, "booking"),
    Reading(Cause.WRONG_START, "later"),
    Reading(Cause.WRONG_START, "earlier"),
    *(
        Reading(Cause.OTHER_CONVENTION, "convention", convention, rounding, start)
        for convention, start in [*((Convention.EVEN, start) for start in StartMonth), *_BY_RULE]
        for rounding in Rounding
    ),
    Reading(Cause.OTHER_CONVENTION, "spread"),
    Reading(Cause.OTHER_CONVENTION, "whole stop"),
    Reading(Cause.AMENDED, _EARLIER),
    Reading(Cause.STOPPED_BY_DAYS, "stop by days", stop_rule="days"),
)
_RANKS = {reading.kind: rank for rank, reading in enumerate(READINGS)}
# A ledger may take the days of the month's rounded amount, a minor unit off those of the term.
DAYS_OF_MONTH = f"""tried.rank = {_RANKS["stop by days"]} AND in_term AND recognized
        = rounded(expected, day(closed_on), day(last_day(closed_on)), unit)"""


def _between(low: str, high: str) -> str:
    """SQL list of the months between two bounds."""
    last = f"least({high}, greatest({LONGEST}, term_months + 1))"
    first = f"least(greatest({low}, 1), {last} + 1)"
    return f"range(CAST({first} AS BIGINT), CAST({last} + 1 AS BIGINT))"


def months_to_close() -> str:
    """SQL list of the months from start to close."""
    return (
        f"CASE WHEN {_TO_CLOSE} THEN list_filter(list_distinct([to_close, "
        "to_close + CAST(NOT whole_to_close AS INTEGER), in_calendar]), "
        "lambda n: n NOT IN (0, term_months)) ELSE [] END"
    )


def durations(m: int) -> str:
    """SQL list of durations that can give the recognized amount.

    A month's part is the value, or the expected amount times the duration, over the other one: to
    a minor unit of rounding, and to the days of a month where those count. Besides, a term's last
    month takes what is left. All at once is a cause of its own.
    """
    posted = "CAST(abs(recognized) AS HUGEINT)"
    # Days make a month's part up to an eighth smaller or larger.
    low, high = (f"(CASE WHEN convention = 'even' THEN 100 ELSE {n} END)" for n in (87, 115))

    def parts(whole: str) -> str:
        least = f"{whole} * {low} // (100 * ({posted} + unit))"
        above = f"{whole} * {high} // (100 * ({posted} - unit)) + 1"
        most = f"CASE WHEN abs(recognized) > unit THEN {above} ELSE {LONGEST} END"
        return _between(least, most)

    last = _between(f"{m} - start_month", f"{m} - start_month + 1")
    found = f"""list_concat({parts("CAST(abs(value) AS HUGEINT)")}, {last},
        CASE WHEN convention = 'even' AND start_rule = 'full' AND stop_period IS NULL THEN []
            ELSE {parts("term_months * CAST(abs(expected) AS HUGEINT)")} END)"""
    return f"""CASE WHEN over_time AND sign(recognized) = sign(value)
        THEN list_filter(list_distinct({found}), lambda n: n <> term_months
            AND NOT (n = 1 AND recognized = rounded(value, 1, 1, unit))
            AND NOT list_contains(months_to_close, n)) ELSE [] END"""


def _tried() -> str:
    """SQL list of the tries on a line: {rank, months}.

    The contract as it is comes first.
    """
    counts = {"to close": "months_to_close", "months": "durations"}
    # Which of them it is takes the place of the months.
    counts[_EARLIER] = "range(1, len(earlier) + 1)"
    counts["free at the start"] = "list_filter(durations, lambda n: n < term_months)"
    plain = [OWN, *(rank for rank, r in enumerate(READINGS) if r.kind not in counts)]
    lists = [f"list_transform({plain}, lambda r: {{rank: r, months: CAST(0 AS BIGINT)}})"] + [
        f"list_transform({months}, lambda n: {{rank: {_RANKS[kind]}, months: CAST(n AS BIGINT)}})"
        for kind, months in counts.items()
    ]
    return f"list_concat({', '.join(lists)})"


def readings(m: int) -> str:
    """SELECT of `alternative_terms`, each with the readings to try."""
    rows = [(OWN, "own", *[None] * 4)] + [(rank, *r[1:]) for rank, r in enumerate(READINGS)]
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    rules = ", ".join(
        f"coalesce(r.{rule}, a.{rule}) AS {rule}"
        for rule in ("convention", "rounding", "start_rule", "stop_rule")
    )
    tried = " ".join(f"WHEN '{k}' THEN {where.format(m=m)}" for k, where in _KINDS.items())
    return f"""
    SELECT line, tried, CASE WHEN kind = '{_EARLIER}' THEN earlier[tried.months] ELSE value END
            AS value, unit, in_term, recognized, expected, to_date_recognized, {rules},
        CASE WHEN kind = 'spread' THEN duration
            WHEN tried.months > 0 AND kind <> '{_EARLIER}' THEN tried.months
            ELSE term_months END AS term_months,
        CASE kind WHEN 'free at the start' THEN months_later(term_start, term_months - tried.months)
            WHEN 'booking' THEN CASE WHEN over_time THEN booked_on
                -- A point in time is its whole month.
                ELSE month_start(month_index(booked_on)) END
            WHEN 'later' THEN months_later(term_start, 1)
            WHEN 'earlier' THEN months_later(term_start, -1)
            WHEN 'spread' THEN started_on ELSE term_start END AS term_start,
        CASE WHEN kind = 'days to close' THEN closing_day END AS ends_on,
        CASE WHEN kind = 'whole stop' THEN last_day(closed_on) ELSE closed_on END AS closed_on
    FROM (SELECT *, unnest({_tried()}) AS tried FROM alternative_terms) a
    JOIN (VALUES {listed}) r(rank, kind, convention, rounding, start_rule, stop_rule)
        ON r.rank = tried.rank
    WHERE CASE kind {tried} ELSE true END"""


class Term(NamedTuple):
    """Contract's term as it is, and the months tried instead."""

    rank: int
    months: int
    term_months: int
    term_start: date
    booked_on: date
    duration: int | None
    closing_day: date | None
    closed_on: date | None
    currency: str
    earlier: Sequence[int]
    earlier_at: Sequence[str]


TERM_COLUMNS = ", ".join(Term._fields[2:])


def label(term: Term) -> str:
    """Words of a reading that fits."""
    reading = READINGS[term.rank]
    days = ((term.closing_day or term.term_start) - term.term_start).days + 1
    instead = f"over {counted(term.months, 'month')} instead of {term.term_months}"
    start = _START_RULES.get(reading.start_rule or "", "")
    if reading.kind == _EARLIER:
        value = money.pretty(term.earlier[term.months - 1], term.currency)
        return f"with its value of {term.earlier_at[term.months - 1]}, {value} {term.currency}"
    return {
        "to close": f"over the {counted(term.months, 'month')} from start to close",
        "days to close": f"over the {counted(days, 'day')} from start to close",
        "months": instead,
        "free at the start": f"{instead} (free at the start: {term.term_months - term.months})",
        "booking": f"from the booking on {term.booked_on} instead of {term.term_start}",
        "later": f"from one month later than {term.term_start}",
        "earlier": f"from one month earlier than {term.term_start}",
        "convention": f"by {reading.convention}{start}, {reading.rounding} rounding",
        "spread": f"evenly over {term.duration} months",
        "whole stop": f"with the whole month of the stop on {term.closed_on}",
        "stop by days": f"for the days up to the stop on {term.closed_on}",
    }[reading.kind]


_START_RULES = {
    StartMonth.HALF.value: " from half a month",
    StartMonth.RULE_OF_15.value: " from the month after the start",
}


def is_doubtful(term: Term) -> bool:
    """Whether a slip may look the same.

    Then it takes earlier months that speak for the reading: half of a month's amount is more often
    a slip than a rule.
    """
    reading = READINGS[term.rank]
    far = reading.kind == "months" and abs(term.months - term.term_months) > 1
    return far or reading.kind == "free at the start" or reading.start_rule == StartMonth.HALF
