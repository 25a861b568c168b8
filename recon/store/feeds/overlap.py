"""Overlap: rows that another feed has delivered already.

They are found by document, product, customer and amount, never by region alone. Reads `staged` and
`fates`; makes `overlapping` (recon_row, load of the earlier row).
"""

from __future__ import annotations

from recon.base.feed import Feed
from recon.base.feeds import Type
from recon.store.columns import PLACE
from recon.store.schema import STORE
from recon.store.session import Session, is_any, literal, name


def find(session: Session, feed: Feed) -> int:
    """Make `overlapping`; return how many rows it has."""
    session.execute(f"CREATE OR REPLACE TEMP TABLE overlapping ({PLACE} BIGINT, load BIGINT)")
    others = f"{STORE}.{feed.kind.table} WHERE feed <> {literal(feed.name)} AND overlap_of IS NULL"
    if not feed.kind.overlap or not is_any(session, others):
        return 0
    columns = [_compared(feed, column) for column in feed.kind.overlap]
    listed = ", ".join(f"{column} AS c{at}" for at, column in enumerate(columns))
    numbers = ", ".join(f"c{at}" for at, _ in enumerate(columns))
    same = " AND ".join(
        f"s.c{at} {'=' if at == 0 else 'IS NOT DISTINCT FROM'} f.c{at}"
        for at, _ in enumerate(columns)
    )
    again = "SELECT * FROM fates WHERE outcome <> 'updated'"
    done = session.execute(
        f"""INSERT INTO overlapping
        WITH sent AS (SELECT *, row_number() OVER (PARTITION BY {numbers} ORDER BY {PLACE}) AS n
            FROM (SELECT s.{PLACE}, {listed} FROM (SELECT * FROM staged WHERE recon_fault IS NULL) s
                ANTI JOIN ({again}) USING ({PLACE}))),
        kept AS (SELECT {numbers}, min(load) AS load, count(*) AS n
            FROM (SELECT load, {listed} FROM {others})
            WHERE c0 IN (SELECT c0 FROM sent) GROUP BY {numbers})
        SELECT s.{PLACE}, f.load FROM sent s JOIN kept f ON {same} AND s.n <= f.n"""
    ).fetchone()
    return int(done[0]) if done else 0


def _compared(feed: Feed, column: str) -> str:
    if column == "document_ref" and feed.kind.name == "sales":
        return "lower(coalesce(document_ref, sale_id))"
    return f"lower({name(column)})" if feed.kind.by_name[column].type is Type.ID else name(column)
