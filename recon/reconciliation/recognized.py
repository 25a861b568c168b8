"""Recognized: the entries of a month, added up by key.

`recon.reconciliation.relations` lists the relations that it reads and makes.

The key of an entry is read once for all entries that spell it alike. To date counts every entry up
to the month, those before the start month too: revenue that was recognized early has been
recognized.
"""

from __future__ import annotations

from recon.base.month import Month
from recon.reconciliation.entry_intake import contracts_by_spelling
from recon.store.session import Session, is_any

# The key of an entry as it came.
GIVEN = "given_contract_id, given_revenue_type, given_currency"


def add_up(connection: Session, month: Month) -> None:
    """Add up the entries, and set invalid keys aside."""
    spelled = _sums_as_spelled(month, contracts_by_spelling(connection))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE entry_sums_as_spelled AS {spelled}")
    _merge_spellings(connection)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE ledger_span AS
        SELECT min(first_month) AS first_month, max(last_month) AS last_month
        FROM entry_sums_as_spelled WHERE keyed"""
    )
    compared = "FROM entry_sums_all"
    if _set_invalid_keys_aside(connection):
        compared += " ANTI JOIN invalid_contract_keys USING (id_key, type, currency)"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW entry_sums AS {compared}")


def _set_invalid_keys_aside(connection: Session) -> bool:
    """Create `invalid_contract_keys`; return whether there may be any.

    An invalid contract line takes its entries out of the comparison: measured against nothing they
    would break for a reason that is not theirs. A line of unknown type may be any type.
    """
    if not is_any(connection, "contracts_typed WHERE reason IS NOT NULL AND id IS NOT NULL"):
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE invalid_contract_keys(
                id_key VARCHAR, type VARCHAR, currency VARCHAR, reason VARCHAR)"""
        )
        return False
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE invalid_contract_keys AS
        WITH invalid AS (
            SELECT id_key, type, string_agg(DISTINCT reason, '; ' ORDER BY reason) AS reason
            FROM contracts_typed WHERE reason IS NOT NULL AND id IS NOT NULL
            GROUP BY id_key, type),
        met AS (
            SELECT s.id_key, s.type, s.currency, i.reason FROM entry_sums_all s
            JOIN invalid i ON i.id_key = s.id_key AND (i.type = s.type OR i.type IS NULL))
        SELECT id_key, type, currency, string_agg(reason, '; ' ORDER BY reason) AS reason
        FROM met ANTI JOIN (FROM contracts_typed WHERE reason IS NULL) USING (id_key, type)
        GROUP BY ALL"""
    )
    return True


def _sums_as_spelled(month: Month, contracts: str) -> str:
    """SELECT of sums, with lines that are spelled alike.

    Nearly every key is spelled as its contract row is, and then need not be read.
    """
    m = month.index
    return f"""
    WITH given AS MATERIALIZED (
        SELECT {GIVEN},
            sum(amount) FILTER (month = {m} AND NOT refused) AS recognized,
            count(amount) FILTER (month = {m} AND NOT refused) AS entries,
            sum(amount) FILTER (month <= {m} AND NOT refused) AS earned,
            min(month) AS first_month, max(month) AS last_month,
            bool_or(amount IS NULL OR month IS NULL OR refused) AS unread
        FROM entries_typed WHERE NOT repeated GROUP BY {GIVEN}),
    codes AS (
        SELECT *, type IS NOT NULL AND regexp_full_match(currency, '[A-Z]{{3}}') AS coded,
            -- One spelling of a type and a currency alone is looked up among the contract rows.
            CASE WHEN 1 = row_number() OVER (PARTITION BY type, currency ORDER BY keys DESC)
                THEN type END AS line_type
        FROM (
            SELECT * EXCLUDE type_folded, read_type(type_folded) AS type,
                read_currency(given_currency) AS currency
            FROM (
                SELECT given_revenue_type, given_currency, count(*) AS keys,
                    fold_type(given_revenue_type) AS type_folded
                FROM given GROUP BY given_revenue_type, given_currency)))
    SELECT * EXCLUDE (coded, line_id, line_key) REPLACE (
            coalesce(units_of(recognized), 0) AS recognized,
            coalesce(units_of(earned), 0) AS earned),
        CASE WHEN line IS NULL THEN accounting_key(id) ELSE line_key END AS id_key,
        id IS NOT NULL AND coded AS keyed
    FROM (
        SELECT g.*, k.type, k.currency, coded, line, line_id, line_key,
            CASE WHEN line IS NULL THEN read_id(given_contract_id) ELSE line_id END AS id
        FROM given g JOIN codes k
            ON g.given_revenue_type IS NOT DISTINCT FROM k.given_revenue_type
            AND g.given_currency IS NOT DISTINCT FROM k.given_currency
        LEFT JOIN ({contracts}) c
            ON c.line_id = given_contract_id AND c.type = line_type AND c.currency = k.currency)"""


def _merge_spellings(connection: Session) -> None:
    """Create `entry_sums_all`, the few keys with several spellings added up."""
    several = is_any(connection, "entry_sums_as_spelled WHERE keyed AND line IS NULL")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE entry_sums_merged AS {_MERGED if several else _NONE_MERGED}"
    )
    rest = "ANTI JOIN entry_sums_merged USING (id_key, type, currency)" if several else ""
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW entry_sums_all AS
        SELECT {_SUMS} FROM entry_sums_as_spelled {rest}
        WHERE keyed {"UNION ALL FROM entry_sums_merged" if several else ""}"""
    )


# Where every key is spelled as its contract row is, no two spell the same one.
_SUMS = "id_key, type, currency, id, id AS other_id, recognized, entries, earned, line"
_NONE_MERGED = f"SELECT {_SUMS} FROM entry_sums_as_spelled LIMIT 0"
_MERGED = """
        WITH odd AS (
            SELECT DISTINCT id_key, type, currency FROM entry_sums_as_spelled
            WHERE keyed AND line IS NULL)
        SELECT id_key, type, currency, min(id) AS id, max(id) AS other_id,
            sum(recognized) AS recognized, CAST(sum(entries) AS BIGINT) AS entries,
            sum(earned) AS earned, max(line) AS line
        FROM entry_sums_as_spelled SEMI JOIN odd USING (id_key, type, currency)
        WHERE keyed GROUP BY id_key, type, currency HAVING count(*) > 1"""
