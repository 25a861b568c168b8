"""Groups: both sides brought together by contract, each group compared in an executor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from recon.base.result import Side
from recon.spark.group import Task, answered
from recon.spark.payload import SCHEMA, packed

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, GroupedData, SparkSession

_GROUP = "recon_group"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Outside ASCII, two letters alone have a lower case within it: the Kelvin sign and the dotted I.
FOLDED = (f"{_CAPITALS}\u212a\u0130", f"{_CAPITALS.lower()}ki")


@contextmanager
def compared(
    spark: SparkSession, frames: Mapping[Side, DataFrame], task: Task, groups: int
) -> Iterator[Iterator[tuple[str, bytes]]]:
    """Yield the answers of all groups as (kind, payload), one partition after the other.

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
    """Return a number for each group such that each falls into a partition of its own.

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
    """Return what all spellings of an id have in common, NULL for none.

    It may be coarser than what the core takes for the same id, never finer. So whatever is no
    letter and no digit of ASCII is left out: the blanks around an id among it, and the letters
    whose lower case Java and DuckDB do not agree on.
    """
    from pyspark.sql import functions as f

    text = f.col(column)
    if dict(frame.dtypes)[column] in ("double", "float"):
        whole = (text == f.floor(text)) & (f.abs(text) < f.lit(1e15))
        text = f.when(whole, text.cast("bigint").cast("string")).otherwise(text.cast("string"))
    return f.regexp_replace(f.translate(text.cast("string"), *FOLDED), "[^0-9a-z]", "")
