"""Customers: a version for each change (type 2).

A changed row closes the version that held on the day before it and opens a new one; where it holds
from the same day, it takes its place. The first version holds for all days before, too.
"""

from __future__ import annotations

from datetime import date

from recon.base.feed import Feed
from recon.store.columns import PLACE
from recon.store.schema import STORE, TABLES, TYPE_2
from recon.store.session import Session, literal, name

_FIRST = "DATE '1900-01-01'"


def bring(session: Session, feed: Feed, number: int, today: date) -> None:
    """Insert new and changed customers, with the versions they close."""
    own = ", ".join(
        name(column.name) for column in feed.kind.columns if column.name != "valid_from"
    )
    history = f"{STORE}.{TYPE_2}_history"
    ended = f"(FROM {history} WHERE ended_by = {number} AND NOT placeholder AND valid_to IS NULL)"
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
        SELECT s.* EXCLUDE (valid_from), greatest(f.valid_from, coalesce(s.valid_from,
            DATE '{today}')) AS begins, f.valid_from AS began
        FROM (SELECT * FROM staged WHERE recon_fault IS NULL) s
        ANTI JOIN (FROM fates WHERE outcome <> 'updated') USING ({PLACE})
        LEFT JOIN {ended} f ON lower(f.customer_id) = lower(s.customer_id)"""
    )
    listed = ", ".join(map(name, TABLES[TYPE_2].names))
    session.execute(
        f"""INSERT INTO {STORE}.{TYPE_2} ({listed})
        SELECT {literal(feed.name)}, {own}, CASE WHEN began IS NULL THEN {_FIRST} ELSE begins END,
            NULL, false, {number}, {PLACE} FROM versions"""
    )
    kept = ", ".join(f"h.{column}" for column in own.split(", "))
    session.execute(
        f"""INSERT INTO {STORE}.{TYPE_2} ({listed})
        SELECT h.feed, {kept}, h.valid_from, v.begins - 1, false, {number}, h.{PLACE}
        FROM {ended} h JOIN versions v ON lower(v.customer_id) = lower(h.customer_id)
        WHERE v.begins > h.valid_from"""
    )
