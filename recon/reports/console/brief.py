"""The first screen: whether to close, how much, why.

It has at most 40 lines of 80 characters; the dashboard has everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from recon.base import money
from recon.base.result import Break, Reconciliation
from recon.base.text import counted, words
from recon.reconciliation.verdict import shortest_path
from recon.record.journal.history import History
from recon.reports import wording
from recon.reports.console.bridge import main_bridge
from recon.reports.console.layout import (
    CRITICAL,
    GOOD,
    HIGH,
    PLAIN,
    SAMPLE,
    SOFT,
    STRONG,
    Column,
    Pen,
    View,
    amounts,
    cause_text,
    severity_text,
)
from recon.reports.console.totals import currency_columns, verdict
from recon.reports.since_wording import moved_words, signed_words

MOST = 40
BREAKS = 5


class _Sizes(NamedTuple):
    """How many of each there are room for."""

    currencies: int
    steps: int
    breaks: int
    events: int


# The first that leaves the page within its lines; a smaller one takes from the bridge first.
_SIZES = (
    _Sizes(5, 5, 5, 2),
    _Sizes(5, 4, 5, 2),
    _Sizes(4, 3, 5, 1),
    _Sizes(3, 3, 3, 1),
    _Sizes(1, 2, 2, 1),
)


@dataclass(frozen=True, slots=True)
class Brief:
    """The contents of the first screen.

    `places` are labels with paths: where the reports are. `top` is how many breaks are asked for,
    None for as many as there is room for. `notes` are the notices of the run itself.
    """

    result: Reconciliation
    sample: bool = False
    places: Sequence[tuple[str, str]] = ()
    top: int | None = None
    history: History = field(default_factory=History)
    notes: Sequence[str] = ()


def show_brief(console: Console, contents: Brief) -> None:
    """Print the first screen of a month."""
    view = View(Pen(console), contents.result)
    pages = (list(_page(view, contents, sizes)) for sizes in _SIZES)
    page = next((page for page in pages if len(page) <= MOST), None)
    for line in page or _page(view, contents, _SIZES[-1]):
        # Lines are laid out already: a path must not be torn apart.
        console.print(line, soft_wrap=True)


def _page(view: View, contents: Brief, sizes: _Sizes) -> Iterator[Text]:
    answer = view.pen.paragraph(verdict(view.result), 0)
    if contents.sample:
        yield SAMPLE.copy()
    yield from answer
    yield from _totals(view, sizes.currencies)
    yield from _bridge(view, sizes.steps)
    yield from _first(view, contents, sizes)
    yield from chain(_invalid(view), _past(view, contents.history))
    for note in contents.notes:
        yield from view.pen.paragraph(view.pen.text(note, HIGH))
    yield Text()
    facts = [("all of it", f"recon month {view.result.month} --full --format none", PLAIN)]
    for label, path in contents.places:
        yield Text.assemble((f"  {label:<11}", SOFT), view.pen.text(path))
    yield from view.pen.run_summary([], facts)
    yield from answer


def _totals(view: View, most: int) -> Iterator[Text]:
    shown = wording.currencies(view.result)
    if not shown:
        return
    yield Text()
    yield from view.pen.table(list(currency_columns(view, shown[:most])))
    if rest := shown[most:]:
        yield from view.pen.paragraph(Text(f"and {', '.join(rest)}", SOFT))
    if masked := [currency for currency in shown if view.result.masked(currency)]:
        hidden = f"{', '.join(masked)}: net within tolerance, gross beyond: they cancel out."
        yield from view.pen.paragraph(Text(hidden, HIGH))


def _bridge(view: View, most: int) -> Iterator[Text]:
    if not view.result.totals:
        return
    main = wording.currencies(view.result)[0]
    held = wording.largest(view.result.bridge[main], most)
    yield from view.pen.heading("From expected to recognized", main)
    yield from view.pen.table(main_bridge(view, main, held))


def _first(view: View, contents: Brief, sizes: _Sizes) -> Iterator[Text]:
    """The events, the path to close, the worst breaks."""
    result = view.result
    alone = wording.first_to_fix(result, contents.history.open_items)
    shown = alone[: sizes.breaks if contents.top is None else contents.top]
    if not result.breaks and not result.events:
        return
    without = " without an event" if result.events else ""
    note = f"{len(shown):,} of {counted(len(alone), 'break')}{without}"
    if not alone:
        note = counted(len(result.events), "event")
    yield from view.pen.heading("What to fix first", note)
    for event in result.events[: sizes.events]:
        line = view.pen.text(f" {event.id} {words(event.kind)}: {event.sentence}")
        line = Text.assemble("  ", severity_text(event.severity), line)
        yield view.pen.shorten(line, view.pen.width)
    if (rest := len(result.events) - sizes.events) > 0:
        yield from view.pen.paragraph(Text(f"+{counted(rest, 'more event')}", SOFT))
    if path := shortest_path(result.events, len(result.breaks)):
        yield from view.pen.paragraph(Text(path, STRONG))
    yield from view.pen.table(list(_break_columns(view, shown)))[1:]


def _break_columns(view: View, shown: Sequence[Break]) -> Iterator[Column]:
    pen = view.pen
    yield Column("", [severity_text(item.severity) for item in shown])
    yield Column("", [pen.text(item.contract_id, STRONG) for item in shown], least=12)
    yield Column("", [pen.text(item.revenue_type) for item in shown], least=8, drop=2)
    yield Column("", [cause_text(item) for item in shown], least=10)
    names = [pen.text(item.customer or "no customer") for item in shown]
    yield Column("", names, least=8, most=28, drop=3)
    differences = [
        f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"
        for item in shown
    ]
    yield amounts("", differences)


def _invalid(view: View) -> Iterator[Text]:
    found = view.result.invalid
    if not found:
        return
    reasons = Counter(row.reason for row in found)
    reason, count = reasons.most_common(1)[0]
    amount = wording.left_out_amounts(view.result)
    said = f"{counted(len(found), 'invalid row')}, excluded from the totals"
    said += f" (entries of {amount})" if amount else ""
    yield Text()
    yield from view.pen.paragraph(view.pen.text(f"{said}; {count:,} because {reason}."))


def _past(view: View, history: History) -> Iterator[Text]:
    """The signed run, the last run and earlier months."""
    before, since = history.superseded, history.since
    if before:
        _, verdict_now = signed_words(before, view.result)
        differs = before.says_otherwise(view.result.severity)
        line = f"{before.run.run_id} was signed off. {verdict_now}"
        yield from view.pen.paragraph(view.pen.text(line, CRITICAL if differs else GOOD))
    if since and since.nothing:
        yield from view.pen.paragraph(Text("Nothing differs from the last run.", SOFT))
    elif since:
        counts = ((since.fixed, "fixed"), (since.new, "new"), (since.changed, "changed"))
        listed = ", ".join(f"{len(found):,} {word}" for found, word in counts)
        yield from view.pen.paragraph(Text(f"Since the last run: {listed}; {moved_words(since)}."))
    if history.carried:
        count = counted(len(history.carried), "break")
        yield from view.pen.paragraph(Text(f"{count} of earlier months still open: recon open."))
