"""Figures as a PDF: A4, pages numbered, tables whole.

ReportLab writes it: wheels for every system, no library besides, 26 MB. A table that is too wide
for its page is printed smaller, and then in parts, each with the names again. Importing this module
loads ReportLab.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from reportlab.graphics.charts.barcharts import HorizontalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, Line, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from recon.base.money import SCALE
from recon.base.text import visible
from recon.kpi.result import Figures, Table
from recon.reports.figures.grid import Grid, grids
from recon.reports.figures.wording import control_lines, heading, origin

_MARGIN = 16 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_SIZES = (8.5, 7.5, 6.5)
_PADDING = 8
_LONGEST = 40  # characters of a name
_INK, _SOFT = colors.HexColor("#1f2933"), colors.HexColor("#52606d")
_RULE = colors.HexColor("#cbd2d9")
_LINES = [colors.HexColor(each) for each in ("#1f5fa8", "#c05621", "#2f855a", "#6b46c1", "#b7791f")]
_MOST_BARS = 15
_FEW = 10
# Fonts of Windows, Linux and macOS that know most letters; ReportLab brings one that knows Latin.
_FONTS = (
    ("segoeui.ttf", "segoeuib.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("Vera.ttf", "VeraBd.ttf"),
)
_PLACES = (
    Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/Library/Fonts"),
)
_PLAIN, _BOLD = "recon", "recon-bold"


def write_pdf(path: Path, title: str, parts: Sequence[Figures]) -> None:
    """Write the parts, each from a new page on."""
    _register_fonts()
    page = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN,
        bottomMargin=_MARGIN + 4 * mm, title=title, author="recon", invariant=1,
    )  # fmt: skip
    story: list[Flowable] = []
    for part in parts:
        story += [PageBreak()] if story else []
        story += _part(part)
    page.build(story, canvasmaker=partial(_Numbered, footer=title))


class _Numbered(Canvas):  # type: ignore[misc]
    """A canvas that knows the number of its pages."""

    def __init__(self, *arguments: Any, footer: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **options)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab's name
        """Keep the page until the number of all is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their numbers."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(_PLAIN, 7.5)
            self.setFillColor(_SOFT)
            self.drawString(_MARGIN, 10 * mm, _written(self._footer))
            self.drawRightString(A4[0] - _MARGIN, 10 * mm, f"{number} / {len(self._pages)}")
            super().showPage()
        super().save()


def _part(figures: Figures) -> Iterator[Flowable]:
    yield Paragraph(_escaped(heading(figures)), _style(15, bold=True))
    for note in figures.notes:
        yield Paragraph(_escaped(note), _style(9.5))
    for table in figures.tables:
        yield from _table(table)
    yield Spacer(1, 10)
    for line in [origin(figures), *control_lines(figures)]:
        yield Paragraph(_escaped(line), _style(7.5, color=_SOFT))


def _table(table: Table) -> Iterator[Flowable]:
    yield CondPageBreak(45 * mm)
    yield Spacer(1, 10)
    yield Paragraph(_escaped(table.title), _style(11, bold=True))
    if not table.rows:
        yield Paragraph(_escaped(table.empty), _style(8.5, color=_SOFT))
    elif drawing := _chart(table):
        yield drawing
    for grid in grids(table) if table.rows else ():
        yield from _grid(grid)
        yield Spacer(1, 4)
    left = [f"{table.left_out:,} more rows are not shown; the total has all."]
    for note in [*(left if table.left_out else ()), *table.notes]:
        yield Paragraph(_escaped(note), _style(7.5, color=_SOFT))


def _grid(grid: Grid) -> Iterator[Flowable]:
    """Yield a grid that fits: smaller, and then in parts."""
    texts = [[_cut(cell) for cell in row] for row in (grid.header, *grid.rows)]
    for size in _SIZES:
        widths = _widths(texts, size)
        if sum(widths) <= _WIDTH:
            yield _printed(texts, widths, size, grid)
            return
    names = sum(widths[: grid.keys])
    places = list(range(grid.keys, len(widths)))
    while places:
        taken: list[int] = []
        room = _WIDTH - names
        while places and (not taken or widths[places[0]] <= room):
            room -= widths[places[0]]
            taken.append(places.pop(0))
        chosen = [*range(grid.keys), *taken]
        part = [[row[at] for at in chosen] for row in texts]
        yield _printed(part, [widths[at] for at in chosen], _SIZES[-1], grid)
        yield Spacer(1, 4)


def _widths(texts: Sequence[Sequence[str]], size: float) -> list[float]:
    def width(text: str) -> float:
        return float(pdfmetrics.stringWidth(text, _BOLD, size)) + _PADDING

    return [max(map(width, column)) for column in zip(*texts, strict=True)]


