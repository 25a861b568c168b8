"""Facts: sets of rows that measures add up, as data.

A fact is a relation of the star, or one made of several, with a day and its dimensions. In its SQL
`f` is the row, `p` the product, `c` the customer on the day. Reads the tables of a snapshot, those
with amounts as `conversion` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recon.store.scores import BOUGHT


class Window(StrEnum):
    """The days that a fact adds up, by its period."""

    THIS = "this"
    PREVIOUS = "before"
    YEAR_BEFORE = "year"
    TWELVE_MONTHS = "twelve"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Fact:
    """A set of rows with day, window and dimensions.

    `source` is what comes after FROM, as `f`; `{buckets}` in it are the parts of the period, as a
    relation, and `{bucket}` a column that says to which of them a row belongs, which such a source
    has itself. `condition` holds for the rows that count. A `key` adds up the rows of each key
    first, as `inner`; the measures then read those sums as `i`, and as `q` what `outer` joins.
    Without rows a measure is 0, and not known where `blank`.
    """

    name: str
    sentence: str
    source: str
    day: str
    dimensions: Mapping[str, str]
    window: Window = Window.THIS
    condition: str = "true"
    key: str = ""
    inner: str = ""
    outer: str = ""
    own_buckets: bool = False
    blank: bool = False


PRODUCT = "LEFT JOIN dim_product p ON lower(p.product_id) = lower(f.product_id)"
CUSTOMER = (
    "LEFT JOIN dim_customer c ON lower(c.customer_id) = lower(f.customer_id) "
    "AND f.{day} >= c.valid_from AND (c.valid_to IS NULL OR f.{day} <= c.valid_to)"
)
_PRODUCT = {
    "category": "p.category",
    "product": "coalesce(p.product_id, f.product_id)",
}
_CUSTOMER = {
    "segment": "c.segment",
    "loyalty_tier": "c.loyalty_tier",
    "customer": "coalesce(c.customer_id, f.customer_id)",
}
_ALWAYS = {"feed": "f.feed", "currency": "f.currency"}
_SALES = {
    "region": "f.region",
    "city": "f.city",
    "store": "f.store",
    "channel": "f.channel",
    "sale": "f.sale_id",
    **_PRODUCT,
    "category": "coalesce(p.category, f.category)",
    **_CUSTOMER,
    **_ALWAYS,
}
_CREDITS = {"reason": "f.reason", **_PRODUCT, **_CUSTOMER, **_ALWAYS}
_DEBITS = {"method": "f.method", **_CUSTOMER, **_ALWAYS}
_STOCK = {"location": "f.location", **_PRODUCT, **_ALWAYS}
# The last count of each product and place on or before a day.
_COUNTED = """(SELECT bucket, unnest(n) FROM (
            SELECT {of}, arg_max(n, struct_pack(d := n.counted_on, l := n.load, r := n.recon_row))
                AS n FROM {points} JOIN fact_inventory n ON n.counted_on <= {at}
            GROUP BY {of}, lower(n.product_id), lower(n.location)))"""
_AT_END = _COUNTED.format(of="b.bucket", points="{buckets} b", at="b.last_day")
_MONTH_ENDS = """(SELECT b.bucket, CAST(unnest(generate_series(
            date_trunc('month', b.last_day + 1) - INTERVAL 11 MONTH,
            date_trunc('month', b.last_day + 1), INTERVAL 1 MONTH)) AS DATE) - 1 AS day
            FROM {buckets} b) m"""
_AT_MONTH_ENDS = _COUNTED.format(of="m.bucket, m.day", points=_MONTH_ENDS, at="m.day")
_UNSOLD = f"""(SELECT n.* FROM {_AT_END} n ANTI JOIN (
            SELECT DISTINCT b.bucket, lower(s.product_id) AS product FROM {{buckets}} b
            JOIN fact_sales s ON s.sold_on BETWEEN b.last_day - 89 AND b.last_day
                AND s.quantity > 0
            ) sold ON sold.bucket = n.bucket AND sold.product = lower(n.product_id))"""
_FIRSTS = """JOIN (SELECT lower(customer_id) AS customer, min(sold_on) AS first_day FROM fact_sales
        WHERE quantity > 0 AND customer_id IS NOT NULL GROUP BY ALL) q ON q.customer = i.key
        JOIN {buckets} b ON b.bucket = i.bucket"""
_STAYED = """LEFT JOIN (SELECT DISTINCT b.bucket, lower(s.customer_id) AS customer
        FROM {buckets} b JOIN fact_sales s ON s.sold_on BETWEEN b.first_day AND b.last_day
        WHERE s.quantity > 0) q ON q.bucket = i.bucket AND q.customer = i.key"""

FACTS = {
    each.name: each
    for each in (
        Fact("sales", "Lines of sales that count.", "fact_sales", "sold_on", _SALES),
        Fact(
            "sales_before", "Lines of sales of the period before.", "fact_sales", "sold_on",
            _SALES, Window.PREVIOUS,
        ),
        Fact(
            "sales_year_before", "Lines of sales of the same period a year before.",
            "fact_sales", "sold_on", _SALES, Window.YEAR_BEFORE,
        ),
        Fact(
            "sales_twelve", "Lines of sales of the twelve months up to the end of the period.",
            "fact_sales", "sold_on", _SALES, Window.TWELVE_MONTHS,
        ),
        Fact(
            "buyers", "Customers with a sale of a positive quantity in the period.",
            "fact_sales", "sold_on", _SALES, condition=BOUGHT, key="lower(f.customer_id)",
            inner="sum(f.revenue) AS revenue, min(lower(f.sale_id)) AS low, "
            "max(lower(f.sale_id)) AS high, min(f.feed) AS low_feed, max(f.feed) AS high_feed",
            outer=_FIRSTS,
        ),
        Fact(
            "buyers_before", "Customers with a sale of a positive quantity in the period before.",
            "fact_sales", "sold_on", _SALES, Window.PREVIOUS, BOUGHT, "lower(f.customer_id)",
            "count(*) AS lines", _STAYED,
        ),
        Fact(
            "assortment", "Products with revenue in the period.", "fact_sales", "sold_on",
            _SALES, key="lower(f.product_id)", inner="sum(f.revenue) AS revenue",
        ),
        Fact("credits", "Credits that count.", "fact_credits", "credited_on", _CREDITS),
        Fact("debits", "Debits that count.", "fact_debits", "debited_on", _DEBITS),
        Fact(
            "receivable", "Sales on account, credits and debits up to the end of the period.",
            "owed", "day", {**_CUSTOMER, **_ALWAYS}, Window.UNTIL,
        ),
        Fact(
            "stock", "The last count of each product and place up to the end of the period.",
            _AT_END, "counted_on", _STOCK, Window.UNTIL, own_buckets=True, blank=True,
        ),
        Fact(
            "stock_months", "The stock at each of the last twelve ends of months.",
            _AT_MONTH_ENDS, "counted_on", _STOCK, Window.UNTIL, own_buckets=True, blank=True,
        ),
        Fact(
            "stock_unsold", "Stock of products without a sale in the last 90 days of the period.",
            _UNSOLD, "counted_on", _STOCK, Window.UNTIL,
            own_buckets=True,
        ),
        Fact(
            "market", "Units that all sellers sold.", "fact_market", "market_on",
            {"region": "f.region", **_PRODUCT, "category": "coalesce(p.category, f.category)",
             "feed": "f.feed"}, blank=True,
        ),
        Fact(
            "movements", "Movements of stock.", "fact_movements", "moved_on",
            {"movement": "f.kind", "location": "f.location", **_PRODUCT, "feed": "f.feed"},
        ),
    )
}  # fmt: skip
