"""A look at a file: its head and its tail.

However large the file is, at most `HEAD` and `TAIL` bytes of it are read. The header is the line
whose names the vocabulary knows best; what comes above it are titles.
"""

from __future__ import annotations

import codecs
import csv
import glob
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.fields import DEBIT_CREDIT
from recon.setup.init import names, vocabulary
from recon.sources.csv_lines import DELIMITERS
from recon.sources.decoding import PARQUET
from recon.sources.excel.package import OLE, ZIP
from recon.sources.excel.sheet_file import first_rows, sheet_names
from recon.store.session import columns, literal, name, reading, session

HEAD, TAIL = 2 << 20, 1 << 18
# Among so many lines the header is looked for, and so many records are looked at.
FIRST, MOST = 100, 5_000
_BLANKS = " \t\u00a0"
_NO_TEXT = {
    b"%PDF": "a PDF", b"\x1f\x8b": "an archive",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A record's cells, trimmed, as many as the header has.

    `width` is how many fields it has itself, `lines` how many lines that are not blank.
    """

    cells: tuple[str, ...]
    width: int
    lines: int

    @property
    def filled(self) -> int:
        """How many cells are not blank."""
        return sum(map(bool, self.cells))


@dataclass(frozen=True, slots=True)
class Look:
    """Header and records of a file.

    `records` are those of its beginning, `last` those of its end; `whole` where the beginning is
    all of it. `titles` lines come before the header; `head` is the text that was read, as CSV where
    the file is no `text`, but a `sheet` of a workbook, or Parquet.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    records: tuple[Record, ...]
    last: tuple[Record, ...]
    titles: int
    whole: bool
    head: str
    sheet: str | None = None
    text: bool = True

    @property
    def kind(self) -> tuple[object, ...]:
        """The form that files of one side share."""
        return self.header, self.delimiter, self.encoding, self.sheet, self.text

    def in_order(self, header: tuple[str, ...]) -> Look:
        """The look with the same columns in another order."""
        if header == self.header:
            return self
        at = [self.header.index(name) for name in header]
        records, last = (
            tuple(replace(each, cells=tuple(each.cells[place] for place in at)) for each in rows)
            for rows in (self.records, self.last)
        )
        # Where they are all of the file, the end is looked for in them.
        last = records if self.last is self.records else last
        return replace(self, header=header, records=records, last=last)

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        at = self.header.index(name)
        return [record.cells[at] for record in self.records]


def looks(path: Path) -> list[Look]:
    """The looks at a file, or at its sheets.

    Raises SourceUnreachable where it cannot be read, SourceDataError where it is no table of text.
    """
    head, tail, whole = _bytes(path)
    if head.startswith((ZIP, OLE)):
        return _sheets(path)
    if head.startswith(PARQUET):
        return [_parquet(path)]
    return [_look(path, head, tail, whole)]


def _sheets(path: Path) -> list[Look]:
    """The looks at a workbook's sheets that are tables."""
    found, faults = [], []
    listed = sheet_names(path)
    for sheet in listed:
        try:
            seen = of_rows(path, first_rows(path, sheet, MOST))
            found.append(replace(seen, sheet=sheet))
        except SourceDataError as error:
            faults.append(error)
    if not found:
        raise faults[0] if faults else SourceDataError(f"{path} has no visible sheet with data.")
    return found


def _parquet(path: Path) -> Look:
    """The look at a Parquet file, its values as text."""
    relation = f"read_parquet([{literal(glob.escape(str(path)))}], binary_as_string = true)"
    try:
        with session(path) as connection, reading("parquet", str(path)):
            header = list(columns(connection, relation))
            listed = ", ".join(f"CAST({name(column)} AS VARCHAR)" for column in header)
            rows = connection.execute(f"SELECT {listed} FROM {relation} LIMIT {MOST}").fetchall()
    except SourceDataError as error:
        raise SourceDataError(
            f"{path} is not a Parquet file, or not a complete one; export it again."
        ) from error
    return of_rows(path, [header, *([cell or "" for cell in row] for row in rows)])


def of_rows(path: Path, rows: Sequence[Sequence[str]]) -> Look:
    """The look at rows that are no text; raises SourceDataError."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    seen = _with_header(path, "utf-8", text.getvalue(), len(rows) < MOST, [","])
    _refuse_faults(seen)
    return replace(seen, text=False)


def _look(path: Path, head: bytes, tail: bytes, whole: bool) -> Look:
    """The look at a file of text."""
    _refuse_other_kinds(path, head)
    encoding = _encoding(path, head, tail)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(head, final=whole)
    if not whole:
        text = text[: text.rfind("\n") + 1] or text
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SourceDataError(f"{path} is empty; export it again, or leave it out.")
    found = _with_header(path, encoding, text, whole)
    _refuse_faults(found)
    if whole:
        return found
    # The end is cut at an even place, where a character of UTF-16 begins.
    end = tail.decode("utf-16-le" if encoding == "utf-16" else encoding, "replace")
    return replace(found, last=_last(found, end))


def _refuse_faults(found: Look) -> None:
    if len(found.header) < 2:  # noqa: PLR2004 - an id and an amount at the least
        first = next(filter(str.strip, found.head.splitlines()), "")
        raise SourceDataError(
            f"{found.path} has no table with several columns (its first line is "
            f"{_shortened(first)}); export it as CSV, with a line of column names."
        )
    lower = [name.lower() for name in found.header]
    twice = next((name for name in found.header if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise SourceDataError(
            f"{found.path} has the column {twice!r} twice; its header must name every column once."
        )
    if not found.records:
        raise SourceDataError(f"{found.path} has a header and no rows; export it again.")


def _bytes(path: Path) -> tuple[bytes, bytes, bool]:
    """The beginning, the end, and whether the former is all."""
    if path.exists() and not path.is_file():  # a pipe would never end
        raise SourceUnreachable(f"{path} is not a file; name one, or a folder of them.")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            size = file.seek(0, 2)
            file.seek(max(size - TAIL, 0) // 2 * 2)
            return head, file.read(TAIL), size <= HEAD
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be read ({error.strerror}); check that it exists and is readable."
        ) from error


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for start, kind in _NO_TEXT.items():
        if head.startswith(start):
            raise SourceDataError(f"{path} is {kind}; save it as CSV, then run again.")


def _encoding(path: Path, head: bytes, tail: bytes) -> str:
    """The encoding of the text; raises SourceDataError for none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head.count(0)
    if zeros:
        for encoding, place in (("utf-16-le", 1), ("utf-16-be", 0)):
            if head[place::2].count(0) > len(head) * 0.4 and not head[1 - place :: 2].count(0):
                return encoding
        raise SourceDataError(f"{path} is not a text file (it has zero bytes); save it as CSV.")
    try:
        for part in (head, tail[tail.find(b"\n") + 1 :]):
            codecs.getincrementaldecoder("utf-8")("strict").decode(part)
    except UnicodeDecodeError:
        controls = sum(head.count(code) for code in range(32) if code not in (9, 10, 12, 13))
        if controls * 50 > len(head):
            raise SourceDataError(f"{path} is not a text file; save it as CSV.") from None
        try:
            head.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"


def _with_header(
    path: Path, encoding: str, text: str, whole: bool, by: Sequence[str] = DELIMITERS
) -> Look:
    """The look with header and records, by the best delimiter."""
    told = re.match(r'"?sep=(.)"?\s*\r?\n', text)
    lines = _lines(text)
    first = lines[:FIRST]
    best: tuple[tuple[int, int], int, str] | None = None
    for delimiter in told[1] if told else by:
        for at, line in enumerate(first):
            if at == 0 and told:
                continue
            score = _score(_fields(line, delimiter))
            if best is None or score > best[0]:
                best = score, at, delimiter
    _, at, delimiter = best or ((0, 0), 0, ",")
    records = list(_records(lines[at:], delimiter))
    header = records[0][0] if records else []
    named = tuple(name.strip() or f"column {i}" for i, name in enumerate(header, 1))
    rows = tuple(_record(cells, many, len(named)) for cells, many in records[1:] if cells != header)
    titles = sum(bool(line.strip()) for line in first[bool(told) : at])
    found = Look(path, encoding, delimiter, named, rows, rows, titles, whole, text)
    return found if len(rows) < MOST else replace(found, last=_last(found, text[-TAIL:]))


def _lines(text: str) -> list[str]:
    """Lines as a CSV reader sees them, with their ends."""
    return list(io.StringIO(text, newline=""))


def _score(cells: Sequence[str]) -> tuple[int, int]:
    """How much a line looks like a header, by names."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    distinct = len({cell.lower() for cell in filled})
    if any(re.fullmatch(r"[\d\W]+", cell) for cell in filled):
        return (0, 0)
    known = sum(_is_known(cell) for cell in filled)
    return (known if known > 1 else 0, distinct)


@cache
def _known() -> frozenset[str]:
    listed = [words for side in vocabulary.COLUMNS.values() for each in side.values()
              for words in each]  # fmt: skip
    return frozenset(names.known(listed)) | frozenset(DEBIT_CREDIT)


def _is_known(name: str) -> bool:
    return names.compact(name) in _known()


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Yield records that are not blank, each with its lines."""
    reader = csv.reader(lines, delimiter=delimiter)
    before = 0
    count = 0
    try:
        for cells in reader:
            if any(cell.strip(_BLANKS) for cell in cells):
                yield cells, sum(bool(line.strip()) for line in lines[before : reader.line_num])
                count += 1
            before = reader.line_num
            if count > MOST:
                return
    except csv.Error:  # a field that never ends; what was read until then is enough
        return


def _record(cells: Sequence[str], lines: int, width: int) -> Record:
    trimmed = [cell.strip(_BLANKS + "\r\n") for cell in cells]
    return Record(tuple((trimmed + [""] * width)[:width]), len(cells), lines)


def _last(found: Look, text: str) -> tuple[Record, ...]:
    """The records of the end, but a cut one."""
    records = _records(_lines(text)[1:][-MOST:], found.delimiter)
    return tuple(_record(cells, lines, len(found.header)) for cells, lines in records)


def _shortened(line: str) -> str:
    return repr(line[:40] + ("…" if len(line) > 40 else ""))  # noqa: PLR2004 - a line of a sentence
