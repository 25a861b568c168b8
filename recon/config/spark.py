"""Spark: the key `engine`, the table [spark], Spark's sources."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from recon.base import keys
from recon.base.keys import Keys
from recon.config.settings import Engine, SourceKind, SourceSettings, SparkSettings, SparkSource

_DATABASES = (SourceKind.SQLSERVER, SourceKind.ODBC)
_JDBC = "jdbc"
# What an option may be called that is a secret, and how one may stand within an address.
_SECRET = re.compile(
    r"(?i)password|passwd|pwd|secret|token|credential|(access|account|api)[._-]?key"
)
_LOGIN = re.compile(r"(?i)[;?&]\s*(password|pwd)\s*=|://[^/@\s]+:[^/@\s]+@|:[^/@\s:]+/[^/@\s]+@")


def read_engine(table: Keys, sides: Sequence[SourceSettings]) -> Engine:
    """The engine; it has to read both sides."""
    engine = table.take("engine", keys.one_of(Engine), Engine.LOCAL)
    for side in sides:
        key = f"{side.side}.source"
        if engine is Engine.LOCAL and side.kind is SourceKind.SPARK:
            table.mistake(key, "'spark' needs engine = \"spark\" at the top of the file")
        if engine is Engine.SPARK and side.kind in _DATABASES:
            table.mistake(
                key,
                f'{str(side.kind)!r} is not read on Spark; there a database is source = "spark" '
                'with format = "jdbc"',
            )
    return engine


def read_spark(table: Keys) -> SparkSettings:
    """How Spark is used."""
    settings = SparkSettings(
        master=table.take("master", keys.text, None),
        groups=table.take("groups", _from_one, None),
    )
    table.close()
    return settings


def read_spark_source(table: Keys, kind: SourceKind) -> SparkSource | None:
    """The source that Spark reads, None for other kinds."""
    if kind is not SourceKind.SPARK:
        # What another kind of source needs may stay where it is, for a profile to switch to.
        for name in ("table", "format", "options"):
            table.take(name, lambda _: None, None)
        return None
    settings = SparkSource(
        table=table.take("table", keys.text, None),
        path=table.take("path", _place, None),
        format=table.take("format", keys.text, None),
        options=_read_options(table.table("options")),
        password_env=table.take("password_env", keys.text, None),
    )
    _check(table, settings)
    return settings


def _check(table: Keys, source: SparkSource) -> None:
    """Note missing keys, and keys that exclude each other."""
    jdbc = source.format == _JDBC
    given = [source.table is not None, source.path is not None, jdbc]
    if sum(given) != 1:
        table.mistake("table", 'needs exactly one of table, path, and format = "jdbc"')
    elif source.table and source.format:
        table.mistake("format", "does not go with table")
    elif source.path and not source.format:
        table.mistake("format", 'is missing; it is the format of the files, like "parquet"')
    if jdbc and "url" not in source.options:
        table.mistake("options.url", 'is missing; format = "jdbc" needs it')
    if jdbc and not {"dbtable", "query"} & set(source.options):
        table.mistake("options.query", "is missing; or set dbtable to the table to read")


def _read_options(table: Keys) -> Mapping[str, str]:
    """The options of Spark's reader.

    No secret is allowed in them.
    """
    options: dict[str, str] = {}
    for name in table.names():
        if _SECRET.search(name):
            table.mistake(name, "is a secret; name its variable with password_env, or let Spark's "
                                "own configuration hold it")  # fmt: skip
            table.take(name, str, "")
        elif value := table.take(name, _option, ""):
            options[name] = value
    return options


def _option(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = keys.text(value)
    if _LOGIN.search(text):
        raise ValueError("it contains a password; name its variable with password_env instead")
    return text


def _place(value: object) -> str:
    """An address or an absolute path.

    Only Spark knows where a relative one starts.
    """
    text = keys.text(value)
    if re.match(r"\w[\w+.-]*:/", text) or PurePosixPath(text).is_absolute():
        return text
    raise ValueError(f"{text!r} is neither an address like 's3a://…' nor an absolute path")


def _from_one(value: object) -> int:
    if keys.whole(value) < 1:
        raise ValueError(f"{value!r} is not a whole number from 1")
    return keys.whole(value)
