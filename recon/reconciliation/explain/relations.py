"""Relations of a contract: its entries, lines and months.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from typing import Any

from recon.base.errors import UsageError
from recon.base.month import Month
from recon.reconciliation.causes.gather import FLAGGED
from recon.reconciliation.expected import TERM, for_uneven_terms
from recon.reconciliation.known_terms import with_terms
from recon.reconciliation.other_terms import LAST_MONTH
from recon.reconciliation.versions import in_force
from recon.store.session import Session, is_any, literal

NEAREST = 3

Row = dict[str, Any]


def collect(session: Session, contract_id: str, month: Month) -> str:
    """Collect a contract; return its id as spelled.

    It creates `contract_entries` and `contract_lines`. The id is matched as ids are;
    analytics' spelling goes first. Raises UsageError with the nearest ids where neither side knows
    the contract.
    """
    wanted = contract_id.strip()
    of_contract = f"id_key = {_key(session, wanted)}"
    _collect_entries(session, of_contract)
    found = session.execute(
        f"""SELECT id FROM (
            SELECT 1 AS side, id FROM contracts_typed WHERE {of_contract}
            UNION ALL SELECT 2, id FROM contract_entries)
        ORDER BY side, id LIMIT 1"""
    ).fetchone()
    if found is None:
        nearest = _nearest(session, wanted)
        near = f"; the nearest ids are {', '.join(nearest)}." if nearest else "."
        raise UsageError(f"Neither analytics nor accounting has a contract '{wanted}'{near}")
    for_uneven_terms(session)
    _collect_lines(session, of_contract, month)
    return str(found[0])


def _key(session: Session, wanted: str) -> str:
    """SQL of the key of an id on either side."""
    key = f"analytics_key({literal(wanted)})"
    known = is_any(session, f"contracts_typed WHERE id_key = {key}")
    return key if known else f"accounting_key({literal(wanted)})"


def _nearest(session: Session, wanted: str) -> list[str]:
    rows = session.execute(
        f"""SELECT min(id) FROM (
            SELECT id, id_key FROM contracts_typed
            UNION SELECT id, id_key FROM entries_of('entries_raw'))
        WHERE id_key IS NOT NULL GROUP BY id_key
        ORDER BY damerau_levenshtein(id_key, analytics_key({literal(wanted)})), id_key
        LIMIT {NEAREST}"""
    ).fetchall()
    return [row[0] for row in rows]


def called(session: Session, text: str) -> list[str]:
    """The contracts that a contract, entry, customer or owner names.

    They are those that are called so as a whole or, where nothing is, by a beginning.
    """
    wanted = f"lower({literal(text.strip())})"
    rows = session.execute(
        f"""WITH names AS (
            SELECT id, unnest([id, customer, owner]) AS name FROM contracts_typed
            UNION ALL SELECT id, unnest([id, entry_id]) FROM entries_of('entries_raw'))
        SELECT id, bool_or(lower(trim(name)) = {wanted}) FROM names
        WHERE id IS NOT NULL AND starts_with(lower(trim(name)), {wanted})
        GROUP BY id ORDER BY id"""
    ).fetchall()
    return [row[0] for row in rows if row[1]] or [row[0] for row in rows]


def _collect_entries(session: Session, of_contract: str) -> None:
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE contract_entries AS
        SELECT e.* REPLACE (coalesce(e.reason, 'its contract line is invalid: ' || b.reason)
            AS reason)
        FROM entries_of('entries_raw_numbered') e
        LEFT JOIN invalid_contract_keys b USING (id_key, type, currency)
        WHERE e.{of_contract}"""
    )


