"""Lines of a CSV file that are no rows.

Titles above the header, totals below the data, lines of separators only, the header once more, and
Excel's `sep=;`. A file that has any is copied without them; the copy keeps the line numbers.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from recon.base import temporary
from recon.base.errors import SourceUnreachable
from recon.base.fields import DEBIT_CREDIT, needed
from recon.base.text import counted
from recon.config import SourceSettings
from recon.sources.decoding import BLOCK, opening

DELIMITERS = ",;\t|"
# Among so many lines the header is looked for.
FIRST = 100
# So many bytes of a header tell a line that begins like it.
_BEGIN = 64
_BLANKS = ' \t\r\n"\u00a0'


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file to read, and the lines left out.

    `head` lines come before the header, `titles` of which are not blank. Of a sheet every row is a
    line, however many lines its texts have.
    """

    readable: Path
    header: Sequence[str]
    delimiter: str
    head: int = 0
    titles: int = 0
    blank: int = 0
    foot: int = 0
    again: int = 0
    is_sheet: bool = False


def csv_file(path: Path, readable: Path, settings: SourceSettings, scratch: ExitStack) -> CsvFile:
    """The file without the lines that are no rows.

    `readable` is its text in UTF-8. Raises SourceUnreachable where it cannot be read or copied.
    """
    with opening(path, settings):
        found = _with_header(readable, settings)
        blank, again = _empty_lines(readable, found)
    foot = settings.skip_foot
    if not (found.head or blank or again or foot):
        return found
    copy = Path(scratch.enter_context(temporary.folder())) / path.name
    try:
        with (
            readable.open(encoding="utf-8-sig", newline="") as lines,
            copy.open("w", encoding="utf-8", newline="") as out,
        ):
            left_out = _copy(lines, out, found, foot)
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be copied without the lines that are no rows ({error.strerror}); make "
            "room for temporary files and run again."
        ) from error
    return replace(found, readable=copy, blank=blank, again=again, foot=left_out)


def left_out(settings: SourceSettings, files: Iterable[CsvFile]) -> list[str]:
    """The sentence on lines left out, if any."""
    found = list(files)
    kinds = {
        "above the header": sum(file.titles for file in found),
        "of separators only": sum(file.blank for file in found),
        "with the header once more": sum(file.again for file in found),
        "below the data": sum(file.foot for file in found),
    }
    parts = [f"{counted(lines, 'line')} {where}" for where, lines in kinds.items() if lines]
    return [f"Left out of the {settings.side} side: {', '.join(parts)}."] if parts else []


def _with_header(readable: Path, settings: SourceSettings) -> CsvFile:
    with readable.open(encoding="utf-8-sig", newline="") as file:
        first = list(islice(file, settings.skip_head + FIRST))
    told = re.fullmatch(r'"?sep=(.)"?\s*', first[0]) if first else None
    begin = 1 if told else 0
    own = settings.delimiter or (told[1] if told else None)
    at, delimiter = _place(first, begin, own, settings)
    names = _fields(first[at:], delimiter)
    header = [name if name.strip() else f"column {i}" for i, name in enumerate(names, 1)]
    titles = sum(bool(line.strip()) for line in first[begin:at])
    return CsvFile(readable, header, delimiter, at, titles)


def _place(
    first: Sequence[str], begin: int, own: str | None, settings: SourceSettings
) -> tuple[int, str]:
    """The header's line, from 0, and the delimiter.

    It is the first line with every column that is needed. Without one it is the very first, whose
    columns are then said to be missing.
    """
    if settings.skip_head:
        begin = max(begin, settings.skip_head)
        while begin < len(first) and not first[begin].strip():
            begin += 1
    else:
        for at, line in enumerate(first[begin:], begin):
            for delimiter in own or DELIMITERS:
                if is_header(_fields([line], delimiter), settings):
                    return at, delimiter
    line = first[begin] if begin < len(first) else ""
    return begin, own or max(DELIMITERS, key=line.count)


def is_header(names: Iterable[str], settings: SourceSettings) -> bool:
    """Whether names are those of every column that is needed."""
    found = {name.strip().lower() for name in names}
    required = [
        settings.columns.get(column, column).strip().lower()
        for column in settings.needs or needed(settings.side)
        if column not in settings.fixed
    ]
    return found.issuperset(required) or found.issuperset(_with_two(settings, required))


def _with_two(settings: SourceSettings, required: Sequence[str]) -> list[str]:
    """The names needed with debit and credit as amount."""
    amount = settings.columns.get("amount", "amount").strip().lower()
    if amount not in required:
        return list(required)
    two = [settings.columns.get(column, column).strip().lower() for column in DEBIT_CREDIT]
    return [column for column in required if column != amount] + two


def _fields(lines: Iterable[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return ["open\n"]


def _empty_lines(readable: Path, found: CsvFile) -> tuple[int, int]:
    """Lines of separators only, and of the header once more.

    Few files have a line that begins like one, which is seen fast.
    """
    with readable.open(encoding="utf-8-sig", newline="") as lines:
        header = next(islice(lines, found.head, None), "").rstrip("\r\n")
        if not header or not _may_have_any(readable, found.delimiter, header):
            return 0, 0
        told = [
            line.strip("\r\n") == header
            for line, empty in _told_empty(lines, found.delimiter, header)
            if empty
        ]
        return told.count(False), told.count(True)


def _may_have_any(readable: Path, delimiter: str, header: str) -> bool:
    """Whether a line begins like one that is no row."""
    again = re.escape(header.encode()[:_BEGIN])
    with readable.open("rb") as file:
        block = file.read(BLOCK)
        end = b"\n" if b"\n" in block else b"\r"
        starts = re.escape(delimiter.encode())
        begins = re.compile(end + rb"(?:" + starts + rb'|[ \t]|\xc2\xa0|""|' + again + rb")")
        # The header itself may follow titles.
        block = block.partition(header.encode())[2] or block
        tail = b""
        while block:
            if begins.search(tail + block[:_BEGIN]) or begins.search(block):
                return True
            tail = block[-_BEGIN:]
            block = file.read(BLOCK)
    return False


def _told_empty(lines: Iterable[str], delimiter: str, header: str) -> Iterator[tuple[str, bool]]:
    """Yield lines, and whether each is no row.

    It has separators only, or is the header once more. Lines of a quoted field come together. Lines
    with nothing at all never were rows.
    """
    ignored, open_quote = _BLANKS + delimiter, list[str]()
    for line in lines:
        odd = line.count('"') % 2 == 1
        if open_quote or odd:
            open_quote.append(line)
            if odd and len(open_quote) > 1:
                yield "".join(open_quote), False
                open_quote.clear()
        else:
            bare = line.strip("\r\n")
            yield line, bool(bare) and (not line.strip(ignored) or bare == header)
    if open_quote:
        yield "".join(open_quote), False


def _copy(lines: TextIO, out: TextIO, found: CsvFile, foot: int) -> int:
    """Copy header and rows; return the number of foot lines.

    The lines above the header follow it as empty ones, so that every row keeps its number.
    """
    head = list(islice(lines, found.head))
    header = lines.readline()
    out.write(header + header[len(header.rstrip("\r\n")) :] * len(head))
    last: deque[str] = deque()
    held = 0
    for line, empty in _told_empty(lines, found.delimiter, header.rstrip("\r\n")):
        # A line that is no row leaves an empty one in its place.
        last.append(line[len(line.rstrip("\r\n")) :] if empty else line)
        held += not empty and bool(line.strip("\r\n"))
        while held > foot:
            written = last.popleft()
            out.write(written)
            held -= bool(written.strip("\r\n"))
    return held
