"""The roll-forward in the workbook, with a formula beside closings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.cell import Cell

from recon.base import money
from recon.base.result import Reconciliation
from recon.reconciliation.rollforward import FIGURES, RollforwardRow, in_total
from recon.reports.excel.cells import (
    HEAD,
    PLAIN,
    SOFT,
    STRONG,
    TITLE,
    Look,
    Page,
    aligned,
    amount_cell,
    amount_places,
    exceeds_excel,
    formula_cell,
    number_format,
    text_cell,
)
from recon.reports.excel.live_formulas import Live, agreement
from recon.reports.excel.tables import Table
from recon.reports.rollforward_wording import DEFINITION, SHORT, currencies_of, opening_words

WIDTHS = {"A": 20, "B": 18, "C": 18, "D": 18, "E": 18, "F": 18, "G": 18, "H": 18, "I": 18, "J": 15,
          "K": 18}  # fmt: skip


def fill_rollforward(
    page: Page,
    result: Reconciliation,
    rows: Sequence[RollforwardRow],
    lines: Table,
    recorded: bool,
) -> None:
    """Write the roll-forward of all currencies, the main one first.

    `recorded` is whether the month before has recorded its closing.
    """
    page.add(text_cell(page.sheet, f"Roll-forward of {result.month.name}", TITLE))
    for sentence in (opening_words(result.month, recorded), *DEFINITION):
        page.say(sentence, SOFT)
    totals = in_total(rows)
    for currency in currencies_of(result, rows):
        mine = [row for row in rows if row.currency == currency]
        _Currency(page, Live(lines, currency)).fill(mine, totals[currency])
    page.colour_agreement("J")


@dataclass(frozen=True, slots=True)
class _Currency:
    """Writes the roll-forward of one currency."""

    page: Page
    live: Live

    def fill(self, rows: Sequence[RollforwardRow], total: RollforwardRow) -> None:
        """Write each revenue type and segment, then their total."""
        self.page.add()
        self._head()
        first = self.page.row + 1
        for row in rows:
            here, names = self.page.row + 1, (row.revenue_type, row.segment)
            added_up = f"C{here}+D{here}+E{here}-F{here}-G{here}"
            self._row(row, names, added_up, _comparable(row))
        added_up = f"SUM(H{first}:H{self.page.row})"
        comparable = all(map(_comparable, [*rows, total]))
        self._row(total, ("Total", ""), added_up, comparable, STRONG)
        self._recognized(total)

    def _head(self) -> None:
        sheet, right = self.page.sheet, aligned(HEAD, "right")
        titles = [SHORT[name] for name in FIGURES]
        self.page.add(
            text_cell(sheet, f"{self.live.currency}: revenue type", HEAD),
            text_cell(sheet, "Segment", HEAD),
            *(text_cell(sheet, title, right) for title in (*titles, "live formula", "agrees")),
            text_cell(sheet, SHORT["beyond_value"], right),
        )

    def _row(
        self,
        row: RollforwardRow,
        names: tuple[str, str],
        formula: str,
        comparable: bool,
        look: Look = PLAIN,
    ) -> None:
        sheet, here = self.page.sheet, self.page.row + 1
        amounts = [getattr(row, name) for name in FIGURES]
        places = max(amount_places(amount, row.currency) for amount in amounts)
        self.page.add(
            *(text_cell(sheet, name, look) for name in names),
            *(self._amount(amount, look) for amount in amounts),
            formula_cell(
                sheet,
                f"ROUND({formula},{places})",
                money.plain(row.closing, row.currency) if comparable else None,
                number_format(places),
                look,
            ),
            agreement(sheet, f"H{here}=I{here}", comparable),
            self._amount(row.beyond_value, look),
        )

    def _recognized(self, total: RollforwardRow) -> None:
        """Write the lines' recognized total, equal to that above."""
        sheet, here = self.page.sheet, self.page.row + 1
        places = amount_places(total.recognized, total.currency)
        formula = self.live.total("recognized", places)
        comparable = not (self.live.has_texts or exceeds_excel(total.recognized))
        self.page.add(
            text_cell(sheet, "Recognized, from the lines", SOFT),
            *[None] * 5,
            formula_cell(
                sheet, formula, self.live.known(total.recognized), number_format(places), SOFT
            ),
            None,
            None,
            agreement(sheet, f"G{here}=G{here - 1}", comparable),
        )

    def _amount(self, amount: int, look: Look) -> Cell:
        return amount_cell(self.page.sheet, amount, self.live.currency, look)


def _comparable(row: RollforwardRow) -> bool:
    """Whether Excel keeps every digit of a row's amounts.

    Its formula can agree only then.
    """
    return not any(exceeds_excel(getattr(row, name)) for name in FIGURES)
