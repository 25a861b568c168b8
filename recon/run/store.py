"""Keeping the store: info, compact, backup, forget."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recon.base.text import counted
from recon.config import Settings
from recon.record.lock import locked
from recon.store import copying, keeping, snapshot, warehouse
from recon.store.copying import FILE


def info(settings: Settings) -> dict[str, Any]:
    """The tables of the snapshot: rows, files and sizes."""
    with snapshot.looked_at(settings.store) as (session, found):
        tables = {}
        for table in sorted(found.tables):
            paths = found.paths(settings.store, table)
            rows = session.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
            size = sum(path.stat().st_size for path in paths)
            tables[table] = {"rows": rows[0], "files": len(paths), "bytes": size}
    path = settings.store / FILE
    written = path.stat().st_size if path.exists() else 0
    return {"store": settings.store.as_posix(), "snapshot": found.number, "tables": tables,
            "write_bytes": written}  # fmt: skip


def compact(settings: Settings) -> str:
    """Write the store anew, as small as it can be."""
    with locked(settings.store, "recon store compact"):
        with copying.beside(settings.store) as made:
            with warehouse.opened(settings.store, settings.memory_limit) as session:
                copying.copy_to(session, made)
            before, after = copying.replace_by(settings.store, made)
        removed = snapshot.remove_unused(settings.store, snapshot.current(settings.store))
    return (
        f"{FILE} has {after:,} bytes now instead of {before:,}; {counted(removed, 'file')} that "
        "nobody uses any more went."
    )


def backup(settings: Settings, path: Path) -> str:
    """Copy the store to a file; count every row."""
    keeping.refuse_existing(path)
    with (
        locked(settings.store, "recon store backup"),
        warehouse.opened(settings.store, settings.memory_limit, allowed=[path.parent]) as session,
    ):
        rows = copying.copy_to(session, path)
    return (
        f"{path} holds the store, {counted(rows, 'row')} in all. To go back to it, put it in the "
        f"place of {settings.store / FILE} and run `recon load`."
    )


def forget(settings: Settings, customer: str) -> str:
    """Erase who a customer is, everywhere in the store."""
    with locked(settings.store, "recon store forget"):
        with warehouse.opened(settings.store, settings.memory_limit) as session:
            with warehouse.transaction(session, settings.store / FILE):
                done = keeping.forget(session, customer)
                now = datetime.now(UTC).replace(tzinfo=None)
                warehouse.note_change(session, "forget", 0, now, done.months)
            made = snapshot.publish(session, settings.store, settings.calendar)
        snapshot.remove_unused(settings.store, made, older=-1)
    compact(settings)
    return (
        f"The customer is {done.customer} now in {counted(done.rows, 'row')}; "
        f"{counted(done.rejected, 'rejected row')} erased. Every figure is as before. Files that "
        "you keep elsewhere (the inbox, rejected/, backups) are yours to delete."
    )
