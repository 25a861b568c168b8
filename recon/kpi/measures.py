"""Measures: every figure, defined once, as data.

`recon kpi --list`, docs/figures.md, all views and all formats are made from this list. A measure
of a fact is an SQL aggregate over its rows (`f`), or over the sums of each of its keys (`i`); any
other is a formula over measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from recon.base.errors import UsageError
from recon.kpi import formula
from recon.kpi.dimensions import near
from recon.kpi.facts import FACTS, Fact
from recon.kpi.formula import Formula


class Unit(StrEnum):
    """Units of measures."""

    AMOUNT = "amount"
    QUANTITY = "quantity"
    COUNT = "count"
    PERCENT = "percent"
    DAYS = "days"
    TIMES = "times"
    POINTS = "points"  # of columns alone: the difference of two percentages
    DATE = "date"  # of columns alone: a day by its ordinal


class Kind(StrEnum):
    """How the parts of a measure make its whole."""

    ADDITIVE = "additive"
    LAST = "last of the period"
    DISTINCT = "distinct"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its name, its sentence, its unit, its formula.

    `fact` is that of an aggregate, '' where the formula is over measures. `absent` says when it is
    not known; `needs` names what a part of the period must have for it (see `buckets`).
    `lower_is_better` turns the colours of its changes.
    """

    name: str
    title: str
    sentence: str
    unit: Unit
    kind: Kind
    formula: str
    fact: str = ""
    absent: str = ""
    needs: str = ""
    lower_is_better: bool = False

    @property
    def parsed(self) -> Formula:
        """The formula over other measures."""
        return formula.parse(self.formula)

    @property
    def of(self) -> Fact:
        """The fact whose rows it adds up."""
        return FACTS[self.fact]


DAYS = "days"
_COUNT, _AMOUNT, _QUANTITY = Unit.COUNT, Unit.AMOUNT, Unit.QUANTITY
_PERCENT, _DAYS, _TIMES = Unit.PERCENT, Unit.DAYS, Unit.TIMES
_SUM, _LAST, _DISTINCT, _RATIO = Kind.ADDITIVE, Kind.LAST, Kind.DISTINCT, Kind.RATIO
_COST = "n/a where a line of a sale has no cost"
_BEFORE = "n/a where the store does not reach back so far"
_MARKET = "n/a where the period is not of whole months of which each has rows of the market"
_KNOWN = "CASE WHEN count({0}) = count(*) THEN sum({0}) END"
_ORDER = "struct_pack(f := f.feed, s := lower(f.sale_id))"
_NOTE = (
    "regexp_replace(regexp_replace(lower(trim(f.reason)), '[-_ ]+', ' ', 'g'), 's$', '') "
    "IN ('credit note', 'creditnote', 'rebate')"
)
_VALUE = "f.on_hand * f.unit_cost"
_REORDER = "coalesce(f.reorder_point, p.reorder_point)"

