"""The trail of a database: what was asked, and what the server says of it, for the evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from recon.sources.database import Database
from recon.sources.parts import Part

# What a query hands on to another server may hold a password, in the way of connection strings.
_PASSWORD = re.compile(r"\b(pwd|password)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;'\"\s]+)", re.IGNORECASE)


def server_trail(database: Database) -> dict[str, str]:
    """Return which server was read through which driver, in which isolation."""
    return {
        "product": database.product,
        "version": database.version,
        "driver": database.driver,
        "isolation": database.isolation,
    }


def part_trail(part: Part, counted: Sequence[object]) -> Mapping[str, object]:
    """Return the statements of a part, and what the server counted: rows, sum and periods."""
    rows, total, *periods = counted
    first, last = periods or (None, None)
    return {
        "select": without_passwords(part.select),
        "count": without_passwords(part.count),
        "parameters": [str(parameter) for parameter in part.parameters],
        "rows": rows,
        "sum": _text(total or 0),
        "first_period": None if first is None else str(first),
        "last_period": None if last is None else str(last),
    }


def without_passwords(statement: str) -> str:
    """Return a statement without the value of any `PWD=` or `PASSWORD=` in it."""
    return _PASSWORD.sub(lambda found: f"{found[1]}=***", statement)


def _text(total: object) -> str:
    return format(total, "f") if isinstance(total, Decimal) else str(total)
