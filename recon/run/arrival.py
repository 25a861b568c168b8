"""Arrival: where a file goes after its load.

The store has it by then: a file that could not be moved stays, and is known the next time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

from recon.base.feed import Feed
from recon.store.outcome import REFUSED, FileOutcome


def folders(feeds: Mapping[str, Feed]) -> set[Path]:
    """The folders of files that were dealt with."""
    both = (folder for feed in feeds.values() for folder in (feed.archive, feed.refused))
    return {folder for folder in both if folder is not None}


def put_away(feed: Feed, outcome: FileOutcome) -> FileOutcome:
    """Move a file to the feed's folder for it.

    One that could not be read, or was still written, stays.
    """
    was_refused = outcome.status == REFUSED or "refused before" in outcome.reason
    folder = feed.refused if was_refused else feed.archive
    if folder is None or (outcome.status == REFUSED and outcome.load is None):
        return outcome
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = next(path for path in _names(folder, outcome.path) if not path.exists())
        shutil.move(outcome.path, place)
    except OSError as error:
        said = (
            f"{outcome.path.name} could not be moved to {folder} ({error.strerror}); it stays, and "
            "is not loaded again."
        )
        return replace(outcome, notes=[*outcome.notes, said])
    return replace(outcome, moved_to=place)


def _names(folder: Path, path: Path) -> Iterator[Path]:
    """The file's name, and others where it is taken."""
    yield folder / path.name
    stem, dot, rest = path.name.partition(".")
    yield from (folder / f"{stem}-{number}{dot}{rest}" for number in count(2))
