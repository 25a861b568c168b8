"""The warehouse: `write.duckdb`, opened by one loader alone.

What it has committed is the truth; the snapshot beside it can always be made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from recon.store import copying, schema, upgrade
from recon.store.copying import FILE
from recon.store.feeds import staging
from recon.store.findings import Finding
from recon.store.load import Loaded, as_json
from recon.store.schema import LOADS, STORE, TABLES
from recon.store.session import Session, open_session, writing

# More is kept in temporary files, so that a file may be of any size.
_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier load of the same bytes."""

    load: int
    feed: str
    status: str
    settings: str
    file: str


@contextmanager
def opened(
    folder: Path,
    memory_limit: str | None = None,
    *,
    dry: bool = False,
    allowed: Iterable[Path] = (),
) -> Iterator[Session]:
    """Yield a session with the store attached, to be written.

    Besides the store's folder it reaches what is `allowed`. With `dry` a store that is not there
    yet is only in memory. One of an earlier recon is upgraded. Raises ReportError where it cannot
    be written, SourceDataError where a newer recon has made it.
    """
    path = folder / FILE
    with open_session(memory_limit or _MEMORY, [folder, *allowed]) as session:
        with writing(path):
            if dry and not path.exists():
                session.execute(f"ATTACH ':memory:' AS {STORE}")
            else:
                folder.mkdir(parents=True, exist_ok=True)
                copying.attach(session, path, STORE)
                upgrade.upgrade(session, folder)
        staging.install(session)
        with transaction(session, path):
            schema.create(session)
        yield session


@contextmanager
def transaction(session: Session, path: Path, *, keep: bool = True) -> Iterator[None]:
    """Make everything inside one transaction; without `keep`, none."""
    session.execute("BEGIN TRANSACTION")
    try:
        with writing(path):
            yield
            if keep:
                session.execute("COMMIT")
    except BaseException:
        _roll_back(session)
        raise
    if not keep:
        _roll_back(session)


def _roll_back(session: Session) -> None:
    # One that failed is rolled back already.
    with suppress(Exception):
        session.execute("ROLLBACK")


def next_number(session: Session) -> int:
    """The number of the next load."""
    found = session.execute(f"SELECT coalesce(max(load), 0) + 1 FROM {STORE}.loads").fetchone()
    return int(found[0]) if found else 1


def known(session: Session, sha256: str) -> list[Known]:
    """The earlier loads of the same bytes, the last first."""
    found = session.execute(
        f"""SELECT load, feed, status, settings, file FROM {STORE}.loads
        WHERE sha256 = ? ORDER BY load DESC""",
        [sha256],
    ).fetchall()
    return [Known(*row) for row in found]


def last_header(session: Session, feed: str) -> str | None:
    """The columns of a feed's last loaded file, as JSON."""
    found = session.execute(
        f"""SELECT header FROM {STORE}.loads WHERE feed = ? AND status = 'loaded'
        ORDER BY load DESC LIMIT 1""",
        [feed],
    ).fetchone()
    return found[0] if found else None


def note_load(session: Session, values: Mapping[str, object]) -> None:
    """Write a load into the table of loads."""
    names = [column.name for column in LOADS if column.name in values]
    marks = ", ".join("?" for _ in names)
    session.execute(
        f"INSERT INTO {STORE}.loads ({', '.join(names)}) VALUES ({marks})",
        [values[column] for column in names],
    )


def facts_of(loaded: Loaded) -> dict[str, object]:
    """The columns of a load that its rows say."""
    return {
        "load": loaded.load,
        "read_rows": loaded.rows,
        **loaded.counts,
        "removed": loaded.removed,
        "overlapping": loaded.overlapping,
        "accepted": False,
        "first_day": loaded.first_day,
        "last_day": loaded.last_day,
        "sums": as_json(loaded.sums),
        "cleaned": as_json({**loaded.cleaned, **loaded.placeholders}),
        "restated": as_json(
            [
                [each.month, each.measure, each.currency, each.change, each.rows]
                for each in loaded.restated
            ]
        ),
    }


def note_change(
    session: Session,
    what: str,
    load: int,
    now: datetime,
    months: Mapping[str, Sequence[date | None]],
) -> None:
    """Note a change, and the months that it concerns."""
    found = session.execute(f"SELECT coalesce(max(change), 0) + 1 FROM {STORE}.changes").fetchone()
    change = int(found[0]) if found else 1
    session.execute(f"INSERT INTO {STORE}.changes VALUES (?, ?, ?, ?)", [change, what, load, now])
    rows = [(change, table, month) for table, of in months.items() for month in of]
    if rows:
        session.executemany(f"INSERT INTO {STORE}.changed_months VALUES (?, ?, ?)", rows)


