"""Aggregates and dimensions of the snapshot besides the feeds' tables."""

from __future__ import annotations

from itertools import pairwise

from recon.base.calendar import Calendar, YearNamed
from recon.base.periods import Periods
from recon.store.schema import STORE, StarColumn
from recon.store.session import literal

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
        ("fact_market", "market_on"),
    )
)
_REGIONS = (
    f"SELECT DISTINCT region, city, store FROM {STORE}.fact_sales "
    "WHERE coalesce(region, city, store) IS NOT NULL ORDER BY ALL"
)


def dimensions(calendar: Calendar) -> dict[str, str]:
    """The small tables that are written anew with every snapshot."""
    return {"dim_date": _dates(calendar), "dim_region": _REGIONS}


def _dates(calendar: Calendar) -> str:
    """The days of the facts' years, with their fiscal periods.

    The fiscal year of a period is that of the month that begins nearest to it.
    """
    earlier = f"INTERVAL {calendar.fiscal_year_starts - 1} MONTH"
    nearest = "INTERVAL 15 DAY" if calendar.periods else "INTERVAL 0 DAY"
    shifted = f"(date_trunc('month', fiscal_first_day + {nearest}) - {earlier})"
    later = calendar.fiscal_year_starts > 1 and calendar.fiscal_year_named is YearNamed.END
    return f"""SELECT d AS day, year(d) AS year, quarter(d) AS quarter, month(d) AS month,
        strftime(d, '%Y-%m') AS year_month, isoyear(d) AS iso_year, week(d) AS iso_week,
        isodow(d) AS weekday, strftime(d, '%A') AS weekday_name,
        year({shifted}) + {int(later)} AS fiscal_year, quarter({shifted}) AS fiscal_quarter,
        fiscal_period, fiscal_first_day, fiscal_last_day
    FROM ({_fiscal(calendar.periods)}) ORDER BY day"""


def _fiscal(periods: Periods | None) -> str:
    """Days with their period: code, first and last day."""
    days = (
        "SELECT CAST(unnest(generate_series(date_trunc('year', first), date_trunc('year', last) "
        "+ INTERVAL 1 YEAR - INTERVAL 1 DAY, INTERVAL 1 DAY)) AS DATE) AS d "
        f"FROM (SELECT min(first) AS first, max(last) AS last FROM ({_DAYS}))"
    )
    month, first, last = (
        "strftime(d, '%Y-%m')",
        "CAST(date_trunc('month', d) AS DATE)",
        "last_day(d)",
    )
    if periods is None:
        return (
            f"SELECT d, {month} AS fiscal_period, {first} AS fiscal_first_day, "
            f"{last} AS fiscal_last_day FROM ({days})"
        )
    begin, end = f"DATE '{periods.starts[0]}'", f"DATE '{periods.end}'"
    rows = ", ".join(
        f"({literal(code)}, DATE '{start}', DATE '{after}' - 1)"
        for code, (start, after) in zip(
            periods.codes, pairwise((*periods.starts, periods.end)), strict=True
        )
    )
    # Around the periods are months, which they may cut off.
    return f"""SELECT d, coalesce(code, {month}) AS fiscal_period,
        CAST(coalesce(p.first, CASE WHEN d >= {end} THEN greatest({first}, {end}) ELSE {first} END)
            AS DATE) AS fiscal_first_day,
        CAST(coalesce(p.last, CASE WHEN d < {begin} THEN least({last}, {begin} - 1) ELSE {last} END)
            AS DATE) AS fiscal_last_day
    FROM ({days}) LEFT JOIN (VALUES {rows}) p(code, first, last) ON d BETWEEN p.first AND p.last"""


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
        fiscal_year  BIGINT   its fiscal year
        fiscal_quarter BIGINT its fiscal quarter, 1 to 4
        fiscal_period VARCHAR its fiscal period: the code of [calendar] periods, else the month
        fiscal_first_day DATE the first day of its fiscal period
        fiscal_last_day DATE  the last day of its fiscal period
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
