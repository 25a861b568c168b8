"""Publishing to a database, in one transaction.

The target remembers of which file each table and month was made. Files of a snapshot never change
their content, so another file is other content. Rows of a changed month are deleted and inserted,
small tables are compared row by row: readers see what was there until the transaction ends, and
wait for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from recon.base.errors import UsageError, tie
from recon.store.publishing.dialects import month_bounds
from recon.store.publishing.plan import Part, Plan, planned
from recon.store.publishing.publication import Publication
from recon.store.publishing.star import PUBLISHED, SHAPE, Published
from recon.store.publishing.target import VIEWS, State, Target
from recon.store.publishing.totals import ALL, compare, query, totals
from recon.store.schema import TYPE_2
from recon.store.session import Session, created, literal, name
from recon.store.snapshot import Snapshot

_STAGE = "recon_stage_"
View = tuple[str, str]
"""A view's name, and its SELECT with `{schema}.` before each table."""


def look(session: Session, folder: Path, found: Snapshot, target: Target) -> Publication:
    """The publication that `publish` would make."""
    before = target.state()
    have = before.files if before.shape == SHAPE else {}
    return Publication(planned(session, folder, found, have), before.snapshot)


def publish(
    session: Session,
    folder: Path,
    found: Snapshot,
    target: Target,
    *,
    who: str,
    whole: bool = False,
    views: Iterable[View] = (),
) -> Publication:
    """Bring the changes to the target; the caller commits.

    With `whole` everything is written again. Raises UsageError where the schema is not ours,
    ReportError where the target does not agree with the store afterwards.
    """
    target.run(target.dialect.lock.format(text=literal(f"recon publish {target.schema}")))
    before = target.state()
    _refuse_other(before, found, whole=whole)
    remade = before.snapshot is not None and before.shape != SHAPE
    if remade:
        target.drop()
    if remade or before.snapshot is None:
        target.create()
        before = State(before.snapshot)
    plan = planned(session, folder, found, before.files, whole=whole)
    if plan:
        _write(session, target, plan)
        for table in plan.tables:
            _compare(session, target, table)
    made = tuple(_views(target, views))
    if plan or made or remade:
        _note(target, found, plan, who)
    return Publication(plan, before.snapshot, remade, made)


def _refuse_other(before: State, found: Snapshot, *, whole: bool) -> None:
    # Before stores had a mark, none was noted.
    if before.store and before.store != found.store and not whole:
        raise UsageError(
            "The target holds what another store has published; choose another schema, or replace "
            "all of it with --whole."
        )


def _write(session: Session, target: Target, plan: Plan) -> None:
    """Parents come first, and go last."""
    small = [part for part in plan.parts if part.month == ALL]
    changed = {part.table.name for part in small if _bring_in(session, target, part)}
    there = target.relations()
    for part in plan.parts:
        if part.month != ALL:
            _replace_month(session, target, part, there)
    for table, month in plan.gone:
        _remove(target, PUBLISHED[table], month)
    if TYPE_2 in changed:
        _name_customers_again(target)
    for part in reversed(small):
        _take_away(target, part.table)


def _send(session: Session, target: Target, part: Part, into: str) -> None:
    """Send a part's rows into a table."""
    rows = created(
        session,
        f"""CREATE OR REPLACE TEMP TABLE outgoing AS
        SELECT *, row_number() OVER () - 1 AS recon_n FROM ({part.table.rows(part.relation)})""",
    )
    tie(f"the rows of {part.table.name} ({part.month})", rows, part.rows)
    target.dialect.insert(session, target.cursor, into, part.table, rows)
    for statement in target.dialect.after_loading(into):
        target.run(statement)


def _bring_in(session: Session, target: Target, part: Part) -> bool:
    """Update and insert a small table's rows.

    Return whether keys came or went, or versions hold for other days. Its new rows stay staged
    until `_take_away`.
    """
    table, stage = part.table, target.at(_STAGE + part.table.name)
    columns = ", ".join(target.column(table, column) for column in table.names)
    target.run(f"CREATE TABLE {stage} ({columns})")
    _send(session, target, part, stage)
    same = _same_key(table, "s")
    has_others = _has_others(target, table, stage)
    others = [name(column) for column in table.names if column not in table.key]
    if others:
        theirs, ours = (", ".join(f"{of}.{c}" for c in others) for of in ("s", name(table.name)))
        target.run(
            f"UPDATE {target.at(table.name)} SET {', '.join(f'{c} = s.{c}' for c in others)} "
            f"FROM {stage} s WHERE {same} AND EXISTS (SELECT {ours} EXCEPT SELECT {theirs})"
        )
    listed = ", ".join(map(name, table.names))
    target.run(
        f"INSERT INTO {target.at(table.name)} ({listed}) SELECT {listed} FROM {stage} s "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target.at(table.name)} WHERE {same})"
    )
    return has_others


