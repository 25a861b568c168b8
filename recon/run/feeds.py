"""Loading feeds: from waiting files to a snapshot.

One file is one transaction. What became of it is a `FileOutcome`; nothing counts again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from recon.base.errors import ConfigError, SourceUnreachable, UsageError
from recon.base.feed import Feed
from recon.base.text import counted
from recon.config import Settings
from recon.record.lock import locked
from recon.record.log import Log
from recon.run import arrival, feed_findings
from recon.run.feed_file import load_file
from recon.sources import feed_files
from recon.store import snapshot, warehouse
from recon.store.copying import FILE
from recon.store.findings import Finding
from recon.store.outcome import FileOutcome, Report
from recon.store.session import Session

Progress = Callable[[str], None]
# What says how much there is, or how much there should be.
_COUNTED = ("inventory", "products")


def load_feeds(
    settings: Settings,
    files: Sequence[Path] = (),
    feed: str | None = None,
    *,
    dry: bool = False,
    only: set[Path] | None = None,
    names: Mapping[Path, str] = MappingProxyType({}),
    progress: Progress = lambda _: None,
    log: Log | None = None,
) -> Report:
    """Load the named files or all waiting, oldest first.

    Of those that wait, `only` names the ones to take. `names` are those under which people know
    files that are kept under another one.

    Raises UsageError where a file is of no feed, Locked where another loader is at work.
    """
    log = log or Log()
    chosen = [
        (of, path) for of, path in _chosen(settings, files, feed) if only is None or path in only
    ]
    outcomes = []
    with (
        locked(settings.store, "recon load"),
        _store(settings, dry, [path for _, path in chosen]) as session,
    ):
        first = warehouse.next_number(session)
        for of, path in chosen:
            progress(f"Loading {path.name}")
            shown = names.get(path, path.as_posix())
            outcome = load_file(
                session, settings, of, path, dry=dry, named=bool(files), shown=shown
            )
            if not (dry or files):
                outcome = arrival.put_away(of, outcome)
            _note(log, outcome)
            outcomes.append(outcome)
        found = feed_findings.of_run(
            session, settings, chosen_feeds(settings, feed), outcomes, first
        )
        for each in found:
            log.note("feed_finding", each.sentence, feed=each.feed, kind=each.kind.value)
        if dry:
            return Report(outcomes, dry, findings=found)
        _keep(session, settings, found)
        progress("Making the snapshot")
        made = snapshot.publish(session, settings.store, settings.calendar)
    low = _low(settings) if any(each.kind in _COUNTED for each in outcomes) else []
    report = Report(outcomes, dry, made.number, found, low=low)
    if settings.slack is None:
        return report
    from recon.alerts.loads import after_load

    told = after_load(settings, report)
    if told.sentence:
        log.note("alerts_waiting", told.sentence)
    return replace(report, alerts=told.sentence)


def _keep(session: Session, settings: Settings, found: Sequence[Finding]) -> None:
    """Keep the findings that no single file shows."""
    if not found:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    with warehouse.transaction(session, settings.store / FILE):
        if warehouse.note_findings(session, found, None, now):
            warehouse.note_change(session, "findings", 0, now, {})


def _low(settings: Settings) -> list[Finding]:
    from recon.reports.figures.low_stock import low_stock

    today = settings.calendar.here(datetime.now(UTC)).date()
    return low_stock(settings.store, today, settings.memory_limit)


def _note(log: Log, outcome: FileOutcome) -> None:
    """Log a file's outcome, and each of its findings."""
    name, about = outcome.path.name, {"feed": outcome.feed, "load": outcome.load}
    said = f": {outcome.reason}" if outcome.reason else ""
    log.note("feed_file", f"{name}: {outcome.status}{said}", **about)
    if outcome.rejected:
        rows = counted(len(outcome.rejected), "row")
        log.note("feed_rejected", f"{name}: {rows} rejected", **about)
    for each in outcome.findings:
        log.note("feed_finding", f"{name}: {each.sentence}", **about, kind=each.kind.value)
    if outcome.drift:
        log.note("feed_drift", f"{name}: {outcome.drift}", **about)


@contextmanager
def _store(settings: Settings, dry: bool, files: Iterable[Path] = ()) -> Iterator[Session]:
    """The store and the files; a dry run changes nothing."""
    opened = warehouse.opened(settings.store, settings.memory_limit, dry=dry, allowed=files)
    with opened as session:
        if not dry:
            yield session
            return
        with warehouse.transaction(session, settings.store / FILE, keep=False):
            yield session


def chosen_feeds(settings: Settings, name: str | None) -> list[Feed]:
    """All feeds, or the one that is named.

    Raises ConfigError without any, UsageError where there is none of that name.
    """
    if not settings.feeds:
        mistake = "feeds: there is none; describe one as [feeds.NAME], as docs/feeds.md shows"
        raise ConfigError([mistake], "the configuration")
    if name is None:
        return list(settings.feeds.values())
    if name not in settings.feeds:
        raise UsageError(
            f"There is no feed {name!r}; the configuration has {', '.join(settings.feeds)}."
        )
    return [settings.feeds[name]]


def _chosen(settings: Settings, files: Sequence[Path], name: str | None) -> list[tuple[Feed, Path]]:
    """The files to load with their feeds, the oldest first."""
    feeds = chosen_feeds(settings, name)
    if files:
        return [(_feed_of(feeds, path.absolute(), name), path.absolute()) for path in files]
    beside = settings.store.parent
    outside = {beside / "rejected", beside / "uploads", settings.store}
    outside |= arrival.folders(settings.feeds)
    found = [
        (feed, path)
        for feed in feeds
        for path in feed_files.waiting(feed)
        if outside.isdisjoint(path.parents)
    ]
    return sorted(found, key=lambda each: (_time(each[1]), each[1].as_posix()))


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # which is said when it is read
        return 0


def _feed_of(feeds: Sequence[Feed], path: Path, name: str | None) -> Feed:
    if not path.is_file():
        raise SourceUnreachable(f"{path} is not a file.")
    if name:
        return feeds[0]
    found = [feed for feed in feeds if feed_files.is_of(feed, path)]
    if len(found) != 1:
        named = ", ".join(feed.name for feed in found or feeds)
        which = "is of several feeds" if found else "has the name of no feed's files"
        raise UsageError(f"{path.name} {which}; choose one of {named} with --feed.")
    return found[0]
