"""The roll-forward on the console: from opening to closing.

Below each currency comes where the closing lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from recon.base import money
from recon.base.errors import tie
from recon.base.result import Reconciliation
from recon.reconciliation.rollforward import FIGURES, NO_LINE, RollforwardRow, in_total
from recon.reports.console.layout import (
    HIGH,
    PLAIN,
    SOFT,
    STRONG,
    Column,
    Pen,
    View,
    amount_text,
    amounts,
    room_for,
    sample_banner,
)
from recon.reports.rollforward_wording import DEFINITION, SHORT, currencies_of, opening_words

TITLE = "Roll-forward of unrecognized contract value"
# Where room is short, one figure takes the place of these three, and the row still adds up.
_MOVEMENTS = ("bookings", "changes", "terminations")
TOGETHER = (
    "Moved: new bookings plus changes less terminations. A wider window, the workbook and "
    "rollforward.csv show each of them."
)
_EDGES = ("opening", "closing")


def show_rollforward(
    console: Console,
    result: Reconciliation,
    rows: Sequence[RollforwardRow],
    *,
    recorded: bool,
    sample: bool = False,
) -> None:
    """Print the roll-forward of a month.

    With `recorded`, it opens with the closing of the month before.
    """
    view = View(Pen(console), result)
    for line in _page(view, rows, recorded, sample):
        # Lines are laid out already: a long number must not be torn apart.
        console.print(line, soft_wrap=True)


def _page(
    view: View, rows: Sequence[RollforwardRow], recorded: bool, sample: bool
) -> Iterator[Text]:
    if sample:
        yield sample_banner()
    yield from view.pen.heading(TITLE, view.result.month.name)
    if not rows:
        yield from view.pen.paragraph(Text("No contract value and no revenue up to this month."))
        return
    yield from _totals(view, rows)
    together = False
    for currency in currencies_of(view.result, rows):
        of_currency = [row for row in rows if row.currency == currency]
        figures = _figures(view, of_currency)
        together = together or any(header == _TOGETHER for header, _ in figures)
        yield from view.pen.heading("By revenue type and segment", currency)
        yield from _by_part(view, of_currency, figures)
    yield Text()
    if together:
        yield from view.pen.paragraph(Text(TOGETHER, HIGH))
    for sentence in (opening_words(view.result.month, recorded), *DEFINITION):
        yield from view.pen.paragraph(Text(sentence, SOFT))


def _totals(view: View, rows: Sequence[RollforwardRow]) -> Iterator[Text]:
    """The way from opening to closing.

    As many currencies stand side by side as find room.
    """
    totals = in_total(rows)

    def columns(_: View, group: Sequence[str]) -> list[Column]:
        return _waterfall([totals[currency] for currency in group])

    rest = currencies_of(view.result, rows)
    while rest:
        size = room_for(view, rest, columns)
        yield from view.pen.table(columns(view, rest[:size]))
        rest = rest[size:]
        if rest:
            yield Text()


def _waterfall(totals: Sequence[RollforwardRow]) -> list[Column]:
    names = [*FIGURES, *(["beyond_value"] if any(row.beyond_value for row in totals) else [])]
    labels = [Text(_label(name), _style(name)) for name in names]
    return [Column("", labels), *(_amounts(row, names) for row in totals)]


def _label(name: str) -> str:
    return f"  of which {SHORT[name]}" if name == "beyond_value" else SHORT[name]


def _style(name: str) -> Style:
    if name == "beyond_value":
        return HIGH
    return STRONG if name in _EDGES else PLAIN


def _amounts(row: RollforwardRow, names: Sequence[str]) -> Column:
    cells = [amount_text(getattr(row, name), row.currency, style=_style(name)) for name in names]
    return Column(row.currency, cells, right=True)


_TOGETHER = "+ Moved"
_Figures = list[tuple[str, list[int]]]  # header and amounts by row


def _figures(view: View, rows: Sequence[RollforwardRow]) -> _Figures:
    """The figures that fit: all, the moving, or together.

    However many there are, those of a row add up to its closing.
    """
    every = [(SHORT[name], [getattr(row, name) for row in rows]) for name in FIGURES]
    moving = [
        figure
        for name, figure in zip(FIGURES, every, strict=True)
        if name not in _MOVEMENTS or any(figure[1])
    ]
    for figures in (every, moving):
        if view.pen.fits([*_names(view, rows), *_amount_columns(rows, figures)]):
            return figures
    opening, *_, recognized, closing = every
    return [opening, (_TOGETHER, [_moved(row) for row in rows]), recognized, closing]


def _moved(row: RollforwardRow) -> int:
    moved = row.bookings + row.changes - row.terminations
    tie("a row of the roll-forward", row.opening + moved - row.recognized, row.closing)
    return moved


def _by_part(view: View, rows: Sequence[RollforwardRow], figures: _Figures) -> Iterator[Text]:
    """A line for each type and segment.

    Its names are above it where room is short.
    """
    names, numbers = _names(view, rows), _amount_columns(rows, figures)
    if view.pen.fits([*names, *numbers]):
        yield from view.pen.table([*names, *numbers])
        return
    if not view.pen.fits(numbers):
        for row in rows:
            yield from view.pen.paragraph(
                view.pen.text(f"{row.revenue_type} {row.segment}".rstrip())
            )
            yield from view.pen.table(_waterfall([row]))[1:]
        return
    head, *lines = view.pen.table(numbers)
    yield head
    for row, line in zip(rows, lines, strict=True):
        yield from view.pen.paragraph(view.pen.text(f"{row.revenue_type} {row.segment}".rstrip()))
        yield line


def _names(view: View, rows: Sequence[RollforwardRow]) -> list[Column]:
    kinds = [
        view.pen.text(row.revenue_type, HIGH if row.revenue_type == NO_LINE else PLAIN)
        for row in rows
    ]
    segments = [view.pen.text(row.segment) for row in rows]
    return [Column("Revenue type", kinds, least=16), Column("Segment", segments, least=10)]


def _amount_columns(rows: Sequence[RollforwardRow], figures: _Figures) -> list[Column]:
    return [
        amounts(
            header,
            [money.pretty(unit, row.currency) for unit, row in zip(units, rows, strict=True)],
        )
        for header, units in figures
    ]
