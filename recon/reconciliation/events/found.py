"""Found facts: a kind, a mark, and the lines explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from recon.base.events import EventKind

# An event takes at least so many lines, and of the lines with its mark at least 4 in 5.
FEWEST = 5
PART, OF_PARTS = 4, 5


class Axis(IntEnum):
    """The things that lines have in common, the simplest first."""

    SIDE = 0
    CURRENCY = 1
    TYPE = 2
    SEGMENT = 3
    IDS = 4
    DOCUMENT = 5
    DAY = 6
    TYPE_IN_SEGMENT = 7
    START = 8
    RANGE = 9
    PHASE = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """The thing that an event's lines have in common."""

    axis: Axis
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """A fact that may be an event.

    `explained` of the `marked` lines with its mark are explained by it; `lines` are these and
    their counterparts, by the numbers of the relations. `fact` is its text in every run, such as
    a factor; of two that explain as much the one of lower `cost` is simpler. `tells` makes the
    sentence of the number of its lines and their net amount in words.
    """

    kind: EventKind
    mark: Mark
    lines: frozenset[int]
    explained: int
    marked: int
    fact: str
    tells: Callable[[str, str], str]
    advice: str
    setting: bool = False
    to_date: bool = False
    cost: int = 0


def enough(explained: int, marked: int) -> bool:
    """Whether so many of the marked lines make an event."""
    return explained >= FEWEST and explained * OF_PARTS >= marked * PART
