"""Files of feeds: each a relation of its own columns.

CSV (also .gz and .zip), Excel, Parquet and JSON lines. Every row has its number; `places` finds the
line of the few that are named.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

from recon.base import temporary
from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.feed import Feed
from recon.base.result import Side
from recon.base.text import FORMULA, for_duckdb
from recon.config import SourceKind, SourceSettings
from recon.sources.csv_lines import CsvFile, csv_file, left_out
from recon.sources.decoding import BLOCK, GZIP, PARQUET, as_utf8, opening
from recon.sources.excel.package import OLE, ZIP
from recon.sources.excel.sheet_file import sheet_file
from recon.sources.file_relations import NUMBER, csv_relation, header_problem, listed
from recon.sources.kept_rows import kept_rows
from recon.sources.places import FilePlaces, NamedFile
from recon.sources.ragged import repaired
from recon.store.columns import PLACE
from recon.store.feeds.cells import RAGGED
from recon.store.session import Session, columns, literal, name, reading

# What a file of rejected rows adds to the sender's columns.
REASON, SENT_ROW, SENT_LOAD = "recon_reason", "recon_row", "recon_load"
_SENT = {SENT_ROW: "recon_sent_row", SENT_LOAD: "recon_sent_load"}
# Files that are still being written, and those that Excel keeps beside an open workbook.
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
# No honest file shrinks to less when it is packed; beyond, unpacking might fill the disk.
_MOST_UNPACKED = 200
_FREE = 50_000_000
_NOT_PLAIN = re.compile(rb'"|\n\r?\n|\r(?!\n)')
_EXCEL = ("xl/", "[Content_Types].xml", "META-INF/manifest.xml")

Places = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file that is open to be read.

    `relation` has the columns of `header` as they came, and `recon_row`; of a file of rejected rows
    that is sent back it also has `recon_sent_row` and `recon_sent_load`; `recon_ragged` of one with
    lines of another number of fields.
    """

    path: Path
    size: int
    sha256: str
    relation: str
    header: Mapping[str, str]
    places: Places
    notes: Sequence[str] = field(default_factory=list)
    is_mended: bool = False
    is_ragged: bool = False


def waiting(feed: Feed) -> list[Path]:
    """The files in a feed's place, the oldest first.

    Those that are still being written are left for later.
    """
    path = feed.path
    try:
        if path.is_file():
            return [path]
        folder = next((parent for parent in path.parents if parent.exists()), path.parent)
        names = glob.glob(  # noqa: PTH207
            str(path.relative_to(folder)), root_dir=folder, recursive=True
        )
        found = [folder / each for each in names if is_finished(Path(each).name)]
        files = [each for each in found if each.is_file()]
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.as_posix()))
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be looked into ({error.strerror}); check {feed.key}.path."
        ) from error


def is_finished(file: str) -> bool:
    """Whether a file's name is none still being written."""
    return not file.startswith(("~$", ".")) and not file.lower().endswith(_UNFINISHED)


def is_of(feed: Feed, path: Path) -> bool:
    """Whether a file's name is one of a feed's."""
    return path == feed.path or path.match(feed.path.name)


