"""Loading feeds: from waiting files to a snapshot.

One file is one transaction. What became of it is a `FileOutcome`; nothing counts again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from recon.alerts.loads import after_load
from recon.base.errors import (
    ConfigError,
    SourceDataError,
    SourceUnreachable,
    UsageError,
)
from recon.base.feed import Feed
from recon.base.text import counted
from recon.config import Settings
from recon.config.settings import SourceKind
from recon.record import identity
from recon.record.lock import locked
from recon.record.log import Log
from recon.run import arrival, feed_findings
from recon.run.rejected import write_rejected
from recon.sources import feed_files
from recon.sources.feed_files import FeedFile
from recon.sources.ragged import SIGN
from recon.store import deliveries, findings, snapshot, warehouse
from recon.store import load as loading
from recon.store.copying import FILE
from recon.store.feeds import drift
from recon.store.feeds.cells import Cells
from recon.store.outcome import KNOWN, LOADED, REFUSED, FileOutcome, Report
from recon.store.session import Session, reading
from recon.store.warehouse import Known

Progress = Callable[[str], None]


def load_feeds(
    settings: Settings,
    files: Sequence[Path] = (),
    feed: str | None = None,
    *,
    dry: bool = False,
    only: set[Path] | None = None,
    progress: Progress = lambda _: None,
    log: Log | None = None,
) -> Report:
    """Load the named files or all waiting, oldest first.

    Of those that wait, `only` names the ones to take.

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
            outcome = _one_file(session, settings, of, path, dry=dry, named=bool(files))
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
        progress("Making the snapshot")
        made = snapshot.publish(session, settings.store, settings.calendar)
    report = Report(outcomes, dry, made.number, found)
    told = after_load(settings, report)
    if told.sentence:
        log.note("alerts_waiting", told.sentence)
    return replace(report, alerts=told.sentence)


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


def with_sample(settings: Settings) -> Settings:
    """The settings, with the sample's feeds where none are configured.

    That is where both sides are the sample's, too.
    """
    kinds = {settings.analytics.kind, settings.accounting.kind}
    if settings.feeds or kinds != {SourceKind.SAMPLE}:
        return settings
    from recon.config import load
    from recon.sources.sample import feeds

    folder = feeds.ensure()
    return replace(settings, feeds=load(folder / feeds.CONFIG).feeds)


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
    outside = {settings.store.parent / "rejected", settings.store}
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


def _one_file(
    session: Session, settings: Settings, feed: Feed, path: Path, *, dry: bool, named: bool
) -> FileOutcome:
    """Load one file, or say why not."""
    outcome = FileOutcome(path, feed.name, feed.kind.name, KNOWN)
    try:
        size, digest = feed_files.fingerprint(path)
        again = _again(warehouse.known(session, digest), feed, named=named)
        if again:
            return replace(outcome, reason=again)
        work = partial(_opened, session, settings, feed, (size, digest), outcome, dry=dry)
        try:
            return work(ragged=False)
        except SourceDataError as error:
            if SIGN not in str(error):
                raise
            return work(ragged=True)
    except (SourceDataError, SourceUnreachable) as error:
        refused = replace(outcome, status=REFUSED, reason=str(error).rstrip("."))
        if dry or isinstance(error, SourceUnreachable) or "changed while" in str(error):
            return refused
        return _note_refused(session, settings, feed, refused, size, digest)


def _opened(
    session: Session,
    settings: Settings,
    feed: Feed,
    known: tuple[int, str],
    outcome: FileOutcome,
    *,
    dry: bool,
    ragged: bool,
) -> FileOutcome:
    # A dry run is one transaction, which a file that cannot be read must not break: such a file is
    # met outside of it.
    reader = session.cursor() if dry else session
    with feed_files.opened(reader, feed, outcome.path, known, ragged=ragged) as file:
        if dry:
            with reading(feed.key, file.path.name):
                reader.execute(f"SELECT max(hash(COLUMNS(*))) FROM {file.relation}").fetchall()
        return _loaded(session, settings, feed, file, outcome, dry=dry)


def _again(earlier: Sequence[Known], feed: Feed, *, named: bool) -> str:
    """Why equal bytes are not loaded once more, or ''."""
    mine = [each for each in earlier if each.feed == feed.name]
    if not mine or mine[0].settings != _settings_hash(feed):
        return ""
    last = mine[0]
    if last.status == "loaded":
        return f"the same file is here already as load {last.load}"
    if named:
        return ""
    word = "taken back" if last.status == "undone" else "refused"
    return f"it was {word} before (load {last.load}); name the file to load it again"


def _settings_hash(feed: Feed) -> str:
    """A hash of the settings that read a file."""
    read = replace(feed, path=Path(), expected=None, thin=0, archive=None, refused=None)
    return hashlib.sha256(repr(read).encode()).hexdigest()[:16]


def _loaded(
    session: Session,
    settings: Settings,
    feed: Feed,
    file: FeedFile,
    outcome: FileOutcome,
    *,
    dry: bool,
) -> FileOutcome:
    cells = Cells(feed, file.header, ragged=file.is_ragged)
    drift.refuse_missing(cells, file.header)
    with reading(feed.key, file.path.name):
        cleaned = loading.stage(session, cells, file.relation, is_mended=file.is_mended)
    number = warehouse.next_number(session)
    if dry:
        return _in_store(session, settings, cells, file, number, cleaned, outcome)
    with warehouse.transaction(session, settings.store / FILE):
        done = _in_store(session, settings, cells, file, number, cleaned, outcome)
    if done.rejected:
        written = write_rejected(
            settings.store.parent / "rejected", feed, file, done.rejected, number, session
        )
        done = replace(done, rejected_file=written)
    return done


