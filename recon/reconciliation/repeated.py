"""Repeated rows: equal in every column, or of one id.

`recon.reconciliation.relations` lists the relations that it reads and makes.

Exports overlap and joins fan out: a row that was delivered twice is one row. The cheap test comes
first, whether any id of an entry, or any key of a contract line, is there twice; only the rows of
those are held against each other, by all of their columns, those that recon does not read among
them. They are equal by value: `100.00` is `100`. Ids in another spelling meet by their key, as
contract ids do, but are never merged: their rows differ. Rows without an id, and sums of older
entries that a database made, may be equal and stay.
"""

from __future__ import annotations

from recon.base.fields import AMOUNTS, CONDENSED, DEBIT_CREDIT, PERIOD
from recon.base.policy import RepeatedIds
from recon.base.result import Side
from recon.reconciliation.places import places_of
from recon.store.columns import PLACE, Columns
from recon.store.session import Session, created, is_any

# From so many entries on, sorting the hashes of their ids beats grouping by them several times.
_MANY = 200_000
# So many are sorted at once, in 64 MB.
_AT_ONCE = 8_000_000
_NO_TEXT = "CAST(NULL AS VARCHAR)"
# A row whose entry_id another one has is refused with these words.
DIFFERENT = "has different content in"
_REFUSED = f"""'entry_id ' || chr(39) || entry_id || chr(39) || ' {DIFFERENT} '
    || a.name || ' and ' || b.name || ' (accounting.repeated_ids)' || CASE WHEN apart THEN
    '; their ids differ only in case: if case counts, set [policy] ids = "exact"' ELSE '' END"""
# Ids whose hashes have to meet where their keys do: those that differ in more than case are few.
_KEY = """CASE WHEN strlen(id) = length(id) AND NOT contains(id, ' ') THEN lower(id)
    ELSE lower(id_key(id)) END"""
_TWICE = "SELECT id FROM entry_ids WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1"
_NUMBERS = {*AMOUNTS.values(), *DEBIT_CREDIT, "duration_months", "free_months"}
_DAYS = {
    PERIOD, "posted_at", "booking_date", "start_date", "close_date", "terminated_on", "valid_from",
}  # fmt: skip
_FOLDED = {"revenue_type", "currency", "value_basis", "free_at"}


def find_repeated_entries(
    connection: Session, given: Columns, relation: str, rule: RepeatedIds
) -> bool:
    """Create `entries_repeated`; return whether there are any.

    It reads `entry_ids`. `place` is the first row that is equal; `refused` names it and the first
    one with the same id that is not, where the rule refuses them.
    """
    if not _any_twice(connection):
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE entries_repeated(
                row BIGINT, place BIGINT, entry_id VARCHAR, other BIGINT, one BIGINT,
                apart BOOLEAN, refused VARCHAR)"""
        )
        return False
    ids = f"SELECT id AS met FROM ({_TWICE})"
    refuse = "true" if rule is RepeatedIds.REFUSE else "false"
    found = created(
        connection,
        f"""CREATE OR REPLACE TEMP TABLE entries_repeated AS
        WITH ids AS ({ids}),
        met AS (
            SELECT *, id_key(id) AS key
            FROM ({_with_content(given, relation, "entry_id")}) SEMI JOIN ids
                ON hash({_KEY}) = ids.met),
        equal AS (SELECT *, min(row) OVER (PARTITION BY key, content) AS place FROM met),
        places AS (
            SELECT key, list_sort(list(DISTINCT place))[1:2] AS first,
                count(DISTINCT exact_id(id)) = count(DISTINCT place) AS apart
            FROM equal GROUP BY key)
        SELECT row, place, id AS entry_id, CASE WHEN len(first) > 1 AND {refuse}
            THEN if(place = first[1], first[2], place) END AS other, first[1] AS one, apart,
            {_NO_TEXT} AS refused
        FROM equal JOIN places USING (key)
        WHERE row <> place OR len(first) > 1""",
    )
    _say_why(connection)
    return bool(found)


def _say_why(connection: Session) -> None:
    """Name both places of an id with other content."""
    rows = connection.execute(
        """SELECT DISTINCT unnest([one, other]) FROM entries_repeated WHERE other IS NOT NULL"""
    ).fetchall()
    if not rows:
        return
    at = places_of(connection, Side.ACCOUNTING, [row for (row,) in rows])
    connection.execute(
        f"""UPDATE entries_repeated SET refused = {_REFUSED} FROM
            (SELECT unnest($rows) AS row, unnest($names) AS name) a,
            (SELECT unnest($rows) AS row, unnest($names) AS name) b
        WHERE a.row = one AND b.row = other""",
        {"rows": list(at), "names": list(at.values())},
    )


def _any_twice(connection: Session) -> bool:
    """Whether the hash of an id is there twice.

    Nearly always there is none, which costs a fifth of grouping by them.
    """
    rows, ids = connection.execute("SELECT count(*), count(id) FROM entry_ids").fetchone() or (0, 0)
    if ids < _MANY:
        return is_any(connection, f"({_TWICE})")
    parts = rows // _AT_ONCE + 1
    return any(_is_twice_in(connection, part, parts) for part in range(parts))


def _is_twice_in(connection: Session, part: int, parts: int) -> bool:
    import numpy as np

    found = connection.execute(
        f"SELECT id FROM entry_ids WHERE id IS NOT NULL AND id % {parts} = {part}"
    ).fetchnumpy()["id"]
    hashes = np.sort(np.asarray(found))
    return bool((hashes[1:] == hashes[:-1]).any())


def create_entry_ids(connection: Session, given: Columns, relation: str) -> None:
    """Create `entry_ids`: hash of each entry's id, and its period.

    One reading of the source serves both. A sum of entries has no id of its own.
    """
    side = given.as_said()
    own = f"{side.raw(CONDENSED)} IS NULL" if CONDENSED in side.names else "true"
    period = side.raw(PERIOD) if given.kind(PERIOD) == "VARCHAR" else "NULL"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE entry_ids AS
        SELECT CASE WHEN {own} AND id IS NOT NULL THEN hash({_KEY}) END AS id, period
        FROM (
            SELECT *, {side.text("entry_id")} AS id, {period} AS period
            FROM (SELECT {given.given()} FROM {relation}))"""
    )


