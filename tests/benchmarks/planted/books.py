"""Books without an error: contracts and entries that agree in every month.

Amounts are cents. The arithmetic is written here once more, in whole numbers, and uses nothing of
the core. Months count from January of year 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random

Key = tuple[str, str, str]

PRICES = ("distinct", "ten", "one")
TYPES = ("Subscription", "Support", "Service")
SEGMENTS = ("Enterprise", "Mid-Market", "SMB", "Public")
BATCHES = 8


def month_of(year: int, month: int) -> int:
    """Return the number of a month."""
    return year * 12 + month - 1


def month_text(month: int) -> str:
    """Return a month as `2024-06`."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def first_day(month: int) -> date:
    """Return the first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


NOW = month_of(2024, 6)
FIRST = month_of(2023, 1)


def rounded(amount: int, part: int, whole: int) -> int:
    """Return amount x part / whole, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) * part + whole) // (2 * whole))


@dataclass(frozen=True)
class Line:
    """A contract line; it starts on the first of a month and is recognized evenly."""

    contract_id: str
    revenue_type: str
    value: int
    months: int
    start: int
    customer: str
    segment: str
    currency: str = "USD"
    terminated: date | None = None
    start_day: int = 1

    @property
    def key(self) -> Key:
        """Its key as recon matches it."""
        return self.contract_id.lower(), self.revenue_type, self.currency

    def expected(self, month: int) -> int:
        """Return what the line expects in a month."""
        k = month - self.start
        if not 0 <= k < self.months or (self.terminated and month > _month(self.terminated)):
            return 0
        return rounded(self.value, k + 1, self.months) - rounded(self.value, k, self.months)

    def to_date(self, month: int) -> int:
        """Return what the line expects up to and including a month."""
        return sum(self.expected(m) for m in range(self.start, month + 1))


def _month(day: date) -> int:
    return month_of(day.year, day.month)


@dataclass(frozen=True)
class Entry:
    """An entry as the ledger has it; `period` is a month's number."""

    entry_id: str
    contract_id: str
    revenue_type: str
    amount: int
    period: int
    document: str
    posted: date
    currency: str = "USD"

    @property
    def key(self) -> Key:
        """The key under which it stands."""
        return self.contract_id.lower(), self.revenue_type, self.currency


