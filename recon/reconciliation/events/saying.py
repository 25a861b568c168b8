"""Saying: marks, factors and amounts in the sentences of events."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from recon.base import money
from recon.reconciliation.events.found import Axis, Mark


def sentence_start(mark: Mark) -> str:
    """The mark as a sentence begins with it."""
    if mark.axis is Axis.SIDE:
        return "All over"
    return mark.words[0].upper() + mark.words[1:]


def times(factor: Fraction) -> str:
    """A factor in words, like `1.19 times`."""
    if factor == -1:
        return "the opposite of"
    if (
        abs(factor) < 1
        and _exact(1 / factor)
        and (abs(factor.numerator) == 1 or not _exact(factor))
    ):
        return f"{'-' * (factor < 0)}1/{number(abs(1 / factor))} of"
    about = "" if _exact(factor) else "about "
    return f"{about}{number(factor)} times"


def _exact(factor: Fraction) -> bool:
    return round(factor, 6) == factor


def number(value: Fraction) -> str:
    """A number as a decimal of at most six places."""
    rounded = round(value, 6)
    whole, rest = divmod(abs(rounded.numerator) * 10**6 // rounded.denominator, 10**6)
    text = f"{whole:,}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def amounts(by_currency: Mapping[str, int]) -> str:
    """Amounts of several currencies, like `+1,204.00 USD and -3 JPY`."""
    listed = [f"{money.pretty(a, c, sign=True)} {c}" for c, a in sorted(by_currency.items())]
    return " and ".join(listed)
