"""The dashboard: a controller's questions at month's end, in order."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from recon.base.errors import ExitCode
from recon.base.result import Reconciliation
from recon.record.journal.history import History
from recon.reports.console import breaks, bridge, events, since, totals
from recon.reports.console.layout import (
    CRITICAL,
    FILE_WIDTH,
    LEAST_WIDTH,
    PLAIN,
    SOFT,
    STRONG,
    Pen,
    View,
)

TOP = 10

# Those of a run that has come to its end; one that fails says why.
_EXITS = {
    ExitCode.BREAKS: "done, with breaks at or above --fail-on",
    ExitCode.ALERT: "done, but an alert was not delivered; it is queued",
}


def make_console(stream: TextIO, color: bool | None = None, width: int | None = None) -> Console:
    """The console of a stream.

    A terminal stays as it is; anything else is plain and 100 characters wide. `color` None lets the
    terminal and NO_COLOR decide. COLUMNS sets the width of both. From here on the stream replaces
    letters that its encoding lacks.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    if color is None and os.environ.get("NO_COLOR"):
        color = False
    if width is None and not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        width = FILE_WIDTH
    console = Console(
        file=stream,
        width=width,
        color_system=None if color is False else "auto",
        force_terminal=color or None,
        no_color=not color if color is not None else None,
        legacy_windows=None if stream.isatty() else False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    console.width = max(console.width, LEAST_WIDTH)
    return console


def show(
    console: Console,
    result: Reconciliation,
    *,
    run_id: str,
    reports: Sequence[Path | str] = (),
    sample: bool = False,
    top: int = TOP,
    quiet: bool = False,
    exit_code: ExitCode = ExitCode.DONE,
    history: History | None = None,
    notes: Sequence[str] = (),
    seal: str = "",
) -> None:
    """Print a month's dashboard, or with `quiet` its verdict alone.

    `notes` are the notices of the run itself, `seal` is the journal's up to this run.
    """
    past = history or History()
    view = View(Pen(console), result)
    if quiet:
        banner = ("SAMPLE DATA  " if sample else "", STRONG)
        console.print(Text.assemble(banner, totals.verdict(result)), soft_wrap=True)
        return
    for section in (
        totals.may_i_close(view, sample),
        since.signed_before(view, past),
        since.since_last(view, past),
        bridge.bridges(view),
        events.events(view, past.events),
        breaks.fix_first(view, top, past.open_items),
        since.carried_forward(view, past),
        since.cleared(view, past),
        totals.where(view),
        breaks.invalid_rows(view),
        breaks.worth_knowing(view, notes),
        _this_run(view, run_id, reports, seal, _exit_words_of(result, exit_code, past)),
    ):
        for item in section:
            # Lines are laid out already: a long path or number must not be torn apart.
            console.print(item, soft_wrap=isinstance(item, Text))


def exit_words(code: ExitCode) -> str:
    """The meaning of an exit code; '' for 0."""
    return f"{code.value}: {_EXITS[code]}" if code else ""


def _exit_words_of(result: Reconciliation, code: ExitCode, history: History) -> str:
    before = history.superseded
    if code == ExitCode.BREAKS and before and before.says_otherwise(result.severity):
        return f"{code.value}: done, but the verdict differs from the one that was signed off"
    return exit_words(code)


def _this_run(
    view: View, run_id: str, reports: Sequence[Path | str], seal: str, exit_words: str
) -> Iterator[Text]:
    yield from view.pen.heading("This run")
    facts = [("tolerance", view.result.policy.allowed_text(), PLAIN), ("run", run_id, SOFT)]
    if seal:
        facts.append(("seal", seal, SOFT))
    if exit_words:
        facts.append(("exit code", exit_words, CRITICAL))
    yield from view.pen.run_summary(list(map(str, reports)), facts)
