"""`recon month 2024-01..2024-12`: months in a row, at a glance."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from recon.base.errors import ExitCode, UsageError
from recon.cli import process
from recon.cli.options import chosen_month
from recon.cli.running import SPAN, RunOptions, run_one
from recon.reconciliation.document import document, dumps, months_document
from recon.reports.months import Glance, totals

if TYPE_CHECKING:
    from recon.base.month import Month
    from recon.config import Settings
    from recon.record.log import Log
    from recon.run.month import Outcome

# Ten years; more is a typing error.
MOST = 120
# The most severe last: a waiting alert goes before breaks, as for one month.
_GRAVITY = (ExitCode.DONE, ExitCode.BREAKS, ExitCode.ALERT)


def run_months(settings: Settings, text: str, options: RunOptions, log: Log) -> ExitCode:
    """Run months in a row, print them at a glance.

    A month that fails is the last one; those before it stay recorded, and its failure says so.
    """
    from recon.run.read_ahead import read_ahead

    months = span(text, settings)
    seen: list[Glance] = []
    documents: list[dict[str, object]] = []
    codes: list[ExitCode] = []
    with read_ahead(settings, months[-1]) as ahead:
        for number, month in enumerate(months, 1):
            outcome = run_one(settings, month, options, log, ahead)
            if options.formats:
                log.end(outcome.exit_code)
                log.remark = _done(months[:number], months[number:])
            codes.append(outcome.exit_code)
            seen.append(_seen(outcome))
            if options.json:
                documents.append(_document(outcome))
            # While a month runs, its own breaks and those of the next ones are there.
            del outcome
    code = max(codes, key=_GRAVITY.index)
    with process.printing():
        if options.json:
            typer.echo(dumps(months_document(documents, totals(seen), code)), nl=False)
        else:
            _show(settings, seen, options, code)
    return code


def span(text: str, settings: Settings) -> list[Month]:
    """The months of a text like 2024-01..2024-12; raises UsageError."""
    first, _, last = (part.strip() for part in text.partition(SPAN))
    if not (first and last):
        raise UsageError(
            f"{text!r} is not a range of months; write the first and the last, like "
            "2024-01..2024-12."
        )
    begin, end = (chosen_month(part, settings) for part in (first, last))
    count = end.index - begin.index + 1
    if count < 1:
        raise UsageError(f"{begin}..{end} is in reverse order; write it as {end}..{begin}.")
    if count > MOST:
        raise UsageError(f"{begin}..{end} has {count:,} months; at most {MOST} can run in a row.")
    return [begin + number for number in range(count)]


def _seen(outcome: Outcome) -> Glance:
    folder = str(outcome.reports[0].parent) if outcome.reports else ""
    return Glance.of(outcome.result, outcome.run_id, folder, outcome.notes, outcome.history)


def _document(outcome: Outcome) -> dict[str, object]:
    return document(
        outcome.result, outcome.run_id, outcome.reports, outcome.exit_code, outcome.notes
    )


def _done(done: Sequence[Month], left: Sequence[Month]) -> str:
    """The sentence that a failure of a later month adds."""
    verb = "is" if len(done) == 1 else "are"
    rest = f"; run the rest with `recon month {_span_text(left)}`" if left else ""
    return f"{_span_text(done)} {verb} done and recorded{rest}."


def _span_text(months: Sequence[Month]) -> str:
    first, last = months[0], months[-1]
    return str(first) if first == last else f"{first}{SPAN}{last}"


def _show(settings: Settings, seen: Sequence[Glance], options: RunOptions, code: ExitCode) -> None:
    from recon.reports.console.dashboard import exit_words, make_console
    from recon.reports.console.months import show_months

    show_months(
        make_console(sys.stdout, color=False if options.no_color else None),
        seen,
        tolerance=settings.policy.allowed_text(),
        exit_words=exit_words(code),
        sample=settings.sample,
        quiet=options.quiet,
    )
