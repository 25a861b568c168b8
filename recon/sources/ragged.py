"""Lines of a CSV file with another number of fields.

Only where every quote closes and such lines are few can they be told from the others: then a copy
of the file has each in the header's width, and a column more that says why it is no row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from recon.base import temporary
from recon.base.errors import SourceDataError
from recon.sources.csv_lines import CsvFile
from recon.store.feeds.cells import RAGGED

# The words of the sentence on a file with such lines.
SIGN = "its number of fields differs"
# More of them than one in so many lines speak for another delimiter, or an open quote.
_FEW = 10


def repaired(path: Path, file: CsvFile, scratch: ExitStack) -> CsvFile:
    """The file with each ragged line as a row.

    Raises SourceDataError where they cannot be told apart.
    """
    copy = Path(scratch.enter_context(temporary.folder())) / path.name
    width, rows, ragged = len(file.header), 0, 0
    with (
        file.readable.open(encoding="utf-8-sig", newline="") as lines,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        records = _records(lines, file.delimiter, path)
        raw, _ = next(records)
        out.write(_wider(raw, f'{file.delimiter}"{RAGGED}"'))
        for raw, cells in records:
            if not cells:
                out.write(raw)
                continue
            rows += 1
            if len(cells) == width:
                out.write(_wider(raw, file.delimiter))
                continue
            ragged += 1
            if "\n" in raw.rstrip("\r\n"):
                raise _doubtful(path, "one of them goes over several lines")
            fit = [*cells[: width - 1], file.delimiter.join(cells[width - 1 :])]
            fit += [""] * (width - len(fit))
            reason = f"the line has {len(cells)} fields, and the header {width}"
            # Lines that end in two ways would be no CSV.
            end = raw[len(raw.rstrip("\r\n")) :] or "\n"
            csv.writer(out, delimiter=file.delimiter, lineterminator=end).writerow([*fit, reason])
    if ragged * _FEW > rows:
        raise _doubtful(path, f"{ragged:,} of {rows:,} are such")
    return replace(file, readable=copy, header=[*file.header, RAGGED])


def _wider(raw: str, more: str) -> str:
    """A record as it came, with one field more."""
    body = raw.rstrip("\r\n")
    return body + more + (raw[len(body) :] or "\n")


def _records(lines: Iterable[str], delimiter: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each record as it is written, and its fields."""
    taken: list[str] = []

    def kept() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    try:
        for cells in csv.reader(kept(), delimiter=delimiter, strict=True):
            yield "".join(taken), cells
            taken.clear()
    except csv.Error as error:
        raise _doubtful(path, "a quote does not end where its field ends") from error


def _doubtful(path: Path, why: str) -> SourceDataError:
    return SourceDataError(
        f"{path.name} has lines with another number of fields than the header, and {why}; "
        "check its delimiter and quotes, and send it again."
    )
