"""Backup: journal, runs and people in one file, and back.

Journal and people are copied by SQLite itself, which gets them whole while others write; runs never
change once they are there. Bringing a backup back never overwrites anything.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from recon.base import disk, temporary
from recon.base.errors import ReportError, UsageError
from recon.record.access import schema as access
from recon.record.evidence.layout import packs, second_of
from recon.record.journal.store import NAME
from recon.record.run_folder import move_into_place, unwritable

# Names that need no other way of writing on any system, and lead nowhere else.
_PART = re.compile(r"(?!\.+$)[\w(][\w .()+-]*")
_LEAST_PARTS = 3
# RuntimeError is what zipfile says of a file with a password.
_NO_ZIP = (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error, ValueError)


@dataclass(frozen=True, slots=True)
class Kept:
    """The contents of a backup: its runs, files and bytes.

    `skipped` are files that were there already, as they are in the backup. `people` is whether
    those of the page are in it; `others` whether those that were there stay instead.
    """

    runs: int
    files: int
    size: int
    skipped: int = 0
    people: bool = False
    others: bool = False


def backed_up(reports: Path, file: Path) -> Kept:
    """Write journal, runs and people into a new file.

    Raises UsageError where there is no journal or the file is there already, ReportError where it
    cannot be written.
    """
    if not (reports / NAME).is_file():
        raise UsageError(f"There is no journal in {reports}, so there is nothing to back up.")
    if file.exists():
        raise UsageError(f"{file} is there already; choose a new name for the backup.")
    beside = file.with_name(f".{file.name}.partial")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as kept:
            paths = list(_written(reports, kept))
            people = access.NAME in kept.namelist()
        disk.sync_file(beside)
        move_into_place(beside, file)
        disk.sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(error, file) from error
    runs = {path.parts[:2] for path in paths}
    return Kept(len(runs), len(paths), file.stat().st_size, people=people)


def _written(reports: Path, kept: zipfile.ZipFile) -> Iterator[Path]:
    """Write everything; yield the files of runs."""
    with temporary.folder() as folder:
        for name in (NAME, access.NAME):
            if (reports / name).is_file():
                kept.write(_copy(reports / name, Path(folder) / name), name)
    for pack in packs(reports):
        for path in sorted(pack.parent.rglob("*")):
            if path.is_file() and not path.is_symlink():
                kept.write(path, path.relative_to(reports).as_posix())
                yield path.relative_to(reports)


def _copy(path: Path, copy: Path) -> Path:
    """A whole copy of a database, without sessions."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        if path.name == access.NAME:
            target.execute("DELETE FROM sessions")
            target.commit()
        target.execute("PRAGMA journal_mode = DELETE")  # so that the file is all of it
    return copy


def restored(reports: Path, file: Path) -> Kept:
    """Bring a backup back into a folder without a journal.

    The people of the page come back where there are none. Raises UsageError where there is a
    journal, where a file there differs from the one in the backup, or where the file is no backup;
    ReportError where a file cannot be written. Then nothing is changed, or what was brought back is
    whole and the journal is not there yet.
    """
    if (reports / NAME).exists():
        raise UsageError(
            f"There is a journal in {reports}, and nothing is overwritten: move it away, or "
            "restore into another folder with --out."
        )
    try:
        with zipfile.ZipFile(file) as kept:
            return _brought_back(reports, kept, file)
    except _NO_ZIP as error:
        raise UsageError(f"{file} is not a backup of recon, or is damaged: {error}.") from error
    except OSError as error:
        if not file.is_file():
            raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
        raise _unwritable(error, reports) from error


def _brought_back(reports: Path, kept: zipfile.ZipFile, file: Path) -> Kept:
    members = [each for each in kept.infolist() if each.filename not in (NAME, access.NAME)]
    if NAME not in kept.namelist():
        raise UsageError(f"{file} is not a backup of recon: it holds no {NAME}.")
    if strange := next((each for each in members if not _is_of_run(each.filename)), None):
        raise UsageError(f"{file} is not a backup of recon: it holds {strange.filename!r}.")
    if damaged := kept.testzip():
        raise UsageError(f"{file} is damaged: {damaged} is not what was written.")
    there = [member for member in members if (reports / member.filename).exists()]
    if other := next((m for m in there if not _is_same(reports, kept, m)), None):
        raise UsageError(
            f"{reports / other.filename} is not the one of the backup, and nothing is "
            "overwritten: move it away, or restore into another folder with --out."
        )
    for member in members:
        if member not in there:
            _put(kept, member, reports / member.filename)
    people, others = access.NAME in kept.namelist(), any(reports.glob(f"{access.NAME}*"))
    if people and not others:
        _put(kept, kept.getinfo(access.NAME), reports / access.NAME)
    # Last, so that no journal knows runs that are not there.
    _put(kept, kept.getinfo(NAME), reports / NAME)
    runs = {PurePosixPath(member.filename).parts[:2] for member in members}
    size = sum(member.file_size for member in members)
    return Kept(len(runs), len(members), size, len(there), people, people and others)


def _is_of_run(name: str) -> bool:
    """Whether a name leads to a run's file, nowhere else."""
    parts = name.split("/")
    known = len(parts) >= _LEAST_PARTS and all(_PART.fullmatch(part) for part in parts)
    return known and bool(second_of(parts[1]))


def _is_same(reports: Path, kept: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    path = reports / member.filename
    if not path.is_file() or path.is_symlink() or path.stat().st_size != member.file_size:
        return False
    return path.read_bytes() == kept.read(member)


def _put(kept: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Write a member beside its place, then move it there."""
    disk.make_folders(path.parent)
    beside = path.with_name(f".{path.name}.partial")
    with kept.open(member) as source, disk.created(beside) as target:
        shutil.copyfileobj(source, target)
        disk.flush(target)
    beside.replace(path)
    disk.sync_folder(path.parent)


def _unwritable(error: Exception, place: Path) -> ReportError:
    if isinstance(error, OSError):
        return unwritable(error, place)
    return ReportError(f"The journal cannot be read: {error}. Try again when nobody writes to it.")