def note_findings(
    session: Session, found: Sequence[Finding], load: int | None, now: datetime
) -> bool:
    """Note findings that are new; return whether any is."""
    known = {key for (key,) in session.execute(f"SELECT finding FROM {STORE}.findings").fetchall()}
    news = {each.key: each for each in found if each.key not in known}
    if news:
        session.executemany(
            f"INSERT INTO {STORE}.findings VALUES (?, ?, ?, ?, ?, ?)",
            [(key, each.kind.value, each.feed, load, each.sentence, now)
             for key, each in news.items()],
        )  # fmt: skip
    return bool(news)


def note_links(session: Session, load: int, stands_on: Sequence[int]) -> None:
    """Note the earlier loads that a load builds on."""
    if stands_on:
        session.executemany(
            f"INSERT INTO {STORE}.links VALUES (?, ?)", [(load, other) for other in stands_on]
        )


def standing_on(session: Session, load: int) -> list[tuple[int, str]]:
    """The later loads that build on a load, with files."""
    return session.execute(
        f"""SELECT DISTINCT load, file FROM {STORE}.links JOIN {STORE}.loads USING (load)
        WHERE stands_on = ? AND status = 'loaded' ORDER BY load""",
        [load],
    ).fetchall()


def undo(session: Session, load: int, feed_table: str) -> dict[str, list[date | None]]:
    """Take a load back; return the months that changed.

    Its rows go, those that it ended come back, and rejections that it mended are open again.
    """
    changed: dict[str, list[date | None]] = {}
    for table in TABLES.values():
        if table.name == feed_table:
            changed[table.name] = _months(session, table, load)
        _give_back(session, table, load)
    for dimension, column in (("dim_product", "product_id"), ("dim_customer", "customer_id")):
        if _drop_placeholders(session, dimension, column, load) and dimension not in changed:
            changed[dimension] = [None]
    session.execute(f"DELETE FROM {STORE}.rejected WHERE load = {load}")
    session.execute(f"UPDATE {STORE}.rejected SET mended_by = NULL WHERE mended_by = {load}")
    session.execute(f"UPDATE {STORE}.loads SET status = 'undone' WHERE load = {load}")
    return changed


def _months(session: Session, table: schema.StarTable, load: int) -> list[date | None]:
    day = table.kind.day
    if not day:
        return [None]
    found = session.execute(
        f"""SELECT DISTINCT CAST(date_trunc('month', {day}) AS DATE) FROM (
            SELECT {day} FROM {STORE}.{table.name} WHERE load = {load}
            UNION ALL SELECT {day} FROM {STORE}.{table.name}_history WHERE ended_by = {load})"""
    ).fetchall()
    return sorted(month for (month,) in found)


def _give_back(session: Session, table: schema.StarTable, load: int) -> None:
    names = ", ".join(table.names)
    history = f"{STORE}.{table.name}_history"
    keep = "AND NOT placeholder" if "placeholder" in table.names else ""
    session.execute(f"DELETE FROM {STORE}.{table.name} WHERE load = {load} {keep}")
    session.execute(
        f"""INSERT INTO {STORE}.{table.name} ({names})
        SELECT {names} FROM {history} WHERE ended_by = {load}"""
    )
    session.execute(f"DELETE FROM {history} WHERE ended_by = {load}")


def _drop_placeholders(session: Session, table: str, column: str, load: int) -> int:
    """Remove a load's placeholders that no fact names any more."""
    named = " UNION ALL ".join(
        f"SELECT {column} FROM {STORE}.{other.name}{suffix}"
        for other in TABLES.values()
        if column in other.names and not other.name.startswith("dim_")
        for suffix in ("", "_history")
    )
    done = session.execute(
        f"""DELETE FROM {STORE}.{table} WHERE placeholder AND load = {load}
        AND NOT EXISTS (SELECT 1 FROM ({named}) n
            WHERE lower(n.{column}) = lower({table}.{column}))"""
    ).fetchone()
    return int(done[0]) if done else 0


def accept(session: Session, load: int) -> dict[str, list[date | None]]:
    """Let a load's overlapping rows count; return the months changed."""
    changed: dict[str, list[date | None]] = {}
    for table in TABLES.values():
        if "overlap_of" not in table.names:
            continue
        day = table.kind.day
        mine = f"{STORE}.{table.name} WHERE load = {load} AND overlap_of IS NOT NULL"
        found = session.execute(
            f"SELECT DISTINCT CAST(date_trunc('month', {day}) AS DATE) FROM {mine}"
        ).fetchall()
        if found:
            changed[table.name] = sorted(month for (month,) in found)
            session.execute(
                f"""UPDATE {STORE}.{table.name} SET overlap_of = NULL
                WHERE load = {load} AND overlap_of IS NOT NULL"""
            )
    session.execute(f"UPDATE {STORE}.loads SET accepted = true WHERE load = {load}")
    return changed
