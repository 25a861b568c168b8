"""Certainty: whether a line's cause is the only reading of the books.

The two lines of a move are read together: where one of them has other candidates, both have them
all. Where several lines could be meant, or lines are off by the amount elsewhere, that each is off
for a reason of its own is a reading, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recon.base.result import Cause
from recon.reconciliation.causes.broken_line import BrokenLine, OffsettingLine

PAIRS = frozenset({
    Cause.WRONG_TYPE, Cause.WRONG_CONTRACT, Cause.POSTED_TOGETHER, Cause.MISTYPED_CONTRACT,
    Cause.WRONG_CURRENCY,
})  # fmt: skip
_ORDER = {cause: place for place, cause in enumerate(Cause)}

Fits = Sequence[tuple[Cause, str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A line with the causes that fit it by itself.

    `resort` is what it would be if none of them fitted.
    """

    line: BrokenLine
    fits: Fits
    resort: tuple[Cause, str]


def groups(readings: Sequence[Reading]) -> list[list[Reading]]:
    """Readings by the lines that a move is between, each once."""
    by_number = {reading.line.number: reading for reading in readings if _pairs(reading)}
    joined: dict[int, int] = {}

    def root(number: int) -> int:
        while number in joined:
            number = joined[number]
        return number

    for number, reading in by_number.items():
        for other in _pairs(reading):
            for there in other.numbers:
                if there in by_number and (here := root(number)) != (end := root(there)):
                    joined[here] = end
    found: defaultdict[int, list[Reading]] = defaultdict(list)
    for number, reading in by_number.items():
        found[root(number)].append(reading)
    return list(found.values())


def _pairs(reading: Reading) -> list[OffsettingLine]:
    """Lines that one may belong together with, by cause."""
    return [
        other
        for cause, _ in reading.fits
        if cause in PAIRS and (other := reading.line.offsetting_line(cause))
    ]


def contested(group: Sequence[Reading]) -> bool:
    """Whether a move is not the only reading of its lines."""
    return any(len(reading.fits) > 1 for reading in group) or any(
        other.most > 1 or other.common for reading in group for other in _pairs(reading)
    )


def united(group: Sequence[Reading]) -> Mapping[int, Fits]:
    """Candidates of the lines of a contested move, by line.

    The first is the same on all lines where these net to nothing, so that the bridge shows a move
    in one step; else each line keeps what it is by itself in front.
    """
    union = {cause for reading in group for cause, _ in reading.fits}
    union |= {reading.resort[0] for reading in group} - {Cause.UNEXPLAINED}
    ordered = sorted(union, key=_ORDER.__getitem__)
    nets = not sum(reading.line.difference for reading in group)
    return {reading.line.number: _candidates(reading, ordered, group, nets) for reading in group}


def _candidates(
    reading: Reading, union: Sequence[Cause], group: Sequence[Reading], nets: bool
) -> Fits:
    own = dict(reading.fits)
    by_itself = [fit for fit in reading.fits if fit[0] not in PAIRS] or [reading.resort]
    first = union[0] if nets else by_itself[0][0]
    sentences = dict([reading.resort]) | own
    rest = [cause for cause in union if cause != first]
    return [
        (cause, sentences.get(cause) or _elsewhere(reading, cause, group))
        for cause in (first, *rest)
    ]


def _elsewhere(reading: Reading, cause: Cause, group: Sequence[Reading]) -> str:
    """Sentence for a cause that fits another line of a move."""
    other = next(
        (other.line, said)
        for other in group
        for found, said in (*other.fits, other.resort)
        if found is cause
    )
    own = next(iter(reading.fits), reading.resort)[1]
    return f"{own} Or on {other[0].contract_id} {other[0].revenue_type}: {other[1]}"