def _with_content(given: Columns, relation: str, of: str) -> str:
    """SELECT of rows: place, id, all columns as one value."""
    side = given.as_said()
    own = f"WHERE {side.raw(CONDENSED)} IS NULL" if CONDENSED in side.names else ""
    read = (_value(side, column) for column in side.names if column != PLACE)
    content = ", ".join(f"c{n}: {value}" for n, value in enumerate(read))
    return f"""
        SELECT row, {side.text(of)} AS id, {{{content}}} AS content
        FROM (SELECT {given.place()} AS row, {given.given()} FROM {relation}) {own}"""


def _value(side: Columns, column: str) -> str:
    """SQL of a column's value, equal however it is written."""
    if side.kind(column) != "VARCHAR":
        return side.raw(column)
    text = side.text(column)
    if column in _NUMBERS:
        return f"coalesce(CAST({side.number(column)} AS VARCHAR), {text})"
    if column in _DAYS:
        day = f"coalesce(TRY_CAST({text} AS TIMESTAMP), try_strptime({text}, '%Y%m%d'))"
        return f"coalesce(CAST({day} AS VARCHAR), {text})"
    return f"lower({text})" if column in _FOLDED else text


def set_repeated_contracts_aside(connection: Session, given: Columns, relation: str) -> int:
    """Take rows that repeat an earlier one out of `contracts_typed`.

    Creates `contracts_repeated` of them, and `duplicate_contract_keys` of the keys that several
    other rows have; returns how many keys these are.
    """
    of_one_key = created(
        connection,
        """CREATE TEMP TABLE contracts_of_one_key AS
        WITH keys AS (
            SELECT id_key, type FROM contracts_typed
            WHERE id IS NOT NULL GROUP BY id_key, type HAVING count(*) > 1)
        SELECT row FROM contracts_typed c JOIN keys k
            ON k.id_key = c.id_key AND k.type IS NOT DISTINCT FROM c.type""",
    )
    if not of_one_key:
        for relation_of_none in (
            "contracts_repeated AS SELECT row, row AS place, id, currency, value, finer",
            "duplicate_contract_keys AS SELECT id_key, type, row AS rows, id AS ids",
        ):
            connection.execute(f"CREATE TEMP TABLE {relation_of_none} FROM contracts_typed LIMIT 0")
        return 0
    repeated = created(
        connection,
        f"""CREATE TEMP TABLE contracts_repeated AS
        SELECT row, place, id, currency, value, finer
        FROM contracts_typed JOIN (
            SELECT row, min(row) OVER (PARTITION BY content) AS place
            FROM ({_with_content(given, relation, "contract_id")})
            SEMI JOIN contracts_of_one_key USING (row)) USING (row)
        WHERE row <> place""",
    )
    if repeated:
        connection.execute(
            "DELETE FROM contracts_typed WHERE row IN (SELECT row FROM contracts_repeated)"
        )
    return created(
        connection,
        """CREATE TEMP TABLE duplicate_contract_keys AS
        SELECT id_key, type, count(*) AS rows, string_agg(DISTINCT id, ', ' ORDER BY id) AS ids
        FROM contracts_typed SEMI JOIN contracts_of_one_key USING (row)
        WHERE type IS NOT NULL GROUP BY id_key, type HAVING count(*) > 1""",
    )
