"""Order to cash on the console, in forty lines."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from recon.base import money
from recon.base.cash import CashCause
from recon.base.errors import ExitCode
from recon.base.text import counted, words
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.control import BUCKETS
from recon.reconciliation.cash.model import Sums
from recon.reconciliation.cash.receivable import NAMES, Receivables, verdict
from recon.reconciliation.verdict import shortest_path
from recon.reports.cash.console import rest
from recon.reports.cash.wording import not_tried_text
from recon.reports.console.dashboard import exit_words, make_console
from recon.reports.console.layout import (
    CRITICAL,
    GOOD,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    WIDE,
    Column,
    Pen,
    amount_text,
    numbers,
    severity_text,
)

# So many rows of each table are shown, unless all are wanted.
_BREAKS, _CUSTOMERS, _CURRENCIES, _CAUSES, _TOLD = 5, 2, 2, 5, 3
OTHER = "other causes"


def show_cash(
    result: Receivables,
    *,
    run_id: str = "",
    reports: Sequence[Path] = (),
    sample: bool = False,
    full: bool = False,
    quiet: bool = False,
    color: bool = True,
    exit_code: ExitCode = ExitCode.DONE,
    notes: Sequence[str] = (),
) -> None:
    """Print a month's order to cash, or its verdict alone."""
    console = make_console(sys.stdout, color=None if color else False)
    pen = Pen(console)
    lines = (
        iter([_verdict(result, sample=sample)])
        if quiet
        else cash_lines(pen, result, sample=sample, full=full, notes=notes)
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    if not quiet:
        facts = [("run", run_id, SOFT)] if run_id else []
        facts += [("exit code", exit_words(exit_code), CRITICAL)] if exit_code else []
        console.print()
        folders = list(dict.fromkeys(str(path.parent) for path in reports))
        for line in pen.run_summary(folders, facts):
            console.print(line, soft_wrap=True)


def _verdict(result: Receivables, *, sample: bool) -> Text:
    style = STRONG + (GOOD if result.severity is None else SEVERITY_STYLES[result.severity])
    banner = ("SAMPLE DATA  " if sample else "", STRONG)
    return Text.assemble(banner, (verdict(result), style))


def cash_lines(
    pen: Pen,
    result: Receivables,
    *,
    sample: bool = False,
    full: bool = False,
    notes: Sequence[str] = (),
) -> Iterator[Text]:
    """Yield the lines of order to cash."""
    yield _verdict(result, sample=sample)
    yield Text()
    yield from pen.table(list(_totals(pen, result)))
    shown = result.currencies if full else _first(result)
    if result.breaks:
        yield from _heading(pen, "From the feeds to the ledger", full=full)
        yield from pen.table(list(_bridge(pen, result, shown, None if full else _CAUSES)))
        yield from _events(pen, result, full=full)
        alone = [item for item in result.breaks if full or not item.event]
        note = counted(len(alone), "break") + (
            " without an event" if len(alone) < len(result.breaks) else ""
        )
        most = None if full else _BREAKS
        if alone:
            yield from _heading(pen, "Look at these first", note, full=full)
            yield from (
                _explained(pen, alone)
                if full
                else pen.table(list(break_columns(pen, alone[:most])))
            )
            yield from rest(pen, len(alone), most)
    note = f"days overdue on the last day of {result.month.name}"
    yield from _heading(pen, "Ageing", note, full=full)
    yield from pen.table(list(_ageing(pen, result, shown if full else shown[:1])))
    off = [each for each in result.customers if each.difference]
    if off:
        title = "Customers with the largest differences"
        yield from _heading(pen, title, f"{len(off):,}", full=full)
        yield from pen.table(list(_customers(pen, result, None if full else _CUSTOMERS)))
    yield from _worth_knowing(pen, result, notes, full=full)


def _events(pen: Pen, result: Receivables, *, full: bool) -> Iterator[Text]:
    """The facts behind many documents, each with its advice."""
    if not result.events:
        return
    note = shortest_path(result.events, len(result.breaks))
    yield from _heading(pen, "Events", full=full)
    yield from pen.paragraph(pen.text(note, STRONG))
    most = None if full else _TOLD
    for event in result.events[:most]:
        said = (f"  {event.id}  ", SOFT), pen.text(f"{event.sentence} {event.advice}")
        yield from pen.paragraph(Text.assemble(severity_text(event.severity), *said))
    yield from rest(pen, len(result.events), most)


def _heading(pen: Pen, title: str, note: str = "", *, full: bool) -> list[Text]:
    """A heading, without the empty line where room is short."""
    lines = pen.heading(title, note)
    return lines if full else lines[1:]


def _first(result: Receivables) -> list[str]:
    """The currencies with the most breaks."""
    breaks = {
        code: sum(count for _, _, count in result.bridge.get(code, ()))
        for code in result.currencies
    }
    return sorted(breaks, key=lambda code: -breaks[code])[:_CURRENCIES]


def _totals(pen: Pen, result: Receivables) -> Iterator[Column]:
    codes = result.currencies
    both = [tuple(result.balance(side, code).closing for side in (1, 2)) for code in codes]
    yield Column("", [Text(code, STRONG) for code in codes])
    for side, header in ((0, "Receivable\nby the feeds"), (1, "Receivable\nby the ledger")):
        shown = [money.pretty(each[side], code) for code, each in zip(codes, both, strict=True)]
        yield numbers(header, shown)
    yield Column(
        "\nDifference",
        [amount_text(b - a, code, sign=True, style=CRITICAL if a != b else GOOD)
         for code, (a, b) in zip(codes, both, strict=True)],
        right=True,
    )  # fmt: skip
    counts = [sum(s.matched for s in _sums(result, code)) for code in codes]
    yield numbers("Documents\nmatched", [f"{count:,}" for count in counts], drop=2)
    rows = [sum(s.open for s in _sums(result, code)) for code in codes]
    yield numbers("\nOpen", [f"{count:,}" for count in rows], drop=2)
    days = [[result.days_sales(side, code) for side in (1, 2)] for code in codes]
    yield numbers("Days sales\noutstanding", [each[0] for each in days], drop=1)
    yield numbers("by the\nledger", [each[1] for each in days], drop=1)


def _sums(result: Receivables, currency: str) -> list[Sums]:
    return [sums for (_, code), sums in result.sums.items() if code == currency]


def _bridge(
    pen: Pen, result: Receivables, codes: Sequence[str], most: int | None
) -> Iterator[Column]:
    """The bridge by currency, small causes in one row."""
    counts = Counter[str]()
    for code in codes:
        for cause, _, breaks in result.bridge.get(code, ()):
            counts[cause] += breaks
    kept = {cause for cause, _ in counts.most_common(most)}
    causes = [cause.value for cause in CashCause if cause in kept]
    causes += [OTHER] if len(counts) > len(kept) else []
    steps, of = Counter[tuple[str, str]](), Counter[str]()
    for code in codes:
        for cause, amount, breaks in result.bridge.get(code, ()):
            row = cause.value if cause in kept else OTHER
            steps[code, row] += amount
            of[row] += breaks
    names = ["by the feeds", *map(words, causes), "by the ledger"]
    yield Column("", [pen.text(name) for name in names])
    yield numbers("Breaks", ["", *(f"{of[cause]:,}" for cause in causes), ""])
    for at, code in enumerate(codes):
        ends = [result.balance(side, code).closing for side in (1, 2)]
        amounts = [
            amount_text(steps[code, cause], code, sign=True) if (code, cause) in steps else Text()
            for cause in causes
        ]
        cells = [amount_text(ends[0], code), *amounts, amount_text(ends[1], code)]
        yield Column(code, cells, right=True, drop=at)


def _explained(pen: Pen, breaks: Sequence[CashBreak]) -> Iterator[Text]:
    """Breaks with their whole sentences below them."""
    columns = list(break_columns(pen, breaks))[:-1]
    columns.insert(0, Column("Break", [Text(each.name, STRONG) for each in breaks]))
    table = pen.table(columns)
    head, lines = table[: -len(breaks)], table[-len(breaks) :]
    yield from head
    for line, each in zip(lines, breaks, strict=True):
        yield line
        cause = words(each.cause)
        others = "".join(f", or {words(other)}" for other in each.found.candidates[1:])
        yield from pen.paragraph(pen.text(f"{cause}{others}: {each.found.sentence}", SOFT), 4)


def break_columns(pen: Pen, breaks: Sequence[CashBreak]) -> Iterator[Column]:
    """Breaks as the columns of a table.

    Where there is no room for a column of causes, each begins its sentence.
    """
    causes = [
        words(each.cause) + (" ?" if each.found.certainty == "ambiguous" else "") for each in breaks
    ]
    wide = pen.width >= WIDE
    yield Column("Severity", [severity_text(each.severity) for each in breaks])
    yield Column("Customer", [pen.text(each.customer) for each in breaks], least=5)
    if wide:
        yield Column("Cause", [pen.text(cause) for cause in causes])
    yield Column("Difference", [_difference(each) for each in breaks], right=True)
    yield Column("", [Text(each.currency) for each in breaks])
    sentences = [each.found.sentence for each in breaks]
    if not wide:
        sentences = [f"{cause}: {why}" for cause, why in zip(causes, sentences, strict=True)]
    yield Column("Why" if wide else "Cause, and why", list(map(pen.text, sentences)), least=24)


def _difference(item: CashBreak) -> Text:
    if item.difference or not item.weight:
        return amount_text(item.difference, item.currency, sign=True)
    return Text(f"({money.pretty(item.weight, item.currency)})")


def _ageing(pen: Pen, result: Receivables, codes: Sequence[str]) -> Iterator[Column]:
    rows = [(code, side) for code in codes for side in (1, 2) if (side, code) in result.ageing]
    found = [result.ageing[side, code] for code, side in rows]
    yield Column("", [Text(f"{code} {NAMES[side - 1]}") for code, side in rows])
    for at, bucket in enumerate(BUCKETS):
        cells = [
            money.pretty(each.buckets[at], code)
            for each, (code, _) in zip(found, rows, strict=True)
        ]
        yield numbers(bucket, cells, drop=2 if at == 2 else 0)  # noqa: PLR2004
    unapplied = [money.pretty(e.unapplied, code) for e, (code, _) in zip(found, rows, strict=True)]
    yield numbers("unapplied", unapplied)


def _customers(pen: Pen, result: Receivables, most: int | None) -> Iterator[Column]:
    rows = [each for each in result.customers if each.difference][:most]
    yield Column("Customer", [pen.text(each.customer) for each in rows], least=8)
    yield Column("", [Text(each.currency) for each in rows])
    yield numbers("By the feeds", [money.pretty(e.feeds.closing, e.currency) for e in rows])
    yield numbers("By the ledger", [money.pretty(e.ledger.closing, e.currency) for e in rows])
    yield Column(
        "Difference", [amount_text(e.difference, e.currency, sign=True) for e in rows], right=True
    )


def _worth_knowing(
    pen: Pen, result: Receivables, notes: Sequence[str], *, full: bool
) -> Iterator[Text]:
    told = [matched_by(result)] if full else []
    told += [
        f"{counted(len(result.invalid), 'row')} of the ledger cannot be used: "
        f"{result.invalid[0].place}: {result.invalid[0].reason}."
    ] if result.invalid else []  # fmt: skip
    told += [not_tried_text(each) for each in result.not_tried[: None if full else 1]]
    told += [*result.notices, *notes]
    if len(result.currencies) > 1 and not full:
        told.append("Not every currency is in every table; --full shows all of them.")
    yield from _heading(pen, "Worth knowing", full=full)
    for sentence in told[: None if full else _TOLD]:
        yield from pen.paragraph(pen.text(sentence))


def matched_by(result: Receivables) -> str:
    """The sentence on the rules and their matches."""
    found = [f"{each.rule.name} {each.matches:,}" for each in result.passed if each.matches]
    return f"Matched by {'; '.join(found)}." if found else "Nothing is matched."
