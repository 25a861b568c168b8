"""Fingerprints: what tells whether a file is still the one that was read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def stamps(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Return sizes and times of change, none where a file is gone: cheap, but not a proof."""
    with suppress(OSError):
        return [(found.st_size, found.st_mtime_ns) for found in map(Path.stat, paths)]
    return []


def fingerprint(path: Path) -> dict[str, object]:
    """Return a file's path, size and SHA-256; raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"path": path.as_posix(), "size": file.tell(), "sha256": digest}
