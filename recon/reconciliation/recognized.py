"""Recognized: the entries of a month, added up by key.

`recon.reconciliation.relations` lists the relations that it reads and makes.

The key of an entry is read once for all entries that spell it alike. To date counts every entry up
to the month, those before the start month too: revenue that was recognized early has been
recognized.
"""

from __future__ import annotations

from recon.base.month import Month
from recon.store.session import Session

# The key of an entry as it came.
GIVEN = "given_contract_id, given_revenue_type, given_currency"


def add_up(connection: Session, month: Month) -> None:
    """Add up the entries, and set invalid keys aside."""
    spelled = _sums_as_spelled(month)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE entry_sums_as_spelled AS {spelled}")
    _merge_spellings(connection)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE ledger_span AS
        SELECT min(first_month) AS first_month, max(last_month) AS last_month
        FROM entry_sums_as_spelled WHERE keyed"""
    )
    # An invalid contract line takes its entries out of the comparison: measured against nothing
    # they would break for a reason that is not theirs. A line of unknown type may be any type.
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
        FROM met ANTI JOIN contracts_valid USING (id_key, type)
        GROUP BY ALL"""
    )
    connection.execute(
        """CREATE OR REPLACE TEMP VIEW entry_sums AS
        SELECT * FROM entry_sums_all
        ANTI JOIN invalid_contract_keys USING (id_key, type, currency)"""
    )


def _sums_as_spelled(month: Month) -> str:
    m = month.index
    return f"""
    WITH given AS (
        SELECT {GIVEN},
            sum(amount) FILTER (month = {m} AND NOT refused) AS recognized,
            count(amount) FILTER (month = {m} AND NOT refused) AS entries,
            sum(amount) FILTER (month <= {m} AND NOT refused) AS earned,
            min(month) AS first_month, max(month) AS last_month,
            bool_or(amount IS NULL OR month IS NULL OR refused) AS unread
        FROM entries_typed WHERE NOT repeated GROUP BY {GIVEN})
    SELECT * EXCLUDE type_folded REPLACE (coalesce(units_of(recognized), 0) AS recognized,
            coalesce(units_of(earned), 0) AS earned),
        hash(id_key, type, currency) AS key,
        id IS NOT NULL AND type IS NOT NULL AND regexp_full_match(currency, '[A-Z]{{3}}') AS keyed
    FROM (SELECT *, accounting_key(id) AS id_key FROM (
        SELECT *, read_id(given_contract_id) AS id, read_type(type_folded) AS type,
            read_currency(given_currency) AS currency
        FROM (SELECT *, fold_type(given_revenue_type) AS type_folded FROM given)))"""


def same_key(one: str, other: str) -> str:
    """Condition that two relations have the same key as spelled."""
    return " AND ".join(f"{one}.{c} IS NOT DISTINCT FROM {other}.{c}" for c in GIVEN.split(", "))


def _merge_spellings(connection: Session) -> None:
    """Create `entry_sums_all`, the few keys with several spellings added up."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE entry_sums_merged AS
        WITH often AS (
            SELECT key FROM entry_sums_as_spelled WHERE keyed GROUP BY key HAVING count(*) > 1)
        SELECT id_key, type, currency, min(id) AS id, max(id) AS other_id, any_value(key) AS key,
            sum(recognized) AS recognized, CAST(sum(entries) AS BIGINT) AS entries,
            sum(earned) AS earned
        FROM entry_sums_as_spelled SEMI JOIN often USING (key)
        WHERE keyed GROUP BY id_key, type, currency"""
    )
    connection.execute(
        """CREATE OR REPLACE TEMP VIEW entry_sums_all AS
        SELECT id_key, type, currency, id, id AS other_id, recognized, entries, earned
        FROM entry_sums_as_spelled ANTI JOIN entry_sums_merged USING (key) WHERE keyed
        UNION ALL SELECT * EXCLUDE key FROM entry_sums_merged"""
    )
