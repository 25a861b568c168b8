"""Workbook: its sheets, number formats and shared texts.

An `.xlsx` file is a ZIP archive of XML parts.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET
from xml.parsers import expat

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.sources.excel.formats import Converter, amount, dated, is_date, number, shown_with_zeros

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BLOCK = 1 << 18
# No row or text is longer in XML; and no part of this size is so empty that it shrinks like this.
_LONGEST, _LARGE, _SHRINKS = 32 << 20, 1 << 30, 250
# Between the cells of a row as CSV; Excel has no text with it.
SEPARATOR = "\x1f"
# What Excel calls its old formats and its protected files, in the directory of an OLE file.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: its name, its part, whether people see it."""

    name: str
    part: str
    visible: bool


@dataclass(frozen=True)
class Workbook:
    """An open workbook.

    `decimal` is the sign before the decimals of its texts, in which numbers are written, too.
    """

    path: Path
    archive: zipfile.ZipFile
    decimal: str = "."

    def number(self, raw: bytes) -> bytes:
        """The text of a cell that is just a number."""
        if raw.isdigit():
            return number(raw)
        return amount(raw) if self.decimal == "." else number(raw).replace(b".", b",")

    @cached_property
    def _main(self) -> tuple[str, ET.Element]:
        parts = _related(self.archive, "")
        part = next((target for kind, target in parts.values() if kind == "officeDocument"), "")
        if part.endswith(".bin"):
            raise SourceDataError(
                f"{self.path} is a binary workbook (.xlsb); open it in Excel and save it as .xlsx."
            )
        if part not in self.archive.namelist():
            if "mimetype" in self.archive.namelist():
                raise SourceDataError(
                    f"{self.path} is a spreadsheet of LibreOffice or OpenOffice (.ods); open it "
                    "there and save it as .xlsx or CSV."
                )
            raise SourceDataError(
                f"{self.path} is an archive, but no Excel workbook; save it as .xlsx, CSV or "
                "Parquet."
            )
        return part, _xml(self.archive, part)

    @cached_property
    def sheets(self) -> Sequence[Sheet]:
        """The worksheets, in the order of their tabs."""
        part, root = self._main
        related = _related(self.archive, part)
        found = []
        for sheet in _named(root, "sheet"):
            of = next((value for key, value in sheet.items() if key.endswith("}id")), "")
            kind, target = related.get(of, ("", ""))
            if kind == "worksheet":
                visible = sheet.get("state", "visible") == "visible"
                found.append(Sheet(sheet.get("name", ""), target, visible))
        return found

    @cached_property
    def since_1904(self) -> bool:
        """Whether days are counted from 1904."""
        told = next(_named(self._main[1], "workbookPr"), None)
        return told is not None and told.get("date1904", "0") in ("1", "true")

    @cached_property
    def converters(self) -> Mapping[bytes, Converter]:
        """By style, the text of special numbers."""
        part = self._part("styles")
        if part is None:
            return {}
        root = _xml(self.archive, part)
        codes = {
            int(found.get("numFmtId", "0")): unescape(found.get("formatCode", ""))
            for found in _named(root, "numFmt")
        }
        styles = next(_named(root, "cellXfs"), ET.Element("none"))
        day = dated(self.since_1904)
        made: dict[bytes, Converter] = {}
        for at, style in enumerate(styles):
            of = int(style.get("numFmtId", "0"))
            code = codes.get(of, "").split(";")[0]
            converter = day if is_date(of, code) else shown_with_zeros(code)
            if converter:
                made[str(at).encode()] = converter
        return made

    @cached_property
    def texts(self) -> Sequence[bytes]:
        """The texts that cells share, as CSV writes them."""
        part = self._part("sharedStrings")
        return list(_shared(self.archive, part)) if part else []

    def _part(self, kind: str) -> str | None:
        related = _related(self.archive, self._main[0]).values()
        return next((part for of, part in related if of == kind), None)


@contextmanager
def workbook(path: Path, decimal: str | None = None) -> Iterator[Workbook]:
    """Yield a workbook, open to be read.

    Raises SourceDataError where it is none or is damaged, SourceUnreachable where it cannot be
    opened.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(OLE)) == OLE:
                raise _old_or_protected(path, file)
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(path, archive)
            yield Workbook(path, archive, decimal or ".")
    except PermissionError as error:
        raise SourceUnreachable(
            f"{path} cannot be read ({error.strerror}); close it in Excel, check that you may read "
            "it, and run again."
        ) from error
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be read ({error.strerror}); check that it is readable and run again."
        ) from error
    except (
        zipfile.BadZipFile, zlib.error, EOFError, KeyError, IndexError, RuntimeError,
        NotImplementedError, ET.ParseError, expat.ExpatError, ValueError,
    ) as error:  # fmt: skip
        raise SourceDataError(
            f"{path} is damaged, or not complete, and cannot be read as a workbook; open it in "
            "Excel and save it again."
        ) from error


def _refuse_bombs(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise SourceDataError where parts unpack to absurd sizes."""
    for part in archive.infolist():
        if part.file_size > max(_LARGE, part.compress_size * _SHRINKS):
            raise SourceDataError(
                f"{path} would unpack to {part.file_size >> 30} GB, far more than a workbook of "
                "its size holds; export it again."
            )


