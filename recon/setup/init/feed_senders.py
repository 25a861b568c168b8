"""Files of a folder by sender: one form, one name.

A sender is known by the words of its files' names, without days, numbers and what a delivery is
called (`corrected`, `again`). Its pattern matches its own files alone.
"""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from recon.base import temporary
from recon.base.errors import SourceDataError, SourceUnreachable
from recon.setup.init.file_groups import common
from recon.setup.init.looking import HEAD, MOST, Look, looks, of_rows
from recon.setup.init.writings import Profile, profiles
from recon.sources.decoding import GZIP
from recon.sources.excel.package import ZIP
from recon.sources.feed_files import beginning, is_finished, is_workbook

SUFFIXES = (".csv", ".txt", ".tsv", ".gz", ".zip", ".xlsx", ".xlsm", ".parquet", ".jsonl",
            ".ndjson", ".json")  # fmt: skip
_LINES = (".jsonl", ".ndjson", ".json")
# More files than this in a folder are rather the wrong folder.
_MOST_FILES = 2_000
# Of many files of a sender, so many are looked at: the first ones, and the last.
_LOOKED_AT = 6
# More senders of one form are rather files with free names.
_MOST_SENDERS = 20
_MONTHS = frozenset(
    "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july "
    "august september october november december".split()
)
# What comes before a period in a name, such as 2024-06, 2024Q2 or 2024W31, or its beginning.
_PERIOD = re.compile(r"(.*?)([-_ .]?)[\d_. -]*(?:(?<=\d)(?:[qwhm]|kw)\d*)?$", re.IGNORECASE)
_DELIVERY = frozenset(
    "corrected correction again resent resend new final copy part v version update updated late "
    "export extract report data file daily weekly monthly week month year day q fy h w kw m".split()
)


@dataclass(frozen=True)
class Sender:
    """Files of one sender, with a look at some.

    `words` are those of their names; `files` is how many there are.
    """

    words: tuple[str, ...]
    path: Path
    looks: tuple[Look, ...]
    files: tuple[Path, ...]

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The columns of most files."""
        return _usual(self.looks)

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """The columns by name, of all files that have them."""
        same = [each for each in self.looks if set(each.header) == set(self.header)]
        rows = [row.cells for each in same for row in each.in_order(self.header).records]
        return profiles(self.header, rows)

    @property
    def odd(self) -> list[Path]:
        """The files with other columns than most."""
        return [each.path for each in self.looks if set(each.header) != set(self.header)]


def senders(folders: Sequence[Path], taken: Iterable[Path]) -> tuple[list[Sender], list[str]]:
    """The senders of files; why other files are left.

    `taken` are the files that feeds have already. Raises SourceUnreachable.
    """
    left: list[str] = []
    known = set(taken)
    files = [path for folder in folders for path in _files(folder) if path.absolute() not in known]
    by_name: dict[tuple[object, ...], list[Path]] = {}
    for path in files:
        by_name.setdefault((path.parent, *words(path)), []).append(path)
    by_name = _shorter(by_name)
    found: dict[tuple[object, ...], list[tuple[list[Path], list[Look]]]] = {}
    for key, same in by_name.items():
        seen = _looks(_some(same), left)
        if seen:
            form = (key[0], frozenset(map(str.lower, _usual(seen))))
            found.setdefault(form, []).append((same, seen))
    together = [each for form in found.values() for each in _together(form)]
    return [_sender(same, seen, files) for same, seen in together], left


def _usual(seen: Sequence[Look]) -> tuple[str, ...]:
    """The columns of most files, else of the last."""
    forms = [frozenset(each.header) for each in seen]
    most = max(map(forms.count, forms))
    return next(
        each.header
        for each, form in zip(reversed(seen), reversed(forms), strict=True)
        if forms.count(form) == most
    )


def _together(
    form: list[tuple[list[Path], list[Look]]],
) -> list[tuple[list[Path], list[Look]]]:
    """Senders of one form, or one for too many names."""
    if len(form) <= _MOST_SENDERS:
        return form
    files = sorted(path for same, _ in form for path in same)
    some = set(_some(files))
    return [(files, [each for _, seen in form for each in seen if each.path in some])]


def _files(folder: Path) -> list[Path]:
    """The files in and below a folder, oldest first."""
    try:
        there = [
            path
            for path in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])
            if is_finished(path.name) and path.suffix.lower() in SUFFIXES and path.is_file()
        ]
        there.sort(key=lambda path: (path.stat().st_mtime_ns, path.as_posix()))
    except OSError as error:
        raise SourceUnreachable(f"{folder} cannot be read ({error.strerror}).") from error
    if not there or len(there) > _MOST_FILES:
        what = f"{len(there):,} files" if there else "no file"
        raise SourceUnreachable(f"{folder} has {what} that end in {', '.join(SUFFIXES)}.")
    return there


def words(path: Path) -> tuple[str, ...]:
    """The words of a file's name that say its sender."""
    # A letter before a number, as in Q2, is part of it.
    found = re.findall(r"(?<![^\W_])(?:[^\W\d_]{2,}|[^\W\d_](?!\d))", _stem(path))
    kept = (word.lower() for word in found)
    return tuple(word for word in kept if word not in _DELIVERY and word not in _MONTHS)


