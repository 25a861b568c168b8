"""A feed's file: read, checked, and brought in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.feed import Feed
from recon.config import Settings
from recon.record import identity
from recon.run.rejected import write_rejected
from recon.sources import feed_files
from recon.sources.feed_files import FeedFile
from recon.sources.ragged import SIGN
from recon.store import deliveries, findings, warehouse
from recon.store import load as loading
from recon.store.copying import FILE
from recon.store.feeds import drift
from recon.store.feeds.cells import Cells
from recon.store.findings import FindingKind, of_load
from recon.store.outcome import KNOWN, LOADED, REFUSED, FileOutcome
from recon.store.session import Session, reading
from recon.store.warehouse import Known


def load_file(
    session: Session,
    settings: Settings,
    feed: Feed,
    path: Path,
    *,
    dry: bool,
    named: bool,
    shown: str = "",
) -> FileOutcome:
    """Load one file, or say why not.

    It is `shown` under another name where it was uploaded.
    """
    outcome = FileOutcome(path, feed.name, feed.kind.name, KNOWN, shown=shown or path.as_posix())
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
            **_file_facts(feed, file, outcome.shown, now),
            **warehouse.facts_of(loaded),
            "status": "loaded",
            "notes": loading.as_json([*(each.sentence for each in found), *notes]),
        },
    )
    drift_of = [of_load(FindingKind.DRIFT, feed, number, drifted)] if drifted else []
    warehouse.note_findings(session, [*found, *drift_of], number, now)
    warehouse.note_links(session, number, loaded.stands_on)
    months = {feed.kind.table: loaded.months}
    for column in loaded.placeholders:
        months.setdefault("dim_product" if column == "product_id" else "dim_customer", [None])
    warehouse.note_change(session, "load", number, now, months)
    return replace(
        outcome, status=LOADED, load=number, loaded=loaded, findings=found, notes=notes,
        rejected=rejected, drift=drifted,
    )  # fmt: skip


def _file_facts(feed: Feed, file: FeedFile, shown: str, now: datetime) -> dict[str, object]:
    return {
        "feed": feed.name,
        "kind": feed.kind.name,
        "file": shown,
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
        facts = _file_facts(feed, file, refused.shown, now)
        notes = loading.as_json([refused.reason])
        warehouse.note_load(session, {**facts, "load": number, "status": "refused", "notes": notes})
        said = f"{refused.path.name} is refused; the notes of load {number} say why."
        found = [of_load(FindingKind.REFUSED, feed, number, said)]
        warehouse.note_findings(session, found, number, now)
        warehouse.note_change(session, "load", number, now, {})
    return replace(refused, load=number)
