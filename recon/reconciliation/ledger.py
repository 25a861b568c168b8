"""Ledger: the months that accounting delivers, apart from strays.

Outside of them an entry that lacks proves nothing. A single entry that is dated long ago is no
beginning: a month is covered where as large a share of the active contract lines has begun to be
posted, and has not ended, as in other months.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from recon.base.month import Month
from recon.reconciliation.compare import CARRIED
from recon.reconciliation.expected import TERM
from recon.reconciliation.known_terms import with_terms
from recon.reconciliation.policy_sql import ALLOWANCE
from recon.store.session import Session, is_any

# Of fewer lines a share proves nothing: each month with an entry is covered.
_FEW_LINES = 10
# A covered month has at least this part of the largest share of lines, and of the most keys.
_OF_SHARE, _OF_KEYS = 3, 100
_MILLION = 1_000_000


def create_ledger_months(connection: Session) -> None:
    """Create `ledger_months`: how many keys begin and end in each."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE ledger_months AS
        SELECT month, CAST(sum(begins) AS BIGINT) AS begins, CAST(sum(ends) AS BIGINT) AS ends
        FROM (
            SELECT first_month AS month, count(*) AS begins, 0 AS ends
            FROM entry_sums_as_spelled WHERE keyed GROUP BY first_month
            UNION ALL SELECT last_month, 0, count(*)
            FROM entry_sums_as_spelled WHERE keyed GROUP BY last_month)
        WHERE month IS NOT NULL GROUP BY month"""
    )


def create_ledger_cover(connection: Session) -> None:
    """Create `ledger_cover`: the first and the last covered month."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE ledger_cover AS
        WITH changes AS (
            SELECT month, begins AS keys, 0 AS lines FROM ledger_months
            UNION ALL SELECT month + 1, -ends, 0 FROM ledger_months
            UNION ALL SELECT start_month, 0, count(*) FROM lines_compared
            WHERE on_contract GROUP BY start_month
            UNION ALL SELECT close_month + 1, 0, -count(*) FROM lines_compared
            WHERE on_contract GROUP BY close_month),
        spans AS (
            SELECT month, lead(month) OVER by_month - 1 AS until,
                sum(sum(keys)) OVER by_month AS keys, sum(sum(lines)) OVER by_month AS lines
            FROM changes GROUP BY month WINDOW by_month AS (ORDER BY month)),
        shares AS (
            SELECT *, least(keys, lines) * {_MILLION} // nullif(lines, 0) AS share,
                max(keys) OVER () AS most, max(lines) OVER () < {_FEW_LINES} AS few
            FROM spans WHERE keys > 0)
        SELECT min(month) AS first_month, max(until) AS last_month
        FROM (
            SELECT *, max(share) FILTER ({_OF_KEYS} * keys >= most) OVER () AS largest
            FROM shares)
        WHERE few OR {_OF_KEYS} * keys >= most AND {_OF_SHARE} * coalesce(share, largest, 0)
            >= coalesce(largest, 0)"""
    )


def create_lines_uncovered(connection: Session, month: Month) -> None:
    """Create `lines_uncovered`: lines lacking months before the ledger.

    They agree this month, start before the ledger, and agree since it begins. Nobody knows why they
    do not agree to date, and a notice says so once for all of them.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE lines_uncovered(line BIGINT)")
    begun = f"{CARRIED} AND start_month < first_month"
    if not is_any(connection, f"lines_compared CROSS JOIN ledger_cover WHERE {begun}"):
        return
    lines = with_terms(
        connection, f"(FROM lines ANTI JOIN added_rows USING (line) WHERE {CARRIED})"
    )
    connection.execute(
        f"""INSERT INTO lines_uncovered SELECT line FROM (
            SELECT *, own_accrued(periods_by(least(first_month - 1, {month.index}), {TERM}), {TERM})
                    AS before
            FROM ({lines}) CROSS JOIN ledger_cover WHERE start_month < first_month)
        WHERE within(to_date_recognized - to_date_expected + before,
            to_date_expected - before, {ALLOWANCE})"""
    )
