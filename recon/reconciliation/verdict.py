"""Verdict: whether a month may be closed, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

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
    )


def verdict_word(result: Reconciliation) -> str:
    """Word whether the month may be closed: `ready`, `look`, `do_not_close`."""
    worst = result.severity
    if worst is None:
        return "ready"
    return "do_not_close" if worst >= Severity.HIGH else "look"


def verdict_of(month: Month, counts: Mapping[Severity, int], invalid: int, anything: bool) -> str:
    """Sentence whether a month with these findings may be closed.

    High and critical breaks and invalid rows forbid it, whatever `--fail-on` says: that option
    is for scripts, not for the books. `anything` is whether there was revenue.
    """
    told = ", ".join(found(counts, invalid))
    if counts.get(Severity.CRITICAL) or counts.get(Severity.HIGH) or invalid:
        return f"Do not close {month.name}: {told}"
    if not anything:
        return f"Nothing to close in {month.name}: no revenue expected or recognized"
    if told:
        return f"Ready to close {month.name}, with {told} to acknowledge"
    return f"Ready to close {month.name}: no breaks, no invalid rows"


def found(counts: Mapping[Severity, int], invalid: int) -> Iterator[str]:
    """Yield findings in words, like `3 critical`, `1 invalid row`."""
    for severity in (Severity.CRITICAL, Severity.HIGH):
        if count := counts.get(severity, 0):
            yield f"{count:,} {severity.word}"
    if warnings := counts.get(Severity.WARNING, 0):
        yield counted(warnings, "warning")
    if invalid:
        yield counted(invalid, "invalid row")
