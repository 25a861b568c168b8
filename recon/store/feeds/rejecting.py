"""Rejecting: the rows of a file that cannot be used.

Reads `staged`; makes `row_places` (recon_row, place).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recon.base import money
from recon.base.errors import SourceDataError
from recon.base.feed import Feed, OnOverlap
from recon.base.text import counted
from recon.store.columns import PLACE
from recon.store.feeds import matching
from recon.store.feeds.cells import Cells
from recon.store.schema import STORE
from recon.store.session import Session, literal, name

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row: number, column, cell, reason, place."""

    row: int
    column: str
    cell: str | None
    reason: str
    place: str = ""


def listed(session: Session) -> list[Rejected]:
    """The rejected rows, in the order of the file."""
    found = session.execute(
        f"""SELECT {PLACE}, fault_column, fault_cell, recon_fault FROM staged
        WHERE recon_fault IS NOT NULL ORDER BY {PLACE}"""
    ).fetchall()
    return [Rejected(*row) for row in found]


def refuse(session: Session, feed: Feed, overlapping: int) -> None:
    """Refuse a file that the feed does not want.

    Raises SourceDataError.
    """
    rows = _one(session, "SELECT count(*) FROM staged")
    rejected = _one(session, "SELECT count(*) FROM staged WHERE recon_fault IS NOT NULL")
    if feed.max_rejected is not None and rejected * MILLION > feed.max_rejected * rows:
        first = listed(session)[0]
        raise SourceDataError(
            f"{rejected:,} of {counted(rows, 'row')} would be rejected, more than max_rejected = "
            f"{money.percent(feed.max_rejected, MILLION)} of {feed.key} allows; the first is row "
            f"{first.row:,}: {first.reason}"
        )
    if feed.on_overlap is OnOverlap.REFUSE and overlapping:
        raise SourceDataError(
            f"{overlapping:,} of {counted(rows, 'row')} are in the store already, from another "
            f"feed; {feed.key}.on_overlap = 'refuse' wants none of them"
        )


def keep(
    session: Session,
    cells: Cells,
    relation: str,
    header: Sequence[str],
    load: int,
    places: Mapping[int, str],
    *,
    by_line: bool,
) -> int:
    """Keep the rejected rows with their cells; return how many."""
    session.execute(f"CREATE OR REPLACE TEMP TABLE row_places ({PLACE} BIGINT, place VARCHAR)")
    session.executemany("INSERT INTO row_places VALUES (?, ?)", list(places.items()))
    struct = ", ".join(f"{literal(column)}: CAST({name(column)} AS VARCHAR)" for column in header)
    key = ", ".join(
        f"CAST({part} AS VARCHAR)" for part in matching.keys(cells.feed.kind, by_line=by_line)
    )
    done = session.execute(
        f"""INSERT INTO {STORE}.rejected
        SELECT {load}, {literal(cells.feed.name)}, s.{PLACE}, p.place, s.fault_column,
            s.fault_cell, s.recon_fault, concat_ws('|', {key}), CAST(raw.cells AS VARCHAR), NULL
        FROM (SELECT * FROM staged WHERE recon_fault IS NOT NULL) s
        LEFT JOIN row_places p USING ({PLACE})
        LEFT JOIN (SELECT {PLACE}, to_json({{{struct}}}) AS cells FROM {relation}
            WHERE {PLACE} IN (SELECT {PLACE} FROM staged WHERE recon_fault IS NOT NULL)) raw
            USING ({PLACE})
        ORDER BY s.{PLACE}"""
    ).fetchone()
    return int(done[0]) if done else 0


def _one(session: Session, query: str) -> int:
    found = session.execute(query).fetchone()
    return int(found[0] or 0) if found else 0
