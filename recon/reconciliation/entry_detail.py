"""Entry detail: the ledger's entries that a comparison asks for.

`recon.reconciliation.relations` lists the relations that it reads and makes.

`entry_control_totals` counts the month's entries as they came, apart from the comparison, which is
tied to it. An entry whose period names no month may be one of the month, and counts as one. The
detail of entries is looked up only under keys where something was found: to read every entry once
more would cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.month import Month
from recon.base.result import Side
from recon.reconciliation.compare import BROKEN, CARRIED, LACKING, LARGEST_CARRIED
from recon.reconciliation.entry_intake import compliance_name, entries_of_known_keys
from recon.reconciliation.ledger import create_ledger_months
from recon.reconciliation.recognized import GIVEN
from recon.store.session import Session, is_any, literal, name

# An entry in the wrong month is looked for so many months away.
A_YEAR = 12


def read_again(connection: Session, month: Month, compliance: Sequence[str]) -> None:
    """Create the relations of this module from the compared lines."""
    delivered = _control_totals(month)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE entry_control_totals AS {delivered}")
    _create_repeated_rows(connection, month)
    _reread(connection, month)
    _create_break_entries(connection, month)
    _create_entries_invalid(connection, month)
    _create_entries_unread(connection, month)
    _create_recognized_months(connection, month)
    _create_posted_months(connection, month)
    _create_carried_entries(connection, month)
    _create_compliance_blanks(connection, month, compliance)
    create_ledger_months(connection)


def in_scope(month: Month) -> str:
    """Condition that an entry is one of the month.

    An entry whose period names no month may be.
    """
    return f"(month IS NULL OR month = {month.index})"


def _control_totals(month: Month) -> str:
    return f"""
    SELECT currency, CAST(sum(rows) AS BIGINT) AS rows, coalesce(units_of(sum(total)), 0) AS total,
        CAST(sum(finer) AS BIGINT) AS finer, CAST(sum(repeated) AS BIGINT) AS repeated,
        coalesce(units_of(sum(repeated_total)), 0) AS repeated_total
    FROM (
        SELECT given_currency, read_currency(given_currency) AS currency, count(*) AS rows,
            sum(amount) AS total, count(*) FILTER (finer) AS finer,
            count(*) FILTER (repeated) AS repeated,
            sum(amount) FILTER (repeated) AS repeated_total
        FROM entries_typed WHERE {in_scope(month)} GROUP BY given_currency)
    GROUP BY currency"""


def _create_repeated_rows(connection: Session, month: Month) -> None:
    """Create `repeated_rows`: the first one of each side.

    `row` is equal to the earlier row `place`.
    """
    listed = is_any(connection, "entries_repeated")
    entries = f"""
        SELECT '{Side.ACCOUNTING}' AS side, row, place, entry_id AS id
        FROM entries_repeated SEMI JOIN (
            SELECT row FROM entries_typed WHERE repeated AND {in_scope(month)}) USING (row)
        ORDER BY row LIMIT 1"""
    contracts = f"""
        SELECT '{Side.ANALYTICS}' AS side, row, place, id
        FROM contracts_repeated ORDER BY row LIMIT 1"""
    parts = f"(FROM ({contracts}))" + (f" UNION ALL (FROM ({entries}))" if listed else "")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE repeated_rows AS {parts}")


def _reread(connection: Session, month: Month) -> None:
    """Create `entries_reread`: entries under `keys_to_reread`, typed.

    These are the keys of broken lines (line), and those under which some entry cannot be compared
    (suspect), be it that its contract line is invalid (blocked says why). A year around is asked
    for (far) where another month may have what the line lacks, or lack what it has.
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE keys_to_reread AS
        SELECT {GIVEN}, id, id_key, type, currency, c.line, coalesce(far, false) AS far,
            b.reason AS blocked, k.carried, unread OR NOT keyed OR b.reason IS NOT NULL AS suspect
        FROM entry_sums_as_spelled LEFT JOIN invalid_contract_keys b USING (id_key, type, currency)
        LEFT JOIN (
            SELECT line, id_key, type, currency, {LACKING}
                OR to_date_recognized - to_date_expected <> difference OR last_month > {m + 1}
                AS far
            FROM lines_compared CROSS JOIN ledger_span WHERE {BROKEN}) c
            USING (id_key, type, currency)
        LEFT JOIN (
            SELECT line AS carried, id_key, type, currency FROM lines_compared
            WHERE {CARRIED} ORDER BY {LARGEST_CARRIED}) k USING (id_key, type, currency)
        WHERE c.line IS NOT NULL OR carried IS NOT NULL OR suspect"""
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE entries_reread {_reread_rows(connection, m)}")


def _reread_rows(connection: Session, m: int) -> str:
    """Definition of `entries_reread`; no more is planned than there is.

    Without keys there are no entries, and only suspect ones have a reason.
    """
    blanks = ", ".join(f"bool_or({column} IS NULL)" for column in GIVEN.split(", "))
    keys, suspect, *blank = connection.execute(
        f"SELECT count(*), bool_or(suspect), {blanks} FROM keys_to_reread"
    ).fetchone() or (0, False)
    if not keys:
        return f"({_REREAD_COLUMNS})"
    # Plain equality is faster, and finds every key that has no blank in it.
    same = " AND ".join(
        f"e.{column} {'IS NOT DISTINCT FROM' if any_blank else '='} a.{column}"
        for column, any_blank in zip(GIVEN.split(", "), blank, strict=True)
    )
    found = f"""
        SELECT e.*, a.* EXCLUDE ({GIVEN})
        FROM entries_raw_numbered e JOIN keys_to_reread a ON {same}"""
    return f"""AS
        SELECT row, line, far, blocked, suspect, carried, entry_id, id_key, type, currency,
            amount, month, stands_for, document_ref, posted_at, given_currency IS NULL AS assumed,
            reason
        FROM ({entries_of_known_keys(connection, found, bool(suspect))})
        WHERE suspect OR month <= {m + 1}
            OR (far AND month BETWEEN {m - A_YEAR} AND {m + A_YEAR})"""


_REREAD_COLUMNS = """row BIGINT, line BIGINT, far BOOLEAN, blocked VARCHAR, suspect BOOLEAN,
    carried BIGINT, entry_id VARCHAR, id_key VARCHAR, type VARCHAR, currency VARCHAR,
    amount BIGINT, month BIGINT, stands_for BIGINT, document_ref VARCHAR, posted_at VARCHAR,
    assumed BOOLEAN, reason VARCHAR"""


def _create_break_entries(connection: Session, month: Month) -> None:
    """Create `break_entries`, without the sums of several months."""
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE break_entries AS
        SELECT line, month - {m} AS distance, entry_id, amount, document_ref, posted_at, assumed
        FROM entries_reread
        WHERE line IS NOT NULL AND reason IS NULL AND (month BETWEEN {m - 2} AND {m + 1}
            OR stands_for = 1 AND month BETWEEN {m - A_YEAR} AND {m + A_YEAR})"""
    )


