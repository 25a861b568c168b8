"""Books by chance: contract lines and entries with slips, and what the oracle knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import recon
from recon.base.result import Reconciliation
from tests import oracle

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3, "CLF": 4}
ENTRY_COLUMNS = [
    "entry_id", "contract_id", "revenue_type", "currency", "recognition_period", "amount",
    "document_ref",
]  # fmt: skip
MONTH = (2024, 6)
POINT_IN_TIME = "Setup"
TYPES = {
    "Subscription": ("even", "cumulative"),
    "Support": ("prorate_period_rate", "cumulative"),
    "Maintenance": ("exact_days", "cumulative"),
    "Service": ("prorate_day_rate", "last_period"),
    "Consulting": ("even", "last_period"),
}
POLICY: dict[str, Any] = {
    "types": {
        name: {"convention": convention, "rounding": rounding}
        for name, (convention, rounding) in TYPES.items()
    }
    | {POINT_IN_TIME: {"recognition": "start_month"}},
    "segments": {"SMB": {"tolerance": "5%", "cap": "50"}},
}
SLIPS = (
    "right", "right", "right", "right", "none", "none", "twice", "flipped", "tenfold", "one unit",
    "just allowed", "just beyond", "in two", "random", "other currency", "other id", "unreadable",
)  # fmt: skip


@dataclass(frozen=True)
class Book:
    """Contract lines as the oracle knows them by key, and both sides as rows."""

    known: Mapping[tuple[str, str, str], oracle.Line]
    contracts: list[dict[str, Any]]
    entries: list[dict[str, Any]]

    def reconcile(self, policy: Mapping[str, Any] = POLICY) -> Reconciliation:
        """Return the reconciliation of June 2024."""
        entries = pd.DataFrame(self.entries, columns=ENTRY_COLUMNS)
        return recon.reconcile(pd.DataFrame(self.contracts), entries, "2024-06", policy)


def _amount(exact: Fraction) -> str:
    units = int(exact * 10_000)
    assert units == exact * 10_000
    return f"{'-' if units < 0 else ''}{abs(units) // 10_000}.{abs(units) % 10_000:04d}"


def entry_of(
    contract_id: str, kind: str, currency: str, offset: int, amount: Fraction | None
) -> dict[str, Any]:
    """Return an entry some months from June 2024; without an amount it is unreadable."""
    return {
        "contract_id": contract_id,
        "revenue_type": kind,
        "currency": currency,
        "recognition_period": f"2024-{MONTH[1] + offset:02d}" if offset > -6 else "2023-12",
        "amount": "unreadable" if amount is None else _amount(amount),
        "document_ref": "INV-1",
    }


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Return up to ten contract lines, two a contract, most of them posted with a slip."""
    known: dict[tuple[str, str, str], oracle.Line] = {}
    contracts: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for n in range(draw(st.integers(1, 10))):
        row, line = draw(_contract_lines(f"C-{n // 2:02d}"))
        key = row["contract_id"], row["revenue_type"]
        if key in {(known_id, kind) for known_id, kind, _ in known}:
            continue
        known[*key, row["currency"]] = line
        contracts.append(row)
        entries += draw(_postings(key, row["currency"], line))
    if draw(st.booleans()):
        contracts.append(contracts[0] | {"contract_id": "BAD", "contract_value": None})
        entries.append(entry_of("BAD", contracts[0]["revenue_type"], "USD", 0, Fraction(5)))
    for n, entry in enumerate(entries):
        entry["entry_id"] = f"E-{n:03d}"
    return Book(known, contracts, entries)


@st.composite
def _contract_lines(draw: st.DrawFn, contract_id: str) -> tuple[dict[str, Any], oracle.Line]:
    """Return a contract line as a row and as the oracle knows it."""
    kind = draw(st.sampled_from([*TYPES, POINT_IN_TIME]))
    currency = draw(st.sampled_from(["USD", "USD", "JPY", "KWD"]))
    units = draw(st.integers(-(10**6), 10**7) | st.integers(-40, 40))
    value = units * Fraction(1, 10 ** DECIMALS[currency])
    start = draw(st.dates(date(2023, 1, 1), date(2024, 7, 31)))
    months = draw(st.integers(1, 24))
    days = draw(st.none() | st.integers(1, 900))
    close = oracle.term_end(start, months) if days is None else start + timedelta(days)
    row = {
        "contract_id": contract_id,
        "revenue_type": kind,
        "currency": currency,
        "contract_value": _amount(value),
        "duration_months": months,
        "booking_date": start.isoformat(),
        "close_date": close.isoformat(),
        "customer_id": draw(st.sampled_from(["K-1", "K-2", None])),
        "segment": draw(st.sampled_from(["SMB", "Mid", None])),
    }
    return row, _line(kind, value, months, start, close, DECIMALS[currency])


@st.composite
def _postings(
    draw: st.DrawFn, key: tuple[str, str], currency: str, line: oracle.Line
) -> list[dict[str, Any]]:
    """Return the entries of a line: 2023 in one, and April to July 2024."""
    entries = []
    for offset in (-6, -2, -1, 0, 1):
        slip = draw(st.sampled_from(SLIPS if offset in (0, -1) else SLIPS[:5]))
        month = MONTH[0], MONTH[1] + offset
        expected = line.to_date((2023, 12)) if offset == -6 else line.expected(month)
        random_amount = Fraction(draw(st.integers(-(10**5), 10**5)), 10 ** DECIMALS[currency])
        entries += _slipped(key, currency, offset, expected, slip, random_amount)
    return entries


def _line(
    kind: str, value: Fraction, months: int, start: date, close: date, decimals: int
) -> oracle.Line:
    if kind == POINT_IN_TIME:
        return oracle.Line(value, 1, start.replace(day=1), decimals)
    return oracle.Line(value, months, start, decimals, *TYPES[kind], close)


def _slipped(
    key: tuple[str, str],
    currency: str,
    offset: int,
    right: Fraction,
    slip: str,
    random_amount: Fraction,
) -> list[dict[str, Any]]:
    """Return the postings of one line in one month with a slip of the pen."""
    unit = Fraction(1, 10 ** DECIMALS[currency])
    percent = Fraction(abs(right) * 10_000 // 100, 10_000)
    amounts: dict[str, list[Fraction | None]] = {
        "right": [right],
        "none": [],
        "twice": [right, right],
        "flipped": [-right],
        "tenfold": [right * 10],
        "one unit": [right + unit],
        "just allowed": [right + percent],
        "just beyond": [right - percent - Fraction(1, 10_000)],
        "in two": [right - unit, unit],
        "random": [random_amount],
        "unreadable": [None],
    }
    if right == 0 and slip == "right":
        return []
    contract_id = key[0].lower() + " " if slip == "right" else key[0]
    if slip == "other currency":
        currency = "USD" if currency == "KWD" else "KWD"
    if slip == "other id":
        contract_id = f"X-{key[0]}"
    return [
        entry_of(contract_id, key[1], currency, offset, amount)
        for amount in amounts.get(slip, [Fraction(int(right))])
    ]
