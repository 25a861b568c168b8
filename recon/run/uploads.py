"""Uploads: files that people send, kept and loaded in order.

A file is received into a hidden file beside its place, and gets there when it is whole and on the
disk: under its hash, since what the sender calls it is only told again, never opened. A list beside
the files says what waits; loading one is one transaction, and the same bytes twice change nothing,
so whatever was cut off is done again.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from recon.base import disk
from recon.base.elsewhere import said_elsewhere, without_commands, without_paths
from recon.base.errors import Locked, ReconError, ReportError, SourceDataError
from recon.base.text import one_line, shortened
from recon.config import Settings
from recon.record import identity
from recon.record.lock import held
from recon.record.log import Log

FOLDER, LIST = "uploads", "uploads.db"
# So many rejected rows are listed; all of them are in the file to download.
LISTED = 100
_LINES = (".jsonl", ".ndjson", ".json")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_START = 4_096
_NAME_MOST = 150
# So often a file that was cut off is begun again.
_PATIENCE = 5
# Nothing arrives so slowly that an hour goes by without a byte.
_MOMENT = 3_600.0
_TABLE = """CREATE TABLE IF NOT EXISTS uploads (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, feed TEXT NOT NULL, name TEXT NOT NULL,
    file TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, who TEXT NOT NULL,
    address TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL, load INTEGER,
    outcome TEXT NOT NULL)"""
_COLUMNS = "id, feed, name, file, size, sha256, who, address, at, state, load, outcome"


class State(StrEnum):
    """The state of an upload; the last four are final."""

    WAITING = "waiting"
    LOADING = "loading"
    LOADED = "loaded"
    REFUSED = "refused"
    KNOWN = "known"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens."""
        return self not in (State.WAITING, State.LOADING)


class TooLarge(SourceDataError):
    """A file that is larger than allowed."""

    is_of_file = True


class WrongType(SourceDataError):
    """A file that no feed can be read from."""

    is_of_file = True


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sent.

    `name` is what the sender calls it, `file` its name here; `outcome` is as in the documents of
    `recon load`.
    """

    id: str
    feed: str
    name: str
    file: str
    size: int
    sha256: str
    who: str
    address: str
    at: str
    state: State = State.WAITING
    load: int | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)


class Incoming:
    """A file while it arrives."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Add bytes; raises TooLarge."""
        self.size += len(block)
        if self.size > self._most:
            raise TooLarge(
                f"The file is larger than {self._most:,} bytes, the most that is taken here; send "
                "it in parts, or packed as .zip or .gz."
            )
        self._hash.update(block)
        self._file.write(block)

    @property
    def sha256(self) -> str:
        """The hash of the bytes that have arrived."""
        return self._hash.hexdigest()


