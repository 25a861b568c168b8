"""The folder of a run: complete, or not there.

Reports are written into a hidden sibling that moves into place at the end, so that nobody ever
opens half a report and an interrupted run leaves nothing behind. They are on the disk by then: a
power cut takes away none of a run that the journal knows.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from recon.base import disk
from recon.base.errors import ReportError
from recon.base.month import Month

# A virus scanner holds a new file for a moment: 3 seconds in all.
# Seconds: no run writes nothing for so long.
_MOMENT = 3600.0
WAITS = (0.1, 0.2, 0.4, 0.8, 1.5)

_WINDOWS_TOO_LONG = 206
_MEANINGS = {
    errno.ENOSPC: ("the disk is full", "Free some space there or choose another folder"),
    errno.EDQUOT: ("the quota is used up", "Free some space there or choose another folder"),
    errno.EACCES: ("access is denied", "Close the files that are open there, or get the rights"),
    errno.EPERM: ("access is denied", "Close the files that are open there, or get the rights"),
    errno.EROFS: ("the file system is read-only", "Choose another folder"),
    errno.ENOTDIR: ("a file is where a folder should be", "Rename it or choose another folder"),
    errno.EEXIST: ("a file is where a folder should be", "Rename it or choose another folder"),
    errno.ENAMETOOLONG: ("the path is too long", "Choose a folder with a shorter path"),
    errno.ENOENT: ("the drive or folder does not exist", "Connect it or choose another folder"),
}


@dataclass(slots=True)
class ReportFolder:
    """A run's folder: `path` while it writes, then `final`."""

    path: Path
    planned: Path
    final: Path

    @property
    def notice(self) -> str:
        """The notice of another name for the folder, or ''."""
        if self.final == self.planned:
            return ""
        return f"{self.planned} was blocked by another program; the reports are in {self.final}."

    def final_path(self, written: Path) -> Path:
        """A path's place once the folder is in place."""
        return self.final / written.relative_to(self.path)


def new_run_id(month: Month, now: datetime) -> str:
    """A name for a run, like `2024-06_20240703T071500Z_3f9a`.

    Names of a month sort by time; a random end tells apart runs of the same second. A `now`
    without time zone is local time.
    """
    return f"{month}_{now.astimezone(UTC):%Y%m%dT%H%M%SZ}_{secrets.token_hex(2)}"


@contextmanager
def report_directory(
    root: Path, month: Month, run_id: str, waits: Sequence[float] = WAITS
) -> Iterator[ReportFolder]:
    """A folder for reports that becomes `root/month/run_id` at the end.

    On any exception it vanishes with what is in it. `waits` are the seconds between attempts to
    move it. Raises ReportError where the folder or a report in it cannot be written.
    """
    planned = root / str(month) / run_id
    folder = ReportFolder(planned.with_name(f".{run_id}.partial"), planned, planned)
    try:
        disk.make_folders(planned.parent)
        folder.path.mkdir()
        try:
            yield folder
            # On the disk before the journal says that it is there.
            disk.sync_tree(folder.path)
            folder.final = move_into_place(folder.path, planned, waits)
            disk.sync_folder(planned.parent)
        finally:
            # After the move it is gone already; what a scanner still holds stays, hidden.
            shutil.rmtree(folder.path, ignore_errors=True)
            with suppress(OSError):
                # Only a month without any run is empty.
                planned.parent.rmdir()
    except OSError as error:
        raise unwritable(error, planned) from error


def clear_half_written(root: Path) -> None:
    """Remove the remains of a killed run.

    Only for the holder of the lock of the folder. Where locks do nothing another run may be at
    work, so what was written to a moment ago stays, for a later run to remove.
    """
    for folder in root.glob("[!.]*/.*.partial"):
        if _is_at_work(folder):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()


def _is_at_work(folder: Path) -> bool:
    """Whether anything in a folder was written a moment ago."""
    latest = 0.0
    for path in (folder, *folder.rglob("*")):
        with suppress(OSError):
            latest = max(latest, path.stat().st_mtime)
    return abs(time.time() - latest) < _MOMENT


def move_into_place(source: Path, target: Path, waits: Sequence[float] = WAITS) -> Path:
    """Move a file or folder to `target`.

    Returns where it went: a free name beside `target` if that is blocked.

    An existing file is replaced, an existing folder never. Raises OSError where neither moving
    nor copying works.
    """
    if target.is_dir():
        target = _free_name(target)
    try:
        return replaced(source, target, waits)
    except PermissionError:
        return _move_or_copy(source, _free_name(target))


def replaced(source: Path, target: Path, waits: Sequence[float] = WAITS) -> Path:
    """Replace `target` once no other program holds it.

    Returns `target`.

    Raises OSError, PermissionError where it is held for longer than the `waits`.
    """
    for wait in waits:
        try:
            return source.replace(target)
        except PermissionError:
            time.sleep(wait)
    return source.replace(target)


def put(path: Path, content: bytes, waits: Sequence[float] = WAITS) -> None:
    """Replace a file as a whole, on the disk.

    Nobody reads half of it. Raises OSError; then an earlier one stays as it was.
    """
    beside = path.with_name(f".{path.name}.partial")
    try:
        with disk.created(beside) as file:
            file.write(content)
            disk.flush(file)
        replaced(beside, path, waits)
        disk.sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def _move_or_copy(source: Path, target: Path) -> Path:
    """Move to `target`, or copy if a program holds it.

    Returns `target`.
    """
    try:
        return source.replace(target)
    except PermissionError:
        if source.is_dir():
            return _copied_folder(source, target)
        shutil.copy2(source, target)
        source.unlink(missing_ok=True)
        return target


def _copied_folder(source: Path, target: Path) -> Path:
    try:
        shutil.copytree(source, target)
        disk.sync_tree(target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    shutil.rmtree(source, ignore_errors=True)
    return target


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(name for name in names if not name.exists())


def _fullest(planned: Path) -> Path:
    """The fuller place: the reports or the temporary files."""
    there = next(folder for folder in planned.absolute().parents if folder.exists())
    temporary = Path(tempfile.gettempdir())
    room = {folder: shutil.disk_usage(folder).free for folder in (there, temporary)}
    return planned if room[there] <= room[temporary] else temporary


def unwritable(error: OSError, planned: Path) -> ReportError:
    """The failure to write something, with its reason and remedy."""
    # Windows reports a path that is too long as one that does not exist.
    too_long = getattr(error, "winerror", None) == _WINDOWS_TOO_LONG
    code = errno.ENAMETOOLONG if too_long else error.errno or 0
    what = os.strerror(code) if code else str(error)
    what, advice = _MEANINGS.get(code, (what, "Choose another folder"))
    where = error.filename or (_fullest(planned) if code == errno.ENOSPC else planned)
    return ReportError(f"The reports cannot be written: {where}: {what}. {advice}, then run again.")
