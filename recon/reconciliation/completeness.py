"""Completeness: whether a month's books are as full as usual.

A month that is run soon after its end lacks entries that are still to come. Its entries
are held against the median of earlier months, each counted up to the same number of days after its
own end, as number of entries and as value, whatever its sign. Where that is unknown, the
result says so, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from recon.base import money
from recon.base.fields import PERIOD
from recon.base.month import Month
from recon.base.result import Side
from recon.store.columns import Columns
from recon.store.session import Session

# So many days after its end a month's books are taken as full: what is missing then is a break.
LATEST = 31
EARLIER_MONTHS = 6
# A median of fewer months is none, and of fewer entries one more or less is a tenth.
FEWEST_MONTHS = 3
FEWEST_ENTRIES = 10
# How many days before that day an earlier run may have been: a weekend lies between.
NEARBY = 3
_MILLION = 1_000_000

# Amounts of a month by currency, and its entries.
Posted = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Seen:
    """Recognized revenue of a month that an earlier run found.

    The amounts are by currency; the day is that of the run.
    """

    month: Month
    day: date
    recognized: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How full the books of a month are.

    `share` is in millionths of the usual, None if unknown.
    `why` is the comparison in words, or the reason why there is none.
    """

    month: Month
    today: date
    share: int | None
    ready_from: int
    why: str

    @property
    def provisional(self) -> bool:
        """Whether too little is posted to judge a month."""
        return self.share is not None and self.share < self.ready_from

    @property
    def notice(self) -> str:
        """Notice for readers of a report, '' for full books."""
        return self.sentence if self.provisional else ""

    @property
    def sentence(self) -> str:
        """Sentence for the log."""
        if self.share is None:
            return f"Whether the books of {self.month.name} are complete is unknown: {self.why}."
        end = "; provisional, run it again later" if self.provisional else ""
        return (
            f"By {self.today} accounting holds {self.share * 100 // _MILLION}% of the usual for "
            f"{self.month.name} ({self.why}){end}."
        )


@dataclass(frozen=True, slots=True)
class _Measure:
    """Something posted, the usual amount of it, and their wording."""

    found: int
    usual: int
    currency: str
    of_entries: bool = False

    @property
    def share(self) -> int:
        return max(self.found, 0) * _MILLION // self.usual

    def words(self, where: str) -> str:
        if self.of_entries:
            return f"{self.found:,} {self.currency} entries; {self.usual:,} {where}"
        found, usual = (money.pretty(units, self.currency) for units in (self.found, self.usual))
        return f"{found} {self.currency}; {usual} {where}"


def completeness(
    connection: Session | None,
    month: Month,
    today: date,
    ready_from: int,
    recognized: Mapping[str, int],
    seen: Callable[[], Sequence[Seen]],
) -> Completeness | None:
    """How full a month's books are, None where long past.

    `connection` is the session with the entries of earlier months; None where it has them only
    added up, without the day on which they were posted. Then, and where too few of them tell that
    day, the month's `recognized` amounts are held against those that earlier runs have `seen` in
    other months. `ready_from` is the least share, in millionths.
    """
    if is_past(month, today):
        return None
    measures, where = _posted(connection, month, today) if connection else ([], "")
    if not where:
        measures, where = _recognized(month, today, recognized, seen())
    if not measures:
        reason = (
            "the usual amount is too small to compare with"
            if where
            else f"fewer than {FEWEST_MONTHS} earlier months show what is usual by this day"
        )
        return Completeness(month, today, None, ready_from, reason)
    least = min(measures, key=lambda measure: measure.share)
    return Completeness(month, today, least.share, ready_from, least.words(where))


def is_past(month: Month, day: date) -> bool:
    """Whether a month ended long enough ago for full books."""
    return (day - _end(month)).days > LATEST


def _end(month: Month) -> date:
    return (month + 1).first_day - timedelta(days=1)


def _posted(connection: Session, month: Month, today: date) -> tuple[list[_Measure], str]:
    """Measure that the entries' days give, '' for none."""
    found, dated = _by_month(connection, month, (today - _end(month)).days)
    earlier = [posted for of, posted in found.items() if of < month and of in dated]
    # Entries of which none tells its day may have lost it on the way here.
    if len(earlier) < FEWEST_MONTHS or (month in found and month not in dated):
        return [], ""
    return list(_measures(found.get(month, {}), earlier)), (
        f"in the median of {len(earlier)} earlier months by the same day"
    )


