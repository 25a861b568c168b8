"""Every kind of source gives the same document: byte for byte, but for the run and the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.sources import sample
from tests.integration.test_databases import anonymous, shown


def configured(folder: Path, kind: str) -> Path:
    """Write the configuration of a kind of source, and its files; return its path."""
    path = folder / kind / "recon.toml"
    path.parent.mkdir()
    if kind == "sample":
        path.write_text(
            "[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n", encoding="utf-8"
        )
        return path
    sample.export(sample.ensure(sample.Recipe()), path.parent, kind)
    path.write_text(
        f"[analytics]\nsource = 'files'\npath = 'contracts.{kind}'\n"
        f"[accounting]\nsource = 'files'\npath = 'entries.{kind}'\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.slow
def test_sample_csv_and_parquet_give_the_same_document(tmp_path: Path) -> None:
    """Row numbers of invalid rows, entries of every break, every total."""
    kinds = ("sample", "csv", "parquet")
    found = {
        anonymous(shown(configured(tmp_path, kind), "month", "2024-06", "--format", "none"))
        for kind in kinds
    }
    assert len(found) == 1
