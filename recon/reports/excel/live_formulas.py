"""Live formulas over the lines: each figure twice, in agreement.

As recon counted it, and as a formula that Excel computes from the lines; a third cell says
whether the two agree, so that a reader need not take recon's word for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.reports.excel.cells import PLAIN, aligned, formula_cell, text_cell
from recon.reports.excel.tables import Table

SOME_TEXT = '"?*"'


@dataclass(frozen=True, slots=True)
class Live:
    """Formulas over a currency's lines, on all their sheets.

    `where` maps columns to the criteria of SUMIFS, as `equal_to` gives them.
    """

    lines: Table
    currency: str

    @property
    def has_texts(self) -> bool:
        """Whether an amount of the currency exceeds Excel's digits.

        No live sum can agree then.
        """
        return self.currency in self.lines.beyond

    def total(self, column: str, places: int, **where: str) -> str:
        """The formula of a column's sum."""
        return f"ROUND({self._sum(column, where)},{places})"

    def gross(self, places: int, **where: str) -> str:
        """The formula of the sum of absolute differences."""
        over = self._sum("difference", {"difference": '">0"', **where})
        under = self._sum("difference", {"difference": '"<0"', **where})
        return f"ROUND({over}-({under}),{places})"

    def known(self, amount: int) -> str | None:
        """The value of a formula, if Excel keeps it."""
        return None if self.has_texts else money.plain(amount, self.currency)

    def count(self, **where: str) -> str:
        """The formula of how many lines meet the criteria."""
        counts = (f"COUNTIFS({self._criteria(n, where)})" for n in self._sheets())
        return "+".join(counts)

    def _sum(self, column: str, where: dict[str, str]) -> str:
        sums = (
            f"SUMIFS({self._cells(n, column)},{self._criteria(n, where)})" for n in self._sheets()
        )
        return "+".join(sums)

    def _sheets(self) -> range:
        return range(len(self.lines.parts))

    def _criteria(self, sheet: int, where: dict[str, str]) -> str:
        tests = {"currency": equal_to(self.currency), **where}
        return ",".join(f"{self._cells(sheet, column)},{test}" for column, test in tests.items())

    def _cells(self, sheet: int, column: str) -> str:
        part, letter = self.lines.parts[sheet], self.lines.letter(column)
        return f"'{part.sheet.title}'!${letter}$2:${letter}${max(part.rows, 1) + 1}"


def equal_to(text: str) -> str:
    """The criterion that holds for just this text."""
    for special in "~*?":
        text = text.replace(special, f"~{special}")
    return '"={}"'.format(text.replace('"', '""'))


def agreement(sheet: Sheet, condition: str, comparable: bool = True) -> Cell:
    """A cell with yes or NO, or why neither."""
    if not comparable:
        return text_cell(sheet, "over 15 digits", aligned(PLAIN, "right"))
    # It is what recon has tied, and what the formula finds again.
    return formula_cell(sheet, f'IF({condition},"yes","NO")', "yes", look=aligned(PLAIN, "right"))
