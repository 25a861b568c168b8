"""The dashboard over time: last run, carried forward, cleared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.result import Break
from recon.base.text import counted, words
from recon.record.journal.ageing import sums
from recon.record.journal.history import History, Since, Superseded
from recon.record.journal.model import OpenItem, State
from recon.reports.console.layout import (
    CRITICAL,
    GOOD,
    INDENT,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    Column,
    View,
    amount_text,
)
from recon.reports.console.open_items import sum_columns
from recon.reports.since_wording import changed_words, moved_words, signed_words, why_words

FEW = 3

_Change = tuple[str, Break, str]  # fixed, new or changed; the break; what it is


def signed_before(view: View, history: History) -> Iterator[Text]:
    """The sign-off of the month and the changes since."""
    before, since = history.superseded, history.since
    if before is None:
        return
    yield from view.pen.heading("Signed off before", "this run supersedes it")
    yield from view.pen.paragraph(_signed_words(view, before))
    # Of the last run it is known as well why the totals have moved.
    known = since if since and since.run_id == before.run.run_id else before.since
    yield from _difference(view, known, "the signed run")


def _signed_words(view: View, before: Superseded) -> Text:
    signed, verdict = signed_words(before, view.result)
    differs = before.says_otherwise(view.result.severity)
    return view.pen.text(f"{signed} ").append(verdict, CRITICAL if differs else GOOD)


def since_last(view: View, history: History) -> Iterator[Text]:
    """The changes since the last run, none for the first."""
    since, before = history.since, history.superseded
    # The difference to the signed run is shown already.
    if since is None or (before and before.run.run_id == since.run_id):
        return
    yield from view.pen.heading("Since the last run", since.run_id)
    yield from _difference(view, since, "the last run")


def _difference(view: View, since: Since, before: str) -> Iterator[Text]:
    if since.nothing:
        yield Text(f"{'':{INDENT}}Nothing differs from {before}: breaks and totals are the same.")
        return
    counts = ((since.fixed, "fixed"), (since.new, "new"), (since.changed, "changed"))
    said = ", ".join(f"{len(found):,} {word}" for found, word in counts)
    yield from view.pen.paragraph(Text(f"{said}; {moved_words(since)}"))
    if since.parts:
        yield from view.pen.paragraph(Text(f"why: {why_words(since.parts)}"))
    shown = list(_changes(since))
    if shown:
        yield from view.pen.table(list(_change_columns(view, shown)))
    hidden = sum(max(len(found) - FEW, 0) for found, _ in counts)
    if hidden:
        yield Text(f"{'':{INDENT}}+{hidden:,} more", SOFT)


def _changes(since: Since) -> Iterator[_Change]:
    yield from (("fixed", item, words(item.cause)) for item in since.fixed[:FEW])
    yield from (("new", item, words(item.cause)) for item in since.new[:FEW])
    yield from (("changed", now, changed_words(then, now)) for then, now in since.changed[:FEW])


def _change_columns(view: View, shown: Sequence[_Change]) -> Iterator[Column]:
    styles = {"fixed": GOOD, "new": SEVERITY_STYLES[Severity.HIGH], "changed": SOFT}
    items = [item for _, item, _ in shown]
    yield Column("", [Text(kind, styles[kind]) for kind, *_ in shown])
    yield from _who_columns(view, items)
    amounts = [
        amount_text(item.difference, item.currency, sign=True) + Text(f" {item.currency}")
        for item in items
    ]
    yield Column("Difference", amounts, right=True)
    yield Column("", [view.pen.text(said) for *_, said in shown], least=16)


def _who_columns(view: View, items: Sequence[Break]) -> Iterator[Column]:
    yield Column("Break", [Text(item.name, STRONG) for item in items])
    yield Column("Contract", [view.pen.text(item.contract_id) for item in items], least=10)
    yield Column("Type", [view.pen.text(item.revenue_type) for item in items], drop=1)


def carried_forward(view: View, history: History) -> Iterator[Text]:
    """The open breaks of earlier months.

    Their number and amounts, then the oldest and the largest few.
    """
    found = history.carried
    if not found:
        return
    count = counted(len(found), "open break")
    yield from view.pen.heading("Carried forward", f"{count} of earlier months")
    totals = sums(found)
    main = view.result.policy.currency
    ranked = sorted(totals, key=lambda currency: money.rank(currency, main))
    yield from view.pen.table(sum_columns({name: totals[name] for name in ranked}))
    # What is acknowledged wants nothing of anybody for now.
    wanted = [life for life in found if life.state is State.OPEN]
    largest = sorted(wanted, key=lambda life: _size(view, life))[:FEW]
    oldest = [life for life in wanted if life not in largest][:FEW]
    rows = [("largest", life) for life in largest] + [("oldest", life) for life in oldest]
    if rows:
        yield Text()
        yield from view.pen.table(list(_carried_columns(view, rows)))


def _size(view: View, life: OpenItem) -> tuple[tuple[bool, str], int]:
    # Amounts of different currencies cannot be compared.
    return money.rank(life.last.currency, view.result.policy.currency), -abs(life.amount)


def _carried_columns(view: View, rows: Sequence[tuple[str, OpenItem]]) -> Iterator[Column]:
    found = [life for _, life in rows]
    yield Column("", [Text(kind, SOFT) for kind, _ in rows])
    yield from _who_columns(view, [life.last for life in found])
    names = [view.pen.text(life.last.customer or "no customer") for life in found]
    yield Column("Customer", names, least=10, most=28, drop=2)
    amounts = [
        amount_text(life.amount, life.last.currency, sign=True) + Text(f" {life.last.currency}")
        for life in found
    ]
    yield Column("Open amount", amounts, right=True)
    yield Column("Since", [Text(str(life.first_month)) for life in found])


def cleared(view: View, history: History) -> Iterator[Text]:
    """The breaks of earlier months that this run resolved."""
    fixed = {item.name for item in history.since.fixed} if history.since else set()
    found = [pair for pair in history.resolved if pair[0].name not in fixed]
    if not found:
        return
    yield from view.pen.heading("Resolved by this run", counted(len(found), "break"))
    shown = found[:FEW]
    reasons = [view.pen.text(resolution.reason) for _, resolution in shown]
    who = list(_who_columns(view, [life.last for life, _ in shown]))
    yield from view.pen.table([*who, Column("", reasons, least=30, wrap=True)])
    if more := len(found) - len(shown):
        yield Text(f"{'':{INDENT}}+{more:,} more", SOFT)