class Uploads:
    """The uploads of a store: their folder, and their list."""

    def __init__(self, store: Path) -> None:
        self.folder = store.parent / FOLDER

    @contextmanager
    def _list(self) -> Iterator[sqlite3.Connection]:
        try:
            disk.make_folders(self.folder)
            path = self.folder / LIST
            with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(_TABLE)
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise ReportError(
                f"{self.folder} cannot be used: {error}. Make room there or get the rights, then "
                "try again."
            ) from error

    @contextmanager
    def receiving(self, most: int) -> Iterator[tuple[Incoming, Path]]:
        """Yield a file to write into; unless kept, it goes."""
        beside = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            disk.make_folders(self.folder)
            with disk.created(beside) as file:
                yield Incoming(file, most), beside
        except OSError as error:
            raise ReportError(
                f"The file cannot be kept: {error.strerror}. Tell whoever runs recon."
            ) from error
        finally:
            beside.unlink(missing_ok=True)

    def keep(
        self, incoming: Incoming, beside: Path, feed: str, name: str, who: str, address: str
    ) -> Upload:
        """Keep a whole file, to be loaded; raises WrongType."""
        name = plain_name(name)
        incoming._file.flush()
        ending = ending_of(beside, name)
        file = f"{incoming.sha256[:24]}{ending}"
        disk.flush(incoming._file)
        place = self.folder / file
        if not place.exists():
            incoming._file.close()  # Windows moves no open file
            beside.replace(place)
            disk.sync_folder(self.folder)
        made = Upload(
            secrets.token_hex(8), feed, name, file, incoming.size, incoming.sha256, who, address,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        with self._list() as connection:
            connection.execute(
                f"INSERT INTO uploads ({_COLUMNS}) VALUES ({', '.join('?' * 12)})",
                (made.id, feed, name, file, made.size, made.sha256, who, address, made.at,
                 made.state.value, None, "{}"),
            )  # fmt: skip
        return made

    def all(self, feeds: Sequence[str], first: int = 0, most: int = 50) -> list[Upload]:
        """The uploads of some feeds, the newest first."""
        marks = ", ".join("?" for _ in feeds)
        return self._found(
            f"WHERE feed IN ({marks}) ORDER BY number DESC LIMIT ? OFFSET ?", *feeds, most, first
        )

    def count(self, feeds: Sequence[str]) -> int:
        """How many uploads of some feeds there are."""
        marks = ", ".join("?" for _ in feeds)
        with self._looked() as connection:
            if connection is None:
                return 0
            found = connection.execute(
                f"SELECT count(*) FROM uploads WHERE feed IN ({marks})", feeds
            ).fetchone()
            return int(found[0])

    def get(self, upload: str) -> Upload | None:
        """An upload by its id, or None."""
        return next(iter(self._found("WHERE id = ?", upload)), None)

    def of_loads(self) -> dict[int, Upload]:
        """The uploads by the number of their load."""
        found = self._found("WHERE load IS NOT NULL ORDER BY number")
        return {each.load: each for each in found if each.load is not None}

    def waiting(self) -> list[Upload]:
        """The uploads that are not loaded yet, the oldest first."""
        return self._found("WHERE state IN ('waiting', 'loading') ORDER BY number")

    @contextmanager
    def _looked(self) -> Iterator[sqlite3.Connection | None]:
        if not (self.folder / LIST).exists():
            yield None
            return
        with self._list() as connection:
            yield connection

    def _found(self, where: str, *values: object) -> list[Upload]:
        with self._looked() as connection:
            if connection is None:
                return []
            rows = connection.execute(f"SELECT {_COLUMNS} FROM uploads {where}", values).fetchall()
        return [_upload(row) for row in rows]

    def _set(self, upload: Upload, state: State, load: int | None, outcome: Any) -> None:  # noqa: ANN401
        with self._list() as connection:
            connection.execute(
                "UPDATE uploads SET state = ?, load = ?, outcome = ? WHERE id = ?",
                (state.value, load, json.dumps(outcome), upload.id),
            )

    def clear(self) -> None:
        """Remove files whose arrival was cut off an hour ago."""
        for path in self.folder.glob(".*.part"):
            with suppress(OSError):  # another server may have it
                if time.time() - path.stat().st_mtime > _MOMENT:
                    path.unlink()

    @contextmanager
    def worked(self) -> Iterator[bool]:
        """Yield whether this process alone may load uploads."""
        with ExitStack() as kept:
            try:
                disk.make_folders(self.folder)
                ours = kept.enter_context(held(self.folder / ".loading", 0))
            except OSError:  # the next attempt will tell
                ours = False
            yield ours

    def load(self, settings: Settings, upload: Upload, log: Log | None = None) -> bool:
        """Load an upload; return whether it is done.

        It is not where another loader is at work.
        """
        cut_off = int(upload.outcome.get("cut_off", 0)) + (upload.state is State.LOADING)
        if cut_off > _PATIENCE:
            said = "The server ended each time that it loaded this file; tell whoever runs recon."
            self._set(upload, State.FAILED, None, {"reason": said})
            return True
        self._set(upload, State.LOADING, None, {"cut_off": cut_off})
        try:
            with identity.acting(upload.who, upload.address):
                state, load, outcome = self._loaded(settings, upload, log)
        except Locked as error:
            self._set(upload, State.WAITING, None, {"reason": said_elsewhere(error)})
            return False
        except ReconError as error:
            state, load, outcome = State.FAILED, None, {"reason": said_elsewhere(error)}
            _noted(log, error)
        except Exception as error:  # noqa: BLE001 - one file must not end all loading
            said = f"This is a defect in recon ({type(error).__name__}); nothing was loaded."
            state, load, outcome = State.FAILED, None, {"reason": said}
            _noted(log, error)
        self._set(upload, state, load, outcome)
        return True

    def _loaded(
        self, settings: Settings, upload: Upload, log: Log | None
    ) -> tuple[State, int | None, Mapping[str, Any]]:
        from recon.reports.feeds import report_document
        from recon.run.feeds import load_feeds

        path = (self.folder / upload.file).absolute()
        report = load_feeds(
            settings, [path], upload.feed, log=log, names={path: f"{FOLDER}/{upload.name}"}
        )
        document: dict[str, Any] = report_document(report)
        text = json.dumps(document["files"][0])
        outcome: dict[str, Any] = json.loads(self._named(text, upload))
        outcome["rejected_rows"] = outcome["rejected_rows"][:LISTED]
        for place in ("file", "rejected_file", "moved_to"):
            outcome.pop(place, None)
        told = [*outcome["findings"], *(each.sentence for each in report.findings)]
        outcome["findings"] = [without_paths(without_commands(each)) for each in told]
        if outcome.get("reason"):
            outcome["reason"] = without_paths(without_commands(outcome["reason"]))
        return State(report.outcomes[0].status), report.outcomes[0].load, outcome

    def _named(self, text: str, upload: Upload) -> str:
        """A text with the sender's name of the file."""
        return text.replace(str(self.folder / upload.file), upload.file).replace(
            upload.file, json.dumps(upload.name)[1:-1]
        )


def _noted(log: Log | None, error: Exception) -> None:
    if log:
        log.note("failed", f"{type(error).__name__}: {error}")


def _upload(row: Sequence[Any]) -> Upload:
    found = dict(zip(_COLUMNS.split(", "), row, strict=True))
    read = {"state": State(found["state"]), "outcome": json.loads(found["outcome"])}
    return Upload(**{**found, **read})


def plain_name(name: str) -> str:
    """The last part of a file's name, to be shown."""
    last = PurePosixPath(PureWindowsPath(name.replace("\0", "")).name).name
    return shortened(one_line(last).strip(), _NAME_MOST) if last.strip(". ") else "file"


def ending_of(path: Path, name: str) -> str:
    """The ending of a file by its content; raises WrongType."""
    from recon.sources.decoding import GZIP, PARQUET
    from recon.sources.excel.package import OLE, ZIP
    from recon.sources.feed_files import is_workbook

    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        raise WrongType("The file is empty; send it again once it has rows.")
    lines = ".jsonl" if _ends(name, *_LINES) else ".csv"
    if start.startswith(PARQUET):
        return ".parquet"
    if start.startswith(GZIP):
        inner = re.sub(r"(?i)\.gz$", "", name)
        return f"{'.jsonl' if _ends(inner, *_LINES) else '.csv'}.gz"
    if start.startswith(ZIP):
        return ".xlsx" if is_workbook(path) else ".zip"
    if start.startswith(OLE):
        return ".xls"
    wide = start.startswith(_WIDE)
    if start.startswith((b"%PDF", b"MZ\x90", b"\x7fELF")) or (b"\0" in start and not wide):
        raise WrongType(
            "The file is none that feeds are read from; send CSV, Excel, Parquet or JSON lines, "
            "also packed as .zip or .gz."
        )
    return lines


def _ends(name: str, *endings: str) -> bool:
    return name.lower().endswith(endings)
