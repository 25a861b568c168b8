"""Drift: a file whose columns are not the usual ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from recon.base.errors import SourceDataError
from recon.store.feeds.cells import Cells
from recon.store.feeds.synonyms import SYNONYMS

_LIKELY = 0.8
# Columns that are named, and that are compared with missing ones: more are no table of a feed.
_MOST_NAMED, _MOST_COMPARED = 40, 300


def refuse_missing(cells: Cells, header: Iterable[str]) -> None:
    """Stop where needed or configured columns are missing.

    The sentence has the mapping that would mend it. Raises SourceDataError.
    """
    feed, names = cells.feed, list(header)
    gone = [ours for ours in feed.columns if ours not in cells.theirs]
    missing = [*dict.fromkeys([*(each for each in cells.missing if each not in gone), *gone])]
    if not missing:
        return
    wanted = [
        f"{feed.columns[ours]!r} for {ours}" if ours in feed.columns else ours for ours in missing
    ]
    mended = proposals(cells, names, missing)
    advice = (
        "set " + ", ".join(f'{ours} = "{their}"' for ours, their in mended.items())
        + f" under [{feed.key}.columns]"
        if mended
        else f"name its columns under [{feed.key}.columns]"
    )  # fmt: skip
    noun = "column" if len(missing) == 1 else "columns"
    raise SourceDataError(f"it has no {noun} {', '.join(wanted)} (it has {_some(names)}); {advice}")


def _some(names: Sequence[str]) -> str:
    """The first names of many, and how many more."""
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED])
    return f"{listed} and {more:,} more" if more > 0 else listed


def proposals(cells: Cells, header: Iterable[str], missing: Iterable[str]) -> dict[str, str]:
    """The columns that missing ones may be, by our names."""
    taken = set(cells.theirs.values())
    free = [each for each in header if each not in taken]
    if len(free) > _MOST_COMPARED:
        return {}
    found = {}
    for ours in (part for each in missing for part in each.split(" or ")):
        scored = sorted(((_likeness(cells, ours, their), their) for their in free), reverse=True)
        if scored and scored[0][0] >= _LIKELY:
            found[ours] = scored[0][1]
            free.remove(scored[0][1])
    return found


def _likeness(cells: Cells, ours: str, their: str) -> float:
    named = [ours, *SYNONYMS.get(ours, ())]
    if ours in cells.feed.columns:
        named.append(cells.feed.columns[ours])
    return max(SequenceMatcher(None, _bare(each), _bare(their)).ratio() for each in named)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def drifted(before: Iterable[str], now: Iterable[str]) -> str:
    """The sentence on columns that came or went, or ''."""
    old, new = list(before), list(now)
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    parts = [
        f"{words} {', '.join(map(repr, which))}"
        for words, which in (("no longer has", gone), ("now also has", come))
        if which
    ]
    return f"The file {' and '.join(parts)}, unlike the one before it." if parts else ""
