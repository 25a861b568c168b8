"""Deliveries against those before: thin, late, missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median

from recon.base.calendar import Calendar
from recon.base.feed import Feed
from recon.base.text import counted
from recon.store.findings import Finding, FindingKind, of_load
from recon.store.load import Loaded
from recon.store.schema import STORE
from recon.store.session import Session

# A file is compared with the last eight of its weekday, if there are at least three of them.
_WEEKS, _LEAST = 8, 3
# So many rows at least had each of the last weekdays, and so many the one in the middle, before a
# day without any is told: of a few sales a day, none is no wonder.
_FEWEST, _MIDDLE = 3, 8
# Fewer rows than this may well be the same on two days.
_ROWS = 5
_SHOWN = 3
_MILLION = 1_000_000
# A file that came a little later than expected came in time.
_GRACE = timedelta(minutes=15)
_DAYS = "mondays tuesdays wednesdays thursdays fridays saturdays sundays".split()
# The columns that make the content of a day, by kind.
_CONTENT = {
    "sales": "product_id, customer_id, quantity, unit_price, revenue",
    "credits": "customer_id, amount, product_id",
    "debits": "customer_id, amount",
    "movements": "product_id, location, quantity, kind",
}


def thin(session: Session, feed: Feed, loaded: Loaded) -> list[Finding]:
    """Findings on a file with far less than usual."""
    if not loaded.rows:
        return [of_load(FindingKind.EMPTY, feed, loaded.load, "The file has no rows.")]
    if loaded.last_day is None or not feed.thin:
        return []
    found = session.execute(
        f"""SELECT read_rows, sums FROM {STORE}.loads
        WHERE feed = ? AND status = 'loaded' AND last_day < ? AND last_day >= ?
            AND isodow(last_day) = ? ORDER BY last_day DESC LIMIT {_WEEKS}""",
        [feed.name, loaded.last_day, loaded.last_day - timedelta(weeks=_WEEKS),
         loaded.last_day.isoweekday()],
    ).fetchall()  # fmt: skip
    if len(found) < _LEAST:
        return []
    usual = median(rows for rows, _ in found)
    said = ""
    if loaded.rows * _MILLION < feed.thin * usual:
        said = (
            f"The file is thin: {counted(loaded.rows, 'row')}, where the last {len(found)} of its "
            f"weekday have {usual:,.0f} in the middle."
        )
    elif feed.kind.name == "sales":
        said = _thin_revenue(feed, loaded, [sums for _, sums in found])
    return [of_load(FindingKind.THIN, feed, loaded.load, said)] if said else []


def _thin_revenue(feed: Feed, loaded: Loaded, sums: Sequence[str]) -> str:
    def revenue(of: str) -> Decimal:
        total: Decimal = sum(
            (Decimal(each["revenue"]) for fate, each in json.loads(of).items()
             if fate != "rejected"), Decimal(0),
        )  # fmt: skip
        return total

    usual = median(revenue(of) for of in sums)
    mine = sum(
        (each["revenue"] for fate, each in loaded.sums.items() if fate != "rejected"), Decimal(0)
    )
    if mine * _MILLION >= feed.thin * usual:
        return ""
    return (
        f"The file is thin: revenue {mine:,.2f}, where the last {len(sums)} of its weekday have "
        f"{usual:,.2f} in the middle."
    )


def days(session: Session, feed: Feed, loaded: Loaded, calendar: Calendar) -> list[Finding]:
    """Findings on whole days that are missing, or sent twice."""
    if feed.kind.name not in _CONTENT or not loaded.first_day or not loaded.last_day:
        return []
    return [*_missing(session, feed, loaded, calendar), *_repeated(session, feed, loaded)]


def _missing(session: Session, feed: Feed, loaded: Loaded, calendar: Calendar) -> Iterator[Finding]:
    """Days without a row, unlike the same weekdays before."""
    first, last = loaded.first_day, loaded.last_day
    assert first and last  # noqa: S101
    before = session.execute(
        f"""SELECT max(last_day) FROM {STORE}.loads
        WHERE feed = ? AND status = 'loaded' AND last_day < ?""",
        [feed.name, first],
    ).fetchone()
    if before and before[0]:
        first = before[0] + timedelta(days=1)
    day = feed.kind.day
    found = session.execute(
        f"""SELECT {day}, count(*) FROM {STORE}.{feed.kind.table}
        WHERE feed = ? AND {day} BETWEEN ? AND ? GROUP BY ALL""",
        [feed.name, first - timedelta(weeks=_WEEKS), last],
    ).fetchall()
    rows = dict(found)
    gone = [
        each
        for each in _range(first, last)
        if each not in rows and each not in calendar.holidays and _is_usual(each, rows)
    ]
    if gone:
        listed = ", ".join(f"{each:%A} {each}" for each in gone[:_SHOWN])
        more = f" and {counted(len(gone) - _SHOWN, 'other day')}" if len(gone) > _SHOWN else ""
        yield Finding(
            FindingKind.DAY_MISSING, feed.name, f"day:{feed.name}:{gone[0]}:{gone[-1]}",
            f"There is no row at all of {listed}{more}, unlike the weeks before.",
        )  # fmt: skip


def _is_usual(day: date, rows: Mapping[date, int]) -> bool:
    """Whether the same weekdays before have many rows."""
    weeks = [rows.get(day - timedelta(weeks=back), 0) for back in range(1, _WEEKS + 1)]
    return min(weeks) >= _FEWEST and median(weeks) >= _MIDDLE


def _range(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=at) for at in range((last - first).days + 1))


def _repeated(session: Session, feed: Feed, loaded: Loaded) -> Iterator[Finding]:
    """Days whose rows are those of a day before.

    Ids do not count. Days of as many rows and units are compared, and no others.
    """
    first, last, day = loaded.first_day, loaded.last_day, feed.kind.day
    assert first and last  # noqa: S101
    measure = "quantity" if "quantity" in _CONTENT[feed.kind.name] else "amount"
    table = f"{STORE}.{feed.kind.table}"
    where = f"feed = ? AND {day} BETWEEN ? AND ?"
    period = [feed.name, first - timedelta(weeks=_WEEKS), last]
    found = session.execute(
        f"""WITH alike AS (
            SELECT day, n FROM (
                SELECT {day} AS day, count(*) AS n, sum({measure}) AS total
                FROM {table} WHERE {where} GROUP BY day HAVING count(*) >= {_ROWS})
            QUALIFY count(*) OVER (PARTITION BY n, total) > 1),
        content AS (
            SELECT day, any_value(n) AS n, sum(hash(ROW({_CONTENT[feed.kind.name]}))) AS content
            FROM (SELECT *, {day} AS day FROM {table} WHERE {where}) JOIN alike USING (day)
            GROUP BY day)
        SELECT b.day, max(a.day), any_value(b.n) FROM content a JOIN content b
            ON a.content = b.content AND a.n = b.n AND a.day < b.day
        WHERE b.day BETWEEN ? AND ? GROUP BY b.day ORDER BY b.day""",
        [*period, *period, first, last],
    ).fetchall()
    for again, before, rows in found:
        yield Finding(
            FindingKind.DAY_REPEATED, feed.name, f"again:{feed.name}:{again}",
            f"All {counted(rows, 'row')} of {again} are those of {before} once more, under other "
            "numbers.",
        )  # fmt: skip


def late(
    session: Session,
    feeds: Sequence[Feed],
    now: datetime,
    calendar: Calendar,
    first: int,
    loads: str = f"{STORE}.loads",
) -> list[Finding]:
    """Findings on feeds whose expected file is missing or late.

    Loads from number `first` on are those of this run.
    """
    return [
        found
        for feed in feeds
        if (due := _due(feed, now, calendar))
        and (found := _late(session, feed, now, due, first, loads))
    ]


def _late(
    session: Session, feed: Feed, now: datetime, due: datetime, first: int, loads: str
) -> Finding | None:
    begin = datetime.combine(due.date(), time(), due.tzinfo).astimezone(UTC).replace(tzinfo=None)
    found = session.execute(
        f"""SELECT max(loaded_at), min(load) FILTER (WHERE loaded_at >= ?), min(load)
        FROM {loads} WHERE feed = ? AND status <> 'undone'""",
        [begin, feed.name],
    ).fetchone()
    came, first_today, ever = found or (None, None, None)
    wanted = f"expected by {due:%H:%M} on {due:%Y-%m-%d}"
    if first_today is None:
        since = f"the last one came {came:%Y-%m-%d %H:%M} UTC" if came else "none ever came"
        return Finding(
            FindingKind.MISSING, feed.name, f"missing:{feed.name}:{due:%Y-%m-%d %H:%M}",
            f"The file of feed {feed.name} is missing: it was {wanted}, and {since}.",
        )  # fmt: skip
    if first_today >= first > ever and now - due > _GRACE:
        return Finding(
            FindingKind.LATE, feed.name, f"late:{feed.name}:{due:%Y-%m-%d %H:%M}",
            f"The file of feed {feed.name} came late, at {now:%H:%M}: it was {wanted}.",
        )  # fmt: skip
    return None


def _due(feed: Feed, now: datetime, calendar: Calendar) -> datetime | None:
    """The last moment by which a file was expected."""
    if feed.expected is None:
        return None
    hour, minute = map(int, feed.expected.time.split(":"))
    # Over Christmas no business day may come for a while.
    for back in range(15):
        day = now - timedelta(days=back)
        moment = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if moment <= now and _is_expected(feed.expected.days, moment.date(), calendar):
            return moment
    return None


def _is_expected(days: str, day: date, calendar: Calendar) -> bool:
    if days == "every day":
        return True
    if days == "business days":
        return calendar.is_business_day(day)
    return _DAYS[day.weekday()] == days
