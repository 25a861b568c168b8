"""Findings: deliveries that somebody should look into."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from statistics import median

from recon.base.feed import Feed, OnOverlap
from recon.base.text import counted
from recon.store.columns import PLACE
from recon.store.load import Loaded
from recon.store.schema import STORE
from recon.store.session import Session, literal

# A file is compared with the last eight of its weekday, if there are at least three of them.
_WEEKS, _LEAST = 8, 3
_MILLION = 1_000_000
_SATURDAY = 5
_DAYS = "mondays tuesdays wednesdays thursdays fridays saturdays sundays".split()


def overlap(session: Session, feed: Feed, loaded: Loaded) -> list[str]:
    """The sentence on rows that other feeds have delivered already."""
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
    return [
        f"Of {counted(loaded.rows, 'row')}, {whole} are here already: {named}{under}. They are in "
        f"no figure until `recon load --accept {loaded.load}`."
    ]


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


def thin(session: Session, feed: Feed, loaded: Loaded) -> list[str]:
    """Sentences on a file with far less than usual."""
    if not loaded.rows:
        return ["The file has no rows."]
    if loaded.last_day is None or not feed.thin:
        return []
    found = session.execute(
        f"""SELECT read_rows, sums FROM {STORE}.loads
        WHERE feed = ? AND status = 'loaded' AND last_day < ? AND last_day >= ?
            AND isodow(last_day) = ? ORDER BY last_day DESC LIMIT {_WEEKS}""",
        [feed.name, loaded.last_day, loaded.last_day - timedelta(weeks=_WEEKS),
         loaded.last_day.isoweekday()],
    ).fetchall()  # fmt: skip
    if len(found) < _LEAST:
        return []
    usual = median(rows for rows, _ in found)
    told = []
    if loaded.rows * _MILLION < feed.thin * usual:
        told.append(
            f"The file is thin: {counted(loaded.rows, 'row')}, where the last {len(found)} of its "
            f"weekday have {usual:,.0f} in the middle."
        )
    if feed.kind.name == "sales" and not told:
        told += _thin_revenue(feed, loaded, [sums for _, sums in found])
    return told


def _thin_revenue(feed: Feed, loaded: Loaded, sums: Sequence[str]) -> list[str]:
    def revenue(of: str) -> Decimal:
        total: Decimal = sum(
            (Decimal(each["revenue"]) for fate, each in json.loads(of).items()
             if fate != "rejected"), Decimal(0),
        )  # fmt: skip
        return total

    usual = median(revenue(of) for of in sums)
    mine = sum(
        (each["revenue"] for fate, each in loaded.sums.items() if fate != "rejected"), Decimal(0)
    )
    if mine * _MILLION >= feed.thin * usual:
        return []
    return [
        f"The file is thin: revenue {mine:,.2f}, where the last {len(sums)} of its weekday have "
        f"{usual:,.2f} in the middle."
    ]


def late(session: Session, feeds: Sequence[Feed], now: datetime) -> list[str]:
    """Sentences on feeds whose expected file has not come."""
    told = []
    for feed in feeds:
        due = _due(feed, now)
        if due is None:
            continue
        found = session.execute(
            f"SELECT max(loaded_at) FROM {STORE}.loads WHERE feed = ? AND status <> 'undone'",
            [feed.name],
        ).fetchone()
        begin = datetime.combine(due.date(), time(), due.tzinfo)
        came = found[0] if found else None
        if came is None or came < begin.astimezone(UTC).replace(tzinfo=None):
            since = f"the last one came {came:%Y-%m-%d %H:%M} UTC" if came else "none ever came"
            told.append(
                f"The file of feed {feed.name} is missing: it was expected by {due:%H:%M} on "
                f"{due:%Y-%m-%d}, and {since}."
            )
    return told


def _due(feed: Feed, now: datetime) -> datetime | None:
    """The last moment by which a file was expected."""
    if feed.expected is None:
        return None
    hour, minute = map(int, feed.expected.time.split(":"))
    for back in range(8):
        day = now - timedelta(days=back)
        moment = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if moment <= now and _is_expected(feed.expected.days, moment.weekday()):
            return moment
    return None


def _is_expected(days: str, weekday: int) -> bool:
    if days == "every day":
        return True
    if days == "business days":
        return weekday < _SATURDAY
    return _DAYS[weekday] == days
