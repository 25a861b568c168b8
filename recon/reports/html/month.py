"""The page of a month, for readers without recon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from recon.base import money
from recon.base.result import Bucket, Reconciliation, Side, Totals
from recon.base.text import words
from recon.reconciliation.verdict import verdict
from recon.record.journal.history import History
from recon.reports import wording
from recon.reports.html import drawing, findings, past
from recon.reports.html.elements import Children, element, link
from recon.reports.html.page import (
    Column,
    Row,
    document,
    facts,
    marked,
    paragraph,
    section,
    table,
)
from recon.reports.months import added

STEPS = 9
OTHER_STEPS = 3
PARTS = 8
_LOOKS = {"masked": "high", "within": "good", "beyond": "critical"}
_PARTS = {"segment": "by segment", "revenue_type": "by revenue type"}
_SCALE = "The ruler in a picture is the expected total: its scale does not begin at zero."
_BESIDE = 4  # currencies beside the main one


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The contents of a month's page.

    `files` are the other reports as paths from the page, and `notes` the notices of the run itself.
    """

    result: Reconciliation
    run_id: str
    sample: bool = False
    history: History = field(default_factory=History)
    files: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def month_page(contents: MonthPage) -> str:
    """The page of a month, the text of a file."""
    result, history = contents.result, contents.history
    title = f"Revenue reconciliation, {result.month.name}"
    return document(
        title,
        element("h1", title),
        _answer(result),
        _totals(result),
        past.signed_before(result, history),
        past.since_last(history),
        _bridges(result),
        findings.events(result.events, len(result.breaks)),
        findings.breaks(result, history.open_items),
        _parts(result),
        findings.invalid(result),
        past.carried(result, history),
        findings.worth_knowing(result, contents.notes),
        past.signing(result.month),
        _run(contents),
        sample=contents.sample,
    )


def _answer(result: Reconciliation) -> Element:
    worst = result.severity
    return paragraph(verdict(result), kind=f"answer {worst.word if worst else 'good'}")


def _totals(result: Reconciliation) -> Iterator[Element]:
    counts = ("Lines compared", "Within tolerance", "Breaks", "Match rate")
    amounts = (
        "Expected", "Recognized", "Net difference", "Gross difference", "Tolerance allows",
    )  # fmt: skip
    columns = [Column("", "name"), *(Column(name, "number") for name in (*counts, *amounts))]
    shown = wording.currencies(result)
    rows = [list(_total(result, currency)) for currency in shown]
    yield table([*columns, Column("Gross is")], rows, "cards")
    for currency in shown:
        if sentence := wording.masked(result, currency):
            yield paragraph(sentence, kind="note")


def _total(result: Reconciliation, currency: str) -> Iterator[Children]:
    totals, word = result.totals[currency], wording.against_tolerance(result, currency)
    yield marked(currency, "strong")
    yield from (f"{n:,}" for n in (totals.compared, totals.within_tolerance, totals.breaks))
    yield totals.match_rate
    yield money.pretty(totals.expected, currency)
    yield money.pretty(totals.recognized, currency)
    yield money.pretty(totals.difference, currency, sign=True)
    yield money.pretty(totals.gross_difference, currency)
    yield money.pretty(wording.allowed(result, currency), currency)
    yield marked(word, _LOOKS[word])


def _bridges(result: Reconciliation) -> Element | None:
    shown = wording.currencies(result)
    if not shown:
        return None
    main, *others = shown
    further = [
        element("div", element("h3", other), _bridge(result, other, OTHER_STEPS))
        for other in others
    ]
    return section(
        "From expected to recognized",
        _bridge(result, main, STEPS),
        element("div", further, class_="columns") if further else None,
        paragraph(_SCALE, kind="soft"),
        note=main,
    )


def _bridge(result: Reconciliation, currency: str, most: int) -> Element:
    return bridge_table(result.totals[currency], result.bridge[currency], currency, most)


def bridge_table(
    totals: Totals,
    steps: Sequence[Bucket],
    currency: str,
    most: int,
    ends: tuple[str, str] = ("Expected", "Recognized"),
) -> Element:
    """The bridge as a picture, with the largest causes."""
    held = wording.largest(steps, most)
    drawn = drawing.bridge(totals.expected, [step.amount for step in held])
    named = zip(_steps(totals, held, currency, ends), drawn, strict=True)
    rows: list[list[Children]] = [[name, bar, *rest] for (name, *rest), bar in named]
    first, *between, last = rows
    columns = [Column("", "name"), Column("", "bar"), *_numbers("Net", "Gross", "Lines")]
    return table(columns, [Row(first, "strong"), *between, Row(last, "sum")], "drawn")