def _measures(now: Posted, earlier: Sequence[Posted]) -> Iterator[_Measure]:
    for currency in sorted({currency for posted in earlier for currency in posted}):
        entries, value = (
            _median([posted.get(currency, (0, 0))[place] for posted in earlier]) for place in (0, 1)
        )
        if entries < FEWEST_ENTRIES:
            continue
        found = now.get(currency, (0, 0))
        yield _Measure(found[0], entries, currency, of_entries=True)
        if value:
            yield _Measure(found[1], value, currency)


def _by_month(
    connection: Session, month: Month, days: int
) -> tuple[dict[Month, dict[str, tuple[int, int]]], set[Month]]:
    """Entries and value posted soon after each month's end.

    It adds the months whose entries are dated: an earlier month is dated where at most one entry in
    a hundred does not tell when it was posted, the month itself where any does.
    """
    found: dict[Month, dict[str, tuple[int, int]]] = {}
    counts: dict[Month, list[int]] = {}
    for index, currency, entries, dated, in_time, value in _rows(connection, month, days):
        found.setdefault(month.at(index), {})[currency] = (int(in_time), int(value))
        count = counts.setdefault(month.at(index), [0, 0])
        count[0] += int(entries)
        count[1] += int(dated)
    return found, {
        of for of, (entries, dated) in counts.items()
        if (dated if of == month else (entries - dated) * 100 <= entries)
    }  # fmt: skip


def _rows(connection: Session, month: Month, days: int) -> list[tuple[Any, ...]]:
    """Entries by month and currency: all, dated, and in time.

    For those in time it adds their value.
    """
    # What the session has noted of the view: to describe it would take longer than to read it.
    kinds = dict(connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'entries_raw'"
    ).fetchall())  # fmt: skip
    if "given_posted_at" not in kinds:
        return []
    day = Columns(Side.ACCOUNTING, kinds, ()).day("given_posted_at")
    # The month is read off a few hundred periods; off every entry it would take the longest.
    period = {PERIOD: kinds[f"given_{PERIOD}"]}
    of_month = Columns(Side.ACCOUNTING, period, (PERIOD,)).month(PERIOD, month.periods)
    periods = ""
    if period[PERIOD] == "VARCHAR":
        of_month, periods = "recon_month", f"LEFT JOIN periods_typed ON recon_period = {PERIOD}"
    return connection.execute(
        f"""WITH days AS (
            SELECT given_{PERIOD} AS {PERIOD}, currency, {day} AS posted, count(*) AS entries,
                sum(abs(amount)) AS value
            FROM entries_of('entries_raw') GROUP BY ALL),
        dated AS (
            SELECT *, {of_month} AS month, posted <= month_start(month + 1) + {days - 1} AS in_time
            FROM days {periods})
        SELECT month, currency, sum(entries), coalesce(sum(entries) FILTER (posted IS NOT NULL), 0),
            coalesce(sum(entries) FILTER (in_time), 0), coalesce(sum(value) FILTER (in_time), 0)
        FROM dated WHERE month BETWEEN {month.index - EARLIER_MONTHS} AND {month.index}
        GROUP BY ALL ORDER BY ALL"""
    ).fetchall()


def _recognized(
    month: Month, today: date, recognized: Mapping[str, int], seen: Sequence[Seen]
) -> tuple[list[_Measure], str]:
    """Recognized revenue that earlier runs found by the same day.

    It is that of the last run up to the day in each month, if close.
    """
    days = (today - _end(month)).days
    by_month = {
        run.month: run.recognized
        for run in sorted(seen, key=lambda run: run.day)
        if run.month < month and 0 <= days - (run.day - _end(run.month)).days <= NEARBY
    }
    earlier = [by_month[of] for of in sorted(by_month)[-EARLIER_MONTHS:]]
    if len(earlier) < FEWEST_MONTHS:
        return [], ""
    usual = {
        currency: _median([sums.get(currency, 0) for sums in earlier])
        for currency in sorted({currency for sums in earlier for currency in sums})
    }
    where = f"in the median of what runs of {len(earlier)} earlier months found by the same day"
    return [
        _Measure(recognized.get(currency, 0), amount, currency)
        for currency, amount in usual.items()
        if amount > 0
    ], where


def _median(values: Sequence[int]) -> int:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2
