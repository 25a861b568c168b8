"""Books on a SQL Server: contracts and entries as the answers to what recon asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from recon.base.errors import ReconError
from recon.base.month import Month
from recon.base.result import Reconciliation
from recon.config import load
from recon.run.month import run_month
from tests.books import Row, contract, entry
from tests.tds.answers import Answer

JUNE = Month.parse("2024-06")
# The columns of example_tables.sql.
CONTRACT_TYPES = {
    "contract_id": "nvarchar(40)", "revenue_type": "nvarchar(40)",
    "contract_value": "decimal(19,4)", "duration_months": "int", "booking_date": "date",
    "close_date": "date", "start_date": "date", "currency": "nchar(3)",
    "customer": "nvarchar(200)", "segment": "nvarchar(40)", "terminated_on": "date",
}  # fmt: skip
ENTRY_TYPES = {
    "entry_id": "nvarchar(40)", "contract_id": "nvarchar(40)", "revenue_type": "nvarchar(40)",
    "amount": "decimal(19,4)", "recognition_period": "date", "currency": "nchar(3)",
    "posted_at": "datetime2(0)", "document_ref": "nvarchar(60)",
}  # fmt: skip
OLDER_TYPES = ("contract_id", "revenue_type", "currency", "amount", "recognition_period")
# What SUM makes of a column, where it is another type.
SUMS = {
    "smallmoney": "money",
    "tinyint": "int",
    "smallint": "int",
    "real": "float",
}
# The three ranges of entries, as the parameters stand in a request's text.
RECENT = r"\[2024-05-01, 2024-08-01\]"
BEFORE = r"\[2024-04-01, 2024-05-01\]"
OLDER = r"\[1900-01-01, 2024-04-01\]"
CONTRACTS, ENTRIES = r"^SELECT \* .*dbo.deals", rf"^SELECT \* .*{RECENT}"


def june(entry_id: str, contract_id: str, amount: str | None, **changes: object) -> Row:
    """Return an entry of June; its period is a day."""
    days: Row = {"recognition_period": "2024-06-01", **changes}
    return {**entry(entry_id, contract_id, ""), "amount": amount, **days}


# Two contracts of 1,000.00 a month; an entry of one is there twice.
CONTRACT_ROWS = (contract("C-1"), contract("C-2", customer="Zoë"))
ENTRY_ROWS = (
    june("E-1", "C-1", "1000.00"),
    june("E-2", "C-2", "1000.00"),
    june("E-3", "C-2", "1000.00", document_ref="INV-E-2"),
    june("E-4", "C-1", "1000.00", recognition_period="2024-05-01"),
    june("E-5", "C-2", "1000.00", recognition_period="2024-05-01"),
)
OLDER_ROWS = tuple(
    june("", key, "3000.00", recognition_period="2024-01-01", recon_entries="3")
    for key in ("C-1", "C-2")
)
BEFORE_ROWS = tuple(
    june("", key, "1000.00", recognition_period="2024-04-01", recon_entries="1")
    for key in ("C-1", "C-2")
)


def session(snapshot: bool = True) -> list[Answer]:
    """Return the answers to what recon asks before it reads anything."""
    state = ("snapshot_isolation_state", "tinyint")
    return [
        Answer("sys.databases", columns=[state], rows=[["1" if snapshot else "0"]]),
        Answer(r"SELECT CAST\(1234", columns=[("", "decimal(19,4)")], rows=[["1234.5600"]]),
    ]


def books(
    contracts: Sequence[Row] = CONTRACT_ROWS,
    entries: Sequence[Row] = ENTRY_ROWS,
    *,
    older: Sequence[Row] = OLDER_ROWS,
    before: Sequence[Row] = BEFORE_ROWS,
    snapshot: bool = True,
    further: Mapping[str, str] = MappingProxyType({}),
    **types: str,
) -> list[Answer]:
    """Return all answers of a month.

    `types` are columns of either side in other types, `further` are columns that entries have.
    """
    deals = {name: types.get(name, kind) for name, kind in CONTRACT_TYPES.items()}
    ledger = {name: types.get(name, kind) for name, kind in ENTRY_TYPES.items()}
    ledger |= further
    return [
        *session(snapshot),
        _table("dbo.deals.*WHERE 1 = 0", deals),
        _count("dbo.deals", contracts, deals["contract_value"], column="contract_value"),
        _table(CONTRACTS, deals, contracts),
        _table(r"\[1900-01-01, 1900-01-01\]", ledger),
        *part(RECENT, entries, ledger),
        *part(BEFORE, before, ledger, condensed=True),
        *part(OLDER, older, ledger, condensed=True),
    ]


def part(
    which: str,
    rows: Sequence[Row],
    types: Mapping[str, str] = ENTRY_TYPES,
    *,
    condensed: bool = False,
) -> list[Answer]:
    """Return the answers to what is asked of a range of entries: its count, and its rows."""
    counts = [_count(which, rows, types["amount"], days)
              for days in (types["recognition_period"], "")]  # fmt: skip
    # Texts are not added up.
    if not condensed or _is_text(types["amount"]):
        return [*counts, _table(rf"^SELECT \* .*{which}", types, rows)]
    summed = {name: types[name] for name in OLDER_TYPES} | {"recon_entries": "int"}
    # Floats are cast to decimals before they are added up.
    summed["amount"] = re.sub("float", "decimal(38,4)", _sum_type(types["amount"]))
    return [*counts, _table(f"GROUP BY.*{which}", summed, rows)]


def _table(to: str, types: Mapping[str, str], rows: Sequence[Row] = ()) -> Answer:
    values: list[list[Any]] = [[row.get(name) for name in types] for row in rows]
    return Answer(to, columns=list(types.items()), rows=values)


def _count(
    which: str, rows: Sequence[Row], kind: str, days: str = "", *, column: str = "amount"
) -> Answer:
    """Return how many rows the server counts, and the sum of their amounts; with their `days`."""
    text = _is_text(kind)
    number = len(rows) if text else sum(int(str(row.get("recon_entries", 1))) for row in rows)
    given = [Decimal(str(row[column])) for row in rows if row[column] is not None]
    with localcontext(prec=60):
        total = str(sum(given)) if given and not text else None
    columns, values = [("", "int"), ("", _sum_type(kind))], [str(number), total]
    pattern = f"^SELECT COUNT.*{which}"
    if days:
        periods = [str(row["recognition_period"]) for row in rows if row["recognition_period"]]
        columns += [("", days), ("", days)]
        values += [min(periods, default=None), max(periods, default=None)]
        pattern = rf"^SELECT COUNT\S+ (SUM\S+|NULL,) MIN.*{which}"
    return Answer(pattern, columns=columns, rows=[values])


def _is_text(kind: str) -> bool:
    return "char" in kind


def _sum_type(kind: str) -> str:
    return "int" if _is_text(kind) else SUMS.get(kind, re.sub(r"\(\d+,", "(38,", kind))


def month(config: Path) -> Reconciliation:
    """Return the reconciliation of June, in this process."""
    return run_month(load(config), JUNE, formats=()).result


def refusal(config: Path) -> ReconError:
    """Return what ends the run."""
    with pytest.raises(ReconError) as caught:
        month(config)
    return caught.value
