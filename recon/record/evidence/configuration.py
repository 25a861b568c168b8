"""The configuration of a run as plain values, without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from recon.base.month import Month
from recon.config import Engine, Settings, SourceSettings

# What a connection string may hold that is no secret; whatever else stands in it stays there.
_SHOWN = {
    "address", "application name", "applicationintent", "app", "database", "db", "driver", "dsn",
    "encrypt", "failover_partner", "host", "hostname", "initial catalog", "multisubnetfailover",
    "network address", "port", "readonly", "server", "servername", "sslmode",
    "trusted_connection", "trustservercertificate",
}  # fmt: skip
# What Spark's readers are told that is no secret.
_OPTIONS = {
    "dbtable", "delimiter", "driver", "encoding", "fetchsize", "header", "lowerBound",
    "numPartitions", "partitionColumn", "query", "sep", "timestampAsOf", "upperBound", "user",
    "versionAsOf",
}  # fmt: skip
_PART = re.compile(r"\s*([^=;]*?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)")


def configuration(settings: Settings) -> dict[str, object]:
    """The configuration of sources and reports, without the policy.

    Passwords are not in the settings, only the names of the variables that hold them; of a
    connection string nothing is kept but what is known to be harmless.
    """
    engine = {"engine": str(settings.engine)} if settings.engine is not Engine.LOCAL else {}
    return {
        "schema": 1,
        "path": plain(settings.path),
        "reports": plain(settings.reports),
        **engine,
        "analytics": _source(settings.analytics),
        "accounting": _source(settings.accounting),
    }


def cash_configuration(settings: Settings) -> dict[str, object]:
    """The configuration of store, ledger and reports."""
    ledger = settings.receivables
    return {
        "schema": 1,
        "path": plain(settings.path),
        "reports": plain(settings.reports),
        "store": plain(settings.store),
        "ledger": None if ledger is None else _source(ledger.source),
        "opening": None if ledger is None else plain(ledger.opening),
    }


def _source(settings: SourceSettings) -> object:
    table = plain(settings)
    if settings.spark is None:
        del table["spark"]
    else:
        table["spark"]["options"] = shown_options(settings.spark.options)
    database = table["database"]
    if database and database["connection"] is not None:
        database["connection"] = shown_connection(database["connection"])
    return table


def shown_options(options: Mapping[str, str]) -> dict[str, str]:
    """Spark's reader options, with only harmless values readable."""
    server = {name: re.split(r"[;?]", text)[0] for name, text in options.items() if name == "url"}
    return {name: text if name in _OPTIONS else "***" for name, text in options.items()} | server


def shown_connection(text: str) -> str:
    """A connection string, with only harmless values readable."""
    parts = [(found[1], found[2].strip()) for found in _PART.finditer(text)]
    return ";".join(f"{key}={value if key.lower() in _SHOWN else '***'}" for key, value in parts)


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A value as JSON: dataclasses by their fields' names."""
    if is_dataclass(value) and not isinstance(value, Month):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return value.as_posix()
    harmless = value is None or (
        isinstance(value, bool | int | str) and not isinstance(value, Enum)
    )
    return value if harmless else str(value)
