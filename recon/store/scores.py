"""Scores of customers: recency, frequency, monetary, as of a day.

A customer has a score from 1 to 5 for the days since the last purchase, the number of orders and
the revenue of the months before a day. Scores follow from four published cut points, the values
below which a fifth, two fifths … of the customers are, so that equal values get equal scores.
"""

from __future__ import annotations

from datetime import date

from recon.store.schema import STORE, TYPE_2, StarColumn
from recon.store.session import Session

# Of a line `f`, whether its customer bought something.
BOUGHT = "f.quantity > 0 AND f.customer_id IS NOT NULL"
SEGMENTS = (
    ("Champions", "r >= 4 AND f >= 4"),
    ("Loyal", "r >= 3 AND f >= 3"),
    ("New", "r >= 4"),
    ("Promising", "r = 3"),
    ("At risk", "f >= 3"),
    ("Lost", "r = 1 AND f = 1"),
    ("Hibernating", "true"),
)
# Of the current version of a customer in the snapshot.
SCORES = (
    StarColumn("scored_on", "DATE", "the day of the scores: the last one with sales"),
    StarColumn("recency_score", "BIGINT", "1 to 5, by the days since the last purchase"),
    StarColumn("frequency_score", "BIGINT", "1 to 5, by the orders of twelve months"),
    StarColumn("monetary_score", "BIGINT", "1 to 5, by the revenue of twelve months"),
    StarColumn("scored_currency", "VARCHAR", "the currency of most of those orders"),
    StarColumn("rfm_segment", "VARCHAR", "the segment by these scores, such as Champions"),
)
_CUTS = "[0.2, 0.4, 0.6, 0.8]"
_MONTHS = 12


def scored(day: date, first: date, rows: str, money: str) -> str:
    """The SELECT of scores as of a day.

    They come from purchases after the `first` day. `rows` are what comes after FROM, with `f` and
    the rows that count; `money` is the currency of their amounts. Its columns: customer,
    customer_id, currency, recency, frequency, monetary, r, f, m, their cut points, segment.
    """
    named = " ".join(f"WHEN {condition} THEN '{name}'" for name, condition in SEGMENTS)
    scores = ", ".join(
        f"{score} AS {letter}"
        for letter, score in (
            ("r", "5 - len(list_filter(rc, lambda x: x < recency))"),
            ("f", "1 + len(list_filter(fc, lambda x: x < frequency))"),
            ("m", "1 + len(list_filter(mc, lambda x: x < monetary))"),
        )
    )
    return f"""WITH sold AS (
        SELECT lower(f.customer_id) AS customer, min(f.customer_id) AS customer_id,
            {money} AS currency, DATE '{day}' - max(f.sold_on) AS recency,
            count(DISTINCT struct_pack(f := f.feed, s := lower(f.sale_id))) AS frequency,
            sum(f.revenue) AS monetary
        FROM {rows} AND f.sold_on > DATE '{first}' AND f.sold_on <= DATE '{day}' GROUP BY ALL),
    cuts AS (SELECT currency, quantile_disc(recency, {_CUTS}) AS rc,
            quantile_disc(frequency, {_CUTS}) AS fc, quantile_disc(monetary, {_CUTS}) AS mc
        FROM sold GROUP BY ALL)
    SELECT *, CASE {named} END AS segment FROM (
        SELECT sold.*, {scores}, rc, fc, mc FROM sold JOIN cuts USING (currency))"""


def scored_customers(session: Session, columns: str) -> str:
    """The SELECT of customers with their latest scores.

    They are as of the last day with sales. Who bought in several currencies has those of the one
    with most orders.
    """
    rows = f"{STORE}.fact_sales f WHERE f.overlap_of IS NULL AND {BOUGHT}"
    found = session.execute(
        f"""SELECT day, CAST(day - INTERVAL {_MONTHS} MONTH AS DATE) FROM (
            SELECT CAST(max(f.sold_on) AS DATE) AS day FROM {rows} AND f.sold_on <= current_date)"""
    ).fetchone()
    listed = ", ".join(f"c.{column}" for column in columns.split(", "))
    if found is None or found[0] is None:
        blank = ", ".join(f"CAST(NULL AS {each.sql_type}) AS {each.name}" for each in SCORES)
        return f"SELECT {listed}, {blank} FROM {STORE}.{TYPE_2} c"
    day, first = found
    return f"""SELECT {listed}, if(s.customer IS NULL, NULL, DATE '{day}') AS scored_on,
        s.r AS recency_score, s.f AS frequency_score, s.m AS monetary_score,
        s.currency AS scored_currency, s.segment AS rfm_segment
    FROM {STORE}.{TYPE_2} c LEFT JOIN (
        SELECT * FROM ({scored(day, first, rows, "f.currency")})
        QUALIFY row_number() OVER (PARTITION BY customer ORDER BY frequency DESC, currency) = 1
        ) s ON c.valid_to IS NULL AND s.customer = lower(c.customer_id)"""
