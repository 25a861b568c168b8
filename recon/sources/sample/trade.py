"""A confectioner's trade: products, customers, and sales by quarter.

Everything follows from the seed, on any machine and with any version of Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b

QUARTERS = tuple(date(year, month, 1) for year in (2023, 2024) for month in (1, 4, 7, 10))
TIERS = ("bronze", "silver", "gold")
_KINDS = ("Truffle", "Praline", "Nougat", "Caramel", "Fudge", "Marzipan", "Toffee", "Liquorice")
_SIZES = ("small box", "large box", "gift tin")
_CATEGORIES = (
    "Chocolate",
    "Chocolate",
    "Chocolate",
    "Sugar",
    "Sugar",
    "Marzipan",
    "Sugar",
    "Sugar",
)
# Sales of a month in percent of an ordinary one.
_SEASON = (70, 120, 110, 120, 80, 70, 60, 70, 90, 110, 150, 220)
_RISE = Decimal("1.05")
CUSTOMERS = 120


@dataclass(frozen=True, slots=True)
class Product:
    """A product: id, name, category, and its price in 2023."""

    id: str
    name: str
    category: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """A line of a sale."""

    sale: str
    line: int
    day: date
    product: str
    customer: str
    quantity: int
    price: Decimal
    category: str
    cost: Decimal

    @property
    def revenue(self) -> Decimal:
        """Quantity x price."""
        return self.quantity * self.price


class Draws:
    """Numbers that follow from seed and key alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, below: int, *key: object) -> int:
        """A number from 0 to below `below`."""
        text = f"{self._seed}:{':'.join(map(str, key))}".encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") % below


def products() -> list[Product]:
    """The assortment, three sizes of each kind."""
    found = []
    for at, kind in enumerate(_KINDS):
        for size, box in enumerate(_SIZES):
            number = at * len(_SIZES) + size + 1
            price = Decimal(395 + 130 * at + 450 * size) / 100
            found.append(Product(f"P-{number:03}", f"{kind}, {box}", _CATEGORIES[at], price))
    return found


def _known_by(quarter: date) -> int:
    """The customers of a region; every quarter brings new ones."""
    return CUSTOMERS * (5 + QUARTERS.index(quarter)) // 12


def customer(region: str, number: int) -> str:
    """The id of a region's customer."""
    return f"{region[0].upper()}{number:04}"


def cost_of(product: Product) -> Decimal:
    """The cost of a unit, about half of its price."""
    percent = 45 + int(product.id[-2:]) * 7 % 16
    return (product.price * percent / 100).quantize(Decimal("0.01"))


def price_of(product: Product, day: date) -> Decimal:
    """The price on a day: 5% more from 2024 on."""
    rise = _RISE if day.year > QUARTERS[0].year else Decimal(1)
    return (product.price * rise).quantize(Decimal("0.01"))


def sales(draw: Draws, region: str, quarter: date, per_day: int) -> Iterator[Sale]:
    """Yield the sales lines of a region's quarter, by day."""
    assortment: Sequence[Product] = products()
    end = date(quarter.year + quarter.month // 10, (quarter.month + 2) % 12 + 1, 1)
    day, number = quarter, 0
    while day < end:
        most = per_day * _SEASON[day.month - 1] // 100
        for _ in range(most if day.weekday() < 6 else most // 3):  # noqa: PLR2004 - Sunday
            number += 1
            key = (region, quarter, number)
            sale = f"{region[0].upper()}{quarter:%y}{(quarter.month + 2) // 3}-{number:05}"
            buyer = customer(region, 1 + draw(_known_by(quarter), "customer", *key))
            # No product is twice on a sale: equal rows are then planted ones.
            first = draw(len(assortment), "product", *key)
            for line in range(1, 2 + draw(3, "lines", *key)):
                product = assortment[(first + line * 5) % len(assortment)]
                count = 1 + draw(12, "quantity", line, *key)
                if draw(60, "return", line, *key) == 0:
                    count = -count
                yield Sale(
                    sale, line, day, product.id, buyer, count, price_of(product, day),
                    product.category, count * cost_of(product),
                )  # fmt: skip
        day += timedelta(days=1)
