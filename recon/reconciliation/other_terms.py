"""Other terms: between dates, by the month, with free months.

A line of such a kind has the columns of every other one (`recon.reconciliation.expected`), made in
another way; this arithmetic is planned only where a rule or a column asks for it.

- `month`: the value is that of a month. The term has one month as its unit, rounded by itself, and
  as many periods as the calendar has; the month of its end is cut as by any stop.
- `dates`: the term runs from start to close. It is counted in parts: each whole month has as many
  as its last, begun month has days.
- Free months shorten the term at its start or its end.
"""

from __future__ import annotations

from recon.base.policy import Recognition

# December of the last year that a date has.
LAST_MONTH = 9999 * 12 + 11
LAST_DAY = "DATE '9999-12-31'"

MACROS = (
    # The whole months from a day to the day after a term, each from one anniversary to the next.
    """CREATE OR REPLACE MACRO whole_months(day, day_after) AS
        month_index(day_after) - month_index(day)
        - CAST(add_months(day, month_index(day_after) - month_index(day)) > day_after AS INTEGER)
    """,
)
# Columns of a line that has a term of one of these kinds, and those of every other line.
USUAL = """'duration' AS term_kind, CAST(NULL AS DATE) AS full_end, CAST(NULL AS DATE) AS ends_on,
        CAST(NULL AS INTEGER) AS lasts"""


def with_other_term(lines: str) -> str:
    """SELECT of contract rows with the term of their kind.

    It adds the columns of `intake.with_term`. `full_end` is the last day that the close is compared
    with, `ends_on` that of the term, `lasts` how many months a monthly value is due.
    """
    over_time = f"recognition = '{Recognition.OVER_DURATION}'"
    at_end = "free_at = 'end' AND free_months > 0"
    return f"""
    SELECT * EXCLUDE (starts_on),
        CASE WHEN over_time THEN starts_on ELSE month_start(month_index(reached_on)) END
            AS term_start,
        CASE WHEN NOT over_time OR term_kind = 'month' THEN 1
            WHEN term_kind = 'duration' THEN duration - free_months
            ELSE whole_months(starts_on, ends_on + 1) + CAST(add_months(
                starts_on, whole_months(starts_on, ends_on + 1)) <= ends_on AS INTEGER)
            END AS term_months,
        CASE WHEN over_time OR month_index(last_day) < month_index(reached_on) THEN last_day END
            AS closed_on
    FROM (
        SELECT *,
            CASE WHEN NOT over_time THEN NULL
                WHEN {at_end} AND term_kind <> 'dates' AND duration IS NOT NULL
                THEN add_months(started_on, duration - free_months) - 1
                WHEN {at_end} THEN add_months(full_end + 1, -free_months) - 1
                ELSE full_end END AS ends_on,
            CASE WHEN term_kind = 'month' THEN duration - free_months END AS lasts
        FROM (
            SELECT *,
                CASE WHEN free_at = 'start' THEN add_months(started_on, free_months)
                    ELSE started_on END AS starts_on,
                CASE WHEN term_kind = 'dates' THEN close_date
                    WHEN term_kind = 'month' AND duration IS NULL THEN close_date
                    WHEN over_time THEN add_months(started_on, duration) - 1 END AS full_end
            FROM (
                SELECT *, {over_time} AS over_time, least(close_date, terminated_on) AS last_day,
                    CASE recognition WHEN 'booking_month' THEN booked_on
                        WHEN 'start_month' THEN started_on
                        ELSE least(close_date, terminated_on) END AS reached_on,
                    CASE WHEN NOT {over_time} THEN 'duration' WHEN monthly THEN 'month'
                        WHEN dated THEN 'dates' ELSE 'duration' END AS term_kind
                FROM ({lines}))))"""


def spread_of_kinds(lines: str, whole: str) -> str:
    """SELECT of lines of any kind with their periods.

    `half_days` of `half_of` is what the last month of a monthly value counts, where it is the half
    that is left; else they are NULL.
    """
    return f"""
    SELECT * EXCLUDE (parts, part, days_360, stops_on),
        least(CAST(CASE basis WHEN 'even' THEN part WHEN 'even_from_half' THEN part
            WHEN 'days_360' THEN 31 - day_360(term_start)
            WHEN 'prorate_period_rate' THEN first_days * part
            WHEN 'prorate_day_rate' THEN first_days * whole_months END AS {whole}),
            -- Where months of different lengths meet, the first takes no more than is there.
            CASE WHEN basis = 'prorate_period_rate' AND term_kind = 'dates'
                THEN denominator - greatest(periods - 2, 0) * part * month_days END) AS first,
        CASE basis WHEN 'even' THEN part WHEN 'even_from_half' THEN 2 * part WHEN 'days_360' THEN 30
            WHEN 'prorate_period_rate' THEN part * month_days
            WHEN 'prorate_day_rate' THEN term_days - first_days - day(term_end) END AS step,
        {_close_month()} AS close_month,
        CASE WHEN {_HALF_END} THEN CASE WHEN coalesce(stops_on >= ends_on, true)
            OR stop_rule = 'full' THEN 1 WHEN stop_rule = 'days' THEN day(stops_on) ELSE 0 END END
            AS half_days,
        CASE WHEN {_HALF_END} THEN 2 * CASE WHEN coalesce(stops_on >= ends_on, true)
            OR stop_rule = 'full' THEN 1 ELSE day(last_day(stops_on)) END END AS half_of
    FROM (
        SELECT * REPLACE (CASE WHEN term_kind = 'month' THEN 'last_period' ELSE rounding END
                AS rounding, {_stop()} AS closed_on),
            closed_on AS stops_on,
            CASE basis WHEN 'even' THEN parts WHEN 'even_from_half' THEN 2 * parts
                WHEN 'days_360' THEN days_360
                WHEN 'prorate_period_rate' THEN parts * month_days
                WHEN 'prorate_day_rate' THEN term_days * whole_months
                ELSE term_days END AS denominator,
            CASE WHEN term_kind = 'month' THEN {LAST_MONTH} + 2 - start_month
                WHEN basis = 'even' AND term_kind = 'dates'
                THEN least(term_months, greatest(month_index(term_end) - start_month + 1, 1))
                WHEN basis = 'even' THEN term_months
                WHEN basis = 'even_from_half' AND term_kind = 'dates'
                THEN whole_months(term_start, term_end + 1) + 1
                WHEN basis = 'even_from_half' THEN term_months + 1
                ELSE month_index(term_end) - start_month + 1 END AS periods
        FROM ({_counted(lines, whole)}))"""


