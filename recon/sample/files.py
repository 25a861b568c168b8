"""The sample as files: a DuckDB database, made once and kept, and CSV or Parquet from it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from recon.engine import literal, session
from recon.sample.recipe import Recipe
from recon.sample.tables import fill

Kind = Literal["csv", "parquet"]
TABLES = ("contracts", "entries", "truth")

# Written as the oldest release that recon runs with reads it.
_STORAGE = "v1.2.0"


def sample_path(recipe: Recipe) -> Path:
    """Return where a recipe's sample is kept, in the user's cache directory."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("recon")) / f"sample-{recipe.name}.duckdb"


def ensure(recipe: Recipe) -> Path:
    """Return the path of a recipe's sample, which is made on first use."""
    path = sample_path(recipe)
    if not path.exists():
        make(recipe, path)
    return path


def make(recipe: Recipe, path: Path) -> None:
    """Write the sample as a DuckDB file with the tables contracts, entries, truth and about.

    It is written beside its place and moved there when it is whole, so that two processes may
    make it at once and nobody ever opens half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=path.stem, dir=path.parent) as folder:
        made = Path(folder) / "sample.duckdb"
        with session() as connection:
            connection.execute(f"SET temp_directory = {literal(folder)}")
            connection.execute(
                f"ATTACH {literal(str(made))} AS sample (STORAGE_VERSION {literal(_STORAGE)})"
            )
            fill(connection, recipe)
            connection.execute("DETACH sample")
        made.replace(path)


def export(path: Path, folder: Path, kind: Kind) -> list[Path]:
    """Write contracts, entries and truth of a sample as CSV or Parquet; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    options = "FORMAT csv, HEADER" if kind == "csv" else "FORMAT parquet"
    files = [folder / f"{table}.{kind}" for table in TABLES]
    with session() as connection:
        connection.execute(f"ATTACH {literal(str(path))} AS sample (READ_ONLY)")
        for table, file in zip(TABLES, files, strict=True):
            connection.execute(f"COPY sample.{table} TO {literal(str(file))} ({options})")
    return files
