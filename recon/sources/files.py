"""CSV and Parquet files as a source.

Every CSV field is read as text and typed by `recon.intake`, so that no id loses a zero and no
amount becomes a float on the way.
"""

from __future__ import annotations

import codecs
import csv
import glob
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recon.config import SourceSettings
from recon.engine import Session, columns, literal, name, reading
from recon.errors import ConfigError, SourceDataError, SourceUnreachable

AMOUNTS = {"contract_value", "amount"}
DATES = {
    "booking_date", "close_date", "start_date", "terminated_on", "recognition_period",
}  # fmt: skip
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FilesSource:
    """The files that a path or a glob names, of one kind and with the same columns."""

    settings: SourceSettings

    @property
    def description(self) -> str:
        """The path as it is configured."""
        return f"files {self._path.as_posix()}"

    @property
    def _path(self) -> Path:
        if self.settings.path is None:
            raise ConfigError([f"{self.settings.side}.path: is missing"])
        return self.settings.path

    @contextmanager
    def opened(self, session: Session) -> Iterator[str]:
        """Yield a SELECT over the files, with our column names.

        Raises SourceUnreachable where no file is there, SourceDataError where one cannot be read.
        """
        paths = self._found()
        with tempfile.TemporaryDirectory(prefix="recon-") as scratch:
            with reading(self.settings.side, self.description):
                relation = self._relation(paths, Path(scratch))
                found = columns(session, relation)
            yield f"(SELECT {self._selected(found)} FROM {relation})"

    def _found(self) -> list[Path]:
        names = sorted(glob.glob(str(self._path)))  # noqa: PTH207 - the path may be absolute
        if not names:
            raise SourceUnreachable(
                f"The {self.settings.side} side has no file {self._path}; "
                f"check {self.settings.side}.path in the configuration."
            )
        return [Path(found) for found in names]

    def _relation(self, paths: Sequence[Path], scratch: Path) -> str:
        kinds = {path.suffix.lower() == ".parquet" for path in paths}
        if len(kinds) > 1:
            raise SourceDataError(
                f"The {self.settings.side} side mixes Parquet and other files ({self._path})."
            )
        if kinds == {True}:
            listed = ", ".join(literal(str(path)) for path in paths)
            return f"read_parquet([{listed}], union_by_name = true)"
        return self._csv_relation(paths, scratch)

    def _csv_relation(self, paths: Sequence[Path], scratch: Path) -> str:
        readable = [
            _as_utf8(path, self.settings, scratch / f"{number}.csv")
            for number, path in enumerate(paths)
        ]
        headers = [self._header(path, copy) for path, copy in zip(paths, readable, strict=True)]
        for path, (header, _) in zip(paths, headers, strict=True):
            if header != headers[0][0]:
                raise SourceDataError(
                    f"{path} has other columns than {paths[0]}; the files of one side need the "
                    "same header."
                )
        header, delimiter = headers[0]
        typed = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
        listed = ", ".join(literal(str(path)) for path in readable)
        return (
            f"read_csv([{listed}], auto_detect = false, header = true, delim = "
            f"{literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{typed}}})"
        )

    def _header(self, path: Path, readable: Path) -> tuple[list[str], str]:
        with readable.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = self.settings.delimiter or max(",;\t|", key=first.count)
            file.seek(0)
            header = next(csv.reader(file, delimiter=delimiter), [])
        twice = sorted({column for column in header if header.count(column) > 1})
        if not header or twice:
            problem = f"the column {twice[0]!r} twice" if twice else "no header line"
            raise SourceDataError(f"{path} has {problem}; it cannot be read as a table.")
        return header, delimiter

    def _selected(self, found: Mapping[str, str]) -> str:
        theirs = {column.strip().lower(): column for column in found}
        renamed = {
            self._known(theirs, their, ours): ours for ours, their in self.settings.columns.items()
        }
        return ", ".join(
            f"{self._written(column, kind, renamed.get(column, column))} AS "
            f"{name(renamed.get(column, column))}"
            for column, kind in found.items()
            # A column that another one replaces under our name steps aside.
            if column in renamed or column.strip().lower() not in self.settings.columns
        )

    def _known(self, theirs: Mapping[str, str], their: str, ours: str) -> str:
        if their.strip().lower() not in theirs:
            raise SourceDataError(
                f"The {self.settings.side} side has no column {their!r}, which "
                f"{self.settings.side}.columns.{ours} names (it has {', '.join(theirs.values())})."
            )
        return theirs[their.strip().lower()]

    def _written(self, column: str, kind: str, ours: str) -> str:
        """Return a column's SQL, where it is text in the way that the settings say."""
        raw, lower = name(column), ours.strip().lower()
        if kind != "VARCHAR":
            return raw
        if lower in AMOUNTS and self.settings.decimal != ".":
            return f"replace({raw}, {literal(self.settings.decimal)}, '.')"
        if lower in DATES and self.settings.date_format:
            day = f"try_strptime({raw}, {literal(self.settings.date_format)})"
            return f"coalesce(strftime({day}, '%Y-%m-%d'), {raw})"
        return raw


def _as_utf8(path: Path, settings: SourceSettings, copy: Path) -> Path:
    """Return a path to the same text in UTF-8: the file itself, or a copy.

    Raises SourceDataError where the file is not in its encoding, SourceUnreachable where it
    cannot be opened.
    """
    try:
        if settings.encoding in ("utf-8", "utf-8-sig"):
            for _ in _decoded(path, "utf-8"):
                pass
            return path
        with copy.open("w", encoding="utf-8", newline="") as out:
            out.writelines(_decoded(path, settings.encoding))
    except UnicodeDecodeError as error:
        other = "cp1252" if settings.encoding.startswith("utf-8") else "utf-8"
        raise SourceDataError(
            f"{path} is not {settings.encoding.upper()}; set encoding = '{other}' (or the one it "
            f"was saved in) under [{settings.side}] of the configuration."
        ) from error
    except OSError as error:
        raise SourceUnreachable(
            f"The {settings.side} side cannot be read: {path}: {error.strerror}. "
            "Check that it is there and may be read, then run again."
        ) from error
    return copy


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
