"""The ledger once more: what is asked of the entries once the lines are compared.

Leaves in the session:

- `delivered`: currency, rows, total, finer: the month's entries as they came, counted apart from
  the comparison, which is tied to it; an entry whose period names no month may be one of the
  month, and counts as one
- `detail`: the entries of the broken lines, from two months before to the month after: line,
  distance (in months), entry_id, amount, document_ref, posted_at
- `rejected`: the entries up to the month after that cannot be compared: row, place (among those
  of the month, counted from 1), entry_id, currency, amount, month, stands_for, reason
- `blank`: compliance, entries: in how many entries of the month a compliance column is blank

Only keys under which something was found are looked through: to read every entry once more would
cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.month import Month
from recon.reconciliation.compare import BROKEN, GIVEN, same_key
from recon.reconciliation.intake import compliance_name
from recon.store.session import Session, is_any, literal, name


def read_again(connection: Session, month: Month, compliance: Sequence[str]) -> None:
    """Create `delivered`, `detail`, `rejected` and `blank` from what is posted and compared."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE delivered AS {_delivered(month)}")
    _reread(connection, month)
    _create_detail(connection, month)
    _create_rejected(connection, month)
    _create_blank(connection, month, compliance)


def in_scope(month: Month) -> str:
    """Return the condition that an entry is one of the month, or may be."""
    return f"(month IS NULL OR month = {month.index})"


def _delivered(month: Month) -> str:
    return f"""
    SELECT currency, CAST(sum(rows) AS BIGINT) AS rows, coalesce(units_of(sum(total)), 0) AS total,
        CAST(sum(finer) AS BIGINT) AS finer
    FROM (
        SELECT given_currency, read_currency(given_currency) AS currency, count(*) AS rows,
            sum(amount) AS total, count(*) FILTER (finer) AS finer
        FROM postings WHERE {in_scope(month)} GROUP BY given_currency)
    GROUP BY currency"""


def _reread(connection: Session, month: Month) -> None:
    """Create `reread`: the entries under the keys that were asked for, typed, each with its reason.

    Asked for are the keys of broken lines (line), and those under which some entry cannot be
    compared (suspect), be it that its contract line is invalid (blocked says why).
    """
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE asked AS
        SELECT {GIVEN}, c.line, b.reason AS blocked,
            unread OR NOT keyed OR b.reason IS NOT NULL AS suspect
        FROM posted LEFT JOIN blocked b USING (id_key, type, currency)
        LEFT JOIN (SELECT line, id_key, type, currency FROM compared WHERE {BROKEN}) c
            USING (id_key, type, currency)
        WHERE line IS NOT NULL OR suspect"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW given_again AS
        SELECT e.*, a.line, a.blocked, a.suspect
        FROM entries_numbered e JOIN asked a ON {same_key("e", "a")}"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE reread AS
        SELECT row, line, blocked, suspect, entry_id, currency, amount, month, stands_for,
            document_ref, posted_at, reason
        FROM entries_of('given_again') WHERE suspect OR month BETWEEN {m - 2} AND {m + 1}"""
    )


def _create_detail(connection: Session, month: Month) -> None:
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE detail AS
        SELECT line, month - {m} AS distance, entry_id, amount, document_ref, posted_at
        FROM reread
        WHERE line IS NOT NULL AND reason IS NULL AND month BETWEEN {m - 2} AND {m + 1}"""
    )


def _create_rejected(connection: Session, month: Month) -> None:
    """Create `rejected`.

    Only entries in scope have a place: a file that holds every month and a database that is asked
    for one tell the same place.
    """
    m, scope = month.index, in_scope(month)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE rejected AS
        SELECT row, CAST(NULL AS BIGINT) AS place, entry_id, currency, amount, month, stands_for,
            coalesce(reason, 'its contract line is invalid: ' || blocked) AS reason
        FROM reread
        WHERE suspect AND CASE WHEN reason IS NOT NULL THEN coalesce(month <= {m + 1}, true)
            ELSE blocked IS NOT NULL AND month BETWEEN {m - 1} AND {m + 1} END"""
    )
    if is_any(connection, f"rejected WHERE {scope}"):
        connection.execute(
            f"""UPDATE rejected SET place = places.place FROM (
                SELECT row, row_number() OVER (ORDER BY row) AS place
                FROM postings WHERE {scope}) places
            WHERE places.row = rejected.row"""
        )


def _create_blank(connection: Session, month: Month, compliance: Sequence[str]) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE blank(compliance VARCHAR, entries BIGINT)")
    if not compliance:
        return
    named = ", ".join(map(literal, compliance))
    counts = ", ".join(f"count(*) - count({name(compliance_name(c))})" for c in compliance)
    connection.execute(
        f"""INSERT INTO blank SELECT unnest([{named}]), unnest(counted) FROM (
            SELECT [{counts}] AS counted
            FROM entries_of('entries_given') WHERE month = {month.index})"""
    )
