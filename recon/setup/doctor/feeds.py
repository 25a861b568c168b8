"""Checks of feeds: their places, expected files, and open loads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath

from recon.base.errors import ExitCode, SourceUnreachable
from recon.base.text import counted
from recon.config import Settings
from recon.reports.figures.low_stock import low_stock
from recon.setup.doctor.model import Finding, failed, ok, warning
from recon.setup.doctor.steps import Step
from recon.sources import feed_files
from recon.store import deliveries, listing, snapshot

_SHOWN = 3
# No load has such a number: none of them is of this run.
_NONE_YET = 1 << 62


def _places(settings: Settings) -> Finding:
    """Whether each feed's folder can be looked into."""
    there, gone = 0, []
    for feed in settings.feeds.values():
        try:
            there += len(feed_files.waiting(feed))
            if not feed.path.parent.exists() and not any("*" in part for part in feed.path.parts):
                gone.append(f"{feed.name}: {feed.path.parent}")
        except SourceUnreachable as error:
            gone.append(f"{feed.name}: {error}")
    if gone:
        return failed(
            ExitCode.SOURCE_UNREACHABLE, f"{_listed(gone)} cannot be looked into",
            "check the path of the feed, and the rights of this account",
        )  # fmt: skip
    return ok(f"{counted(len(settings.feeds), 'feed')}, {counted(there, 'file')} in their places")


def _expected(settings: Settings) -> Finding:
    """Whether every expected file has come."""
    expected = [feed for feed in settings.feeds.values() if feed.expected]
    if not expected:
        return ok("no feed says when its file is expected")
    if not _is_made(settings):
        return ok("nothing was loaded yet")
    now = settings.calendar.here(datetime.now(UTC))
    with snapshot.looked_at(settings.store) as (session, _):
        found = deliveries.late(session, expected, now, settings.calendar, _NONE_YET, "loads")
    if found:
        said = [each.sentence.rstrip(".") for each in found]
        return warning(_listed(said), "ask the sender, then run recon load")
    return ok(f"{counted(len(expected), 'feed')} came in time")


def _loads(settings: Settings) -> Finding:
    """Refused files, rejected rows and overlap that are open."""
    if not _is_made(settings):
        return ok("nothing was loaded yet; recon load does it")
    with snapshot.looked_at(settings.store) as (session, _):
        found = listing.loads(session)
    loaded = {(each["feed"], each["file"]) for each in found if each["status"] == "loaded"}
    refused = [
        PurePath(each["file"]).name
        for each in found
        if each["status"] == "refused" and (each["feed"], each["file"]) not in loaded
    ]
    rejected = sum(each["open"] for each in found if each["status"] == "loaded")
    overlap = [
        f"load {each['load']}"
        for each in found
        if each["overlapping"] and not each["accepted"] and each["status"] == "loaded"
    ]
    parts = [f"refused: {_listed(refused)}"] if refused else []
    parts += [f"{counted(rejected, 'rejected row')} to be mended"] if rejected else []
    parts += [f"rows of other feeds wait in {_listed(overlap)}"] if overlap else []
    if parts:
        return warning("; ".join(parts), "recon loads shows them, recon loads --rejected the rows")
    return ok(f"{counted(len(found), 'load')}, nothing is open")


def _low_stock(settings: Settings) -> Finding:
    """Whether items are below their reorder point."""
    if not _is_made(settings):
        return ok("nothing was loaded yet")
    today = settings.calendar.here(datetime.now(UTC)).date()
    found = low_stock(settings.store, today, settings.memory_limit)
    if not found:
        return ok("no item is below its reorder point")
    said = [each.sentence.partition(":")[0] for each in found]
    return warning(_listed(said), "recon kpi inventory says what to order, and by when")


def _is_made(settings: Settings) -> bool:
    return (settings.store / "read" / "current.json").exists()


def _listed(said: Iterable[str]) -> str:
    named = list(dict.fromkeys(said))
    more = f" and {len(named) - _SHOWN:,} more" if len(named) > _SHOWN else ""
    return "; ".join(named[:_SHOWN]) + more


STEPS: tuple[Step[Settings], ...] = (
    Step("feed_places", _places),
    Step("expected_files", _expected),
    Step("loads", _loads),
    Step("low_stock", _low_stock),
)
