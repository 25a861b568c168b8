"""The bridge in the workbook, with a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.cell import Cell
from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.base.result import Bucket, Cause, Reconciliation
from recon.base.text import words
from recon.reports.excel.cells import (
    COUNT_FORMAT,
    PLAIN,
    SOFT,
    STRONG,
    TITLE,
    Look,
    Page,
    amount_cell,
    amount_places,
    exceeds_excel,
    formula_cell,
    number_cell,
    number_format,
    text_cell,
)
from recon.reports.excel.live_formulas import Live, agreement, equal_to
from recon.reports.excel.tables import Table
from recon.reports.wording import currencies, steps

WIDTHS = {
    "A": 24, "B": 10, "C": 10, "D": 20, "E": 20, "F": 20, "G": 20, "H": 14, "I": 3, "J": 18,
    "K": 18,
}  # fmt: skip
OVER, UNDER = "F4B183", "9DC3E6"

_CAUSES = frozenset(cause.value for cause in Cause)


def fill_bridge(page: Page, result: Reconciliation, lines: Table) -> BarChart | None:
    """Write all bridges; return the chart of the main one.

    None where that one has no steps.
    """
    page.add(text_cell(page.sheet, "From expected to recognized", TITLE))
    charts = [_fill_currency(page, result, Live(lines, c)) for c in currencies(result)]
    page.colour_agreement("H")
    return charts[0] if charts else None


def _fill_currency(page: Page, result: Reconciliation, live: Live) -> BarChart | None:
    totals, found = result.totals[live.currency], steps(result.bridge[live.currency])
    bridge = _Bridge(page, live)
    page.add()
    head = _head(page, live.currency)
    start = live.total("expected", amount_places(totals.expected, live.currency))
    bridge.edge("Expected", totals.expected, start)
    for step in found:
        bridge.step(step)
    places = amount_places(totals.recognized, live.currency)
    end = f"ROUND(SUM(E{head + 1}:E{page.row}),{places})"
    bridge.edge("Recognized", totals.recognized, end, totals.gross_difference)
    return _chart(page.sheet, live.currency, head + 2, head + 1 + len(found)) if found else None


def _head(page: Page, currency: str) -> int:
    titles = (
        "Lines", "live", "Net", "live formula", "Gross", "live formula", "agrees", "", "over",
        "under",
    )  # fmt: skip
    return page.head(currency, *titles)


@dataclass(frozen=True, slots=True)
class _Bridge:
    """Writes the bridge of one currency."""

    page: Page
    live: Live

    def edge(self, label: str, amount: int, formula: str, gross: int | None = None) -> None:
        """Write one of the bridge's two ends, expected or recognized.

        The end has the gross difference of all lines.
        """
        sheet, row = self.page.sheet, self.page.row + 1
        self.page.add(
            text_cell(sheet, label, STRONG),
            None,
            None,
            amount_cell(sheet, amount, self.live.currency, STRONG),
            self._live(amount, formula, STRONG),
            *([None, None] if gross is None else self._gross(gross, STRONG)),
            agreement(sheet, f"AND(D{row}=E{row},F{row}=G{row})", self._comparable(amount)),
        )

    def step(self, step: Bucket) -> None:
        """Write a bucket and, for the chart, its amount.

        The amount stands in the chart's column of its direction.
        """
        sheet, row, where = self.page.sheet, self.page.row + 1, _criteria(step.bucket)
        places = amount_places(step.amount, self.live.currency)
        condition = f"AND(B{row}=C{row},D{row}=E{row},F{row}=G{row})"
        drawn = amount_cell(sheet, step.amount, self.live.currency, SOFT)
        self.page.add(
            text_cell(sheet, words(step.bucket)),
            number_cell(sheet, str(step.lines)),
            formula_cell(sheet, self.live.count(**where), str(step.lines), COUNT_FORMAT),
            amount_cell(sheet, step.amount, self.live.currency),
            self._live(step.amount, self.live.total("difference", places, **where)),
            *self._gross(step.gross, PLAIN, **where),
            agreement(sheet, condition, self._comparable(step.amount, step.gross)),
            None,
            *((drawn, None) if step.amount >= 0 else (None, drawn)),
        )

    def _gross(self, gross: int, look: Look, **where: str) -> Iterator[Cell]:
        places = amount_places(gross, self.live.currency)
        yield amount_cell(self.page.sheet, gross, self.live.currency, look)
        yield self._live(gross, self.live.gross(places, **where), look)

    def _live(self, amount: int, formula: str, look: Look = PLAIN) -> Cell:
        shown_as = number_format(amount_places(amount, self.live.currency))
        return formula_cell(self.page.sheet, formula, self.live.known(amount), shown_as, look)

    def _comparable(self, *amounts: int) -> bool:
        return not (self.live.has_texts or any(map(exceeds_excel, amounts)))


def _criteria(bucket: str) -> dict[str, str]:
    return {"cause" if bucket in _CAUSES else "status": equal_to(words(bucket))}


def _chart(sheet: Sheet, currency: str, first: int, last: int) -> BarChart:
    """The bar chart of rows `first` to `last`.

    Positive amounts go to the right, negative ones to the left. It draws the reported values.
    """
    chart = BarChart(barDir="bar", grouping="stacked", overlap=100, gapWidth=40)
    chart.title = f"From expected to recognized, {currency}"
    categories = Reference(sheet, min_col=1, min_row=first, max_row=last)
    for column, title, color in ((10, "over", OVER), (11, "under", UNDER)):
        series = Series(Reference(sheet, min_col=column, min_row=first, max_row=last), title=title)
        series.graphicalProperties.solidFill = color
        series.invertIfNegative = False
        series.dLbls = _labels(currency)
        chart.series.append(series)
    chart.set_categories(categories)
    # The first step on top; names left of all bars, also of those to the left.
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.delete = False
    chart.y_axis.delete = True
    chart.y_axis.majorGridlines = None
    if chart.title:
        chart.title.overlay = False
    chart.legend.position = "b"
    chart.width, chart.height = 22, 4 + 0.75 * (last - first + 1)
    return chart


def _labels(currency: str) -> DataLabelList:
    return DataLabelList(
        numFmt=number_format(money.decimals(currency)),
        showVal=True,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        showBubbleSize=False,
    )