# Whether an even monthly value ends with the half of a month.
_HALF_END = """term_kind = 'month' AND basis = 'even_from_half' AND lasts IS NOT NULL
    AND coalesce(month_index(stops_on) >= start_month + lasts, true)"""


def _stop() -> str:
    """SQL of the day on which a line stops.

    An even monthly value is due for whole months, or ends with the half that is left.
    """
    return f"""CASE WHEN term_kind <> 'month' THEN closed_on
        WHEN convention <> 'even' THEN least(closed_on, ends_on)
        WHEN lasts IS NULL THEN least(closed_on, ends_on)
        WHEN {_HALF_END.replace("stops_on", "closed_on")}
        THEN month_start(least(start_month + lasts, {LAST_MONTH}))
        ELSE least(closed_on, last_day(month_start(
            least(start_month + lasts - 1, {LAST_MONTH})))) END"""


def _close_month() -> str:
    """SQL of the last active month."""
    return f"""CASE WHEN term_kind = 'month'
            THEN coalesce(month_index(closed_on), {LAST_MONTH})
        WHEN basis = 'even_from_half' AND coalesce(closed_on >= term_end, true)
        THEN least(start_month + periods - 1, {LAST_MONTH})
        WHEN coalesce(closed_on >= term_end, true)
        THEN greatest(month_index(term_end), start_month)
        ELSE least(month_index(closed_on), greatest(month_index(term_end), start_month)) END"""


def _counted(lines: str, whole: str) -> str:
    """SELECT of lines with their terms' days and parts."""
    usual = "CAST(add_months(term_start, term_months) - 1 AS DATE)"
    first_whole = "day(term_start) = 1 AND NOT (term_kind = 'dates' AND convention = 'days_360')"
    return f"""
    SELECT * EXCLUDE (months, odd_days),
        CAST(term_end - term_start + 1 AS {whole}) AS term_days,
        CAST(date_diff('day', term_start, month_start(start_month + 1)) AS {whole}) AS first_days,
        CAST(date_diff('day', month_start(start_month), month_start(start_month + 1)) AS {whole})
            AS month_days,
        CAST(greatest(CASE WHEN term_kind = 'dates'
            THEN month_index(term_end) - month_index(term_start) - 1 ELSE term_months - 1 END, 1)
            AS {whole}) AS whole_months,
        CAST(CASE WHEN term_kind = 'dates' AND odd_days > 0
            THEN add_months(term_start, months + 1) - add_months(term_start, months) ELSE 1 END
            AS {whole}) AS part,
        CASE WHEN term_kind = 'dates' THEN months * part + odd_days ELSE term_months END AS parts,
        CASE WHEN term_kind = 'dates'
            THEN 30 * (month_index(term_end) - month_index(term_start)) + last_day_360(term_end)
                - day_360(term_start) + 1
            ELSE 30 * term_months END AS days_360
    FROM (
        SELECT * EXCLUDE (months, odd_days), CAST(months AS {whole}) AS months,
            CAST(odd_days AS {whole}) AS odd_days
        FROM (SELECT *, whole_months(term_start, term_end + 1) AS months,
            term_end + 1 - add_months(term_start, whole_months(term_start, term_end + 1))
                AS odd_days
        FROM (
            SELECT * REPLACE (CAST(value AS {whole}) AS value,
                    CAST(term_months AS BIGINT) AS term_months),
                month_index(term_start) + CAST(convention = 'even'
                    AND start_rule = 'rule_of_15' AND day(term_start) > 15 AS INTEGER)
                    AS start_month,
                CASE WHEN term_kind = 'month' THEN {LAST_DAY} ELSE coalesce(ends_on, {usual}) END
                    AS term_end,
                CASE WHEN convention = 'even' AND start_rule = 'half' THEN 'even_from_half'
                    WHEN term_kind = 'month' AND convention = 'even' THEN 'even'
                    WHEN {first_whole} AND (convention <> 'exact_days' OR term_kind = 'month')
                    THEN 'even'
                    WHEN term_kind = 'month' AND convention <> 'days_360'
                    THEN 'prorate_period_rate'
                    ELSE convention END AS basis
            FROM ({lines}))))"""
