"""One contract in one month: terms, formula, entries, months, cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from starlette.responses import Response

from recon.base import money
from recon.base.text import counted, words
from recon.reconciliation.explain import ContractDetail
from recon.reconciliation.explain.model import CauseFinding, EntryRow, Line, MonthRow
from recon.reports.html.elements import Children, element
from recon.reports.html.page import Column, facts, marked, paragraph, section, table
from recon.web import explaining
from recon.web.asking import Ask
from recon.web.explaining import Explained
from recon.web.pages.shell import page, to


def contract(ask: Ask) -> Response:
    """Everything about one contract, the answer first."""
    told = explaining.contract(ask)
    found = told.detail
    return page(
        ask,
        f"Contract {found.contract_id} in {found.month.name}",
        paragraph(_origin(told), kind="soft"),
        # Whoever comes from a break wants its line.
        [_line(found, line) for line in sorted(found.lines, key=lambda line: not line.finding)],
        [
            section(f"{bad.revenue_type or 'no revenue type'}, {bad.currency}",
                    paragraph(bad.reason, kind="answer high"), note=f"invalid; {bad.place}")
            for bad in found.invalid
        ],
        section("Entries excluded from the comparison", _entries(found.kept_out))
        if found.kept_out else None,
    )  # fmt: skip


def _origin(told: Explained) -> str:
    if told.run is None:
        return "As both sides have it now."
    return f"As the run of {told.run.ended:%Y-%m-%d %H:%M} UTC had it."


def _line(found: ContractDetail, line: Line) -> Element:
    currency = line.currency
    status = words(line.status) if line.status else "nothing to compare"
    pairs: list[tuple[str, Children]] = [
        ("expected", f"{_pretty(line.expected, currency)}: {line.derivation.formula}"),
        ("", line.derivation.words),
        ("recognized", _pretty(line.recognized, currency)),
        ("difference", money.pretty(line.difference, currency, sign=True)),
        ("to date", money.pretty(line.to_date_difference, currency, sign=True)),
        ("customer", line.customer or line.customer_id or "no customer"),
        ("owner", line.owner or "no owner"),
    ]
    if line.terms and line.terms.term_start and line.terms.term_end:
        pairs.append(("term", f"{line.terms.term_start} to {line.terms.term_end}"))
        pairs.append(("contract value", _pretty(line.value, currency)))
    return section(
        f"{line.revenue_type}, {currency}",
        *(_why(line.finding) if line.finding else ()),
        facts((name, text) for name, text in pairs if text),
        _months(line.months, currency) if line.months else None,
        [element("h3", "Entries"), _entries(line.entries)] if line.entries else None,
        note=status,
    )


def _why(finding: CauseFinding) -> Iterator[Element]:
    item = finding.item
    yield paragraph(
        f"{words(item.cause).capitalize()}: {item.explanation}",
        kind=f"answer {item.severity.word}",
    )
    yield paragraph("Break ", to(item.name, "breaks", item.name), ".")
    if item.ambiguous:
        others = ", ".join(words(cause) for cause in item.candidates if cause is not item.cause)
        yield paragraph(f"Also fits: {others}.", kind="soft")


_MONTHS = [Column("Month", "name"), Column("Expected", "number"), Column("Recognized", "number"),
           Column("Difference", "number"), Column("To date", "number"),
           Column("Entries", "number")]  # fmt: skip
_ENTRIES = [Column("Entry", "name"), Column("Month", "name"), Column("Amount", "number"),
            Column("Document", "name"), Column("Posted", "name")]  # fmt: skip
_REASON = Column("Kept out, since", "long")


def _months(rows: Sequence[MonthRow], currency: str) -> list[Element]:
    """The months up to the first that is to come."""
    known = [row for row in rows if row.difference is not None]
    later = rows[len(known) :]
    shown = table(_MONTHS, [_month(row, currency) for row in (*known, *later[:1])])
    if not later[1:]:
        return [shown]
    left = counted(len(later) - 1, "further month")
    return [shown, paragraph(f"{left} to come, until {later[-1].last}.", kind="soft")]


def _month(row: MonthRow, currency: str) -> list[Children]:
    span = str(row.month) if row.month == row.last else f"{row.month} to {row.last}"
    gaps = (row.difference, row.to_date_difference)
    return [
        span,
        _pretty(row.expected, currency),
        _pretty(row.recognized, currency),
        *("to come" if gap is None else money.pretty(gap, currency, sign=True) for gap in gaps),
        f"{row.entries:,}",
    ]


def _entries(rows: Sequence[EntryRow]) -> Element:
    reasons = any(row.reason for row in rows)
    return table([*_ENTRIES, *([_REASON] if reasons else [])], [
        [
            row.entry_id,
            str(row.month or row.period_text),
            row.amount_text if row.amount is None else _pretty(row.amount, row.currency),
            row.document_ref,
            row.posted_at,
            *([marked(row.reason, "high") if row.reason else ""] if reasons else []),
        ]
        for row in rows
    ])  # fmt: skip


def _pretty(units: int, currency: str) -> str:
    return money.pretty(units, currency)
