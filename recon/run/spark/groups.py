"""Groups of contracts, each compared in an executor.

There the core compares it in a DuckDB of its own, to which Spark is unknown: Arrow tables come in,
and relations go out by their kinds, as rows (kind, payload) of any shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from recon.base import errors
from recon.base.errors import ReconError
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Side
from recon.reconciliation.contract_intake import load_contracts
from recon.reconciliation.entry_intake import currency_notice, view_entries
from recon.reconciliation.policy_sql import register_policy
from recon.reconciliation.revenue import COMPARED, compare_month
from recon.store.ids import plain_letters
from recon.store.session import Session, columns, name, open_session, reading

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, GroupedData, SparkSession


_GROUP = "recon_group"


@contextmanager
def compared(
    spark: SparkSession, frames: Mapping[Side, DataFrame], task: Task, groups: int
) -> Iterator[Iterator[tuple[str, bytes]]]:
    """Yield the answers of all groups as (kind, payload).

    The answers wait on the executors' disks, so that this machine never holds all of them.
    """
    from pyspark import StorageLevel

    numbers = _numbers(spark, groups)
    both = [_grouped(frames[side], numbers) for side in (Side.ANALYTICS, Side.ACCOUNTING)]
    answers = both[0].cogroup(both[1]).applyInArrow(partial(_answer, task), SCHEMA)
    answers = answers.persist(StorageLevel.DISK_ONLY)
    try:
        answers.count()
        yield ((row.kind, bytes(row.payload)) for row in answers.toLocalIterator())
    finally:
        answers.unpersist()


def _answer(task: Task, key: tuple[pa.Scalar], contracts: pa.Table, entries: pa.Table) -> pa.Table:
    sides = {Side.ANALYTICS: contracts, Side.ACCOUNTING: entries}
    given = {side: table.drop_columns([_GROUP]) for side, table in sides.items()}
    return packed(answered(task, key[0].as_py(), given))


def _grouped(frame: DataFrame, numbers: list[int]) -> GroupedData:
    from pyspark.sql import functions as f

    place = f.pmod(f.xxhash64(folded(frame, "contract_id")), f.lit(len(numbers))).cast("int")
    group = f.element_at(f.array(*map(f.lit, numbers)), place + 1)
    # Into as many partitions as there are groups, whatever the session's own settings are.
    return frame.withColumn(_GROUP, group).repartition(len(numbers), _GROUP).groupBy(_GROUP)


def _numbers(spark: SparkSession, groups: int) -> list[int]:
    """A number for each group.

    Each of them falls into a partition of its own.

    Spark hashes the numbers once more, so that of 0 to 15 some would meet in one partition.
    """
    from pyspark.sql import functions as f

    found: dict[int, int] = {}
    start, step = 0, 20 * groups
    while len(found) < groups:
        numbers = spark.range(start, start + step, 1, 1).select(f.col("id").cast("int").alias("n"))
        for row in numbers.select("n", f.pmod(f.hash("n"), f.lit(groups)).alias("at")).collect():
            found.setdefault(row.at, row.n)
        start += step
    return sorted(found.values())


def folded(frame: DataFrame, column: str) -> Column:
    """The common form of all spellings of an id.

    NULL for none.

    It may be coarser than what the core takes for the same id, never finer. So whatever has no
    letter and no digit of ASCII in it is left out: blanks and dashes among it, and the letters
    whose lower case Java and DuckDB do not agree on.
    """
    from pyspark.sql import functions as f

    text = f.col(column)
    if dict(frame.dtypes)[column] in ("double", "float"):
        whole = (text == f.floor(text)) & (f.abs(text) < f.lit(1e15))
        text = f.when(whole, text.cast("bigint").cast("string")).otherwise(text.cast("string"))
    return f.regexp_replace(_lettered(text.cast("string")), "[^0-9a-z]", "")


def _lettered(text: Column) -> Column:
    """A text as the letters of ASCII in it."""
    from pyspark.sql import functions as f

    one = {c: letters for c, letters in plain_letters().items() if len(letters) == 1}
    many = {c: letters for c, letters in plain_letters().items() if len(letters) > 1}
    text = f.translate(text, "".join(one), "".join(one.values()))
    spelled = f.map_from_arrays(
        f.split(f.lit("".join(many)), ""), f.split(f.lit(" ".join(many.values())), " ")
    )
    each = f.transform(f.split(text, ""), lambda c: f.coalesce(f.try_element_at(spelled, c), c))
    return f.when(text.rlike(r"[^\x00-\x7F]"), f.array_join(each, "")).otherwise(text)


# Relations of a group for the driver: what `summarize` reads, and a contract's detail besides.
KINDS = (*COMPARED, "invalid_contract_keys", "contracts_of_one_key", "entries_repeated")
GIVEN = {Side.ANALYTICS: "contracts_came", Side.ACCOUNTING: "entries_came"}
FAILED = "failed"
# Lines without a contract are numbered below 0, in each group anew: so far apart are the groups.
_APART = 1 << 40
_NUMBERED = {
    "lines_without_contract": "row", "lines_compared": "line", "break_entries": "line",
    "entries_unread": "line", "recognized_months": "line",
}  # fmt: skip
# An executor has a group for each of its cores, and other work.
_MEMORY = "1GB"


@dataclass(frozen=True)
class Task:
    """The part of a task that holds for every group.

    `selects` are the expressions for each column that a side has.
    """

    month: Month
    policy: Policy
    compliance: tuple[str, ...]
    selects: Mapping[Side, str]
    descriptions: Mapping[Side, str]


def answered(
    task: Task, number: int, given: Mapping[Side, pa.Table]
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the relations and the raw rows of a group.

    Or the reason why it cannot be compared.
    """
    try:
        with open_session(_MEMORY, threads=1) as connection:
            for side, table in given.items():
                connection.register(GIVEN[side], table)
            compare_given(connection, task)
            found = [(kind, _told(connection, kind, number)) for kind in KINDS]
    except ReconError as error:
        # As a value: Spark would try a failure again, and tell it as a traceback.
        yield FAILED, pa.table({"error": [type(error).__name__], "told": [str(error)]})
        return
    except Exception as error:  # noqa: BLE001 - a fault of ours: no source is to blame
        told = f"This is a defect in recon ({type(error).__name__}: {error})."
        yield FAILED, pa.table({"error": [ReconError.__name__], "told": [told]})
        return
    yield from found
    for side, table in given.items():
        yield GIVEN[side], table


