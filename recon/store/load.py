"""Loading: a feed's file into the star, in one transaction.

Every row read is exactly one of inserted, updated, unchanged, repeated or rejected; their counts
and the sums of each amount column tie with the file, and the table with what was done to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from recon.base import money
from recon.base.errors import SourceDataError, tie
from recon.base.feed import Feed, OnOverlap
from recon.base.text import counted
from recon.store.columns import PLACE
from recon.store.feeds import matching, mended, overlap, rivals, staging
from recon.store.feeds.cells import Cells
from recon.store.feeds.restated import Restated, restated
from recon.store.schema import STORE, TABLES, TYPE_2
from recon.store.session import Session, is_any, literal, name

OUTCOMES = ("inserted", "updated", "unchanged", "repeated", "rejected")
MILLION = 1_000_000
_BROUGHT = ("inserted", "updated")

Sums = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row: number, column, cell, reason, place."""

    row: int
    column: str
    cell: str | None
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of a file's rows.

    `sums` are by outcome and column; `cleaned` counts rows by kind of cleaning; `placeholders`
    counts unknown ids by column; `stands_on` are the earlier loads whose rows it met.
    """

    load: int
    rows: int
    counts: Mapping[str, int]
    sums: Sums
    removed: int
    overlapping: int
    overlaps_with: tuple[int, ...]
    first_day: date | None
    last_day: date | None
    cleaned: Mapping[str, int]
    placeholders: Mapping[str, int]
    mended: int
    restated: Sequence[Restated] = ()
    examples: Sequence[Rejected] = ()
    stands_on: tuple[int, ...] = ()
    months: Sequence[date | None] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        """Whether no row of the store changed."""
        brought = sum(self.counts[outcome] for outcome in _BROUGHT)
        return not (brought or self.removed or self.mended)


def by_line(cells: Cells) -> bool:
    """Whether the file numbers the lines of a key."""
    return bool(cells.feed.kind.line) and any(
        column.name == cells.feed.kind.line for column in cells.found
    )


def stage(session: Session, cells: Cells, relation: str, *, is_mended: bool) -> dict[str, int]:
    """Read, type and check a file's rows; count the cleaned."""
    cleaned = staging.stage(session, cells, relation, by_line=by_line(cells), mended=is_mended)
    if folded := staging.one_spelling(session, cells.feed):
        cleaned["folded"] = folded
    staging.refuse_unknown(session, cells.feed)
    return cleaned


def load(
    session: Session,
    cells: Cells,
    number: int,
    cleaned: Mapping[str, int],
    *,
    is_mended: bool,
    today: date,
) -> Loaded:
    """Bring the staged rows into the star, as load `number`.

    The caller holds the transaction. Raises TieOutError where anything does not tie.
    """
    feed, lined = cells.feed, by_line(cells)
    if is_mended:
        mended.set_apart(session, feed)
    matching.match(session, feed, by_line=lined, mended=is_mended)
    overlapping = overlap.find(session, feed)
    _refuse(session, feed, overlapping)
    if feed.on_overlap is OnOverlap.SKIP and overlapping:
        session.execute(f"INSERT INTO fates SELECT {PLACE}, 'repeated' FROM overlapping")
    told = restated(session, feed)
    before = _size(session, feed)
    ended = _end(session, feed, number)
    _bring(session, feed, number, today)
    placeholders = staging.add_placeholders(session, feed, number)
    closed = mended.close(session, feed, number, by_line=lined, is_mended=is_mended)
    counts, sums = _outcomes(session, feed)
    removed = ended - counts["updated"] - _filled(session, feed, number)
    _tie(session, feed, number, counts, sums, before, ended)
    first, last = _days(session, feed)
    return Loaded(
        number,
        sum(counts.values()),
        counts,
        sums,
        removed,
        overlapping,
        _loads(session, "SELECT DISTINCT load FROM overlapping"),
        first,
        last,
        cleaned,
        placeholders,
        closed,
        told,
        _examples(session),
        _loads(
            session,
            f"""SELECT DISTINCT load FROM (FROM stood_on UNION FROM (SELECT load FROM overlapping)
            UNION FROM mended_loads) WHERE load <> {number}""",
        ),
        _months(session, feed, number),
    )


def _refuse(session: Session, feed: Feed, overlapping: int) -> None:
    """Raise SourceDataError where the feed wants no such file."""
    rows = _one(session, "SELECT count(*) FROM staged")
    rejected = _one(session, "SELECT count(*) FROM staged WHERE recon_fault IS NOT NULL")
    if feed.max_rejected is not None and rejected * MILLION > feed.max_rejected * rows:
        first = _examples(session)[0]
        raise SourceDataError(
            f"{rejected:,} of {counted(rows, 'row')} would be rejected, more than max_rejected = "
            f"{money.percent(feed.max_rejected, MILLION)} of {feed.key} allows; the first is row "
            f"{first.row:,}: {first.reason}"
        )
    if feed.on_overlap is OnOverlap.REFUSE and overlapping:
        raise SourceDataError(
            f"{overlapping:,} of {counted(rows, 'row')} are in the store already, from another "
            f"feed; {feed.key}.on_overlap = 'refuse' wants none of them"
        )


