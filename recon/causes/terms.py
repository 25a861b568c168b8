"""Terms: what is recognized is what another reading of the contract gives."""

from __future__ import annotations

from collections.abc import Callable

from recon.base.result import Cause
from recon.causes import words
from recon.facts import Facts


def full_value(facts: Facts) -> str | None:
    """The whole contract value was recognized at once."""
    if facts.entry_count == 0 or not facts.full_value or facts.recognized != facts.full_value:
        return None
    value = words.amount(facts, facts.full_value)
    return f"The whole contract value of {value} was recognized at once; {words.expected(facts)}."


def fitting(cause: Cause) -> Callable[[Facts], str | None]:
    """Return the detector of a cause that other terms would be (see `recon.fits`)."""

    def detect(facts: Facts) -> str | None:
        label = next((fit.label for fit in facts.fits if fit.cause is cause), None)
        if label is None:
            return None
        given = f"{words.recognized(facts)} is what the contract gives {label}"
        return f"{given}; {words.expected(facts)}."

    return detect
