"""The bridge on the console: one bar a cause.

It leads from expected to recognized.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.style import Style
from rich.text import Text

from recon.base.result import Cause, Status
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

BAR, WIDE_BAR = 14, 28

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
    yield from view.pen.table(_main_bridge(view, main))
    while others:
        size = room_for(view, others, _other_bridges)
        yield Text()
        yield from view.pen.table(_other_bridges(view, others[:size]))
        others = others[size:]


def _main_bridge(view: View, currency: str) -> list[Column]:
    held = steps(view.result.bridge[currency])
    largest = max((abs(step.amount) for step in held), default=0)
    half = WIDE_BAR if view.wide else BAR
    edge = Text(" " * half + view.pen.glyphs.zero, SOFT)
    bars = [
        Text(view.pen.bar(step.amount, largest, half), _BUCKET_STYLES.get(step.bucket, _BAR_STYLE))
        for step in held
    ]
    return [
        _bucket_column([step.bucket for step in held]),
        _amount_column(view, currency, [step.bucket for step in held]),
        numbers("Lines", ["", *(f"{step.lines:,}" for step in held), ""]),
        Column(f"{'under':>{half - 1}}   over", [edge, *bars, edge], drop=1),
    ]


def _other_bridges(view: View, group: Sequence[str]) -> list[Column]:
    found = {step.bucket for currency in group for step in steps(view.result.bridge[currency])}
    buckets = sorted(found, key=_BUCKETS.index)
    return [
        _bucket_column(buckets),
        *(_amount_column(view, currency, buckets) for currency in group),
    ]


def _bucket_column(buckets: Iterable[str]) -> Column:
    names = [Text(f"  {words(bucket)}", _BUCKET_STYLES.get(bucket, PLAIN)) for bucket in buckets]
    return Column("", [Text("Expected", STRONG), *names, Text("Recognized", STRONG)])


def _amount_column(view: View, currency: str, buckets: Iterable[str]) -> Column:
    totals = view.result.totals[currency]
    amounts = {step.bucket: step.amount for step in steps(view.result.bridge[currency])}
    cells = [
        amount_text(amounts[bucket], currency, sign=True) if bucket in amounts else Text()
        for bucket in buckets
    ]
    first, last = (
        amount_text(end, currency, style=STRONG) for end in (totals.expected, totals.recognized)
    )
    return Column(currency, [first, *cells, last], right=True)
