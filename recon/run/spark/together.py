"""Together: the groups' answers as relations of the core."""

from __future__ import annotations

import glob
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from recon.base.errors import SourceDataError
from recon.base.policy import RepeatedIds
from recon.base.result import Side
from recon.reconciliation.entry_detail import in_scope
from recon.reconciliation.entry_intake import view_entries
from recon.run.spark.groups import (
    FAILED,
    GIVEN,
    KINDS,
    Task,
    compare_given,
    raise_failure,
    unpacked,
)
from recon.store import ids
from recon.store.columns import PLACE, Columns
from recon.store.session import Session, columns, is_any, literal, name, session

# What is one row of all groups, or one for each of a few keys.
_ADDED_UP = {
    "ledger_span": "min(first_month) AS first_month, max(last_month) AS last_month",
    "entry_control_totals": "currency, CAST(sum(rows) AS BIGINT) AS rows, "
    "CAST(sum(total) AS HUGEINT) AS total, CAST(sum(finer) AS BIGINT) AS finer, "
    "CAST(sum(repeated) AS BIGINT) AS repeated, "
    "CAST(sum(repeated_total) AS HUGEINT) AS repeated_total",
    "compliance_blanks": "compliance, CAST(sum(entries) AS BIGINT) AS entries",
    "ledger_months": "month, CAST(sum(begins) AS BIGINT) AS begins, "
    "CAST(sum(ends) AS BIGINT) AS ends",
}
_BY = {
    "ledger_span": "",
    "entry_control_totals": "GROUP BY currency",
    "compliance_blanks": "GROUP BY compliance",
    "ledger_months": "GROUP BY month",
}
# What knows a contract line by its row.
_PLACED = {
    "contracts_typed": "row", "lines_compared": "line", "break_entries": "line",
    "entries_unread": "line", "recognized_months": "line", "posted_months": "line",
    "carried_entries": "line",
}  # fmt: skip
# Whole numbers beyond 64 bits come through Arrow as decimals, of which quotients would be floats.
_WIDE = pa.decimal128(38, 0)


def _made(kind: str, found: str, counted: bool) -> str:
    """The relation of all groups.

    Lines are counted from 1 where their rows were not.
    """
    if kind in _ADDED_UP:
        return f"TABLE {kind} AS SELECT {_ADDED_UP[kind]} FROM ({found}) {_BY[kind]}"
    if kind in _PLACED and not counted:
        row = _PLACED[kind]
        return (
            f"TABLE {kind} AS SELECT f.* REPLACE (coalesce(p.place, f.{row}) AS {row}) "
            f"FROM ({found}) f LEFT JOIN places p ON p.row = f.{row}"
        )
    return f"{'TABLE' if kind == 'entries_invalid' else 'VIEW'} {kind} AS {found}"


