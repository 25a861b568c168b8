"""Small tables, written as text in the test that needs them, as the frames that recon takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

import recon
from recon.base.result import Break, InvalidRow, Side
from tests.oracle import term_end

if TYPE_CHECKING:
    from recon.base.result import Reconciliation

MONTH = "2024-06"
CONTRACT = {
    "contract_id": "C1",
    "revenue_type": "Subscription",
    "contract_value": "1200.00",
    "duration_months": "12",
    "booking_date": "2024-01-01",
}
# Without an id of its own: entries that share one are the same entry, or refused.
ENTRY: dict[str, Any] = {
    "entry_id": None,
    "contract_id": "C1",
    "revenue_type": "Subscription",
    "amount": "100.00",
    "recognition_period": MONTH,
}


def rows(text: str) -> list[dict[str, Any]]:
    """Return the rows of a table written with a head and blanks between; `-` is null."""
    head, *lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    cells = [[None if cell == "-" else cell for cell in line] for line in lines]
    return [dict(zip(head, line, strict=True)) for line in cells]


def contracts(text: str) -> pd.DataFrame:
    """Return contract lines, C1 over 2024 where nothing else is said, that close with the term."""
    return pd.DataFrame([contract(**row) for row in rows(text)])


def subscriptions(*lines: str) -> pd.DataFrame:
    """Return contract lines of a year each, in the columns of a customer's subscriptions."""
    head = "contract_id customer_id contract_value booking_date close_date terminated_on"
    table = contracts("\n".join([head, *lines]))
    return table.assign(revenue_type="Subscription", duration_months=12)


def contract(**columns: Any) -> dict[str, Any]:
    """Return a contract line: 100.00 a month over 2024, apart from what is given."""
    line = CONTRACT | columns
    if "close_date" not in line:
        start = date.fromisoformat(line.get("start_date") or line["booking_date"])
        line["close_date"] = term_end(start, int(line["duration_months"])).isoformat()
    return line


def entries(text: str) -> pd.DataFrame:
    """Return entries, numbered E1, E2 … where no ids are given, of June 2024 unless said."""
    numbered = enumerate(rows(text), start=1)
    return pd.DataFrame([ENTRY | {"entry_id": f"E{n}"} | row for n, row in numbered])


def no_entries() -> pd.DataFrame:
    """Return the entries of an empty month."""
    return pd.DataFrame(columns=list(ENTRY))


def one(
    contract_line: Mapping[str, Any] | None = None,
    entry: Mapping[str, Any] | None = None,
    policy: Mapping[str, object] | None = None,
) -> Reconciliation:
    """Return the month of one contract line, posted for 2024-01 to 2024-05, and one entry."""
    earlier = [
        ENTRY | {"entry_id": f"P{n}", "recognition_period": f"2024-{n:02d}"} for n in range(1, 6)
    ]
    return recon.reconcile(
        pd.DataFrame([contract(**(contract_line or {}))]),
        pd.DataFrame([*earlier, ENTRY | {"entry_id": "E1"} | dict(entry or {})]),
        MONTH,
        policy,
    )


def line_of(result: Reconciliation, contract_id: str = "C1") -> dict[str, Any]:
    """Return the one line of a contract by column."""
    (found,) = (line for line in lines(result) if line["contract_id"] == contract_id)
    return found


def lines(result: Reconciliation) -> list[dict[str, Any]]:
    """Return all lines by column."""
    return [dict(zip(result.lines.columns, line, strict=True)) for line in result.lines]


def break_of(result: Reconciliation, contract_id: str) -> Break:
    """Return the one break of a contract."""
    (found,) = (item for item in result.breaks if item.contract_id == contract_id)
    return found


def reasons(result: Reconciliation, side: Side) -> list[str]:
    """Return why the rows of a side are invalid, in the order of the source."""
    return [row.reason for row in result.invalid if row.side is side]


def ties(result: Reconciliation) -> bool:
    """Return whether on both sides the rows are compared, invalid or repeated."""
    compared = {
        Side.ANALYTICS: sum(totals.contract_lines for totals in result.totals.values()),
        Side.ACCOUNTING: sum(line["entries"] for line in lines(result)),
    }
    return all(
        facts.rows - facts.repeated
        == compared[side] + facts.invalid
        == compared[side] + len(_of(result, side))
        for side, facts in result.sources.items()
    )


def _of(result: Reconciliation, side: Side) -> list[InvalidRow]:
    return [row for row in result.invalid if row.side is side]
