"""Files: the folder of logs, their names and their age.

No log is ever renamed or rewritten: on Windows that fails while somebody reads it.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from recon.base.month import Month
from recon.config.log import LogFormat, LogSettings
from recon.record.log.lines import JsonLine, Redacting, TextLine

FOLDER = "logs"
# Days: a hundred years.
_LONGEST = 36_500
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?:\d{4}-\d{2}|recon)_(\d{8}T\d{6}Z)_\d+(?:_\d+)?\.log")


class RunHandler(logging.StreamHandler[TextIO]):
    """The handler of a run, and of warnings of libraries.

    No lower level of them is heard: at its lowest one library writes the address of the webhook.
    """

    def __init__(
        self, file: TextIO, settings: LogSettings, failed: Callable[[OSError], None]
    ) -> None:
        super().__init__(file)
        self.least = logging.getLevelNamesMapping()[settings.level.upper()]
        self.setLevel(max(self.least, logging.WARNING))
        self.setFormatter(JsonLine() if settings.format is LogFormat.JSON else TextLine())
        self.addFilter(Redacting())
        self._failed = failed
        # So that no warning of a library goes to stderr while a run lasts.
        logging.getLogger().addHandler(self)

    def write(self, level: int, event: str, message: str, facts: dict[str, object]) -> None:
        """Write an event of the run itself, whatever its level."""
        record = logging.LogRecord("recon", level, "", 0, message, None, None)
        vars(record).update(event=event, facts=facts)
        self.handle(record)

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802 - the name in `logging`
        """Report a file that takes no line.

        Nothing that is logged may end a run.
        """
        error = sys.exception()
        if isinstance(error, OSError):
            self._failed(error)

    def close(self) -> None:
        """Close the file and hear nothing more."""
        logging.getLogger().removeHandler(self)
        with suppress(OSError):
            self.stream.close()
        super().close()


def created(folder: Path, month: Month | None, now: datetime) -> TextIO:
    """The new file of a run, like `2024-06_20240703T071500Z_4711.log`.

    Its name begins with `recon` where the month is not known yet. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{month or 'recon'}_{now.astimezone(UTC).strftime(_STAMP)}_{os.getpid()}"
    # Processes of two machines that share a folder may have one number.
    for suffix in ("", *(f"_{number}" for number in range(2, 100))):
        with suppress(FileExistsError):
            path = folder / f"{name}{suffix}.log"
            # Paths in it may hold bytes that are no letter of any alphabet.
            return path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder / name))


def prune(folder: Path, now: datetime, keep_days: int) -> int:
    """Delete old logs, by their names; return their number.

    A log that somebody else holds is left to the next run.
    """
    # Python counts no days before the year 1.
    oldest, deleted = now - timedelta(days=min(keep_days, _LONGEST)), 0
    for path in folder.glob("*.log"):
        found = _NAME.fullmatch(path.name)
        # A ValueError is a name with digits that are no moment.
        with suppress(OSError, ValueError):
            begun = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else now
            if begun < oldest and not path.is_symlink():
                path.unlink()
                deleted += 1
    return deleted
