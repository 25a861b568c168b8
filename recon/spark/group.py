"""A group of contracts, compared by the core in a DuckDB of its own; this runs in an executor.

Nothing in here knows Spark: Arrow tables come in, and relations go out by their kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from recon.base import errors
from recon.base.errors import ReconError
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Side
from recon.reconciliation.intake import load_contracts, view_entries
from recon.reconciliation.policy_sql import register_policy
from recon.reconciliation.revenue import COMPARED, compare_month
from recon.store.session import Session, name, open_session, reading

# What the driver is told of a group: what `conclude` reads, and what a dossier reads besides.
KINDS = (*COMPARED, "blocked")
GIVEN = {Side.ANALYTICS: "contracts_came", Side.ACCOUNTING: "entries_came"}
FAILED = "failed"
# Lines without a contract are numbered below 0, in each group anew: so far apart are the groups.
_APART = 1 << 40
_NUMBERED = {"orphans": "row", "compared": "line", "detail": "line"}
# An executor has a group for each of its cores, and other work.
_MEMORY = "1GB"


@dataclass(frozen=True)
class Task:
    """What holds for every group; `selects` are what is read of each column that a side has."""

    month: Month
    policy: Policy
    compliance: tuple[str, ...]
    selects: Mapping[Side, str]
    descriptions: Mapping[Side, str]


def answered(
    task: Task, number: int, given: Mapping[Side, pa.Table]
) -> Iterator[tuple[str, pa.Table]]:
    """Yield what a group comes to, and its rows as they came; else why it cannot be compared."""
    try:
        with open_session(_MEMORY) as connection:
            connection.execute("SET threads = 1")
            for side, table in given.items():
                connection.register(GIVEN[side], table)
            compare_given(connection, task)
            found = [(kind, _told(connection, kind, number)) for kind in KINDS]
    except ReconError as error:
        # As a value: Spark would try a failure again, and tell it as a traceback.
        yield FAILED, pa.table({"error": [type(error).__name__], "told": [str(error)]})
        return
    yield from found
    for side, table in given.items():
        yield GIVEN[side], table


def compare_given(connection: Session, task: Task) -> list[str]:
    """Compare the relations of both sides in a session; return what is worth a notice."""
    register_policy(connection, task.policy)
    contracts, entries = (f"(SELECT {task.selects[side]} FROM {GIVEN[side]})" for side in GIVEN)
    with reading(Side.ANALYTICS, task.descriptions[Side.ANALYTICS]):
        notices = load_contracts(connection, contracts, task.policy)
    with reading(Side.ACCOUNTING, task.descriptions[Side.ACCOUNTING]):
        notices += view_entries(connection, entries, task.policy, task.compliance)
        compare_month(connection, task.month, task.policy, task.compliance)
    return notices


def raise_failure(table: pa.Table) -> None:
    """Raise what has kept a group from being compared."""
    (failure,) = table.to_pylist()
    kind: type[ReconError] = getattr(errors, failure["error"])
    # Its sentence is there: a class that makes its own would want what it was made of.
    error = kind.__new__(kind)
    Exception.__init__(error, failure["told"])
    raise error


def _told(connection: Session, kind: str, number: int) -> pa.Table:
    column = _NUMBERED.get(kind)
    if column is None:
        return connection.sql(f"FROM {kind}").to_arrow_table()
    column = name(column)
    below = f"CASE WHEN {column} < 0 THEN {column} - {number * _APART} ELSE {column} END"
    return connection.sql(f"SELECT * REPLACE ({below} AS {column}) FROM {kind}").to_arrow_table()
