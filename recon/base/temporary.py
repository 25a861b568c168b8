"""Temporary folders, gone when the run ends.

Those that a killed run left behind go after a week.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

# Seconds: no run lasts that long.
_LEFT_FOR = 7 * 24 * 3600
# openpyxl writes the sheets of a workbook to files of its own first.
_OURS = re.compile(r"recon-\d+-\w{8}|openpyxl\.\w{8}")


def folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder, removed after use; raises OSError."""
    # What a virus scanner still reads on Windows cannot be removed; a later run does it.
    return tempfile.TemporaryDirectory(prefix=f"recon-{os.getpid()}-", ignore_cleanup_errors=True)


def name() -> Path:
    """A path for a folder.

    Raises FileNotFoundError where there is no place for any.
    """
    return Path(tempfile.gettempdir()) / f"recon-{os.getpid()}-{secrets.token_hex(4)}"


def clear() -> None:
    """Remove the folders of killed runs, after a week."""
    with suppress(OSError):
        for found in Path(tempfile.gettempdir()).iterdir():
            if _OURS.fullmatch(found.name) and _is_old(found):
                _remove(found)


def _remove(found: Path) -> None:
    if found.is_dir():
        shutil.rmtree(found, ignore_errors=True)
        return
    with suppress(OSError):
        found.unlink()


def _is_old(folder: Path) -> bool:
    # Another run may be clearing, too.
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > _LEFT_FOR
    return False