def _steps(
    totals: Totals, held: Sequence[Bucket], currency: str, ends: tuple[str, str]
) -> Iterator[list[str]]:
    """The names and numbers of a bridge."""
    yield [ends[0], money.pretty(totals.expected, currency), "", ""]
    for step in held:
        net = money.pretty(step.amount, currency, sign=True)
        yield [words(step.bucket), net, money.pretty(step.gross, currency), f"{step.lines:,}"]
    gross = money.pretty(totals.gross_difference, currency)
    lines = f"{sum(step.lines for step in held):,}"
    yield [ends[1], money.pretty(totals.recognized, currency), gross, lines]


def _parts(result: Reconciliation) -> Element | None:
    """The totals by segment and type, the widest gross first."""
    if not result.parts:
        return None
    main, *others = wording.currencies(result)
    columns = [
        Column("", "name"),
        *_numbers("Lines compared", "Match rate", "Net", "Gross", "Breaks"),
        *_numbers(*(f"{currency} gross" for currency in others[:_BESIDE])),
    ]
    more = f"The workbook has those in {', '.join(others[_BESIDE:])}."
    return section(
        "Where the differences are",
        table(columns, _part_rows(result, main, others[:_BESIDE])),
        paragraph(more, kind="soft") if others[_BESIDE:] else None,
        note=main,
    )


def _part_rows(
    result: Reconciliation, main: str, others: Sequence[str]
) -> Iterator[Sequence[Children]]:
    for by, title in _PARTS.items():
        yield [title]
        for name, totals in _largest_parts(result, by, main):
            beside = [_gross(totals.get(other), other) for other in others]
            yield [name or "(none)", *_part(totals.get(main), main), *beside]


def _largest_parts(
    result: Reconciliation, by: str, main: str
) -> Iterator[tuple[str, Mapping[str, Totals]]]:
    """The parts and their totals; the smallest are added up."""
    found: dict[str, dict[str, Totals]] = {}
    for part in result.parts:
        if part.by == by:
            found.setdefault(part.name, {})[part.currency] = part.totals
    ranked = sorted(found, key=lambda name: (-_size(found[name].get(main)), name))
    shown = len(ranked) if len(ranked) <= PARTS + 1 else PARTS
    yield from ((name, found[name]) for name in ranked[:shown])
    if rest := [found[name] for name in ranked[shown:]]:
        in_rest = {currency for totals in rest for currency in totals}
        sums = {c: added(t[c] for t in rest if c in t) for c in sorted(in_rest)}
        yield f"{len(rest)} others", sums


def _size(totals: Totals | None) -> int:
    return totals.gross_difference if totals else -1


def _part(totals: Totals | None, currency: str) -> list[str]:
    if totals is None:
        return [""] * 5
    return [
        f"{totals.compared:,}",
        totals.match_rate,
        money.pretty(totals.difference, currency, sign=True),
        money.pretty(totals.gross_difference, currency),
        f"{totals.breaks:,}",
    ]


def _gross(totals: Totals | None, currency: str) -> str:
    return money.pretty(totals.gross_difference, currency) if totals else ""


def _numbers(*headers: str) -> list[Column]:
    return [Column(header, "number") for header in headers]


def _run(contents: MonthPage) -> Element:
    result = contents.result
    pairs: list[tuple[str, Children]] = [("run", contents.run_id)]
    pairs.append(("tolerance", result.policy.allowed_text()))
    pairs += [(side.value, _source(result, side)) for side in Side]
    if contents.versions:
        pairs.append(("made with", ", ".join(map(" ".join, contents.versions.items()))))
    if contents.files:
        pairs.append(("files", [[link(path, *path.split("/")), " "] for path in contents.files]))
    return section("This run", facts(pairs))


def _source(result: Reconciliation, side: Side) -> str:
    facts_of = result.sources[side]
    return (
        f"{facts_of.description}: {facts_of.rows:,} rows = {facts_of.compared:,} compared"
        f" + {facts_of.invalid:,} invalid"
        + (f" + {facts_of.repeated:,} repeated" if facts_of.repeated else "")
    )
