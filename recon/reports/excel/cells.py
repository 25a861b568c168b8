"""The workbook's cells: texts, exact amounts, formulas and their looks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.base.events import Severity
from recon.base.result import Status

EXCEL_DIGITS = 15
_FEW_DIGITS = 10**EXCEL_DIGITS
A4 = 9
LINE_LENGTH = 90
RATE_FORMAT = "0.00%"
COUNT_FORMAT = "#,##0"

# What XML 1.0 cannot carry: control characters, halves of surrogate pairs, two non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Excel reads _x0041_ as the letter A; an escaped underscore keeps it as it is.
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks."""

    font: Font | None = None
    fill: PatternFill | None = None
    alignment: Alignment | None = None


def _font(size: int = 11, bold: bool = False, color: str = "000000") -> Font:
    return Font(name="Calibri", size=size, bold=bold, color=color)


def _filled(color: str, ink: str, bold: bool = False) -> Look:
    return Look(_font(color=ink, bold=bold), PatternFill("solid", fgColor=color))


def aligned(look: Look, horizontal: str, indent: int = 0) -> Look:
    """A look with another alignment and an indent in letters."""
    alignment = Alignment(horizontal=horizontal, vertical="top", indent=indent)
    return replace(look, alignment=alignment)


PLAIN = Look()
TITLE = Look(_font(size=16, bold=True))
STRONG = Look(_font(bold=True))
FIELD = Look(fill=PatternFill("solid", fgColor="F2F2F2"))
SOFT = Look(_font(color="595959"))
HEAD = _filled("1F3864", "FFFFFF", bold=True)
BANNER = _filled("BDD7EE", "000000", bold=True)
GOOD = _filled("C6EFCE", "006100")
SEVERITY_LOOKS: Mapping[Severity, Look] = {
    Severity.WARNING: _filled("FFEB9C", "5F4B00"),
    Severity.HIGH: _filled("F4B183", "5A2A00"),
    Severity.CRITICAL: _filled("C00000", "FFFFFF", bold=True),
}


def rule(word: str, look: Look) -> Rule:
    """The conditional format that colours the cells with a word."""
    font, fill = look.font or Font(), look.fill or PatternFill()
    style = DifferentialStyle(
        font=Font(color=font.color, bold=font.bold),
        # What is the foreground of a cell's fill is the background of a conditional format's.
        fill=PatternFill("solid", bgColor=fill.fgColor),
    )
    return Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=style)


def word_rules() -> list[Rule]:
    """The colours of severities and of matched lines."""
    rules = [rule(severity.word, look) for severity, look in SEVERITY_LOOKS.items()]
    return [*rules, rule(Status.MATCHED.value, GOOD)]


def clean(text: str) -> str:
    """A text as Excel can hold it.

    A replacement mark takes the place of any other character.
    """
    return _ESCAPED.sub("_x005F_", _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text))


def exceeds_excel(amount: int) -> bool:
    """Whether an amount has more significant digits than Excel keeps."""
    return abs(amount) >= _FEW_DIGITS and len(str(abs(amount)).rstrip("0")) > EXCEL_DIGITS


def number_format(places: int) -> str:
    """The number format of amounts with so many decimals."""
    return f"#,##0.{'0' * places}" if places else COUNT_FORMAT


def amount_places(amount: int, currency: str) -> int:
    """The decimals that show an amount completely.

    Those of the currency, or four.
    """
    fine = amount % money.minor_unit(currency) != 0
    return 4 if fine else money.decimals(currency)


def text_cell(sheet: Sheet, text: str, look: Look = PLAIN) -> Cell:
    """A text cell that never turns into a formula."""
    cell = _dressed(WriteOnlyCell(sheet, clean(text)), look)
    cell.data_type = "s"
    return cell


def blank_cell(sheet: Sheet, look: Look) -> Cell:
    """A cell with nothing but its look."""
    return _dressed(WriteOnlyCell(sheet), look)


def amount_cell(sheet: Sheet, amount: int, currency: str, look: Look = PLAIN) -> Cell:
    """A cell with an exact amount.

    It is text where the amount has more digits than Excel keeps.
    """
    if exceeds_excel(amount):
        return text_cell(sheet, money.pretty(amount, currency), aligned(look, "right"))
    places = amount_places(amount, currency)
    return number_cell(sheet, money.plain(amount, currency), number_format(places), look)


