"""Kinds of feeds: their columns, keys and tables, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """How a column of a feed is read and kept."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    RATE = "rate"
    DAY = "day"
    MONTH = "month"
    WHOLE = "whole"
    CURRENCY = "currency"
    FLAG = "flag"


# The SQL type of each, in the store and in its snapshot.
SQL_TYPES = {
    Type.ID: "VARCHAR",
    Type.TEXT: "VARCHAR",
    Type.AMOUNT: "DECIMAL(19,4)",
    Type.QUANTITY: "DECIMAL(18,4)",
    Type.RATE: "DECIMAL(24,10)",
    Type.DAY: "DATE",
    Type.MONTH: "VARCHAR",
    Type.WHOLE: "BIGINT",
    Type.CURRENCY: "VARCHAR",
    Type.FLAG: "BOOLEAN",
}
NUMBERS = (Type.AMOUNT, Type.QUANTITY, Type.RATE)
# A value that cannot be read is called this.
UNREADABLE = {
    Type.AMOUNT: "not an amount",
    Type.QUANTITY: "not a quantity",
    Type.RATE: "not a rate above 0",
    Type.DAY: "not a date",
    Type.MONTH: "not a month",
    Type.WHOLE: "not a whole number",
    Type.CURRENCY: "not a currency code",
    Type.FLAG: "not yes or no",
}


