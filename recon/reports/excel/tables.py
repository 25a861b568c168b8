"""The workbook's long tables, in little memory and time.

openpyxl takes about 8 microseconds a cell, three minutes for a million lines. So it writes the
sheets with their header rows only, and the rows go beside them into a spool file, as the XML that
openpyxl itself would write; `assemble` puts the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from html import escape
from io import BytesIO
from itertools import chain, islice, repeat
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from recon.base import money
from recon.base.text import words
from recon.reports.excel.cells import (
    BANNER,
    COUNT_FORMAT,
    HEAD,
    RATE_FORMAT,
    Page,
    aligned,
    blank_cell,
    clean,
    exceeds_excel,
    number_format,
    rate_number,
    set_up_page,
    text_cell,
    word_rules,
)

ROWS_A_SHEET = 1_000_000
LONGEST_TEXT = 32_767
HIGHEST_ROW = 409
BLOCK = 1 << 20
ROWS_AT_ONCE = 1_000

_END = b"</sheetData>"
# As openpyxl writes a formula: <c r="C4" s="1"><f>…</f><v /></c>.
_FORMULA = re.compile(rb'(<c r="([A-Z]+\d+)"[^>]*)>(<f>[^<]*</f>)<v ?/></c>')
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ARROW = 5
_COLOURED = ("status", "severity")

Row = Sequence[object]
# What follows `<c r="A1` for a value in a currency, '' for a cell that is left out.
Writer = Callable[[object, str], str]


class Kind(Enum):
    """The type of a column's cells."""

    TEXT = "text"
    WORDS = "words"
    WRAPPED = "wrapped"
    COUNT = "count"
    RATE = "rate"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    width: int
    kind: Kind = Kind.TEXT

    @property
    def title(self) -> str:
        """The header: the column's name in words."""
        return words(self.name).capitalize()

    @property
    def shown_width(self) -> int:
        """The width that shows the header beside its arrow."""
        return max(self.width, len(self.title) + _ARROW)


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet's rows as XML, `size` bytes from `start`."""

    sheet: Sheet
    rows: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table on its sheets; amounts of `beyond` are texts."""

    columns: Sequence[Column]
    parts: Sequence[SheetPart]
    beyond: frozenset[str]

    def letter(self, name: str) -> str:
        """The letter of a column."""
        return _letters(self.columns)[[column.name for column in self.columns].index(name)]


@dataclass
class Tables:
    """Writes the tables of a workbook."""

    book: Workbook
    spool: BinaryIO
    footer: str
    rows_a_sheet: int = ROWS_A_SHEET
    parts: list[SheetPart] = field(default_factory=list)

    def add(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Iterable[Row],
        printed: int = 0,
        note: str = "",
        on_paper: bool = True,
    ) -> Table:
        """Write a table and return its place.

        Its sheets are `title`, `title 2` and so on. Rows hold ten-thousandths in amount columns, in
        the currency of their `currency` column; texts like `97.31%` or n/a in rate columns. On
        paper come the first `printed` columns, or all; the header alone without `on_paper`. A
        `note` stands in a row of its own above the header.
        """
        beyond: set[str] = set()
        rest, parts = iter(rows), list[SheetPart]()
        first: Row | None = next(rest, None)
        while first is not None or not parts:
            name = f"{title} {len(parts) + 1}" if parts else title
            some = chain([] if first is None else [first], islice(rest, self.rows_a_sheet - 1))
            parts.append(self._write_sheet(name, columns, some, beyond, note))
            first = next(rest, None)
        for part in parts if printed else ():
            last = part.rows + (2 if note else 1)
            part.sheet.print_area = f"A1:{get_column_letter(printed)}{last}"
        for part in () if on_paper else parts:
            part.sheet.print_area = f"A1:{get_column_letter(len(columns))}1"
        self.parts += parts
        return Table(columns, parts, frozenset(beyond))

    def abandon(self) -> None:
        """Close the sheets of a workbook that is not saved."""
        # openpyxl would do it when they are garbage, in any order, and complain on stderr.
        for sheet in self.book.worksheets:
            with suppress(OSError):
                sheet.close()

    def _write_sheet(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Iterable[Row],
        beyond: set[str],
        note: str,
    ) -> SheetPart:
        sheet: Sheet = self.book.create_sheet(title)
        head = 2 if note else 1
        _set_up_sheet(sheet, columns, self.footer, head)
        if note:
            sheet.append([text_cell(sheet, note, BANNER), *_banner(sheet, len(columns) - 1)])
        sheet.append([_head_cell(sheet, column) for column in columns])
        start, written = self.spool.tell(), 0
        writers = _writers(sheet, columns, beyond)
        for number, lines in _rows_xml(columns, rows, writers, head + 1):
            self.spool.write(lines)
            written += number
        letters = _letters(columns)
        sheet.auto_filter.ref = f"A{head}:{letters[-1]}{written + head}"
        for letter, column in zip(letters, columns, strict=True):
            for rule in word_rules() if column.name in _COLOURED else ():
                cells = f"{letter}{head + 1}:{letter}{written + head + 1}"
                sheet.conditional_formatting.add(cells, rule)
        return SheetPart(sheet, written, start, self.spool.tell() - start)


def assemble(tables: Tables, target: Path, pages: Sequence[Page] = ()) -> None:
    """Write the workbook with the spooled rows in its sheets.

    The formulas of the pages get the values that are known.
    """
    shell = BytesIO()
    tables.book.save(shell)
    known = {page.sheet.path.removeprefix("/"): page.known for page in pages}
    parts = {part.sheet.path.removeprefix("/"): part for part in tables.parts}
    with ZipFile(shell) as source, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=2) as package:
        for item in source.infolist():
            content = source.read(item)
            if part := parts.get(item.filename):
                _insert_rows(package, item.filename, content, tables.spool, part)
            else:
                values = known.get(item.filename, {})
                package.writestr(item, _with_values(content, values) if values else content)


def _with_values(content: bytes, known: Mapping[str, str]) -> bytes:
    """A sheet whose formulas have their values."""

    def filled(found: re.Match[bytes]) -> bytes:
        begin, name, formula = found.groups()
        value = known.get(name.decode())
        if value is None:
            return found[0]
        kind = b"" if _NUMBER.fullmatch(value) else b' t="str"'
        return b"%s%s>%s<v>%s</v></c>" % (begin, kind, formula, escape(value).encode())

    return _FORMULA.sub(filled, content)


def _insert_rows(
    package: ZipFile, name: str, content: bytes, spool: BinaryIO, part: SheetPart
) -> None:
    head, tail = content.split(_END)
    # By its name: an entry of our own would be compressed as far as possible, which takes longer.
    with package.open(name, "w", force_zip64=True) as sheet:
        sheet.write(head)
        spool.seek(part.start)
        left = part.size
        while left:
            block = spool.read(min(left, BLOCK))
            sheet.write(block)
            left -= len(block)
        sheet.write(_END + tail)


def _set_up_sheet(sheet: Sheet, columns: Sequence[Column], footer: str, head: int) -> None:
    set_up_page(sheet, footer)
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"1:{head}"
    for letter, column in zip(_letters(columns), columns, strict=True):
        sheet.column_dimensions[letter].width = column.shown_width


def _banner(sheet: Sheet, columns: int) -> list[Cell]:
    return [blank_cell(sheet, BANNER) for _ in range(columns)]


def _head_cell(sheet: Sheet, column: Column) -> Cell:
    text = column.kind in (Kind.TEXT, Kind.WORDS, Kind.WRAPPED)
    return text_cell(sheet, column.title, HEAD if text else aligned(HEAD, "right", indent=1))


def _letters(columns: Sequence[Column]) -> list[str]:
    return [get_column_letter(number) for number in range(1, len(columns) + 1)]


def _rows_xml(
    columns: Sequence[Column], rows: Iterable[Row], writers: Sequence[Writer], first: int
) -> Iterator[tuple[int, bytes]]:
    """The rows as XML, in batches with their count."""
    begins = [f'<c r="{letter}' for letter in _letters(columns)]
    names = [column.name for column in columns]
    currency_at = names.index("currency") if "currency" in names else 0
    wrapped = [(n, c.shown_width) for n, c in enumerate(columns) if c.kind is Kind.WRAPPED]
    rest = iter(rows)
    # By the column: what repeats from line to line is then looked up without a step of Python.
    while some := list(islice(rest, ROWS_AT_ONCE)):
        by_column = list(zip(*some, strict=True))
        currencies = list(map(str, by_column[currency_at]))
        cells = zip(*map(map, writers, by_column, repeat(currencies)), strict=True)
        heights = (_height(row, wrapped) for row in some) if wrapped else repeat("")
        numbers = range(first, first + len(some))
        first += len(some)
        lines = map(_row_xml, numbers, repeat(begins), cells, heights)
        yield len(some), "".join(lines).encode()


def _row_xml(number: int, begins: Sequence[str], cells: Iterable[str], height: str) -> str:
    text = str(number)
    found = "".join(
        [begin + text + cell for begin, cell in zip(begins, cells, strict=True) if cell]
    )
    return f'<row r="{text}"{height}>{found}</row>'


def _height(row: Row, wrapped: Sequence[tuple[int, int]]) -> str:
    """The height of a row whose texts wrap."""
    lines = max(-(-len(str(row[place])) // width) for place, width in wrapped)
    return f' ht="{min(15 * lines, HIGHEST_ROW)}" customHeight="1"' if lines > 1 else ""


def _writers(sheet: Sheet, columns: Sequence[Column], beyond: set[str]) -> list[Writer]:
    """The writers of the columns, which may add to `beyond`."""
    right = _style(sheet, "@", horizontal="right")
    # The underscore keeps a number off the text in the next column.
    styles = {places: _style(sheet, f"{number_format(places)}_)") for places in (0, 2, 3, 4)}
    rate_style, count_style = _style(sheet, f"{RATE_FORMAT}_)"), _style(sheet, f"{COUNT_FORMAT}_)")

    def amount(value: object, currency: str) -> str:
        units = int(str(value))
        if exceeds_excel(units):
            beyond.add(currency)
            return _text_xml(money.pretty(units, currency), right)
        plain = money.plain(units, currency)
        return _number_xml(plain, styles[len(plain.partition(".")[2])])

    def rate(value: object, _: str) -> str:
        number = rate_number(str(value))
        return _text_xml(str(value), right) if number is None else _number_xml(number, rate_style)

    top = _style(sheet, "@")
    by_kind: dict[Kind, Writer] = {
        Kind.TEXT: _text_writer(top),
        Kind.WORDS: lambda value, _: _text_xml(words(str(value)), top),
        Kind.WRAPPED: _text_writer(_style(sheet, "@", wrap=True)),
        Kind.COUNT: lambda value, _: _number_xml(str(value), count_style),
        Kind.RATE: rate,
        Kind.AMOUNT: amount,
    }
    # Types, names and amounts repeat from line to line.
    found = {kind: lru_cache(maxsize=1 << 14)(_unless_blank(by_kind[kind])) for kind in by_kind}
    return [found[column.kind] for column in columns]


def _unless_blank(writer: Writer) -> Writer:
    return lambda value, currency: "" if value in (None, "") else writer(value, currency)


def _text_writer(style: int) -> Writer:
    return lambda value, _: _text_xml(str(value), style)


def _text_xml(text: str, style: int) -> str:
    escaped = escape(clean(text[:LONGEST_TEXT]), quote=False).replace("\r", "&#13;")
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'" s="{style}" t="inlineStr"><is><t{space}>{escaped}</t></is></c>'


def _number_xml(plain: str, style: int) -> str:
    return f'" s="{style}"><v>{plain}</v></c>'


def _style(sheet: Sheet, shown_as: str, horizontal: str | None = None, wrap: bool = False) -> int:
    """The number under which the workbook knows a style."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = shown_as
    cell.alignment = Alignment(horizontal=horizontal, vertical="top", wrap_text=wrap or None)
    return int(cell.style_id)
