"""The disk: files that survive a power cut.

A file that was written is in memory first, and so is its name in its folder. What has to be there
before something else says so is synced: the file, then the folders from it upward. Windows syncs
files, and keeps names by the journal of its file system; a folder cannot be synced there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

# Some file systems, network shares among them, know no sync of a folder.
_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF)


def flush(file: IO[bytes]) -> None:
    """Put an open file on the disk; raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Put a written file on the disk; raises OSError."""
    # Windows syncs only what was opened for writing.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Put a folder's names on the disk; raises OSError."""
    if os.name != "posix":
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(opened)


def sync_tree(folder: Path) -> None:
    """Put all of a folder on the disk."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            sync_tree(path)
        elif path.is_file() and not path.is_symlink():
            sync_file(path)
    sync_folder(folder)


def make_folders(path: Path) -> None:
    """Make a folder and those above, on the disk."""
    if path.is_dir():
        return
    make_folders(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    sync_folder(path.parent)


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file, never a link's target.

    What stood in its place, a link or the remains of a process, goes first. Raises OSError.
    """
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        yield file
