"""The workbook's first sheet: the verdict and its totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.base.events import Severity
from recon.base.month import Month
from recon.base.result import Reconciliation, SourceFacts, Status, Totals
from recon.base.text import words
from recon.reconciliation.verdict import verdict
from recon.record.journal.history import History
from recon.reports.excel.cells import (
    BANNER,
    COUNT_FORMAT,
    FIELD,
    GOOD,
    RATE_FORMAT,
    SEVERITY_LOOKS,
    SOFT,
    TITLE,
    Page,
    amount_cell,
    amount_places,
    blank_cell,
    exceeds_excel,
    formula_cell,
    number_cell,
    number_format,
    rate_cell,
    rate_number,
    text_cell,
)
from recon.reports.excel.live_formulas import SOME_TEXT, Live, agreement, equal_to
from recon.reports.excel.tables import Table
from recon.reports.wording import currencies, left_out, masked, moment_words

WIDTHS = {"A": 36, "B": 22, "C": 22, "D": 20, "E": 3}
COLUMNS = 4


def fill_head(page: Page, result: Reconciliation, run_id: str, sample: bool) -> None:
    """Write the verdict, and of which run, by which tolerance."""
    sheet = page.sheet
    page.add(text_cell(sheet, f"Revenue reconciliation {result.month.name}", TITLE))
    if sample:
        page.say("SAMPLE DATA: invented contracts and entries, not your books", BANNER, COLUMNS)
    severity = result.severity
    page.say(verdict(result), SEVERITY_LOOKS[severity] if severity else GOOD, COLUMNS)
    page.say(f"Run {run_id}", SOFT)
    page.say(f"Tolerance: {result.policy.allowed_text()}", SOFT)


def fill_sources(page: Page, result: Reconciliation, notices: Sequence[str]) -> None:
    """Write the deliveries of both sides and remarks on them."""
    page.add()
    repeated = any(facts.repeated for facts in result.sources.values())
    page.head("Source", "Rows", "of which invalid", *["of which repeated"] * repeated)
    for side, facts in result.sources.items():
        page.add(*_source_cells(page.sheet, side.value, facts, repeated))
        page.say(f"from {facts.description}", SOFT)
        for currency, amount in sorted(facts.control_total.items()):
            page.say(f"control total {currency} {money.pretty(amount, currency)}", SOFT)
    if said := left_out(result):
        page.say(said, SOFT)
    for text in notices:
        page.say(f"Notice: {text}")


def _source_cells(sheet: Sheet, side: str, facts: SourceFacts, repeated: bool) -> Iterator[Cell]:
    yield text_cell(sheet, side)
    yield number_cell(sheet, str(facts.rows))
    yield number_cell(sheet, str(facts.invalid))
    if repeated:
        yield number_cell(sheet, str(facts.repeated))


def fill_totals(page: Page, result: Reconciliation, lines: Table) -> None:
    """Write the totals of every currency, as reported and live."""
    for currency in currencies(result):
        page.add()
        page.head(currency, "as reported", "live formula", "agrees")
        _Block(page, result.totals[currency], Live(lines, currency)).fill()
        if sentence := masked(result, currency):
            page.say(sentence, SEVERITY_LOOKS[Severity.HIGH], COLUMNS)
    page.colour_agreement("D")


def fill_signing(page: Page, month: Month, history: History | None) -> None:
    """Write room for preparer and reviewer, and who signed before."""
    sheet = page.sheet
    page.add()
    page.head("Sign-off", "Name", "Date", "Signature")
    for role in ("Prepared by", "Reviewed by"):
        page.add(text_cell(sheet, role), *(blank_cell(sheet, FIELD) for _ in range(3)))
    before = history.superseded if history else None
    for signature in before.signatures if before else ():
        when = moment_words(signature.at)[:10]
        page.say(f"An earlier run: {signature.who} as {signature.role} on {when}", SOFT)
    page.say(f"On record are the signatures that `recon sign-off {month}` keeps.", SOFT)


def live_idle(live: Live) -> str:
    """The formula of the lines without revenue."""
    return live.count(expected='"=0"', entries='"=0"')


@dataclass(frozen=True, slots=True)
class _Block:
    """The totals of one currency."""

    page: Page
    totals: Totals
    live: Live

    def fill(self) -> None:
        totals, count = self.totals, self.live.count
        for label, column, amount in (
            ("Expected", "expected", totals.expected),
            ("Recognized", "recognized", totals.recognized),
            ("Net difference", "difference", totals.difference),
        ):
            places = amount_places(amount, self.live.currency)
            self._amount(label, amount, self.live.total(column, places))
        places = amount_places(totals.gross_difference, self.live.currency)
        self._amount("Gross difference", totals.gross_difference, self.live.gross(places))
        idle = live_idle(self.live)
        compared = self._count("Lines compared", totals.compared, f"{count()}-({idle})")
        matched = f"{count(status=equal_to(words(Status.MATCHED)))}-({idle})"
        self._count("  of which matched", totals.matched - totals.inactive_lines, matched)
        within = count(status=equal_to(words(Status.WITHIN_TOLERANCE)))
        self._count("  of which within tolerance", totals.within_tolerance, within)
        breaks = self._count("  of which breaks", totals.breaks, count(cause=SOME_TEXT))
        self._rate(f"C{compared}", f"C{breaks}")
        self._count("Lines without revenue, not compared", totals.inactive_lines, idle)

    def _amount(self, label: str, amount: int, formula: str) -> None:
        sheet, currency = self.page.sheet, self.live.currency
        shown_as = number_format(amount_places(amount, currency))
        comparable = not (self.live.has_texts or exceeds_excel(amount))
        live = formula_cell(sheet, formula, self.live.known(amount), shown_as)
        self._row(label, amount_cell(sheet, amount, currency), live, comparable)

    def _count(self, label: str, count: int, formula: str) -> int:
        sheet = self.page.sheet
        live = formula_cell(sheet, formula, str(count), COUNT_FORMAT)
        return self._row(label, number_cell(sheet, str(count)), live)

    def _rate(self, compared: str, breaks: str) -> None:
        sheet, rate = self.page.sheet, self.totals.match_rate
        # Cut off, as Totals.match_rate is; QUOTIENT divides whole numbers.
        formula = f'IF({compared}=0,"n/a",QUOTIENT(10000*({compared}-{breaks}),{compared})/10000)'
        live = formula_cell(sheet, formula, rate_number(rate) or rate, RATE_FORMAT)
        self._row("Match rate of the lines compared", rate_cell(sheet, rate), live)

    def _row(self, label: str, printed: Cell, live: Cell, comparable: bool = True) -> int:
        sheet, row = self.page.sheet, self.page.row + 1
        agrees = agreement(sheet, f"B{row}=C{row}", comparable)
        return self.page.add(text_cell(sheet, label), printed, live, agrees)
