"""Files: where logs stand, what they are called, and which of them are old.

Nothing is ever renamed or written again: on Windows that fails while somebody reads it.

What libraries warn of goes to the log, too, instead of to stderr, without secrets. Only warnings
and worse are heard, however much a library would like to tell: at its lowest level one of them
writes the address of the webhook.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recon.base.month import Month

FOLDER = "logs"
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?:\d{4}-\d{2}|recon)_(\d{8}T\d{6}Z)_\d+(?:_\d+)?\.log")
# Processes of two machines that share a folder may have one number.
_NAMESAKES = 100


def created(folder: Path, month: Month | None, now: datetime) -> tuple[Path, io.FileIO]:
    """Return a new file for the run that begins, like `2024-06_20240703T071500Z_4711.log`.

    Where the month is not known yet, `recon` stands in its place.
    Raises OSError where it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{month or 'recon'}_{now.astimezone(UTC).strftime(_STAMP)}_{os.getpid()}"
    for number in range(1, _NAMESAKES):
        path = folder / f"{name}{f'_{number}' if number > 1 else ''}.log"
        with suppress(FileExistsError):
            return path, path.open("xb", buffering=0)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / name))


def append(file: io.FileIO, content: bytes) -> None:
    """Write a line, at once; raises OSError where not all of it fits."""
    if file.write(content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def prune(folder: Path, now: datetime, keep_days: int) -> int:
    """Delete the logs that are older, by their names; return how many; other files stay.

    What somebody else holds, or has deleted already, is left to the next run.
    """
    oldest = now - timedelta(days=keep_days)
    deleted = 0
    for path in folder.glob("*.log"):
        with suppress(OSError):
            begun = _begun(path.name)
            if begun and begun < oldest and path.is_file() and not path.is_symlink():
                path.unlink()
                deleted += 1
    return deleted


def _begun(name: str) -> datetime | None:
    """Return when the run of a log began, None for a file that is no log of ours."""
    found = _NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None
    except ValueError:  # digits that are no moment
        return None


Heard = Callable[[str, str, bool], None]


class _Listener(logging.Handler):
    def __init__(self, heard: Heard) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the log who warns of what; nothing that is logged may end the run."""
        try:
            self._heard(record.name, record.getMessage(), record.levelno >= logging.ERROR)
        except Exception:  # noqa: BLE001 - a library's own mistake
            self._heard(record.name, str(record.msg), record.levelno >= logging.ERROR)


def listen(heard: Heard) -> Callable[[], None]:
    """Let `heard` know who warns, of what, and whether it is an error; return what ends that."""
    listener, root = _Listener(heard), logging.getLogger()
    root.addHandler(listener)
    return lambda: root.removeHandler(listener)
