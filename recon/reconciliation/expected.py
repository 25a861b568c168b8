"""Expected revenue: a contract's value spread over its term.

The arithmetic is SQL on whole numbers, in one place: lines, breaks under another rule, single
contracts and the sample all go through it. A period's share of the value is a fraction
numerator / denominator, and the amount expected *to date* is value x fraction, rounded; a month's
expected revenue is the difference of two of these, so that the periods add up to the value.

Months are counted from January of year 0 (see `recon.base.month`); amounts are ten-thousandths.
"""

from __future__ import annotations

from recon.store.session import Session

MACROS = (
    # value x numerator / denominator, half away from zero to the minor unit: // cuts towards
    # zero, and the numerator is never negative.
    """CREATE MACRO rounded(value, numerator, denominator, unit) AS
        (2 * value * numerator + sign(value) * denominator * unit)
        // (2 * denominator * unit) * unit""",
    # The fraction's numerator once k periods have elapsed.
    """CREATE MACRO elapsed(k, t) AS CASE
        WHEN k <= 0 THEN 0
        WHEN k >= t.periods THEN t.denominator
        WHEN t.step IS NULL THEN month_start(t.start_month + k) - t.term_start
        ELSE t.first + (k - 1) * t.step END""",
    "CREATE MACRO accrued_cumulative(k, t) AS "
    "rounded(t.value, elapsed(k, t), t.denominator, t.unit)",
    # k months that count by their days, each rounded by itself.
    """CREATE MACRO accrued_by_days(k, value, denominator, unit, start_month, term_start) AS
        list_sum(list_transform(range(0, CAST(k AS BIGINT)), lambda i: rounded(
            value,
            month_start(start_month + i + 1) - greatest(month_start(start_month + i), term_start),
            denominator, unit)))""",
    # Each period by itself, the last takes what is left.
    """CREATE MACRO accrued_last_period(k, t) AS CASE
        WHEN k <= 0 THEN 0
        WHEN k >= t.periods THEN rounded(t.value, 1, 1, t.unit)
        WHEN t.step IS NULL THEN accrued_by_days(
            k, t.value, t.denominator, t.unit, t.start_month, t.term_start)
        ELSE rounded(t.value, t.first, t.denominator, t.unit)
            + (k - 1) * rounded(t.value, t.step, t.denominator, t.unit) END""",
    """CREATE MACRO accrued(k, t) AS CASE t.rounding
        WHEN 'last_period' THEN accrued_last_period(k, t) ELSE accrued_cumulative(k, t) END""",
    # The periods that have elapsed by the end of month m; none more after the close month.
    "CREATE MACRO periods_by(m, t) AS least(m, t.close_month) - t.start_month + 1",
    # What has been earned by then.
    "CREATE MACRO expected_to_date(m, t) AS accrued(periods_by(m, t), t)",
    "CREATE MACRO expected(m, t) AS expected_to_date(m, t) - expected_to_date(m - 1, t)",
)


def install(connection: Session) -> None:
    """Create the macros of the arithmetic in a session."""
    for macro in MACROS:
        connection.execute(macro)


# The type in which nothing overflows, and the faster one for amounts that are known to be small.
WIDE, NARROW = "HUGEINT", "BIGINT"


# A term's last day.
TERM_END = "add_months(term_start, term_months) - 1"


def terms(lines: str, whole: str = WIDE, term_end: str = TERM_END) -> str:
    """SELECT of contract lines with the term that `expected` needs.

    `lines` is a relation with value (ten-thousandths), unit (minor unit in ten-thousandths),
    term_start, term_months, closed_on (a date, or NULL for the end of the term), convention and
    rounding. Added are: start_month, close_month, term_end, periods, denominator, and the
    fraction's numerator after the first period (first) and for each further one (step; NULL
    where the months count by their days). A start on the 1st makes both prorated conventions
    `even`. `whole` is the type that amounts and numerators are reckoned in, `term_end` the SQL of
    the term's last day.
    """
    return f"""
    SELECT *,
        CASE basis WHEN 'even' THEN term_months
            WHEN 'prorate_period_rate' THEN term_months * month_days
            WHEN 'prorate_day_rate' THEN term_days * whole_months
            ELSE term_days END AS denominator,
        CASE basis WHEN 'even' THEN 1
            WHEN 'prorate_period_rate' THEN first_days
            WHEN 'prorate_day_rate' THEN first_days * whole_months END AS first,
        CASE basis WHEN 'even' THEN 1
            WHEN 'prorate_period_rate' THEN month_days
            WHEN 'prorate_day_rate' THEN term_days - first_days - day(term_end) END AS step,
        CASE WHEN basis = 'even' THEN term_months
            ELSE month_index(term_end) - start_month + 1 END AS periods,
        least(month_index(coalesce(closed_on, term_end)),
            greatest(month_index(term_end), start_month)) AS close_month
    FROM (
        SELECT *,
            CAST(term_end - term_start + 1 AS {whole}) AS term_days,
            CAST(date_diff('day', term_start, month_start(start_month + 1)) AS {whole})
                AS first_days,
            CAST(date_diff('day', month_start(start_month), month_start(start_month + 1))
                AS {whole}) AS month_days,
            CAST(greatest(term_months - 1, 1) AS {whole}) AS whole_months
        FROM (
            SELECT * REPLACE (CAST(value AS {whole}) AS value,
                    CAST(term_months AS BIGINT) AS term_months),
                month_index(term_start) AS start_month,
                {term_end} AS term_end,
                CASE WHEN day(term_start) = 1 AND convention <> 'exact_days' THEN 'even'
                    ELSE convention END AS basis
            FROM ({lines})))"""
