"""Findings: deliveries that somebody should look into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from recon.base.feed import Feed, OnOverlap
from recon.base.text import counted
from recon.store.columns import PLACE
from recon.store.load import Loaded
from recon.store.schema import STORE
from recon.store.session import Session, literal


class FindingKind(StrEnum):
    """The kinds of findings."""

    OVERLAP = "overlap"
    EMPTY = "empty"
    THIN = "thin"
    LATE = "late"
    MISSING = "missing"
    DAY_MISSING = "day missing"
    DAY_REPEATED = "day repeated"
    STOCK = "stock"
    LOW = "low stock"
    SIGNED = "signed month"
    DRIFT = "drift"
    REFUSED = "refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: kind, feed, sentence.

    `key` is the same whenever the same thing is found, so that it is told once.
    """

    kind: FindingKind
    feed: str
    key: str
    sentence: str


def of_load(kind: FindingKind, feed: Feed, load: int, sentence: str) -> Finding:
    """A finding on a load."""
    return Finding(kind, feed.name, f"{kind}:{load}", sentence)


def overlap(session: Session, feed: Feed, loaded: Loaded) -> list[Finding]:
    """The finding on rows that other feeds have delivered already."""
    if not loaded.overlapping or feed.on_overlap is OnOverlap.SKIP:
        return []
    found = session.execute(
        f"""SELECT l.feed, l.file, count(*) FROM overlapping o JOIN {STORE}.loads l USING (load)
        GROUP BY ALL ORDER BY count(*) DESC"""
    ).fetchall()
    named = " and ".join(
        f"{count:,} from {PurePath(file).name} (feed {of})" for of, file, count in found
    )
    whole = "all" if loaded.overlapping == loaded.rows else f"{loaded.overlapping:,}"
    under = _regions(session, feed)
    sentence = (
        f"Of {counted(loaded.rows, 'row')}, {whole} are here already: {named}{under}. They are in "
        f"no figure until `recon load --accept {loaded.load}`."
    )
    return [of_load(FindingKind.OVERLAP, feed, loaded.load, sentence)]


def _regions(session: Session, feed: Feed) -> str:
    """Other regions under which the rows are here."""
    if feed.kind.name != "sales":
        return ""
    found = session.execute(
        f"""SELECT DISTINCT f.region FROM overlapping o
        JOIN staged s USING ({PLACE})
        JOIN {STORE}.fact_sales f ON f.load = o.load
            AND lower(coalesce(f.document_ref, f.sale_id))
                = lower(coalesce(s.document_ref, s.sale_id))
        WHERE f.region IS DISTINCT FROM s.region AND f.feed <> {literal(feed.name)}
        ORDER BY 1 LIMIT 3"""
    ).fetchall()
    names = [region for (region,) in found if region]
    return f", under {' and '.join(names)}" if names else ""