@dataclass(frozen=True, slots=True)
class FeedColumn:
    """A column of a kind of feed, and its meaning."""

    name: str
    type: Type
    meaning: str

    @property
    def sql_type(self) -> str:
        """Its type in the store."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class FeedKind:
    """A kind of feed: its table, its key, its columns.

    A row without any of `needed` is rejected. `day` is the column by whose months the snapshot is
    divided, or ''. Where rows of one key are its lines together, `lines` is true; `line` is the
    column that, where a file has it, tells them apart. `overlap` are the columns by which the same
    row is found in other feeds. Where all feeds share their keys, `shared` is true.
    """

    name: str
    table: str
    key: tuple[str, ...]
    needed: tuple[str, ...]
    columns: tuple[FeedColumn, ...]
    day: str = ""
    line: str = ""
    lines: bool = False
    overlap: tuple[str, ...] = ()
    shared: bool = False
    # Of these one is enough.
    either: tuple[str, ...] = field(default=())

    @cached_property
    def by_name(self) -> dict[str, FeedColumn]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @property
    def amounts(self) -> tuple[str, ...]:
        """The columns that are added up and tied out."""
        return tuple(
            column.name for column in self.columns if column.type in (Type.AMOUNT, Type.QUANTITY)
        )


def _columns(text: str) -> tuple[FeedColumn, ...]:
    """Columns, one a line: name, type, meaning."""
    lines = [line.split(None, 2) for line in text.strip().splitlines()]
    return tuple(FeedColumn(name, Type(kind), meaning) for name, kind, meaning in lines)


SALES = FeedKind(
    "sales",
    "fact_sales",
    ("sale_id",),
    ("sale_id", "sold_on", "product_id", "quantity"),
    _columns("""
        sale_id       id        the sender's number of the sale
        line          id        the line of the sale, where the sender numbers them
        sold_on       day       the day of the sale
        product_id    id        the product
        customer_id   id        the customer, blank for a sale over the counter
        quantity      quantity  units sold; negative for a return
        unit_price    amount    the price of one unit
        discount      amount    the amount off, 0 where it is missing
        revenue       amount    quantity x unit price less discount, where it is missing
        cost          amount    the cost of the units sold
        tax           amount    the tax on the revenue
        currency      currency  the ISO 4217 code of all amounts of the row
        region        text      the region
        city          text      the city
        store         text      the store or point of sale
        channel       text      the channel, such as web
        document_ref  id        the document of the sale, else its sale_id
        due_on        day       the day by which it is to be paid
        paid          flag      whether it was paid at once
        category      text      the category of the product, as the sender has it
    """),
    day="sold_on",
    line="line",
    lines=True,
    overlap=("document_ref", "product_id", "customer_id", "revenue"),
    either=("unit_price", "revenue"),
)
CREDITS = FeedKind(
    "credits",
    "fact_credits",
    ("credit_id",),
    ("credit_id", "credited_on", "customer_id", "amount"),
    _columns("""
        credit_id     id        the sender's number of the credit
        credited_on   day       the day of the credit
        customer_id   id        the customer
        amount        amount    the amount, as the sender writes it
        document_ref  id        the document of the sale that it belongs to
        reason        text      the reason or kind, such as payment or rebate
        currency      currency  the ISO 4217 code of the amount
        product_id    id        the product, where there is one
        quantity      quantity  the units, where there are any
    """),
    day="credited_on",
    overlap=("credit_id", "customer_id", "amount", "credited_on"),
)
DEBITS = FeedKind(
    "debits",
    "fact_debits",
    ("debit_id",),
    ("debit_id", "debited_on", "customer_id", "amount"),
    _columns("""
        debit_id      id        the sender's number of the debit
        debited_on    day       the day of the debit
        customer_id   id        the customer
        amount        amount    the amount, as the sender writes it
        document_ref  id        the document that it belongs to
        method        text      the method or kind, such as refund or charge
        currency      currency  the ISO 4217 code of the amount
    """),
    day="debited_on",
    overlap=("debit_id", "customer_id", "amount", "debited_on"),
)
INVENTORY = FeedKind(
    "inventory",
    "fact_inventory",
    ("product_id", "location", "counted_on"),
    ("product_id", "location", "counted_on", "on_hand"),
    _columns("""
        product_id    id        the product
        location      id        the place of the stock
        counted_on    day       the day of the count
        on_hand       quantity  units in stock
        unit_cost     amount    the cost of one unit
        reorder_point quantity  the stock below which to order
        in_transit    quantity  units on their way
        reserved      quantity  units promised
        currency      currency  the ISO 4217 code of the cost
    """),
    day="counted_on",
)
MOVEMENTS = FeedKind(
    "movements",
    "fact_movements",
    ("movement_id",),
    ("movement_id", "product_id", "location", "moved_on", "quantity"),
    _columns("""
        movement_id   id        the sender's number of the movement
        product_id    id        the product
        location      id        the place of the stock
        moved_on      day       the day of the movement
        quantity      quantity  units that came (positive) or went (negative)
        kind          text      receipt, transfer, adjustment or write-off
        document_ref  id        the document that it belongs to
    """),
    day="moved_on",
)
CUSTOMERS = FeedKind(
    "customers",
    "dim_customer",
    ("customer_id",),
    ("customer_id", "name"),
    _columns("""
        customer_id   id        the customer
        name          text      the name
        segment       text      the segment
        loyalty_tier  text      the loyalty tier
        joined_on     day       the day on which the customer joined
        city          text      the city
        region        text      the region
        email         text      the address for electronic mail
        valid_from    day       the first day for which the row holds, else the day of its load
    """),
    shared=True,
)
PRODUCTS = FeedKind(
    "products",
    "dim_product",
    ("product_id",),
    ("product_id", "name"),
    _columns("""
        product_id    id        the product
        name          text      the name
        category      text      the category
        unit_cost     amount    the cost of one unit
        list_price    amount    the list price of one unit
        reorder_point quantity  the stock below which to order
        lead_days     whole     days from order to receipt
    """),
    shared=True,
)
CONTRACTS = FeedKind(
    "contracts",
    "contracts",
    ("contract_id", "revenue_type"),
    ("contract_id", "revenue_type", "contract_value"),
    _columns("""
        contract_id     id        the contract
        revenue_type    text      the revenue type
        contract_value  amount    the value of the contract line
        duration_months whole     the months of its term
        booking_date    day       the day on which it was booked
        close_date      day       the day on which recognition ends
        start_date      day       the day on which recognition starts, else booking_date
        currency        currency  the ISO 4217 code of the value
        customer_id     id        the customer
        customer        text      the customer's name
        segment         text      the segment
        owner           text      the owner
        terminated_on   day       the day on which it was terminated
    """),
    lines=True,
)
ENTRIES = FeedKind(
    "entries",
    "entries",
    ("entry_id",),
    ("entry_id", "contract_id", "revenue_type", "amount", "recognition_period"),
    _columns("""
        entry_id           id        the entry
        contract_id        id        the contract
        revenue_type       text      the revenue type
        amount             amount    the amount recognized
        recognition_period month     the month in which it is recognized
        currency           currency  the ISO 4217 code of the amount
        posted_at          text      the moment of the posting
        document_ref       id        the document
    """),
)
RECEIVABLES = FeedKind(
    "receivables",
    "receivables",
    ("posting_id",),
    ("posting_id", "customer_id", "posted_on", "amount"),
    _columns("""
        posting_id    id        the ledger's number of the posting
        document_ref  id        the number of the document
        customer_id   id        the customer
        posted_on     day       the day of the posting
        amount        amount    the amount; what is owed rises where it is above 0
        currency      currency  the ISO 4217 code of the amount
        kind          text      invoice, credit_note, payment, refund or adjustment
        due_on        day       the day on which it is due
        applies_to    id        the document that a payment or credit note belongs to
    """),
)
RATES = FeedKind(
    "rates",
    "fact_rates",
    ("currency", "to_currency", "valid_from"),
    ("currency", "valid_from", "rate"),
    _columns("""
        currency      currency  the ISO 4217 code of the currency of which one unit is converted
        to_currency   currency  the currency of the rate, else that of the feed
        valid_from    day       the first day for which the rate holds, until the next one
        rate          rate      what one unit is worth
    """),
    shared=True,
)
MARKET = FeedKind(
    "market",
    "fact_market",
    ("market_on", "region", "category", "product_id"),
    ("market_on", "quantity"),
    _columns("""
        market_on     day       a day of the month in which the market bought
        region        text      the region
        category      text      the category of the products
        product_id    id        the product, where there is one
        quantity      quantity  units that all sellers sold, our own among them
    """),
    day="market_on",
)
KINDS = {
    kind.name: kind
    for kind in (
        SALES, CREDITS, DEBITS, INVENTORY, MOVEMENTS, CUSTOMERS, PRODUCTS, RATES, MARKET, CONTRACTS,
        ENTRIES, RECEIVABLES,
    )
}  # fmt: skip