def _create_entries_invalid(connection: Session, month: Month) -> None:
    """Create `entries_invalid`.

    Only entries in scope have a place: a file that holds every month and a database that is asked
    for one give the same place.
    """
    m, scope = month.index, in_scope(month)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE entries_invalid AS
        SELECT row, CAST(NULL AS BIGINT) AS place, entry_id, id_key, currency, amount, month,
            stands_for,
            coalesce(reason, 'its contract line is invalid: ' || blocked) AS reason,
            reason IS NOT NULL AS unread
        FROM entries_reread
        WHERE suspect AND CASE WHEN reason IS NOT NULL THEN coalesce(month <= {m + 1}, true)
            ELSE blocked IS NOT NULL AND month BETWEEN {m - 1} AND {m + 1} END"""
    )
    if is_any(connection, f"entries_invalid WHERE {scope}"):
        connection.execute(
            f"""UPDATE entries_invalid SET place = places.place FROM (
                SELECT row, row_number() OVER (ORDER BY row) AS place
                FROM entries_typed WHERE {scope}) places
            WHERE places.row = entries_invalid.row"""
        )


def _create_entries_unread(connection: Session, month: Month) -> None:
    """Create `entries_unread`; each may be the line's missing entry."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE entries_unread AS
        SELECT c.line, r.row, r.entry_id, r.reason
        FROM (FROM lines_compared WHERE {BROKEN}) c JOIN entries_reread r
            ON r.id_key = c.id_key AND coalesce(r.type, c.type) = c.type
            AND (r.currency = c.currency OR NOT regexp_full_match(r.currency, '[A-Z]{{3}}'))
        WHERE r.reason IS NOT NULL AND {in_scope(month)}"""
    )


def _create_recognized_months(connection: Session, month: Month) -> None:
    """Create `recognized_months`, without the sums of several months.

    Databases deliver those for months long ago.
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE recognized_months AS
        SELECT line, month, sum(amount) AS recognized
        FROM entries_reread
        WHERE far AND line IS NOT NULL AND reason IS NULL AND month <> {m}
            AND (stands_for = 1 OR month = {m - 2})
            AND month BETWEEN {m - A_YEAR} AND {m + A_YEAR}
        GROUP BY line, month"""
    )


def _create_posted_months(connection: Session, month: Month) -> None:
    """Create `posted_months`: recognized amounts of broken lines by month.

    It is `condensed` where it adds up this month and later ones: a database condenses the months
    before the last three to one sum in their first month.
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE posted_months AS
        SELECT line, month, sum(amount) AS recognized,
            bool_or(stands_for > 1 AND month < {m - 2}) AS condensed
        FROM entries_reread
        WHERE line IS NOT NULL AND reason IS NULL AND month <= {m}
        GROUP BY line, month"""
    )


def _create_carried_entries(connection: Session, month: Month) -> None:
    """Create `carried_entries`: those of lines with a carried difference.

    One is `condensed` where it adds up several months.
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE carried_entries AS
        SELECT carried AS line, month, entry_id, amount, document_ref,
            stands_for > 1 AND month < {m - 2} AS condensed
        FROM entries_reread WHERE carried IS NOT NULL AND reason IS NULL AND month <= {m}"""
    )


def _create_compliance_blanks(connection: Session, month: Month, compliance: Sequence[str]) -> None:
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE compliance_blanks(
            compliance VARCHAR, entries BIGINT)"""
    )
    if not compliance:
        return
    named = ", ".join(map(literal, compliance))
    counts = ", ".join(f"count(*) - count({name(compliance_name(c))})" for c in compliance)
    connection.execute(
        f"""INSERT INTO compliance_blanks SELECT unnest([{named}]), unnest(counted) FROM (
            SELECT [{counts}] AS counted
            FROM entries_of('entries_raw') WHERE month = {month.index})"""
    )
