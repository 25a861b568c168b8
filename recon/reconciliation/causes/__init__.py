"""Causes: why a line breaks.

A detector takes a broken line and gives a sentence where its cause explains the difference
to the minor unit, else None. `DETECTORS` lists them in the order in which they are
named (specification, section 5); the first that fits is the cause, all that fit are candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recon.base.result import Cause
from recon.reconciliation.causes import (
    amounts,
    counterparts,
    last_resorts,
    periods,
    postings,
    terms,
)
from recon.reconciliation.causes.broken_line import BrokenLine

Detector = Callable[[BrokenLine], str | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Cause of a break, all that fit, and one sentence.

    The sentence has the numbers in it.
    """

    cause: Cause
    candidates: tuple[Cause, ...]
    sentence: str


def explain(line: BrokenLine) -> Explanation:
    """Explanation of a broken line."""
    found = [(cause, said) for cause, detect in DETECTORS if (said := detect(line))]
    if not found:
        found = [next((c, said) for c, detect in LAST_RESORTS if (said := detect(line)))]
    cause, sentence = found[0]
    return Explanation(cause, tuple(fit for fit, _ in found), sentence)


DETECTORS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.CATCH_UP, postings.catch_up),
    (Cause.DUPLICATE_ENTRY, postings.duplicate_entry),
    (Cause.SIGN_FLIPPED, amounts.sign_flipped),
    (Cause.DECIMAL_SHIFT, amounts.decimal_shift),
    (Cause.DIGITS_SWAPPED, amounts.digits_swapped),
    (Cause.WRONG_PERIOD, periods.wrong_period),
    (Cause.WRONG_TYPE, counterparts.wrong_type),
    (Cause.WRONG_CONTRACT, counterparts.wrong_contract),
    (Cause.MISTYPED_CONTRACT, counterparts.mistyped_contract),
    (Cause.WRONG_CURRENCY, counterparts.wrong_currency),
    (Cause.FULL_VALUE, terms.full_value),
    (Cause.WRONG_DURATION, terms.fitting(Cause.WRONG_DURATION)),
    (Cause.WRONG_START, terms.fitting(Cause.WRONG_START)),
    (Cause.OTHER_CONVENTION, terms.fitting(Cause.OTHER_CONVENTION)),
)

# Named only where none of the above fits.
LAST_RESORTS: tuple[tuple[Cause, Detector], ...] = (
    (Cause.ENDED, last_resorts.ended),
    (Cause.NOT_STARTED, last_resorts.not_started),
    (Cause.UNKNOWN_CONTRACT, last_resorts.unknown_contract),
    (Cause.NOT_POSTED, last_resorts.not_posted),
    (Cause.UNEXPLAINED, last_resorts.unexplained),
)
