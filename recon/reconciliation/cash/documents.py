"""Documents: both sides as one relation.

Makes `documents`: document (its number here), side (1 or 2), place (the row in its source), ref,
ref_key, customer, customer_key, day, amount (ten-thousandths), currency, kind, due_on, tax, lines,
sale and sale_key (the number of the document that it applies to), counts (whether it counts into
the balance). `unmatched` are those in no match yet. `allocations` has match, rule, document,
amount; `matches` has match (the number of its first document), rule, interchangeable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recon.base.policy import Policy
from recon.store import ids
from recon.store.session import Session, columns, is_any

# What a side's SELECT delivers, with the default where it has no such column.
COLUMNS = {
    "place": "CAST(NULL AS BIGINT)",
    "ref": "CAST(NULL AS VARCHAR)",
    "customer": "CAST(NULL AS VARCHAR)",
    "day": "CAST(NULL AS DATE)",
    "amount": "CAST(NULL AS BIGINT)",
    "currency": "CAST(NULL AS VARCHAR)",
    "kind": "CAST(NULL AS VARCHAR)",
    "due_on": "CAST(NULL AS DATE)",
    "tax": "CAST(0 AS BIGINT)",
    "lines": "CAST(1 AS BIGINT)",
    "sale": "CAST(NULL AS VARCHAR)",
    "counts": "true",
}
SIDES = (1, 2)
_IDS = ("ref", "customer", "sale")


def prepare(session: Session, policy: Policy) -> None:
    """Create the macros that compare ids."""
    ids.install(session, policy)


def make_documents(session: Session, sides: Sequence[str]) -> None:
    """Make `documents` of each side's SELECT, all open.

    A SELECT has columns of `COLUMNS`, in any order; those that it lacks are at their defaults.
    """
    found = [columns(session, f"({select})") for select in sides]
    known = [column for column in COLUMNS if any(column in each for each in found)]
    rows = " UNION ALL BY NAME ".join(
        f"SELECT {side} AS side, {_columns(known, each)} FROM ({select})"
        for side, select, each in zip(SIDES, sides, found, strict=True)
    )
    # A key is kept only where an id is not compared as it is: to fold one anew is cheaper than to
    # keep it. The number of a row costs nothing; a window over all rows would cost as much as the
    # rest.
    odd = {column: f"odd_{column}" for column in _IDS if column in known}
    others = "".join(f", other_id({column}) AS {name}" for column, name in odd.items())
    session.execute(f"CREATE OR REPLACE TEMP TABLE document_rows AS SELECT *{others} FROM ({rows})")
    keys = {f"{column}_key": f"folded(coalesce({name}, {column}))" for column, name in odd.items()}
    keys |= {column: default for column, default in COLUMNS.items() if column not in known}
    keys |= {f"{column}_key": COLUMNS[column] for column in _IDS if column not in known}
    session.execute(
        f"""CREATE OR REPLACE TEMP VIEW documents AS SELECT rowid AS document, side,
        {", ".join([*known, *(f"{sql} AS {column}" for column, sql in keys.items())])}
        FROM document_rows"""
    )
    session.execute("DROP TABLE IF EXISTS nameless")
    if is_any(session, "duckdb_tables() WHERE table_name = 'unmatched'"):
        session.execute("DROP TABLE unmatched")
    session.execute("CREATE OR REPLACE TEMP VIEW unmatched AS FROM documents")
    session.execute(
        """CREATE OR REPLACE TEMP TABLE allocations
        (match BIGINT, rule INTEGER, document BIGINT, amount BIGINT)"""
    )
    session.execute(
        """CREATE OR REPLACE TEMP TABLE matches
        (match BIGINT, rule INTEGER, interchangeable BOOLEAN)"""
    )


def _columns(known: Sequence[str], found: Mapping[str, str]) -> str:
    """The SQL of a side's columns, blanks at their defaults."""
    return ", ".join(
        f"{COLUMNS[column]} AS {column}"
        if column not in found
        else column
        if "NULL" in COLUMNS[column]
        else f"coalesce({column}, {COLUMNS[column]}) AS {column}"
        for column in known
    )
