"""Writing: several files, all of them or none."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from recon.base import disk
from recon.base.errors import ReportError, UsageError


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise UsageError where one of the files is there already."""
    there = [path for path in paths if os.path.lexists(path)]
    if there:
        listed = ", ".join(map(str, there))
        raise UsageError(
            f"{listed} already {'exists' if len(there) == 1 else 'exist'}; --force replaces "
            "and keeps a copy as *.bak, --out chooses another folder."
        )


def write_all(files: Mapping[Path, str], *, force: bool = False) -> list[Path]:
    """Write texts to files; return the copies of older files.

    Everything is written beside first and then moved into place; on any failure, Ctrl-C included,
    all is as it was before. Raises UsageError where a file is there and `force` is not given,
    ReportError where one cannot be written.
    """
    if not force:
        refuse_existing(files)
    made = _Undo()
    try:
        for path in files:
            made.folder(path.parent)
        beside = {path: made.beside(path, text) for path, text in files.items()}
        kept = [copy for path in files if (copy := made.kept(path))]
        for path, new in beside.items():
            made.replaced(path, new)
    except OSError as error:
        made.undo()
        raise ReportError(
            f"The configuration cannot be written: {error.filename}: {error.strerror}. "
            "Choose another folder with --out, then run again."
        ) from error
    except BaseException:
        made.undo()
        raise
    return kept


class _Undo:
    """The steps of writing, each of which can be undone."""

    def __init__(self) -> None:
        self._folders: list[Path] = []
        self._beside: list[Path] = []
        self._copies: dict[Path, Path] = {}
        self._placed: list[Path] = []

    def folder(self, path: Path) -> None:
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):
            self._folders.append(folder)
            folder.mkdir()

    def beside(self, path: Path, text: str) -> Path:
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        self._beside.append(new)
        with disk.created(new) as file:
            file.write(text.encode())
        return new

    def kept(self, path: Path) -> Path | None:
        """A copy of a file, None without one.

        Older copies stay.
        """
        if not path.exists():
            return None
        copy = next(name for name in copy_names(path) if not name.exists())
        self._copies[path] = copy
        shutil.copy2(path, copy)
        return copy

    def replaced(self, path: Path, new: Path) -> None:
        self._placed.append(path)
        new.replace(path)

    def undo(self) -> None:
        for path in self._placed:
            # A file that was not replaced yet is its own copy.
            with suppress(OSError):
                if path in self._copies:
                    shutil.copy2(self._copies[path], path)
                else:
                    path.unlink(missing_ok=True)
        for path in (*self._beside, *self._copies.values()):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()


def copy_names(path: Path) -> Iterator[Path]:
    """The possible names of a copy: `name.bak` and so on."""
    yield path.with_name(f"{path.name}.bak")
    yield from (path.with_name(f"{path.name}.{number}.bak") for number in count(2))
