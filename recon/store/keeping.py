"""Keeping the store: backup, and forgetting a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recon.base.errors import UsageError
from recon.store.schema import STORE, TABLES
from recon.store.session import Session, literal, name

# Columns of a customer's row that say who somebody is.
_PERSONAL = ("name", "email", "city", "region", "segment", "loyalty_tier", "joined_on")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A forgotten customer: the new name, and the changes."""

    customer: str
    rows: int
    rejected: int
    months: Mapping[str, list[date | None]]


def refuse_existing(path: Path) -> None:
    """Stop where a backup would overwrite a file."""
    if path.exists():
        raise UsageError(f"{path} is there already; choose another name for the backup.")


def forget(session: Session, customer: str) -> Forgotten:
    """Erase who a customer is; every figure stays.

    Raises UsageError where there is no such customer.
    """
    key = customer.strip().lower()
    known = session.execute(
        f"SELECT customer_id FROM {STORE}.dim_customer WHERE lower(customer_id) = ?", [key]
    ).fetchone()
    if known is None:
        raise UsageError(f"There is no customer {customer!r} in the store.")
    instead = _pseudonym(session)
    personal = _texts_of(session, key)
    rows, months = 0, {}
    for table in TABLES.values():
        if "customer_id" not in table.names:
            continue
        months[table.name] = _months(session, table.name, table.kind.day, key)
        for suffix in ("", "_history"):
            rows += _rename(session, f"{table.name}{suffix}", key, instead)
        if not months[table.name]:
            del months[table.name]
    rejected = _erase_rejected(session, key, personal)
    return Forgotten(instead, rows, rejected, months)


def _pseudonym(session: Session) -> str:
    found = session.execute(
        f"""SELECT count(DISTINCT customer_id) + 1 FROM {STORE}.dim_customer
        WHERE starts_with(customer_id, 'forgotten-')"""
    ).fetchone()
    return f"forgotten-{found[0] if found else 1}"


def _texts_of(session: Session, key: str) -> list[str]:
    """A customer's names and addresses, in small letters."""
    found = session.execute(
        f"""SELECT DISTINCT lower(unnest([name, email])) FROM (
            SELECT name, email FROM {STORE}.dim_customer WHERE lower(customer_id) = ?
            UNION ALL
            SELECT name, email FROM {STORE}.dim_customer_history WHERE lower(customer_id) = ?)""",
        [key, key],
    ).fetchall()
    return [text for (text,) in found if text]


def _months(session: Session, table: str, day: str, key: str) -> list[date | None]:
    month = f"CAST(date_trunc('month', {day}) AS DATE)" if day else "CAST(NULL AS DATE)"
    found = session.execute(
        f"SELECT DISTINCT {month} FROM {STORE}.{table} WHERE lower(customer_id) = ?", [key]
    ).fetchall()
    return [of for (of,) in found]


def _rename(session: Session, table: str, key: str, instead: str) -> int:
    columns = {column for (column,) in session.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND table_name = ?",
        [STORE, table],
    ).fetchall()}  # fmt: skip
    erased = {"customer_id": literal(instead)}
    if table.startswith("dim_customer"):
        erased |= {column: "NULL" for column in _PERSONAL if column in columns}
    elif "customer" in columns:
        erased["customer"] = "NULL"
    changes = ", ".join(f"{name(column)} = {value}" for column, value in erased.items())
    done = session.execute(
        f"UPDATE {STORE}.{table} SET {changes} WHERE lower(customer_id) = ?", [key]
    ).fetchone()
    return int(done[0]) if done else 0


def _erase_rejected(session: Session, key: str, personal: list[str]) -> int:
    """Erase the cells of rejected rows that name the customer."""
    named = " OR ".join("contains(lower(cells), ?)" for _ in personal) or "false"
    done = session.execute(
        f"""UPDATE {STORE}.rejected SET cells = NULL, cell = NULL,
            reason = 'erased: the row named a customer who was forgotten', row_key = NULL
        WHERE contains(lower(cells), ?) OR {named}""",
        ['"' + key + '"', *personal],
    ).fetchone()
    return int(done[0]) if done else 0
