"""The breaks on the console.

First those to fix first, then the invalid rows, then the flags and notices worth knowing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.console import RenderableType
from rich.text import Text

from recon.base import money
from recon.base.breaks import NAME_LENGTH
from recon.base.result import Break, Flag, InvalidRow, Side
from recon.base.text import counted
from recon.record.journal.model import Event, OpenItem
from recon.reports.console.layout import (
    GAP,
    GOOD,
    INDENT,
    SOFT,
    STRONG,
    Column,
    View,
    cause_text,
    numbers,
    severity_text,
)
from recon.reports.wording import (
    FLAGS,
    carried_words,
    changed_since,
    first_to_fix,
    flag_words,
    left_out,
)

NAME = len("B-") + NAME_LENGTH
EXAMPLES = 3
REASONS = 8


def fix_first(view: View, top: int, lives: Mapping[str, OpenItem]) -> Iterator[RenderableType]:
    """The most severe breaks without an event, acknowledged ones last.

    Apart from that in the order of the result.
    """
    alone = first_to_fix(view.result, lives)
    first = alone[:top]
    if not first:
        return
    count = counted(len(alone), "break") + " without an event" * bool(view.result.events)
    yield from view.pen.heading("What to fix first", f"{len(first):,} of {count}")
    if view.wide:
        severity, *facts = _facts(view, first)
        names = Column("Break", [Text(item.name) for item in first])
        yield from view.pen.table([severity, names, *facts, *_reasons(view, first, lives)])
    else:
        yield from _stacked(view, first, lives)
    if more := len(alone) - len(first):
        yield Text(f"\n  +{more:,} more in the reports", SOFT)


def _acknowledged(item: Break, lives: Mapping[str, OpenItem]) -> Event | None:
    """Who acknowledged a break and why; None where nobody did."""
    life = lives.get(item.name)
    return life.acknowledged if life else None


def _facts(view: View, breaks: Sequence[Break]) -> Iterator[Column]:
    pen = view.pen
    yield Column("Severity", [severity_text(item.severity) for item in breaks])
    yield Column("Contract", [pen.text(item.contract_id, STRONG) for item in breaks], least=24)
    yield Column("Type", [pen.text(item.revenue_type) for item in breaks], least=8)
    names = [pen.text(item.customer or "no customer") for item in breaks]
    yield Column("Customer", names, least=14, most=28, drop=1)
    yield numbers("Difference", [_difference(item) for item in breaks])


def _difference(item: Break) -> str:
    return f"{money.pretty(item.difference, item.currency, sign=True)} {item.currency}"


def _said(view: View, item: Break, lives: Mapping[str, OpenItem]) -> Text:
    """The cause of a break, after any acknowledgement."""
    said = _acknowledged(item, lives)
    if said is None:
        return view.pen.text(changed_since(lives.get(item.name)) + item.explanation)
    until = f" until {said.detail}" if said.detail else ""
    return Text.assemble((f"Acknowledged{until}. ", GOOD), view.pen.text(item.explanation))


def _reasons(
    view: View, breaks: Sequence[Break], lives: Mapping[str, OpenItem]
) -> Iterator[Column]:
    yield Column("Cause", [cause_text(item) for item in breaks], least=12, wrap=True)
    owners = [view.pen.text(item.owner or "no owner") for item in breaks]
    yield Column("Owner", owners, least=12, most=20)
    explanations = [_said(view, item, lives) for item in breaks]
    yield Column("Explanation", explanations, least=40, wrap=True)


def _stacked(
    view: View, breaks: Sequence[Break], lives: Mapping[str, OpenItem]
) -> Iterator[RenderableType]:
    severity, *facts = _facts(view, breaks)
    # The name of the break stands below its severity.
    first = replace(severity, header=f"{severity.header:<{NAME}}")
    head, *lines = view.pen.table([first, *facts])
    yield head
    for line, item in zip(lines, breaks, strict=True):
        yield line
        yield from _because(view, item, _said(view, item, lives))


def _because(view: View, item: Break, said: Text) -> Iterator[Text]:
    owner = view.pen.text(item.owner or "no owner")
    text = Text.assemble(cause_text(item), ", ", owner, ": ", said)
    yield from view.pen.beside(item.name, text, NAME + GAP)


def invalid_rows(view: View) -> Iterator[RenderableType]:
    """The number of invalid rows, their reasons, the first rows."""
    if not view.result.invalid:
        return
    groups: dict[tuple[Side, str], list[InvalidRow]] = {}
    for row in view.result.invalid:
        groups.setdefault((row.side, row.reason), []).append(row)
    found = sorted(groups.items(), key=lambda group: -len(group[1]))[:REASONS]
    yield from view.pen.heading(
        "Invalid rows", f"{len(view.result.invalid):,}, excluded from the totals"
    )
    yield from view.pen.table(
        [
            numbers("Rows", [f"{len(rows):,}" for _, rows in found]),
            Column("Side", [Text(side.value) for (side, _), _ in found]),
            Column("Reason", [view.pen.text(why) for (_, why), _ in found], least=24, wrap=True),
            Column("First", [_examples(view, rows) for _, rows in found], least=16, wrap=True),
        ]
    )
    if more := len(groups) - len(found):
        yield Text(f"\n  +{counted(more, 'more reason')} in the reports", SOFT)
    if said := left_out(view.result):
        yield Text()
        yield from view.pen.paragraph(view.pen.text(said))


def _examples(view: View, rows: Sequence[InvalidRow]) -> Text:
    shown = rows[: EXAMPLES if view.wide else 1]
    return view.pen.text("; ".join(f"{row.place} {row.id}".rstrip() for row in shown), SOFT)


def worth_knowing(view: View, notes: Sequence[str]) -> Iterator[RenderableType]:
    """Flags and notices: no breaks, but worth a look."""
    flags = {flag: view.result.flags[flag] for flag in FLAGS if view.result.flags.get(flag)}
    notices = [*view.result.notices, *notes]
    if not flags and not notices:
        return
    yield from view.pen.heading("Worth knowing")
    width = max((len(f"{count:,}") for count in flags.values()), default=1)
    for flag, count in flags.items():
        yield Text(f"{'':{INDENT}}{count:>{width},} {flag_words(flag, count)}")
        if flag is Flag.CARRIED_DIFFERENCE:
            yield from _carried(view)
    for notice in notices:
        yield from view.pen.paragraph(view.pen.text(notice))


def _carried(view: View) -> Iterator[Text]:
    """The largest carried differences, each with its cause."""
    for item in view.result.carried[:EXAMPLES]:
        line = f"{item.contract_id} {item.revenue_type}: {carried_words(item)}"
        yield from view.pen.paragraph(view.pen.text(line, SOFT), INDENT + 4)
