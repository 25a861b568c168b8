"""The snapshot: the star as Parquet, for everybody who reads.

`current.json` names the files of one state of the store. Files never change their content: a table
or a month that changed gets a new file, and `current.json` is replaced after everything is on disk,
so that a reader never sees half a load, and no reader keeps a loader waiting.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from recon.base import disk
from recon.base.calendar import Calendar
from recon.base.errors import NothingLoaded, SourceDataError, SourceUnreachable
from recon.store import schema
from recon.store.aggregates import AGGREGATES, dimensions
from recon.store.schema import FINDINGS, LOADS, REJECTED, STORE, TABLES, TYPE_2, StarColumn
from recon.store.scores import scored_customers
from recon.store.session import Session, literal, open_session, writing

READ, CURRENT = "read", "current.json"
# A reader that has looked at `current.json` opens its files within this time, in seconds.
_READERS = 3600
_ALL = "all"
# Tables that a snapshot of before they were there does not have.
_LATER = {"findings": FINDINGS}
_WAITS = (0.1, 0.2, 0.4, 0.8, 1.5)


@dataclass(slots=True)
class Snapshot:
    """A state of the star: files by table and month.

    `store` tells the store from every other one; `version` is that of the tables.
    """

    number: int = 0
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    store: str = ""
    version: int = schema.VERSION

    def paths(self, folder: Path, table: str) -> list[Path]:
        """The files of a table, the oldest month first."""
        of = self.tables.get(table, {})
        return [folder / READ / of[month] for month in sorted(of)]


def current(folder: Path) -> Snapshot:
    """The snapshot that readers see, empty before the first.

    Raises SourceDataError where `current.json` is damaged.
    """
    path = folder / READ / CURRENT
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Snapshot(
            int(found["snapshot"]), found["tables"], found.get("store", ""), found["version"]
        )
    except FileNotFoundError:
        return Snapshot()
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceDataError(
            f"{path} is damaged; delete it, and the next `recon load` makes it again."
        ) from error


def is_behind(session: Session, folder: Path) -> bool:
    """Whether the store has changes that readers do not see."""
    found = session.execute(f"SELECT coalesce(max(change), 0) FROM {STORE}.changes").fetchone()
    return found is not None and found[0] != current(folder).number


def publish(session: Session, folder: Path, calendar: Calendar) -> Snapshot:
    """Write the changes since the last snapshot; show them.

    The fiscal periods of its days are those of the calendar.
    Raises ReportError where it cannot be written.
    """
    before = _usable(folder)
    found = session.execute(f"SELECT coalesce(max(change), 0) FROM {STORE}.changes").fetchone()
    number = int(found[0]) if found else 0
    if number == before.number:
        return before
    tables = {table: dict(files) for table, files in before.tables.items()}
    made = Snapshot(number, tables, _identity(session))
    read = folder / READ
    with writing(read):
        read.mkdir(parents=True, exist_ok=True)
        changed = dict(_changed(session, before))
        # Customers have scores, which follow from their sales.
        if "fact_sales" in changed:
            changed[TYPE_2] = [None]
        for table, months in changed.items():
            _write_table(session, read, made, table, months)
        for table, query in (*dimensions(calendar).items(), *_books().items()):
            _write(session, read, made, table, _ALL, query)
        _replace(read, made)
    remove_unused(folder, made)
    return made


def _identity(session: Session) -> str:
    found = session.execute(f"SELECT store FROM {STORE}.about").fetchone()
    return str(found[0]) if found else ""


def _usable(folder: Path) -> Snapshot:
    """The last snapshot, empty where it cannot be built upon.

    That is where a file is gone, or another recon has made it.
    """
    try:
        before = current(folder)
    except SourceDataError:
        return Snapshot()
    if before.version != schema.VERSION:
        return Snapshot()
    files = [path for table in before.tables for path in before.paths(folder, table)]
    return before if all(path.exists() for path in files) else Snapshot()


def _changed(session: Session, before: Snapshot) -> Mapping[str, list[date | None]]:
    """The months of tables that are to be written."""
    found = session.execute(
        f"""SELECT DISTINCT table_name, month FROM {STORE}.changed_months WHERE change > ?
        ORDER BY table_name, month""",
        [before.number],
    ).fetchall()
    changed: dict[str, list[date | None]] = {}
    for table, month in found:
        changed.setdefault(table, []).append(month)
    return changed


def _books() -> dict[str, str]:
    return {
        "loads": f"SELECT {_listed(LOADS)} FROM {STORE}.loads ORDER BY load",
        "rejected": f"SELECT {_listed(REJECTED)} FROM {STORE}.rejected ORDER BY load, recon_row",
        "findings": f"SELECT {_listed(FINDINGS)} FROM {STORE}.findings ORDER BY found_at, finding",
    }


def _listed(columns: tuple[StarColumn, ...]) -> str:
    return ", ".join(column.name for column in columns)


def _write_table(
    session: Session, read: Path, made: Snapshot, table: str, months: list[date | None]
) -> None:
    star = TABLES[table]
    listed = ", ".join(name for name in star.names if name != "overlap_of")
    counts = "overlap_of IS NULL" if "overlap_of" in star.names else "true"
    order = f"{', '.join(star.kind.key)}, load, recon_row"
    rows = f"SELECT {listed} FROM {STORE}.{table} WHERE {counts}"
    days = [month for month in months if month is not None]
    if len(days) < len(months):
        if table == TYPE_2:
            rows = scored_customers(session, listed)
        _write(session, read, made, table, _ALL, f"{rows} ORDER BY {order}")
    if days:
        _sort(session, rows, star.kind.day, days, order)
    for month in days:
        within = f"sorted_rows WHERE month = DATE '{month}'"
        _write(session, read, made, table, f"{month:%Y-%m}", f"SELECT {listed} FROM {within}")
        for name, query in AGGREGATES.get(table, {}).items():
            _write(session, read, made, name, f"{month:%Y-%m}", query.format(rows=within))


def _sort(session: Session, rows: str, day: str, days: list[date], order: str) -> None:
    """Sort the rows of some months once."""
    month = f"CAST(date_trunc('month', {day}) AS DATE)"
    listed = ", ".join(f"DATE '{each}'" for each in days)
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE sorted_rows AS SELECT *, {month} AS month
        FROM ({rows} AND {month} IN ({listed})) ORDER BY {day}, {order}"""
    )


