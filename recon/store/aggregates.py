"""Aggregates and dimensions of the snapshot besides the feeds' tables."""

from __future__ import annotations

from recon.store.schema import STORE

_SUMS = (
    "sum(quantity) AS quantity, sum(revenue) AS revenue, sum(discount) AS discount, "
    "sum(cost) AS cost, sum(tax) AS tax"
)
# By table, the aggregates of each of its months; `rows` are those of the month that count.
AGGREGATES = {
    "fact_sales": {
        "sales_by_day": (
            "SELECT sold_on, product_id, region, city, store, channel, currency, "
            f"{_SUMS}, count(*) AS lines FROM {{rows}} GROUP BY ALL ORDER BY ALL"
        ),
        "sales_by_customer": (
            "SELECT CAST(date_trunc('month', sold_on) AS DATE) AS month, customer_id, region, "
            f"currency, {_SUMS}, count(DISTINCT feed || '|' || lower(sale_id)) AS orders, "
            "min(sold_on) AS first_day, max(sold_on) AS last_day "
            "FROM {rows} GROUP BY ALL ORDER BY ALL"
        ),
    }
}
_DAYS = " UNION ALL ".join(
    f"SELECT min({day}) AS first, max({day}) AS last FROM {STORE}.{table}"
    for table, day in (
        ("fact_sales", "sold_on"),
        ("fact_credits", "credited_on"),
        ("fact_debits", "debited_on"),
        ("fact_inventory", "counted_on"),
        ("fact_movements", "moved_on"),
    )
)
# Small tables that are written anew with every snapshot.
DIMENSIONS = {
    "dim_date": (
        "SELECT CAST(d AS DATE) AS day, year(d) AS year, quarter(d) AS quarter, "
        "month(d) AS month, strftime(d, '%Y-%m') AS year_month, isoyear(d) AS iso_year, "
        "week(d) AS iso_week, isodow(d) AS weekday, strftime(d, '%A') AS weekday_name "
        "FROM (SELECT unnest(generate_series(date_trunc('year', first), "
        "date_trunc('year', last) + INTERVAL 1 YEAR - INTERVAL 1 DAY, INTERVAL 1 DAY)) AS d "
        f"FROM (SELECT min(first) AS first, max(last) AS last FROM ({_DAYS}))) ORDER BY day"
    ),
    "dim_region": (
        f"SELECT DISTINCT region, city, store FROM {STORE}.fact_sales "
        "WHERE coalesce(region, city, store) IS NOT NULL ORDER BY ALL"
    ),
}
