"""The plan of a publication: the months that changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from recon.store.publishing.star import PUBLISHED, Published
from recon.store.session import Session, literal
from recon.store.snapshot import READ, Snapshot

Place = tuple[str, str]
"""A table and a month, or `all`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table: a month, or all."""

    table: Published
    month: str
    file: str
    relation: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts to write, and those that are gone."""

    parts: tuple[Part, ...]
    gone: tuple[Place, ...]

    def __bool__(self) -> bool:
        return bool(self.parts or self.gone)

    @property
    def tables(self) -> list[Published]:
        """The tables that change, parents first."""
        named = {part.table.name for part in self.parts} | {table for table, _ in self.gone}
        return [table for name, table in PUBLISHED.items() if name in named]


def planned(
    session: Session,
    folder: Path,
    found: Snapshot,
    have: Mapping[Place, str],
    *,
    whole: bool = False,
    made_of: Callable[[Part], str] = attrgetter("file"),
) -> Plan:
    """The parts that a target lacks, and has in vain.

    `have` are the files of which its parts were made, as `made_of` names them; with `whole` all
    parts are written.
    """
    parts, wanted = [], set()
    for table in PUBLISHED.values():
        for month, file in sorted(found.tables.get(table.name, {}).items()):
            wanted.add((table.name, month))
            path = literal(str(folder / READ / file))
            relation = f"read_parquet([{path}], hive_partitioning = false)"
            part = Part(table, month, file, relation)
            if not whole and have.get((table.name, month)) == made_of(part):
                continue
            count = session.execute(f"SELECT count(*) FROM {relation}").fetchone()
            parts.append(replace(part, rows=count[0] if count else 0))
    return Plan(tuple(parts), tuple(sorted(set(have) - wanted)))