class Together:
    """The groups' answers in a session.

    Each is put there as it comes.
    """

    def __init__(self, session: Session, task: Task, folder: Path) -> None:
        self._session = session
        self._task = task
        self._folder = folder
        self._tables: defaultdict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
        self._parts = dict.fromkeys(Side, 0)

    def begin(self, empty: Mapping[Side, pa.Table]) -> list[str]:
        """Compare no contracts, so that every relation has its columns.

        Returns what is worth a notice; raises where a side lacks a column.
        """
        for side, table in empty.items():
            self._keep(side, table)
            self._session.execute(f"CREATE TEMP VIEW {GIVEN[side]} AS FROM {self._given(side)}")
        notices = compare_given(self._session, self._task)
        for kind in KINDS:
            self._add(kind, self._session.sql(f"FROM {kind}").to_arrow_table())
        return notices

    def add(self, kind: str, payload: bytes) -> None:
        """Add a part of a group's answer.

        Raises the failure that ended its comparison.
        """
        table = unpacked(payload)
        if kind == FAILED:
            raise_failure(table)
        sides = {given: side for side, given in GIVEN.items()}
        if kind in sides:
            self._keep(sides[kind], table)
        else:
            self._add(kind, table)

    def end(self) -> None:
        """Let the core read the answers of all groups."""
        self._session.execute(
            f"""CREATE TABLE places AS
            SELECT {PLACE} AS row, row_number() OVER (ORDER BY {PLACE}) AS place
            FROM {self._given(Side.ANALYTICS)}"""
        )
        counted = not is_any(self._session, "places WHERE row <> place")
        for kind in KINDS:
            found = " UNION ALL BY NAME ".join(f"FROM {t}" for t in self._tables[kind].values())
            self._session.execute(f"DROP TABLE {kind}")
            self._session.execute(f"CREATE {_made(kind, found, counted)}")
        self._refuse_repeated()
        self._place_entries_invalid()

    def rows(self, side: Side, left_out: Iterable[str]) -> str:
        """The rows of a side in its order.

        Columns that are not read are NULL.
        """
        missing = "".join(f", NULL AS {name(column)}" for column in left_out)
        select = self._task.selects[side]
        return (
            f"(SELECT * EXCLUDE {PLACE} {missing} "
            f"FROM (SELECT {select} FROM {self._given(side)}) ORDER BY {PLACE})"
        )

    def _given(self, side: Side) -> str:
        """The raw rows of a side, in no order."""
        pattern = f"{glob.escape(str(self._folder))}/{side}-*.parquet"
        return f"read_parquet({literal(pattern)}, hive_partitioning = false)"

    def _refuse_repeated(self) -> None:
        """Stop where rows are delivered more than once.

        Only all columns of all groups could tell them apart. Raises SourceDataError.
        """
        found = self._session.execute(
            """SELECT 'accounting', entry_id FROM entries_repeated
            UNION ALL SELECT 'analytics', id FROM contracts_repeated
            ORDER BY ALL LIMIT 1"""
        ).fetchone() or (self._task.policy.repeated_ids is RepeatedIds.REFUSE and self._shared_id())
        if found:
            side, of = found
            raise SourceDataError(
                f"The {side} side ({self._task.descriptions[Side(side)]}) delivers more than one "
                f"row of {of}, which Spark cannot tell apart; deliver each row once, or take "
                "engine = 'local'."
            )

    def _shared_id(self) -> tuple[str, str] | None:
        """An id of entries in several groups, if any."""
        select = self._task.selects[Side.ACCOUNTING]
        rows = f"(SELECT {select} FROM {self._given(Side.ACCOUNTING)})"
        id_of = Columns(Side.ACCOUNTING, columns(self._session, rows), ()).text("entry_id")
        found: tuple[str, str] | None = self._session.execute(
            f"""SELECT 'accounting', min(id) FROM (SELECT {id_of} AS id FROM {rows})
            WHERE id IS NOT NULL GROUP BY id_key(id) HAVING count(*) > 1 ORDER BY ALL LIMIT 1"""
        ).fetchone()
        return found

    def _place_entries_invalid(self) -> None:
        """Count the places of the invalid entries.

        Each group has counted its own alone.
        """
        rows = self._session.execute(
            f"SELECT row FROM entries_invalid WHERE {in_scope(self._task.month)}"
        ).fetchall()
        if not rows:
            return
        select = self._task.selects[Side.ACCOUNTING]
        entries = f"(SELECT {select} FROM {self._given(Side.ACCOUNTING)})"
        with session() as apart:
            ids.install(apart, self._task.policy)
            view_entries(apart, entries, self._task.policy, self._task.compliance)
            found = apart.execute(
                f"""SELECT row, place FROM (
                    SELECT row, row_number() OVER (ORDER BY row) AS place
                    FROM entries_typed WHERE {in_scope(self._task.month)})
                WHERE row IN (SELECT unnest(?))""",
                [[row for (row,) in rows]],
            ).fetchall()
        self._session.execute(
            """UPDATE entries_invalid SET place = told.place
            FROM (SELECT unnest(?) AS row, unnest(?) AS place) told
            WHERE told.row = entries_invalid.row""",
            [list(column) for column in zip(*found, strict=True)],
        )

    def _add(self, kind: str, table: pa.Table) -> None:
        shape = tuple(f"{field.name} {field.type}" for field in table.schema)
        wide = [field.name for field in table.schema if field.type == _WIDE]
        replaced = ", ".join(f"CAST({name(c)} AS HUGEINT) AS {name(c)}" for c in wide)
        rows = f"SELECT * {f'REPLACE ({replaced})' if wide else ''} FROM answer_now"
        self._session.register("answer_now", table)
        made = self._tables[kind].get(shape)
        if made:
            self._session.execute(f"INSERT INTO {made} {rows}")
        else:
            made = self._tables[kind][shape] = f"{kind}_{len(self._tables[kind])}"
            self._session.execute(f"CREATE TABLE {made} AS {rows}")
        self._session.unregister("answer_now")

    def _keep(self, side: Side, table: pa.Table) -> None:
        path = self._folder / f"{side}-{self._parts[side]:06}.parquet"
        self._parts[side] += 1
        self._session.register("rows_now", table)
        self._session.execute(f"COPY (FROM rows_now) TO {literal(str(path))} (FORMAT parquet)")
        self._session.unregister("rows_now")
