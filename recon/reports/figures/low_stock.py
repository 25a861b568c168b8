"""Low stock as findings: each item once, until it recovers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from recon.kpi import compiled
from recon.kpi.asked import Asked
from recon.kpi.low_stock import Low, low_items
from recon.kpi.measures import Unit
from recon.kpi.period import Calendar, part
from recon.kpi.period import Unit as Time
from recon.kpi.result import Column
from recon.reports.figures.wording import shown
from recon.store import snapshot
from recon.store.findings import Finding, FindingKind
from recon.store.session import Session, reckoning

_UNITS = Column("", "", Unit.QUANTITY)


def low_stock(store: Path, today: date, memory_limit: str | None = None) -> list[Finding]:
    """A finding for each item that is low."""
    with snapshot.looked_at(store, memory_limit) as (session, _):
        compiled.install(session)
        asked = _asked(session, today)
        if asked is None:
            return []
        with reckoning("the stock"):
            found = low_items(session, asked)
    return [finding(each, asked.period.last) for each in found]


def _asked(session: Session, today: date) -> Asked | None:
    """The last day of counts and sales, if any."""
    row = session.execute(
        """SELECT max(counted_on), greatest(max(counted_on), (SELECT max(sold_on) FROM fact_sales))
        FROM fact_inventory"""
    ).fetchone()
    if row is None or row[0] is None:
        return None
    day = min(row[1], today)
    return Asked(part(day, Time.DAY), Calendar(day))


def finding(low: Low, today: date) -> Finding:
    """The finding on an item, until it recovers."""
    item = low.item
    key = f"low:{item.product.lower()}:{item.place.lower()}:{low.now.since}"
    parts = [
        f"{low.name} at {item.place} is low since {low.now.since}: {_units(item.on_hand)} on hand, "
        f"reorder point {_units(item.reorder_point)}",
        _runs_out(low, today),
        _transit(low),
    ]
    order = f" To order: {_units(item.order)}." if item.order else ""
    return Finding(FindingKind.LOW, "", key, f"{'; '.join(parts)}.{order}{_last_time(low)}")


def _runs_out(low: Low, today: date) -> str:
    left = low.item.days_left
    if left is None:
        return "none was sold in the last 90 days"
    if left > (date.max - today).days:
        return "it lasts at the rate of the last 90 days"
    return f"it runs out on {today + timedelta(days=left)} at the rate of the last 90 days"


def _transit(low: Low) -> str:
    item = low.item
    if not item.in_transit:
        return "nothing is in transit"
    covers = item.on_hand + item.in_transit >= item.reorder_point
    return f"{_units(item.in_transit)} in transit {'cover' if covers else 'do not cover'} it"


def _last_time(low: Low) -> str:
    """How the last stretch came out."""
    if low.before is None:
        return ""
    end = f"it was enough again on {low.before.over}"
    if low.before.ran_out:
        end = f"it ran out by {low.before.ran_out}, and {end.removeprefix('it ')}"
    return f" The last time, from {low.before.since} on, {end}."


def _units(units: int) -> str:
    return shown(units, _UNITS, "")
