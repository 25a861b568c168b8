"""Settings: what a configuration says, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from recon.model import Side
from recon.policy import Policy


class SourceKind(StrEnum):
    """The kinds of sources."""

    SAMPLE = "sample"
    FILES = "files"
    SQLSERVER = "sqlserver"
    ODBC = "odbc"


class Intent(StrEnum):
    """What a SQL Server availability group is told of a connection."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Which database a side is read from, and how; `key` is its table in the configuration.

    `query` is the file with the SELECT, absolute. `connection` is the connection string of any
    ODBC driver; without it a SQL Server is meant, with integrated security unless `user` is set.
    Timeouts are in seconds; a query timeout of 0 waits for ever. Moments that know their offset are
    taken in `time_zone` before their month is; without one, as they are written.
    """

    key: str
    query: Path
    connection: str | None = None
    server: str | None = None
    database: str | None = None
    user: str | None = None
    password_env: str | None = None
    driver: str | None = None
    encrypt: bool = True
    trust_server_certificate: bool = False
    application_intent: Intent = Intent.READ_ONLY
    login_timeout: int = 15
    query_timeout: int = 300
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where one side comes from.

    `database` says how a database is reached. For files, `path` is a file or a glob, absolute;
    `columns` maps our names to theirs. `encoding`, `delimiter`, `decimal` and `date_format` say
    how a CSV file is written; a delimiter that is None is read off the header.
    """

    side: Side
    kind: SourceKind = SourceKind.SAMPLE
    path: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: str = "."
    date_format: str | None = None
    compliance: tuple[str, ...] = ()
    database: DatabaseSettings | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is to do; `path` is None where no configuration was found."""

    analytics: SourceSettings = SourceSettings(Side.ANALYTICS)
    accounting: SourceSettings = SourceSettings(Side.ACCOUNTING)
    policy: Policy = field(default_factory=Policy)
    reports: Path = Path("reports")
    path: Path | None = None

    @property
    def sample(self) -> bool:
        """Whether any figure comes from sample data."""
        return SourceKind.SAMPLE in (self.analytics.kind, self.accounting.kind)
