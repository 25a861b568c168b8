"""Files of a side: named, in a folder, or matched.

Files with the same columns, in whatever order, are one side, named by a pattern that matches them
alone.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, takewhile
from pathlib import Path

from recon.base.errors import SourceDataError, SourceUnreachable, UsageError
from recon.base.fields import DEBIT_CREDIT
from recon.base.periods import COLUMNS
from recon.base.result import Side
from recon.base.text import counted
from recon.setup.init import names
from recon.setup.init.looking import Look, looks
from recon.setup.init.proposal import suits
from recon.setup.init.schema import Table
from recon.setup.init.writings import profiles

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".parquet")
# Of many files of a group, so many are looked at: the first ones, and the last.
MOST = 6
# More files than this in a folder are rather the wrong folder.
MOST_FILES = 2_000
# How much surer one way round must be than the other, in hundredths.
_CLEARLY = 8
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Group:
    """Files of a side, with a look at some.

    `files` is how many there are.
    """

    path: Path
    looks: tuple[Look, ...]
    files: int = 1

    @property
    def sheet(self) -> str | None:
        """The sheet, where it is of workbooks."""
        return self.looks[0].sheet

    def __str__(self) -> str:
        return f"{self.path} (sheet {self.sheet})" if self.sheet else str(self.path)

    @property
    def table(self) -> Table:
        """The group as a table, its columns by their values."""
        first = self.looks[0]
        cells = [record.cells for each in self.looks for record in each.records]
        columns = tuple(each.column for each in profiles(first.header, cells).values())
        return Table("", self.path.stem, columns)


def groups(paths: Sequence[str], left: list[str]) -> list[Group]:
    """The groups of files that the paths name.

    Of files in a folder that are no tables, `left` gets why. Raises UsageError, SourceUnreachable,
    SourceDataError.
    """
    found: list[Group] = []
    single: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            found += _grouped(_looks(_in_folder(path), left))
        elif path.exists() or not _PATTERN.search(text):
            single.append(path)
        else:
            found += _of_pattern(path)
    return found + _grouped([each for path in dict.fromkeys(single) for each in looks(path)])


def _looks(files: Sequence[Path], left: list[str]) -> list[Look]:
    """The looks at a folder's files that are tables."""
    found = []
    for path in files:
        try:
            found += looks(path)
        except SourceDataError as error:
            left.append(str(error).partition(";")[0])
    return found


def _in_folder(folder: Path) -> list[Path]:
    try:
        there = sorted(folder.iterdir())
    except OSError as error:
        raise SourceUnreachable(f"{folder} cannot be read ({error.strerror}).") from error
    files = [
        path for path in there
        if path.suffix.lower() in SUFFIXES
        and not path.name.startswith((".", "~"))
        and path.is_file()
    ]  # fmt: skip
    if not files or len(files) > MOST_FILES:
        what = f"{len(files):,} files" if files else "no file"
        raise SourceUnreachable(
            f"{folder} has {what} that end in {', '.join(SUFFIXES)}; name the files of contracts "
            "and entries, or a pattern like 'exports/entries-*.csv'."
        )
    return files


def _of_pattern(pattern: Path) -> list[Group]:
    """The files of a pattern, all of one form."""
    files = [Path(name) for name in sorted(glob.glob(str(pattern), recursive=True))]  # noqa: PTH207
    files = [path for path in files if path.is_file() and not path.name.startswith("~$")]
    if not files:
        raise SourceUnreachable(f"No file matches {pattern}; check the folder and the pattern.")
    found: dict[str | None, list[Look]] = {}
    for path in _some(files):
        for each in looks(path):
            found.setdefault(each.sheet, []).append(each)
    aligned = [_aligned(seen) for seen in found.values()]
    alike = [seen for seen in aligned if len({each.header for each in seen}) == 1]
    if not alike:
        first, *others = aligned[0]
        other = next(each for each in others if each.header != first.header)
        more, less = (set(a.header) - set(b.header) for a, b in ((other, first), (first, other)))
        listed = [f"{word} {', '.join(map(repr, sorted(columns)))}"
                  for word, columns in (("without", less), ("with", more)) if columns]  # fmt: skip
        raise SourceDataError(
            f"{other.path} has different columns than {first.path}: it is {' and '.join(listed)}; "
            "the files of one side need the same columns, in any order."
        )
    return [Group(pattern, tuple(seen), len(files)) for seen in alike]


def _aligned(seen: Sequence[Look]) -> list[Look]:
    """Looks with their columns in the first one's order."""
    orders: dict[frozenset[str], tuple[str, ...]] = {}
    for each in seen:
        orders.setdefault(frozenset(each.header), each.header)
    return [each.in_order(orders[frozenset(each.header)]) for each in seen]


def _some(files: Sequence[Path]) -> list[Path]:
    return list(files) if len(files) <= MOST else [*files[: MOST - 1], files[-1]]


def _grouped(seen: Sequence[Look]) -> list[Group]:
    """Files by folder and form, in their order."""
    seen = _aligned(seen)
    order = {kind: place for place, kind in reversed(list(enumerate(map(_kind, seen))))}
    ordered = sorted(seen, key=lambda each: order[_kind(each)])
    return [_group(list(same), seen) for _, same in groupby(ordered, key=_kind)]


def _kind(each: Look) -> tuple[object, ...]:
    return (each.path.parent, *each.kind)