def _in_store(
    session: Session,
    settings: Settings,
    cells: Cells,
    file: FeedFile,
    number: int,
    cleaned: dict[str, int],
    outcome: FileOutcome,
) -> FileOutcome:
    """Bring the staged rows in, and note the load."""
    feed, now = cells.feed, datetime.now(UTC).replace(tzinfo=None)
    before = warehouse.last_header(session, feed.name)
    loaded = loading.load(
        session,
        cells,
        number,
        cleaned,
        is_mended=file.is_mended,
        today=date.today(),
    )
    rejected = loading.keep_rejected(
        session, cells, file.relation, list(file.header), loaded, file.places
    )
    drifted = drift.drifted(json.loads(before), file.header) if before else ""
    notes = [each for each in (*file.notes, drifted) if each]
    found = [
        *findings.overlap(session, feed, loaded),
        *deliveries.thin(session, feed, loaded),
        *deliveries.days(session, feed, loaded, settings.calendar),
    ]
    warehouse.note_load(
        session,
        {
            **_file_facts(feed, file, outcome.path, now),
            **warehouse.facts_of(loaded),
            "status": "loaded",
            "notes": loading.as_json([*(each.sentence for each in found), *notes]),
        },
    )
    warehouse.note_links(session, number, loaded.stands_on)
    months = {feed.kind.table: loaded.months}
    for column in loaded.placeholders:
        months.setdefault("dim_product" if column == "product_id" else "dim_customer", [None])
    warehouse.note_change(session, "load", number, now, months)
    return replace(
        outcome, status=LOADED, load=number, loaded=loaded, findings=found, notes=notes,
        rejected=rejected, drift=drifted,
    )  # fmt: skip


def _file_facts(feed: Feed, file: FeedFile, path: Path, now: datetime) -> dict[str, object]:
    return {
        "feed": feed.name,
        "kind": feed.kind.name,
        "file": path.as_posix(),
        "size": file.size,
        "sha256": file.sha256,
        "settings": _settings_hash(feed),
        "loaded_at": now,
        "loaded_by": identity.who(),
        "header": loading.as_json(list(file.header)),
    }


def _note_refused(
    session: Session,
    settings: Settings,
    feed: Feed,
    refused: FileOutcome,
    size: int,
    digest: str,
) -> FileOutcome:
    """Note that a file was refused, to read it once."""
    now = datetime.now(UTC).replace(tzinfo=None)
    with warehouse.transaction(session, settings.store / FILE):
        number = warehouse.next_number(session)
        file = FeedFile(refused.path, size, digest, "", {}, lambda _: {})
        facts = _file_facts(feed, file, refused.path, now)
        notes = loading.as_json([refused.reason])
        warehouse.note_load(session, {**facts, "load": number, "status": "refused", "notes": notes})
        warehouse.note_change(session, "load", number, now, {})
    return replace(refused, load=number)


def undo_load(settings: Settings, load: int) -> str:
    """Take a load back whole; return the sentence on it.

    Raises UsageError where there is none, or later loads stand on it.
    """
    with locked(settings.store, "recon load --undo"), _store(settings, dry=False) as session:
        table = _table_of(session, load)
        later = warehouse.standing_on(session, load)
        if later:
            named = ", ".join(f"{of} ({Path(file).name})" for of, file in later)
            raise UsageError(
                f"Load {load} cannot be taken back: later loads changed or found its rows: "
                f"{named}. Take these back first, the last one first."
            )
        now = datetime.now(UTC).replace(tzinfo=None)
        with warehouse.transaction(session, settings.store / FILE):
            months = warehouse.undo(session, load, table)
            warehouse.note_change(session, "undo", load, now, months)
        snapshot.publish(session, settings.store, settings.calendar)
    return f"Load {load} is taken back; the store is as it was before it."


def accept_load(settings: Settings, load: int) -> str:
    """Let a load's overlapping rows count; return the sentence."""
    with locked(settings.store, "recon load --accept"), _store(settings, dry=False) as session:
        _table_of(session, load)
        now = datetime.now(UTC).replace(tzinfo=None)
        with warehouse.transaction(session, settings.store / FILE):
            months = warehouse.accept(session, load)
            warehouse.note_change(session, "accept", load, now, months)
        snapshot.publish(session, settings.store, settings.calendar)
    changed = counted(sum(map(len, months.values())), "month")
    return f"The overlapping rows of load {load} count from now on; {changed} changed."


def _table_of(session: Session, load: int) -> str:
    """The table of a load; raises UsageError without one."""
    from recon.base.feeds import KINDS

    found = session.execute(
        "SELECT kind, status FROM store.loads WHERE load = ?", [load]
    ).fetchone()
    if found is None:
        raise UsageError(f"There is no load {load}; `recon loads` lists them.")
    if found[1] != "loaded":
        raise UsageError(f"Load {load} is {found[1]}; it has no rows in the store.")
    return KINDS[found[0]].table


__all__ = ["FileOutcome", "Report", "accept_load", "load_feeds", "undo_load"]
