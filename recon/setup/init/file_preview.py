"""Rows of a side as recon's intake reads them.

Of a large file it is the beginning that is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recon.base import money, temporary
from recon.base.errors import LooksLikeCrmCloseDate, SourceDataError
from recon.base.month import Month
from recon.base.periods import Periods
from recon.base.result import Side
from recon.config import Settings, SourceSettings
from recon.reconciliation.contract_intake import load_contracts, refuse_crm_close_dates
from recon.reconciliation.entry_intake import view_entries
from recon.reconciliation.policy_sql import register_policy
from recon.setup.init.file_side import DATES, FileSide
from recon.setup.init.writings import orders_of
from recon.sources.files import FilesSource
from recon.store.day_notations import ORDERS
from recon.store.session import Session, reading, session

SHOWN = 5
_COLUMNS: Mapping[Side, tuple[str, ...]] = {
    Side.ANALYTICS: ("contract", "type", "value", "months", "start", "close"),
    Side.ACCOUNTING: ("entry", "contract", "type", "amount", "month"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a side, and its faults.

    `reasons` are the numbers of invalid rows by reason; `last` is the last month of entries.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    read: int
    reasons: Mapping[str, int]
    notices: tuple[str, ...]
    last: Month | None = None
    problem: str = ""


def preview(side: FileSide, settings: Settings) -> Preview:
    """The preview of a side; raises SourceDataError, ConfigError and SourceUnreachable."""
    of = {Side.ANALYTICS: settings.analytics, Side.ACCOUNTING: settings.accounting}[side.side]
    # The last of several files has the last month.
    first = side.group.looks[-1]
    with temporary.folder() as folder, session(first.path) as connection:
        path = first.path
        if first.text or not first.whole:
            path = Path(folder) / f"{first.path.stem}.csv"
            path.write_text(first.head, encoding="utf-8", newline="")
        try:
            return _read(connection, side, of, settings, path)
        except SourceDataError as error:
            # A copy is nothing that anybody knows.
            text = str(error).replace(path.as_posix(), first.path.as_posix())
            raise SourceDataError(text.replace(str(path), str(first.path))) from error


def _read(
    connection: Session, side: FileSide, of: SourceSettings, settings: Settings, path: Path
) -> Preview:
    """The preview of a file, or of its beginning."""
    first = side.group.looks[-1]
    policy, periods = settings.policy, settings.calendar.periods
    # Days that are the same in both orders need none: the month reads them, too.
    dated = [found for each in DATES[side.side] if (found := side.profile(each))]
    same = ORDERS[0] if orders_of(dated) == ORDERS and not side.orders else None
    foot = side.skip_foot if first.whole else 0
    here = replace(of, path=path, encoding="utf-8", skip_foot=foot, dates=of.dates or same)
    notices: list[str] = []
    with FilesSource(here).opened(connection, notices.append) as relation:
        register_policy(connection, policy, periods)
        with reading(side.side, str(first.path)):
            if side.side is Side.ANALYTICS:
                load_contracts(connection, relation, policy, periods)
                return replace(_contracts(connection), notices=tuple(notices))
            view_entries(connection, relation, policy, here.compliance, periods)
            return replace(_entries(connection, periods), notices=tuple(notices))


def _contracts(connection: Session) -> Preview:
    problem = ""
    try:
        refuse_crm_close_dates(connection)
    except LooksLikeCrmCloseDate as error:
        problem = str(error)
    rows = connection.execute(
        f"""SELECT id, coalesce(type, type_text), value, currency, duration, started_on, close_date
        FROM contracts_typed ORDER BY row LIMIT {SHOWN}"""
    ).fetchall()
    shown = [
        (_text(key), _text(kind), _money(value, code), _text(months), _text(start), _text(close))
        for key, kind, value, code, months, start, close in rows
    ]
    return replace(_counted(connection, "contracts_typed", Side.ANALYTICS, shown), problem=problem)


def _entries(connection: Session, periods: Periods | None) -> Preview:
    connection.execute(
        "CREATE TEMP TABLE entries_seen AS SELECT * FROM entries_of('entries_raw_numbered')"
    )
    rows = connection.execute(
        f"""SELECT entry_id, id, coalesce(type, type_text), amount, currency, month
        FROM entries_seen ORDER BY row LIMIT {SHOWN}"""
    ).fetchall()
    shown = [
        (_text(key), _text(of), _text(kind), _money(amount, code), _month(month, periods))
        for key, of, kind, amount, code, month in rows
    ]
    last = connection.execute("SELECT max(month) FROM entries_seen").fetchone()
    found = _counted(connection, "entries_seen", Side.ACCOUNTING, shown)
    return replace(found, last=Month(last[0], periods) if last and last[0] is not None else None)


def _counted(
    connection: Session, relation: str, side: Side, shown: Sequence[tuple[str, ...]]
) -> Preview:
    counts = connection.execute(
        f"SELECT reason, count(*) FROM {relation} GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    reasons = {reason: count for reason, count in counts if reason is not None}
    read = sum(count for _, count in counts)
    return Preview(_COLUMNS[side], tuple(shown), read, reasons, ())


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _money(value: int | None, currency: str | None) -> str:
    return (
        "" if value is None else f"{money.pretty(value, currency or '')} {currency or ''}".strip()
    )


def _month(index: int | None, periods: Periods | None) -> str:
    return "" if index is None else str(Month(index, periods))
