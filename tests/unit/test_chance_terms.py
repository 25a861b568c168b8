"""Lines by chance with terms of every kind, through the front door, held against the oracle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from typing import Any, Protocol

import pandas as pd
import pytest

import recon
from tests import oracle
from tests.chance_books import DECIMALS, ENTRY_COLUMNS
from tests.oracle_terms import (
    DatedLine,
    FiscalVersions,
    Month,
    MonthlyLine,
    Version,
    VersionedLine,
)
from tests.tables import lines

ROUNDINGS = ("cumulative", "last_period")
CONVENTIONS = ("even", "prorate_period_rate", "prorate_day_rate", "exact_days", "days_360")
RULES = (
    *product(CONVENTIONS, ROUNDINGS, ("full",), ("full",)),
    *product(("even",), ROUNDINGS, ("full", "half", "rule_of_15"), ("full", "days", "none")),
)
TYPES = {
    f"{term} {' '.join(rule)}": (term, rule)
    for term, rule in product(("duration", "dates"), dict.fromkeys(RULES))
}
POLICY = {
    "types": {
        name: {
            "kind": "recurring", "convention": convention, "rounding": rounding,
            "start_month": start, "stop_month": stop, "term": term,
        }
        for name, (term, (convention, rounding, start, stop)) in TYPES.items()
    },
    "tolerance": "0%",
    "floor": "0",
}  # fmt: skip


class Line(Protocol):
    """What the oracle knows of a line."""

    def expected(self, month: Month) -> Fraction:
        """Return what is due in a month."""

    def to_date(self, month: Month) -> Fraction:
        """Return what is due up to and including a month."""


def by_chance(dice: random.Random, n: int) -> tuple[dict[str, Any], Line]:
    """Return a contract line as a row and as the oracle knows it."""
    kind, currency = dice.choice(list(TYPES)), dice.choice(["USD", "USD", "JPY", "KWD"])
    term, (convention, rounding, start_rule, stop_rule) = TYPES[kind]
    places = DECIMALS[currency]
    value = Decimal(dice.randint(-(10**6), 10**7)).scaleb(-places)
    start = date(2023, 1, 1) + timedelta(dice.randint(0, 560))
    months = dice.choice([1, 2, 3, 6, 11, 12, 12, 13, 24])
    row = {
        "contract_id": f"C-{n}", "revenue_type": kind, "currency": currency,
        "contract_value": str(value), "duration_months": str(months),
        "booking_date": start.isoformat(), "close_date": None, "terminated_on": None,
        "value_basis": None, "free_months": None, "free_at": None,
    }  # fmt: skip
    rules = (places, convention, rounding, start_rule, stop_rule)
    if dice.randint(0, 2) == 0:
        return _monthly(dice, row, Fraction(value), start, rules)
    if term == "dates":
        return _dated(dice, row, Fraction(value), start, rules)
    return _with_free_months(dice, row, Fraction(value), start, rules)


Rules = tuple[int, str, str, str, str]


def _monthly(
    dice: random.Random, row: dict[str, Any], value: Fraction, start: date, rules: Rules
) -> tuple[dict[str, Any], Line]:
    places, convention, _, start_rule, stop_rule = rules
    months = dice.choice([None, int(row["duration_months"])])
    stop = dice.choice([None, start + timedelta(dice.randint(0, 500))])
    column = dice.choice(["close_date", "terminated_on"])
    row |= {"value_basis": "Month", "duration_months": months and str(months)}
    row |= {column: stop.isoformat() if stop else None}
    line = MonthlyLine(value, start, places, convention, start_rule, stop_rule, months, stop)
    return row, line


def _dated(
    dice: random.Random, row: dict[str, Any], value: Fraction, start: date, rules: Rules
) -> tuple[dict[str, Any], Line]:
    end = start + timedelta(dice.choice([0, 20, 364, dice.randint(0, 800), dice.randint(0, 70)]))
    stop = dice.choice([None, start + timedelta(dice.randint(0, 500))])
    row |= {"close_date": end.isoformat(), "terminated_on": stop.isoformat() if stop else None}
    free = dice.choice([0, 0, 1, 2])
    at = dice.choice(["start", "end"])
    if free and oracle.add_months(start, free) <= end and start.day < 29:
        row |= {"free_months": str(free), "free_at": at if at == "start" else None}
        if at == "start":
            start = oracle.add_months(start, free)
        else:
            end = oracle.add_months(end + timedelta(days=1), -free) - timedelta(days=1)
    return row, DatedLine(value, start, end, *rules, stop)


def _with_free_months(
    dice: random.Random, row: dict[str, Any], value: Fraction, start: date, rules: Rules
) -> tuple[dict[str, Any], Line]:
    places, convention, rounding, start_rule, stop_rule = rules
    months = int(row["duration_months"])
    end = oracle.term_end(start, months)
    stop = dice.choice([end, start + timedelta(dice.randint(0, (end - start).days))])
    row |= {"close_date": end.isoformat(), "terminated_on": stop.isoformat()}
    free = dice.randint(0, months - 1) if start.day < 29 else 0
    if free:
        at = dice.choice(["start", "end"])
        row |= {"free_months": str(free), "free_at": at.upper()}
        start = oracle.add_months(start, free) if at == "start" else start
    line = oracle.Line(
        value, months - free, start, places, convention, rounding, stop, start_rule, stop_rule
    )
    return row, line


def versions_by_chance(
    dice: random.Random, n: int, amendment: str
) -> tuple[list[dict[str, Any]], Line]:
    """Return the rows of a contract with up to four versions, and as the oracle knows it."""
    kind = dice.choice([kind for kind, (term, _) in TYPES.items() if term == "duration"])
    currency = dice.choice(["USD", "JPY", "KWD"])
    _, (convention, rounding, start_rule, stop_rule) = TYPES[kind]
    places, start = DECIMALS[currency], date(2023, 1, 1) + timedelta(dice.randint(0, 500))
    days = sorted(dice.sample([*range(-40, 0), *range(1, 500)], dice.randint(1, 3)))
    versions, rows = [], []
    for number, day in enumerate([None, *days]):
        value = Decimal(dice.randint(-(10**5), 10**7)).scaleb(-places)
        months = dice.choice([1, 6, 12, 12, 13, 24])
        end = oracle.term_end(start, months)
        stop = start + timedelta(dice.randint(0, (end - start).days)) if number % 3 == 2 else None
        valid = start if day is None else start + timedelta(day)
        versions.append(Version(valid, Fraction(value), months, stop))
        rows.append({
            "contract_id": f"C-{n}", "revenue_type": kind, "currency": currency,
            "contract_value": str(value), "duration_months": str(months),
            "booking_date": (start if day is None else valid).isoformat(),
            "start_date": start.isoformat(), "close_date": end.isoformat(),
            "terminated_on": stop.isoformat() if stop else None,
            "valid_from": None if day is None else valid.isoformat(),
        })  # fmt: skip
    versions.sort(key=lambda version: version.valid_from)
    dice.shuffle(rows)
    rules = (places, convention, rounding, start_rule, stop_rule)
    return rows, VersionedLine(start, versions, *rules, amendment == "catch_up")


def fiscal_versions_by_chance(
    dice: random.Random, n: int, table: list[tuple[date, date]], amendment: str
) -> tuple[list[dict[str, Any]], FiscalVersions]:
    """Return the rows of a contract with two or three versions over fiscal periods."""
    rows, line = versions_by_chance(dice, n, amendment)
    assert isinstance(line, VersionedLine)
    rules = (line.decimals, line.convention, line.rounding, line.start_rule, line.stop_rule)
    return rows, FiscalVersions(line.start, line.versions, table, *rules, line.catch_up)


def compare_fiscal(seed: int, count: int, amendment: str, codes: Sequence[str]) -> None:
    """Hold contracts with versions against the oracle, in some periods of 4, 4 and 5 weeks."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    found = [fiscal_versions_by_chance(dice, n, TABLE, amendment) for n in range(count)]
    types = {kind: rule for kind, rule in POLICY["types"].items() if rule["term"] == "duration"}
    policy = POLICY | {"types": types, "same_key": "versions", "amendment": amendment}
    periods = [(f"P{n:02}", first, last) for n, (first, last) in enumerate(TABLE)]
    contracts = pd.DataFrame([row for rows, _ in found for row in rows])
    for code in codes:
        result = recon.reconcile(
            contracts, pd.DataFrame([], columns=ENTRY_COLUMNS), code, policy, periods=periods
        )
        assert not result.invalid, result.invalid[0]
        seen = {line["contract_id"]: line for line in lines(result)}
        for rows, line in found:
            mine, at = seen[rows[0]["contract_id"]], int(code[1:])
            wanted = (line.expected(at) * 10_000, line.to_date(at) * 10_000)
            assert (mine["expected"], mine["to_date_expected"]) == wanted, (code, line)


