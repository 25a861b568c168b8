"""Months at a glance: a row a month.

Below them come their sums and the paths of the reports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.result import Totals
from recon.reports import months as glance
from recon.reports.console.layout import (
    CRITICAL,
    FILE_WIDTH,
    GOOD,
    HIGH,
    PLAIN,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    WIDE,
    Column,
    Pen,
    amounts,
    numbers,
    sample_banner,
)
from recon.reports.months import Glance

# Short, so that all three find room in 80 columns.
_HEADERS = {Severity.CRITICAL: "Crit.", Severity.HIGH: "High", Severity.WARNING: "Warn."}


class _Row(NamedTuple):
    """A currency of a month, or of all months.

    `month` is None for all of them; `first` holds the cells that appear once a month.
    """

    first: bool
    month: Glance | None
    currency: str
    totals: Totals | None


def show_months(
    console: Console,
    months: Sequence[Glance],
    *,
    tolerance: str,
    exit_words: str = "",
    sample: bool = False,
    quiet: bool = False,
) -> None:
    """Print months at a glance, or with `quiet` their verdicts."""
    if quiet:
        for month in months:
            banner = ("SAMPLE DATA  " if sample else "", STRONG)
            console.print(Text.assemble(banner, Text(month.verdict, _style(month))), soft_wrap=True)
        return
    for item in _page(Pen(console), months, tolerance, exit_words, sample):
        # Lines are laid out already: a long path or number must not be torn apart.
        console.print(item, soft_wrap=isinstance(item, Text))


def _page(
    pen: Pen, months: Sequence[Glance], tolerance: str, exit_words: str, sample: bool
) -> Iterator[RenderableType]:
    if sample:
        yield sample_banner()
    yield Text()
    worst = max(months, key=lambda month: (month.severity or 0, not month.compared))
    answer = Text(glance.sentence(months), _style(worst))
    yield Panel(answer, border_style=answer.style, padding=(0, 1), width=pen.width)
    shown = glance.currencies(months)
    yield from pen.heading(
        f"{months[0].month} to {months[-1].month}", shown[0] if len(shown) == 1 else ""
    )
    yield from pen.table(_columns(pen, months))
    yield from _notes(pen, months)
    yield from _runs(pen, months, tolerance, exit_words)


def _style(month: Glance) -> Style:
    if month.severity is not None:
        return SEVERITY_STYLES[month.severity]
    return STRONG + GOOD if month.compared else HIGH


def _rows(months: Sequence[Glance]) -> Iterator[_Row]:
    """The rows of each month and of all.

    Each has one row for every currency.
    """
    shown = glance.currencies(months)
    for month in months:
        found = [currency for currency in shown if currency in month.totals]
        yield from (
            _Row(place == 0, month, currency, month.totals[currency])
            for place, currency in enumerate(found)
        )
        if not found:
            yield _Row(True, month, "", None)
    for place, (currency, totals) in enumerate(glance.totals(months).items()):
        yield _Row(place == 0, None, currency, totals)


def _columns(pen: Pen, months: Sequence[Glance]) -> list[Column]:
    rows, shown = list(_rows(months)), glance.currencies(months)
    codes = [Column("", [Text(row.currency) for row in rows])] if len(shown) > 1 else []
    return [
        Column("Month", [_month_text(row) for row in rows]),
        *codes,
        _amounts("Expected", rows, "expected", drop=2),
        _amounts("Recognized", rows, "recognized", drop=2),
        _amounts("Net\ndifference", rows, "difference"),
        numbers("Match\nrate", [row.totals.match_rate if row.totals else "" for row in rows]),
        numbers(
            "Within\ntolerance",
            [f"{row.totals.within_tolerance:,}" if row.totals else "" for row in rows],
            drop=1,
        ),
        *(_breaks(months, rows, severity) for severity in reversed(Severity)),
        numbers("Invalid", [_invalid(months, row) for row in rows], drop=4),
        Column("Verdict", [_verdict(row) for row in rows]),
        # The names of the folders below have it as well.
        Column("Run", [_run(row, pen) for row in rows], drop=3 if pen.width >= FILE_WIDTH else 2),
    ]


def _month_text(row: _Row) -> Text:
    if not row.first:
        return Text()
    return Text(str(row.month.month)) if row.month else Text("Total", STRONG)


def _amounts(header: str, rows: Sequence[_Row], name: str, drop: int = 0) -> Column:
    signed = name == "difference"
    cells = [
        money.pretty(getattr(row.totals, name), row.currency, sign=signed) if row.totals else ""
        for row in rows
    ]
    return amounts(header, cells, drop)


def _breaks(months: Sequence[Glance], rows: Sequence[_Row], severity: Severity) -> Column:
    counts = [
        sum(
            month.breaks.get((row.currency, severity), 0)
            for month in (months if row.month is None else [row.month])
        )
        for row in rows
    ]
    cells = [Text(f"{count:,}", SEVERITY_STYLES[severity] if count else PLAIN) for count in counts]
    return Column(_HEADERS[severity], cells, right=True)


def _invalid(months: Sequence[Glance], row: _Row) -> str:
    if not row.first:
        return ""
    return f"{row.month.invalid if row.month else sum(month.invalid for month in months):,}"


def _verdict(row: _Row) -> Text:
    return Text(row.month.word, _style(row.month)) if row.first and row.month else Text()


def _run(row: _Row, pen: Pen) -> Text:
    if not row.first or row.month is None:
        return Text()
    # The end of its name is enough to ask for a run.
    run = row.month.run_id
    return Text(run if pen.width >= WIDE else run.rpartition("_")[2], SOFT)


def _notes(pen: Pen, months: Sequence[Glance]) -> Iterator[Text]:
    noted = [(month.month, note) for month in months for note in month.notes]
    if noted:
        yield from pen.heading("Worth knowing")
    for month, note in noted:
        yield from pen.paragraph(pen.text(f"{month}: {note}"))


def _runs(pen: Pen, months: Sequence[Glance], tolerance: str, exit_words: str) -> Iterator[Text]:
    yield from pen.heading("These runs")
    facts = [("tolerance", tolerance, PLAIN)]
    if exit_words:
        facts.append(("exit code", exit_words, CRITICAL))
    yield from pen.run_summary([month.folder for month in months if month.folder], facts)