def _size(session: Session, feed: Feed) -> int:
    return _one(session, f"SELECT count(*) FROM {STORE}.{feed.kind.table}")


def _one(session: Session, query: str) -> int:
    found = session.execute(query).fetchone()
    return int(found[0] or 0) if found else 0


def _loads(session: Session, query: str) -> tuple[int, ...]:
    return tuple(sorted(load for (load,) in session.execute(query).fetchall()))


def _end(session: Session, feed: Feed, number: int) -> int:
    """Move ended rows into the history; return how many."""
    table = feed.kind.table
    if table.startswith("dim_"):
        _fill_placeholders(session, feed)
    if not is_any(session, "ended"):
        return 0
    names = ", ".join(map(name, TABLES[table].names))
    session.execute(
        f"""INSERT INTO {STORE}.{table}_history ({names}, ended_by)
        SELECT {names}, {number} FROM {STORE}.{table}
        WHERE rowid IN (SELECT id FROM ended)"""
    )
    return _done(session, f"DELETE FROM {STORE}.{table} WHERE rowid IN (SELECT id FROM ended)")


def _done(session: Session, statement: str) -> int:
    found = session.execute(statement).fetchone()
    return int(found[0]) if found else 0


def _fill_placeholders(session: Session, feed: Feed) -> None:
    """End the placeholders that the file's rows replace."""
    key = matching.keys(feed.kind, by_line=False)[0]
    session.execute(
        f"""INSERT INTO ended SELECT rowid, load FROM {STORE}.{feed.kind.table}
        WHERE placeholder AND {key} IN (SELECT {key} FROM staged WHERE recon_fault IS NULL)"""
    )


def _filled(session: Session, feed: Feed, number: int) -> int:
    if not feed.kind.table.startswith("dim_"):
        return 0
    return _one(
        session,
        f"""SELECT count(*) FROM {STORE}.{feed.kind.table}_history
        WHERE ended_by = {number} AND placeholder""",
    )


def _bring(session: Session, feed: Feed, number: int, today: date) -> None:
    """Insert the new and the changed rows."""
    if feed.kind.table == TYPE_2:
        from recon.store.feeds.customers import bring

        bring(session, feed, number, today)
        return
    table = TABLES[feed.kind.table]
    values = {
        "feed": literal(feed.name),
        "load": str(number),
        "placeholder": "false",
        "receivable": f"CAST(amount * {feed.receivable} AS DECIMAL(19, 4))",
        "overlap_of": "NULL",
    }
    rows = "staged"
    if is_any(session, "overlapping"):
        rows = f"staged LEFT JOIN overlapping o USING ({PLACE})"
        values["overlap_of"] = "o.load"
    if is_any(session, "fates"):
        rows += f" ANTI JOIN (FROM fates WHERE outcome <> 'updated') USING ({PLACE})"
    listed = ", ".join(map(name, table.names))
    taken = ", ".join(values.get(column, name(column)) for column in table.names)
    session.execute(
        f"""INSERT INTO {STORE}.{table.name} ({listed})
        SELECT {taken} FROM {rows} WHERE recon_fault IS NULL"""
    )


def _outcomes(session: Session, feed: Feed) -> tuple[dict[str, int], Sums]:
    """Counts and sums of the rows read, by outcome."""
    amounts = feed.kind.amounts
    sums = "".join(f", coalesce(sum({name(column)}), 0)" for column in amounts)
    found = session.execute(
        f"""SELECT CASE WHEN recon_fault IS NOT NULL THEN 'rejected'
            ELSE coalesce(outcome, 'inserted') END AS fate, count(*) {sums}
        FROM staged LEFT JOIN fates USING ({PLACE}) GROUP BY fate"""
    ).fetchall()
    counts = dict.fromkeys(OUTCOMES, 0) | {fate: count for fate, count, *_ in found}
    by_fate = {fate: dict(zip(amounts, of, strict=True)) for fate, _, *of in found}
    return counts, by_fate


