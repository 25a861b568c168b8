"""Loads and the store as JSON documents, for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from recon.base.text import counted

if TYPE_CHECKING:
    from recon.store.load import Loaded
    from recon.store.outcome import FileOutcome, Report

SCHEMA = 1
Document = dict[str, object]


def report_document(report: Report) -> Document:
    """A run of `recon load`: each file, and its outcome."""
    return {
        "schema": SCHEMA,
        "command": "load",
        "dry_run": report.dry,
        "snapshot": report.snapshot,
        "exit_code": int(report.exit_code),
        "alerts": report.alerts or None,
        "files": [_file(each) for each in report.outcomes],
        "findings": [each.sentence for each in report.findings],
        "finding_kinds": [each.kind.value for each in report.findings],
        "low_stock": [each.sentence for each in report.low],
    }


def _file(outcome: FileOutcome) -> Document:
    found: Document = {
        "file": outcome.path.as_posix(),
        "feed": outcome.feed,
        "kind": outcome.kind,
        "status": outcome.status,
        "load": outcome.load,
        "reason": outcome.reason or None,
        "findings": [each.sentence for each in outcome.findings],
        "finding_kinds": [each.kind.value for each in outcome.findings],
        "notes": list(outcome.notes),
        "rejected_file": outcome.rejected_file.as_posix() if outcome.rejected_file else None,
        "moved_to": outcome.moved_to.as_posix() if outcome.moved_to else None,
        "rejected_rows": [
            {
                "row": each.row,
                "place": each.place,
                "column": each.column,
                "cell": each.cell,
                "reason": each.reason,
            }
            for each in outcome.rejected
        ],
    }
    if outcome.loaded:
        found |= _rows(outcome.loaded)
    return found


def _rows(loaded: Loaded) -> Document:
    return {
        "rows": loaded.rows,
        **loaded.counts,
        "removed": loaded.removed,
        "overlapping": loaded.overlapping,
        "mended": loaded.mended,
        "first_day": str(loaded.first_day) if loaded.first_day else None,
        "last_day": str(loaded.last_day) if loaded.last_day else None,
        "sums": {
            fate: {column: str(total) for column, total in sums.items()}
            for fate, sums in loaded.sums.items()
        },
        "cleaned": dict(loaded.cleaned),
        "placeholders": dict(loaded.placeholders),
        "restated": [
            {
                "month": f"{each.month:%Y-%m}",
                "measure": each.measure,
                "currency": each.currency,
                "change": str(each.change),
                "rows": each.rows,
            }
            for each in loaded.restated
        ],
    }


def loads_document(loads: Sequence[Mapping[str, Any]], rejected: Sequence[Any]) -> Document:
    """The loads, and rejected rows where they were asked for."""
    return {
        "schema": SCHEMA,
        "command": "loads",
        "loads": [{key: _plain(value) for key, value in each.items()} for each in loads],
        "rejected": list(rejected),
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def info_document(found: Mapping[str, Any]) -> Document:
    """The store and its tables."""
    return {"schema": SCHEMA, "command": "store info", **found}


def info_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines on the store and its tables."""
    yield f"{found['store']}, snapshot {found['snapshot']}"
    width = max(map(len, found["tables"]))
    for table, of in found["tables"].items():
        files = counted(of["files"], "file")
        yield f"  {table:<{width}}  {of['rows']:>12,} rows  {of['bytes']:>14,} bytes in {files}"
    yield f"  write.duckdb: {found['write_bytes']:,} bytes"
