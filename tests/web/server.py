"""`recon serve` as a process of its own, for browsers and for crowds."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.shell import PATIENCE, command, environment


@dataclass(frozen=True)
class Served:
    """A server that listens, and the link that its start has printed."""

    process: subprocess.Popen[bytes]
    place: str
    link: str


@contextmanager
def served(folder: Path, *arguments: str, out: str = "serve.out") -> Iterator[Served]:
    """Yield a server of a project; it ends with the context."""
    written = folder / out
    with written.open("wb") as file, subprocess.Popen(
        command("serve", "--port", "0", "--no-browser", *arguments), cwd=folder,
        env=environment(), stdout=file, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield _begun(process, written)
        finally:
            process.kill()


def _begun(process: subprocess.Popen[bytes], written: Path) -> Served:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found: Sequence[str] = re.findall(r"https?://\S+", written.read_text(encoding="utf-8"))
        if len(found) > 1:
            place = found[0].rstrip(";")
            if _listens(place):
                return Served(process, place, found[1])
        assert process.poll() is None, written.read_text(encoding="utf-8")
        time.sleep(0.05)
    raise AssertionError("it never listened")


def _listens(place: str) -> bool:
    import httpx2

    try:
        return httpx2.get(f"{place}/login").status_code == 200
    except httpx2.TransportError:
        return False


def chromium() -> str:
    """The browser of the system, or ''."""
    import shutil

    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("RECON_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
