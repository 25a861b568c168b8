"""A sheet as a CSV file.

Every row is in the line that Excel numbers. Rows above the header and below the data are left out
as those of a CSV file are.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

from recon.base import temporary
from recon.base.errors import SourceDataError, SourceUnreachable
from recon.base.text import counted
from recon.config import SourceSettings
from recon.sources.csv_lines import FIRST, CsvFile, is_header
from recon.sources.excel.cells import Row, rows
from recon.sources.excel.package import SEPARATOR, Sheet, Workbook, workbook

_BLANKS = b" \t\r\n\xc2\xa0" + SEPARATOR.encode()
_BETWEEN = SEPARATOR.encode()
# So many lines are written at once.
_AT_ONCE = 5_000


@dataclass(slots=True)
class _Counted:
    """Rows and cells of a sheet to tell about."""

    titles: int = 0
    blank: int = 0
    again: int = 0
    foot: int = 0
    hidden: int = 0
    beside: int = 0


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A sheet as CSV, with its name and notices."""

    file: CsvFile
    sheet: str
    notices: Sequence[str] = field(default_factory=list)


def sheet_file(path: Path, settings: SourceSettings, scratch: ExitStack) -> SheetFile:
    """The configured sheet as a CSV file.

    Raises SourceDataError where the workbook cannot be read, or where several sheets could be
    meant, SourceUnreachable where it cannot be opened or copied.
    """
    folder = Path(_made(path, scratch))
    with workbook(path, settings.decimal) as book:
        sheet, passed_over = _chosen(book, settings)
        copy = folder / f"{path.stem}.csv"
        with copy.open("wb") as out:
            file, found = _copied(book, sheet, settings, out)
    notices = _notices(settings, path, sheet, found)
    if passed_over:
        listed = ", ".join(repr(other.name) for other in passed_over)
        notices.append(
            f"Of {path.name} the sheet {sheet.name!r} is read for the {settings.side} side, which "
            f"alone has its columns; not {listed} ({settings.side}.sheet names another one)."
        )
    return SheetFile(_with_copy(file, copy, found), sheet.name, notices)


def sheet_names(path: Path) -> list[str]:
    """The visible sheets that hold something.

    Raises as `sheet_file`.
    """
    with workbook(path) as book:
        return [sheet.name for sheet in book.sheets if sheet.visible and _has_data(book, sheet)]


def first_rows(path: Path, sheet: str, most: int) -> list[list[str]]:
    """The first rows of a sheet as texts.

    Empty ones are among them. Raises as `sheet_file`.
    """
    with workbook(path) as book:
        found: list[list[str]] = []
        for row in rows(book, _named(book, sheet, "sheet")):
            if row.number > most:
                break
            found += [[] for _ in range(row.number - 1 - len(found))]
            found.append(_texts(row))
        return found


def _made(path: Path, scratch: ExitStack) -> str:
    try:
        return scratch.enter_context(temporary.folder())
    except OSError as error:
        raise SourceUnreachable(
            f"{path} cannot be copied to be read ({error.strerror}); make room for temporary files "
            "and run again."
        ) from error


def _chosen(book: Workbook, settings: SourceSettings) -> tuple[Sheet, list[Sheet]]:
    """The sheet to read, and the others with data."""
    key = f"{settings.side}.sheet"
    if settings.sheet is not None:
        return _named(book, settings.sheet, key), []
    with_data = [sheet for sheet in book.sheets if sheet.visible and _has_data(book, sheet)]
    if not with_data:
        hidden = [sheet.name for sheet in book.sheets if not sheet.visible]
        advice = f"; hidden are {', '.join(map(repr, hidden))} ({key} names one)" if hidden else ""
        raise SourceDataError(f"{book.path} has no visible sheet with data{advice}.")
    meant = with_data
    if len(with_data) > 1:
        meant = [
            sheet for sheet in with_data if _header_at(_head(book, sheet), settings) is not None
        ]
    if len(meant) != 1:
        listed = ", ".join(repr(sheet.name) for sheet in meant or with_data)
        raise SourceDataError(
            f"{book.path} has several sheets that could be the {settings.side} side: {listed}; "
            f'name one with sheet = "…" under [{settings.side}] of the configuration.'
        )
    return meant[0], [sheet for sheet in with_data if sheet != meant[0]]


def _named(book: Workbook, wanted: str | int, key: str) -> Sheet:
    """The sheet of a name, or of a visible number."""
    seen = [sheet for sheet in book.sheets if sheet.visible]
    if isinstance(wanted, int):
        if 1 <= wanted <= len(seen):
            return seen[wanted - 1]
    else:
        same = [sheet for sheet in book.sheets if sheet.name.lower() == wanted.strip().lower()]
        if same:
            return same[0]
    listed = ", ".join(repr(sheet.name) for sheet in book.sheets) or "none"
    raise SourceDataError(
        f"{book.path} has no sheet {wanted!r}, which {key} names (it has {listed})."
    )


