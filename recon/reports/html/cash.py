"""The page of order to cash, for readers without recon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from recon.base import money
from recon.base.result import Bucket
from recon.base.text import counted, words
from recon.reconciliation.cash.breaks import CashBreak
from recon.reconciliation.cash.control import BUCKETS, CustomerBalance
from recon.reconciliation.cash.entries import CashEntries
from recon.reconciliation.cash.receivable import NAMES, Receivables, verdict
from recon.reconciliation.cash.record import recorded_bridge, recorded_totals
from recon.record.journal.history import History
from recon.record.journal.model import OpenItem
from recon.reports import wording
from recon.reports.cash.wording import not_tried_text
from recon.reports.html import drawing, findings, past
from recon.reports.html.elements import Children, element, link
from recon.reports.html.page import (
    Column,
    Row,
    document,
    facts,
    listed,
    marked,
    paragraph,
    section,
    table,
)

BREAKS, CUSTOMERS, STEPS, ENTRIES = 12, 8, 9, 6
_SCALE = "The ruler in a picture is the receivable by the feeds: it does not begin at zero."


@dataclass(frozen=True, slots=True)
class CashPage:
    """The contents of a page of order to cash.

    `files` are the other reports as paths from the page, and `notes` the notices of the run itself.
    """

    result: Receivables
    run_id: str
    sample: bool = False
    history: History = field(default_factory=History)
    files: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    entries: CashEntries | None = None


def cash_page(contents: CashPage) -> str:
    """The text of the page of order to cash."""
    result, history = contents.result, contents.history
    title = f"Order to cash, {result.month.name}"
    worst = result.severity
    return document(
        title,
        element("h1", title),
        paragraph(verdict(result), kind=f"answer {worst.word if worst else 'good'}"),
        _totals(result),
        past.since_last(history),
        _bridges(result),
        findings.events(result.events, len(result.breaks), "Documents"),
        _breaks(result, history.open_items),
        _entries(contents.entries),
        _ageing(result),
        _customers(result),
        _rules(result),
        _worth_knowing(contents),
        past.signing(result.month, " --cash"),
        _run(contents),
        sample=contents.sample,
    )


def _totals(result: Receivables) -> Element:
    found = recorded_totals(result)
    rows: list[list[Children]] = []
    for code in result.currencies:
        totals = found[code]
        look = "good" if not totals.gross_difference else "critical"
        rows.append(
            [
                marked(code, "strong"),
                money.pretty(totals.expected, code),
                money.pretty(totals.recognized, code),
                marked(money.pretty(totals.difference, code, sign=True), look),
                money.pretty(totals.gross_difference, code),
                f"{totals.contract_lines:,}",
                totals.match_rate,
                f"{totals.breaks:,}",
                *(result.days_sales(side, code) for side in (1, 2)),
            ]
        )
    heads = (
        "By the feeds", "By the ledger", "Net difference", "Gross difference", "Documents",
        "Match rate", "Breaks", "Days sales outstanding", "by the ledger",
    )  # fmt: skip
    return table([Column("", "name"), *_numbers(*heads)], rows, "cards")


def _bridges(result: Receivables) -> Element | None:
    steps = recorded_bridge(result)
    shown = [code for code in result.currencies if steps[code]]
    if not shown:
        return None
    return section(
        "From the feeds to the ledger",
        [[element("h3", code), _bridge(result, code, steps[code])] for code in shown],
        paragraph(_SCALE, kind="soft"),
    )


def _bridge(result: Receivables, code: str, steps: Sequence[Bucket]) -> Element:
    held = wording.largest(steps, STEPS)
    ends = [result.balance(side, code).closing for side in (1, 2)]
    drawn = drawing.bridge(ends[0], [step.amount for step in held])
    names = [
        ("by the feeds", ends[0], ""),
        *((words(step.bucket), step.amount, f"{step.lines:,}") for step in held),
        ("by the ledger", ends[1], ""),
    ]
    rows: list[list[Children]] = [
        [name, bar, money.pretty(amount, code, sign=bool(breaks)), breaks]
        for (name, amount, breaks), bar in zip(names, drawn, strict=True)
    ]
    first, *between, last = rows
    columns = [Column("", "name"), Column("", "bar"), *_numbers("Amount", "Breaks")]
    return table(columns, [Row(first, "strong"), *between, Row(last, "sum")], "drawn")


def _breaks(result: Receivables, lives: Mapping[str, OpenItem]) -> Element | None:
    if not result.breaks:
        return None
    shown = result.breaks[:BREAKS]
    columns = [
        Column("Severity"),
        Column("Document", "name"),
        Column("Customer"),
        Column("Why", "long"),
        Column("Difference", "number"),
    ]
    more = len(result.breaks) - len(shown)
    return section(
        "What to fix first",
        table(columns, [list(_break(item, lives.get(item.name))) for item in shown], "cards"),
        paragraph(f"{counted(more, 'more break')} in the workbook.", kind="soft") if more else None,
        note=f"{len(shown):,} of {counted(len(result.breaks), 'break')}",
    )


def _break(item: CashBreak, life: OpenItem | None) -> Iterator[Children]:
    yield marked(item.severity.word, item.severity.word)
    yield [marked(item.title, "strong"), element("br"), words(item.kind)]
    yield item.customer or "no customer"
    others = [words(each) for each in item.found.candidates[1:]]
    cause = words(item.cause) + (f" (or {', '.join(others)})" if others else "")
    said = wording.acknowledged_words(life) if life else ""
    yield [
        marked(f"{cause}: ", "strong"),
        item.found.sentence,
        " ",
        marked(f"Break {item.name}.", "soft name"),
        marked(f" {said[0].upper()}{said[1:]}.", "good") if said else None,
    ]
    amount = item.difference or item.weight
    text = f"{money.pretty(amount, item.currency, sign=bool(item.difference))} {item.currency}"
    yield text if item.difference or not amount else f"({text})"


def _entries(entries: CashEntries | None) -> Element | None:
    """The proposed entries, and how many breaks have none."""
    if entries is None or not (entries.proposed or entries.refused):
        return None
    rows: list[list[Children]] = [
        [
            str(entry.number),
            [marked(line.account, "strong"), " ", line.customer],
            entry.text,
            f"{money.pretty(line.debit, line.currency)} {line.currency}" if line.debit else "",
            f"{money.pretty(line.credit, line.currency)} {line.currency}" if line.credit else "",
        ]
        for entry in entries.proposed[:ENTRIES]
        for line in entry.lines
    ]
    columns = [
        Column("Entry"), Column("Account", "name"), Column("Text", "long"),
        *_numbers("Debit", "Credit"),
    ]  # fmt: skip
    more = len(entries.proposed) - ENTRIES
    return section(
        "Proposed entries",
        table(columns, rows, "cards") if rows else None,
        paragraph(f"The workbook has {len(entries.proposed):,} of them.", kind="soft")
        if more > 0 else None,
        paragraph(
            f"{counted(len(entries.refused), 'break')} without an entry; the workbook says why.",
            kind="soft",
        ) if entries.refused else None,
        note=f"{len(entries.proposed):,}, to check and to post by hand",
    )  # fmt: skip


def _ageing(result: Receivables) -> Element:
    rows = [
        [f"{code} {NAMES[side - 1]}",
         *(money.pretty(amount, code) for amount in (*found.buckets, found.unapplied, found.total))]
        for code in result.currencies
        for side in (1, 2)
        if (found := result.ageing.get((side, code)))
    ]  # fmt: skip
    columns = [Column("", "name"), *_numbers(*BUCKETS, "unapplied", "receivable")]
    note = f"days overdue on the last day of {result.month.name}"
    return section("Ageing", table(columns, rows), note=note)


def _customers(result: Receivables) -> Element | None:
    off = [each for each in result.customers if each.difference]
    if not off:
        return None
    shown = off[:CUSTOMERS]
    drawn = dict(_bars_by_currency(shown))
    rows: list[list[Children]] = [
        [
            each.customer or "no customer",
            drawn[each.customer, each.currency],
            each.currency,
            money.pretty(each.feeds.closing, each.currency),
            money.pretty(each.ledger.closing, each.currency),
            money.pretty(each.difference, each.currency, sign=True),
        ]
        for each in shown
    ]
    columns = [
        Column("", "name"), Column("", "bar"), Column(""),
        *_numbers("By the feeds", "By the ledger", "Difference"),
    ]  # fmt: skip
    note = f"{len(shown):,} of {len(off):,} that differ"
    return section("Customers", table(columns, rows, "drawn"), note=note)


def _bars_by_currency(
    shown: Sequence[CustomerBalance],
) -> Iterator[tuple[tuple[str, str], Element]]:
    """Yield a bar a customer, on its currency's scale."""
    for code in {each.currency for each in shown}:
        of = [each for each in shown if each.currency == code]
        bars = drawing.bars([each.difference for each in of])
        yield from (((e.customer, code), bar) for e, bar in zip(of, bars, strict=True))


