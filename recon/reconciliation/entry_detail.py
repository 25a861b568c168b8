"""The ledger once more: what is asked of the entries once the lines are compared.

Leaves in the session:

- `delivered`: currency, rows, total, finer: the month's entries as they came, counted apart from
  the comparison, which is tied to it; an entry whose period names no month may be one of the
  month, and counts as one
- `detail`: the entries of the broken lines, from two months before to the month after: line,
  distance (in months), entry_id, amount, document_ref, posted_at
- `rejected`: the entries up to the month after that cannot be compared: row, place (among those
  of the month, counted from 1), entry_id, currency, amount, month, stands_for, reason, unread
  (false where only its contract line is invalid)
- `unread`: the entries of the month, or of no month, that cannot be read and are those of a broken
  line as far as they can: line, entry_id, reason
- `recognized_near`: what other months recognize for the broken lines that lack revenue, up to a
  year away: line, month, recognized
- `blank`: compliance, entries: in how many entries of the month a compliance column is blank

Only keys under which something was found are looked through: to read every entry once more would
cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.month import Month
from recon.reconciliation.compare import BROKEN, GIVEN, LACKING, same_key
from recon.reconciliation.intake import compliance_name
from recon.store.session import Session, is_any, literal, name

# An entry in the wrong month is looked for so many months away.
A_YEAR = 12


def read_again(connection: Session, month: Month, compliance: Sequence[str]) -> None:
    """Create the relations of this module from what is posted and compared."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE delivered AS {_delivered(month)}")
    _reread(connection, month)
    _create_detail(connection, month)
    _create_rejected(connection, month)
    _create_unread(connection, month)
    _create_recognized_near(connection, month)
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
        SELECT {GIVEN}, c.line, coalesce(lacks, false) AS lacks, b.reason AS blocked,
            unread OR NOT keyed OR b.reason IS NOT NULL AS suspect
        FROM posted LEFT JOIN blocked b USING (id_key, type, currency)
        LEFT JOIN (
            SELECT line, id_key, type, currency, {LACKING} AS lacks FROM compared WHERE {BROKEN}) c
            USING (id_key, type, currency)
        WHERE line IS NOT NULL OR suspect"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP VIEW given_again AS
        SELECT e.*, a.line, a.lacks, a.blocked, a.suspect
        FROM entries_numbered e JOIN asked a ON {same_key("e", "a")}"""
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE reread AS
        SELECT row, line, lacks, blocked, suspect, entry_id, id_key, type, currency, amount, month,
            stands_for, document_ref, posted_at, reason
        FROM entries_of('given_again')
        WHERE suspect OR month BETWEEN {m - 2} AND {m + 1}
            OR (lacks AND month BETWEEN {m - A_YEAR} AND {m + A_YEAR})"""
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
            coalesce(reason, 'its contract line is invalid: ' || blocked) AS reason,
            reason IS NOT NULL AS unread
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


def _create_unread(connection: Session, month: Month) -> None:
    """Create `unread`; what cannot be read of a key may be what the line has."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE unread AS
        SELECT c.line, r.entry_id, r.reason
        FROM (FROM compared WHERE {BROKEN}) c JOIN reread r
            ON r.id_key = c.id_key AND coalesce(r.type, c.type) = c.type
            AND (r.currency = c.currency OR NOT regexp_full_match(r.currency, '[A-Z]{{3}}'))
        WHERE r.reason IS NOT NULL AND {in_scope(month)}"""
    )


def _create_recognized_near(connection: Session, month: Month) -> None:
    """Create `recognized_near`; sums of several months, as databases deliver them, are left out."""
    m = month.index
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE recognized_near AS
        SELECT line, month, sum(amount) AS recognized FROM reread
        WHERE lacks AND reason IS NULL AND month <> {m}
            AND (stands_for = 1 OR month = {m - 2})
            AND month BETWEEN {m - A_YEAR} AND {m + A_YEAR}
        GROUP BY line, month"""
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
