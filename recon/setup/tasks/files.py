"""Files: rendered tasks -> a folder; replaced files are copied."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from recon.base import disk
from recon.base.errors import ConfigError, ReportError
from recon.setup.init.writing import copy_names
from recon.setup.tasks.rules import check


def verified(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files as they are, if free of mistakes.

    Raises ConfigError with all mistakes.
    """
    mistakes = [
        f"{name}: {finding.where}: {finding.what}"
        for name, content in files.items()
        for finding in check(content)
        if finding.mistake
    ]
    if mistakes:
        raise ConfigError(mistakes, "The tasks that [tasks] leads to")
    return files


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files; return the copies of those they replace.

    Raises ReportError where one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            copy
            for name, content in files.items()
            if (copy := _written(folder / name, content)) is not None
        ]
    except OSError as error:
        raise ReportError(
            f"The tasks cannot be written: {error.filename or folder}: {error.strerror}. Choose "
            "another folder with --out, then run again."
        ) from error


def _written(path: Path, content: bytes) -> Path | None:
    copy = None
    if path.exists() and (before := path.read_bytes()) != content:
        copy = next(name for name in copy_names(path) if not name.exists())
        with disk.created(copy) as file:
            file.write(before)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with disk.created(beside) as file:
            file.write(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return copy
