"""Extracts: both sides' rows as Parquet files.

A reconciliation can be made from them again. They hold the columns that recon reads, under our
names, in the order and in the types in which the source delivered them; DuckDB writes them, no row
passes through Python.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recon.base.fields import CONDENSED, UNREAD, known
from recon.base.result import Side
from recon.record.evidence.layout import EXTRACTS, Document
from recon.store.columns import PLACE
from recon.store.session import Session, columns, is_any, literal, name, writing


@dataclass(frozen=True, slots=True)
class Extract:
    """A file's columns, and the delivered ones that are unread."""

    columns: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An extract in a folder, for another run to copy.

    `totals` are those of its rows, from `extract_totals`.
    """

    folder: Path
    extract: Extract
    totals: Document


def copy_extract(kept: Kept, side: Side, folder: Path) -> Extract:
    """Copy a side's file into a folder; raises ReportError."""
    with writing(folder / EXTRACTS[side]):
        shutil.copyfile(kept.folder / EXTRACTS[side], folder / EXTRACTS[side])
    return kept.extract


def known_columns(side: Side, compliance: Iterable[str]) -> set[str]:
    """A side's columns that recon reads, under recon's names."""
    added_up = {CONDENSED} if side is Side.ACCOUNTING else set()
    return added_up.union(known(side, compliance), {UNREAD})


# The rows that only all of their columns tell apart.
_ONE_KEY = {Side.ANALYTICS: "contracts_of_one_key", Side.ACCOUNTING: "entries_repeated"}


def write_extract(
    session: Session, side: Side, relation: str, folder: Path, compliance: Iterable[str]
) -> Extract:
    """Write a side's rows to its file; raises ReportError."""
    wanted = known_columns(side, compliance)
    found = {column.strip().lower(): column for column in columns(session, relation)}
    found.pop(PLACE, None)
    chosen = {ours: theirs for ours, theirs in found.items() if ours in wanted}
    listed = ", ".join(f"{name(theirs)} AS {name(ours)}" for ours, theirs in chosen.items())
    left_out = tuple(theirs for ours, theirs in found.items() if ours not in wanted)
    if left_out and UNREAD not in chosen and is_any(session, _ONE_KEY[side]):
        listed += f", hash({', '.join(map(name, left_out))}) AS {UNREAD}"
    path = folder / EXTRACTS[side]
    with writing(path):
        session.execute(
            f"COPY (SELECT {listed} FROM {relation}) TO {literal(str(path))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
    return Extract(tuple(chosen), left_out)


def extract_relation(folder: Path, side: Side) -> str:
    """The relation to select a side from."""
    # The folder's name may hold brackets, which would be a pattern, and is no data.
    path = literal(glob.escape(str(folder / EXTRACTS[side])))
    return f"read_parquet([{path}], hive_partitioning = false)"


def extract_totals(session: Session, folder: Path, side: Side) -> Document:
    """The counts and sums of a side's file by itself.

    A row of older entries stands for several, which a database has added up.
    """
    relation = extract_relation(folder, side)
    if side is Side.ANALYTICS:
        row = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
        return {"extract_rows": row[0] if row else 0}
    condensed = CONDENSED in columns(session, relation)
    entries = f"sum(coalesce(CAST({CONDENSED} AS BIGINT), 1))" if condensed else "count(*)"
    row = session.execute(
        f"""SELECT count(*), CAST(coalesce({entries}, 0) AS BIGINT),
            CAST(min(recognition_period) AS VARCHAR), CAST(max(recognition_period) AS VARCHAR)
        FROM {relation}"""
    ).fetchone()
    keys = ("extract_rows", "extract_entries", "first_period", "last_period")
    return dict(zip(keys, row or (), strict=True))