def _collect_lines(session: Session, of_contract: str, month: Month) -> None:
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE contract_lines AS
        WITH compared AS (
            SELECT l.*, months_broken FROM ({with_terms(session, f"lines WHERE {of_contract}")}) l
            LEFT JOIN break_causes USING (line)),
        others AS (
            SELECT type, currency, coalesce(first(unit), 100) AS unit, false AS on_contract,
                EXISTS (FROM contracts_typed WHERE {of_contract}) AS known_contract,
                0 AS expected, 0 AS recognized, 0 AS to_date_expected,
                coalesce(sum(amount) FILTER (month <= {month.index}), 0) AS to_date_recognized
            FROM contract_entries LEFT JOIN units USING (currency)
            ANTI JOIN compared USING (type, currency)
            WHERE reason IS NULL GROUP BY type, currency)
        SELECT * FROM compared UNION ALL BY NAME SELECT * FROM others"""
    )


def lines(session: Session, month: Month) -> list[Row]:
    """Lines with their terms' progress and each rule's allowance.

    The allowance of the rate alone is `allowed` with the other rules set to nothing. Python knows
    no day after the year 9999, so a term that goes on ends in it.
    """
    added = _added(session, month)
    return _rows(
        session,
        f"""WITH found AS (
            SELECT * REPLACE (CASE WHEN term_kind = 'month' THEN full_end
                    ELSE least(term_end, DATE '9999-12-31') END AS term_end,
                CASE WHEN term_kind = 'month' THEN last_day
                    WHEN closed_on <= DATE '9999-12-31' THEN closed_on END AS closed_on),
            {FLAGGED} AS flags, accrued(periods, {TERM}) AS full_value,
            term_kind = 'month' OR coalesce(added_monthly, false) AS has_no_total,
            accrued(periods_by(close_month, {TERM}), {TERM}) AS earned_by_close,
            elapsed(period - 1, {TERM}) AS elapsed_before, elapsed(period, {TERM}) AS elapsed_now,
            term_parts(period - 1, {TERM}) AS parts_before, term_parts(period, {TERM}) AS parts_now,
            accrued(period - 1, {TERM}) AS earned_before, accrued(period, {TERM}) AS earned,
            allowed(expected, ppm, 0, NULL, 0, unit) AS by_rate,
            rounding_allowance(term_months, unit) AS by_rounding
        FROM (
            SELECT *, {month.index} - start_month + 1 AS period,
                CASE WHEN term_kind <> 'month' OR close_month < {LAST_MONTH}
                    THEN least(close_month, start_month + periods - 1) END AS last_month
            FROM contract_lines LEFT JOIN ({added}) USING (line)) l)
        SELECT * REPLACE (coalesce(added_value, full_value) AS full_value),
            coalesce(added_remainder, full_value - earned_by_close) AS never_earned
        FROM found ORDER BY NOT on_contract, type, currency""",
    )


def _added(session: Session, month: Month) -> str:
    """SELECT of the lines whose contract rows are added up."""
    if not is_any(session, "added_rows"):
        # Planning the sums of rows takes longer than all the rest.
        return _NONE_ADDED
    m = month.index
    return f"""
        SELECT line, min(start_month) AS first_month,
            max(CASE WHEN term_kind <> 'month' THEN greatest(close_month, start_month + periods - 1)
                WHEN close_month < {LAST_MONTH} THEN close_month END) AS final_month,
            bool_or(term_kind = 'month') AS added_monthly,
            list(row_to_date({m}, p) - row_to_date({m - 1}, p) ORDER BY row) AS shares,
            max(version) AS versions, count(*) FILTER (version IS NULL OR {in_force(m)}) AS holding,
            sum(worth) AS added_value,
            sum(worth) - sum(row_to_date({LAST_MONTH}, p)) AS added_remainder
        FROM added_rows p GROUP BY line"""


_NONE_ADDED = """
    SELECT line, NULL AS first_month, NULL AS final_month, NULL AS added_monthly, NULL AS shares,
        NULL AS versions, NULL AS holding, NULL AS added_value, NULL AS added_remainder
    FROM added_rows"""


def months(session: Session, month: Month) -> list[Row]:
    """Months of the lines: term, entries, and the reconciled one."""
    m = month.index
    return _rows(
        session,
        f"""WITH posted AS (
            SELECT type, currency, month, sum(amount) AS recognized, count(*) AS entries
            FROM contract_entries WHERE reason IS NULL GROUP BY type, currency, month),
        spans AS (
            SELECT l.*, least(first_month, start_month, {m}, p.earliest) AS from_month,
                greatest({m}, p.latest) AS known_month,
                greatest(final_month,
                    CASE WHEN term_kind <> 'month' OR close_month < {LAST_MONTH}
                        THEN close_month END,
                    {m}, p.latest) AS to_month
            FROM (SELECT * REPLACE (least(close_month, start_month + periods - 1) AS close_month)
                FROM contract_lines LEFT JOIN ({_added(session, month)}) USING (line)) l
            LEFT JOIN (SELECT type, currency, min(month) AS earliest, max(month) AS latest
                FROM posted GROUP BY type, currency) p USING (type, currency)),
        spread AS (
            -- And the month before, from whose end on the first one counts.
            SELECT * EXCLUDE (recognized, entries),
                unnest(range(from_month - 1, to_month + 1)) AS month
            FROM spans),
        earned AS ({_earned(session)})
        SELECT type, currency, month,
            to_date - lag(to_date, 1, 0) OVER by_month AS expected,
            coalesce(p.recognized, 0) AS recognized, to_date AS to_date_expected,
            sum(coalesce(p.recognized, 0)) OVER by_month AS to_date_recognized,
            coalesce(p.entries, 0) AS entries, month > known_month AS to_come
        FROM earned s LEFT JOIN posted p USING (type, currency, month)
        WINDOW by_month AS (PARTITION BY type, currency ORDER BY month)
        QUALIFY month >= from_month
        ORDER BY type, currency, month""",
    )


def _earned(session: Session) -> str:
    """SELECT of `spread` with each month's amount earned to date."""
    own = f"accrued(periods_by(s.month, {TERM}), {TERM})"
    if not is_any(session, "added_rows"):
        return f"SELECT *, CASE WHEN on_contract THEN {own} ELSE 0 END AS to_date FROM spread s"
    return f"""
        SELECT s.*, CASE WHEN on_contract THEN coalesce(added, {own}) ELSE 0 END AS to_date
        FROM spread s LEFT JOIN (
            SELECT s.line, s.month, sum(row_to_date(s.month, p)) AS added
            FROM spread s JOIN added_rows p USING (line) GROUP BY s.line, s.month)
            USING (line, month)"""


def entries(session: Session) -> list[Row]:
    """Entries of the contract, in the order of the books."""
    return _rows(
        session, "SELECT * FROM contract_entries ORDER BY month, posted_at, entry_id, amount, row"
    )


def invalid_rows(session: Session, contract_id: str) -> list[Row]:
    """Contract rows of the contract that cannot be compared."""
    return _rows(
        session,
        f"""SELECT * EXCLUDE r.type FROM contracts_typed LEFT JOIN rules r USING (rule)
        WHERE id_key = {_key(session, contract_id)} AND reason IS NOT NULL ORDER BY row""",
    )


def _rows(session: Session, query: str) -> list[Row]:
    cursor = session.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
