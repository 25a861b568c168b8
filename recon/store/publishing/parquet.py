"""Publishing as Parquet, in folders by table and month.

`current.json` names the files with their rows and sums. A file is written beside its place first,
compared with the store, and takes the place only where its content is another; so a reader of one
file never sees half of it. Files are of one state when `current.json` says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path
from typing import Any

from recon.base import disk
from recon.base.errors import ReportError, UsageError
from recon.store.publishing.plan import Part, Place, Plan, planned
from recon.store.publishing.publication import Publication
from recon.store.publishing.star import PUBLISHED, SHAPE
from recon.store.publishing.totals import ALL, compare, query, totals
from recon.store.schema import TYPE_2
from recon.store.session import Session, literal, writing
from recon.store.snapshot import CURRENT, Snapshot

_WAITS = (0.1, 0.2, 0.4, 0.8, 1.5)


@dataclass(slots=True)
class _Folder:
    """A folder as its `current.json` has it."""

    snapshot: int | None = None
    store: str = ""
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def files(self) -> dict[Place, str]:
        """The snapshot's files of which its own were made."""
        return {
            (table, month): each["of"]
            for table, of in self.tables.items()
            for month, each in of.items()
        }


def look(session: Session, folder: Path, found: Snapshot, target: Path) -> Publication:
    """The publication that `publish` would make."""
    before = _folder(target)
    plan = _planned(session, folder, found, before, _versions(session), whole=False)
    return Publication(plan, before.snapshot or None)


def publish(
    session: Session, folder: Path, found: Snapshot, target: Path, *, whole: bool = False
) -> Publication:
    """Write the changes into the folder.

    Raises UsageError where the folder is not ours, ReportError where it cannot be written or does
    not agree with the store.
    """
    before = _folder(target)
    if before.store and before.store != found.store and not whole:
        raise UsageError(
            f"{target} holds what another store has published; choose another folder, or replace "
            "all of it with --whole."
        )
    versions = _versions(session)
    plan = _planned(session, folder, found, before, versions, whole=whole)
    if not plan:
        return Publication(plan, before.snapshot or None)
    made = _Folder(found.number, found.store, {t: dict(of) for t, of in before.tables.items()})
    with writing(target):
        if before.snapshot is None:
            # So that one that is killed has left a folder that is known to be ours.
            target.mkdir(parents=True, exist_ok=True)
            _replace(_current(target, _Folder(0, found.store)), target / CURRENT)
        for part in plan.parts:
            entry = _write(session, target, part)
            made.tables.setdefault(part.table.name, {})[part.month] = {
                **entry, "of": _made_of(part, versions)
            }  # fmt: skip
        for table, month in plan.gone:
            del made.tables[table][month]
        _replace(_current(target, made), target / CURRENT)
        for place in plan.gone:
            (target / _file(*place)).unlink(missing_ok=True)
    return Publication(plan, before.snapshot or None)


def _planned(
    session: Session, folder: Path, found: Snapshot, before: _Folder, versions: str, *, whole: bool
) -> Plan:
    """The parts to write, and facts with other customers."""
    return planned(
        session,
        folder,
        found,
        before.files(),
        whole=whole,
        made_of=lambda part: _made_of(part, versions),
    )


def _made_of(part: Part, versions: str) -> str:
    """The file and customers that a part is made of."""
    asked = versions and "customer_key" in part.table.refers
    return f"{part.file} {versions}" if asked else part.file


def _versions(session: Session) -> str:
    """A mark of the versions of customers and their days."""
    found = session.execute(
        f"SELECT bit_xor(hash(customer_id, valid_from, valid_to)) FROM {TYPE_2}"
    ).fetchone()
    return str(found[0] or "") if found else ""


def _folder(target: Path) -> _Folder:
    try:
        text = (target / CURRENT).read_text(encoding="utf-8")
        found = json.loads(text)
        before = _Folder(int(found["snapshot"]), found["store"], found["tables"])
        if found["shape"] != SHAPE:
            for each in (each for of in before.tables.values() for each in of.values()):
                each["of"] = ""
        return before
    except FileNotFoundError:
        if target.is_dir() and any(not path.name.startswith(".lock") for path in target.iterdir()):
            raise UsageError(
                f"{target} holds files that recon has not made; choose a folder of its own."
            ) from None
        return _Folder()
    except OSError as error:
        raise ReportError(f"{target / CURRENT} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{target / CURRENT} is damaged; delete the folder {target}, and publish again."
        ) from error


def _file(table: str, month: str) -> str:
    """The place of a table's file, by month."""
    within = "" if month == ALL else f"year_month={month}/"
    return f"{table}/{within}{table}.parquet"


def _write(session: Session, target: Path, part: Part) -> dict[str, Any]:
    """Write a part that differs; return its totals."""
    file = _file(part.table.name, part.month)
    path = target / file
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    session.execute(
        f"""COPY ({part.table.rows(part.relation)}) TO {literal(str(beside))}
        (FORMAT parquet, COMPRESSION zstd)"""
    )
    there = _totals(session, part, f"read_parquet([{literal(str(beside))}])")
    compare(part.table, there, _totals(session, part, part.relation))
    if path.exists() and cmp(beside, path, shallow=False):
        beside.unlink()
    else:
        disk.sync_file(beside)
        _replace(beside, path)
    rows, *sums = next(iter(there.values()), [0] * (1 + len(part.table.amounts)))
    named = dict(zip(part.table.amounts, map(str, sums), strict=True))
    return {"file": file, "rows": int(rows), "sums": named}


def _totals(session: Session, part: Part, relation: str) -> Mapping[str, Any]:
    return totals(session.execute(query(part.table, relation)).fetchall())


def _current(target: Path, made: _Folder) -> Path:
    """Write the new `current.json` beside the old one."""
    text = json.dumps(
        {
            "snapshot": made.snapshot,
            "store": made.store,
            "shape": SHAPE,
            "tables": {table: made.tables[table] for table in PUBLISHED if table in made.tables},
        },
        indent=1,
    )
    beside = target / f"{CURRENT}.tmp"
    with beside.open("wb") as file:
        file.write(text.encode())
        disk.flush(file)
    return beside


def _replace(made: Path, path: Path) -> None:
    """Put a file in its place, once nobody reads it."""
    for wait in (*_WAITS, None):
        try:
            made.replace(path)
            disk.sync_folder(path.parent)
            return
        except PermissionError:
            if wait is None:
                raise
            time.sleep(wait)
