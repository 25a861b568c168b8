"""The frozen settings of a configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from recon.base.calendar import Calendar
from recon.base.feed import Feed
from recon.base.fields import RECEIVABLES
from recon.base.matching import WINDOW, MatchingRule, usual_rules
from recon.base.policy import Policy
from recon.base.result import Side
from recon.config.figures import FiguresSettings
from recon.config.log import LogSettings
from recon.config.web import WebSettings

if TYPE_CHECKING:
    from recon.config.slack import SlackSettings


class SourceKind(StrEnum):
    """The kinds of sources."""

    SAMPLE = "sample"
    FILES = "files"
    SQLSERVER = "sqlserver"
    ODBC = "odbc"
    SPARK = "spark"
    STORE = "store"


class Engine(StrEnum):
    """The engine that brings both sides together."""

    LOCAL = "local"
    SPARK = "spark"


class Intent(StrEnum):
    """The intent given to a SQL Server availability group."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """The database of a side, and how to reach it.

    `key` is its table in the configuration. `query` is the file with the SELECT, absolute.
    `connection` is the connection string of any ODBC driver; without it a SQL Server is meant, with
    integrated security unless `user` is set. Timeouts are in seconds; a query timeout of 0 waits
    for ever. Moments that know their offset are taken in `time_zone` before their month is; without
    one, as they are written.
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
class SparkSettings:
    """How Apache Spark is used.

    Without `master` it is the session that there is, else the one that Spark's own configuration
    describes. `groups` is into how many groups the contracts are divided; left out, four for each
    core that Spark has.
    """

    master: str | None = None
    groups: int | None = None