def _has_data(book: Workbook, sheet: Sheet) -> bool:
    return any(any(row.cells) for row in rows(book, sheet))


def _head(book: Workbook, sheet: Sheet) -> list[Row]:
    """The rows among which a header is looked for."""
    found = []
    for row in rows(book, sheet):
        found.append(row)
        if len(found) == FIRST:
            break
    return found


def _texts(row: Row) -> list[str]:
    line = SEPARATOR.join(cell.decode() for cell in row.cells)
    return next(csv.reader([line], delimiter=SEPARATOR), [])


def _header_at(first: Sequence[Row], settings: SourceSettings) -> int | None:
    """Which of the first rows is the header."""
    if settings.skip_head:
        below = (at for at, row in enumerate(first) if row.number > settings.skip_head)
        return next((at for at in below if any(first[at].cells)), None)
    names = (_names(row) for row in first)
    return next((at for at, found in enumerate(names) if is_header(found, settings)), None)


def _names(row: Row) -> list[str]:
    # A name may be broken over lines in its cell.
    names = [" ".join(name.split()) for name in _texts(row)]
    while names and not names[-1]:
        names.pop()
    return [name or f"column {at}" for at, name in enumerate(names, 1)]


def _copied(
    book: Workbook, sheet: Sheet, settings: SourceSettings, out: IO[bytes]
) -> tuple[CsvFile, _Counted]:
    """Write the copy; return its shape and the counts."""
    every = rows(book, sheet)
    first = [row for row, _ in zip(every, range(settings.skip_head + FIRST), strict=False)]
    at = _header_at(first, settings)
    if at is None:
        # Its columns are then said to be missing.
        at = next((at for at, row in enumerate(first) if any(row.cells)), None)
    if at is None:
        raise SourceDataError(f"The sheet {sheet.name!r} of {book.path} is empty.")
    header, names = first[at], _names(first[at])
    found = _Counted(titles=sum(any(row.cells) for row in first[:at]))
    lines = _lines(chain(first[at + 1 :], every), header, len(names), found)
    head = _csv_line(names) + b"\n" * header.number
    _write(out, head, _without_foot(lines, settings.skip_foot, found))
    return CsvFile(book.path, names, SEPARATOR, header.number - 1, found.titles), found


def _csv_line(names: Sequence[str]) -> bytes:
    quoted = ('"' + name.replace('"', '""') + '"' for name in names)
    return SEPARATOR.join(quoted).encode()


def _lines(below: Iterable[Row], header: Row, width: int, found: _Counted) -> Iterator[bytes]:
    """Yield a line for every row, or an empty one."""
    last, names = header.number, header.cells[:width]
    for row in below:
        if row.number <= last:
            raise ValueError(row.number)
        for _ in range(row.number - last - 1):
            yield b""
        last = row.number
        cells = row.cells
        if len(cells) > width:
            found.beside += sum(map(bool, cells[width:]))
            cells = cells[:width]
        line = _BETWEEN.join(cells)
        if not line.strip(_BLANKS):
            found.blank += bool(line.strip(_BETWEEN))
            yield b""
            continue
        if cells == names:
            found.again += 1
            yield b""
            continue
        found.hidden += row.hidden
        yield line + _BETWEEN * (width - len(cells))


def _without_foot(lines: Iterable[bytes], foot: int, found: _Counted) -> Iterator[bytes]:
    """Yield the lines but the last ones with data."""
    if not foot:
        yield from lines
        return
    held: deque[bytes] = deque()
    for line in lines:
        held.append(line)
        found.foot += bool(line)
        while found.foot > foot:
            first = held.popleft()
            found.foot -= bool(first)
            yield first


def _write(out: IO[bytes], head: bytes, lines: Iterable[bytes]) -> None:
    out.write(head)
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _AT_ONCE:
            out.write(b"\n".join(batch) + b"\n")
            batch.clear()
    out.writelines(line + b"\n" for line in batch)


def _with_copy(file: CsvFile, copy: Path, found: _Counted) -> CsvFile:
    return CsvFile(
        copy, file.header, file.delimiter, file.head, found.titles, found.blank, found.foot,
        found.again, True,
    )  # fmt: skip


def _notices(settings: SourceSettings, path: Path, sheet: Sheet, found: _Counted) -> list[str]:
    of = f"of sheet {sheet.name!r} in {path.name}"
    told = []
    if found.hidden:
        told.append(
            f"{counted(found.hidden, 'hidden row')} {of} "
            f"{'is' if found.hidden == 1 else 'are'} read like the others: a filter only changes "
            f"the view ({settings.side}.where leaves rows out)."
        )
    if found.beside:
        told.append(
            f"{counted(found.beside, 'cell')} {of} right of the header "
            f"{'was' if found.beside == 1 else 'were'} left out."
        )
    return told
