"""Loads on the console: files, findings and rejected rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base.text import counted

if TYPE_CHECKING:
    from recon.store.load import Loaded
    from recon.store.outcome import FileOutcome, Report

# So many rejected rows of a file are shown; its file of rejected rows has them all.
_MOST = 5
_TOTALS = {"sales": "revenue", "credits": "amount", "debits": "amount"}
_CLEANED = {
    "trimmed": "blanks trimmed",
    "mapped": "values mapped",
    "rounded": "amounts rounded to four decimals",
    "computed": "revenue computed",
    "defaulted": "discount taken as 0",
    "filled": "filled with fixed values",
    "folded": "ids spelled as in the store",
}


def report_lines(report: Report, *, quiet: bool = False) -> Iterator[str]:
    """Yield the lines on a run of `recon load`."""
    if not report.outcomes and not quiet:
        yield "No file waits."
    known = [each for each in report.outcomes if each.status == "known"]
    for outcome in report.outcomes:
        doubtful = outcome.findings or outcome.rejected or outcome.status == "refused"
        if (not quiet and outcome.status != "known") or doubtful:
            yield from _file(outcome, dry=report.dry)
    if known and not quiet:
        yield from _known(known)
    for finding in report.findings:
        yield f"! {finding}"
    if report.dry and not quiet:
        yield "Nothing was changed."


def _known(known: list[FileOutcome]) -> Iterator[str]:
    """Files met before: each by itself, or their number."""
    if len(known) <= _MOST:
        for outcome in known:
            yield f"{outcome.path.name} ({outcome.feed}): {outcome.reason}."
        return
    yield f"{counted(len(known), 'file')} met before; nothing of them has changed."


def _file(outcome: FileOutcome, *, dry: bool) -> Iterator[str]:
    head = f"{outcome.path.name} ({outcome.feed}): "
    if outcome.loaded is None:
        yield f"{head}{outcome.status}: {outcome.reason}."
        return
    load = "would be" if dry else f"load {outcome.load}:"
    yield f"{head}{load} {_counts(outcome.loaded)}{_total(outcome)}."
    for finding in outcome.findings:
        yield f"  ! {finding}"
    yield from _rejected(outcome)
    for sentence in restated_sentences(outcome.loaded, outcome.path):
        yield f"  {sentence}"
    cleaned = [f"{_CLEANED[kind]} in {n:,}" for kind, n in outcome.loaded.cleaned.items()]
    if cleaned:
        yield f"  Cleaned rows: {', '.join(cleaned)}."
    taken = [
        counted(n, column.removesuffix("_id")) for column, n in outcome.loaded.placeholders.items()
    ]
    if taken:
        yield f"  New, and taken in until their feed names them: {', '.join(taken)}."
    for note in outcome.notes:
        yield f"  {note}"


def _counts(loaded: Loaded) -> str:
    """`1,259 rows: 1,200 inserted, 59 rejected`."""
    parts = [f"{count:,} {fate}" for fate, count in loaded.counts.items() if count]
    if loaded.removed:
        parts.append(f"{counted(loaded.removed, 'earlier row')} removed")
    if loaded.mended:
        parts.append(f"{counted(loaded.mended, 'rejected row')} mended")
    return f"{counted(loaded.rows, 'row')}: {', '.join(parts)}" if parts else "0 rows"


def _total(outcome: FileOutcome) -> str:
    measure = _TOTALS.get(outcome.kind)
    if measure is None or outcome.loaded is None or not outcome.loaded.sums:
        return ""
    good = [of[measure] for fate, of in outcome.loaded.sums.items() if fate != "rejected"]
    if not good:
        return ""
    days = ""
    if outcome.loaded.first_day:
        days = f" from {outcome.loaded.first_day} to {outcome.loaded.last_day}"
    return f"; {measure} {sum(good):,.2f}{days}"


def _rejected(outcome: FileOutcome) -> Iterator[str]:
    for each in outcome.rejected[:_MOST]:
        yield f"  rejected: {each.place or f'row {each.row:,}'}: {each.reason}"
    more = len(outcome.rejected) - _MOST
    if more > 0:
        yield f"  … and {counted(more, 'other rejected row')}"
    if outcome.rejected_file:
        yield f"  All of them are in {outcome.rejected_file}; put them right and send it back."


def restated_sentences(loaded: Loaded, path: Path) -> Iterator[str]:
    """Yield a sentence for each past month that changed."""
    for each in loaded.restated:
        way = "higher" if each.change > 0 else "lower"
        yield (
            f"{each.measure} of {each.month:%Y-%m} is {abs(each.change):,.2f} {each.currency} "
            f"{way}, since {path.name} sent {counted(each.rows, 'row')} of it."
        )