def _weeks(first: date, lengths: Sequence[int]) -> list[tuple[date, date]]:
    starts = [first + timedelta(weeks=sum(lengths[:n])) for n in range(len(lengths) + 1)]
    return [(begun, after - timedelta(days=1)) for begun, after in pairwise(starts)]


TABLE = _weeks(date(2022, 8, 29), (4, 4, 5) * 20)


def compare(
    rows: list[dict[str, Any]],
    known: dict[str, Line],
    month: Month,
    policy: dict[str, Any] = POLICY,
) -> None:
    """Hold the lines of a month against the oracle, by amounts and to date."""
    text = f"{month[0]}-{month[1]:02d}"
    result = recon.reconcile(
        pd.DataFrame(rows), pd.DataFrame([], columns=ENTRY_COLUMNS), text, policy
    )
    assert not result.invalid, result.invalid[0]
    found = {line["contract_id"]: line for line in lines(result)}
    assert found.keys() == known.keys()
    for contract_id, line in known.items():
        seen = found[contract_id]
        wanted = (line.expected(month) * 10_000, line.to_date(month) * 10_000)
        assert (seen["expected"], seen["to_date_expected"]) == wanted, line


def many(seed: int, count: int) -> tuple[list[dict[str, Any]], dict[str, Line]]:
    """Return rows by chance, and their lines by contract."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    found = [by_chance(dice, n) for n in range(count)]
    return [row for row, _ in found], {row["contract_id"]: line for row, line in found}


def many_versions(
    seed: int, count: int, amendment: str
) -> tuple[list[dict[str, Any]], dict[str, Line], dict[str, Any]]:
    """Return rows by chance, their lines by contract, and the policy."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    found = [versions_by_chance(dice, n, amendment) for n in range(count)]
    rows = [row for rows, _ in found for row in rows]
    known = {rows[0]["contract_id"]: line for rows, line in found}
    return rows, known, POLICY | {"same_key": "versions", "amendment": amendment}


