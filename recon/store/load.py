"""Loading: a feed's file into the star, in one transaction.

Every row read is exactly one of inserted, updated, unchanged, repeated or rejected; their counts
and the sums of each amount column tie with the file, and the table with what was done to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from recon.base.errors import tie
from recon.base.feed import Feed, OnOverlap
from recon.store.columns import PLACE
from recon.store.feeds import bringing, matching, mended, overlap, rejecting, rivals, staging, tying
from recon.store.feeds.cells import Cells
from recon.store.feeds.rejecting import Rejected
from recon.store.feeds.restated import Restated, restated
from recon.store.feeds.tying import BROUGHT, Sums
from recon.store.session import Session

# The loads whose rows a file met.
_STOOD_ON = (
    "SELECT DISTINCT load FROM (FROM stood_on UNION FROM (SELECT load FROM overlapping) "
    "UNION FROM mended_loads)"
)


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
        brought = sum(self.counts[outcome] for outcome in BROUGHT)
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

    The caller holds the transaction. Raises SourceDataError where the feed refuses the file,
    TieOutError where anything does not tie.
    """
    feed, lined = cells.feed, by_line(cells)
    overlapping = _matched(session, feed, by_line=lined, is_mended=is_mended)
    told = restated(session, feed)
    before = tying.size(session, feed)
    ended = bringing.end(session, feed, number)
    bringing.bring(session, feed, number, today)
    placeholders = staging.add_placeholders(session, feed, number)
    closed = mended.close(session, feed, number, by_line=lined, is_mended=is_mended)
    tally = tying.tallied(session, feed)
    tying.tie_out(session, feed, number, tally, before=before, ended=ended)
    first, last = tying.days(session, feed)
    return Loaded(
        load=number,
        rows=sum(tally.counts.values()),
        counts=tally.counts,
        sums=tally.sums,
        removed=ended - tally.counts["updated"] - bringing.filled(session, feed, number),
        overlapping=overlapping,
        overlaps_with=_loads(session, "SELECT DISTINCT load FROM overlapping"),
        first_day=first,
        last_day=last,
        cleaned=cleaned,
        placeholders=placeholders,
        mended=closed,
        restated=told,
        examples=rejecting.listed(session),
        stands_on=_loads(session, f"{_STOOD_ON} WHERE load <> {number}"),
        months=tying.months(session, feed, number),
    )


def _matched(session: Session, feed: Feed, *, by_line: bool, is_mended: bool) -> int:
    """Settle the fate of each row; return how many overlap."""
    if is_mended:
        mended.set_apart(session, feed)
    matching.match(session, feed, by_line=by_line, mended=is_mended)
    overlapping = overlap.find(session, feed)
    rejecting.refuse(session, feed, overlapping)
    if feed.on_overlap is OnOverlap.SKIP and overlapping:
        session.execute(f"INSERT INTO fates SELECT {PLACE}, 'repeated' FROM overlapping")
    return overlapping


def _loads(session: Session, query: str) -> tuple[int, ...]:
    return tuple(sorted(load for (load,) in session.execute(query).fetchall()))


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
    kept = rejecting.keep(
        session, cells, relation, header, loaded.load, found, by_line=by_line(cells)
    )
    tie("the rejected rows kept", kept, loaded.counts["rejected"])
    return [
        replace(each, reason=reasons[each.row], place=found.get(each.row, ""))
        for each in loaded.examples
    ]


def as_json(value: object) -> str:
    """A value as JSON; Decimals and days as texts."""
    return json.dumps(value, default=str, ensure_ascii=False)
