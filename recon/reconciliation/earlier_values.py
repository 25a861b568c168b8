"""Earlier values: the worth of contracts in earlier runs.

A session may know where earlier runs keep their contracts or, where a run is made again, which
values it found there. Only broken lines are looked up, and only values other than today's count.

`recon.reconciliation.relations` lists the relations that it reads and makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from weakref import WeakKeyDictionary, WeakSet

from recon.base.errors import ReconError
from recon.base.result import EarlierValue, Side
from recon.store.columns import Columns
from recon.store.session import Session, columns, is_any, literal, reading

# Months of earlier runs, the newest first, each with what to select its contracts from.
Runs = Callable[[], Sequence[tuple[str, str]]]

_RUNS: WeakKeyDictionary[Session, Runs] = WeakKeyDictionary()
_TOLD: WeakKeyDictionary[Session, Sequence[EarlierValue]] = WeakKeyDictionary()
# Sessions that have `earlier_values`.
_LOOKED_UP: WeakSet[Session] = WeakSet()
_LINES = "(FROM breaks WHERE on_contract AND recognized <> 0)"


def know_earlier_runs(connection: Session, runs: Runs) -> None:
    """Let a session look up contracts of earlier runs."""
    _RUNS[connection] = runs


def know_earlier_values(connection: Session, values: Sequence[EarlierValue]) -> None:
    """Let a session take the values that a run found."""
    _TOLD[connection] = values


def create_earlier_values(connection: Session) -> bool:
    """Create `earlier_values`; return whether there are any."""
    if connection not in _TOLD and connection not in _RUNS:
        return False
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE earlier_values(
            line BIGINT, id_key VARCHAR, type VARCHAR, currency VARCHAR, value BIGINT,
            month VARCHAR, place BIGINT)"""
    )
    for place, one in enumerate(_TOLD.get(connection, ())):
        key = (one.id_key, one.revenue_type, one.currency)
        connection.execute(
            f"""INSERT INTO earlier_values SELECT line, id_key, type, currency, ?, ?, ?
            FROM {_LINES} WHERE (id_key, type, currency) = (?, ?, ?)""",
            [one.value, one.month, place, *key],
        )
    for place, (month, relation) in enumerate(_runs(connection)):
        # The evidence of an old run may be gone or damaged.
        with suppress(ReconError), reading(Side.ANALYTICS, month):
            connection.execute(f"INSERT INTO earlier_values {_other_values(connection, relation)}",
                               [month, place])  # fmt: skip
    _LOOKED_UP.add(connection)
    return bool(_found(connection))


def _runs(connection: Session) -> Sequence[tuple[str, str]]:
    return _RUNS[connection]() if connection in _RUNS and is_any(connection, _LINES) else ()


def _other_values(connection: Session, relation: str) -> str:
    """SELECT of a run's values that differ from today's."""
    given = Columns(Side.ANALYTICS, columns(connection, relation), ())
    return f"""
        SELECT line, id_key, type, currency, e.value, ?, ?
        FROM (
            SELECT analytics_key({given.text("contract_id")}) AS id_key,
                read_type(lower({given.text("revenue_type")})) AS type,
                coalesce(upper({given.text("currency")}), read_currency({literal("")})) AS currency,
                {given.units("contract_value")} AS value
            FROM {relation}) e JOIN {_LINES} l USING (id_key, type, currency)
        WHERE e.value <> l.value AND e.value <> 0
            AND NOT EXISTS (FROM earlier_values k WHERE k.line = l.line AND k.value = e.value)"""


def _found(connection: Session) -> tuple[EarlierValue, ...]:
    rows = connection.execute(
        # Those of the session's last month may still be there where this one has no breaks.
        """SELECT id_key, type, currency, value, month
        FROM earlier_values SEMI JOIN (FROM breaks WHERE recognized <> 0) USING (line)
        ORDER BY line, place"""
    ).fetchall()
    return tuple(EarlierValue(*row) for row in rows)


def named_earlier_values(connection: Session) -> tuple[EarlierValue, ...]:
    """The earlier values that were looked up."""
    return _found(connection) if connection in _LOOKED_UP else ()
