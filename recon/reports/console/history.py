"""The history on the console, the newest month first.

Every month has its signatures and its runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice

from rich.console import Console
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.text import counted
from recon.record.journal.history import newest_first
from recon.record.journal.model import Run
from recon.record.journal.signing import Signature, is_signed_off
from recon.reports.console.layout import (
    GOOD,
    INDENT,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    WIDE,
    Column,
    Pen,
    numbers,
    sample_banner,
)
from recon.reports.wording import moment_words

Signed = Mapping[str, Sequence[Signature]]
_Row = tuple[Run | None, str, int]  # the run on its first line; a currency with its net difference


def show_history(
    console: Console,
    runs: Sequence[Run],
    signed: Signed,
    month: Month | None = None,
    *,
    counts: tuple[int, int] | None = None,
    sample: bool = False,
    command: str = "recon month",
) -> None:
    """Print the runs of all months or of one.

    The newest run comes first; `signed` has the signatures of the runs. `counts` are those of all
    months and runs, where these are the newest ones.
    """
    pen = Pen(console)
    if sample:
        console.print(sample_banner())
    if not runs:
        which = f"No run of {month}" if month else "No run"
        console.print(f"{which} is recorded here yet; `{command}` creates one.")
    counts = counts or (len({run.month for run in runs}), len(runs))
    for line in _page(pen, newest_first(runs), signed, counts) if runs else ():
        console.print(line, soft_wrap=True)


def show_signed(console: Console, run: Run, given: Sequence[Signature]) -> None:
    """Print the state of a run after a signature."""
    pen = Pen(console)
    state = (
        f"{run.month} is signed off."
        if is_signed_off(given)
        else f"{run.month} is not signed off yet: the reviewer, a different person, signs next."
    )
    said = [*(_said(signature) for signature in given), f"{state} The signed run is {run.run_id}."]
    for line in (line for text in said for line in pen.paragraph(pen.text(text), 0)):
        console.print(line, soft_wrap=True)


def _page(pen: Pen, runs: Sequence[Run], signed: Signed, counts: tuple[int, int]) -> Iterator[Text]:
    months, of_all = counts
    yield from pen.heading("History", f"{counted(months, 'month')}, {counted(of_all, 'run')}")
    rows = list(_rows(runs))
    head, *lines = pen.table(_columns(pen, rows, signed))
    yield head
    left = iter(lines)
    for _, of_month in groupby(runs, key=lambda run: run.month):
        group = list(of_month)
        yield from _month(pen, group, signed)
        yield from islice(left, sum(max(len(run.totals), 1) for run in group))
    if len(runs) < of_all:
        older = f"{counted(of_all - len(runs), 'older run')} not shown; --top shows more."
        yield from pen.paragraph(pen.text(older), 0)


def _rows(runs: Sequence[Run]) -> Iterator[_Row]:
    for run in runs:
        totals = sorted(run.totals.items())
        first: Run | None = run
        for currency, sums in totals:
            yield first, currency, sums.difference
            first = None
        if not totals:
            yield run, "", 0


def _columns(pen: Pen, rows: Sequence[_Row], signed: Signed) -> list[Column]:
    wide = pen.width >= WIDE
    runs = [run for run, *_ in rows]
    names = [_name(run, wide) if run else "" for run in runs]
    verdicts = [_verdict(run) if run else Text() for run in runs]
    return [
        Column("Run", [pen.text(name) for name in names]),
        Column("When (UTC)", [Text(moment_words(run.ended) if run else "") for run in runs]),
        Column("Who", [pen.text(run.who if run else "") for run in runs], least=6, most=24),
        Column("Verdict", verdicts),
        numbers("Breaks", [f"{run.breaks:,}" if run else "" for run in runs]),
        numbers("Invalid", [f"{run.invalid:,}" if run else "" for run in runs], drop=1),
        numbers("Net difference", [_net(currency, amount) for _, currency, amount in rows]),
        # The signatures themselves stand below the month.
        Column("Signed", [_standing(run, signed) if run else Text() for run in runs], drop=2),
    ]


def _name(run: Run, wide: bool) -> str:
    # The end of its name is enough to ask for a run.
    return run.run_id if wide else run.run_id.rpartition("_")[2]


def _verdict(run: Run) -> Text:
    styles = {severity.word: style for severity, style in SEVERITY_STYLES.items()}
    return Text(run.verdict, styles.get(run.verdict, GOOD))


def _net(currency: str, amount: int) -> str:
    return f"{money.pretty(amount, currency, sign=True)} {currency}" if currency else ""


def _standing(run: Run, signed: Signed) -> Text:
    given = signed.get(run.run_id, ())
    if is_signed_off(given):
        return Text("signed off", GOOD)
    if run.supersedes and not given:
        return Text(f"no, supersedes {run.supersedes.rpartition('_')[2]}", SOFT)
    return Text("prepared" if given else "no", SOFT)


def _month(pen: Pen, runs: Sequence[Run], signed: Signed) -> Iterator[Text]:
    last = runs[0]
    complete = [run for run in runs if is_signed_off(signed.get(run.run_id, ()))]
    if last in complete:
        state = ("signed off", GOOD)
    elif complete:
        state = ("signed off, and run again since", SEVERITY_STYLES[Severity.HIGH])
    else:
        state = ("not signed off", SOFT)
    yield Text()
    title = (f"{'':{INDENT}}{last.month}", STRONG)
    yield Text.assemble(title, f"  {counted(len(runs), 'run')}, ", state)
    for run in runs:
        for signature in signed.get(run.run_id, ()):
            yield from pen.paragraph(pen.text(_said(signature), SOFT), INDENT + 9)


def _said(signature: Signature) -> str:
    run = signature.run_id.rpartition("_")[2]
    accepted = f" (accepted: {signature.accepted})" if signature.accepted else ""
    return (
        f"{run}: {signature.who} as {signature.role}, {moment_words(signature.at)}: "
        f"{signature.comment}{accepted}"
    )
