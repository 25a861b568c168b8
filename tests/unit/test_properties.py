"""What holds for every book: measured against the oracle, and against itself turned around."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import recon
from recon.base.events import Severity
from recon.base.result import Reconciliation, Status
from recon.reconciliation.expected import TERM, install, terms
from recon.store.session import Session, literal, open_session
from tests import oracle
from tests.chance_books import DECIMALS, MONTH, POINT_IN_TIME, POLICY, Book, books, entry_of
from tests.tables import lines, ties

pytestmark = pytest.mark.slow

ROUNDINGS = ("cumulative", "last_period")
CONVENTIONS = ("even", "prorate_period_rate", "prorate_day_rate", "exact_days", "days_360")
# Convention, rounding, and what the first month counts and the one in which a line stops early.
RULES = (
    *product(CONVENTIONS, ROUNDINGS, ("full",), ("full",)),
    *product(("even",), ROUNDINGS, ("half", "rule_of_15"), ("full",)),
    *product(("even",), ROUNDINGS, ("full", "half", "rule_of_15"), ("days", "none")),
)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

# --- the periods of a term

STARTS = st.dates(date(1990, 1, 1), date(2060, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2000, 2, 29), date(2024, 1, 31), date(2023, 12, 31), date(2024, 3, 1)]
)
MONTHS = st.integers(1, 36) | st.integers(1, 600)


@st.composite
def _values(draw: st.DrawFn) -> tuple[int, str]:
    """Return an amount in ten-thousandths, up to 10^12 on both sides of 0, and its currency."""
    currency = draw(st.sampled_from(list(DECIMALS)))
    unit = 10 ** (4 - DECIMALS[currency])
    units = draw(st.integers(1, 1_000) | st.integers(1, 10**16 // unit) | st.just(10**16 // unit))
    finer = draw(st.sampled_from([0, 0, 0, 1, unit // 2]))
    return draw(st.sampled_from([1, -1])) * (units * unit + finer), currency


@st.composite
def _contracts(draw: st.DrawFn) -> tuple[int, str, int, date, date | None]:
    """Return value, currency, months, start and, for some, the day on which the line closes."""
    value, currency = draw(_values())
    months, start = draw(MONTHS), draw(STARTS)
    days = (oracle.term_end(start, months) - start).days
    closed = draw(st.none() | st.integers(0, days + 400))
    return value, currency, months, start, None if closed is None else start + timedelta(closed)


@pytest.fixture(scope="module")
def connection() -> Iterator[Session]:
    """Return the one session in which all terms are computed."""
    with open_session() as session:
        install(session, monthly=True)
        yield session


def _by_month(
    connection: Session, contracts: list[tuple[int, str, int, date, date | None]]
) -> dict[tuple[int, ...], list[tuple[int, int]]]:
    """Return (month, expected) from the month before each term to the third after it."""
    rows = ", ".join(
        f"({n}, {value}, {10 ** (4 - DECIMALS[currency])}, DATE '{start}', {months}, "
        f"CAST({literal(str(closed) if closed else None)} AS DATE), {number}, "
        f"{', '.join(map(literal, rule))})"
        for n, (value, currency, months, start, closed) in enumerate(contracts)
        for number, rule in enumerate(RULES)
    )
    columns = """n, value, unit, term_start, term_months, closed_on, number, convention, rounding,
        start_rule, stop_rule"""
    found = connection.execute(f"""
        SELECT n, number, m, expected(m, {TERM}) FROM (
            SELECT *, unnest(range(start_month - 1, start_month + term_months + 3)) AS m
            FROM ({terms(f"SELECT * FROM (VALUES {rows}) AS v({columns})")})) t
        ORDER BY n, number, m""").fetchall()
    by_month = defaultdict(list)
    for n, number, month, expected in found:
        by_month[n, number].append((month, expected))
    return by_month


@settings(max_examples=5, deadline=None, suppress_health_check=SLOW)
@given(st.lists(_contracts(), min_size=1, max_size=4))
@example(
    [(10**16, "USD", 600, date(2024, 2, 29), None), (-(10**16), "JPY", 1, date(2024, 1, 31), None)]
)
@example([(100, "USD", 600, date(2023, 12, 31), None), (1, "CLF", 7, date(2024, 2, 29), None)])
def test_the_periods_of_a_term(
    connection: Session, contracts: list[tuple[int, str, int, date, date | None]]
) -> None:
    """By all rules each month is that of the oracle, and they add up."""
    for (n, rule), by_month in _by_month(connection, contracts).items():
        convention, rounding, *ends = RULES[rule]
        value, currency, months, start, closed = contracts[n]
        places, exact = DECIMALS[currency], Fraction(value, 10_000)
        line = oracle.Line(exact, months, start, places, convention, rounding, closed, *ends)
        wanted = [line.expected((m // 12, m % 12 + 1)) for m, _ in by_month]
        assert [Fraction(expected, 10_000) for _, expected in by_month] == wanted
        total = Fraction(sum(expected for _, expected in by_month), 10_000)
        assert total + line.remainder == oracle.rounded(exact, places)
        if closed is None or closed > oracle.term_end(start, months):
            assert line.remainder == 0


# --- a book through the front door

TYPES = {" ".join(rule): rule for rule in RULES}
MANY = 2_500


def _many_lines(seed: int) -> Iterator[tuple[dict[str, Any], oracle.Line]]:
    """Yield contract lines by chance, each as a row and as the oracle knows it."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    for n in range(MANY):
        kind, currency = dice.choice(list(TYPES)), dice.choice(["USD", "USD", "JPY", "KWD"])
        value = Decimal(dice.randint(-(10**6), 10**7)).scaleb(-DECIMALS[currency])
        start = date(2023, 1, 1) + timedelta(dice.randint(0, 560))
        months = dice.choice([1, 2, 3, 6, 11, 12, 12, 12, 13, 24, 36])
        end = oracle.term_end(start, months)
        days = dice.choice([0, (end - start).days, dice.randint(0, (end - start).days)])
        close = start + timedelta(days) if n % 4 else end
        convention, rounding, *ends = TYPES[kind]
        row = {
            "contract_id": f"C-{n}", "revenue_type": kind, "currency": currency,
            "contract_value": str(value), "duration_months": months,
            "booking_date": start.isoformat(), "close_date": end.isoformat(),
            "terminated_on": close.isoformat() if close < end else None,
        }  # fmt: skip
        places = DECIMALS[currency]
        yield (
            row,
            oracle.Line(Fraction(value), months, start, places, convention, rounding, close, *ends),
        )


