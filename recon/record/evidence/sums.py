"""SHA256SUMS: the hashes of all files, as `sha256sum -c` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([\w.]+)")


def sha256(path: Path) -> str:
    """The SHA-256 of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_text(hashes: Mapping[str, str]) -> str:
    """The text of SHA256SUMS, a line a file, by name."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))


def write_sums(folder: Path) -> str:
    """Write a folder's SHA256SUMS; return its own SHA-256."""
    text = sums_text({path.name: sha256(path) for path in folder.iterdir()})
    (folder / SUMS).write_text(text, encoding="utf-8", newline="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def parsed_sums(content: bytes) -> tuple[dict[str, str], str]:
    """The hashes by name, and the file's problem or ''.

    More is refused than `sha256sum` refuses: a file that is written in another way was changed.
    """
    text = content.decode("ascii", errors="replace")
    found = [_LINE.fullmatch(line) for line in text.split("\n")[:-1]]
    hashes = {line[2]: line[1] for line in found if line}
    damaged = _numbers(number for number, line in enumerate(found, 1) if not line)
    if damaged:
        return hashes, f"was changed: {damaged} is not a hash and a name"
    if sums_text(hashes) != text:
        return hashes, "was changed: its lines are not one per file, in order of name"
    return hashes, ""


def _numbers(numbers: Iterable[int]) -> str:
    listed = ", ".join(map(str, numbers))
    return f"line {listed}" if listed else ""