def test_lines_of_every_kind_are_those_of_the_oracle() -> None:
    """From start to close, of a month's value, with free months, under all rules."""
    compare(*many(1, 300), (2024, 3))


@pytest.mark.parametrize("amendment", ["prospective", "catch_up"])
def test_versions_are_those_of_the_oracle(amendment: str) -> None:
    """Of contracts whose value, months and stop change, once or several times."""
    rows, known, policy = many_versions(1, 100, amendment)
    compare(rows, known, (2024, 3), policy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amendment", "codes"), [("prospective", ("P08", "P30")), ("catch_up", ("P19", "P30"))]
)
def test_many_versions_over_fiscal_periods(amendment: str, codes: Sequence[str]) -> None:
    """A version holds from the period on in which it becomes valid."""
    compare_fiscal(2, 300, amendment, codes)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_many_lines_of_every_kind_are_those_of_the_oracle(seed: int) -> None:
    """Four thousand of them, in two months each."""
    rows, known = many(seed, 2_000)
    for month in ((2024, 2), (2024, 7)):
        compare(rows, known, month)


@pytest.mark.slow
@pytest.mark.parametrize("amendment", ["prospective", "catch_up"])
def test_many_versions_are_those_of_the_oracle(amendment: str) -> None:
    """A thousand contracts, in two months each."""
    rows, known, policy = many_versions(2, 500, amendment)
    for month in ((2024, 2), (2024, 7)):
        compare(rows, known, month, policy)
