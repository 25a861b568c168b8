"""Payloads: relations of any shape as rows of one, since a group answers with several at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

SCHEMA = "kind string, payload binary"
_ARROW = pa.schema([("kind", pa.string()), ("payload", pa.binary())])
# Spark and Arrow hold a value of at most 2 GB.
_ROWS = 50_000


def packed(relations: Iterable[tuple[str, pa.Table]]) -> pa.Table:
    """Return relations by their kinds as rows (kind, payload)."""
    return pa.Table.from_batches(
        [
            pa.RecordBatch.from_pydict({"kind": [kind], "payload": [payload]}, _ARROW)
            for kind, table in relations
            for payload in _payloads(table)
        ],
        _ARROW,
    )


def _payloads(table: pa.Table) -> Iterator[bytes]:
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for start in range(0, table.num_rows, _ROWS):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table.slice(start, _ROWS))
        yield sink.getvalue().to_pybytes()


def unpacked(payload: bytes) -> pa.Table:
    """Return the rows of a payload."""
    with pa.ipc.open_stream(payload) as stream:
        return stream.read_all()