def _tie(
    session: Session,
    feed: Feed,
    number: int,
    counts: Mapping[str, int],
    sums: Sums,
    before: int,
    ended: int,
) -> None:
    """Assert that file and table agree to the last decimal."""
    amounts = feed.kind.amounts
    totals = "".join(f", coalesce(sum({name(column)}), 0)" for column in amounts)
    rows, *read = session.execute(f"SELECT count(*) {totals} FROM staged").fetchone() or (0,)
    tie(f"the rows of {feed.name}", sum(counts.values()), rows)
    of_file = f"load = {number} AND {PLACE} > 0"
    if feed.kind.table.startswith("dim_"):
        of_file += " AND NOT placeholder"
    if feed.kind.table == TYPE_2:
        of_file += " AND valid_to IS NULL"
    brought, *kept = session.execute(
        f"SELECT count(*) {totals} FROM {STORE}.{feed.kind.table} WHERE {of_file}"
    ).fetchone() or (0,)
    tie(f"the rows brought by {feed.name}", brought, sum(counts[each] for each in _BROUGHT))
    for column, total, there in zip(amounts, read, kept, strict=True):
        tie(
            f"{column} of {feed.name}",
            _units(sum((of[column] for of in sums.values()), Decimal(0))),
            _units(total),
        )
        wanted = sum((sums[each][column] for each in _BROUGHT if each in sums), Decimal(0))
        tie(f"{column} brought by {feed.name}", _units(there), _units(wanted))
    if feed.kind.table != TYPE_2:
        tie(
            f"the table {feed.kind.table}",
            _size(session, feed),
            before + brought - ended,
        )


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(4))


def _days(session: Session, feed: Feed) -> tuple[date | None, date | None]:
    if not feed.kind.day:
        return None, None
    found = session.execute(
        f"SELECT min({feed.kind.day}), max({feed.kind.day}) FROM staged WHERE recon_fault IS NULL"
    ).fetchone()
    return found or (None, None)


def _examples(session: Session) -> list[Rejected]:
    found = session.execute(
        f"""SELECT {PLACE}, fault_column, fault_cell, recon_fault FROM staged
        WHERE recon_fault IS NOT NULL ORDER BY {PLACE}"""
    ).fetchall()
    return [Rejected(*row) for row in found]


def _months(session: Session, feed: Feed, number: int) -> list[date | None]:
    """The months that the load changed; None for all."""
    if not feed.kind.day:
        return [None]
    table, day = feed.kind.table, feed.kind.day
    found = session.execute(
        f"""SELECT DISTINCT CAST(date_trunc('month', {day}) AS DATE) AS month FROM (
            SELECT {day} FROM {STORE}.{table} WHERE load = {number}
            UNION ALL SELECT {day} FROM {STORE}.{table}_history WHERE ended_by = {number})
        ORDER BY month"""
    ).fetchall()
    return [month for (month,) in found]


def keep_rejected(
    session: Session,
    cells: Cells,
    relation: str,
    header: Sequence[str],
    loaded: Loaded,
    places: Callable[[Sequence[int]], Mapping[int, str]],
) -> list[Rejected]:
    """Keep the rejected rows; return them with places."""
    if not loaded.examples:
        return []
    found = places([each.row for each in loaded.examples])
    reasons = rivals.by_place(session, {each.row: each.reason for each in loaded.examples}, found)
    session.execute(f"CREATE OR REPLACE TEMP TABLE row_places ({PLACE} BIGINT, place VARCHAR)")
    session.executemany("INSERT INTO row_places VALUES (?, ?)", list(found.items()))
    struct = ", ".join(f"{literal(column)}: CAST({name(column)} AS VARCHAR)" for column in header)
    key = ", ".join(
        f"CAST({part} AS VARCHAR)"
        for part in matching.keys(cells.feed.kind, by_line=by_line(cells))
    )
    session.execute(
        f"""INSERT INTO {STORE}.rejected
        SELECT {loaded.load}, {literal(cells.feed.name)}, s.{PLACE}, p.place, s.fault_column,
            s.fault_cell, s.recon_fault, concat_ws('|', {key}), CAST(raw.cells AS VARCHAR), NULL
        FROM (SELECT * FROM staged WHERE recon_fault IS NOT NULL) s
        LEFT JOIN row_places p USING ({PLACE})
        LEFT JOIN (SELECT {PLACE}, to_json({{{struct}}}) AS cells FROM {relation}
            WHERE {PLACE} IN (SELECT {PLACE} FROM staged WHERE recon_fault IS NOT NULL)) raw
            USING ({PLACE})
        ORDER BY s.{PLACE}"""
    )
    tie(
        "the rejected rows kept",
        _one(session, f"SELECT count(*) FROM {STORE}.rejected WHERE load = {loaded.load}"),
        loaded.counts["rejected"],
    )
    return [
        Rejected(each.row, each.column, each.cell, reasons[each.row], found.get(each.row, ""))
        for each in loaded.examples
    ]


def as_json(value: object) -> str:
    """A value as JSON; Decimals and days as texts."""
    return json.dumps(value, default=str, ensure_ascii=False)
