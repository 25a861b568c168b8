"""Figures computed once more, row by row in plain Python, to hold recon's against.

Nothing here comes from recon/kpi: not its SQL, not its periods, not its rounding.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
FIRST, LAST = date(2023, 1, 1), date(2024, 12, 31)
NOTES = {"credit note", "Credit-Note", "rebates", "REBATE", "credit_note"}
AMOUNTS = {
    "revenue", "discount", "tax", "returns", "cost", "list_sales", "gross_sales", "gross_profit",
    "average_order", "average_price", "revenue_before", "revenue_year_before", "credits",
    "top_products_revenue", "credit_notes", "payments", "debits", "net_revenue", "receivable",
    "customer_revenue", "revenue_per_customer", "stock_value", "dead_stock_value", "cost_twelve",
    "mean_stock_value",
}  # fmt: skip
REASONS = [*sorted(NOTES), "payment", None, "goodwill"]


@dataclass
class Books:
    """The rows of a store."""

    sales: list[Row] = field(default_factory=list)
    credits: list[Row] = field(default_factory=list)
    debits: list[Row] = field(default_factory=list)
    stock: list[Row] = field(default_factory=list)
    movements: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    customers: list[Row] = field(default_factory=list)
    rates: list[Row] = field(default_factory=list)
    market: list[Row] = field(default_factory=list)


def random_books(seed: int, sales: int = 300) -> Books:
    """A store of a few products and customers; every oddity happens."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    books = Books()
    for n in range(7):
        books.products.append(
            {
                "product_id": f"P{n}",
                "name": f"Product {n}",
                "category": draw.choice(["Sweet", "Sour", None]),
                "reorder_point": draw.choice([None, Decimal(20)]),
            }
        )
    for n in range(49):
        moved = draw.choice([None, date(2024, 5, 11), date(2024, 6, 20)])
        tiers = draw.sample(["gold", "silver"], 2)
        first = {"customer_id": f"C{n}", "name": None, "segment": draw.choice(["shop", None])}
        end = moved - timedelta(days=1) if moved else None
        books.customers.append(
            {**first, "loyalty_tier": tiers[0], "valid_from": date(1900, 1, 1), "valid_to": end}
        )
        if moved:
            books.customers.append(
                {**first, "loyalty_tier": tiers[1], "valid_from": moved, "valid_to": None}
            )
    for n in range(sales):
        books.sales.append(_sale(draw, n))
    for n in range(60):
        # May 2024 is missing.
        month = n % 24 + 1 if n % 24 != 16 else 1
        books.market.append(
            {
                "feed": "panel",
                "market_on": date(2023 + (month - 1) // 12, (month - 1) % 12 + 1, 1 + n % 28),
                "region": draw.choice(["North", "South", None]),
                "category": draw.choice(["Sweet", "of the sale"]),
                "product_id": draw.choice([None, "P1", "P3"]),
                "quantity": Decimal(draw.randint(100, 900)),
            }
        )
    for n in range(40):
        # Of the first months there is none, and none is of use into another currency.
        books.rates.append(
            {
                "feed": "bank",
                "currency": "EUR" if n % 2 else "JPY",
                "to_currency": "JPY" if n % 4 == 3 else "USD" if n % 5 == 0 else "EUR",
                "valid_from": date(2023, 3, 1) + timedelta(days=15 * n),
                "rate": Decimal(draw.randint(10**6, 10**8)) / 10**10 * (1 + 10**4 * (n % 2)),
            }
        )
    for n in range(sales // 4):
        amount = Decimal(draw.randint(1, 4000)) / 100
        books.credits.append(
            {
                "feed": "k",
                "credit_id": f"K{n}",
                "credited_on": _day(draw),
                "customer_id": f"C{draw.randrange(9)}",
                "amount": amount,
                "receivable": -amount,
                "reason": draw.choice(REASONS),
                "currency": draw.choice(["EUR", "JPY"]),
                "product_id": draw.choice([None, "P1", "P2"]),
            }
        )
        books.debits.append(
            {
                "feed": "d",
                "debit_id": f"D{n}",
                "debited_on": _day(draw),
                "customer_id": f"C{draw.randrange(9)}",
                "amount": amount,
                "receivable": amount,
                "method": draw.choice(["refund", "charge"]),
                "currency": "EUR",
            }
        )
        books.movements.append(
            {
                "feed": "m",
                "movement_id": f"M{n}",
                "product_id": f"P{draw.randrange(7)}",
                "location": "A",
                "moved_on": _day(draw),
                "quantity": Decimal(draw.randint(-30, 30)),
                "kind": draw.choice(["receipt", "write-off"]),
            }
        )
    for n in range(sales // 3):
        books.stock.append(
            {
                "feed": "s",
                "product_id": f"P{draw.randrange(7)}",
                "location": draw.choice(["A", "B"]),
                "counted_on": FIRST if n < 3 else _day(draw),
                "on_hand": Decimal(draw.choice([0, 0, 3, 17, 40, 12])),
                "unit_cost": Decimal(draw.randint(100, 900)) / 100,
                "reorder_point": draw.choice([None, Decimal(15)]),
                "in_transit": draw.choice([None, Decimal(4)]),
                "reserved": draw.choice([None, Decimal(1)]),
                "currency": "EUR",
                "load": n + 1,
                "recon_row": 1,
            }
        )
    return books


def _day(draw: random.Random) -> date:
    return FIRST + timedelta(days=draw.randrange((LAST - FIRST).days + 1))


def _sale(draw: random.Random, n: int) -> Row:
    """A line; customers from C9 on are rare, JPY has no decimals, EUR always a cost."""
    currency = draw.choice(["EUR", "EUR", "JPY"])
    quantity = Decimal(draw.choice([1, 2, 3, 5, 12, -1, -2]))
    price = Decimal(draw.randint(100, 2500)) / (100 if currency == "EUR" else 1)
    discount = draw.choice([Decimal(0), Decimal(1)])
    return {
        "feed": draw.choice(["a", "b"]),
        "sale_id": f"S{draw.randrange(n // 3, n // 3 + 3)}",
        "sold_on": date(2023, 1, 2) if n < 3 else _day(draw),
        "product_id": draw.choice(["P0", "P1", "P1", "P2", "P3", "P4", "P5"]),
        "customer_id": draw.choice([None, *(f"C{c}" for c in range(9)), f"C{9 + n % 40}"]),
        "quantity": quantity,
        "unit_price": price,
        "discount": discount,
        "revenue": quantity * price - discount,
        "cost": quantity * 2 if currency == "EUR" else draw.choice([None, quantity * 300]),
        "tax": draw.choice([None, Decimal("0.195")]),
        "currency": currency,
        "region": draw.choice(["North", "South", None]),
        "channel": draw.choice(["web", "shop"]),
        "document_ref": draw.choice([None, f"DOC{n // 4}"]),
        "paid": draw.choice([None, None, True, False]),
        "category": "of the sale",
    }


@dataclass(frozen=True)
class Span:
    """Days, and those of the span before and of a year before."""

    first: date
    last: date
    before: tuple[date, date]
    year: tuple[date, date]

    @classmethod
    def of_month(cls, year: int, month: int, months: int = 1) -> Span:
        """Some months from one on."""
        return cls(
            *_months(year, month, months),
            _months(year, month - months, months),
            _months(year - 1, month, months),
        )


def _months(year: int, month: int, months: int) -> tuple[date, date]:
    ordinal = year * 12 + month - 1
    end = ordinal + months - 1
    last = calendar.monthrange(end // 12, end % 12 + 1)[1]
    return date(ordinal // 12, ordinal % 12 + 1, 1), date(end // 12, end % 12 + 1, last)


Slice = dict[str, str | None]


class Oracle:
    """Every measure of some books, for a span and a slice."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._products = {each["product_id"]: each for each in books.products}
        self._keys: dict[tuple[int, date], Slice] = {}
        self._documents = self.documents()
        self._first_sale = min(each["sold_on"] for each in books.sales)
        self._first_count = min((each["counted_on"] for each in books.stock), default=date.max)

    # --- dimensions
    def keys(self, row: Row, day: date) -> Slice:
        """The dimensions of a row on a day."""
        if (id(row), day) not in self._keys:
            self._keys[id(row), day] = self._found(row, day)
        return self._keys[id(row), day]

    def _found(self, row: Row, day: date) -> Slice:
        product = self._products.get(row.get("product_id"), {})
        customer: Row = next(
            (
                each
                for each in self.books.customers
                if each["customer_id"] == row.get("customer_id")
                and each["valid_from"] <= day <= (each["valid_to"] or date.max)
            ),
            {},
        )
        return {
            "region": row.get("region"),
            "channel": row.get("channel"),
            "product": row.get("product_id"),
            "category": product.get("category") or row.get("category"),
            "loyalty_tier": customer.get("loyalty_tier"),
            "segment": customer.get("segment"),
            "customer": row.get("customer_id"),
            "currency": row.get("currency"),
            "location": row.get("location"),
            "reason": row.get("reason"),
            "method": row.get("method"),
            "movement": row.get("kind"),
            "feed": row.get("feed"),
        }

    def _of(
        self, rows: Iterable[Row], day: str, days: tuple[date, date], slice_: Slice
    ) -> list[Row]:
        return [
            row
            for row in rows
            if days[0] <= row[day] <= days[1] and self._is_in(row, row[day], slice_)
        ]

    def _is_in(self, row: Row, day: date, slice_: Slice) -> bool:
        keys = self.keys(row, day)
        return all(keys[name] == value for name, value in slice_.items())

    def slices(self, names: list[str]) -> Iterator[Slice]:
        """Every combination of dimensions that some row has."""
        seen: list[Slice] = []
        days = {"sales": "sold_on", "credits": "credited_on", "debits": "debited_on",
                "stock": "counted_on", "movements": "moved_on", "market": "market_on"}  # fmt: skip
        for table, day in days.items():
            for row in getattr(self.books, table):
                keys = self.keys(row, row[day])
                found = {name: keys[name] for name in names}
                if found not in seen:
                    seen.append(found)
        yield from seen

    # --- the measures
    def value(self, name: str, span: Span, slice_: Slice, places: int = 2) -> Fraction | None:
        """A measure, rounded as it is shown; None where it is not known."""
        return getattr(self, f"_{name}")(_Within(self, span, slice_, places))  # type: ignore[no-any-return]

    # sales
    def _revenue(self, w: _Within) -> Fraction:
        return total(w.sales, "revenue")

    def _quantity(self, w: _Within) -> Fraction:
        return total(w.sales, "quantity")

    def _lines(self, w: _Within) -> Fraction:
        return Fraction(len(w.sales))

    def _orders(self, w: _Within) -> Fraction:
        return Fraction(len({(row["feed"], row["sale_id"]) for row in w.sales}))

    def _discount(self, w: _Within) -> Fraction:
        return total(w.sales, "discount")

    def _tax(self, w: _Within) -> Fraction:
        return total(w.sales, "tax")

    def _returns(self, w: _Within) -> Fraction:
        return -total([row for row in w.sales if row["quantity"] < 0], "revenue")

    def _cost(self, w: _Within) -> Fraction | None:
        return known(w.sales, "cost")

    def _list_sales(self, w: _Within) -> Fraction:
        return self._revenue(w) + self._discount(w)

    def _gross_sales(self, w: _Within) -> Fraction:
        return self._revenue(w) + self._tax(w)

    def _gross_profit(self, w: _Within) -> Fraction | None:
        cost = self._cost(w)
        return None if cost is None else self._revenue(w) - cost

    def _margin(self, w: _Within) -> Fraction | None:
        return divided(self._gross_profit(w), self._revenue(w), 4)

    def _discount_rate(self, w: _Within) -> Fraction | None:
        return divided(self._discount(w), self._list_sales(w), 4)

    def _average_order(self, w: _Within) -> Fraction | None:
        return divided(self._revenue(w), self._orders(w), w.places)

    def _average_price(self, w: _Within) -> Fraction | None:
        return divided(self._revenue(w), self._quantity(w), w.places)

    def _revenue_before(self, w: _Within) -> Fraction | None:
        return w.reaching(w.span.before, total(w.sold(w.span.before), "revenue"))

    def _revenue_year_before(self, w: _Within) -> Fraction | None:
        return w.reaching(w.span.year, total(w.sold(w.span.year), "revenue"))

    def _growth(self, w: _Within) -> Fraction | None:
        before = self._revenue_before(w)
        return None if before is None else divided(self._revenue(w) - before, before, 4)

    def _growth_year(self, w: _Within) -> Fraction | None:
        before = self._revenue_year_before(w)
        return None if before is None else divided(self._revenue(w) - before, before, 4)

    def _products_sold(self, w: _Within) -> Fraction:
        return Fraction(len({row["product_id"] for row in w.sales}))

    def _top_products_revenue(self, w: _Within) -> Fraction:
        of: dict[str, Fraction] = {}
        for row in w.sales:
            of[row["product_id"]] = of.get(row["product_id"], Fraction(0)) + Fraction(
                row["revenue"]
            )
        ranked = sorted(of.values(), reverse=True)
        return sum(ranked[: -(-len(ranked) // 5)], Fraction(0))

    def _top_share(self, w: _Within) -> Fraction | None:
        return divided(self._top_products_revenue(w), self._revenue(w), 4)

    def _market(self, w: _Within) -> Fraction | None:
        rows = self._of(self.books.market, "market_on", w.days, w.slice)
        every = {(row["market_on"].year, row["market_on"].month) for row in self.books.market
                 if w.span.first <= row["market_on"] <= w.span.last}  # fmt: skip
        months = (
            (w.span.last.year - w.span.first.year) * 12 + w.span.last.month - w.span.first.month
        )
        return total(rows, "quantity") if rows and len(every) == months + 1 else None

    def _penetration(self, w: _Within) -> Fraction | None:
        market = self._market(w)
        return None if market is None else divided(self._quantity(w), market, 4)

    # credits, debits, receivable
    def _credits(self, w: _Within) -> Fraction:
        return total(w.credits, "amount")

    def _credit_notes(self, w: _Within) -> Fraction:
        return total([row for row in w.credits if row["reason"] in NOTES], "amount")

    def _payments(self, w: _Within) -> Fraction:
        return total([row for row in w.credits if row["reason"] not in NOTES], "amount")

    def _debits(self, w: _Within) -> Fraction:
        rows = self._of(self.books.debits, "debited_on", w.days, w.slice)
        return total(rows, "amount")

    def _net_revenue(self, w: _Within) -> Fraction:
        return self._revenue(w) - self._credit_notes(w)

    def _credit_rate(self, w: _Within) -> Fraction | None:
        return divided(self._credit_notes(w), self._revenue(w), 4)

    def documents(self) -> list[Row]:
        """The sales on account by document, each on its first day."""
        lines: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.books.sales:
            if row["customer_id"] and row["paid"] is not True:
                number = row["document_ref"] or row["sale_id"]
                key = (row["feed"], row["customer_id"], row["currency"], number)
                lines.setdefault(key, []).append(row)
        return [
            {
                **of[0],
                "sold_on": min(row["sold_on"] for row in of),
                "amount": rounded(
                    total(of, "revenue") + total(of, "tax"), 0 if of[0]["currency"] == "JPY" else 2
                ),
            }
            for of in lines.values()
        ]

    def _receivable(self, w: _Within) -> Fraction:
        until = (date.min, w.span.last)
        owed = total(self._of(self._documents, "sold_on", until, w.slice), "amount")
        owed -= total(self._of(self.books.credits, "credited_on", until, w.slice), "amount")
        return owed + total(self._of(self.books.debits, "debited_on", until, w.slice), "amount")

    def _days_sales(self, w: _Within) -> Fraction | None:
        days = (w.span.last - w.span.first).days + 1
        return divided(self._receivable(w) * days, self._gross_sales(w), 1)

    # customers
    def _active(self, w: _Within) -> Fraction:
        return Fraction(len(buyers(w.sales)))

    def _new(self, w: _Within) -> Fraction:
        firsts: dict[str, date] = {}
        for row in self.books.sales:
            if row["customer_id"] and row["quantity"] > 0:
                who = row["customer_id"]
                firsts[who] = min(firsts.get(who, date.max), row["sold_on"])
        within = {who for who in buyers(w.sales) if w.span.first <= firsts[who] <= w.span.last}
        return Fraction(len(within))

    def _returning(self, w: _Within) -> Fraction:
        return self._active(w) - self._new(w)

    def _repeating(self, w: _Within) -> Fraction:
        return Fraction(sum(len(orders) > 1 for orders in buyers(w.sales).values()))

    def _repeat_rate(self, w: _Within) -> Fraction | None:
        return divided(self._repeating(w), self._active(w), 4)

    def _active_before(self, w: _Within) -> Fraction | None:
        return w.reaching(w.span.before, Fraction(len(buyers(w.sold(w.span.before)))))

    def _churned(self, w: _Within) -> Fraction | None:
        now = buyers(self._of(self.books.sales, "sold_on", w.days, {}))
        lost = set(buyers(w.sold(w.span.before))) - set(now)
        return w.reaching(w.span.before, Fraction(len(lost)))

    def _churn(self, w: _Within) -> Fraction | None:
        churned, before = self._churned(w), self._active_before(w)
        return None if churned is None else divided(churned, before, 4)

    def _customer_revenue(self, w: _Within) -> Fraction:
        bought = [row for row in w.sales if row["customer_id"] and row["quantity"] > 0]
        return total(bought, "revenue")

    def _revenue_per_customer(self, w: _Within) -> Fraction | None:
        return divided(self._customer_revenue(w), self._active(w), w.places)

    # stock
    def _counted(self, w: _Within, day: date) -> list[Row]:
        last: dict[tuple[str, str], Row] = {}
        for row in sorted(self.books.stock, key=lambda row: (row["counted_on"], row["load"])):
            if row["counted_on"] <= day:
                last[row["product_id"], row["location"]] = row
        return [row for row in last.values() if self._is_in(row, row["counted_on"], w.slice)]

    def _stock(self, w: _Within, measure: Callable[[list[Row]], Fraction]) -> Fraction | None:
        rows = self._counted(w, w.span.last)
        return measure(rows) if rows else None

    def _on_hand(self, w: _Within) -> Fraction | None:
        return self._stock(w, lambda rows: total(rows, "on_hand"))

    def _in_transit(self, w: _Within) -> Fraction | None:
        return self._stock(w, lambda rows: total(rows, "in_transit"))

    def _reserved(self, w: _Within) -> Fraction | None:
        return self._stock(w, lambda rows: total(rows, "reserved"))

    def _items(self, w: _Within) -> Fraction | None:
        return self._stock(w, lambda rows: Fraction(len(rows)))

    def _point(self, row: Row) -> Decimal | None:
        point: Decimal | None = row["reorder_point"]
        if point is None:
            point = self._products[row["product_id"]]["reorder_point"]
        return point

    def _reorder_point(self, w: _Within) -> Fraction | None:
        points = [{"point": self._point(row)} for row in self._counted(w, w.span.last)]
        return total(points, "point") if points else None

    def _low_stock(self, w: _Within) -> Fraction | None:
        def low(row: Row) -> bool:
            point = self._point(row)
            return point is not None and row["on_hand"] < point

        return self._stock(w, lambda rows: Fraction(sum(map(low, rows))))

    def _out_of_stock(self, w: _Within) -> Fraction | None:
        return self._stock(w, lambda rows: Fraction(sum(row["on_hand"] <= 0 for row in rows)))

    def _stock_value(self, w: _Within) -> Fraction | None:
        return self._stock(w, worth)

    def _dead(self, w: _Within) -> list[Row]:
        since = w.span.last - timedelta(days=89)
        sold = {
            row["product_id"]
            for row in self.books.sales
            if since <= row["sold_on"] <= w.span.last and row["quantity"] > 0
        }
        rows = self._counted(w, w.span.last)
        return [row for row in rows if row["on_hand"] > 0 and row["product_id"] not in sold]

    def _dead_stock(self, w: _Within) -> Fraction:
        return Fraction(len(self._dead(w)))

    def _dead_stock_value(self, w: _Within) -> Fraction:
        return worth(self._dead(w))

    def _twelve(self, w: _Within) -> tuple[date, date]:
        end = w.span.last + timedelta(days=1)
        return end.replace(year=end.year - 1), w.span.last

    def _cost_twelve(self, w: _Within) -> Fraction | None:
        days = self._twelve(w)
        return w.reaching(days, known(w.sold(days), "cost"))

    def _mean_stock_value(self, w: _Within) -> Fraction | None:
        ends = []
        day = (w.span.last + timedelta(days=1)).replace(day=1)
        for _ in range(12):
            ends.append(day - timedelta(days=1))
            day = (day - timedelta(days=1)).replace(day=1)
        rows = [row for end in ends for row in self._counted(w, end)]
        if self._first_count > min(ends) or not rows:
            return None
        return rounded(worth(rows) / 12, 4)

    def _turnover(self, w: _Within) -> Fraction | None:
        return divided(self._cost_twelve(w), self._mean_stock_value(w), 2)

    def _days_of_inventory(self, w: _Within) -> Fraction | None:
        mean = self._mean_stock_value(w)
        return None if mean is None else divided(mean * 365, self._cost_twelve(w), 1)

    def _sell_through(self, w: _Within) -> Fraction | None:
        on_hand = self._on_hand(w)
        if on_hand is None:
            return None
        return divided(self._quantity(w), self._quantity(w) + on_hand, 4)

    def _moved(self, w: _Within, sign: int) -> Fraction:
        rows = self._of(self.books.movements, "moved_on", w.days, w.slice)
        return abs(total([row for row in rows if row["quantity"] * sign > 0], "quantity"))

    def _received(self, w: _Within) -> Fraction:
        return self._moved(w, 1)

    def _issued(self, w: _Within) -> Fraction:
        return self._moved(w, -1)


class Converted(Oracle):
    """The same in one currency: each row by the rate of its day, rounded last."""

    def __init__(self, books: Books, into: str) -> None:
        self._rates = sorted((each["valid_from"], each) for each in books.rates
                             if each["to_currency"] == into)  # fmt: skip
        self._into = into
        super().__init__(
            replace(
                books,
                sales=[self._row(row, "sold_on") for row in books.sales],
                credits=[self._row(row, "credited_on") for row in books.credits],
                debits=[self._row(row, "debited_on") for row in books.debits],
                stock=[self._row(row, "counted_on") for row in books.stock],
            )
        )
        self._documents = [self._row(row, "sold_on") for row in Oracle(books).documents()]

    def _row(self, row: Row, day: str) -> Row:
        """A row in the currency, or as it is where there is no rate yet."""
        rate = None
        for since, each in self._rates:
            if since <= row[day] and each["currency"] == row["currency"] != self._into:
                rate = Fraction(each["rate"])
        if rate is None:
            return row
        amounts = {
            name: Fraction(row[name]) * rate
            for name in ("revenue", "discount", "cost", "tax", "amount", "receivable", "unit_cost")
            if row.get(name) is not None
        }
        return {**row, **amounts, "currency": self._into}

    def value(self, name: str, span: Span, slice_: Slice, places: int = 2) -> Fraction | None:
        """A measure; amounts are rounded to the minor unit at the end."""
        found = super().value(name, span, slice_, places)
        return found if found is None or name not in AMOUNTS else rounded(found, places)


class _Within:
    """The rows of a span and a slice."""

    def __init__(self, of: Oracle, span: Span, slice_: Slice, places: int) -> None:
        self.of, self.span, self.slice, self.places = of, span, slice_, places
        self.days = (span.first, span.last)
        self.sales = self.sold(self.days)
        self.credits = of._of(of.books.credits, "credited_on", self.days, slice_)

    def sold(self, days: tuple[date, date]) -> list[Row]:
        """The lines of sales on some days."""
        return self.of._of(self.of.books.sales, "sold_on", days, self.slice)

    def reaching(self, days: tuple[date, date], value: Fraction | None) -> Fraction | None:
        """The value where the store reaches back so far, by month."""
        return value if self.of._first_sale.replace(day=1) <= days[0] else None


def total(rows: Iterable[Row], column: str) -> Fraction:
    """The sum of a column."""
    return sum((Fraction(row[column] or 0) for row in rows), Fraction(0))


def known(rows: list[Row], column: str) -> Fraction | None:
    """The sum of a column where every row has it."""
    return None if any(row[column] is None for row in rows) else total(rows, column)


def worth(rows: Iterable[Row]) -> Fraction:
    """The value of stock."""
    return sum((Fraction(row["on_hand"]) * Fraction(row["unit_cost"]) for row in rows), Fraction(0))


def buyers(rows: Iterable[Row]) -> dict[str, set[tuple[str, str]]]:
    """Customers who bought, with their orders."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        if row["customer_id"] and row["quantity"] > 0:
            found.setdefault(row["customer_id"], set()).add((row["feed"], row["sale_id"]))
    return found


def divided(above: Fraction | None, below: Fraction | None, places: int) -> Fraction | None:
    """A ratio rounded half away from zero, None over nothing."""
    return None if above is None or not below else rounded(above / below, places)


def rounded(value: Fraction, places: int) -> Fraction:
    """A number rounded half away from zero."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**places)
