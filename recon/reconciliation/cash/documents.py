"""Documents: both sides as one relation.

Makes `documents`: document (its number here), side (1 or 2), place (the row in its source), ref,
ref_key, customer, customer_key, day, amount (ten-thousandths), currency, kind, due_on, tax, lines,
sale and sale_key (the number of the document that it applies to), counts (whether it counts into
the balance). `unmatched` are those in no match yet. `allocations` has match, rule, document,
amount; `matches` has match (the number of its first document), rule, interchangeable.
"""

from __future__ import annotations

from collections.abc import Sequence

from recon.base.policy import Policy
from recon.store import ids
from recon.store.session import Session, is_any

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


def prepare(session: Session, policy: Policy) -> None:
    """Create the macros that compare ids."""
    ids.install(session, policy)


def make_documents(session: Session, sides: Sequence[str]) -> None:
    """Make `documents` of each side's SELECT, all open.

    A SELECT has columns of `COLUMNS`, in any order; those that it lacks are at their defaults.
    """
    rows = " UNION ALL BY NAME ".join(
        f"SELECT {side} AS side, {_columns(session, select)} FROM ({select})"
        for side, select in zip(SIDES, sides, strict=True)
    )
    # The number of a row costs nothing; a window over all rows would cost as much as the rest.
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE document_rows AS
        SELECT *, id_key(ref) AS ref_key, id_key(customer) AS customer_key, id_key(sale) AS sale_key
        FROM ({rows})"""
    )
    session.execute(
        "CREATE OR REPLACE TEMP VIEW documents AS SELECT rowid AS document, * FROM document_rows"
    )
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


def _columns(session: Session, select: str) -> str:
    from recon.store.session import columns

    found = columns(session, f"({select})")
    return ", ".join(
        f"coalesce({column}, {default}) AS {column}"
        if column in found
        else f"{default} AS {column}"
        for column, default in COLUMNS.items()
    )
