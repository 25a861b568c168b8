"""`recon month 2024-01..2024-12`: months in a row, each a run of its own, and all at a glance."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from recon.base.errors import ExitCode, UsageError
from recon.cli import process
from recon.cli.options import chosen_month
from recon.cli.running import SPAN, Wishes, run_one
from recon.reconciliation.document import document, dumps, months_document
from recon.reports.months import Glance, totals

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.month import Outcome

# Ten years; more is a slip of the finger.
MOST = 120
# The gravest last: an alert that waits goes before breaks, as for one month.
_GRAVITY = (ExitCode.DONE, ExitCode.BREAKS, ExitCode.ALERT)


def run_months(settings: Settings, text: str, wishes: Wishes, log: Log) -> ExitCode:
    """Run the months from the first to the last, print them at a glance, return the exit code.

    A month that fails is the last one; those before it are done, and the log remembers to say so.
    """
    from recon.run.books import kept_books

    months = span(text, settings)
    seen: list[Glance] = []
    documents: list[dict[str, object]] = []
    codes: list[ExitCode] = []
    with kept_books(months[-1]) as books:
        for number, month in enumerate(months, 1):
            outcome = run_one(settings, month, wishes, log, books)
            if wishes.formats:
                log.end(outcome.exit_code)
                log.remark = _done(months[:number], months[number:])
            codes.append(outcome.exit_code)
            seen.append(_seen(outcome))
            if wishes.json:
                documents.append(_document(outcome))
            # While a month runs, its own breaks and those of the next ones are there.
            del outcome
    code = max(codes, key=_GRAVITY.index)
    with process.printing():
        if wishes.json:
            typer.echo(dumps(months_document(documents, totals(seen), code)), nl=False)
        else:
            _show(settings, seen, wishes, code)
    return code


def span(text: str, settings: Settings) -> list[Month]:
    """Return the months of a text like 2024-01..2024-12; raises UsageError for anything else."""
    first, _, last = (part.strip() for part in text.partition(SPAN))
    if not (first and last):
        raise UsageError(
            f"{text!r} names no months; write the first and the last, like 2024-01..2024-12."
        )
    begin, end = (chosen_month(part, settings) for part in (first, last))
    count = end.index - begin.index + 1
    if count < 1:
        raise UsageError(f"{begin}..{end} runs backwards; write it as {end}..{begin}.")
    if count > MOST:
        raise UsageError(f"{begin}..{end} are {count:,} months; at most {MOST} run in a row.")
    return [begin + number for number in range(count)]


def _seen(outcome: Outcome) -> Glance:
    folder = str(outcome.reports[0].parent) if outcome.reports else ""
    return Glance.of(outcome.result, outcome.run_id, folder, outcome.notes, outcome.history)


def _document(outcome: Outcome) -> dict[str, object]:
    return document(outcome.result, outcome.run_id, outcome.reports, outcome.exit_code)


def _done(done: Sequence[Month], left: Sequence[Month]) -> str:
    """Return what to say besides where a later month fails."""
    verb = "is" if len(done) == 1 else "are"
    rest = f"; `recon month {_span_text(left)}` runs the rest" if left else ""
    return f"{_span_text(done)} {verb} done and recorded{rest}."


def _span_text(months: Sequence[Month]) -> str:
    first, last = months[0], months[-1]
    return str(first) if first == last else f"{first}{SPAN}{last}"


def _show(settings: Settings, seen: Sequence[Glance], wishes: Wishes, code: ExitCode) -> None:
    from recon.reports.console.dashboard import exit_words, make_console
    from recon.reports.console.months import show_months

    show_months(
        make_console(sys.stdout, color=False if wishes.no_color else None),
        seen,
        tolerance=settings.policy.allowed_text(),
        exit_words=exit_words(code),
        sample=settings.sample,
        quiet=wishes.quiet,
    )
