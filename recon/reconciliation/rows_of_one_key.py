"""Rows of one key, which would be one line.

By the policy all of them are refused, or they add up, or are versions of one contract.
`recon.reconciliation.relations` lists the relations that it reads and changes.
"""

from __future__ import annotations

from recon.base.policy import Policy, SameKey
from recon.store.session import Session, is_any


def judge_rows_of_one_key(connection: Session, policy: Policy) -> None:
    """Give reasons to rows of `contracts_typed` that share a key."""
    if policy.same_key is SameKey.REFUSE:
        _refuse_same_key(connection)
        # Rows that differ only in case have several ids.
        if is_any(connection, "duplicate_contract_keys WHERE contains(ids, ', ')"):
            _name_the_setting_of_case(connection)
    else:
        if policy.same_key is SameKey.VERSIONS:
            _refuse_versions_of_one_day(connection)
        _refuse_partial_sums(connection)


def _refuse_same_key(connection: Session) -> None:
    """Give every row of a duplicate key its reason.

    None of them is the right one.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = concat_ws('; ', reason,
            'duplicate key: ' || d.rows || ' rows of ' || d.ids || ', ' || d.type
            || ' (policy.same_key = "add" adds them up)')
        FROM duplicate_contract_keys d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type"""
    )


def _name_the_setting_of_case(connection: Session) -> None:
    """Name the setting where ids differ only in case.

    With `[policy] ids = "exact"` each of them has a key of its own.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = reason || '; their ids differ only in case: '
            || 'if case counts, set [policy] ids = "exact"'
        FROM (
            SELECT id_key, type FROM contracts_typed
            SEMI JOIN duplicate_contract_keys USING (id_key, type)
            GROUP BY id_key, type HAVING count(DISTINCT exact_id(id)) = count(*)
                AND count(DISTINCT lower(exact_id(id))) = 1) apart
        WHERE apart.id_key = contracts_typed.id_key AND apart.type = contracts_typed.type"""
    )


def _refuse_versions_of_one_day(connection: Session) -> None:
    """Give a reason to versions of the same day."""
    connection.execute(
        """UPDATE contracts_typed SET reason = concat_ws('; ', reason,
            CASE WHEN unsaid > 1 THEN 'valid_from is missing, as in another row of its key'
            ELSE 'another version is valid from ' || d.day || ', too' END)
        FROM (
            SELECT id_key, type, currency, coalesce(valid_from, started_on) AS day,
                count(*) FILTER (valid_from IS NULL) AS unsaid
            FROM contracts_typed SEMI JOIN duplicate_contract_keys USING (id_key, type)
            GROUP BY ALL HAVING count(*) > 1) d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type
            AND d.currency = contracts_typed.currency
            AND d.day = coalesce(contracts_typed.valid_from, contracts_typed.started_on)"""
    )


def _refuse_partial_sums(connection: Session) -> None:
    """Give every row beside an invalid one a reason.

    The sum of the other rows of its key is not the expected revenue of the line.
    """
    connection.execute(
        """UPDATE contracts_typed SET reason = 'another row of its key is invalid'
        FROM (
            SELECT DISTINCT id_key, type FROM contracts_typed
            SEMI JOIN duplicate_contract_keys USING (id_key, type) WHERE reason IS NOT NULL) d
        WHERE d.id_key = contracts_typed.id_key AND d.type = contracts_typed.type
            AND contracts_typed.reason IS NULL"""
    )
