"""Sales into DuckDB by dlt with Arrow, merged by their key.

python -m tests.benchmarks.peers.load_dlt FILE FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import dlt
import pyarrow as pa
from pyarrow import csv

from tests.benchmarks.sales import COLUMNS

TYPES = {
    **dict.fromkeys(COLUMNS, pa.string()),
    "sold_on": pa.date32(),
    **dict.fromkeys(("quantity", "unit_price", "discount", "cost", "tax"), pa.decimal128(19, 4)),
}


def load(path: str, folder: str) -> None:
    """Load a file, with dlt's own folders below `folder`."""

    @dlt.resource(name="sales", primary_key=["sale_id", "line"], write_disposition="merge")
    def rows() -> Iterator[pa.Table]:
        convert = csv.ConvertOptions(column_types=TYPES)
        read = csv.ReadOptions(block_size=16 << 20)
        with csv.open_csv(path, read_options=read, convert_options=convert) as batches:
            for batch in batches:
                yield pa.Table.from_batches([batch])

    pipeline = dlt.pipeline(
        "sales",
        destination=dlt.destinations.duckdb(str(Path(folder) / "by_dlt.duckdb")),
        dataset_name="shop",
        pipelines_dir=str(Path(folder) / "pipelines"),
    )
    pipeline.run(rows())


if __name__ == "__main__":
    load(*sys.argv[1:])
