"""Bringing: rows into the table, ended ones into history.

Reads `staged`, `fates`, `ended` and `overlapping`.
"""

from __future__ import annotations

from datetime import date

from recon.base.feed import Feed
from recon.store.columns import PLACE
from recon.store.feeds import customers, matching
from recon.store.schema import STORE, TABLES, TYPE_2
from recon.store.session import Session, is_any, literal, name


def end(session: Session, feed: Feed, number: int) -> int:
    """Move ended rows into the history; return how many."""
    table = feed.kind.table
    if table.startswith("dim_"):
        _fill_placeholders(session, feed)
    if not is_any(session, "ended"):
        return 0
    names = ", ".join(map(name, TABLES[table].names))
    session.execute(
        f"""INSERT INTO {STORE}.{table}_history ({names}, ended_by)
        SELECT {names}, {number} FROM {STORE}.{table}
        WHERE rowid IN (SELECT id FROM ended)"""
    )
    return _done(session, f"DELETE FROM {STORE}.{table} WHERE rowid IN (SELECT id FROM ended)")


def _done(session: Session, statement: str) -> int:
    found = session.execute(statement).fetchone()
    return int(found[0]) if found else 0


def _fill_placeholders(session: Session, feed: Feed) -> None:
    """End the placeholders that the file's rows replace."""
    key = matching.keys(feed.kind, by_line=False)[0]
    session.execute(
        f"""INSERT INTO ended SELECT rowid, load FROM {STORE}.{feed.kind.table}
        WHERE placeholder AND {key} IN (SELECT {key} FROM staged WHERE recon_fault IS NULL)"""
    )


def filled(session: Session, feed: Feed, number: int) -> int:
    """How many placeholders the file's rows replaced."""
    if not feed.kind.table.startswith("dim_"):
        return 0
    found = session.execute(
        f"""SELECT count(*) FROM {STORE}.{feed.kind.table}_history
        WHERE ended_by = {number} AND placeholder"""
    ).fetchone()
    return int(found[0]) if found else 0


def bring(session: Session, feed: Feed, number: int, today: date) -> None:
    """Insert the new and the changed rows."""
    if feed.kind.table == TYPE_2:
        customers.bring(session, feed, number, today)
        return
    table = TABLES[feed.kind.table]
    values = {
        "feed": literal(feed.name),
        "load": str(number),
        "placeholder": "false",
        "receivable": f"CAST(amount * {feed.receivable} AS DECIMAL(19, 4))",
        "overlap_of": "NULL",
    }
    rows = "staged"
    if is_any(session, "overlapping"):
        rows = f"staged LEFT JOIN overlapping o USING ({PLACE})"
        values["overlap_of"] = "o.load"
    if is_any(session, "fates"):
        rows += f" ANTI JOIN (FROM fates WHERE outcome <> 'updated') USING ({PLACE})"
    listed = ", ".join(map(name, table.names))
    taken = ", ".join(values.get(column, name(column)) for column in table.names)
    session.execute(
        f"""INSERT INTO {STORE}.{table.name} ({listed})
        SELECT {taken} FROM {rows} WHERE recon_fault IS NULL"""
    )