_LIST = (
    # sales
    Measure("revenue", "Revenue", "Revenue of all lines of sales; returns lower it.",
            _AMOUNT, _SUM, "sum(f.revenue)", "sales"),
    Measure("quantity", "Units", "Units sold less units returned.",
            _QUANTITY, _SUM, "sum(f.quantity)", "sales"),
    Measure("lines", "Lines", "Lines of sales.", _COUNT, _SUM, "count(*)", "sales"),
    Measure("orders", "Orders", "Sales, each of which may have several lines.",
            _COUNT, _DISTINCT, f"count(DISTINCT {_ORDER})", "sales"),
    Measure("discount", "Discount", "Amounts off the price.",
            _AMOUNT, _SUM, "sum(f.discount)", "sales"),
    Measure("tax", "Tax", "Tax on the revenue.",
            _AMOUNT, _SUM, "coalesce(sum(f.tax), 0)", "sales"),
    Measure("returns", "Returns", "Revenue of lines of a negative quantity, as a positive amount.",
            _AMOUNT, _SUM, "coalesce(-sum(CASE WHEN f.quantity < 0 THEN f.revenue END), 0)",
            "sales", lower_is_better=True),
    Measure("cost", "Cost of sales", "Cost of the units sold.",
            _AMOUNT, _SUM, _KNOWN.format("f.cost"), "sales", _COST, lower_is_better=True),
    Measure("list_sales", "Sales before discount", "Revenue before discounts.",
            _AMOUNT, _SUM, "revenue + discount"),
    Measure("gross_sales", "Gross sales", "Revenue plus tax: what customers are billed.",
            _AMOUNT, _SUM, "revenue + tax"),
    Measure("gross_profit", "Gross profit", "Revenue less the cost of sales.",
            _AMOUNT, _SUM, "revenue - cost", absent=_COST),
    Measure("margin", "Margin %", "Gross profit in percent of revenue.",
            _PERCENT, _RATIO, "gross_profit / revenue", absent=_COST),
    Measure("discount_rate", "Discount %", "Discount in percent of sales before discount.",
            _PERCENT, _RATIO, "discount / list_sales", lower_is_better=True),
    Measure("average_order", "Average order", "Revenue an order.",
            _AMOUNT, _RATIO, "revenue / orders"),
    Measure("average_price", "Average price", "Revenue a unit.",
            _AMOUNT, _RATIO, "revenue / quantity"),
    Measure("revenue_before", "Revenue before", "Revenue of the period before.",
            _AMOUNT, _SUM, "sum(f.revenue)", "sales_before", _BEFORE, "sales_before"),
    Measure("revenue_year_before", "Revenue a year before",
            "Revenue of the same period a year before.",
            _AMOUNT, _SUM, "sum(f.revenue)", "sales_year_before", _BEFORE, "sales_year"),
    Measure("growth", "Growth", "Change of revenue on the period before, in percent of it.",
            _PERCENT, _RATIO, "(revenue - revenue_before) / revenue_before"),
    Measure("growth_year", "Growth on year",
            "Change of revenue on the same period a year before, in percent of it.",
            _PERCENT, _RATIO, "(revenue - revenue_year_before) / revenue_year_before"),
    Measure("products_sold", "Products sold", "Products with a line in the period.",
            _COUNT, _DISTINCT, "count(DISTINCT lower(f.product_id))", "sales"),
    Measure("top_products_revenue", "Revenue of the top fifth",
            "Revenue of the fifth of products (rounded up) that sold for most.",
            _AMOUNT, _DISTINCT,
            "list_sum(list_slice(list_reverse_sort(list(i.revenue)), 1, "
            "CAST((count(*) + 4) // 5 AS BIGINT)))", "assortment"),
    Measure("top_share", "Share of top fifth",
            "Revenue of the top fifth of products in percent of revenue.",
            _PERCENT, _RATIO, "top_products_revenue / revenue"),
    Measure("market", "Market", "Units that all sellers sold, by the feeds of the market.",
            _QUANTITY, _SUM, "sum(f.quantity)", "market", _MARKET, "market_months"),
    Measure("penetration", "Penetration", "Own units in percent of those of the market.",
            _PERCENT, _RATIO, "quantity / market", absent=_MARKET),
    # credits, debits, receivable
    Measure("credits", "Credits", "All that lowers what customers owe: payments, credit notes, "
            "rebates.", _AMOUNT, _SUM, "-sum(f.receivable)", "credits"),
    Measure("credit_notes", "Credit notes", "Credits whose reason is credit note or rebate.",
            _AMOUNT, _SUM, f"coalesce(-sum(CASE WHEN {_NOTE} THEN f.receivable END), 0)", "credits",
            lower_is_better=True),
    Measure("payments", "Other credits", "Credits of any other reason, such as payments.",
            _AMOUNT, _SUM, "credits - credit_notes"),
    Measure("debits", "Debits", "All that raises what customers owe besides sales.",
            _AMOUNT, _SUM, "sum(f.receivable)", "debits"),
    Measure("net_revenue", "Net revenue", "Revenue less credits of kind credit note or rebate.",
            _AMOUNT, _SUM, "revenue - credit_notes"),
    Measure("credit_rate", "Credits %", "Credit notes and rebates in percent of revenue.",
            _PERCENT, _RATIO, "credit_notes / revenue", lower_is_better=True),
    Measure("receivable", "Receivable",
            "What customers owe at the end of the period: sales on account with tax, plus debits, "
            "less credits, since the first day of the store.",
            _AMOUNT, _LAST, "sum(f.amount)", "receivable", lower_is_better=True),
    Measure("days_sales", "Days sales outstanding",
            "Receivable / gross sales of the period x its days.",
            _DAYS, _RATIO, "receivable * days / gross_sales", lower_is_better=True),
    # customers
    Measure("active", "Active customers", "Customers who bought in the period.",
            _COUNT, _DISTINCT, "count(*)", "buyers"),
    Measure("new", "New customers", "Customers whose first purchase ever is in the period.",
            _COUNT, _DISTINCT,
            "count(CASE WHEN q.first_day BETWEEN b.first_day AND b.last_day THEN 1 END)", "buyers"),
    Measure("returning", "Returning customers", "Active customers who are not new.",
            _COUNT, _DISTINCT, "active - new"),
    Measure("repeating", "Customers with two orders",
            "Customers with two or more orders in the period.", _COUNT, _DISTINCT,
            "count(CASE WHEN i.low <> i.high OR i.low_feed <> i.high_feed THEN 1 END)", "buyers"),
    Measure("repeat_rate", "Repeat rate", "Customers with two orders in percent of active ones.",
            _PERCENT, _RATIO, "repeating / active"),
    Measure("active_before", "Active before", "Customers who bought in the period before.",
            _COUNT, _DISTINCT, "count(*)", "buyers_before", _BEFORE, "sales_before"),
    Measure("churned", "Churned customers",
            "Customers who bought in the period before and nothing in this one.",
            _COUNT, _DISTINCT, "count(*) - count(q.customer)", "buyers_before", _BEFORE,
            "sales_before", lower_is_better=True),
    Measure("churn", "Churn", "Churned customers in percent of those active before.",
            _PERCENT, _RATIO, "churned / active_before", lower_is_better=True),
    Measure("customer_revenue", "Revenue of buyers", "Revenue of lines of a positive quantity that "
            "name their customer.", _AMOUNT, _SUM, "sum(i.revenue)", "buyers"),
    Measure("revenue_per_customer", "Revenue a customer",
            "Revenue of buyers by active customers.", _AMOUNT, _RATIO, "customer_revenue / active"),
    # stock
    Measure("on_hand", "On hand", "Units in stock at the end of the period, by the last count of "
            "each product and place.", _QUANTITY, _LAST, "sum(f.on_hand)", "stock"),
    Measure("in_transit", "In transit", "Units on their way at the end of the period.",
            _QUANTITY, _LAST, "coalesce(sum(f.in_transit), 0)", "stock"),
    Measure("reserved", "Reserved", "Units promised at the end of the period.",
            _QUANTITY, _LAST, "coalesce(sum(f.reserved), 0)", "stock"),
    Measure("items", "Items", "Products and places with a count.",
            _COUNT, _LAST, "count(*)", "stock"),
    Measure("reorder_point", "Reorder point", "Stock below which to order: that of the count, else "
            "of the product.", _QUANTITY, _LAST, f"coalesce(sum({_REORDER}), 0)", "stock"),
    Measure("low_stock", "Low stock", "Items with less on hand than their reorder point.",
            _COUNT, _LAST, f"count(CASE WHEN f.on_hand < {_REORDER} THEN 1 END)", "stock",
            lower_is_better=True),
    Measure("out_of_stock", "Out of stock", "Items with nothing on hand.",
            _COUNT, _LAST, "count(CASE WHEN f.on_hand <= 0 THEN 1 END)", "stock",
            lower_is_better=True),
    Measure("stock_value", "Stock value", "Units on hand x their cost at the end of the period.",
            _AMOUNT, _LAST,
            "CASE WHEN count(CASE WHEN f.on_hand <> 0 AND f.unit_cost IS NULL THEN 1 END) = 0 "
            f"THEN coalesce(sum({_VALUE}), 0) END", "stock",
            "n/a where a count has no unit cost", lower_is_better=True),
    Measure("dead_stock", "Dead stock", "Items on hand of products with none sold in the last 90 "
            "days.", _COUNT, _LAST, "count(CASE WHEN f.on_hand > 0 THEN 1 END)", "stock_unsold",
            lower_is_better=True),
    Measure("dead_stock_value", "Value of dead stock", "Stock value of dead stock.", _AMOUNT, _LAST,
            "CASE WHEN count(CASE WHEN f.on_hand > 0 AND f.unit_cost IS NULL THEN 1 END) = 0 "
            f"THEN coalesce(sum(CASE WHEN f.on_hand > 0 THEN {_VALUE} END), 0) END",
            "stock_unsold", "n/a where a count has no unit cost", lower_is_better=True),
    Measure("cost_twelve", "Cost of twelve months",
            "Cost of sales of the twelve months up to the end of the period.", _AMOUNT, _SUM,
            _KNOWN.format("f.cost"), "sales_twelve",
            "n/a where a line has no cost, or the store has not twelve months", "sales_twelve"),
    Measure("mean_stock_value", "Mean stock value",
            "Mean of the stock values at the last twelve ends of months.", _AMOUNT, _LAST,
            "CASE WHEN count(CASE WHEN f.on_hand <> 0 AND f.unit_cost IS NULL THEN 1 END) = 0 "
            f"THEN ratio(sum({_VALUE}), 12, 1) END", "stock_months",
            "n/a where a count has no unit cost, or the store has not twelve ends of months",
            "stock_twelve"),
    Measure("turnover", "Turnover", "Cost of sales over twelve months / mean of its month-end "
            "stock values.", _TIMES, _RATIO, "cost_twelve / mean_stock_value",
            absent="n/a without the cost of twelve months and twelve ends of months"),
    Measure("days_of_inventory", "Days of inventory", "365 / turnover.",
            _DAYS, _RATIO, "mean_stock_value * 365 / cost_twelve",
            absent="n/a without the cost of twelve months and twelve ends of months",
            lower_is_better=True),
    Measure("sell_through", "Sell-through", "Units sold / (units sold + on hand at the end).",
            _PERCENT, _RATIO, "quantity / (quantity + on_hand)",
            absent="n/a where nothing was counted"),
    Measure("received", "Received", "Units that came in.", _QUANTITY, _SUM,
            "coalesce(sum(CASE WHEN f.quantity > 0 THEN f.quantity END), 0)", "movements"),
    Measure("issued", "Issued", "Units that went out, as a positive number.", _QUANTITY, _SUM,
            "coalesce(-sum(CASE WHEN f.quantity < 0 THEN f.quantity END), 0)", "movements"),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = {each.name: each for each in _LIST}


def measure(name: str, known: Mapping[str, Measure] = MEASURES) -> Measure:
    """The measure of a name; raises UsageError."""
    written = name.strip().lower().replace(" ", "_").replace("-", "_")
    if written in known:
        return known[written]
    raise UsageError(f"There is no measure {name!r}{near(written, known)}")
