"""Expected revenue: a contract's value spread over its term.

The arithmetic is SQL on whole numbers, in one place: lines, breaks under another rule, single
contracts and the sample all go through it. A period's share of the value is a fraction
numerator / denominator, and the amount expected *to date* is value x fraction, rounded; a month's
expected revenue is the difference of two of these, so that the periods add up to the value.

Months are counted from January of year 0 (see `recon.base.month`); amounts are ten-thousandths.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from recon.reconciliation.other_terms import LAST_MONTH, spread_of_kinds
from recon.store.session import Session

# The columns of a row of `terms` that the macros take, each by its name: of a row as a whole DuckDB
# makes a struct of all columns for every one that a macro reads, which took a third of a month.
SPREAD = "periods, denominator, first, step, start_month, term_start, basis"
_STOPPED = "stop_period, stop_share, stop_elapsed, stop_parts"
TERM = f"value, unit, rounding, {SPREAD}, close_month, {_STOPPED}"


def term_of(row: str) -> str:
    """Columns of a named row that the macros take."""
    return ", ".join(f"{row}.{column}" for column in TERM.split(", "))


# What terms of equal parts take, and the macros of days.
EVEN = (
    # value x numerator / denominator, half away from zero to the minor unit: // cuts towards
    # zero, and the numerator is never negative.
    """CREATE MACRO rounded(value, numerator, denominator, unit) AS
        (2 * value * numerator + sign(value) * denominator * unit)
        // (2 * denominator * unit) * unit""",
    # The periods that have elapsed by the end of month m; none more after the close month.
    f"CREATE MACRO periods_by(m, {TERM}) AS least(m, close_month) - start_month + 1",
    # A day of years of 360 days: of a start, and of an end, where each month's last is the 30th.
    "CREATE MACRO day_360(day) AS least(day(day), 30)",
    "CREATE MACRO last_day_360(day) AS CASE WHEN day = last_day(day) THEN 30 ELSE day(day) END",
)
# What all others take besides.
UNEVEN = (
    # The fraction's numerator once k whole periods have elapsed.
    f"""CREATE MACRO elapsed_whole(k, {SPREAD}) AS CASE
        WHEN k <= 0 THEN 0
        WHEN k >= periods THEN denominator
        WHEN step IS NULL THEN days_of(
            term_start, term_start, month_start(start_month + k), basis)
        ELSE first + (k - 1) * step END""",
    # The fraction once k periods have elapsed, of which the last may be the one cut by a stop.
    f"""CREATE MACRO elapsed(k, {TERM}) AS CASE
        WHEN k >= stop_period THEN stop_elapsed ELSE elapsed_whole(k, {SPREAD}) END""",
    f"CREATE MACRO term_parts(k, {TERM}) AS CASE "
    "WHEN k >= stop_period THEN stop_parts ELSE denominator END",
    f"CREATE MACRO accrued_cumulative(k, {TERM}) AS "
    f"rounded(value, elapsed(k, {TERM}), term_parts(k, {TERM}), unit)",
    # k months that count by their days, each rounded by itself.
    """CREATE MACRO accrued_by_days(
            k, value, denominator, unit, start_month, term_start, basis) AS
        list_sum(list_transform(range(0, CAST(k AS BIGINT)), lambda i: rounded(
            value,
            days_of(term_start, greatest(month_start(start_month + i), term_start),
                month_start(start_month + i + 1), basis),
            denominator, unit)))""",
    # Each period by itself, the last takes what is left.
    f"""CREATE MACRO accrued_whole(k, value, unit, {SPREAD}) AS CASE
        WHEN k <= 0 THEN 0
        WHEN k >= periods THEN rounded(value, 1, 1, unit)
        WHEN step IS NULL THEN accrued_by_days(
            k, value, denominator, unit, start_month, term_start, basis)
        ELSE rounded(value, first, denominator, unit)
            + (k - 1) * rounded(value, step, denominator, unit) END""",
    # So is the part of a period that a stop cuts.
    f"""CREATE MACRO accrued_last_period(k, {TERM}) AS
        accrued_whole(least(k, stop_period - 1), value, unit, {SPREAD})
        + CASE WHEN k >= stop_period
            THEN rounded(value, stop_share, stop_parts, unit) ELSE 0 END""",
    f"""CREATE MACRO accrued(k, {TERM}) AS CASE rounding
        WHEN 'last_period' THEN accrued_last_period(k, {TERM})
        ELSE accrued_cumulative(k, {TERM}) END""",
)