def _rules(result: Receivables) -> Element:
    rows = [
        [each.rule.name, each.rule.words, f"{each.matches:,}", f"{each.documents:,}"]
        for each in result.passed
    ]
    columns = [
        Column("Rule", "name"),
        Column("Compares", "long"),
        *_numbers("Matches", "Documents"),
    ]
    return section("Matched by", table(columns, rows), note="in this order")


def _worth_knowing(contents: CashPage) -> Element | None:
    result = contents.result
    told = [f"{row.place}: {row.reason}." for row in result.invalid[:BREAKS]]
    told += [not_tried_text(each) for each in result.not_tried]
    told += [*result.notices, *contents.notes]
    return section("Worth knowing", listed(told)) if told else None


def _run(contents: CashPage) -> Element:
    result = contents.result
    pairs: list[tuple[str, Children]] = [("run", contents.run_id)]
    pairs += zip(NAMES, result.descriptions, strict=True)
    if contents.versions:
        pairs.append(("made with", ", ".join(map(" ".join, contents.versions.items()))))
    if contents.files:
        pairs.append(("files", [[link(path, *path.split("/")), " "] for path in contents.files]))
    return section("This run", facts(pairs))


def _numbers(*headers: str) -> list[Column]:
    return [Column(header, "number") for header in headers]