def _printed(
    texts: Sequence[Sequence[str]], widths: Sequence[float], size: float, grid: Grid
) -> LongTable:
    last = len(texts) - 1
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), _PLAIN, size),
        ("LEADING", (0, 0), (-1, -1), size * 1.2),
        ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
        ("TEXTCOLOR", (0, 0), (-1, 0), _SOFT),
        ("ALIGN", (grid.keys, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, _RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING / 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING / 2),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    if grid.totals:
        first = last - grid.totals + 1
        style += [
            ("FONT", (0, first), (-1, last), _BOLD, size),
            ("LINEABOVE", (0, first), (-1, first), 0.5, _RULE),
        ]
    return LongTable(
        [list(row) for row in texts], colWidths=list(widths), repeatRows=1, style=style,
        hAlign="LEFT", spaceBefore=3,
    )  # fmt: skip


def _chart(table: Table) -> Drawing | None:
    """A picture of the first measure: lines or bars."""
    currencies = list(dict.fromkeys(row.currency for row in table.rows))
    names = list(dict.fromkeys(row.keys[0] for row in table.rows if row.keys))
    of = {(row.keys[0], row.currency): row.values[0] for row in table.rows if row.keys}
    series = [[(of.get((name, c)) or 0) / SCALE for name in names] for c in currencies]
    if table.chart == "line" and len(names) > 1:
        return _lines(names, series, currencies, table.columns[0].title)
    if table.chart == "bar" and 1 < len(names) <= _MOST_BARS and len(currencies) == 1:
        return _bars(names, series)
    return None


def _lines(
    names: Sequence[str], series: Sequence[Sequence[float]], currencies: Sequence[str], title: str
) -> Drawing:
    drawing = Drawing(_WIDTH, 130)
    chart = HorizontalLineChart()
    chart.x, chart.y, chart.width, chart.height = 48, 30, _WIDTH - 60, 80
    chart.data = [tuple(each) for each in series]
    chart.categoryAxis.categoryNames = [_cut(name)[:9] for name in names]
    chart.categoryAxis.labels.fontName = chart.valueAxis.labels.fontName = _PLAIN
    chart.categoryAxis.labels.fontSize = chart.valueAxis.labels.fontSize = 6.5
    chart.valueAxis.valueMin = min(0.0, *(min(each) for each in series))
    chart.valueAxis.labelTextFormat = _tick
    chart.valueAxis.gridStrokeColor, chart.valueAxis.visibleGrid = _RULE, True
    drawing.add(chart)
    left = 48.0
    for at, currency in enumerate(currencies):
        color = _LINES[at % len(_LINES)]
        chart.lines[at].strokeColor, chart.lines[at].strokeWidth = color, 1.4
        # Told apart without colour, too.
        chart.lines[at].strokeDashArray = None if at == 0 else (4, 2 * at)
        label = f"{title} {currency}".strip()
        drawing.add(Line(left, 123, left + 16, 123, strokeColor=color, strokeWidth=1.4,
                         strokeDashArray=chart.lines[at].strokeDashArray))  # fmt: skip
        drawing.add(String(left + 20, 120, label, fontName=_PLAIN, fontSize=7, fillColor=_SOFT))
        left += 34 + pdfmetrics.stringWidth(label, _PLAIN, 7)
    return drawing


def _bars(names: Sequence[str], series: Sequence[Sequence[float]]) -> Drawing:
    height = 14 * len(names)
    drawing = Drawing(_WIDTH, height + 24)
    chart = HorizontalBarChart()
    chart.x, chart.y, chart.width, chart.height = 130, 18, _WIDTH - 145, height
    chart.data = [tuple(each)[::-1] for each in series]
    chart.categoryAxis.categoryNames = [_cut(name)[:26] for name in names][::-1]
    chart.categoryAxis.labels.fontName = chart.valueAxis.labels.fontName = _PLAIN
    chart.categoryAxis.labels.fontSize = chart.valueAxis.labels.fontSize = 6.5
    chart.valueAxis.valueMin = min(0.0, *(min(each) for each in series))
    chart.valueAxis.labelTextFormat = "{:,.0f}".format
    chart.bars[0].fillColor, chart.bars[0].strokeColor = _LINES[0], None
    drawing.add(chart)
    return drawing


def _tick(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _FEW or value == 0 else f"{value:.2f}"


def _style(size: float, *, bold: bool = False, color: Any = _INK) -> ParagraphStyle:  # noqa: ANN401
    return ParagraphStyle(
        "recon", fontName=_BOLD if bold else _PLAIN, fontSize=size, leading=size * 1.3,
        textColor=color, spaceAfter=2,
    )  # fmt: skip


def _cut(text: str) -> str:
    """A text short enough for a column."""
    text = _written(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _written(text: str) -> str:
    """A text in letters that the font has, else `?`."""
    known = pdfmetrics.getFont(_PLAIN).face.charToGlyph
    return "".join(each if ord(each) in known else "?" for each in visible(text).replace("\n", " "))


def _escaped(text: str) -> str:
    """A text as ReportLab's paragraphs take it, without markup."""
    return _written(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _register_fonts() -> None:
    """Take the first font that is there."""
    if _PLAIN in pdfmetrics.getRegisteredFontNames():
        return
    import reportlab

    places = [*_PLACES, Path(reportlab.__file__).parent / "fonts"]
    for plain, bold in _FONTS:
        for place in places:
            if (place / plain).is_file() and (place / bold).is_file():
                pdfmetrics.registerFont(TTFont(_PLAIN, str(place / plain)))
                pdfmetrics.registerFont(TTFont(_BOLD, str(place / bold)))
                return