# What has been earned by the end of month m, and in it; a month's lines are reckoned without them.
MONTHLY = (
    f"CREATE MACRO expected_to_date(m, {TERM}) AS accrued(periods_by(m, {TERM}), {TERM})",
    f"CREATE MACRO expected(m, {TERM}) AS "
    f"expected_to_date(m, {TERM}) - expected_to_date(m - 1, {TERM})",
)

# The days of calendar months.
CALENDAR = (
    # A day's place in its month, and the month's last day.
    "CREATE MACRO month_day(day) AS day(day)",
    "CREATE MACRO month_end(day) AS last_day(day)",
    "CREATE MACRO months_later(day, n) AS add_months(day, n)",
    "CREATE MACRO last_of_term(term_start, n, convention, start_rule) AS "
    "add_months(term_start, n) - 1",
    # The days from one day to before another, of a term that the convention counts.
    "CREATE MACRO days_of(term_start, day, before, basis) AS before - day",
    "CREATE MACRO days_360_of(term_start, day, until) AS last_day_360(until) - day_360(day) + 1",
    # Every month has 30 days of 360.
    "CREATE MACRO month_360() AS 30",
    # The day on which a line stops, NULL for its term's end, and whether a day is that end.
    "CREATE MACRO stops_on(day, term_start, n) AS day",
    "CREATE MACRO ends_term(day, term_end, term_start, n) AS day IN (term_end, term_end + 1)",
)
# Those of fiscal periods. A term of n months has n periods where these are counted, but ends as on
# the calendar where days are; a contract that closes on the calendar's end runs its full term.
FISCAL = (
    "CREATE MACRO month_day(day) AS day - month_start(month_index(day)) + 1",
    "CREATE MACRO month_end(day) AS month_start(month_index(day) + 1) - 1",
    """CREATE MACRO months_later(day, n) AS least(
        month_start(month_index(day) + n)
            + CAST(day - month_start(month_index(day)) AS INTEGER),
        month_start(month_index(day) + n + 1) - 1)""",
    """CREATE MACRO last_of_term(term_start, n, convention, start_rule) AS CASE
        WHEN convention IN ('exact_days', 'days_360') THEN add_months(term_start, n) - 1
        WHEN convention = 'even' THEN month_start(CAST(month_index(term_start) + n
            + CAST(start_rule = 'rule_of_15' AND month_day(term_start) > 15 AS INTEGER)
            AS BIGINT)) - 1
        ELSE months_later(term_start, n) - 1 END""",
    """CREATE MACRO days_360(day, until) AS 360 * (year(until) - year(day))
        + 30 * (month(until) - month(day)) + last_day_360(until) - day_360(day) + 1""",
    # From the term's start, so that a period that begins on the 31st loses no day.
    """CREATE MACRO days_360_of(term_start, day, until) AS days_360(term_start, until)
        - CASE WHEN day > term_start THEN days_360(term_start, day - 1) ELSE 0 END""",
    """CREATE MACRO days_of(term_start, day, before, basis) AS CASE basis
        WHEN 'days_360' THEN days_360_of(term_start, day, before - 1) ELSE before - day END""",
    "CREATE MACRO month_360() AS CAST(NULL AS INTEGER)",
    """CREATE MACRO stops_on(day, term_start, n) AS CASE
        WHEN coalesce(add_months(term_start, n) NOT IN (day, day + 1), true) THEN day END""",
    """CREATE MACRO ends_term(day, term_end, term_start, n) AS
        day IN (term_end, term_end + 1) OR add_months(term_start, n) IN (day, day + 1)""",
)

# What a row of `added_rows` has given up to and including month m; its base was given before.
ROW_TO_DATE = f"""CREATE OR REPLACE MACRO row_to_date(m, t) AS
    CASE WHEN t.void OR m < t.from_month THEN 0
        ELSE own_accrued(periods_by(m, {term_of("t")}), {term_of("t")}) - t.base END"""


# The macros of uneven terms that a session does not have yet.
_LATER: WeakKeyDictionary[Session, str] = WeakKeyDictionary()


def install(
    connection: Session, fiscal: bool = False, monthly: bool = False, evenly: bool = False
) -> None:
    """Create the macros of the arithmetic in a session.

    Its months are calendar months, or `fiscal` periods (see `recon.store.periods`). `monthly` adds
    those of single months. They take some milliseconds to create: with `evenly` the others are
    created once `for_uneven_terms` asks for them.
    """
    # At once, which takes a tenth less time than one by one.
    connection.execute(";\n".join((*EVEN, *(FISCAL if fiscal else CALENDAR))))
    _LATER[connection] = ";\n".join((*UNEVEN, *(MONTHLY if monthly else ())))
    if not evenly:
        for_uneven_terms(connection)


def for_uneven_terms(connection: Session) -> None:
    """Create the macros of uneven terms, once."""
    if later := _LATER.pop(connection, ""):
        connection.execute(later)