def _group(same: Sequence[Look], all_looks: Sequence[Look]) -> Group:
    if len(same) == 1:
        return Group(same[0].path, tuple(same))
    files = [each.path for each in same]
    pattern = files[0].parent / _pattern([path.name for path in files])
    others = {each.path for each in all_looks} - set(files)
    if any(path.match(pattern.name) for path in others if path.parent == pattern.parent):
        listed = ", ".join(path.name for path in files[:3])
        raise UsageError(
            f"{listed} have the same columns, but no pattern matches them alone; name each side "
            "by a pattern, like 'exports/entries-*.csv'."
        )
    some = set(_some(files))
    return Group(pattern, tuple(each for each in same if each.path in some), len(files))


def _pattern(listed: Sequence[str]) -> str:
    """The pattern of file names: their common beginning and end."""
    begin = common(listed)
    end = common([name[::-1] for name in listed])[::-1]
    shortest = min(map(len, listed))
    end = end[max(len(begin) + len(end) - shortest, 0) :]
    # Digits in common are those of these days alone.
    begin, end = re.sub(r"[\d_-]*$", _kept, begin), re.sub(r"^\d+", "", end)
    return glob.escape(begin) + "*" + glob.escape(end)


def common(listed: Sequence[str]) -> str:
    """The common beginning of texts."""
    least, most = min(listed), max(listed)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False))
    return "".join(pair[0] for pair in same)


def _kept(digits: re.Match[str]) -> str:
    """The separator that begins a date in a name."""
    return digits[0][:1] if digits[0][:1] in "_-" else ""


def calendar(found: Sequence[Group]) -> tuple[Path | None, list[Group]]:
    """The file of fiscal periods, and the other groups."""
    for group in found:
        header = {column.lower() for column in group.looks[0].header}
        if group.files == 1 and group.looks[0].text and header.issuperset(COLUMNS):
            return group.path, [each for each in found if each is not group]
    return None, list(found)


def sides(
    found: Sequence[Group], left: Sequence[str]
) -> tuple[dict[Side, Group], list[Group], bool]:
    """Each side's group, the rest, and whether it is clear.

    Raises UsageError where there are not two.
    """
    if len(found) < 2:  # noqa: PLR2004 - two sides
        listed = ", ".join(map(str, found)) or "no table"
        why = f" ({'; '.join(left[:3])})" if left else ""
        raise UsageError(
            f"recon needs the contracts and the entries, and has {listed} alone{why}; name both, "
            "like: recon init deals.csv entries.csv."
        )
    scores = {
        (place, side): _score(side, group) for place, group in enumerate(found) for side in Side
    }
    pairs = sorted(
        ((scores[a, Side.ANALYTICS] + scores[b, Side.ACCOUNTING], -a, -b)
         for a in range(len(found)) for b in range(len(found)) if a != b),
        reverse=True,
    )  # fmt: skip
    best, a, b = pairs[0]
    chosen = {Side.ANALYTICS: found[-a], Side.ACCOUNTING: found[-b]}
    rest = [group for group in found if group not in chosen.values()]
    return chosen, rest, best - pairs[1][0] >= _CLEARLY


def named(contracts: str | None, entries: str | None, rest: Sequence[str]) -> dict[Side, Group]:
    """The groups of sides that are named as such.

    Raises UsageError where one is named by several groups, or another file beside both.
    """
    given = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    if contracts and entries and rest:
        raise UsageError(f"--contracts and --entries name both sides; leave out {', '.join(rest)}.")
    found = {}
    for side, text in given.items():
        if text:
            of_side = groups([text], [])
            if len({group.path for group in of_side}) != 1:
                raise UsageError(
                    f"{text} holds {counted(len(of_side), 'kind')} of files; name one side by a "
                    "pattern, like 'exports/entries-*.csv'."
                )
            found[side] = max(of_side, key=partial(_score, side))
    return found


def one(side: Side, found: Sequence[Group], other: Group) -> Group:
    """The group of a side, the other side being named.

    Raises UsageError where there is none, or more than one.
    """
    rest = [group for group in found if str(group) != str(other)]
    if len({group.path for group in rest}) == 1:
        return max(rest, key=partial(_score, side))
    option = {Side.ANALYTICS: "--contracts", Side.ACCOUNTING: "--entries"}[side]
    what = f"{len(rest)} kinds of files" if rest else "no other file"
    raise UsageError(f"Beside {other.path} there is {what}; name the other side with {option}.")


def _score(side: Side, group: Group) -> int:
    """How much a group's columns speak for a side."""
    table = group.table
    score = suits(side, table)
    words = {word for column in table.columns for word in names.words_of(column.name)}
    if side is Side.ACCOUNTING and words.issuperset(DEBIT_CREDIT):
        score += 20
    ledger = {"journal", "voucher", "posting", "gl", "memo", "split", "ledger", "documentno"}
    sales = {"deal", "opportunity", "stage", "owner", "duration", "term", "plan", "closed", "won"}
    hints = {Side.ACCOUNTING: ledger, Side.ANALYTICS: sales}[side]
    return score + 5 * len(hints & words)


def unused(rest: Iterable[Group], left: Iterable[str]) -> str:
    """The sentence on files that belong to neither side."""
    listed = "; ".join([*map(str, rest), *left])
    return f"Not used: {listed}." if listed else ""