def compare_given(connection: Session, task: Task) -> list[str]:
    """Compare the relations of both sides in a session.

    Returns the notices.
    """
    periods = task.month.periods
    register_policy(connection, task.policy, periods)
    contracts, entries = (f"(SELECT {task.selects[side]} FROM {GIVEN[side]})" for side in GIVEN)
    with reading(Side.ANALYTICS, task.descriptions[Side.ANALYTICS]):
        notices = load_contracts(connection, contracts, task.policy, periods)
    with reading(Side.ACCOUNTING, task.descriptions[Side.ACCOUNTING]):
        notices += view_entries(connection, entries, task.policy, task.compliance, periods)
        notices += currency_notice(connection, columns(connection, entries), task.policy)
    compare_month(connection, task.month, task.policy, task.descriptions, task.compliance)
    return notices


def raise_failure(table: pa.Table) -> None:
    """Raise the failure that ended a group's comparison."""
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


SCHEMA = "kind string, payload binary"
_ARROW = pa.schema([("kind", pa.string()), ("payload", pa.binary())])
# Spark and Arrow hold a value of at most 2 GB.
_ROWS = 50_000


def packed(relations: Iterable[tuple[str, pa.Table]]) -> pa.Table:
    """Return relations by their kinds as rows (kind, payload)."""
    return pa.Table.from_batches(
        [
            pa.RecordBatch.from_pydict({"kind": [kind], "payload": [payload]}, _ARROW)
            for kind, table in relations
            for payload in _payloads(table)
        ],
        _ARROW,
    )


def _payloads(table: pa.Table) -> Iterator[bytes]:
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    for start in range(0, table.num_rows, _ROWS):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table.slice(start, _ROWS))
        yield sink.getvalue().to_pybytes()


def unpacked(payload: bytes) -> pa.Table:
    """Return the rows of a payload."""
    with pa.ipc.open_stream(payload) as stream:
        return stream.read_all()
