"""A disk that fills up while a log is written."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest


class _Full(io.FileIO):
    """A file that takes some writes, then part of one, then none."""

    room = 0

    def write(self, content: Any) -> int:
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= 1
        return super().write(bytes(content)[: None if self.room >= 0 else 10])


def full_disk(monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
    """Let a log have this many lines and the beginning of one more."""
    opened = Path.open

    def opening(self: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
        if mode != "x" or self.suffix != ".log":
            return opened(self, mode, *arguments, **named)
        raw = _Full(self, "x")
        raw.room = lines
        return io.TextIOWrapper(io.BufferedWriter(raw), *arguments, **named)

    monkeypatch.setattr(Path, "open", opening)
