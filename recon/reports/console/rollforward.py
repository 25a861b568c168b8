"""The roll-forward on the console: from opening to closing.

Below each currency comes where the closing lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from recon.base import money
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
    numbers,
    room_for,
    sample_banner,
)
from recon.reports.rollforward_wording import DEFINITION, SHORT, currencies_of, opening_words

# Which figures of a row give way where room is short: all of them stand in the totals.
_DROPS = {"opening": 1, "changes": 2, "bookings": 3, "terminations": 3}
TITLE = "Roll-forward of unrecognized contract value"
NARROW = (
    "Some columns do not fit here: a wider window shows them all, and so do the workbook and "
    "rollforward.csv."
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
    complete = True
    for currency in currencies_of(view.result, rows):
        columns = _columns(view, [row for row in rows if row.currency == currency])
        complete = complete and view.pen.fits(columns)
        yield from view.pen.heading("By revenue type and segment", currency)
        yield from view.pen.table(columns)
    yield Text()
    if not complete:
        yield from view.pen.paragraph(Text(NARROW, HIGH))
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


def _columns(view: View, rows: Sequence[RollforwardRow]) -> list[Column]:
    kinds = [
        view.pen.text(row.revenue_type, HIGH if row.revenue_type == NO_LINE else PLAIN)
        for row in rows
    ]
    segments = [view.pen.text(row.segment) for row in rows]
    return [
        Column("Revenue type", kinds, least=16),
        Column("Segment", segments, least=10),
        *(
            numbers(
                SHORT[name],
                [money.pretty(getattr(row, name), row.currency) for row in rows],
                drop=_DROPS.get(name, 0),
            )
            for name in FIGURES
        ),
    ]
