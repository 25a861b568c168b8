"""Files of report tables: CSV and a workbook."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from recon.base import money
from recon.base.text import guarded
from recon.reconciliation.cash.model import Matching
from recon.record.run_folder import move_into_place, unwritable
from recon.reports.cash.tables import AMOUNT, MATCHES, ReportTable, matching_tables
from recon.store.session import Session

# More matches than people read are in the CSV file alone; a sheet has a million rows at most.
_MOST = 50_000


def write_matching(session: Session, result: Matching, folder: Path) -> list[Path]:
    """Write the tables of a matching; return their paths.

    Raises ReportError where they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _beside(folder) as partial:
            written = [write_csv(partial, table) for table in matching_tables(session, result)]
            tables, notes = list(matching_tables(session, result)), []
            if (count := sum(each.matches for each in result.passed)) > _MOST:
                tables = [table for table in tables if table.name != MATCHES]
                notes = [f"The {count:,} matches are in {MATCHES}.csv."]
            written.append(write_workbook(partial / "match.xlsx", tables, "recon match", notes))
            return [move_into_place(path, folder / path.name) for path in written]
    except OSError as error:
        raise unwritable(error, folder) from error


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Yield a folder in a folder, gone at the end."""
    with tempfile.TemporaryDirectory(
        prefix=".recon-", suffix=".partial", dir=folder, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def write_csv(folder: Path, table: ReportTable) -> Path:
    """Write a table as CSV; raises OSError."""
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(table.names)
        writer.writerows(_csv_rows(table))
    return path


def _csv_rows(table: ReportTable) -> Iterator[list[object]]:
    names = table.names
    at = names.index("currency") if "currency" in names else -1
    amounts = [kind == AMOUNT for _, _, kind in table.columns]
    for row in table.rows:
        currency = str(row[at]) if at >= 0 else ""
        yield [
            money.plain(int(str(value)), currency)
            if amount and value not in (None, "")
            else guarded(value)
            if isinstance(value, str)
            else value
            for value, amount in zip(row, amounts, strict=True)
        ]


def write_workbook(
    path: Path, tables: Sequence[ReportTable], footer: str, notes: Iterable[str] = ()
) -> Path:
    """Write tables as the sheets of a workbook; raises OSError."""
    from openpyxl import Workbook

    from recon.reports.excel.tables import Column, Kind, Tables, assemble

    with tempfile.TemporaryFile(dir=path.parent) as spool:
        written = Tables(Workbook(write_only=True), spool, footer)
        try:
            for table in tables:
                columns = [Column(name, width, Kind(kind)) for name, width, kind in table.columns]
                written.add(table.title, columns, list(table.rows), note=" ".join(notes))
            assemble(written, path)
        except BaseException:
            written.abandon()
            raise
    return path
