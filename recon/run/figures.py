"""Figures: from a snapshot to a view's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from recon.base.errors import NothingLoaded, UsageError
from recon.config import Settings
from recon.kpi import compiled, views
from recon.kpi.asked import Asked
from recon.kpi.conversion import told
from recon.kpi.detail import MOST, Detail, detail
from recon.kpi.dimensions import dimension
from recon.kpi.measures import MEASURES, Measure
from recon.kpi.own import with_own
from recon.kpi.period import Calendar, Unit, parse, part
from recon.kpi.query import PREVIOUS, YEAR, parse_filter
from recon.kpi.result import Figures
from recon.store import periods, snapshot
from recon.store.session import Session, reckoning


@dataclass(frozen=True, slots=True)
class Request:
    """A request for figures, as the user writes it."""

    view: str = "executive"
    period: str | None = None
    by: Sequence[str] = ()
    where: Sequence[str] = ()
    compare: str | None = None
    top: int | None = None


def figures(settings: Settings, request: Request) -> Figures:
    """The figures of a view.

    Raises UsageError for what cannot be asked, SourceUnreachable where nothing was loaded.
    """
    with opened(settings) as (session, number):
        asked = _asked(settings, session, request)
        return _figures(session, number, request, asked)


def figures_with_detail(
    settings: Settings, request: Request, most: int = MOST
) -> tuple[Figures, Detail]:
    """The figures of a view, and the rows behind it.

    There are at most so many rows of each fact, as long as any grain has so few, and none for 0.
    Raises what `figures` does.
    """
    with opened(settings) as (session, number):
        asked = _asked(settings, session, request)
        found = _figures(session, number, request, asked)
        with reckoning("these figures"):
            queries = views.queries(views.chosen(request.view, asked), asked)
            return found, detail(session, asked, queries, most)


def _figures(session: Session, number: int, request: Request, asked: Asked) -> Figures:
    view = views.chosen(request.view, asked)
    with reckoning("these figures"):
        tables = tuple(views.tables(session, view, asked))
    return Figures(
        view.name,
        view.title,
        asked.period.name,
        asked.period.first,
        asked.period.last,
        tuple(request.where),
        number,
        tables,
        told(session, asked.period.first, asked.period.last),
        control=_control(session, asked),
        unit=asked.period.unit,
        files=_files(session, asked),
    )


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Session, int]]:
    """Yield a session for figures, and the snapshot's number."""
    with snapshot.looked_at(settings.store, settings.memory_limit) as (session, found):
        periods.use(session, settings.calendar.periods)
        compiled.install(session, settings.figures.currency)
        yield session, found.number


def _asked(settings: Settings, session: Session, request: Request) -> Asked:
    last = _last_day(session)
    zone = settings.calendar.time_zone
    today = datetime.now(ZoneInfo(zone) if zone else UTC).date()
    of = settings.calendar
    calendar = Calendar(min(last, today), of.fiscal_year_starts, of.fiscal_year_named, of.periods)
    period = (
        parse(request.period, calendar)
        if request.period
        else part(calendar.today, Unit.PERIOD if calendar.periods else Unit.MONTH, calendar.periods)
    )
    return Asked(
        period,
        calendar,
        tuple(dict.fromkeys(dimension(name).name for name in _listed(request.by))),
        tuple(parse_filter(text) for text in request.where),
        _compare(request.compare),
        request.top,
        with_own(session, settings.figures.measures),
    )


def _listed(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from (name for name in text.split(",") if name.strip())


def _compare(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    wanted = tuple(part.strip().lower() for part in text.split(","))
    if not {*wanted} <= {PREVIOUS, YEAR}:
        raise UsageError(f"--compare must be previous, year, or previous,year, not {text!r}.")
    return wanted


def _last_day(session: Session) -> date:
    """The last day on which anything happened in the store."""
    days = {"fact_sales": "sold_on", "fact_credits": "credited_on", "fact_inventory": "counted_on"}
    for table, day in days.items():
        found = session.execute(f"SELECT max({day}) FROM {table}").fetchone()
        if found and found[0]:
            last: date = found[0]
            return last
    raise NothingLoaded(
        "The store has no sales, credits or stock yet; configure a feed of them and run "
        "`recon load`."
    )


def _control(session: Session, asked: Asked) -> dict[str, list[str]]:
    """Rows and sums of the period's sales, by own currency."""
    found = session.execute(
        """SELECT currency, count(*), sum(revenue) FROM memory.main.fact_sales
        WHERE sold_on BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL""",
        [asked.period.first, asked.period.last],
    ).fetchall()
    lines = [
        f"{rows:,} lines, revenue {revenue:,.2f} {currency}" for currency, rows, revenue in found
    ]
    return {"sales": lines}


def _files(session: Session, asked: Asked) -> tuple[str, ...]:
    """The files that brought the period's sales, the largest first."""
    found = session.execute(
        """SELECT l.file FROM fact_sales f JOIN loads l USING (load)
        WHERE f.sold_on BETWEEN ? AND ? GROUP BY l.file ORDER BY count(*) DESC, l.file""",
        [asked.period.first, asked.period.last],
    ).fetchall()
    return tuple(dict.fromkeys(PurePath(file).name for (file,) in found))


def all_measures(settings: Settings) -> dict[str, Measure]:
    """All measures, those of the configuration last."""
    if not settings.figures.measures:
        return dict(MEASURES)
    with opened(settings) as (session, _):
        return with_own(session, settings.figures.measures)
