"""Places of rows in files, as an editor shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from recon.sources.csv_lines import CsvFile

# By number of a row among those kept, its number among those delivered.
Delivered = Callable[[Sequence[int]], Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file with its name for people, and its sheet."""

    name: str
    file: CsvFile
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """Places of rows in files read one after another."""

    files: Sequence[NamedFile]
    delivered: Delivered | None = None

    def __call__(self, rows: Sequence[int]) -> dict[int, str]:
        """The places of some rows."""
        wanted = self.delivered(rows) if self.delivered else {row: row for row in rows}
        found = _found(self.files, set(wanted.values()))
        return {row: found[number] for row, number in wanted.items() if number in found}


def _found(files: Iterable[NamedFile], wanted: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    number = 0
    for named in files:
        for line in _lines(named.file):
            number += 1
            if number in wanted:
                found[number] = _place(named, line)
                if len(found) == len(wanted):
                    return found
    return found


def _place(named: NamedFile, line: int) -> str:
    if named.file.is_sheet:
        return f"{named.name}, sheet {named.sheet}, row {line:,}"
    return f"{named.name}, line {line:,}"


def _lines(file: CsvFile) -> Iterator[int]:
    """Yield the line on which each row begins.

    Of a sheet every row counts as one line.
    """
    records, begun, header = 0, 0, True
    with file.readable.open(encoding="utf-8-sig") as lines:
        for at, line in enumerate(lines, 1):
            first = begun or at
            if '"' in line and line.count('"') % 2:
                # A quoted field begins here and ends on a later line, or ends here.
                begun = 0 if begun else at
            if begun:
                continue
            records += 1
            if line == "\n" and first == at:
                continue
            if not header:
                yield records if file.is_sheet else first
            header = False
