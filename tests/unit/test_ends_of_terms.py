"""Terms at their ends: no day, length or value keeps a month from being reckoned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pandas as pd
import pytest

import recon
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
FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)
STARTS = (
    "1900-01-01", "1900-01-31", "2024-02-29", "2024-06-01", "2024-06-15", "9998-12-31",
    "9999-12-31",
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


@pytest.mark.parametrize("month", [MONTH, "1900-01", "9998-12"])
def test_every_line_is_reckoned(month: str) -> None:
    """Whatever it closes on, however long it goes on: every line is compared, every row counted."""
    odd = list(odd_lines())
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
