"""Everything about one contract on the console, the answer first.

An overview of the contract's lines, then a section for each: why it breaks, how its figures came
about, its terms, its entries, its months.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.style import Style
from rich.text import Text

from recon.base import money
from recon.base.events import Severity
from recon.base.result import Status
from recon.base.text import words
from recon.reconciliation.explain.derivation import allowance_text, subtracted
from recon.reconciliation.explain.model import (
    CauseFinding,
    ContractDetail,
    EntryRow,
    InvalidLine,
    Line,
)
from recon.reports.console import explain_tables as tables
from recon.reports.console.explain_tables import TRIED, tolerance_words, who, written_terms
from recon.reports.console.layout import (
    GOOD,
    HIGH,
    INDENT,
    PLAIN,
    SEVERITY_STYLES,
    SOFT,
    STRONG,
    Pen,
    cause_text,
    sample_banner,
    severity_text,
)
from recon.reports.wording import carried_words

LABEL = 14
SUMMANDS = 6  # so many entries are added up before the reader's eyes


def show_dossier(
    console: Console, dossier: ContractDetail, *, sample: bool, all_months: bool = False
) -> None:
    """Print everything about a contract.

    Of a long term, the months around the reconciled one are shown, or `all_months`.
    """
    pen = Pen(console)
    for line in _page(pen, dossier, sample, all_months):
        # Lines are laid out already: a long id or number must not be torn apart.
        console.print(line, soft_wrap=True)


def _page(pen: Pen, dossier: ContractDetail, sample: bool, all_months: bool) -> Iterator[Text]:
    if sample:
        yield sample_banner()
    yield from pen.heading(f"Contract {dossier.contract_id}", dossier.month.name)
    yield from pen.table(list(tables.overview(pen, dossier)))
    for line in dossier.lines:
        yield from _line(pen, dossier, line, all_months)
    for invalid in dossier.invalid:
        yield from _invalid(pen, invalid)
    yield from _kept_out(pen, dossier)


def _line(pen: Pen, dossier: ContractDetail, line: Line, all_months: bool) -> Iterator[Text]:
    yield from pen.heading(f"{line.revenue_type}, {line.currency}", _verdict(line))
    if line.event:
        yield from _fact(pen, "event", line.event.id)
        yield from _fact(pen, "", line.event.sentence)
        yield from _fact(pen, "", line.event.advice)
    if line.finding:
        yield from _why(pen, line.finding)
        yield Text()
    yield from _figures(pen, dossier, line)
    yield Text()
    yield from _terms(pen, line)
    yield from _entries(pen, dossier, line)
    yield from _months(pen, dossier, line, all_months)


def _verdict(line: Line) -> str:
    if line.finding:
        return f"{line.finding.item.severity.word}, {words(line.finding.item.status)}"
    return words(line.status) if line.status else "nothing to compare"


def _why(pen: Pen, finding: CauseFinding) -> Iterator[Text]:
    item = finding.item
    yield from _fact(pen, "break", item.name)
    yield from _fact(pen, "cause", cause_text(item))
    yield from _fact(pen, "", item.explanation)
    if item.ambiguous:
        others = ", ".join(words(cause) for cause in item.candidates if cause is not item.cause)
        yield from _fact(pen, "also fits", others)
    for place, said in enumerate(item.against):
        yield from _fact(pen, "" if place else "against it", f"{said[0].upper()}{said[1:]}.")
    if finding.tried:
        yield from _fact(pen, "ruled out", ", ".join(map(TRIED.__getitem__, finding.tried)), SOFT)
    for label, rung in zip(("severity", "", "", ""), finding.ladder, strict=True):
        text = pen.text(f"{rung.by}: {rung.why} ")
        led = Text.assemble(text, pen.text("→ "), severity_text(rung.severity))
        yield from _fact(pen, label, led)


def _figures(pen: Pen, dossier: ContractDetail, line: Line) -> Iterator[Text]:
    yield from _fact(pen, "expected", line.derivation.formula.removeprefix("expected "))
    yield from _fact(pen, "", line.derivation.words, SOFT)
    yield from _fact(pen, "recognized", _recognized(dossier, line))
    yield from _fact(pen, "difference", _difference(line))
    yield from _fact(
        pen, "to date", _subtracted(line, line.to_date_recognized, line.to_date_expected)
    )
    if line.allowance and line.status:
        how = allowance_text(line.allowance, line.expected, line.currency)
        yield from _fact(pen, "allowed", how.formula.removeprefix("allowed "))
        yield from _fact(pen, "", how.words, SOFT)
        yield from _fact(pen, "status", _status(line))


def _recognized(dossier: ContractDetail, line: Line) -> str:
    amounts = [entry.amount or 0 for entry in line.entries if entry.month == dossier.month]
    total = money.pretty(line.recognized, line.currency)
    if not amounts:
        return f"= {total}, no entries"
    if len(amounts) == 1:
        return f"= {total}, one entry"
    if len(amounts) > SUMMANDS:
        return f"= {total}, {len(amounts):,} entries"
    parts = " + ".join(money.pretty(amount, line.currency) for amount in amounts)
    return f"= {parts} = {total}".replace("+ -", "- ")


def _difference(line: Line) -> str:
    percent = money.percent(line.difference, line.expected)
    return f"{_subtracted(line, line.recognized, line.expected)} ({percent})"


def _subtracted(line: Line, recognized: int, expected: int) -> str:
    gap = money.pretty(recognized - expected, line.currency, sign=True)
    sides = subtracted(recognized, expected, line.currency)
    return f"= recognized - expected = {sides} = {gap} {line.currency}"


def _status(line: Line) -> Text:
    gap = money.pretty(abs(line.difference), line.currency)
    if line.status is Status.MATCHED:
        return Text(words(line.status), GOOD)
    if line.status is Status.WITHIN_TOLERANCE:
        return Text.assemble((words(line.status), GOOD), f": {gap} is not more than allowed")
    style = SEVERITY_STYLES[line.finding.item.severity] if line.finding else PLAIN
    return Text.assemble((words(line.status or ""), style), f": {gap} is more than allowed")


def _terms(pen: Pen, line: Line) -> Iterator[Text]:
    if line.terms:
        for label, said in written_terms(line.terms, line.currency):
            yield from _fact(pen, label, said)
    if line.remainder:
        left = money.pretty(line.remainder, line.currency)
        yield from _fact(
            pen,
            "remainder",
            f"{left} {line.currency} stays unrecognized: the line closes early",
            HIGH,
        )
    if line.allowance:
        yield from _fact(pen, "tolerance", tolerance_words(line.allowance, line.currency))
    yield from _fact(pen, "customer", who(line))
    if line.carried:
        yield from _fact(pen, "carried", carried_words(line.carried))
    if line.flags:
        yield from _fact(pen, "flags", ", ".join(map(words, line.flags)), HIGH)


def _entries(pen: Pen, dossier: ContractDetail, line: Line) -> Iterator[Text]:
    if not line.entries:
        return
    span = f"{dossier.month} and the months around it" if line.finding else str(dossier.month)
    yield from _title(pen, f"Entries of {span}")
    yield from _entry_table(pen, line.entries, dossier.contract_id)


def _entry_table(pen: Pen, entries: Sequence[EntryRow], contract_id: str) -> Iterator[Text]:
    """Entries as a table; cells without room follow below."""
    columns = list(tables.entries(pen, entries, contract_id))
    further = list(tables.compliance(pen, entries))
    beside = pen.fits(columns + further)
    head, *lines = pen.table(columns + further * beside)
    yield head
    for line, entry in zip(lines, entries, strict=True):
        yield line
        below = [f"{name} {text or 'missing'}" for name, text in entry.compliance if not beside]
        if entry.reason:
            below.insert(0, f"{entry.revenue_type or 'no type'}, {entry.currency}: {entry.reason}")
        if below:
            yield from pen.paragraph(pen.text("; ".join(below), SOFT), INDENT + 4)


def _months(pen: Pen, dossier: ContractDetail, line: Line, all_months: bool) -> Iterator[Text]:
    yield from _title(pen, "Months")
    yield from pen.table(list(tables.months(pen, line, dossier.month, all_months)))
    if line.terms:
        yield from pen.paragraph(pen.text(tables.tied(line), SOFT))


def _invalid(pen: Pen, line: InvalidLine) -> Iterator[Text]:
    yield from pen.heading(f"{line.revenue_type or 'no revenue type'}, {line.currency}", "invalid")
    severity = severity_text(Severity.HIGH)
    yield from _fact(pen, "reason", line.reason, SEVERITY_STYLES[Severity.HIGH])
    yield from _fact(
        pen, "", f"{line.place} of analytics; excluded from the comparison and the totals"
    )
    yield from _fact(pen, "severity", Text.assemble("an invalid row is at least ", severity))
    for label, said in written_terms(line.terms, line.currency):
        yield from _fact(pen, label, said)
    yield from _fact(pen, "customer", who(line))


def _kept_out(pen: Pen, dossier: ContractDetail) -> Iterator[Text]:
    if not dossier.kept_out and not dossier.kept_out_elsewhere:
        return
    yield from pen.heading("Entries excluded from the comparison", f"{len(dossier.kept_out):,}")
    if dossier.kept_out:
        yield from _entry_table(pen, dossier.kept_out, dossier.contract_id)
    if count := dossier.kept_out_elsewhere:
        yield Text(f"  +{count:,} in other months", SOFT)


def _title(pen: Pen, title: str) -> Iterator[Text]:
    yield Text()
    yield Text(" " * INDENT) + pen.text(title, STRONG)


def _fact(pen: Pen, label: str, said: str | Text, style: Style = PLAIN) -> Iterator[Text]:
    """A label with its text wrapped beside it."""
    text = said if isinstance(said, Text) else pen.text(said, style)
    yield from pen.beside(label, text, LABEL)
