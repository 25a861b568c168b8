"""How a side was read, in words: files, the sample, or statements of a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recon.evidence.page_tables import fenced, table


def source(trail: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return the lines on a side, from how it came here and how it is configured."""
    if "files" in trail:
        rows = [(file["path"], f"{file['size']:,}", file["sha256"]) for file in trail["files"]]
        return [*table(("file", "bytes", "SHA-256"), rows), *_renamed(settings)]
    if "parts" in trail:
        return list(_database(trail, settings))
    if "recipe" in trail:
        told = ", ".join(f"{key} {value}" for key, value in trail["recipe"].items())
        return [f"The sample that comes with recon: {told}."]
    return ["Nothing is told of it."]


def _renamed(settings: Mapping[str, Any]) -> list[str]:
    columns = settings["columns"]
    rows = columns.items()
    return ["", *table(("our column", "theirs"), rows)] if columns else []


def _database(trail: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[str]:
    database = settings["database"] or {}
    where = database.get("connection") or f"{database.get('server')}/{database.get('database')}"
    yield from table(
        ("what", "value"),
        [
            ("database", where),
            ("server", f"{trail['product']} {trail['version']}"),
            ("driver", trail["driver"]),
            ("isolation", trail["isolation"]),
            ("query", database.get("query", "")),
        ],
    )
    for part in trail["parts"]:
        yield from ("", *fenced(part["select"], "sql"), "")
        if part["parameters"]:
            yield from (f"with the parameters {', '.join(part['parameters'])}.", "")
        yield _control(part)


def _control(part: Mapping[str, Any]) -> str:
    said = f"The server counted {part['rows']:,} rows with a sum of {part['sum']}"
    if part["first_period"]:
        said += f" in the periods from {part['first_period']} to {part['last_period']}"
    return f"{said}; what arrived came to the same."