def fingerprint(path: Path) -> tuple[int, str]:
    """A file's size and SHA-256; raises SourceUnreachable."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from error


@contextmanager
def opened(
    session: Session, feed: Feed, path: Path, known: tuple[int, str], *, ragged: bool = False
) -> Iterator[FeedFile]:
    """Yield an open file; `known` are its size and SHA-256.

    With `ragged`, lines with another number of fields become rows that say so. Raises
    SourceDataError where it cannot be read as configured, or changes while it is read.
    """
    stamp, (size, digest) = _stamp(path), known
    if stamp[0] != size:
        raise _changed(path)
    with ExitStack() as scratch:
        with reading(feed.key, path.name):
            file = _opened(session, feed, path, scratch, ragged=ragged)
        if _stamp(path) != stamp:
            raise _changed(path)
        yield replace(file, size=size, sha256=digest)
        if _stamp(path) != stamp:
            raise _changed(path)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from error
    return found.st_size, found.st_mtime_ns


def _changed(path: Path) -> SourceDataError:
    return SourceDataError(f"{path} changed while it was read; run again when it is complete.")


def _opened(
    session: Session, feed: Feed, path: Path, scratch: ExitStack, *, ragged: bool
) -> FeedFile:
    settings = _settings(feed)
    start = _start(path, settings)
    if start.startswith(GZIP) or (start.startswith(ZIP) and not is_workbook(path)):
        path = _unpacked(path, scratch)
        start = _start(path, settings)
    if start == PARQUET:
        return _typed(session, feed, settings, path, _parquet(_plainly_named(path, scratch)))
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        read = _json(session, _plainly_named(path, scratch))
        return _typed(session, feed, settings, path, read)
    notes: list[str] = []
    if start.startswith((ZIP, OLE)):
        sheet = sheet_file(path, settings, scratch)
        named, notes = NamedFile(path.name, sheet.file, sheet.sheet), [*sheet.notices]
    else:
        text = _plainly_named(as_utf8(path, settings, scratch), scratch)
        file = csv_file(path, text, settings, scratch)
        named = NamedFile(path.name, repaired(path, file, scratch) if ragged else file)
    notes = left_out(settings, [named.file]) + notes
    return _of_text(session, feed, settings, path, named, notes)


def _plainly_named(path: Path, scratch: ExitStack) -> Path:
    """The file, or a copy with a plain name.

    A backslash, which Windows does not have in names, is for it no part of one with brackets.
    """
    if "\\" not in path.name or not glob.has_magic(path.name):
        return path
    return Path(shutil.copyfile(path, Path(scratch.enter_context(temporary.folder())) / "file"))


def _settings(feed: Feed) -> SourceSettings:
    """The settings by which a side's files are read.

    Only the name of the side is used, in what people are told.
    """
    return SourceSettings(
        side=cast(Side, feed.key),
        kind=SourceKind.FILES,
        path=feed.path,
        columns=feed.columns,
        encoding=feed.encoding,
        delimiter=feed.delimiter,
        decimal=feed.decimal,
        sheet=feed.sheet,
        skip_head=feed.skip_head,
        skip_foot=feed.skip_foot,
        where=feed.where,
        needs=tuple(column for column in feed.kind.needed if column not in feed.fixed),
    )


def _start(path: Path, settings: SourceSettings) -> bytes:
    with opening(path, settings), path.open("rb") as file:
        return file.read(len(PARQUET))


def is_workbook(path: Path) -> bool:
    """Whether a packed file is a workbook, or damaged."""
    try:
        with zipfile.ZipFile(path) as packed:
            return any(entry.startswith(_EXCEL) for entry in packed.namelist())
    except (zipfile.BadZipFile, OSError):
        return True  # whose reader says then that it is none


def _unpacked(path: Path, scratch: ExitStack) -> Path:
    """A copy of the one file in a packed one."""
    try:
        folder = Path(scratch.enter_context(temporary.folder()))
        copy = folder / (path.stem if Path(path.stem).suffix else f"{path.stem}.csv")
        with ExitStack() as kept, copy.open("wb") as out:
            _copy_some(kept.enter_context(_packed(path, kept)), out, path)
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # NotImplementedError, of a method that Python does not know, is a RuntimeError.
        raise SourceDataError(f"{path} cannot be unpacked: {error}.") from error
    return copy


def beginning(path: Path, folder: Path, most: int) -> Path:
    """The first bytes of a packed file, as a file."""
    copy = folder / (path.stem if Path(path.stem).suffix else f"{path.stem}.csv")
    try:
        with ExitStack() as kept:
            start = kept.enter_context(_packed(path, kept)).read(most)
        whole = len(start) < most
        copy.write_bytes(start if whole else start[: start.rfind(b"\n") + 1])
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceDataError(f"{path} cannot be unpacked: {error}.") from error
    return copy


def _packed(path: Path, kept: ExitStack) -> IO[bytes]:
    with path.open("rb") as file:
        start = file.read(len(GZIP))
    if start == GZIP:
        return cast(IO[bytes], gzip.open(path, "rb"))
    packed = kept.enter_context(zipfile.ZipFile(path))
    files = [entry for entry in packed.infolist() if not entry.is_dir()]
    if len(files) != 1:
        raise SourceDataError(
            f"{path} holds {len(files)} files; a packed file of a feed holds one."
        )
    if files[0].flag_bits & 1:
        raise SourceDataError(f"{path} is protected by a password; send it without one.")
    return packed.open(files[0])


def _copy_some(packed: IO[bytes], out: IO[bytes], path: Path) -> None:
    most = _FREE + _MOST_UNPACKED * path.stat().st_size
    while block := packed.read(BLOCK):
        out.write(block)
        if out.tell() > most:
            raise SourceDataError(
                f"{path} unpacks to more than {_MOST_UNPACKED} times its size, which no honest "
                "file does; send it unpacked."
            )
    shutil.copystat(path, out.name)


def _of_text(
    session: Session,
    feed: Feed,
    settings: SourceSettings,
    path: Path,
    named: NamedFile,
    notes: list[str],
) -> FeedFile:
    file = named.file
    if problem := header_problem(file.header):
        raise SourceDataError(f"{path} has {problem}; its first line must name every column once.")
    header = [_SENT.get(column.strip().lower(), column) for column in file.header]
    relation = csv_relation([replace(file, header=header)])
    numbered = f"row_number() OVER () AS {PLACE}"
    return _file(session, feed, settings, path, relation, numbered, _fast_places(named), notes)


def _fast_places(named: NamedFile) -> Places:
    """The lines of rows, fast where each is one."""
    slow = FilePlaces([named])

    def places(rows: Sequence[int]) -> Mapping[int, str]:
        if not rows:
            return {}
        if named.file.is_sheet or named.file.head or not _is_plain(named.file):
            return slow(rows)
        return {row: f"{named.name}, line {row + 1:,}" for row in rows}

    return places


def _is_plain(file: CsvFile) -> bool:
    """Whether no field is quoted and no line is empty."""
    with file.readable.open("rb") as lines:
        tail = b"\n"
        while block := lines.read(BLOCK):
            if _NOT_PLAIN.search(tail + block):
                return False
            tail = block[-2:]
    return True


def _parquet(path: Path) -> tuple[str, str]:
    options = "binary_as_string = true, hive_partitioning = false"
    return f"read_parquet({listed([path])}, {options})", f"{NUMBER} + 1 AS {PLACE}"


def _json(session: Session, path: Path) -> tuple[str, str]:
    """The relation of JSON lines, every value as its text."""
    lines = f"read_json_objects({listed([path])}, format = 'newline_delimited')"
    with reading("feed", path.name):
        found = session.execute(
            f"SELECT DISTINCT unnest(json_keys(json)) AS key FROM {lines} ORDER BY key"
        ).fetchall()
    taken = ", ".join(
        f"json ->> {literal('$.' + name(key))} AS {name(_SENT.get(key.lower(), key))}"
        for (key,) in found
    )
    return f"(SELECT {taken or 'NULL AS nothing'} FROM {lines})", f"row_number() OVER () AS {PLACE}"


def _typed(
    session: Session,
    feed: Feed,
    settings: SourceSettings,
    path: Path,
    relation: tuple[str, str],
) -> FeedFile:
    """A file without lines, whose rows are named by number."""

    def places(rows: Sequence[int]) -> Mapping[int, str]:
        return {row: f"{path.name}, row {row:,}" for row in rows}

    return _file(session, feed, settings, path, *relation, places, [])


def _file(
    session: Session,
    feed: Feed,
    settings: SourceSettings,
    path: Path,
    relation: str,
    numbered: str,
    places: Places,
    notes: list[str],
) -> FeedFile:
    found = columns(session, relation)
    sent = [column for column in found if column in _SENT.values()]
    if len(sent) == len(_SENT):
        relation = f"(SELECT {_unquoted(found)} FROM {relation})"
        found = columns(session, relation)
    if feed.where:
        kept = kept_rows(session, settings, relation, f", {numbered}")
        notes = notes + kept.told
        rows = kept.relation
    else:
        rows = f"(SELECT *, {numbered} FROM {relation})"
    header = {
        column: kind
        for column, kind in found.items()
        if column not in sent and column.strip().lower() not in (REASON, RAGGED)
    }
    mended, ragged = len(sent) == len(_SENT), RAGGED in found
    return FeedFile(path, 0, "", rows, header, places, notes, mended, ragged)


def _unquoted(found: Mapping[str, str]) -> str:
    """The columns without the quotes in front of formulas."""
    quoted = f"^'({FORMULA.replace('^', '')})"
    own = {column: re.sub(quoted, r"\1", column) for column in found}
    pattern = literal(for_duckdb(quoted))
    return ", ".join(
        f"regexp_replace({name(column)}, {pattern}, '\\1') AS {name(own[column])}"
        if kind == "VARCHAR"
        else f"{name(column)} AS {name(own[column])}"
        for column, kind in found.items()
    )
