"""The bridge on the console: one bar a cause.

It leads from expected to recognized.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.style import Style
from rich.text import Text

from recon.base.result import Bucket, Cause, Status
from recon.base.text import words
from recon.reports.console.layout import (
    GOOD,
    HIGH,
    PLAIN,
    SOFT,
    STRONG,
    Column,
    View,
    amount_text,
    numbers,
    room_for,
)
from recon.reports.wording import currencies, steps

BARS = (28, 20, 14, 10, 7)  # half a bar, as wide as there is room

_BUCKETS = [Status.WITHIN_TOLERANCE.value, *(cause.value for cause in Cause)]
_BUCKET_STYLES = {Cause.UNEXPLAINED.value: HIGH, Status.WITHIN_TOLERANCE.value: GOOD}
_BAR_STYLE = Style.parse("steel_blue")


def bridges(view: View) -> Iterator[Text]:
    """The way from expected to recognized, currency by currency.

    The main currency is shown in full, the others compactly.
    """
    if not view.result.totals:
        return
    main, *others = currencies(view.result)
    yield from view.pen.heading("From expected to recognized", main)
    yield from view.pen.table(main_bridge(view, main, steps(view.result.bridge[main])))
    while others:
        size = room_for(view, others, _other_bridges)
        yield Text()
        yield from view.pen.table(_other_bridges(view, others[:size]))
        others = others[size:]


def main_bridge(view: View, currency: str, held: Sequence[Bucket]) -> list[Column]:
    """The bridge of a currency, with bars that fit."""
    bars = (_with_bars(view, currency, held, half) for half in BARS)
    return next(filter(view.pen.fits, bars), _with_bars(view, currency, held, BARS[-1]))


def _with_bars(view: View, currency: str, held: Sequence[Bucket], half: int) -> list[Column]:
    largest = max((abs(step.amount) for step in held), default=0)
    edge = Text(" " * half + view.pen.glyphs.zero, SOFT)
    bars = [
        Text(view.pen.bar(step.amount, largest, half), _BUCKET_STYLES.get(step.bucket, _BAR_STYLE))
        for step in held
    ]
    return [
        _bucket_column([step.bucket for step in held]),
        _amount_column(view, currency, held),
        _gross_column(view, currency, held),
        numbers("Lines", ["", *(f"{step.lines:,}" for step in held), _lines(held)], drop=2),
        Column(f"{'under':>{half - 1}}   over", [edge, *bars, edge], drop=3),
    ]


def _lines(held: Sequence[Bucket]) -> str:
    return f"{sum(step.lines for step in held):,}"


def _other_bridges(view: View, group: Sequence[str]) -> list[Column]:
    held = {
        currency: {s.bucket: s for s in steps(view.result.bridge[currency])} for currency in group
    }
    found = {name for buckets in held.values() for name in buckets}
    names = sorted(found, key=_BUCKETS.index)
    columns = [_bucket_column(names)]
    for currency, buckets in held.items():
        rows = [buckets.get(name) for name in names]
        columns += [_amount_column(view, currency, rows), _gross_column(view, currency, rows)]
    return columns


def _bucket_column(buckets: Iterable[str]) -> Column:
    names = [Text(f"  {words(bucket)}", _BUCKET_STYLES.get(bucket, PLAIN)) for bucket in buckets]
    return Column("", [Text("Expected", STRONG), *names, Text("Recognized", STRONG)])


def _gross_column(view: View, currency: str, held: Sequence[Bucket | None]) -> Column:
    """The gross amounts beside the net ones, and their sum."""
    cells = [amount_text(step.gross, currency, style=SOFT) if step else Text() for step in held]
    gross = amount_text(view.result.totals[currency].gross_difference, currency, style=SOFT)
    return Column("gross", [Text(), *cells, gross], right=True, drop=1, amount=True)


def _amount_column(view: View, currency: str, held: Sequence[Bucket | None]) -> Column:
    totals = view.result.totals[currency]
    cells = [amount_text(step.amount, currency, sign=True) if step else Text() for step in held]
    first, last = (
        amount_text(end, currency, style=STRONG) for end in (totals.expected, totals.recognized)
    )
    return Column(currency, [first, *cells, last], right=True)
