"""CSV files, workbooks and Parquet files as a source.

Every CSV field is read as text and typed by `recon.reconciliation.intake`, so that no id loses
a zero and no amount becomes a float on the way.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from recon.base.errors import ConfigError, SourceDataError, SourceUnreachable, TieOutError
from recon.base.fields import AMOUNTS
from recon.config import SourceSettings
from recon.reconciliation.places import know_places
from recon.reconciliation.separators import Unsaid
from recon.sources.csv_lines import CsvFile, csv_file, left_out
from recon.sources.decoding import GZIP, PARQUET, as_utf8, opening
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.excel.package import OLE, ZIP
from recon.sources.excel.sheet_file import sheet_file
from recon.sources.figures import adjusted, adjusts, float_notices
from recon.sources.file_relations import (
    FILE,
    NUMBER,
    by_name,
    csv_relation,
    header_problem,
    listed,
    numbered,
)
from recon.sources.kept_rows import kept_rows
from recon.sources.naming import chosen, selected
from recon.sources.places import FilePlaces, NamedFile
from recon.sources.side_by_side import Supervisor
from recon.store.columns import PLACE
from recon.store.session import Session, columns, reading

Note = Callable[[str], object]
FLOATS = (
    "Excel keeps numbers in binary floating point; those of the {side} side were taken by their "
    "shortest exact text."
)


def _unheard(_: str) -> None:
    """Nobody to hear of rows left out."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Files to select from.

    `place` is the column that numbers their rows, or ''. `told` are sentences on lines left out;
    `files` are those whose rows have lines.
    """

    relation: str
    place: str
    told: list[str] = field(default_factory=list)
    files: Sequence[NamedFile] = ()


@dataclass(frozen=True, slots=True)
class FilesSource:
    """Files of a path or glob, with the same columns."""

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

    def fetch(self, request: Request, scratch: Scratch, supervisor: Supervisor) -> Delivery:
        """The files, which are read where they are."""
        files = self.reads
        before = stamps(files)
        heard: list[str] = []
        sheets: dict[str, str] = {}

        def opened(session: Session) -> AbstractContextManager[str]:
            heard.clear()
            return self.opened(session, heard.append, sheets)

        trail = partial(self._trail, before, sheets)
        return Delivery(
            self.description, opened, trail, self.unsaid, lambda: tuple(heard), True, files
        )

    @property
    def unsaid(self) -> Unsaid | None:
        """The question of an amount that could be two numbers.

        None where the settings answer it.
        """
        if self.settings.decimal:
            return None
        ours = AMOUNTS[self.settings.side]
        return Unsaid(self.settings.columns.get(ours, ours), setting=True)

    @contextmanager
    def opened(
        self, session: Session, note: Note = _unheard, sheets: dict[str, str] | None = None
    ) -> Iterator[str]:
        """Yield a SELECT over the files, with our column names.

        Of lines and rows that it leaves out, `note` gets a sentence; `sheets` gets the sheet that
        is read of each workbook. Raises SourceUnreachable where
        no file is there, SourceDataError where one cannot be read.
        """
        paths = self._found()
        before, known = stamps(paths), self.unsaid is None
        with ExitStack() as scratch:
            with reading(self.settings.side, self.description):
                read = self._relation(session, paths, scratch)
                less, delivered = read.told, None
                relation, place = read.relation, read.place
                if self.settings.where:
                    kept = kept_rows(session, self.settings, relation, place)
                    less = less + kept.told
                    relation, place, delivered = kept.relation, kept.place, kept.delivered
                if sheets is not None:
                    named = zip(paths, read.files, strict=False)
                    sheets.update((path.as_posix(), of.sheet) for path, of in named if of.sheet)
                if read.files:
                    places = FilePlaces(read.files, delivered)
                    know_places(session, self.settings.side, places)
                found = columns(session, relation)
                selection = f"(SELECT {selected(self.settings, found)} {place} FROM {relation})"
                if adjusts(self.settings, chosen(self.settings, found)):
                    less = less + float_notices(session, selection, self.settings)
                    selection = adjusted(
                        session, self.settings, selection, self.description, known=known
                    )
            for sentence in less:
                note(sentence)
            try:
                yield selection
            except (SourceDataError, TieOutError) as error:
                if stamps(paths) == before:
                    raise
                raise self._changed() from error

    def parquet(self, session: Session) -> list[Path]:
        """The files if they are Parquet, read as they are.

        Raises SourceUnreachable where none is there.
        """
        paths = self._found()
        if any(self._start(path) != PARQUET for path in paths):
            return []
        relation, _ = self._parquet_relation(session, paths)
        found = chosen(self.settings, columns(session, relation))
        computed = self.settings.where or self.settings.fixed or adjusts(self.settings, found)
        return [] if computed else paths

    def _trail(
        self, before: Sequence[tuple[int, int]], sheets: Mapping[str, str]
    ) -> Mapping[str, object]:
        """The files with their hashes and sheets.

        Raises SourceDataError where they have changed.
        """
        paths = self.reads
        if not paths or stamps(paths) != before:
            raise self._changed()
        with opening(self._path, self.settings):
            return {"files": [_evident(path, sheets) for path in paths]}

    def _changed(self) -> SourceDataError:
        return SourceDataError(
            f"The {self.settings.side} side ({self.description}) changed while it was "
            "read; run again when it is complete."
        )

    @property
    def reads(self) -> list[Path]:
        """The files, as many as are there."""
        return [path for path in self._matches() if path.is_file()]

    def _matches(self) -> list[Path]:
        # Names of files and folders may hold brackets, which would be a pattern.
        path = self._path
        if _is_there(path):
            return [path]
        folder = next((parent for parent in path.parents if _is_there(parent)), path.parent)
        pattern = str(path.relative_to(folder))
        names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
        # Excel keeps a file beside each workbook that is open.
        return [folder / name for name in sorted(names) if not Path(name).name.startswith("~$")]

    def _found(self) -> list[Path]:
        files = self.reads
        if not files:
            what = "is not a file" if self._matches() else "does not exist"
            raise SourceUnreachable(
                f"{self._path} {what}; set {self.settings.side}.path in the configuration to a "
                "file, or to files like data/*.csv."
            )
        return files

    def _relation(self, session: Session, paths: Sequence[Path], scratch: ExitStack) -> _Read:
        starts = {path: self._start(path) for path in paths}
        kinds = {path.suffix.lower() == ".parquet" or starts[path] == PARQUET for path in paths}
        if len(kinds) > 1:
            raise SourceDataError(
                f"{self._path} matches Parquet and other files; the {self.settings.side} side "
                "needs files of one kind."
            )
        if kinds == {True}:
            return _Read(*self._parquet_relation(session, paths))
        read: list[NamedFile] = []
        told: list[str] = []
        for path, start in starts.items():
            if start.startswith((ZIP, OLE)):
                sheet = sheet_file(path, self.settings, scratch)
                read.append(NamedFile(path.name, sheet.file, sheet.sheet))
                told += sheet.notices
            elif start.startswith(GZIP):
                raise SourceDataError(f"{path} is compressed; unpack it first.")
            else:
                text = as_utf8(path, self.settings, scratch)
                file = csv_file(path, text, self.settings, scratch)
                read.append(NamedFile(path.name, file))
        files = [named.file for named in read]
        if any(file.is_sheet for file in files):
            told.append(FLOATS.format(side=self.settings.side))
        told = left_out(self.settings, files) + told
        return _Read(self._csv_relation(paths, files), "", told, read)

    def _start(self, path: Path) -> bytes:
        with opening(path, self.settings), path.open("rb") as file:
            return file.read(len(PARQUET))

    def _parquet_relation(self, session: Session, paths: Sequence[Path]) -> tuple[str, str]:
        # An older writer marks texts as plain bytes; and what stands in a folder's name is no data.
        options = "union_by_name = true, binary_as_string = true, hive_partitioning = false"
        headers = [
            sorted(map(str.lower, columns(session, f"read_parquet({listed([path])}, {options})")))
            for path in paths
        ]
        self._compare_headers(paths, headers)
        hidden = {FILE, NUMBER} & set(headers[0])
        return (
            f"read_parquet({listed(paths)}, {options})",
            "" if hidden else f", {numbered(session, paths)} AS {PLACE}",
        )

    def _csv_relation(self, paths: Sequence[Path], read: Sequence[CsvFile]) -> str:
        for path, file in zip(paths, read, strict=True):
            if problem := header_problem(file.header):
                raise SourceDataError(
                    f"{path} has {problem}; its first line must name every column once."
                )
        self._compare_headers(paths, [file.header for file in read])
        alike = [
            list(files)
            for _, files in groupby(read, lambda file: (file.delimiter, tuple(file.header)))
        ]
        if len(alike) == 1:
            return csv_relation(read)
        return f"({' UNION ALL '.join(by_name(files, read[0].header) for files in alike)})"

    def _compare_headers(self, paths: Sequence[Path], headers: Sequence[Sequence[str]]) -> None:
        """Raise SourceDataError where files have other columns.

        Their order may differ.
        """
        for path, header in zip(paths, headers, strict=True):
            lacking, others = _without(headers[0], header), _without(header, headers[0])
            parts = [f"without {_listed(lacking)}"] * bool(lacking)
            parts += [f"with {_listed(others)}"] * bool(others)
            if parts:
                raise SourceDataError(
                    f"{path} has different columns than {paths[0]}: it is {' and '.join(parts)}; "
                    "the files of one side need the same columns, in any order."
                )


def _without(header: Sequence[str], other: Sequence[str]) -> list[str]:
    """The columns of a header that another one lacks."""
    found = {column.strip().lower() for column in other}
    return [column for column in header if column.strip().lower() not in found]


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(repr, columns))


def _is_there(path: Path) -> bool:
    # A name may be too long, or none at all.
    with suppress(OSError, ValueError):
        return path.exists()
    return False


def _evident(path: Path, sheets: Mapping[str, str]) -> dict[str, object]:
    """A file with its hash, and its sheet."""
    sheet = sheets.get(path.as_posix())
    return fingerprint(path) | ({"sheet": sheet} if sheet else {})


def stamps(paths: Sequence[Path]) -> list[tuple[int, int]]:
    """Sizes and times of change: cheap, but no proof.

    Empty where a file is gone.
    """
    with suppress(OSError):
        return [(found.st_size, found.st_mtime_ns) for found in map(Path.stat, paths)]
    return []


def fingerprint(path: Path) -> dict[str, object]:
    """A file's path, size and SHA-256; raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"path": path.as_posix(), "size": file.tell(), "sha256": digest}