# The type in which nothing overflows, and the faster one for amounts that are known to be small.
WIDE, NARROW = "HUGEINT", "BIGINT"


# A term's last day.
TERM_END = "last_of_term(term_start, term_months, convention, start_rule)"


# What has been earned after k periods where every term is spread in equal parts and rounded
# cumulatively: what the other macros come to, planned and computed several times faster.
ACCRUED_EVENLY = f"""CREATE OR REPLACE MACRO own_accrued(k, {TERM}) AS rounded(
    value, CASE WHEN k <= 0 THEN 0 WHEN k >= periods THEN periods ELSE k END, denominator, unit)"""


def terms(
    lines: str,
    whole: str = WIDE,
    term_end: str = TERM_END,
    cuts: bool = True,
    kinds: bool = False,
    evenly: bool = False,
) -> str:
    """SELECT of contract lines with the term that `expected` needs.

    `lines` is a relation with value (ten-thousandths), unit (minor unit in ten-thousandths),
    term_start, term_months, closed_on (a date, or NULL for the end of the term), convention,
    rounding, start_rule and stop_rule. Added are: start_month, close_month, term_end, periods,
    denominator, and the fraction's numerator after the first period (first) and for each further
    one (step; NULL where the months count by their days). A start on the 1st makes both prorated
    conventions `even`. `whole` is the type that amounts and numerators are reckoned in,
    `term_end` the SQL of the term's last day.

    A stop within a month cuts period stop_period, NULL for most lines: it counts stop_days of its
    stop_of days, and then stop_elapsed / stop_parts of the value are earned, stop_share of them in
    that period. Without `cuts` no rule lets a stop cut a month, which is faster.

    With `kinds` a line may have a term of another kind (`recon.reconciliation.other_terms`); then
    `lines` has term_kind, ends_on and lasts as well, and ends_on goes before `term_end`.

    `evenly` is where every line is `even` from a full first month, which is planned and computed
    faster.
    """
    if evenly and not cuts and not kinds:
        return f"SELECT *, {_NO_STOP} FROM ({_spread_evenly(lines, whole, term_end)})"
    spread = spread_of_kinds(lines, whole) if kinds else _spread(lines, whole, term_end)
    if not cuts and not kinds:
        return f"SELECT *, {_NO_STOP} FROM ({spread})"
    return f"""
    SELECT * {"EXCLUDE (half_days, half_of)" if kinds else ""},
        CASE WHEN stop_period IS NULL THEN NULL WHEN step IS NULL THEN stop_days
            ELSE stop_part * stop_days END AS stop_share,
        CASE WHEN stop_period IS NULL THEN NULL WHEN step IS NULL THEN stop_before + stop_days
            ELSE stop_before * stop_of + stop_part * stop_days END AS stop_elapsed,
        CASE WHEN stop_period IS NULL THEN NULL WHEN step IS NULL THEN denominator
            ELSE denominator * stop_of END AS stop_parts
    FROM (
        SELECT *,
            CASE WHEN stop_period IS NOT NULL THEN elapsed_whole(stop_period - 1, {SPREAD}) END
                AS stop_before,
            CASE WHEN stop_period IS NOT NULL
                THEN elapsed_whole(stop_period, {SPREAD}) - stop_before END AS stop_part
        FROM ({_with_stop(spread, kinds)}))"""


def _spread_evenly(lines: str, whole: str, term_end: str) -> str:
    """SELECT of contract lines with an equal period per month."""
    counted = "term_days first_days month_days whole_months".split()
    return f"""
    SELECT *, CAST(term_months AS {whole}) AS denominator,
        CAST(1 AS {whole}) AS first, CAST(1 AS {whole}) AS step, term_months AS periods,
        least(month_index(coalesce(closed_on, term_end)),
            greatest(month_index(term_end), start_month)) AS close_month
    FROM (
        SELECT * REPLACE (CAST(value AS {whole}) AS value,
                CAST(term_months AS BIGINT) AS term_months),
            month_index(term_start) AS start_month, {term_end} AS term_end, 'even' AS basis,
            {", ".join(f"CAST(NULL AS {whole}) AS {column}" for column in counted)}
        FROM ({lines}))"""


