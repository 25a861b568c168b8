"""Months at a glance: the figures kept of each month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Reconciliation, Totals
from recon.reconciliation.verdict import found, verdict
from recon.record.journal.history import History
from recon.reports import wording


@dataclass(frozen=True, slots=True)
class Glance:
    """A month in a few figures, without lines or breaks.

    Of these there may be many when several months are shown side by side. `breaks` are counted by
    currency and severity; `main` is the currency to show first; `folder` is where the reports are,
    '' where there are none; `notes` are the notes of the run itself.
    """

    month: Month
    run_id: str
    main: str
    totals: Mapping[str, Totals]
    breaks: Mapping[tuple[str, Severity], int]
    invalid: int
    events: int
    severity: Severity | None
    verdict: str
    folder: str
    notes: Sequence[str]

    @classmethod
    def of(
        cls, result: Reconciliation, run_id: str, folder: str, notes: Sequence[str], past: History
    ) -> Glance:
        """The figures of a month's result."""
        return cls(
            month=result.month,
            run_id=run_id,
            main=result.policy.currency,
            totals=dict(result.totals),
            breaks=Counter((item.currency, item.severity) for item in result.breaks),
            invalid=len(result.invalid),
            events=len(result.events),
            severity=result.severity,
            verdict=verdict(result),
            folder=folder,
            notes=[*_signed_before(result, past), *notes],
        )

    @property
    def compared(self) -> bool:
        """Whether there was revenue in the month."""
        return any(totals.compared for totals in self.totals.values())

    @property
    def closable(self) -> bool:
        """Whether nothing forbids to close the month."""
        return self.severity is None or self.severity < Severity.HIGH

    @property
    def word(self) -> str:
        """The verdict in a word."""
        if self.severity is None and not self.compared:
            return "nothing"
        return self.severity.word if self.severity else "clean"


def _signed_before(result: Reconciliation, past: History) -> list[str]:
    before = past.superseded
    if before is None:
        return []
    now = result.severity.word if result.severity else "clean"
    differs = before.says_otherwise(result.severity)
    verdict = f"was {before.run.verdict} and is {now} now" if differs else f"is {now} as before"
    return [f"{before.run.run_id} was signed off; the verdict {verdict}."]


def currencies(months: Sequence[Glance]) -> list[str]:
    """The currencies of all months, the main one first.

    The others follow by name.
    """
    lines: Counter[str] = Counter()
    for month in months:
        lines.update({currency: totals.compared for currency, totals in month.totals.items()})
    return wording.main_first(lines, months[0].main)


def totals(months: Sequence[Glance]) -> dict[str, Totals]:
    """The sums of all months by currency.

    A line counts anew in each month.
    """
    return {
        currency: added(month.totals[currency] for month in months if currency in month.totals)
        for currency in currencies(months)
    }


def added(found: Iterable[Totals]) -> Totals:
    """The sum of at least one of totals."""
    return Totals(*map(sum, zip(*map(astuple, found), strict=True)))


def counts(months: Sequence[Glance]) -> dict[Severity, int]:
    """The breaks of all months by severity."""
    found: Counter[Severity] = Counter()
    for month in months:
        for (_, severity), count in month.breaks.items():
            found[severity] += count
    return found


def sentence(months: Sequence[Glance]) -> str:
    """How many months may be closed, as a sentence."""
    if len(months) == 1:
        return months[0].verdict
    number = f"{len(months)} months"
    invalid, events = (sum(of) for of in zip(*((m.invalid, m.events) for m in months), strict=True))
    listed = ", ".join(found(counts(months), invalid, events))
    open_ = sum(not month.closable for month in months)
    if open_:
        return f"Do not close {open_} of {number}: {listed}"
    if not any(month.compared for month in months):
        return f"Nothing to close in {number}: no revenue expected or recognized"
    if listed:
        return f"Ready to close all {number}, with {listed} to acknowledge"
    return f"Ready to close all {number}: no breaks, no invalid rows"
