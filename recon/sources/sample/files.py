"""The sample as files, made once and kept.

It is a DuckDB database, from which CSV and Parquet are written.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from recon.base.errors import ReportError, UsageError
from recon.sources.sample.recipe import Recipe
from recon.store.session import literal, open_session, session, writing

Kind = Literal["csv", "parquet"]
TABLES = ("contracts", "entries", "truth")

# Written as the oldest release that recon runs with reads it.
_STORAGE = "v1.2.0"


def sample_path(recipe: Recipe) -> Path:
    """The file of a recipe's sample in the user's cache."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("recon")) / f"sample-{recipe.name}.duckdb"


def ensure(recipe: Recipe) -> Path:
    """The file of a recipe's sample, made on first use."""
    path = sample_path(recipe)
    if not path.exists():
        try:
            make(recipe, path)
        except ReportError:
            # Another process was faster and has it open, which on Windows protects it.
            if not path.exists():
                raise
    return path


def make(recipe: Recipe, path: Path) -> None:
    """Write the sample as a DuckDB file.

    Its tables are contracts, entries, truth and about. It is written beside its place and moved
    there when it is whole, so that two processes may make it at once and nobody ever opens half of
    it. Raises ReportError where that fails.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=path.stem, dir=path.parent, ignore_cleanup_errors=True
        ) as folder:
            made = Path(folder) / "sample.duckdb"
            _write(recipe, made)
            made.replace(path)


def _write(recipe: Recipe, path: Path) -> None:
    # Made once, read for ever after.
    from recon.sources.sample.tables import fill

    # What does not fit into memory goes to the same disk.
    with open_session(allowed=[path.parent], spill=str(path.parent)) as connection:
        connection.execute(
            f"ATTACH {literal(str(path))} AS sample (STORAGE_VERSION {literal(_STORAGE)})"
        )
        fill(connection, recipe)
        connection.execute("DETACH sample")


def refuse_books(folder: Path, kind: Kind) -> None:
    """Refuse a folder whose files may be somebody's books.

    Those of a sample have their truth beside them. Raises UsageError.
    """
    *books, truth = (folder / f"{table}.{kind}" for table in TABLES)
    there = [path.name for path in books if path.exists()]
    if there and not truth.exists():
        raise UsageError(
            f"{folder} already contains {' and '.join(there)}, and no {truth.name} shows that this "
            "is a sample; choose another folder with --out."
        )


def export(path: Path, folder: Path, kind: Kind) -> list[Path]:
    """Export contracts, entries and truth; return the files.

    As CSV or Parquet. Raises ReportError where they cannot be written.
    """
    options = "FORMAT csv, HEADER" if kind == "csv" else "FORMAT parquet"
    files = [folder / f"{table}.{kind}" for table in TABLES]
    with writing(folder), session(path.parent, folder) as connection:
        folder.mkdir(parents=True, exist_ok=True)
        connection.execute(f"ATTACH {literal(str(path))} AS sample (READ_ONLY)")
        for table, file in zip(TABLES, files, strict=True):
            connection.execute(f"COPY sample.{table} TO {literal(str(file))} ({options})")
    return files
