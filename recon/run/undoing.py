"""Loads taken back, and overlapping rows accepted."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import UsageError
from recon.base.feeds import KINDS
from recon.base.text import counted
from recon.config import Settings
from recon.record.lock import locked
from recon.store import snapshot, warehouse
from recon.store.copying import FILE
from recon.store.session import Session


def undo_load(settings: Settings, load: int) -> str:
    """Take a load back whole; return the sentence on it.

    Raises UsageError where there is none, or later loads stand on it.
    """
    with locked(settings.store, "recon load --undo"), _store(settings) as session:
        table = _table_of(session, load)
        later = warehouse.standing_on(session, load)
        if later:
            named = ", ".join(f"{of} ({Path(file).name})" for of, file in later)
            raise UsageError(
                f"Load {load} cannot be taken back: later loads changed or found its rows: "
                f"{named}. Take these back first, the last one first."
            )
        now = datetime.now(UTC).replace(tzinfo=None)
        with warehouse.transaction(session, settings.store / FILE):
            months = warehouse.undo(session, load, table)
            warehouse.note_change(session, "undo", load, now, months)
        snapshot.publish(session, settings.store, settings.calendar)
    return f"Load {load} is taken back; the store is as it was before it."


def accept_load(settings: Settings, load: int) -> str:
    """Let a load's overlapping rows count; return the sentence."""
    with locked(settings.store, "recon load --accept"), _store(settings) as session:
        _table_of(session, load)
        now = datetime.now(UTC).replace(tzinfo=None)
        with warehouse.transaction(session, settings.store / FILE):
            months = warehouse.accept(session, load)
            warehouse.note_change(session, "accept", load, now, months)
        snapshot.publish(session, settings.store, settings.calendar)
    changed = counted(sum(map(len, months.values())), "month")
    return f"The overlapping rows of load {load} count from now on; {changed} changed."


def _table_of(session: Session, load: int) -> str:
    """The table of a load; raises UsageError without one."""
    found = session.execute(
        "SELECT kind, status FROM store.loads WHERE load = ?", [load]
    ).fetchone()
    if found is None:
        raise UsageError(f"There is no load {load}; `recon loads` lists them.")
    if found[1] != "loaded":
        raise UsageError(f"Load {load} is {found[1]}; it has no rows in the store.")
    return KINDS[found[0]].table


def _store(settings: Settings) -> AbstractContextManager[Session]:
    return warehouse.opened(settings.store, settings.memory_limit)