@pytest.mark.parametrize("seed", range(2))
def test_many_lines_under_all_rules(seed: int) -> None:
    """Whatever starts or stops within a month: ten thousand months are those of the oracle."""
    rows, known = zip(*_many_lines(seed), strict=True)
    types = {
        name: {
            "kind": "recurring", "convention": convention, "rounding": rounding,
            "start_month": start, "stop_month": stop,
        }
        for name, (convention, rounding, start, stop) in TYPES.items()
    }  # fmt: skip
    stopped = sum(line.close < oracle.term_end(line.start, line.months) for line in known)
    assert stopped > MANY // 4
    for month in ((2024, 2), (2024, 7)):
        posted = [
            entry_of(row["contract_id"], row["revenue_type"], row["currency"], 0, amount)
            | {"entry_id": row["contract_id"], "recognition_period": f"{month[0]}-{month[1]:02d}"}
            for row, line in zip(rows, known, strict=True)
            if (amount := line.expected(month))
        ]
        result = recon.reconcile(
            pd.DataFrame(rows), pd.DataFrame(posted), f"{month[0]}-{month[1]:02d}",
            {"types": types, "tolerance": "0%", "floor": "0"},
        )  # fmt: skip
        found = {line["contract_id"]: line for line in lines(result)}
        for row, line in zip(rows, known, strict=True):
            seen = found[row["contract_id"]]
            wanted = {
                "expected": line.expected(month) * 10_000,
                "to_date_expected": line.to_date(month) * 10_000,
                "unrecognized_remainder": line.remainder * 10_000 * (line.close_month <= month),
                "status": "matched",
            }
            assert {column: seen[column] for column in wanted} == wanted, row


def _posted(
    book: Book, first: str, last: str
) -> tuple[dict[tuple[str, str, str], Fraction], Counter[tuple[str, str, str]]]:
    """Return sum and count of the readable entries of some months by key."""
    sums: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    counts: Counter[tuple[str, str, str]] = Counter()
    for entry in book.entries:
        if first <= entry["recognition_period"] <= last and entry["amount"] != "unreadable":
            key = (entry["contract_id"].strip().upper(), entry["revenue_type"], entry["currency"])
            sums[key] += Fraction(entry["amount"])
            counts[key] += 1
    return sums, counts


