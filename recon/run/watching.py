"""Watching: files are loaded as they arrive.

Network shares give no events, so the folders are looked at again and again. A file is taken when
its size and time have been still between two looks and, on Windows, nobody else has it open.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from recon.base.errors import Locked, SourceUnreachable
from recon.config import Settings
from recon.run.feeds import chosen_feeds, load_feeds
from recon.sources import feed_files
from recon.store.outcome import Report

# Seconds between two looks.
PAUSE = 5.0
_Stamp = tuple[int, int]


def watched(
    settings: Settings, feed: str | None, sleep: Callable[[float], object] = time.sleep
) -> Iterator[Report]:
    """Yield a report whenever files have arrived, until Ctrl-C.

    A folder that cannot be reached for a while is looked at again, and so is a store in use.
    """
    feeds = chosen_feeds(settings, feed)
    before: dict[Path, _Stamp] = {}
    taken: dict[Path, _Stamp] = {}
    while True:
        seen: dict[Path, _Stamp] = {}
        for each in feeds:
            seen |= _stamps(each.name, settings)
        still = {
            path: stamp
            for path, stamp in seen.items()
            if before.get(path) == stamp and taken.get(path) != stamp and _is_free(path)
        }
        if still:
            try:
                # Of a file that is still written, the load says so, and it is taken next time.
                yield load_feeds(settings, feed=feed, only=set(still))
                taken |= still
            except Locked:
                pass
        before = seen
        try:
            sleep(PAUSE)
        except KeyboardInterrupt:  # nothing is under way: this is how watching ends
            return


def _stamps(feed: str, settings: Settings) -> dict[Path, _Stamp]:
    """Sizes and times of a feed's files within reach."""
    found = {}
    try:
        for path in feed_files.waiting(settings.feeds[feed]):
            stat = path.stat()
            found[path] = (stat.st_size, stat.st_mtime_ns)
    except (OSError, SourceUnreachable):
        return {}
    return found


def _is_free(path: Path) -> bool:
    """Whether nobody else is writing a file, by Windows."""
    if os.name != "nt":
        return True
    try:
        with path.open("r+b"):
            return True
    except OSError:
        return False