@dataclass
class Book:
    """Contract lines and the entries that a ledger has of them, by their line.

    `right` are the entries before anything was planted, `taken` the lines with an error. The ledger
    goes from the `first` to the `last` month; systemic faults are planted in a `segment`. Amounts
    are delivered with their `sign` turned or not, and with so many `digits` after the point.
    """

    random: Random
    lines: list[Line]
    last: int
    entries: dict[Key, list[Entry]] = field(default_factory=dict)
    right: list[Entry] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(100_000))
    strays: list[Entry] = field(default_factory=list)
    taken: set[Key] = field(default_factory=set)
    first: int = FIRST
    own_documents: bool = False
    segment: str = "SMB"
    sign: int = 1
    digits: int = 2

    def new_id(self) -> str:
        """Return an entry id that the ledger does not have."""
        return f"JE-{next(self.numbers)}"

    def post(self) -> None:
        """Post every month of every line as expected."""
        for line in self.lines:
            self.entries[line.key] = [
                self.entry(line, month, amount)
                for month in range(max(line.start, self.first), self.last + 1)
                if (amount := line.expected(month))
            ]
        self.right = list(self.all_entries())

    def entry(self, line: Line, month: int, amount: int, document: str | None = None) -> Entry:
        """Return an entry of a line, in one of the month's batches."""
        batch = self.random.randrange(BATCHES)
        day = first_day(month) + timedelta(days=20 + batch)
        named = f"B{month_text(month).replace('-', '')}-{batch}" if document is None else document
        entry_id = self.new_id()
        if document is None and self.own_documents:
            named = f"D-{entry_id}"
        return Entry(
            entry_id, line.contract_id, line.revenue_type, amount, month, named, day, line.currency
        )

    def of(self, line: Line, month: int = NOW) -> list[Entry]:
        """Return the entries of a line in a month."""
        return [entry for entry in self.entries[line.key] if entry.period == month]

    def change(self, line: Line, old: Entry, *new: Entry) -> None:
        """Put other entries, or none, where one stands."""
        kept = self.entries[line.key]
        kept[kept.index(old) : kept.index(old) + 1] = new

    def add(self, line: Line, *new: Entry) -> None:
        """Add entries to a line."""
        self.entries[line.key].extend(new)

    def replace_line(self, old: Line, **changes: object) -> Line:
        """Put a changed contract where one stands; its entries stay."""
        new = replace(old, **changes)  # type: ignore[arg-type]
        self.lines[self.lines.index(old)] = new
        self.entries[new.key] = self.entries.pop(old.key)
        return new

    def all_entries(self) -> Iterator[Entry]:
        """Yield every entry of the ledger."""
        for entries in self.entries.values():
            yield from entries
        yield from self.strays

    def corrections(self) -> Counter[tuple[Key, int]]:
        """Return what each key and month lacks, by entries alone; too much is negative."""
        lacking: Counter[tuple[Key, int]] = Counter()
        for entry in self.right:
            lacking[entry.key, entry.period] += entry.amount
        for entry in self.all_entries():
            lacking[entry.key, entry.period] -= entry.amount
        return Counter({place: amount for place, amount in lacking.items() if amount})

    def text(self, amount: int) -> str:
        """Return an amount as it is delivered."""
        return str(Decimal(self.sign * amount).scaleb(-self.digits))

    def by_customer(self) -> dict[str, list[Line]]:
        """Return the lines of each customer."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            found[line.customer].append(line)
        return found

    def contract_rows(self) -> list[dict[str, object]]:
        """Return the contracts as analytics delivers them."""
        return [_contract_row(line, self.text(line.value)) for line in self.lines]

    def entry_rows(self) -> list[dict[str, object]]:
        """Return the ledger as accounting delivers it."""
        return [
            {
                "entry_id": entry.entry_id,
                "contract_id": entry.contract_id,
                "revenue_type": entry.revenue_type,
                "amount": self.text(entry.amount),
                "currency": entry.currency,
                "recognition_period": month_text(entry.period),
                "posted_at": entry.posted.isoformat(),
                "document_ref": entry.document,
            }
            for entry in self.all_entries()
        ]


def _contract_row(line: Line, value: str) -> dict[str, object]:
    start = first_day(line.start).replace(day=line.start_day)
    return {
        "contract_id": line.contract_id,
        "revenue_type": line.revenue_type,
        "contract_value": value,
        "duration_months": line.months,
        "booking_date": start.isoformat(),
        "start_date": start.isoformat(),
        "close_date": _end(line, start).isoformat(),
        "terminated_on": line.terminated and line.terminated.isoformat(),
        "currency": line.currency,
        "customer_id": line.customer,
        "customer": f"Customer {line.customer}",
        "segment": line.segment,
        "owner": "Dana Field",
    }


def _end(line: Line, start: date) -> date:
    return first_day(line.start + line.months).replace(day=start.day) - timedelta(days=1)


def book(seed: int, prices: str, customers: int = 400) -> Book:
    """Return a book without an error; odd seeds have a ledger that goes on after the month.

    `prices` is how many list prices there are: a price of its own for every line, ten, or one.
    """
    random = Random(f"{seed} {prices}")  # noqa: S311 - the same book every time
    monthly = [random.randrange(2_000, 400_000) for _ in range(10)]
    lines = list(_lines(random, prices, monthly, customers))
    made = Book(random, lines, NOW + (2 if seed % 2 else 0))
    made.post()
    return made


def _lines(random: Random, prices: str, monthly: Sequence[int], customers: int) -> Iterator[Line]:
    numbers = random.sample(range(100_000, 1_000_000), 3 * customers)
    for customer in range(customers):
        segment = SEGMENTS[customer % len(SEGMENTS)]
        for _ in range(random.choice((1, 1, 2, 3))):
            contract_id = f"C-{numbers.pop():06d}"
            months = random.choice((12, 12, 24, 36))
            start = NOW - random.randrange(-1, months + 1)
            for revenue_type in random.sample(TYPES, random.choice((1, 1, 1, 2))):
                yield Line(
                    contract_id, revenue_type, _value(random, prices, monthly, months), months,
                    max(start, FIRST), f"K-{customer:04d}", segment,
                )  # fmt: skip


def _value(random: Random, prices: str, monthly: Sequence[int], months: int) -> int:
    if prices == "distinct":
        return random.randrange(24_000, 60_000_000)
    return months * (monthly[0] if prices == "one" else random.choice(monthly))
