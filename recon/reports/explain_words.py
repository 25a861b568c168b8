"""What the dossier's view says in words: causes that do not fit, terms, tolerance, parties."""

from __future__ import annotations

from collections.abc import Iterator

from recon.base import money
from recon.base.policy import Recognition, rate_text
from recon.base.result import Cause
from recon.base.text import counted, words
from recon.reconciliation.explain.model import Allowance, InvalidLine, Line, Terms

# What each cause would have been, had it added up.
TRIED = {
    Cause.DUPLICATE_ENTRY: "an entry posted twice",
    Cause.SIGN_FLIPPED: "a turned sign",
    Cause.DECIMAL_SHIFT: "a shifted decimal point",
    Cause.DIGITS_SWAPPED: "two swapped digits",
    Cause.WRONG_PERIOD: "an entry of the month before or after",
    Cause.CATCH_UP: "earlier months made good",
    Cause.WRONG_TYPE: "another type of the contract",
    Cause.WRONG_CONTRACT: "another contract of the customer",
    Cause.MISTYPED_CONTRACT: "a mistyped contract id",
    Cause.WRONG_CURRENCY: "another currency",
    Cause.FULL_VALUE: "the whole value at once",
    Cause.WRONG_DURATION: "another duration",
    Cause.WRONG_START: "another start",
    Cause.OTHER_CONVENTION: "another convention or rounding",
    Cause.ENDED: "recognition after the end",
    Cause.NOT_STARTED: "recognition before the start",
    Cause.UNKNOWN_CONTRACT: "a contract that analytics does not know",
    Cause.NOT_POSTED: "nothing posted",
    Cause.UNEXPLAINED: "no explanation",
}


def written_terms(terms: Terms, currency: str) -> Iterator[tuple[str, str]]:
    """Yield what analytics says of a line, as (label, text)."""
    value = "no value" if terms.value is None else money.pretty(terms.value, currency)
    yield "value", f"{value} {currency} {_over(terms)}"
    dates = (
        ("booked", terms.booked_on),
        ("starts", terms.started_on),
        ("closes", terms.close_date),
        ("terminated", terms.terminated_on),
    )
    yield "dates", ", ".join(f"{what} {day}" for what, day in dates if day) or "none readable"
    if terms.term_start:
        last = f"; {terms.last_month} is the last month" if terms.last_month else ""
        yield "term", f"{terms.term_start} to {terms.term_end}{last}"
    if terms.recognition:
        yield "recognition", _recognition(terms)


def _over(terms: Terms) -> str:
    if terms.duration is None:
        return "over no readable duration"
    return f"over {counted(terms.duration, 'month')}"


def _recognition(terms: Terms) -> str:
    if terms.recognition != Recognition.OVER_DURATION:
        return f"all at once in the {words(terms.recognition)}"
    same = terms.basis == "even" and terms.convention != "even"
    note = " (which is even for a start on the 1st)" if same else ""
    return f"over the duration, {words(terms.convention)}{note}, {words(terms.rounding)} rounding"


def tolerance_words(allowance: Allowance, currency: str) -> str:
    """Return the tolerance that applies to a line and where it is set."""
    floor = money.pretty(allowance.floor, currency)
    cap = "no cap" if allowance.cap is None else f"at most {money.pretty(allowance.cap, currency)}"
    rate = rate_text(allowance.ppm)
    return f"{rate} of expected ({allowance.origin}), at least {floor} {currency}, {cap}"


def who(line: Line | InvalidLine) -> str:
    """Return whose line it is."""
    named = " ".join(
        filter(None, (line.customer, f"({line.customer_id})" * bool(line.customer_id)))
    )
    return (
        f"{named or 'no customer'}, segment {line.segment or '(none)'}, "
        f"owner {line.owner or '(none)'}"
    )
