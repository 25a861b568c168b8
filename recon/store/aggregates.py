"""Aggregates and dimensions of the snapshot besides the feeds' tables."""

from __future__ import annotations

from recon.store.schema import STORE, StarColumn

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


def _columns(text: str) -> tuple[StarColumn, ...]:
    """Columns, one a line: name, type, meaning."""
    lines = [line.split(None, 2) for line in text.strip().splitlines()]
    return tuple(StarColumn(*line) for line in lines)


_SUMMED = """
    quantity     DECIMAL(38,4)  units sold
    revenue      DECIMAL(38,4)  the revenue
    discount     DECIMAL(38,4)  the amount off
    cost         DECIMAL(38,4)  the cost of the units sold
    tax          DECIMAL(38,4)  the tax
"""
# Their columns, by table.
COLUMNS = {
    "dim_date": _columns("""
        day          DATE     the day
        year         BIGINT   its year
        quarter      BIGINT   its quarter, 1 to 4
        month        BIGINT   its month, 1 to 12
        year_month   VARCHAR  its month, like 2024-06
        iso_year     BIGINT   the year of its ISO week
        iso_week     BIGINT   its ISO week
        weekday      BIGINT   its day of the week, 1 for Monday to 7
        weekday_name VARCHAR  its day of the week in words
    """),
    "dim_region": _columns("""
        region       VARCHAR  the region
        city         VARCHAR  the city
        store        VARCHAR  the store or point of sale
    """),
    "sales_by_day": _columns(f"""
        sold_on      DATE     the day of the sales
        product_id   VARCHAR  the product
        region       VARCHAR  the region
        city         VARCHAR  the city
        store        VARCHAR  the store or point of sale
        channel      VARCHAR  the channel
        currency     VARCHAR  the ISO 4217 code of all amounts
        {_SUMMED.strip()}
        lines        BIGINT   the number of rows
    """),
    "sales_by_customer": _columns(f"""
        month        DATE     the first day of the month of the sales
        customer_id  VARCHAR  the customer, blank for sales over the counter
        region       VARCHAR  the region
        currency     VARCHAR  the ISO 4217 code of all amounts
        {_SUMMED.strip()}
        orders       BIGINT   the number of sales
        first_day    DATE     the day of the first of them
        last_day     DATE     the day of the last of them
    """),
}