def _key(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["contract_id"], line["revenue_type"], line["currency"]


def _tolerance(row: Mapping[str, Any], line: oracle.Line, expected: Fraction) -> Fraction:
    """Return how far off a line may be by POLICY."""
    months = 1 if row["revenue_type"] == POINT_IN_TIME else line.months
    if row["segment"] == "SMB":
        return oracle.allowed(expected, months, line.decimals, Fraction(5, 100), None, Fraction(50))
    return oracle.allowed(expected, months, line.decimals, Fraction(1, 100))


@settings(max_examples=5, deadline=None, suppress_health_check=SLOW)
@given(books())
def test_every_line_is_that_of_the_oracle(book: Book) -> None:
    """Expected, to date, remainder and status of each contract line follow the specification."""
    found = {_key(line): line for line in lines(book.reconcile())}
    rows = {_key(row): row for row in book.contracts}
    sums, counts = _posted(book, "2024-06", "2024-06")
    to_date, _ = _posted(book, "0000-00", "2024-06")
    for key, line in book.known.items():
        expected, recognized, seen = line.expected(MONTH), sums[key], found.pop(key)
        within = _tolerance(rows[key], line, expected)
        wanted = {
            "expected": expected * 10_000,
            "recognized": recognized * 10_000,
            "difference": (recognized - expected) * 10_000,
            "to_date_expected": line.to_date(MONTH) * 10_000,
            "to_date_recognized": to_date[key] * 10_000,
            "unrecognized_remainder": line.remainder * 10_000 * (line.close_month <= MONTH),
            "entries": counts[key],
            "status": oracle.status(expected, recognized, counts[key], within),
        }
        assert {column: seen[column] for column in wanted} == wanted
        assert seen["allowed"] <= within * 10_000 < seen["allowed"] + 10 ** (4 - line.decimals)
    for key, orphan in found.items():
        assert (orphan["expected"], orphan["entries"]) == (0, counts[key])
        assert orphan["recognized"] == sums[key] * 10_000
    assert {key for key in counts if key[0] != "BAD"} <= {*book.known, *found}


@settings(max_examples=5, deadline=None, suppress_health_check=SLOW)
@given(books())
def test_the_book_adds_up(book: Book) -> None:
    """Every key has one status; differences, totals, parts, bridge and rows tie out."""
    result = book.reconcile()
    found = lines(result)
    assert max(Counter(map(_key, found)).values(), default=1) == 1
    assert {line["status"] for line in found} <= set(Status) - {Status.INVALID}
    assert ties(result)
    for currency, totals in result.totals.items():
        of_currency = [line for line in found if line["currency"] == currency]
        _check_totals(result, currency, of_currency)
        for by in ("segment", "revenue_type", "kind"):
            parts = [
                part.totals for part in result.parts if (part.by, part.currency) == (by, currency)
            ]
            for amount in ("expected", "recognized", "gross_difference", "breaks", "compared"):
                assert sum(getattr(part, amount) for part in parts) == getattr(totals, amount)
    assert len(result.breaks) == sum(totals.breaks for totals in result.totals.values())
    main = result.policy.currency
    order = [
        (-b.severity, b.currency != main, b.currency, -abs(b.difference)) for b in result.breaks
    ]
    assert order == sorted(order)


def _check_totals(result: Reconciliation, currency: str, found: list[dict[str, Any]]) -> None:
    totals, statuses = result.totals[currency], Counter(line["status"] for line in found)
    differences = [line["difference"] for line in found]
    assert all(line["recognized"] - line["expected"] == line["difference"] for line in found)
    assert totals.difference == sum(differences)
    assert totals.gross_difference == sum(map(abs, differences))
    bridge = result.bridge[currency]
    assert totals.expected + sum(step.amount for step in bridge) == totals.recognized
    assert sum(step.lines for step in bridge) == totals.breaks + totals.within_tolerance
    assert totals.matched == statuses["matched"]
    assert totals.within_tolerance == statuses["within_tolerance"]
    assert totals.matched + totals.within_tolerance + totals.breaks == len(found)


def _without_row(notice: str) -> str:
    return re.sub(r" in row \d+", "", notice)


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(books(), st.integers(0, 2**32))
def test_the_order_of_rows_says_nothing(book: Book, seed: int) -> None:
    """Shuffled sources give the same lines, breaks, sentences and sums."""
    shuffled = Book(book.known, list(book.contracts), list(book.entries))
    random.Random(seed).shuffle(shuffled.contracts)  # noqa: S311 - no secret
    random.Random(seed).shuffle(shuffled.entries)  # noqa: S311 - no secret
    one, other = book.reconcile(), shuffled.reconcile()
    assert lines(other) == lines(one)
    assert other.breaks == one.breaks
    for part in ("totals", "bridge", "sources", "parts", "flags"):
        assert getattr(other, part) == getattr(one, part)
    # A notice names the row in which a cell stands, and that is what was shuffled.
    assert [_without_row(text) for text in other.notices] == [
        _without_row(text) for text in one.notices
    ]
    assert Counter((row.side, row.id, row.reason) for row in other.invalid) == Counter(
        (row.side, row.id, row.reason) for row in one.invalid
    )


RATES = st.integers(0, 1_000_000)


@settings(max_examples=5, deadline=None, suppress_health_check=SLOW)
@given(books(), RATES, RATES, st.integers(0, 200), st.integers(0, 200))
def test_a_wider_tolerance_never_adds_breaks(
    book: Book, rate: int, other_rate: int, floor: int, other_floor: int
) -> None:
    """What breaks within more also breaks within less, and nothing else changes its amounts."""
    narrow = _rules(min(rate, other_rate), min(floor, other_floor), 100)
    wide = _rules(max(rate, other_rate), max(floor, other_floor), None)
    strict, lenient = book.reconcile(narrow), book.reconcile(wide)
    assert _broken(lenient) <= _broken(strict)
    assert [line["difference"] for line in lines(lenient)] == [
        line["difference"] for line in lines(strict)
    ]


def _rules(ppm: int, floor: int, cap: int | None) -> dict[str, Any]:
    rules = {"tolerance": f"{ppm / 10_000:.4f}%", "floor": floor, "types": POLICY["types"]}
    return rules if cap is None else rules | {"cap": cap}


def _broken(result: Reconciliation) -> set[tuple[str, str, str]]:
    return {(b.contract_id, b.revenue_type, b.currency) for b in result.breaks}


MIRRORED = {"over_recognized": "under_recognized", "under_recognized": "over_recognized"}
AMOUNTS = (
    "expected", "recognized", "difference", "to_date_expected", "to_date_recognized",
    "unrecognized_remainder",
)  # fmt: skip


@settings(max_examples=7, deadline=None, suppress_health_check=SLOW)
@given(books())
def test_credits_mirror_charges(book: Book) -> None:
    """With every sign turned all amounts turn, over is under, and why and how grave stay."""
    turned = Book(
        book.known,
        [row | {"contract_value": _turned(row["contract_value"])} for row in book.contracts],
        [row | {"amount": _turned(row["amount"])} for row in book.entries],
    )
    one, other = book.reconcile(), turned.reconcile()
    mirrored = [
        line
        | {column: -line[column] for column in AMOUNTS}
        | {"status": MIRRORED.get(line["status"], line["status"])}
        for line in lines(one)
    ]
    assert lines(other) == mirrored
    assert [b.candidates for b in other.breaks] == [b.candidates for b in one.breaks]
    assert [b.percent for b in other.breaks] == [b.percent for b in one.breaks]
    for currency, totals in one.totals.items():
        assert other.totals[currency].difference == -totals.difference
        assert other.totals[currency].gross_difference == totals.gross_difference
        assert other.masked(currency) == one.masked(currency)


def _turned(amount: str | None) -> str | None:
    if amount is None or amount == "unreadable":
        return amount
    return amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"


@settings(max_examples=6, deadline=None, suppress_health_check=SLOW)
@given(books())
def test_a_contract_alone_is_as_it_is_in_the_book(book: Book) -> None:
    """Any subset closed under contract id has the same lines; only pairs of contracts need more."""
    whole = {_key(line): line for line in lines(book.reconcile())}
    chosen = {row["contract_id"] for row in book.contracts[::2]} | {"BAD"}
    part = Book(
        book.known,
        [row for row in book.contracts if row["contract_id"] in chosen],
        [row for row in book.entries if row["contract_id"].strip().upper() in chosen],
    )
    verdict = ("cause", "severity", "flags")
    for line in lines(part.reconcile()):
        full = whole[_key(line)]
        assert {k: v for k, v in line.items() if k not in verdict} == {
            k: v for k, v in full.items() if k not in verdict
        }


def test_the_gravest_severity_of_a_result() -> None:
    """It is that of its worst break, at least high with an invalid row, and none with neither."""
    good = {
        "contract_id": "C1", "revenue_type": "Support", "contract_value": "100",
        "duration_months": 1, "booking_date": "2024-06-01", "close_date": "2024-06-30",
        "currency": "USD",
    }  # fmt: skip
    posted = entry_of("C1", "Support", "USD", 0, Fraction(100)) | {"entry_id": "E1"}
    bad = good | {"contract_id": "C2", "contract_value": None}
    lacking = good | {"contract_id": "C3", "contract_value": "5000"}
    assert Book({}, [good], [posted]).reconcile().severity is None
    assert Book({}, [good, bad], [posted]).reconcile().severity is Severity.HIGH
    assert Book({}, [good, bad, lacking], [posted]).reconcile().severity is Severity.CRITICAL
