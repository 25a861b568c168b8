"""Targets: the tables [publish.NAME]."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from recon.base import keys
from recon.base.keys import Keys
from recon.config import values
from recon.config.settings import DatabaseSettings, Intent, PublishSettings, TargetKind

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# Of PostgreSQL, unless it is told.
PORT = 5432
# The variable of the password that belongs to the connection string of `--to`.
PASSWORD = "RECON_PUBLISH_PASSWORD"  # noqa: S105 - its name
_SECRET = re.compile(r"(?i)(^|;)\s*(pwd|password)\s*=")


_NEEDED = {
    TargetKind.PARQUET: ("path",),
    TargetKind.POSTGRESQL: ("server", "database"),
    TargetKind.SQLSERVER: ("server", "database"),
}


def read_publish(table: Keys, path: Path) -> dict[str, PublishSettings]:
    """The targets by name."""
    targets = {}
    for name, found in table.tables("publish"):
        if not _NAME.fullmatch(name):
            table.mistake(
                f"publish.{name}", "is no name of a target; use small letters, digits, - and _"
            )
        target = _read_target(found, name, path)
        if target:
            targets[name] = target
    return targets


def _read_target(table: Keys, name: str, path: Path) -> PublishSettings | None:
    if "to" not in table:
        table.mistake("to", "is missing; it is one of " + ", ".join(TargetKind))
    kind: TargetKind | None = table.take("to", _kind, None)
    if kind is None:
        return None
    for needed in _NEEDED[kind] if "connection" not in table else ():
        if needed not in table:
            table.mistake(needed, f"is missing; to = {kind.value!r} needs it")
    if kind is TargetKind.PARQUET:
        target = PublishSettings(name, kind, table.take("path", values.below(path), path))
    else:
        port = table.take("port", keys.whole, None) if kind is TargetKind.POSTGRESQL else None
        schema = table.take("schema", _schema, "recon")
        target = PublishSettings(name, kind, None, _read_database(table), port, schema)
    table.close()
    return target


def _kind(value: object) -> TargetKind | None:
    return keys.one_of(TargetKind)(value)


def _read_database(table: Keys) -> DatabaseSettings:
    standard = DatabaseSettings(table.key, Path())
    take: Callable[[str], str | None] = lambda name: table.take(name, keys.text, None)  # noqa: E731
    return DatabaseSettings(
        key=table.key,
        query=Path(),
        connection=table.take("connection", without_secret, None),
        server=take("server"),
        database=take("database"),
        user=take("user"),
        password_env=take("password_env"),
        driver=take("driver"),
        encrypt=table.take("encrypt", keys.yes_or_no, standard.encrypt),
        trust_server_certificate=table.take("trust_server_certificate", keys.yes_or_no, False),
        application_intent=Intent.READ_WRITE,
        login_timeout=table.take("login_timeout", keys.whole, standard.login_timeout),
        query_timeout=table.take("query_timeout", keys.whole, 0),
    )


def _schema(value: object) -> str:
    text = keys.text(value)
    if not _SCHEMA.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a schema; use small letters, digits and _")
    return text


def without_secret(value: object) -> str | None:
    """A connection string; raises ValueError where it has a password."""
    text = keys.text(value)
    if _SECRET.search(text):
        raise ValueError(
            f"it contains a password; put that into a variable, named by password_env ({PASSWORD} "
            "for --to)"
        )
    return text


def target_of(text: str) -> PublishSettings:
    """The target that `--to` names.

    It is a kind with a folder or a connection string; raises ValueError where it is neither.
    """
    kind, _, rest = text.partition(":")
    if kind not in list(TargetKind) or not rest:
        raise ValueError(
            f"{text!r} is no target; write parquet:FOLDER, postgresql:CONNECTION or "
            "sqlserver:CONNECTION"
        )
    if kind == TargetKind.PARQUET:
        return PublishSettings("parquet", TargetKind.PARQUET, Path(rest).absolute())
    if "=" not in rest:
        raise ValueError(
            f"{rest!r} is no ODBC connection string like 'DSN=warehouse', and no [publish.{rest}] "
            "in the configuration"
        )
    database = DatabaseSettings(
        f"--to {kind}",
        Path(),
        without_secret(rest),
        password_env=PASSWORD if PASSWORD in os.environ else None,
        application_intent=Intent.READ_WRITE,
        query_timeout=0,
    )
    return PublishSettings(kind, TargetKind(kind), None, database)