@dataclass(frozen=True, slots=True)
class SparkSource:
    """A source of Spark: a `table`, or a `format`.

    A `format` has a `path` unless it needs none. The password that the variable `password_env`
    holds joins the `options` when they are used.
    """

    table: str | None = None
    path: str | None = None
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    password_env: str | None = None

    @property
    def description(self) -> str:
        """Where the rows come from, without secrets."""
        if self.table:
            return f"Spark table {self.table}"
        # What follows the address of a server may be anything.
        place = self.path or re.split("[;?]", self.options.get("url", ""))[0]
        return f"Spark {self.format} {place}"


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Where one side comes from.

    `database` says how a database is reached, `spark` what Spark reads. For files, `path` is a
    file or a glob, absolute; `columns` maps our names to theirs. `encoding`, `delimiter`, `decimal`
    and `date_format` say how a CSV file is written; a delimiter that is None is read off the
    header, and without `decimal` amounts have a decimal point, unless they could mean two numbers.
    `currency` is the policy's, of rows without one. `sheet` is that of a workbook, by its name or
    its number, from 1. `dates` is `dmy` or `mdy`, the order of days like 03/04/2024, or `serial`,
    where days are Excel's numbers. The first `skip_head` and the last `skip_foot` lines of a CSV
    file are no rows. Amounts of files count `unit` of the currency; `invert` turns
    their sign. Of their rows, `where` keeps those for which it holds, as SQL over their columns.
    `fixed` are values of our columns that files lack, the same in every row.
    Moments that know their offset are taken in `time_zone`, as those of a database are. `needs` are
    the columns that a header has, where they are not those of the side.
    """

    side: Side
    kind: SourceKind = SourceKind.SAMPLE
    path: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    dates: str | None = None
    compliance: tuple[str, ...] = ()
    database: DatabaseSettings | None = None
    spark: SparkSource | None = None
    currency: str | None = None
    sheet: str | int | None = None
    skip_head: int = 0
    skip_foot: int = 0
    invert: bool = False
    unit: Decimal = Decimal(1)
    where: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    time_zone: str | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """How Windows Task Scheduler is to run recon.

    `account` runs the tasks; it is a group managed service account where `group_managed`. `folder`
    holds them in the Task Scheduler Library. The close starts on `days` (1 to 31, or `Last`) of
    `months`, the others every day, at local times of the machine, which all differ. `time_limit`
    is in minutes, and so is `load_every`, the time between two loads of feeds. Without
    `working_directory` it is the folder above that of the configuration.
    """

    account: str | None = None
    group_managed: bool = False
    folder: str = "recon"
    days: tuple[str, ...] = tuple(map(str, range(1, 11)))
    months: tuple[str, ...] = tuple(map(str, range(1, 13)))
    time: str = "07:00"
    catch_up_time: str = "12:00"
    escalation: bool = False
    escalation_time: str = "08:00"
    cash_time: str = "07:30"
    load_every: int = 5
    time_limit: int = 120
    working_directory: str | None = None


class TargetKind(StrEnum):
    """The kinds of targets."""

    PARQUET = "parquet"
    POSTGRESQL = "postgresql"
    SQLSERVER = "sqlserver"


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """A target that the star is published to.

    A folder has a `path`, absolute; a database has access, and a `schema` that recon has for
    itself. `port` is PostgreSQL's.
    """

    name: str
    kind: TargetKind
    path: Path | None = None
    database: DatabaseSettings | None = None
    port: int | None = None
    schema: str = "recon"


# So many days after a month's end a posting may still belong to it.
CUTOFF = 10
# The folder of the runs of order to cash, below the reports.
CASH = "cash"


@dataclass(frozen=True, slots=True)
class ReceivablesSettings:
    """The ledger of receivables, and how it is matched.

    `since` is the first day from which documents count, `opening` a file of what was owed before.
    Documents are due `terms_days` after their day where they do not say when. Postings up to
    `cutoff` days after the month are looked at, too: they may belong to it.
    """

    source: SourceSettings = field(default_factory=lambda: SourceSettings(RECEIVABLES))
    since: date | None = None
    opening: Path | None = None
    terms_days: int = 30
    cutoff: int = CUTOFF
    window: int = WINDOW
    rules: tuple[MatchingRule, ...] = field(default_factory=usual_rules)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run.

    `path` is None where no configuration was found. `accounts` has what the ledger calls the
    accounts of proposed entries, by the names of recon. Beyond `memory_limit`, like `2GB`, the data
    of a month are kept in temporary files. `feeds` are by name; `store` is the folder of the store.
    `publish` are the targets that its star is published to, by name.
    """

    analytics: SourceSettings = SourceSettings(Side.ANALYTICS)
    accounting: SourceSettings = SourceSettings(Side.ACCOUNTING)
    policy: Policy = field(default_factory=Policy)
    reports: Path = Path("reports")
    path: Path | None = None
    calendar: Calendar = field(default_factory=Calendar)
    tasks: TaskSettings = field(default_factory=TaskSettings)
    log: LogSettings = field(default_factory=LogSettings)
    slack: SlackSettings | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    engine: Engine = Engine.LOCAL
    spark: SparkSettings = field(default_factory=SparkSettings)
    memory_limit: str | None = None
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    store: Path = Path("store")
    publish: Mapping[str, PublishSettings] = field(default_factory=dict)
    figures: FiguresSettings = field(default_factory=FiguresSettings)
    receivables: ReceivablesSettings | None = None
    web: WebSettings = field(default_factory=WebSettings)

    def of_cash(self) -> Settings:
        """The settings of the runs of order to cash.

        They have a journal and reports of their own, below those of the months.
        """
        return replace(self, reports=self.reports / CASH)

    @property
    def home(self) -> Path:
        """The project's folder: above `config/`, else the current one."""
        folder = self.path.parent if self.path else None
        return folder.parent if folder and folder.name == "config" else Path.cwd()

    @property
    def sample(self) -> bool:
        """Whether any figure comes from sample data."""
        if self.reports.name == CASH:
            of = self.receivables
            return of is None or of.source.kind is SourceKind.SAMPLE
        return SourceKind.SAMPLE in (self.analytics.kind, self.accounting.kind)
