"""Some breaks of a month on the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from recon.base import money
from recon.base.filters import BreakFilter
from recon.base.result import Break, Reconciliation
from recon.base.text import counted
from recon.reconciliation.verdict import verdict
from recon.record.journal.model import OpenItem
from recon.reports.chosen import chosen, sums
from recon.reports.console.layout import (
    INDENT,
    SOFT,
    STRONG,
    Column,
    Pen,
    View,
    amount_text,
    cause_text,
    numbers,
    sample_banner,
    severity_text,
)
from recon.reports.wording import acknowledged_words


def show_chosen(
    console: Console,
    result: Reconciliation,
    only: BreakFilter,
    top: int,
    lives: Mapping[str, OpenItem],
    *,
    sample: bool = False,
) -> None:
    """Print the first `top` breaks that a filter takes.

    Totals and verdict are those of the month: they do not change by looking at some of it.
    """
    view = View(Pen(console), result)
    for line in _page(view, only, top, lives, sample):
        console.print(line, soft_wrap=True)


def _page(
    view: View, only: BreakFilter, top: int, lives: Mapping[str, OpenItem], sample: bool
) -> Iterator[Text]:
    if sample:
        yield sample_banner()
    found = chosen(view.result, only)
    of_all = counted(len(view.result.breaks), "break")
    yield from view.pen.heading(f"Breaks of {view.result.month}", f"{len(found):,} of {of_all}")
    yield from view.pen.paragraph(view.pen.text(f"Only {only.words()}."))
    if found:
        yield Text()
        yield from view.pen.table(_sums(view, found))
    if first := found[:top]:
        yield Text()
        yield from _table(view, first, lives)
    if more := len(found) - len(first):
        yield Text(f"\n  +{more:,} more: --top {len(found)} shows all", SOFT)
    yield from view.pen.heading("The whole month")
    yield from view.pen.paragraph(Text(verdict(view.result)))


def _sums(view: View, found: Sequence[Break]) -> list[Column]:
    rows = sums(found, view.result.policy.currency)
    return [
        Column("", [Text(currency, STRONG) for currency, *_ in rows]),
        numbers("Breaks", [f"{count:,}" for _, count, *_ in rows]),
        numbers("Net", [money.pretty(net, c, sign=True) for c, _, net, _ in rows]),
        numbers("Gross", [money.pretty(gross, c) for c, *_, gross in rows]),
    ]


def _table(view: View, first: Sequence[Break], lives: Mapping[str, OpenItem]) -> Iterator[Text]:
    pen = view.pen
    lines = pen.table(
        [
            Column("Break", [Text(item.name, STRONG) for item in first]),
            Column("Severity", [severity_text(item.severity) for item in first]),
            Column("Contract", [pen.text(item.contract_id) for item in first], least=10),
            Column("Type", [pen.text(item.revenue_type) for item in first], drop=1),
            Column("Difference", [_difference(item) for item in first], right=True),
        ]
    )
    yield from lines[: -len(first)]
    for line, item in zip(lines[-len(first) :], first, strict=True):
        yield line
        yield from pen.paragraph(_said(view, item, lives), INDENT + 2)


def _difference(item: Break) -> Text:
    return amount_text(item.difference, item.currency, sign=True) + Text(f" {item.currency}")


def _said(view: View, item: Break, lives: Mapping[str, OpenItem]) -> Text:
    who = ", ".join(filter(None, [item.customer, item.owner or "no owner"]))
    life = lives.get(item.name)
    held = acknowledged_words(life) if life else ""
    told = f", {who}: {item.explanation}" + f" ({held.rstrip('.')})" * bool(held)
    return Text.assemble(cause_text(item), view.pen.text(told))
