"""Terms at their ends: no day, length or value keeps a month from being reckoned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pandas as pd
import pytest

import recon
from recon.base import money
from tests.oracle import add_months
from tests.tables import ENTRY, MONTH, contract, lines, ties

CONVENTIONS = ("even", "prorate_period_rate", "prorate_day_rate", "exact_days", "days_360")
TYPES = (
    {
        f"{convention} {rounding}": {
            "kind": "recurring",
            "convention": convention,
            "rounding": rounding,
        }
        for convention, rounding in product(CONVENTIONS, ("cumulative", "last_period"))
    }
    | {
        f"{rounding} from {start} to {stop}": {
            "kind": "recurring",
            "rounding": rounding,
            "start_month": start,
            "stop_month": stop,
        }
        for rounding, start, stop in (
            ("cumulative", "half", "days"),
            ("last_period", "half", "none"),
            ("last_period", "rule_of_15", "days"),
        )
    }
    | {
        moment: {"kind": "one_time", "recognition": moment}
        for moment in ("booking_month", "start_month", "close_month")
    }
)
FIRST, LAST = date(1900, 1, 2), date(9999, 12, 31)
STARTS = (
    "1900-01-02", "1900-01-31", "2024-02-29", "2024-06-01", "2024-06-15", "9998-12-31",
    "9999-12-30",
)  # fmt: skip
MONTHS = (1, 2, 12, 12_000)
VALUES = ("0.00", "-0.01", "922337203685477.5807")
# When a line closes, and when it is terminated, in days after its start.
ENDS = (
    (-40_000, None), (-1, None), (0, None), (1, None), (29, None), (30, None), (365, None),
    (3_000_000, None), (30, 0), (30, 1), (0, 0), (3_000_000, 0),
)  # fmt: skip


def after(start: date, days: int | None) -> str | None:
    """Return the day so many days after a start, no further than books are kept."""
    if days is None:
        return None
    kept = min(max(days, (FIRST - start).days), (LAST - start).days)
    return (start + timedelta(kept)).isoformat()


def odd_lines() -> Iterator[dict[str, Any]]:
    """Yield a line of each type for every combination."""
    cases = product(map(date.fromisoformat, STARTS), MONTHS, VALUES, ENDS, TYPES)
    for number, (start, months, value, (close, terminated), of) in enumerate(cases):
        yield contract(
            contract_id=f"C{number}",
            revenue_type=of,
            contract_value=value,
            duration_months=str(months),
            booking_date=start.isoformat(),
            close_date=after(start, close),
            terminated_on=after(start, terminated),
        )


def posted(line: dict[str, Any], month: str) -> Iterator[dict[str, Any]]:
    """Yield what is posted of a line: a cent where it starts, its whole value in the month."""
    of = {"contract_id": line["contract_id"], "revenue_type": line["revenue_type"]}
    for period, amount in ((line["booking_date"][:7], "0.01"), (month, line["contract_value"])):
        yield ENTRY | of | {"amount": amount, "recognition_period": period}


@pytest.mark.parametrize(
    ("month", "every"),
    [(MONTH, 11), *(pytest.param(*given, marks=pytest.mark.slow)
                    for given in ((MONTH, 1), ("1900-01", 5), ("9998-12", 5)))],
)  # fmt: skip
def test_every_line_is_reckoned(month: str, every: int) -> None:
    """Whatever it closes on, however long it goes on: every line is compared, every row counted."""
    # No number of types, starts, months or ends is a multiple of the step: each has its turn.
    odd = list(odd_lines())[::every]
    fine = [contract(contract_id=f"FINE-{n}", revenue_type="start_month") for n in range(len(odd))]
    result = recon.reconcile(
        pd.DataFrame([*odd, *fine]),
        pd.DataFrame([entry for line in odd for entry in posted(line, month)]),
        month,
        {"types": TYPES, "tolerance": "0%", "floor": "0"},
    )
    assert not result.invalid
    assert len(lines(result)) == len(odd) + len(fine)
    assert ties(result)


# Rule, first day, last day if before the term's end, and what June gets of 1,200.00 in a year.
PARTS = [
    ({}, "2024-01-01", "2024-06-15", "100.00"),
    ({"stop_month": "days"}, "2024-01-01", "2024-06-15", "50.00"),
    ({"stop_month": "days"}, "2024-01-01", "2024-06-30", "100.00"),
    ({"stop_month": "days"}, "2024-06-15", "2024-06-15", "3.33"),
    ({"stop_month": "none"}, "2024-01-01", "2024-06-29", "0.00"),
    ({"stop_month": "none"}, "2024-01-01", "2024-06-30", "100.00"),
    ({"convention": "prorate_period_rate"}, "2024-01-01", "2024-06-15", "50.00"),
    ({"convention": "prorate_period_rate"}, "2024-01-01", "2024-06-30", "100.00"),
    ({"convention": "prorate_period_rate"}, "2024-06-15", "2024-06-15", "3.33"),
    ({"convention": "prorate_day_rate"}, "2024-01-01", "2024-06-15", "50.00"),
    ({"convention": "days_360"}, "2024-01-01", "2024-06-15", "50.00"),
    ({"convention": "days_360"}, "2023-06-20", None, "63.33"),
    ({"convention": "exact_days"}, "2024-01-01", "2024-06-15", "49.18"),
    ({"convention": "exact_days"}, "2024-06-15", "2024-06-14", "0.00"),
    ({"start_month": "half"}, "2024-06-01", None, "50.00"),
    ({"start_month": "half"}, "2023-06-01", None, "50.00"),
    ({"start_month": "half"}, "2023-06-01", "2024-05-30", "0.00"),
    ({"start_month": "rule_of_15"}, "2024-06-15", None, "100.00"),
    ({"start_month": "rule_of_15"}, "2024-06-16", None, "0.00"),
    ({"start_month": "rule_of_15"}, "2023-06-16", None, "100.00"),
]  # fmt: skip


def test_a_month_in_part() -> None:
    """A month in which a line starts or stops counts as the policy says."""
    rows = [
        contract(
            contract_id=f"C{n}",
            revenue_type=f"Type {n}",
            contract_value="1200.00",
            booking_date=start,
            close_date=stop or add_months(date.fromisoformat(start), 12).isoformat(),
        )
        for n, (_, start, stop, _) in enumerate(PARTS)
    ]
    types = {f"Type {n}": {"kind": "recurring"} | rule for n, (rule, *_) in enumerate(PARTS)}
    result = recon.reconcile(pd.DataFrame(rows), pd.DataFrame([ENTRY]), MONTH, {"types": types})
    found = {line["contract_id"]: line["expected"] for line in lines(result)}
    assert [money.pretty(found[f"C{n}"], "USD") for n in range(len(PARTS))] == [
        expected for *_, expected in PARTS
    ]
