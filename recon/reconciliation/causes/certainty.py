"""Certainty: whether another reading of the books is possible.

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
    """Readings of the lines that a move may join."""
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
    """Whether lines have another reading than a move."""
    return (
        any(len(reading.fits) > 1 for reading in group)
        or any(other.most > 1 or other.common for reading in group for other in _pairs(reading))
        or any(map(_damaged, group))
    )


def _damaged(reading: Reading) -> bool:
    """Whether ids differ by a character in front alone."""
    other = reading.line.offsetting_line(Cause.MISTYPED_CONTRACT)
    if other is None or not other.single:
        return False
    short, long = sorted((reading.line.id_key, other.contract_id.casefold()), key=len)
    return len(short) < len(long) and long.endswith(short)


def remarks(group: Sequence[Reading]) -> list[str]:
    """Sentences on why a move is not the only reading."""
    pairs = [other for reading in group for other in _pairs(reading)]
    several = max(pairs, key=lambda other: other.most, default=None)
    found = []
    if several and several.most > 1:
        names = ", ".join(dict.fromkeys(name for other in pairs for name in other.names))
        found.append(f"several lines could be meant: {names}" if names else "several lines fit")
    if any(other.common for other in pairs):
        found.append("other lines are off by the same amount, or expect it")
    if any(map(_damaged, group)):
        found.append("the ids differ by a character in front, which may be a rule on all ids")
    return found


def united(group: Sequence[Reading]) -> Mapping[int, Fits]:
    """Candidates of the lines of a contested move.

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
    """Sentence for a cause that fits another line."""
    other = next(
        (other.line, said)
        for other in group
        for found, said in (*other.fits, other.resort)
        if found is cause
    )
    own = next(iter(reading.fits), reading.resort)[1]
    return f"{own} Or on {other[0].contract_id} {other[0].revenue_type}: {other[1]}"
