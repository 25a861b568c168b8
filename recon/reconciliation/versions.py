"""Versions: contract rows in force from a month on.

The rows of a contract are put in the order of the days from which they are valid; the first holds
from the contract's start. A version counts its months from that start, too. Of two that are valid
from the same month, the later one holds and the other is void.

Each version becomes a row of `added_rows` that gives what is due in its own months, so that the sum
of the rows is what is due of the line. By `prospective` the rest of the value is spread over the
rest of the term: E + r((V - E) (c(k) - c(k0)) / (1 - c(k0))), with E expected before the month k0.
By `catch_up` the month of the change takes the line to what the new version would have given, which
is its own amount less E, `base`. A monthly value holds from its month on by either rule.

A version that begins after its own term gives the rest at once, unless it stopped before.
"""

from __future__ import annotations

from recon.base.policy import Amendment
from recon.reconciliation.contract_intake import with_term
from recon.reconciliation.expected import SPREAD, TERM, terms
from recon.reconciliation.other_terms import LAST_MONTH

_OF_TERM = (
    "over_time, last_day, reached_on, term_kind, full_end, ends_on, lasts, term_start, "
    "term_months, closed_on"
)
# The columns of a row that is added up besides those of its term, where rows just add up.
ADDED = """CAST(NULL AS BIGINT) AS version, CAST(NULL AS BIGINT) AS from_month, false AS void,
        close_month AS own_close, 0 AS base,
        CASE WHEN term_kind <> 'month' THEN rounded(value, 1, 1, unit) END AS worth"""


def in_force(m: int) -> str:
    """Condition that a row is in force by month m."""
    return f"NOT void AND coalesce(from_month, 0) <= {m}"


def version_rows(several: str, whole: str, kinds: bool, amendment: Amendment) -> str:
    """SELECT of versions with the terms of their months.

    `several` are the contract rows with a key in common, as after FROM. The columns are those of
    `added_rows`.
    """
    return f"""
    WITH RECURSIVE ordered AS ({_ordered(several)}),
    termed AS (FROM ({terms(with_term(_from_start(), kinds), whole, kinds=kinds)})),
    shifted AS ({_shifted(amendment)}),
    worthy AS (
        SELECT *, close_month AS own_close, CASE WHEN void THEN 0
            WHEN term_kind <> 'month' THEN rounded(value, 1, 1, unit) - coalesce(
                lag(rounded(value, 1, 1, unit)) OVER (PARTITION BY line, void ORDER BY version), 0)
            END AS worth
        FROM shifted),
    chain AS (
        SELECT * REPLACE (CAST(0 AS {whole}) AS base),
            CAST({_earned("0", "worthy")} AS {whole}) AS earned_after
        FROM worthy WHERE version = 1
        UNION ALL
        SELECT * EXCLUDE earned, CAST({_earned("earned", "t")} AS {whole})
        FROM (
            SELECT s.* REPLACE (
                    CAST({_value(amendment)} AS {whole}) AS value,
                    CAST({_base(amendment)} AS {whole}) AS base),
                c.earned_after AS earned
            FROM worthy s JOIN chain c ON s.line = c.line AND s.version = c.version + 1) t)
    SELECT line, * EXCLUDE (line, until, earned_after)
        REPLACE (least(close_month, until) AS close_month)
    FROM chain"""


def _earned(before: str, rows: str) -> str:
    """SQL of a line's amount before its next version."""
    return f"{before} + row_to_date(coalesce(until, {LAST_MONTH}), {rows})"


def _value(amendment: Amendment) -> str:
    if amendment is Amendment.CATCH_UP:
        return "s.value"
    return "CASE WHEN s.term_kind = 'month' THEN s.value ELSE s.value - c.earned_after END"


def _base(amendment: Amendment) -> str:
    after = "c.earned_after" if amendment is Amendment.CATCH_UP else "0"
    return f"CASE WHEN s.term_kind = 'month' THEN s.base ELSE {after} END"


def _ordered(several: str) -> str:
    """SELECT of a key's rows in the order of validity."""
    return f"""
        SELECT *, row_number() OVER of_key AS version, min(row) OVER of_line AS line,
            first_value(started_on) OVER of_key AS first_start,
            first_value(booked_on) OVER of_key AS first_booked,
            month_index(coalesce(valid_from, started_on)) AS valid_month
        FROM ({several})
        WINDOW of_line AS (PARTITION BY id_key, type, currency),
            of_key AS (PARTITION BY id_key, type, currency
                ORDER BY coalesce(valid_from, started_on), row)
        QUALIFY count(*) OVER of_line > 1"""


def _from_start() -> str:
    """SELECT of versions that count from the contract's start."""
    return f"""
        SELECT * EXCLUDE ({_OF_TERM}, first_start, first_booked, valid_month)
            REPLACE (first_start AS started_on, first_booked AS booked_on),
            CASE WHEN version > 1 THEN valid_month END AS from_month,
            lead(valid_month) OVER (PARTITION BY line ORDER BY version) - 1 AS until,
            coalesce(version > 1 AND valid_month > until, false) AS void
        FROM ordered"""


def _shifted(amendment: Amendment) -> str:
    """SELECT of versions, shortened to the rest of their term.

    k0 are the periods of its own term that are over before a version holds. The base of a monthly
    value is what it would have given before.
    """
    before = f"""CASE WHEN term_kind = 'month' AND from_month IS NOT NULL
        THEN own_accrued(periods_by(from_month - 1, {TERM}), {TERM}) ELSE 0 END AS base"""
    if amendment is Amendment.CATCH_UP:
        return f"SELECT *, {before} FROM termed t"
    return f"""
        SELECT * EXCLUDE (k0, e0, counted, over, stopped) REPLACE (
            CASE WHEN k0 > 0 THEN from_month ELSE start_month END AS start_month,
            CASE WHEN k0 > 0 AND step IS NULL THEN month_start(from_month) ELSE term_start END
                AS term_start,
            CASE WHEN over THEN 1 ELSE denominator - e0 END AS denominator,
            CASE WHEN over THEN 1 WHEN k0 = 0 THEN first
                ELSE elapsed_whole(k0 + 1, {SPREAD}) - e0 END AS first,
            CASE WHEN over THEN 1 ELSE step END AS step,
            CASE WHEN over THEN 1 ELSE periods - k0 END AS periods,
            CASE WHEN over OR stop_period <= k0 THEN NULL ELSE stop_period - k0 END AS stop_period,
            stop_elapsed - e0 * counted AS stop_elapsed, stop_parts - e0 * counted AS stop_parts,
            CASE WHEN NOT over THEN close_month WHEN stopped THEN from_month - 1
                ELSE from_month END AS close_month)
        FROM (
            SELECT *, elapsed_whole(k0, {SPREAD}) AS e0, stop_parts // denominator AS counted,
                k0 >= periods AS over,
                elapsed(close_month - start_month + 1, {TERM})
                    < term_parts(close_month - start_month + 1, {TERM}) AS stopped,
                {before}
            FROM (
                SELECT *, CASE WHEN void OR from_month IS NULL OR term_kind = 'month' THEN 0
                    ELSE greatest(from_month - start_month, 0) END AS k0
                FROM termed) t) s"""