def _has_others(target: Target, table: Published, stage: str) -> bool:
    """Whether a table has other keys than its stage."""
    there, mine = target.at(table.name), name(table.name)
    days = ("valid_to",) if "valid_to" in table.names else ()
    same = " ".join(
        [_same_key(table, "s")]
        + [f"AND NOT EXISTS (SELECT s.{day} EXCEPT SELECT {mine}.{day})" for day in days]
    )
    new = f"SELECT count(*) FROM {stage} s WHERE NOT EXISTS (SELECT 1 FROM {there} WHERE {same})"
    gone = f"SELECT count(*) FROM {there} WHERE {_unstaged(target, table)}"
    return any(target.ask(each)[0][0] for each in (new, gone))


def _same_key(table: Published, of: str) -> str:
    return " AND ".join(f"{of}.{name(c)} = {name(table.name)}.{name(c)}" for c in table.key)


def _unstaged(target: Target, table: Published) -> str:
    stage = target.at(_STAGE + table.name)
    return f"NOT EXISTS (SELECT 1 FROM {stage} s WHERE {_same_key(table, 's')})"


def _take_away(target: Target, table: Published) -> None:
    """Delete the rows that a small table no longer has."""
    target.run(f"DELETE FROM {target.at(table.name)} WHERE {_unstaged(target, table)}")
    target.run(f"DROP TABLE {target.at(_STAGE + table.name)}")


def _replace_month(session: Session, target: Target, part: Part, there: set[str]) -> None:
    """Delete a month's rows and insert its new ones.

    A new month of a divided table is filled by itself and then attached, for which no reader waits.
    """
    table = target.at(part.table.name)
    if not target.dialect.partitioned:
        _remove(target, part.table, part.month)
        _send(session, target, part, table)
        return
    alone = f"{part.table.name}_{part.month.replace('-', '_')}"
    month = target.at(alone)
    if alone in there:
        target.run(f"DELETE FROM {month}")
        _send(session, target, part, month)
        return
    first, after = month_bounds(part.month)
    target.run(f"CREATE TABLE {month} (LIKE {table} INCLUDING DEFAULTS)")
    _send(session, target, part, month)
    target.run(
        f"ALTER TABLE {table} ATTACH PARTITION {month} FOR VALUES FROM ({first}) TO ({after})"
    )


def _remove(target: Target, table: Published, month: str) -> None:
    """Delete the rows of a month, or all."""
    within = ""
    if month != ALL:
        first, after = month_bounds(month)
        within = f" WHERE {name(table.day)} >= {first} AND {name(table.day)} < {after}"
    target.run(f"DELETE FROM {target.at(table.name)}{within}")


def _name_customers_again(target: Target) -> None:
    """Name the version of each fact's customer again."""
    stage = target.at(_STAGE + TYPE_2)
    for table in PUBLISHED.values():
        if "customer_key" not in table.refers:
            continue
        fact, day = name(table.name), f"{name(table.name)}.{name(table.day)}"
        target.run(
            f"""UPDATE {target.at(table.name)} SET customer_key = c.customer_key FROM {stage} c
            WHERE lower(c.customer_id) = lower({fact}.customer_id) AND {day} >= c.valid_from
            AND ({day} <= c.valid_to OR c.valid_to IS NULL)
            AND ({fact}.customer_key <> c.customer_key OR {fact}.customer_key IS NULL)"""
        )


def _compare(session: Session, target: Target, table: Published) -> None:
    """Compare rows and sums with the store's; raises ReportError."""
    there = target.ask(query(table, target.at(table.name), target.dialect.month_of))
    here = session.execute(query(table, table.name)).fetchall()
    compare(table, totals(there), totals(here))
    if "customer_key" in table.refers:
        (row,) = target.ask(
            f"SELECT count(*) FROM {target.at(table.name)} "
            "WHERE customer_id IS NOT NULL AND customer_key IS NULL"
        )
        tie(f"the customers of {table.name}", int(str(row[0])), 0)


def _views(target: Target, views: Iterable[View]) -> Iterator[str]:
    """Make the views that differ; yield their names."""
    found = target.ask(f"SELECT view_name, definition FROM {target.at(VIEWS)}")
    have = {str(view): str(text) for view, text in found}
    wanted = {view: text.format(schema=name(target.schema)) for view, text in views}
    for view, text in have.items():
        if wanted.get(view) != text:
            target.run(f"DROP VIEW {target.at(view)}")
            target.run(f"DELETE FROM {target.at(VIEWS)} WHERE view_name = ?", view)
    for view, text in wanted.items():
        if have.get(view) != text:
            target.run(f"CREATE VIEW {target.at(view)} AS {text}")
            target.run(f"INSERT INTO {target.at(VIEWS)} VALUES (?, ?)", view, text)
            yield view


def _note(target: Target, found: Snapshot, plan: Plan, who: str) -> None:
    for place in plan.gone:
        target.forget_part(place)
    row = {
        "store": found.store,
        "shape": SHAPE,
        "snapshot": found.number,
        "published_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "published_by": who,
    }
    target.note(row, [(part.table.name, part.month, part.file, part.rows) for part in plan.parts])
