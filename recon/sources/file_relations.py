"""The SQL of files: their columns and rows."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from recon.sources.csv_lines import CsvFile
from recon.store.session import Session, literal, name

# What DuckDB calls the place of a Parquet file in the list and of a row in the file, from 0.
FILE, NUMBER = "file_index", "file_row_number"


def csv_relation(read: Sequence[CsvFile]) -> str:
    """The relation of files with one delimiter."""
    typed = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in read[0].header)
    return (
        f"read_csv({listed([file.readable for file in read])}, auto_detect = false, "
        f"header = true, delim = {literal(read[0].delimiter)}, quote = '\"', escape = '\"', "
        f"columns = {{{typed}}}, hive_partitioning = false)"
    )


def by_name(read: Sequence[CsvFile], header: Sequence[str]) -> str:
    """SELECT of files whose columns are in another order."""
    own = {column.strip().lower(): column for column in read[0].header}
    wanted = (f"{name(own[of.strip().lower()])} AS {name(of)}" for of in header)
    return f"SELECT {', '.join(wanted)} FROM {csv_relation(read)}"


def header_problem(header: Sequence[str]) -> str:
    """The fault in the names of the columns, or ''."""
    lower = [column.strip().lower() for column in header]
    twice = sorted(column for column, times in Counter(lower).items() if times > 1)
    if not header:
        return "no header line"
    if any("\n" in column or "\r" in column for column in header):
        return "a line break or an open quote in the name of a column"
    return f"the column {twice[0]!r} twice" if twice else ""


def numbered(session: Session, paths: Sequence[Path]) -> str:
    """The SQL of a row's number across Parquet files.

    It counts from 1 over one file after the other. A number that the file gives is had by all cores
    at once, a counted one by one alone.
    """
    if len(paths) == 1:
        return f"{NUMBER} + 1"
    rows = [_rows(session, path) for path in paths[:-1]]
    return f"{list(accumulate(rows, initial=1))}[CAST({FILE} AS BIGINT) + 1] + {NUMBER}"


def _rows(session: Session, path: Path) -> int:
    found = session.execute(f"SELECT count(*) FROM read_parquet({listed([path])})").fetchone()
    return int(found[0]) if found else 0


def listed(paths: Sequence[Path]) -> str:
    """Paths as an SQL list without any patterns for DuckDB."""
    return "[" + ", ".join(literal(glob.escape(str(path))) for path in paths) + "]"
