"""Verdict: whether a month may be closed, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.base.text import counted


def verdict(result: Reconciliation) -> str:
    """Sentence whether the month may be closed; see `verdict_of`."""
    return verdict_of(
        result.month,
        Counter(item.severity for item in result.breaks),
        len(result.invalid),
        any(totals.compared for totals in result.totals.values()),
        Counter(event.severity for event in result.events),
    )


def verdict_word(result: Reconciliation) -> str:
    """Word whether the month may be closed: `ready`, `look`, `do_not_close`."""
    return result.verdict


def verdict_of(
    month: Month,
    counts: Mapping[Severity, int],
    invalid: int,
    anything: bool,
    events: Mapping[Severity, int],
) -> str:
    """Sentence whether a month with these findings may be closed.

    High and critical breaks and events and invalid rows forbid it, whatever `--fail-on` says: that
    option is for scripts, not for the books. `anything` is whether there was revenue.
    """
    told = ", ".join(found(counts, invalid, sum(events.values())))
    severe = any(by.get(s) for by in (counts, events) for s in (Severity.CRITICAL, Severity.HIGH))
    if severe or invalid:
        return f"Do not close {month.name}: {told}"
    if not anything:
        return f"Nothing to close in {month.name}: no revenue expected or recognized"
    if told:
        return f"Ready to close {month.name}, with {told} to acknowledge"
    return f"Ready to close {month.name}: no breaks, no invalid rows"


def found(counts: Mapping[Severity, int], invalid: int, events: int) -> Iterator[str]:
    """Yield findings in words, like `1 event`, `3 critical`."""
    if events:
        yield counted(events, "event")
    for severity in (Severity.CRITICAL, Severity.HIGH):
        if count := counts.get(severity, 0):
            yield f"{count:,} {severity.word}"
    if warnings := counts.get(Severity.WARNING, 0):
        yield counted(warnings, "warning")
    if invalid:
        yield counted(invalid, "invalid row")


class Leaving(Protocol):
    """Any record of an event, with its breaks left."""

    @property
    def breaks_left(self) -> int:
        """The number of breaks left once it is put right."""
        ...


def shortest_path(events: Sequence[Leaving], breaks: int) -> str:
    """Sentence on how many breaks the events account for.

    It is '' where no break belongs to an event.
    """
    left, needed = breaks, 0
    for number, event in enumerate(events, start=1):
        if event.breaks_left < left:
            left, needed = event.breaks_left, number
    if not needed:
        return ""
    these = "this event" if needed == 1 else f"these {needed} events"
    gone = breaks - left
    return f"Put {these} right and {gone:,} of {counted(breaks, 'break')} {_are(gone)} gone."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
