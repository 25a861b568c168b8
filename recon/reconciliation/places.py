"""Places: rows as people find them, by file and line.

A source may know where its rows are, such as `entries.csv, line 12`; it is asked only about rows
that are named. Without one, a row is named by its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from recon.base.result import Side
from recon.store.session import Session

# By number of a row in its side, from 1.
Places = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(slots=True)
class _Side:
    """The places of a side, and those asked for."""

    ask: Places
    known: dict[int, str] = field(default_factory=dict)


# A session's sources go with it.
_SESSIONS: WeakKeyDictionary[Session, dict[Side, _Side]] = WeakKeyDictionary()


def know_places(connection: Session, side: Side, places: Places) -> None:
    """Let a session name a side's rows by places."""
    _SESSIONS.setdefault(connection, {})[side] = _Side(places)


def known_places(connection: Session, side: Side, rows: Sequence[int]) -> Mapping[int, str]:
    """The places of some rows, where the source has any.

    Raises what its source does where it cannot be read any more.
    """
    of = _SESSIONS.get(connection, {}).get(side)
    if of is None:
        return {}
    missing = [row for row in rows if row not in of.known]
    if missing:
        of.known.update(of.ask(missing))
    return of.known


def places_of(connection: Session, side: Side, rows: Sequence[int]) -> dict[int, str]:
    """The places of some rows, or their numbers."""
    known = known_places(connection, side, rows)
    return {row: known.get(row, f"row {row:,}") for row in rows}


def named_places(connection: Session) -> dict[Side, dict[int, str]]:
    """The places that a session was asked for."""
    return {side: dict(of.known) for side, of in _SESSIONS.get(connection, {}).items()}
