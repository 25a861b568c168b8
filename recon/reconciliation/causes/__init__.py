"""Causes: why a line breaks.

A detector takes a broken line and gives a sentence where its cause explains the difference
to the minor unit, else None. `DETECTORS` lists them in the order in which they are
named (specification, section 5); the first that fits is the cause, all that fit are candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from recon.base.result import Cause
from recon.reconciliation.causes import (
    amendments,
    amounts,
    certainty,
    counterparts,
    last_resorts,
    other_months,
    postings,
    terms,
    together,
    two_causes,
)
from recon.reconciliation.causes.broken_line import BrokenLine
from recon.reconciliation.causes.certainty import Fits, Reading
from recon.reconciliation.causes.objections import objections

Detector = Callable[[BrokenLine], str | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Cause of a break, all that fit, and one sentence.

    The sentence has the numbers in it. `against` is what speaks against the cause.
    """

    cause: Cause
    candidates: tuple[Cause, ...]
    sentence: str
    against: tuple[str, ...] = ()


def explain(lines: Sequence[BrokenLine]) -> Iterator[Explanation]:
    """Yield the explanation of each of the broken lines."""
    readings = [_reading(line) for line in lines]
    united: dict[int, Fits] = {}
    shared: dict[int, tuple[str, ...]] = {}
    for group in certainty.groups(readings):
        texts = [o.text for reading in group for o in objections(reading.line, _named(reading))]
        if certainty.contested(group):
            united |= certainty.united(group)
            texts = [*certainty.remarks(group), *texts]
        shared |= dict.fromkeys((r.line.number for r in group), tuple(dict.fromkeys(texts)))
    for reading in readings:
        number = reading.line.number
        yield _explanation(reading, united.get(number), shared.get(number))


def _named(reading: Reading) -> Cause:
    return reading.fits[0][0] if reading.fits else reading.resort[0]


def _reading(line: BrokenLine) -> Reading:
    fits = _fitting(line, _worth_asking(_known(line)))
    if line.alternative_terms and all(cause in _MOVED for cause, _ in fits):
        fits += _fitting(line, DOUBTFUL)
    if fits and not any(cause in certainty.PAIRS for cause, _ in fits):
        return Reading(line, fits, fits[0])
    resorts = LAST_RESORTS if fits else (*ONLY_ALONE, *LAST_RESORTS)
    found = next((c, said) for c, detect in resorts if (said := detect(line)))
    if found[0] is Cause.TWO_CAUSES and _is_taken_back(line):
        # What takes back another entry is rather one too many than two errors that meet.
        fits = [found, *_fitting(line, ONLY_ALONE[1:])]
    return Reading(line, fits, found)


def _is_taken_back(line: BrokenLine) -> bool:
    """Whether one entry of the month reverses another."""
    amounts = {entry.amount for entry in line.entries_of_month}
    return any(-amount in amounts for amount in amounts if amount)


def _explanation(
    reading: Reading, united: Fits | None, shared: tuple[str, ...] | None
) -> Explanation:
    found = united or reading.fits or (reading.resort,)
    cause, sentence = found[0]
    if reading.line.unread and cause is not Cause.NOT_POSTED:
        sentence = last_resorts.unjudged(reading.line, sentence)
    candidates = [fit for fit, _ in found]
    against = objections(reading.line, cause)
    # What the missing amount would be instead is a candidate beside it.
    alone = cause in (Cause.NOT_POSTED, Cause.UNKNOWN_CONTRACT, Cause.WRONG_PERIOD)
    candidates += [o.cause for o in against if o.cause and (alone or o.cause in certainty.PAIRS)]
    if cause is Cause.WRONG_PERIOD and other_months.far_away(reading.line):
        candidates.append(Cause.NOT_POSTED)
    texts = tuple(said.text for said in against) if shared is None else shared
    return Explanation(cause, tuple(dict.fromkeys(candidates)), sentence, texts)


def _fitting(
    line: BrokenLine, detectors: Sequence[tuple[Cause, Detector]]
) -> list[tuple[Cause, str]]:
    return [(cause, said) for cause, detect in detectors if (said := detect(line))]


