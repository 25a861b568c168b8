"""Amounts in one currency, by the rates of the day.

Makes over each table of facts with amounts a view of the same name and rows. Its `money` is the
currency of the row's amounts: the row's own, or that of the figures where there is a rate of its
day. The rate of a day is the latest one on or before it; none is computed from others. Makes
`owed`, the documents of customers in the same way, and `rate_of_day`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Context

from recon.base import money
from recon.base.feeds import CREDITS, DEBITS, INVENTORY, SALES
from recon.base.money import SCALE, rounded
from recon.base.text import counted
from recon.store.schema import TABLES
from recon.store.session import Session, literal

# The parts of a unit in which converted amounts are exact, until they are rounded at the end.
_FINE = 10**18
_CONTEXT = Context(prec=60)
_FACTS = (SALES, CREDITS, DEBITS, INVENTORY)
_AMOUNT = "DECIMAL(19,4)"
# A view takes the place of a table whose name it has, which is still here.
_OWN = "memory.main"
# Documents of customers: sales on account are rounded to the minor unit, as an invoice is.
_OWED = f"""SELECT min(sold_on) AS day, customer_id, feed, currency,
        round_minor(sum(revenue + coalesce(tax, 0)), currency) AS amount
    FROM {_OWN}.fact_sales WHERE customer_id IS NOT NULL AND paid IS NOT TRUE
    GROUP BY feed, customer_id, currency, lower(coalesce(document_ref, sale_id))
    UNION ALL SELECT credited_on, customer_id, feed, currency, receivable FROM {_OWN}.fact_credits
    UNION ALL SELECT debited_on, customer_id, feed, currency, receivable FROM {_OWN}.fact_debits"""


def install(session: Session, into: str = "") -> None:
    """Make the views, and convert amounts into a currency."""
    session.execute(f"SET VARIABLE figures_currency = {literal(into)}")
    if into:
        _install_rates(session, into)
    for kind in _FACTS:
        columns = TABLES[kind.table].columns
        amounts = [each.name for each in columns if each.sql_type == _AMOUNT]
        _view(session, kind.table, f"{_OWN}.{kind.table}", kind.day, amounts, into)
    _view(session, "owed", f"({_OWED})", "day", ["amount"], into)


def _view(
    session: Session, view: str, source: str, day: str, amounts: list[str], into: str
) -> None:
    columns, joined = "f.*, f.currency AS money", ""
    if into:
        converted = ", ".join(f"f.{each} * coalesce(r.rate, 1) AS {each}" for each in amounts)
        in_money = f"CASE WHEN r.rate IS NULL THEN f.currency ELSE {literal(into)} END AS money"
        columns = f"f.* REPLACE ({converted}), {in_money}"
        joined = f"LEFT JOIN rate_of_day r ON r.currency = f.currency AND r.day = f.{day}"
    session.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {columns} FROM {source} f {joined}"
    )


def _install_rates(session: Session, into: str) -> None:
    """A row for each currency and day of the store."""
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE rate_of_day AS
        SELECT currency, rate, valid_from, feed, CAST(unnest(generate_series(
            greatest(valid_from, first), least(until, last), INTERVAL 1 DAY)) AS DATE) AS day
        FROM (SELECT currency, rate, valid_from, feed, lead(valid_from - 1, 1, DATE '9999-12-31')
                OVER (PARTITION BY currency ORDER BY valid_from) AS until
            FROM fact_rates WHERE to_currency = {literal(into)} AND currency <> to_currency),
            (SELECT min(day) AS first, max(day) AS last FROM dim_date)"""
    )


def figures_currency(session: Session) -> str:
    """The currency into which amounts are converted, or ''."""
    found = session.execute("SELECT getvariable('figures_currency')").fetchone()
    return str(found[0] or "") if found else ""


def parts_of_one(session: Session) -> int:
    """The parts of a unit in which values are exact."""
    return _FINE if figures_currency(session) else SCALE


def in_parts(value: object, parts: int) -> int | None:
    """A value of the database in parts of a unit."""
    if value is None:
        return None
    return int(_CONTEXT.multiply(_CONTEXT.create_decimal(str(value)), parts))


def in_minor(value: int | None, parts: int, currency: str) -> int | None:
    """An amount in ten-thousandths, a converted one rounded."""
    if value is None or parts == SCALE:
        return value
    step = money.minor_unit(currency)
    return rounded(value, parts // SCALE * step) * step


def told(session: Session, first: date, last: date) -> tuple[str, ...]:
    """Sentences on the rates used, and on missing ones."""
    into = figures_currency(session)
    if not into:
        return ()
    rows = " UNION ALL ".join(
        f"SELECT currency, {kind.day} AS day FROM {_OWN}.{kind.table}" for kind in _FACTS
    )
    found = session.execute(
        f"""SELECT f.currency, list_sort(list_distinct(list(r.feed))), count(DISTINCT r.valid_from)
                FILTER (f.day >= DATE '{first}'),
            min(r.valid_from) FILTER (f.day >= DATE '{first}'), max(r.valid_from),
            max(f.day - r.valid_from) FILTER (f.day >= DATE '{first}'),
            count(*) FILTER (r.rate IS NULL), min(f.day) FILTER (r.rate IS NULL),
            max(f.day) FILTER (r.rate IS NULL)
        FROM ({rows}) f LEFT JOIN rate_of_day r USING (currency, day)
        WHERE f.day <= DATE '{last}' AND f.currency <> {literal(into)} GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    return (*_used(into, found), *_missing(into, found))


def _used(into: str, found: list[tuple[object, ...]]) -> Iterator[str]:
    used = [row for row in found if row[2]]
    feeds = sorted({str(feed) for row in used for feed in _listed(row[1])})
    if not used:
        return
    parts = []
    for currency, _, count, begin, end, oldest, *_ in used:
        span = f"of {begin}" if begin == end else f"of {begin} to {end}"
        age = f", at most {counted(int(str(oldest)), 'day')} old" if oldest else ""
        parts.append(f"{currency} by {counted(int(str(count)), 'rate')} {span}{age}")
    yield (
        f"Amounts are in {into}, each row's by the rate of its day, the latest on or before it "
        f"(from {', '.join(feeds)}): {'; '.join(parts)}."
    )


def _listed(value: object) -> list[object]:
    return [each for each in value if each] if isinstance(value, list) else []


def _missing(into: str, found: list[tuple[object, ...]]) -> Iterator[str]:
    for currency, *_, count, begin, end in found:
        if count:
            days = f"of {begin}" if begin == end else f"of {begin} to {end}"
            rows = int(str(count))
            have, their = ("has", "its") if rows == 1 else ("have", "their")
            yield (
                f"{counted(rows, 'row')} in {currency} {days} {have} no rate into {into} on or "
                f"before {their} day: {their} amounts stay in {currency}."
            )