def number_cell(sheet: Sheet, plain: str, shown_as: str = COUNT_FORMAT, look: Look = PLAIN) -> Cell:
    """A cell with a plainly written number, like `-1234.50`."""
    # openpyxl prints a number through a float, 0.07 as 0.07000000000000001; a text stays exact.
    cell = _dressed(WriteOnlyCell(sheet, plain), look)
    cell.data_type = "n"
    cell.number_format = shown_as
    return cell


def rate_cell(sheet: Sheet, rate: str) -> Cell:
    """A cell with a percentage like `97.31%`, or n/a."""
    plain = rate_number(rate)
    if plain is None:
        return text_cell(sheet, rate, aligned(PLAIN, "right"))
    return number_cell(sheet, plain, RATE_FORMAT)


def rate_number(rate: str) -> str | None:
    """A percentage as a number: `0.9731`, None for n/a."""
    if not rate.endswith("%"):
        return None
    return f"{Decimal(rate[:-1].replace(',', '')).scaleb(-2):f}"


class FormulaCell(Cell):
    """A formula with its value, for readers that compute none.

    `known` is a number as it is plainly written, or a text; None where no value is known. Mail
    previews, Excel's Protected View and most programs show the stored value of a formula; Excel
    itself computes all of them when it opens the workbook.
    """

    __slots__ = ("known",)

    def __init__(self, sheet: Sheet, formula: str, known: str | None) -> None:
        super().__init__(sheet, column=1, row=1, value=formula)
        self.known = known


def formula_cell(
    sheet: Sheet,
    formula: str,
    known: str | None,
    shown_as: str = "General",
    look: Look = PLAIN,
) -> Cell:
    """A cell with a formula, without its equals sign."""
    cell = _dressed(FormulaCell(sheet, f"={formula}", known), look)
    cell.number_format = shown_as
    return cell


def _dressed(cell: Cell, look: Look) -> Cell:
    if look.font:
        cell.font = look.font
    if look.fill:
        cell.fill = look.fill
    if look.alignment:
        cell.alignment = look.alignment
    return cell


def set_up_page(sheet: Sheet, footer: str) -> None:
    """Set a sheet to print landscape, fitted to the paper.

    It gets a footer with page numbers.
    """
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    # One without a text counts as none.
    if (line := sheet.oddFooter) is not None:
        line.left.text = footer
        line.right.text = "&P / &N"


class Page:
    """A sheet for people, filled row by row."""

    def __init__(self, sheet: Sheet, widths: Mapping[str, int], footer: str) -> None:
        set_up_page(sheet, footer)
        sheet.sheet_view.showGridLines = False
        for letter, width in widths.items():
            sheet.column_dimensions[letter].width = width
        self.sheet = sheet
        self.row = 0
        self.known: dict[str, str] = {}  # the values of formulas, by the names of their cells

    def add(self, *cells: Cell | None) -> int:
        """Add a row and return its number."""
        self.sheet.append(list(cells))
        self.row += 1
        for number, cell in enumerate(cells, 1):
            if isinstance(cell, FormulaCell) and cell.known is not None:
                self.known[f"{get_column_letter(number)}{self.row}"] = cell.known
        return self.row

    def say(self, text: str, look: Look = PLAIN, columns: int = 1) -> None:
        """Add a text over some columns that look alike.

        It takes as many rows as it needs.
        """
        for line in textwrap.wrap(text, LINE_LENGTH):
            blanks = (blank_cell(self.sheet, look) for _ in range(columns - 1))
            self.add(text_cell(self.sheet, line, look), *blanks)

    def head(self, name: str, *titles: str) -> int:
        """Add a row of column titles and return its number.

        The first title is aligned left.
        """
        sheet, right = self.sheet, aligned(HEAD, "right")
        return self.add(text_cell(sheet, name, HEAD), *(text_cell(sheet, t, right) for t in titles))

    def colour_agreement(self, letter: str) -> None:
        """Colour the words yes and NO in a column."""
        cells = f"{letter}1:{letter}{self.row}"
        self.sheet.conditional_formatting.add(cells, rule("yes", GOOD))
        self.sheet.conditional_formatting.add(cells, rule("NO", SEVERITY_LOOKS[Severity.CRITICAL]))