DETECTORS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.CATCH_UP, postings.catch_up),
    (Cause.DUPLICATE_ENTRY, postings.duplicate_entry),
    (Cause.POSTED_AGAIN, postings.posted_again),
    (Cause.SIGN_FLIPPED, amounts.sign_flipped),
    (Cause.CREDIT_NOTE, postings.credit_note),
    (Cause.DECIMAL_SHIFT, amounts.decimal_shift),
    (Cause.DIGITS_SWAPPED, amounts.digits_swapped),
    (Cause.WRONG_PERIOD, other_months.wrong_period),
    (Cause.PARTIAL_POSTING, postings.partial_posting),
    (Cause.WRONG_TYPE, counterparts.wrong_type),
    (Cause.WRONG_CONTRACT, counterparts.wrong_contract),
    (Cause.POSTED_TOGETHER, together.posted_together),
    (Cause.MISTYPED_CONTRACT, counterparts.mistyped_contract),
    (Cause.WRONG_CURRENCY, counterparts.wrong_currency),
    (Cause.FULL_VALUE, terms.full_value),
    (Cause.WRONG_DURATION, terms.fitting(Cause.WRONG_DURATION)),
    (Cause.WRONG_START, terms.fitting(Cause.WRONG_START)),
    (Cause.OTHER_CONVENTION, terms.fitting(Cause.OTHER_CONVENTION)),
    (Cause.AMENDED, terms.fitting(Cause.AMENDED)),
    (Cause.STOPPED_BY_DAYS, terms.fitting(Cause.STOPPED_BY_DAYS)),
    (Cause.REMAINDER_TAKEN, amendments.remainder_taken),
)


class _Known(NamedTuple):
    """Whether facts of a kind are known of a line."""

    entries: bool
    lines: bool
    terms: bool


def _known(line: BrokenLine) -> _Known:
    return _Known(
        bool(line.entry_count or line.entries_of_month),
        bool(line.offsetting_lines),
        bool(line.alternative_terms),
    )


@cache
def _worth_asking(known: _Known) -> Sequence[tuple[Cause, Detector]]:
    """Detectors that may fit a line with such facts."""
    lacking = {cause for what, causes in zip(known, _TAKING, strict=True) if not what
               for cause in causes}  # fmt: skip
    return [(cause, detect) for cause, detect in DETECTORS if cause not in lacking]


# Causes that take an entry in the month, an offsetting line, or another term.
_TAKING: Sequence[frozenset[Cause]] = (
    frozenset({
        Cause.CATCH_UP, Cause.DUPLICATE_ENTRY, Cause.POSTED_AGAIN, Cause.SIGN_FLIPPED,
        Cause.CREDIT_NOTE, Cause.DECIMAL_SHIFT, Cause.DIGITS_SWAPPED, Cause.PARTIAL_POSTING,
        Cause.FULL_VALUE, Cause.REMAINDER_TAKEN,
    }),
    frozenset({
        Cause.WRONG_CONTRACT, Cause.POSTED_TOGETHER, Cause.MISTYPED_CONTRACT, Cause.WRONG_CURRENCY,
    }),
    frozenset({
        Cause.WRONG_DURATION, Cause.WRONG_START, Cause.OTHER_CONVENTION, Cause.AMENDED,
        Cause.STOPPED_BY_DAYS,
    }),
)  # fmt: skip

# Tried where none of those fits, or an amount moved in from elsewhere, which may be by chance: no
# earlier month speaks for them, and a slip may look the same.
_MOVED = certainty.PAIRS | {Cause.WRONG_PERIOD}
DOUBTFUL: tuple[tuple[Cause, Detector], ...] = (
    (Cause.WRONG_DURATION, terms.fitting(Cause.WRONG_DURATION, doubtful=True)),
    (Cause.OTHER_CONVENTION, terms.fitting(Cause.OTHER_CONVENTION, doubtful=True)),
)

# Tried only where none of the above fits.
ONLY_ALONE: tuple[tuple[Cause, Detector], ...] = (
    (Cause.TWO_CAUSES, two_causes.two_causes),
    (Cause.EXTRA_ENTRY, postings.extra_entry),
)

# Named only where none of the above fits.
LAST_RESORTS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.ENDED, last_resorts.ended),
    (Cause.NOT_STARTED, last_resorts.not_started),
    (Cause.UNKNOWN_CONTRACT, last_resorts.unknown_contract),
    (Cause.NOT_POSTED, last_resorts.not_posted),
    (Cause.UNEXPLAINED, last_resorts.unexplained),
)
