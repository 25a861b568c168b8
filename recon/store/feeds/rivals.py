"""Rows of one key with different content, by place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from recon.store.columns import PLACE
from recon.store.session import Session

_ROWS = re.compile(r"rows ([\d, ]+?)( …)?( have the same )")


def by_place(
    session: Session, reasons: Mapping[int, str], places: Mapping[int, str]
) -> dict[int, str]:
    """The reasons by row, with lines for numbers of rows.

    `staged` gets them, too.
    """
    named = {
        row: _ROWS.sub(lambda found: _lines(found, places), reason, count=1)
        for row, reason in reasons.items()
    }
    changed = [(reason, row) for row, reason in named.items() if reason != reasons[row]]
    if changed:
        session.executemany(f"UPDATE staged SET recon_fault = ? WHERE {PLACE} = ?", changed)
    return named


def _lines(found: re.Match[str], places: Mapping[int, str]) -> str:
    """The words `lines 2 and 352 have the same`."""
    where = [places.get(int(row), "").rpartition(", ")[2] for row in found[1].split(", ")]
    noun = where[0].partition(" ")[0]
    if not all(each.startswith(f"{noun} ") for each in where):
        return found[0]
    numbers = [each.partition(" ")[2] for each in where]
    last = f", {numbers[-1]} and others" if found[2] else f" and {numbers[-1]}"
    return f"{noun}s {', '.join(numbers[:-1])}{last}{found[3]}"