def _stem(path: Path) -> str:
    stem = path.name
    while Path(stem).suffix.lower() in SUFFIXES:
        stem = Path(stem).stem
    return stem


def _shorter(by_name: dict[tuple[object, ...], list[Path]]) -> dict[tuple[object, ...], list[Path]]:
    """Senders with the files whose name is a longer one."""
    found: dict[tuple[object, ...], list[Path]] = {}
    for key in sorted(by_name, key=len):
        begin = next(
            (key[:end] for end in range(2, len(key)) if key[:end] in found), key
        )  # a folder, and at least one word
        found.setdefault(begin, []).extend(by_name[key])
    return {
        key: sorted(same, key=lambda path: (path.stat().st_mtime_ns, path.as_posix()))
        for key, same in found.items()
    }


def _some(files: Sequence[Path]) -> list[Path]:
    return list(files) if len(files) <= _LOOKED_AT else [*files[: _LOOKED_AT - 1], files[-1]]


def _looks(files: Sequence[Path], left: list[str]) -> list[Look]:
    found = []
    for path in files:
        try:
            found.append(_look(path))
        except (SourceDataError, SourceUnreachable) as error:
            left.append(str(error).partition(";")[0])
    return found


def _look(path: Path) -> Look:
    """The look at a file; the first of several sheets."""
    if path.suffix.lower() in _LINES:
        return _of_lines(path)
    with path.open("rb") as file:
        start = file.read(len(GZIP) + 2)
    if start.startswith(GZIP) or (start.startswith(ZIP) and not is_workbook(path)):
        with ExitStack() as scratch:
            folder = Path(scratch.enter_context(temporary.folder()))
            copy = beginning(path, folder, HEAD)
            return replace(looks(copy)[0], path=path)
    seen = looks(path)
    # The only sheet of a workbook needs no name.
    return seen[0] if len(seen) > 1 else replace(seen[0], sheet=None)


def _of_lines(path: Path) -> Look:
    """The look at JSON lines, whose keys are the columns."""
    rows: list[dict[str, object]] = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for line in lines:
                row = json.loads(line) if line.strip() else None
                if isinstance(row, dict):
                    rows.append(row)
                if len(rows) == MOST:
                    break
    except (OSError, ValueError) as error:
        raise SourceDataError(f"{path} has no JSON lines; write one object a line.") from error
    header = list(dict.fromkeys(key for row in rows for key in row))
    cells = [["" if row.get(key) is None else str(row[key]) for key in header] for row in rows]
    return of_rows(path, [header, *cells])


def _sender(same: Sequence[Path], seen: Sequence[Look], everything: Sequence[Path]) -> Sender:
    others = [path for path in everything if path not in set(same)]
    return Sender(words(same[0]), _pattern(same, others), tuple(seen), tuple(same))


def _pattern(same: Sequence[Path], others: Sequence[Path]) -> Path:
    """A pattern of these files alone, else the last's path."""
    folder, listed = same[0].parent, [path.name for path in same]
    ends = {name.removeprefix(_stem(Path(name))) for name in listed}
    end = glob.escape(ends.pop()) if len(ends) == 1 else ""
    begin = common([name.lower() for name in listed]) if len(listed) > 1 else _stem(same[0])
    kept = _PERIOD.match(_without_end(begin))
    stem = (kept[1] + kept[2]) if kept else begin
    wanted = _either_case(stem, listed) + "*" + end
    matched = (folder / wanted) if stem and not _hits(wanted, folder, others) else None
    if matched is None and not stem and not _hits("*" + end, folder, others):
        matched = folder / ("*" + end)
    return matched or same[-1]


def _without_end(begin: str) -> str:
    return begin.partition(".")[0]


def _either_case(stem: str, listed: Sequence[str]) -> str:
    """A beginning as names write it, or in any case."""
    spelled = {name[: len(stem)] for name in listed}
    if len(spelled) == 1:
        return glob.escape(spelled.pop())
    letters = (
        f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else glob.escape(letter)
        for letter in stem
    )
    return "".join(letters)


def _hits(pattern: str, folder: Path, others: Sequence[Path]) -> bool:
    return any(path.match(pattern) for path in others if path.parent == folder)
