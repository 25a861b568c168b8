"""Keeping the store: compact, backup, forget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recon.base.errors import ReportError, UsageError, tie
from recon.store.schema import STORE, TABLES
from recon.store.session import Session, literal, name, writing
from recon.store.warehouse import FILE

# Columns of a customer's row that say who somebody is.
_PERSONAL = ("name", "email", "city", "region", "segment", "loyalty_tier", "joined_on")
_COPY = "copy"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A forgotten customer: the new name, and the changes."""

    customer: str
    rows: int
    rejected: int
    months: Mapping[str, list[date | None]]


def counts(session: Session) -> dict[str, int]:
    """The number of rows of every table of the store."""
    tables = session.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{STORE}' ORDER BY 1"
    ).fetchall()
    return {table: _rows(session, f"{STORE}.{name(table)}") for (table,) in tables}


def _rows(session: Session, relation: str) -> int:
    found = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(found[0]) if found else 0


def copy_to(session: Session, path: Path) -> int:
    """Copy the store to a new file; return its rows.

    Raises ReportError where it cannot be written, TieOutError where a row is missing.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        session.execute(f"ATTACH {literal(str(path))} AS {_COPY} (STORAGE_VERSION 'v1.4.0')")
        try:
            session.execute(f"COPY FROM DATABASE {STORE} TO {_COPY}")
            rows = counts(session)
            for table, count in rows.items():
                tie(f"the copy of {table}", _rows(session, f"{_COPY}.{name(table)}"), count)
        finally:
            session.execute(f"DETACH {_COPY}")
    return sum(rows.values())


def refuse_existing(path: Path) -> None:
    """Stop where a backup would overwrite a file."""
    if path.exists():
        raise UsageError(f"{path} is there already; choose another name for the backup.")


def replace_by(folder: Path, made: Path) -> tuple[int, int]:
    """Replace the store by a compact copy; return both sizes.

    The store must not be open. Raises ReportError where it cannot be replaced.
    """
    path = folder / FILE
    before, after = path.stat().st_size, made.stat().st_size
    try:
        made.replace(path)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be replaced ({error.strerror}); close whatever has it open, and run "
            "again."
        ) from error
    return before, after


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
