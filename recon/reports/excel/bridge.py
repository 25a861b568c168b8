"""The bridge in the workbook, with a chart."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.base.result import Bucket, Cause, Reconciliation
from recon.base.text import words
from recon.reports.excel.cells import (
    COUNT_FORMAT,
    SOFT,
    STRONG,
    TITLE,
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

WIDTHS = {"A": 24, "B": 10, "C": 10, "D": 22, "E": 22, "F": 16, "G": 3, "H": 18, "I": 18}
OVER, UNDER = "F4B183", "9DC3E6"

_CAUSES = frozenset(cause.value for cause in Cause)


def fill_bridge(page: Page, result: Reconciliation, lines: Table) -> BarChart | None:
    """Write all bridges; return the chart of the main one.

    None where that one has no steps.
    """
    page.add(text_cell(page.sheet, "From expected to recognized", TITLE))
    charts = [_fill_currency(page, result, Live(lines, c)) for c in currencies(result)]
    page.colour_agreement("F")
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
    bridge.edge("Recognized", totals.recognized, end)
    return _chart(page.sheet, live.currency, head + 2, head + 1 + len(found)) if found else None


def _head(page: Page, currency: str) -> int:
    titles = ("Lines", "live", "Amount", "live formula", "agrees", "", "over", "under")
    return page.head(currency, *titles)


@dataclass(frozen=True, slots=True)
class _Bridge:
    """Writes the bridge of one currency."""

    page: Page
    live: Live

    def edge(self, label: str, amount: int, formula: str) -> None:
        """Write one of the bridge's two ends, expected or recognized."""
        sheet, row = self.page.sheet, self.page.row + 1
        shown_as = number_format(amount_places(amount, self.live.currency))
        self.page.add(
            text_cell(sheet, label, STRONG),
            None,
            None,
            amount_cell(sheet, amount, self.live.currency, STRONG),
            formula_cell(sheet, formula, shown_as, STRONG),
            agreement(sheet, f"D{row}=E{row}", self._comparable(amount)),
        )

    def step(self, step: Bucket) -> None:
        """Write a bucket and, for the chart, its amount.

        The amount stands in the chart's column of its direction.
        """
        sheet, row, where = self.page.sheet, self.page.row + 1, _criteria(step.bucket)
        places = amount_places(step.amount, self.live.currency)
        total = self.live.total("difference", places, **where)
        condition = f"AND(B{row}=C{row},D{row}=E{row})"
        drawn = amount_cell(sheet, step.amount, self.live.currency, SOFT)
        self.page.add(
            text_cell(sheet, words(step.bucket)),
            number_cell(sheet, str(step.lines)),
            formula_cell(sheet, self.live.count(**where), COUNT_FORMAT),
            amount_cell(sheet, step.amount, self.live.currency),
            formula_cell(sheet, total, number_format(places)),
            agreement(sheet, condition, self._comparable(step.amount)),
            None,
            *((drawn, None) if step.amount >= 0 else (None, drawn)),
        )

    def _comparable(self, amount: int) -> bool:
        return not (self.live.has_texts or exceeds_excel(amount))


def _criteria(bucket: str) -> dict[str, str]:
    return {"cause" if bucket in _CAUSES else "status": equal_to(bucket)}


def _chart(sheet: Sheet, currency: str, first: int, last: int) -> BarChart:
    """The bar chart of rows `first` to `last`.

    Positive amounts go to the right, negative ones to the left. It draws the reported values:
    formulas have none yet in Excel's protected view.
    """
    chart = BarChart(barDir="bar", grouping="stacked", overlap=100, gapWidth=40)
    chart.title = f"From expected to recognized, {currency}"
    categories = Reference(sheet, min_col=1, min_row=first, max_row=last)
    for column, title, color in ((8, "over", OVER), (9, "under", UNDER)):
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
