"""Cohorts: customers by first purchase, and who comes back.

Retention in month k is the customers of a cohort who bought in its k-th month after the first, by
all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from recon.base.money import SCALE, rounded
from recon.kpi.asked import Asked
from recon.kpi.compiled import kept_rows
from recon.kpi.facts import FACTS
from recon.kpi.measures import Unit
from recon.kpi.period import Unit as Time
from recon.kpi.period import part
from recon.kpi.result import Column, Row, Table
from recon.store.session import Session

_COHORTS = 12
_MONTHS = 12


def cohorts(session: Session, asked: Asked) -> Sequence[Table]:
    """The table of the last twelve cohorts."""
    last = part(asked.period.last, Time.MONTH)
    first = asked.ending(_COHORTS).first
    found = _counted(session, asked, first, last.last)
    columns = [Column("customers", "Customers", Unit.COUNT)]
    columns += [Column(f"month_{k}", f"+{k}", Unit.PERCENT) for k in range(1, _MONTHS)]
    rows = []
    for month in sorted(found):
        of, size = found[month], found[month].get(0, 0)
        reached = (last.first.year - month.year) * 12 + last.first.month - month.month
        shares = [
            rounded(of.get(k, 0) * SCALE, size) if size and k <= reached else None
            for k in range(1, _MONTHS)
        ]
        rows.append(Row((f"{month:%Y-%m}",), "", (size * SCALE, *shares)))
    note = (
        "Customers who bought in the k-th month after their first purchase, by all of the cohort."
    )
    return [
        Table(
            "cohorts", "Retention by month of first purchase", ("month",), tuple(columns),
            tuple(rows), notes=(note,),
        )
    ]  # fmt: skip


def _counted(session: Session, asked: Asked, first: date, last: date) -> dict[date, dict[int, int]]:
    """Customers by cohort and months since."""
    joins, where = kept_rows(FACTS["buyers"], asked.where)
    found = session.execute(
        f"""WITH firsts AS (
            SELECT lower(customer_id) AS customer,
                CAST(date_trunc('month', min(sold_on)) AS DATE) AS cohort
            FROM fact_sales WHERE quantity > 0 AND customer_id IS NOT NULL
            GROUP BY ALL HAVING cohort BETWEEN ? AND ?),
        bought AS (
            SELECT DISTINCT lower(f.customer_id) AS customer,
                date_trunc('month', f.sold_on) AS month
            FROM fact_sales f {joins} WHERE f.sold_on BETWEEN ? AND ? AND {where})
        SELECT cohort, date_diff('month', cohort, month) AS k, count(*)
        FROM firsts JOIN bought USING (customer) GROUP BY ALL""",
        [first, last, first, last],
    ).fetchall()
    by: dict[date, dict[int, int]] = {}
    for cohort, k, count in found:
        by.setdefault(cohort, {})[int(k)] = int(count)
    return by
