"""Segments: recency, frequency, monetary; the value to come.

How customers are scored is in `store.scores`, since the snapshot has their scores, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from recon.base import money
from recon.base.money import SCALE, rounded
from recon.kpi.asked import Asked
from recon.kpi.compiled import kept_rows
from recon.kpi.conversion import in_parts, parts_of_one
from recon.kpi.facts import FACTS
from recon.kpi.measures import Unit
from recon.kpi.period import add_months
from recon.kpi.query import labels
from recon.kpi.result import Column, Row, Table
from recon.store import scores as store_scores
from recon.store.scores import SEGMENTS
from recon.store.session import Session

_MONTHS = 12
# Of the value to come: the months that scores look back, and those ahead.
_HALF = 6


def scored(asked: Asked, day: date, months: int) -> str:
    """The SELECT of scores from the months before a day."""
    joins, where = kept_rows(FACTS["buyers"], asked.where)
    rows = f"fact_sales f {joins} WHERE {where}"
    return store_scores.scored(day, add_months(day, -months), rows, "f.money")


def rfm(session: Session, asked: Asked) -> Sequence[Table]:
    """Segments with their customers and revenue, and the cut points."""
    day = asked.period.last
    found = session.execute(
        f"""SELECT currency, segment, customers, shown_amount(revenue, currency) FROM (
            SELECT currency, segment, count(*) AS customers, sum(monetary) AS revenue
            FROM ({scored(asked, day, _MONTHS)}) GROUP BY ALL)"""
    ).fetchall()
    of = {(currency, segment): (count, revenue) for currency, segment, count, revenue in found}
    rows = []
    for currency in sorted({str(row[0]) for row in found}):
        mine = [row[2:] for row in found if str(row[0]) == currency]
        customers = sum(count for count, _ in mine)
        revenue = sum(_units(amount) for _, amount in mine)
        for segment, _ in SEGMENTS:
            count, amount = of.get((currency, segment), (0, 0))
            shares = (
                rounded(count * SCALE, customers) if customers else None,
                rounded(_units(amount) * SCALE, revenue) if revenue else None,
            )
            values = (count * SCALE, shares[0], _units(amount), shares[1])
            rows.append(Row((segment,), currency, values))
    columns = (
        Column("customers", "Customers", Unit.COUNT),
        Column("customer_share", "of all", Unit.PERCENT),
        Column("revenue", "Revenue", Unit.AMOUNT),
        Column("revenue_share", "of all", Unit.PERCENT),
    )
    note = f"As of {day}, from purchases of twelve months."
    title = "Segments by recency, frequency, monetary"
    return [
        Table("rfm", title, ("segment",), columns, tuple(rows), notes=(note,)),
        _cut_points(session, asked, day),
    ]


def _cut_points(session: Session, asked: Asked, day: date) -> Table:
    found = session.execute(
        f"""SELECT DISTINCT currency, rc, fc, [shown_amount(each, currency) for each in mc]
        FROM ({scored(asked, day, _MONTHS)}) ORDER BY currency"""
    ).fetchall()
    rows = [
        Row(
            (f"{20 * (at + 1)}%",),
            str(currency),
            (int(recency[at]) * SCALE, int(frequency[at]) * SCALE, _units(monetary[at])),
        )
        for currency, recency, frequency, monetary in found
        for at in range(4)
    ]
    columns = (
        Column("recency", "Days since", Unit.COUNT),
        Column("frequency", "Orders", Unit.COUNT),
        Column("monetary", "Revenue", Unit.AMOUNT),
    )
    return Table("cut_points", "Cut points of the scores", ("customers",), columns, tuple(rows))


def scores(session: Session, asked: Asked) -> Sequence[Table]:
    """The dated scores of each customer."""
    day, names = asked.period.last, labels(session, "customer")
    found = session.execute(
        f"""SELECT customer, customer_id, segment, currency, r, f, m, recency, frequency,
            shown_amount(monetary, currency)
        FROM ({scored(asked, day, _MONTHS)}) ORDER BY currency, r + f + m DESC, customer"""
    ).fetchall()
    rows = [
        Row(
            (names.get(customer, customer_id), segment),
            str(currency),
            (*(int(each) * SCALE for each in numbers), _units(monetary)),
        )
        for customer, customer_id, segment, currency, *numbers, monetary in found
    ]
    shown = rows[: asked.top or len(rows)]
    titles = ("Recency", "Frequency", "Monetary", "Days since", "Orders")
    columns = [Column(title.lower().replace(" ", "_"), title, Unit.COUNT) for title in titles]
    columns.append(Column("revenue", "Revenue", Unit.AMOUNT))
    title = f"Scores as of {day}"
    return [
        Table(
            "scores", title, ("customer", "segment"), tuple(columns), tuple(shown),
            left_out=len(rows) - len(shown),
        )
    ]  # fmt: skip


def value_to_come(session: Session, asked: Asked) -> Sequence[Table]:
    """The revenue to expect of a customer, by segment.

    The mean of six months after the scores of a year ago says what to expect of the scores of half
    a year ago, which is held against what came; that, in turn, says what to expect from now on.
    """
    day = asked.period.last
    half, year = add_months(day, -_HALF), add_months(day, -2 * _HALF)
    reach = session.execute("SELECT min(sold_on) FROM fact_sales").fetchone()
    if reach is None or reach[0] is None or reach[0] > add_months(year, 1 - _HALF):
        return []
    taught, seen = (_ahead(session, asked, each) for each in (year, half))
    now, parts = _customers(session, asked, day), parts_of_one(session)
    rows = []
    for currency in sorted({key[0] for key in now}):
        for segment, _ in SEGMENTS:
            key = (currency, segment)
            predicted, actual = (_mean(of.get(key), currency, parts) for of in (taught, seen))
            held = seen.get(key, (0, 0))[0]
            rows.append(
                Row((segment,), currency, (
                    held * SCALE, predicted, actual, now.get(key, 0) * SCALE, actual,
                ))
            )  # fmt: skip
    columns = (
        Column("held_out", "Customers then", Unit.COUNT),
        Column("predicted", "Expected", Unit.AMOUNT),
        Column("actual", "Came", Unit.AMOUNT),
        Column("customers", "Customers now", Unit.COUNT),
        Column("value", "Expected next", Unit.AMOUNT),
    )
    notes = (
        f"Revenue of six months a customer. Held out: segments of {half} with what came until "
        f"{day}, against what the segments of {year} had let expect. Expected next: what came.",
    )
    return [
        Table(
            "lifetime",
            "Value to come of a customer",
            ("segment",),
            columns,
            tuple(rows),
            notes=notes,
        )
    ]


def _ahead(session: Session, asked: Asked, day: date) -> dict[tuple[str, str], tuple[int, int]]:
    """Customers and their next six months, by currency and segment."""
    joins, where = kept_rows(FACTS["buyers"], asked.where)
    end = add_months(day, _HALF)
    found = session.execute(
        f"""SELECT s.currency, s.segment, count(*), coalesce(sum(n.revenue), 0)
        FROM ({scored(asked, day, _HALF)}) s LEFT JOIN (
            SELECT lower(f.customer_id) AS customer, f.money AS currency, sum(f.revenue) AS revenue
            FROM fact_sales f {joins}
            WHERE f.sold_on > DATE '{day}' AND f.sold_on <= DATE '{end}' AND {where} GROUP BY ALL
            ) n ON n.customer = s.customer AND n.currency = s.currency GROUP BY ALL"""
    ).fetchall()
    parts = parts_of_one(session)
    return {
        (str(currency), str(segment)): (int(count), in_parts(revenue, parts) or 0)
        for currency, segment, count, revenue in found
    }


def _customers(session: Session, asked: Asked, day: date) -> dict[tuple[str, str], int]:
    found = session.execute(
        f"SELECT currency, segment, count(*) FROM ({scored(asked, day, _HALF)}) GROUP BY ALL"
    ).fetchall()
    return {(str(currency), str(segment)): int(count) for currency, segment, count in found}


def _mean(of: tuple[int, int] | None, currency: str, parts: int) -> int | None:
    """Revenue a customer, in the minor unit."""
    step = money.minor_unit(currency)
    return step * rounded(of[1], of[0] * step * (parts // SCALE)) if of else None


def _units(amount: object) -> int:
    return in_parts(amount, SCALE) or 0