def _spread(lines: str, whole: str, term_end: str) -> str:
    """SELECT of contract lines with the periods of their term."""
    return f"""
    SELECT *,
        CASE basis WHEN 'even' THEN term_months
            WHEN 'even_from_half' THEN 2 * term_months
            WHEN 'days_360' THEN 30 * term_months
            WHEN 'prorate_period_rate' THEN term_months * month_days
            WHEN 'prorate_day_rate' THEN term_days * whole_months
            ELSE term_days END AS denominator,
        CASE basis WHEN 'even' THEN 1 WHEN 'even_from_half' THEN 1
            WHEN 'days_360' THEN 31 - day_360(term_start)
            WHEN 'prorate_period_rate' THEN first_days
            WHEN 'prorate_day_rate' THEN first_days * whole_months END AS first,
        CASE basis WHEN 'even' THEN 1 WHEN 'even_from_half' THEN 2
            WHEN 'days_360' THEN month_360()
            WHEN 'prorate_period_rate' THEN month_days
            WHEN 'prorate_day_rate' THEN term_days - first_days - month_day(term_end) END AS step,
        CASE basis WHEN 'even' THEN term_months WHEN 'even_from_half' THEN term_months + 1
            ELSE month_index(term_end) - start_month + 1 END AS periods,
        -- A half month that is left falls into the month after the term, where it ends with one.
        CASE WHEN basis = 'even_from_half' AND coalesce(closed_on >= term_end, true)
            THEN least(start_month + term_months, {LAST_MONTH})
            ELSE least(month_index(coalesce(closed_on, term_end)),
                greatest(month_index(term_end), start_month)) END AS close_month
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
                month_index(term_start) + CAST(convention = 'even'
                    AND start_rule = 'rule_of_15' AND month_day(term_start) > 15 AS INTEGER)
                    AS start_month,
                {term_end} AS term_end,
                CASE WHEN convention = 'even' AND start_rule = 'half' THEN 'even_from_half'
                    WHEN month_day(term_start) = 1 AND convention <> 'exact_days'
                        AND (convention <> 'days_360' OR month_360() IS NOT NULL) THEN 'even'
                    ELSE convention END AS basis
            FROM ({lines})))"""


_STOP = "stop_period stop_days stop_of stop_before stop_part stop_share stop_elapsed stop_parts"
# The columns of a stop where none cuts a period.
_NO_STOP = ", ".join(f"CAST(NULL AS BIGINT) AS {column}" for column in _STOP.split())


_COUNTED = "term_days first_days month_days whole_months denominator first step periods close_month"
# The columns that `terms` adds, for relations without rows.
NO_TERM = f"""CAST(NULL AS BIGINT) AS start_month, CAST(NULL AS DATE) AS term_end,
    CAST(NULL AS VARCHAR) AS basis,
    {", ".join(f"CAST(NULL AS BIGINT) AS {column}" for column in _COUNTED.split())}, {_NO_STOP}"""


_LAST_HALF = (
    "WHEN half_of IS NOT NULL THEN 'half'",
    "WHEN cut = 'half' THEN half_days",
    "WHEN cut = 'half' THEN half_of",
)


def _with_stop(spread: str, kinds: bool) -> str:
    """SELECT of spread lines with the period of their stop.

    A stop on a month's last day leaves it whole, and so does the rule `full` for an even spread.
    With `kinds` a last month may have the half that is left.
    """
    half, half_days, half_of = _LAST_HALF if kinds else ("", "", "")
    return f"""
    SELECT * EXCLUDE (cut, cut_from, cut_to, cut_days, cut_of),
        CASE WHEN cut_days < cut_of THEN month_index(closed_on) - start_month + 1 END
            AS stop_period,
        CASE WHEN cut_days < cut_of THEN cut_days END AS stop_days,
        CASE WHEN cut_days < cut_of THEN cut_of END AS stop_of
    FROM (
        SELECT *,
            CASE WHEN cut IS NULL THEN NULL WHEN cut = 'none' OR closed_on < term_start THEN 0
                {half_days}
                WHEN cut = 'days_360' THEN days_360_of(term_start, cut_from, closed_on)
                ELSE closed_on - cut_from + 1 END AS cut_days,
            CASE {half_of} WHEN cut = 'none' THEN 1
                WHEN cut = 'days' THEN month_day(month_end(closed_on))
                WHEN cut = 'days_360' THEN days_360_of(term_start, cut_from, cut_to)
                ELSE cut_to - cut_from + 1 END AS cut_of
        FROM (
            SELECT *,
                CASE WHEN cut IS NOT NULL
                    THEN greatest(term_start, month_start(month_index(closed_on))) END AS cut_from,
                CASE WHEN cut IS NOT NULL THEN least(term_end, month_end(closed_on)) END AS cut_to
            FROM (
                SELECT *, CASE {half}
                    WHEN closed_on < term_end AND closed_on <> month_end(closed_on)
                    AND month_index(closed_on) >= start_month
                    AND (convention <> 'even' OR stop_rule <> 'full')
                    THEN CASE WHEN convention = 'even' THEN stop_rule ELSE convention END END AS cut
                FROM ({spread}))))"""
