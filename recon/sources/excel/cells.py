"""Rows of a worksheet, each cell as CSV writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree as ET

from recon.sources.excel.package import Sheet, Workbook, blocks, spoken, text

# How nearly every cell is written: its column, its attributes, formula, value, own text.
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})\d+"([^>/]*)(?:/>|>(<f(?:/>|[^>]*/>|[^>]*>[^<]*</f>))?'
    rb"(?:<v(?:/>|>([^<]*)</v>))?(?:<is><t(?: [^>]*)?>([^<]*)</t></is>)?</c>)"
)
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_NUMBER = re.compile(rb' r="(\d+)"')
_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
# What a sheet of Excel has at the most.
_ROWS, _COLUMNS = 1 << 20, 1 << 14
# Column letters, attributes, formula, value, own text.
_Cell = tuple[bytes, bytes, bytes, bytes, bytes]
_Writer = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as Excel numbers it, from column A on."""

    number: int
    hidden: bool
    cells: list[bytes]


def rows(book: Workbook, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a sheet that have cells.

    Raises ValueError, KeyError and others where the workbook is damaged.
    """
    writer = _Cells(book)
    at = 0
    for piece in blocks(book.archive, sheet.part, "row"):
        begin = piece.rfind(b"<row")
        if begin < 0:
            continue
        end = piece.index(b">", begin) + 1
        tag = piece[begin:end]
        found = _NUMBER.search(tag)
        at = int(found[1]) if found else at + 1 + piece.count(b"<row", 0, begin)
        if at > _ROWS:
            raise ValueError(at)
        if not tag.endswith(b"/>"):
            yield Row(at, bool(_HIDDEN.search(tag)), writer.row(piece[end:]))


class _Cells:
    """The cells of a workbook as CSV."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.writers: dict[bytes, _Writer] = {}
        self.places: dict[bytes, int] = {}

    def row(self, xml: bytes) -> list[bytes]:
        """The cells of a row, from its XML."""
        found: list[_Cell] = _CELL.findall(xml)
        if len(found) != xml.count(b"<c ") + xml.count(b"<c>"):
            found = _parsed(xml)
        cells: list[bytes] = []
        for letters, attributes, formula, value, own in found:
            place = self.places.get(letters)
            if place is None:
                place = self.places[letters] = _place(letters)
            if place > len(cells):
                cells += [b""] * (place - len(cells))
            elif place < len(cells):
                raise ValueError(letters)
            if value or own or formula:
                writer = self.writers.get(attributes) or self._writer(attributes)
                cells.append(text(own) if own else writer(value, formula))
            else:
                cells.append(b"")
        return cells

    def _writer(self, attributes: bytes) -> _Writer:
        given = dict(_ATTRIBUTE.findall(attributes))
        made = _of_kind(self.book, given.get(b"t", b"n"), given.get(b"s", b"0"))
        self.writers[attributes] = made
        return made


def _of_kind(book: Workbook, kind: bytes, style: bytes) -> _Writer:
    """The writer of a kind of cell.

    It makes CSV of value and formula.
    """
    if kind == b"s":
        texts = book.texts
        return lambda value, _: texts[int(value)] if value else b""
    if kind == b"str":
        return lambda value, _: text(value)
    if kind == b"b":
        return lambda value, _: b"TRUE" if value == b"1" else b"FALSE"
    if kind in (b"e", b"inlineStr"):
        return lambda value, _: text(value)
    if kind == b"d":
        return lambda value, _: value.removesuffix(b"T00:00:00")
    convert = book.converters.get(style, book.number)
    return lambda value, formula: convert(value) if value else _unreckoned(formula)


def _unreckoned(formula: bytes) -> bytes:
    """A formula whose result no program has stored."""
    found = re.search(rb">([^<]*)</f>", formula)
    return text(b"=" + (found[1] if found else b"?"))


def _place(letters: bytes) -> int:
    """A column's place, from 0."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    if place > _COLUMNS:
        raise ValueError(letters)
    return place - 1


def _parsed(xml: bytes) -> list[_Cell]:
    """The cells of a row with unusual XML."""
    found: list[_Cell] = []
    place = -1
    for cell in ET.fromstring(b"<row>" + xml + b"</row>"):  # noqa: S314
        letters = re.sub(r"[^A-Z]", "", cell.get("r", ""))
        place = _place(letters.encode()) if letters else place + 1
        attributes = f's="{cell.get("s", "0")}" t="{cell.get("t", "n")}"'.encode()
        formula, own = cell.find("f"), cell.find("is")
        value = (cell.findtext("v") or "") if own is None else spoken(own)
        told = (
            b"" if formula is None else f"<f>{escape(formula.text or '', quote=False)}</f>".encode()
        )
        found.append((_letters(place), attributes, told, escape(value, quote=False).encode(), b""))
    return found


def _letters(place: int) -> bytes:
    """The letters of a column, from 0."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters.encode()
