"""Mended rows: those that take the place of their rejections.

A file of rejected rows that comes back names the load and the row of each; so does a later file of
the same feed by its keys. Makes `mended_loads` (load).
"""

from __future__ import annotations

from recon.base.feed import Feed
from recon.store.columns import PLACE
from recon.store.feeds import matching
from recon.store.schema import STORE
from recon.store.session import Session, is_any, literal


def set_apart(session: Session, feed: Feed) -> None:
    """Leave out mended rows that mend nothing."""
    mine = f"{STORE}.rejected WHERE feed = {literal(feed.name)}"
    session.execute(
        f"""UPDATE staged SET fault_column = 'recon_row', fault_cell = CAST(sent_row AS VARCHAR),
            recon_fault = 'recon_load and recon_row name no rejected row of this feed'
        WHERE recon_fault IS NULL AND NOT EXISTS (
            SELECT 1 FROM {mine} AND load = sent_load AND {PLACE} = sent_row)"""
    )
    session.execute(
        f"""INSERT INTO fates SELECT s.{PLACE}, 'repeated' FROM staged s
        WHERE recon_fault IS NULL AND EXISTS (
            SELECT 1 FROM {mine} AND load = sent_load AND {PLACE} = sent_row
            AND mended_by IS NOT NULL)"""
    )
    # A row that is in the file twice mends once.
    session.execute(
        f"""INSERT INTO fates SELECT {PLACE}, 'repeated' FROM (
            SELECT * FROM staged WHERE recon_fault IS NULL) ANTI JOIN fates USING ({PLACE})
        QUALIFY row_number() OVER (PARTITION BY sent_load, sent_row ORDER BY {PLACE}) > 1"""
    )


def close(session: Session, feed: Feed, number: int, *, by_line: bool, is_mended: bool) -> int:
    """Close the rejections that this load's rows replace."""
    session.execute("CREATE OR REPLACE TEMP TABLE mended_loads (load BIGINT)")
    if not is_any(session, f"{STORE}.rejected WHERE mended_by IS NULL"):
        return 0
    key = ", ".join(
        f"CAST({part} AS VARCHAR)" for part in matching.keys(feed.kind, by_line=by_line)
    )
    same = f"row_key IN (SELECT concat_ws('|', {key}) FROM staged WHERE recon_fault IS NULL)"
    if is_mended:
        # One that is rejected again is open under its new load.
        same = f"(load, {PLACE}) IN (SELECT (sent_load, sent_row) FROM staged)"
    open_ones = f"feed = {literal(feed.name)} AND mended_by IS NULL AND load <> {number} AND {same}"
    session.execute(
        f"INSERT INTO mended_loads SELECT DISTINCT load FROM {STORE}.rejected WHERE {open_ones}"
    )
    done = session.execute(
        f"UPDATE {STORE}.rejected SET mended_by = {number} WHERE {open_ones}"
    ).fetchone()
    return int(done[0]) if done else 0
