"""Replays on the console: two runs, or another tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from recon.base import money
from recon.base.result import Break
from recon.base.text import counted, words
from recon.record.journal.history import MovementPart, Since
from recon.record.journal.model import Run
from recon.record.replay.tuning import Tuned
from recon.reports.console.layout import (
    GOOD,
    HIGH,
    SOFT,
    STRONG,
    Column,
    Pen,
    amount_text,
    numbers,
    sample_banner,
)
from recon.reports.wording import line_heads

SHOWN = 10
_FIGURES = {
    "expected": "Expected",
    "recognized": "Recognized",
    "difference": "Net\ndifference",
    "gross_difference": "Gross\ndifference",
}

_OF_CASH = {"expected": "By the\nfeeds", "recognized": "By the\nledger"}


def show_difference(
    console: Console,
    then: Run,
    now: Run,
    since: Since,
    parts: Sequence[MovementPart],
    *,
    sample: bool,
) -> None:
    """Print the differences between two runs of a month.

    First the breaks, then why the totals moved.
    """
    pen = Pen(console)
    if sample:
        console.print(sample_banner())
    for line in _difference(pen, then, now, since, parts):
        console.print(line, soft_wrap=True)


def _difference(
    pen: Pen, then: Run, now: Run, since: Since, parts: Sequence[MovementPart]
) -> Iterator[Text]:
    yield from pen.heading(f"{now.month.name}: from {_end(then)} to {_end(now)}")
    if since.nothing and not parts:
        yield Text("  Nothing has changed: rows, rules, breaks and totals are the same.", GOOD)
        return
    counts = ((since.fixed, "fixed"), (since.new, "new"), (since.changed, "changed"))
    said = ", ".join(f"{len(found):,} {what}" for found, what in counts)
    yield from pen.paragraph(Text(f"Breaks: {said}."))
    for life in since.events:
        told = f"Event {life.event.id} is {life.state.value}: {life.event.sentence}"
        yield from pen.paragraph(pen.text(told))
    yield from _breaks(pen, "Fixed", since.fixed)
    yield from _breaks(pen, "New", since.new)
    yield from _changed(pen, since.changed)
    yield from _movement(pen, parts, now)


def _end(run: Run) -> str:
    return run.run_id.removeprefix(f"{run.month}_")


def _breaks(pen: Pen, title: str, breaks: Sequence[Break]) -> Iterator[Text]:
    if not breaks:
        return
    yield from pen.heading(title, counted(len(breaks), "break"))
    shown = breaks[:SHOWN]
    yield from pen.table([*_of(pen, shown), _amounts("Difference", shown, "difference")])
    yield from _rest(len(breaks))


def _changed(pen: Pen, changed: Sequence[tuple[Break, Break]]) -> Iterator[Text]:
    if not changed:
        return
    yield from pen.heading("Changed", counted(len(changed), "break"))
    shown = changed[:SHOWN]
    then, now = [pair[0] for pair in shown], [pair[1] for pair in shown]
    yield from pen.table(
        [*_of(pen, now), _amounts("Before", then, "difference"), _amounts("Now", now, "difference")]
    )
    yield from _rest(len(changed))


def _rest(count: int) -> Iterator[Text]:
    if count > SHOWN:
        yield Text(f"  +{count - SHOWN:,} more: --json lists all", SOFT)


def _of(pen: Pen, breaks: Sequence[Break]) -> list[Column]:
    line, kind = line_heads(breaks)
    return [
        Column("Break", [Text(item.name) for item in breaks]),
        Column(line, [pen.text(item.contract_id) for item in breaks], least=8),
        Column(kind, [pen.text(item.revenue_type) for item in breaks], least=8, drop=2),
        Column("Cause", [pen.text(words(item.cause)) for item in breaks], least=8, drop=1),
    ]


def _amounts(header: str, breaks: Iterable[Break], figure: str) -> Column:
    cells = [
        f"{money.pretty(getattr(item, figure), item.currency, sign=True)} {item.currency}"
        for item in breaks
    ]
    return numbers(header, cells)


def _movement(pen: Pen, parts: Sequence[MovementPart], run: Run) -> Iterator[Text]:
    """A table a currency; its last line is the sum."""
    main, titles = run.policy.get("currency", ""), _FIGURES | (_OF_CASH if run.of_cash else {})
    for currency in _ranked({currency for part in parts for currency in part.moved}, main):
        moving = [part for part in parts if any(part.moved.get(currency, {}).values())]
        if moving:
            yield from pen.heading("Why the totals moved", currency)
            yield from pen.table(_movement_columns(pen, moving, currency, titles))
    if not any(any(moved.values()) for part in parts for moved in part.moved.values()):
        yield from pen.heading("Why the totals moved")
        rows = ", ".join(f"{part.what}: {part.rows:,}" for part in parts if part.rows)
        yield from pen.paragraph(
            Text("The totals have not moved" + (f" ({rows})." if rows else "."))
        )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _movement_columns(
    pen: Pen, parts: Sequence[MovementPart], currency: str, titles: Mapping[str, str]
) -> list[Column]:
    rows = ["" if part.rows is None else f"{part.rows:,}" for part in parts]
    return [
        Column("", [*(pen.text(_sentence(part.what)) for part in parts), Text("Total", STRONG)]),
        numbers("Rows", [*rows, ""]),
        *(
            _moved(title, [part.moved.get(currency, {}).get(figure, 0) for part in parts], currency)
            for figure, title in titles.items()
        ),
    ]


def _moved(title: str, amounts: Sequence[int], currency: str) -> Column:
    cells = [amount_text(amount, currency, sign=True) if amount else Text() for amount in amounts]
    total = amount_text(sum(amounts), currency, sign=True, style=STRONG)
    return Column(title, [*cells, total], right=True)


def _ranked(currencies: Iterable[str], main: str) -> list[str]:
    return sorted(currencies, key=lambda currency: money.rank(currency, main))


def show_tuning(
    console: Console, months: Sequence[Tuned], change: str, main: str, *, sample: bool
) -> None:
    """Print the results of stored months under another tolerance.

    The `main` currency comes first.
    """
    pen = Pen(console)
    if sample:
        console.print(sample_banner())
    for line in _tuning(pen, months, change, main):
        console.print(line, soft_wrap=True)


def _tuning(pen: Pen, months: Sequence[Tuned], change: str, main: str) -> Iterator[Text]:
    yield from pen.heading(f"With {change}", counted(len(months), "month"))
    yield from pen.table(
        [
            Column("Month", [Text(str(item.month)) for item in months]),
            numbers("Breaks", [f"{item.breaks:,}" for item in months]),
            numbers("Gained", [f"{len(item.gained):,}" for item in months]),
            numbers("Lost", [f"{len(item.lost):,}" for item in months]),
            Column("Value no longer checked",
                   [Text(_values(item.ignored, main)) for item in months], wrap=True, least=20),
            numbers("Proven errors\nmissed", [f"{len(item.missed):,}" for item in months]),
            *_events_of(months),
        ]
    )  # fmt: skip
    missed = [(tuned, item) for tuned in months for item in tuned.missed]
    if not missed:
        yield from pen.paragraph(Text("No proven error would have been missed.", GOOD))
        return
    yield from _missed(pen, sorted(missed, key=lambda pair: _size(pair[1], main)))


def _events_of(months: Sequence[Tuned]) -> list[Column]:
    """The column of events before and after, if any."""
    if not any(item.events or item.events_then for item in months):
        return []
    return [numbers("Events", [f"{item.events:,} > {item.events_then:,}" for item in months])]


def _size(item: Break, main: str) -> tuple[tuple[bool, str], int]:
    return money.rank(item.currency, main), -abs(item.difference)


def _missed(pen: Pen, missed: Sequence[tuple[Tuned, Break]]) -> Iterator[Text]:
    shown = missed[:SHOWN]
    yield from pen.heading("Proven errors that would have been missed", f"{len(missed):,}")
    yield from pen.table(
        [
            Column("Month", [Text(str(tuned.month)) for tuned, _ in shown]),
            Column("Contract", [pen.text(item.contract_id) for _, item in shown], least=8),
            Column("Type", [pen.text(item.revenue_type) for _, item in shown], least=8, drop=1),
            Column("Cause", [Text(words(item.cause), HIGH) for _, item in shown], least=8),
            numbers(
                "Difference",
                [
                    f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"
                    for _, item in shown
                ],
            ),
        ]
    )
    yield from _rest(len(missed))


def _values(values: Mapping[str, int], main: str) -> str:
    said = [f"{money.pretty(values[c], c)} {c}" for c in _ranked(values, main)]
    return ", ".join(said) or "nothing"
