"""Loads as the snapshot has them, with rejected rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from recon.base.errors import UsageError
from recon.store.schema import LOADS, REJECTED
from recon.store.session import Session

_JSON = ("header", "sums", "cleaned", "restated", "notes")


def loads(session: Session, load: int | None = None) -> list[dict[str, Any]]:
    """The loads or one, the last first.

    Raises UsageError where there is no such load.
    """
    names = [column.name for column in LOADS]
    found = session.execute(
        f"""SELECT {", ".join(names)}, (SELECT count(*) FROM rejected r
            WHERE r.load = loads.load AND mended_by IS NULL) AS open
        FROM loads WHERE load = ? OR ? IS NULL ORDER BY load DESC""",
        [load, load],
    ).fetchall()
    if load is not None and not found:
        raise UsageError(f"There is no load {load}; `recon loads` lists them.")
    return [_plain(dict(zip([*names, "open"], row, strict=True))) for row in found]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: json.loads(value) if key in _JSON and value is not None else value
        for key, value in row.items()
    }


def rejected(session: Session, load: int | None = None) -> list[dict[str, Any]]:
    """The rejected rows of a load, or all open."""
    names = [column.name for column in REJECTED]
    found = session.execute(
        f"""SELECT {", ".join(names)} FROM rejected
        WHERE load = ? OR (? IS NULL AND mended_by IS NULL) ORDER BY load, recon_row""",
        [load, load],
    ).fetchall()
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return [{**row, "cells": json.loads(row["cells"]) if row["cells"] else None} for row in rows]