def _write(
    session: Session, read: Path, made: Snapshot, table: str, month: str, query: str
) -> None:
    """Write one file under a name of its own."""
    folder = read / table
    folder.mkdir(exist_ok=True)
    file = f"{table}/{month}-{made.number:06d}-{secrets.token_hex(3)}.parquet"
    path = read / file
    session.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    disk.sync_file(path)
    made.tables.setdefault(table, {})[month] = file


def _replace(read: Path, made: Snapshot) -> None:
    """Let readers see the snapshot, once on the disk."""
    for table in made.tables:
        disk.sync_folder(read / table)
    text = json.dumps(
        {
            "snapshot": made.number,
            "version": schema.VERSION,
            "store": made.store,
            "tables": made.tables,
        }
    )
    beside = read / f"{CURRENT}.{secrets.token_hex(3)}.tmp"
    with disk.created(beside) as file:
        file.write(text.encode())
        disk.flush(file)
    for wait in (*_WAITS, None):
        try:
            beside.replace(read / CURRENT)
            disk.sync_folder(read)
            return
        except PermissionError:  # a reader on Windows has it open for a moment
            if wait is None:
                raise
            time.sleep(wait)


def remove_unused(folder: Path, made: Snapshot, older: float = _READERS) -> int:
    """Remove files that no snapshot names; return how many."""
    read = folder / READ
    used = {read / file for files in made.tables.values() for file in files.values()}
    removed = 0
    for path in (*read.glob("*/*.parquet"), *read.glob("*.tmp")):
        # One that a reader on Windows still has open goes next time.
        with suppress(OSError):
            if path not in used and time.time() - path.stat().st_mtime > older:
                path.unlink()
                removed += 1
    return removed


@contextmanager
def looked_at(
    folder: Path, memory_limit: str | None = None, beside: Iterable[Path] = ()
) -> Iterator[tuple[Session, Snapshot]]:
    """Yield a session with a view for each table.

    It also reads the files `beside`.

    Raises SourceUnreachable where nothing was loaded yet.
    """
    found = current(folder)
    if not found.tables:
        raise NothingLoaded(f"There is no store in {folder} yet; `recon load` makes it.")
    with open_session(memory_limit, [folder, *beside]) as session:
        for table in found.tables:
            session.execute(f"CREATE VIEW {table} AS {relation(folder, found, table)}")
        for table, columns in {**{t: of.columns for t, of in TABLES.items()}, **_LATER}.items():
            if table not in found.tables:
                listed = ", ".join(
                    f"CAST(NULL AS {column.sql_type}) AS {column.name}"
                    for column in columns
                    if column.name != "overlap_of"
                )
                session.execute(f"CREATE VIEW {table} AS SELECT {listed} LIMIT 0")
        yield session, found


def relation(folder: Path, found: Snapshot, table: str) -> str:
    """The SELECT of a table of a snapshot."""
    paths = ", ".join(literal(str(path)) for path in found.paths(folder, table))
    return f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"