def _old_or_protected(path: Path, file: IO[bytes]) -> SourceDataError:
    tail = b""
    while block := file.read(BLOCK):
        if _ENCRYPTED in tail + block:
            return SourceDataError(
                f"{path} is protected by a password; save it without one (in Excel: File, Info, "
                "Protect Workbook, Encrypt with Password, leave it empty)."
            )
        tail = block[-len(_ENCRYPTED) :]
    return SourceDataError(
        f"{path} is a workbook of Excel 97-2003 (.xls); open it in Excel and save it as .xlsx."
    )


def _xml(archive: zipfile.ZipFile, part: str) -> ET.Element:
    # The files are those of the own books; expat itself stops what would grow without end.
    return ET.fromstring(archive.read(part))  # noqa: S314


def _named(root: ET.Element, local: str) -> Iterator[ET.Element]:
    """Elements of a name, whatever their namespace."""
    return (found for found in root.iter() if found.tag.rpartition("}")[2] == local)


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Kind and name of related parts, by id."""
    folder, _, file = part.rpartition("/")
    listed = f"{folder}/_rels/{file}.rels" if part else "_rels/.rels"
    if listed not in archive.namelist():
        return {}
    found = {}
    for related in _named(_xml(archive, listed), "Relationship"):
        target = related.get("Target", "")
        at = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        kind = related.get("Type", "").rpartition("/")[2]
        found[related.get("Id", "")] = kind, posixpath.normpath(at)
    return found


def blocks(archive: zipfile.ZipFile, part: str, element: str) -> Iterator[bytes]:
    """Yield the XML of a part, cut behind each element.

    The prefix of the elements, which few programs write, is taken away. The last piece is what is
    left.
    """
    with archive.open(part) as file:
        start = file.read(BLOCK)
        found = re.search(rb"<(\w+:)?(?:worksheet|sst)[\s>]", start)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff") or not found:
            raise ValueError(part)
        prefix = found[1] or b""
        end, tail = b"</" + prefix + element.encode() + b">", b""
        block = start
        while block:
            if len(tail) > _LONGEST:
                raise ValueError(part)
            *pieces, tail = (tail + block).split(end)
            for piece in pieces:
                yield _bare(piece, prefix) if prefix else piece
            block = file.read(BLOCK)
        yield tail


def _bare(xml: bytes, prefix: bytes) -> bytes:
    return xml.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")


def _shared(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    plain = re.compile(rb"<si><t(?: [^>]*)?>([^<]*)</t>")
    for piece in blocks(archive, part, "si"):
        xml = piece if piece.startswith(b"<si") else piece[piece.find(b"<si") :]
        found = plain.fullmatch(xml)
        if found:
            yield text(found[1])
        elif b"<si" in xml:
            whole = (
                xml + b"</si>" if re.search(rb"<si[ >]", xml) else xml[: xml.rfind(b"<si/>") + 5]
            )
            # Several, where some are empty.
            items = ET.fromstring(b"<sst>" + whole + b"</sst>")  # noqa: S314
            yield from (quoted(spoken(item)) for item in items)


def spoken(item: ET.Element) -> str:
    """A text of several runs, without how it is pronounced."""
    runs = (run if run.tag == "t" else run.find("t") for run in item if run.tag in ("t", "r"))
    return "".join((run.text or "") for run in runs if run is not None)


def text(xml: bytes) -> bytes:
    """A text as CSV writes it, from its XML."""
    if b"&" in xml or b"_x" in xml:
        return quoted(unescape(xml.decode()))
    return _quoted(xml)


def quoted(plain: str) -> bytes:
    """A text as CSV writes it, Excel's escapes undone."""
    return _quoted(_ESCAPED.sub(_character, plain).encode())


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code >= ord(" ") or chr(code) in "\t\r\n" else ""


def _quoted(raw: bytes) -> bytes:
    if b'"' in raw or b"\n" in raw or b"\r" in raw:
        return b'"' + raw.replace(b'"', b'""') + b'"'
    return raw
