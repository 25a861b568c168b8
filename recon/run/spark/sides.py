"""Sides as data frames, each row with its place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from recon.base.errors import ConfigError, SourceDataError
from recon.base.fields import needed
from recon.base.result import Side
from recon.base.secrets import remembered
from recon.config import SourceKind, SourceSettings, SparkSource
from recon.reconciliation.separators import refuse_doubtful
from recon.record.evidence.extracts import known_columns
from recon.run.spark.failures import spark_reading
from recon.sources import fetched, source
from recon.sources.delivery import Delivery, Request, Scratch
from recon.sources.files import FilesSource
from recon.sources.naming import chosen, own_currency, written
from recon.store.columns import PLACE, Columns
from recon.store.session import Session, literal, name, reading, session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class SparkSide:
    """A side as Spark reads it.

    `frame` has the columns that recon reads, and PLACE; `left_out` are the others. `as_written` is
    whether text in them is still as the settings say that it is written.
    """

    settings: SourceSettings
    frame: DataFrame
    left_out: tuple[str, ...]
    delivery: Delivery
    as_written: bool = True

    def select(self, found: Mapping[str, str]) -> str:
        """The SELECT list of the columns, given their SQL types."""
        of = own_currency(self.settings, {column: column for column in found}, found)
        return ", ".join(
            f"{self._written(column, kind, of)} AS {name(column)}" for column, kind in found.items()
        )

    def _written(self, column: str, kind: str, currency: str) -> str:
        if not self.as_written:
            return name(column)
        return written(self.settings, name(column), kind, column, currency)


def opened(
    spark: SparkSession,
    settings: SourceSettings,
    request: Request,
    scratch: Scratch,
    currency: str,
) -> SparkSide:
    """Return a side; raises SourceUnreachable, SourceDataError and ConfigError.

    `currency` is that of rows without one.
    """
    if settings.kind is SourceKind.SPARK and settings.spark:
        description = settings.spark.description
        with spark_reading(f"The {settings.side} side ({description}) cannot be read"):
            frame = _read(spark, settings.side, settings.spark)
            return _side(settings, frame, Delivery(description, _nowhere, _trail(settings.spark)))
    # In a thread of its own: Ctrl-C waits for no database.
    sources = {settings.side: source(settings)}
    delivery = fetched(sources, request, scratch, lambda _: None)[settings.side]
    with spark_reading(f"The {settings.side} side ({delivery.description}) cannot be read"):
        paths, as_written = _parquet(settings, delivery, scratch, currency)
        frame = spark.read.option("mergeSchema", str(len(paths) > 1)).parquet(*map(_local, paths))
        return _side(settings, frame, delivery, as_written)


def _trail(told: SparkSource) -> Callable[[], Mapping[str, object]]:
    def trail() -> Mapping[str, object]:
        query = {name: told.options[name] for name in ("dbtable", "query") if name in told.options}
        return {"spark": told.description, **query}

    return trail


@contextmanager
def _nowhere(_: Session) -> Iterator[str]:
    """No rows: only Spark can read them where they are."""
    raise NotImplementedError
    yield ""


def _read(spark: SparkSession, side: Side, told: SparkSource) -> DataFrame:
    if told.table:
        return spark.table(told.table)
    options = dict(told.options)
    if told.password_env:
        found = os.environ.get(told.password_env)
        if found is None:
            raise ConfigError([f"{side}.password_env: the variable {told.password_env} is not set"])
        options["password"] = remembered(found)
    return spark.read.format(told.format or "").options(**options).load(told.path)


def _parquet(
    settings: SourceSettings, delivery: Delivery, scratch: Scratch, currency: str
) -> tuple[list[Path], bool]:
    """The Parquet files of a side.

    And whether they are the source's own.

    Other files, and the sample, are read here as ever and laid out as Parquet.
    """
    with session(*delivery.reads) as connection, delivery.opened(connection) as relation:
        side, told = settings.side, delivery.description
        unsaid = {side: delivery.unsaid}
        refuse_doubtful(connection, {side: relation}, unsaid, currency, {side: told})
        own = FilesSource(settings).parquet(connection) if settings.kind is SourceKind.FILES else []
        if own:
            _refuse_hidden(settings.side, own)
            return own, True
        path = scratch() / f"{settings.side}.parquet"
        with reading(settings.side, delivery.description):
            connection.execute(f"COPY (FROM {relation}) TO {literal(str(path))} (FORMAT parquet)")
    return [path], False


def _refuse_hidden(side: Side, paths: Sequence[Path]) -> None:
    """Stop before Spark ignores a file in silence.

    It does so whoever names it.
    """
    hidden = [path.name for path in paths if path.name.startswith(("_", "."))]
    if hidden:
        raise SourceDataError(
            f"Spark reads no file whose name begins with _ or a dot, and the {side} side has "
            f"{', '.join(hidden)}; rename what belongs to it, or name the others alone."
        )


def _local(path: Path) -> str:
    """The address of a file, without any pattern for Spark."""
    # A drive of Windows is no host, and so stands after the third slash.
    place = path.absolute().as_posix().lstrip("/")
    return "file:///" + re.sub(r"([\[\]{}*?\\])", r"\\\1", place)


def _side(
    settings: SourceSettings, frame: DataFrame, delivery: Delivery, as_written: bool = True
) -> SparkSide:
    named = chosen(settings if as_written else SourceSettings(settings.side), frame.columns)
    ours = {our.strip().lower(): their for our, their in named.items()}
    Columns(settings.side, dict.fromkeys(ours, ""), needed(settings.side, settings.compliance))
    known = known_columns(settings.side, settings.compliance)
    kept = {our: their for our, their in ours.items() if our in known}
    left_out = tuple(our for our in named if our.strip().lower() not in known)
    picked = [_column(frame, their).alias(our) for our, their in kept.items()]
    frame = frame.select(*picked, place(frame).alias(PLACE))
    return SparkSide(settings, frame, left_out, delivery, as_written)


def _column(frame: DataFrame, their: str) -> Column:
    from pyspark.sql import functions as f

    column = f.col("`" + their.replace("`", "``") + "`")
    # An older writer of Parquet marks texts as plain bytes.
    return column.cast("string") if dict(frame.dtypes)[their] == "binary" else column


def place(frame: DataFrame) -> Column:
    """The place of each row in its source, from 1.

    That is known of Parquet, file after file by their names; else it is a number that orders the
    rows as Spark has read them.
    """
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    path, row = f.col("_metadata.file_path"), f.col("_metadata.row_index")
    try:
        frame.select(path, row)
    except AnalysisException:
        return f.monotonically_increasing_id() + 1
    if len(frame.inputFiles()) <= 1:
        return row + 1
    rows = frame.groupBy(path.alias("path")).agg((f.max(row) + 1).alias("rows")).collect()
    before = dict(_before({found.path: found.rows for found in rows}))
    listed = [f.lit(value) for pair in before.items() for value in pair]
    return f.create_map(*listed)[path] + row + 1


def _before(rows: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield how many rows come before each file's own."""
    count = 0
    for path in sorted(rows, key=unquote):
        yield path, count
        count += rows[path]
