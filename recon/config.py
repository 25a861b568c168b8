"""Configuration: a TOML file -> frozen Settings, or every mistake at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from recon import keys
from recon.errors import ConfigError
from recon.keys import Keys
from recon.model import Side
from recon.policy import Policy, read_policy


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


def find(given: Path | None, here: Path) -> Path | None:
    """Return the configuration that applies: given, RECON_CONFIG, here or above, the user's own.

    None where there is none. Raises ConfigError where a named one is not there.
    """
    variable = os.environ.get("RECON_CONFIG")
    named = given or (Path(variable) if variable else None)
    if named:
        if not _is_file(named):
            origin = "--config" if given else "the environment variable RECON_CONFIG"
            raise ConfigError([f"there is no such file; correct {origin}"], named)
        return named.absolute()
    import platformdirs

    places = [folder / "config" / "recon.toml" for folder in (here, *here.parents)]
    places.append(Path(platformdirs.user_config_dir("recon", appauthor=False)) / "recon.toml")
    return next((place for place in places if _is_file(place)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into, or a name that is too long
        return False


def load(given: Path | None = None, profile: str | None = None) -> Settings:
    """Return the settings of the configuration that applies, or those of the sample without one.

    Raises ConfigError with every mistake.
    """
    here = Path.cwd()
    path = find(given, here)
    if path is None:
        if profile:
            raise ConfigError([f"profiles.{profile}: there is no configuration"])
        return Settings(reports=here / "reports")
    mistakes: list[str] = []
    table = _with_profile(_parsed(path), profile, mistakes)
    settings = _read(Keys(table, "", mistakes), path)
    if mistakes:
        raise ConfigError(mistakes, path)
    return settings


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "; Windows paths stand in single quotes" if "\\" in text else ""
        raise ConfigError([f"it is not TOML: {error}{hint}"], path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(["it is not UTF-8; save it as UTF-8"], path) from error
    except OSError as error:
        raise ConfigError([f"it cannot be read: {error.strerror}"], path) from error


def _with_profile(
    table: dict[str, Any], profile: str | None, mistakes: list[str]
) -> dict[str, Any]:
    found = Keys({"profiles": table.pop("profiles", {})}, "", mistakes).table("profiles")
    known = ", ".join(found.names()) or "none"
    empty: Mapping[str, Any] = {}
    profiles = {name: found.take(name, _table, empty) for name in found.names()}
    if profile is None:
        return table
    if profile not in profiles:
        found.mistake(profile, f"there is no such profile (there are: {known})")
    return _merged(table, profiles.get(profile, empty))


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("must be a table")
    return value


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(base[key], value)
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        else value
        for key, value in over.items()
    }
    return {**base, **both}


def _read(table: Keys, path: Path) -> Settings:
    reports, calendar = table.table("reports"), table.table("calendar")
    zone = calendar.take("time_zone", _time_zone, None)
    home = path.parent.parent if path.parent.name == "config" else Path.cwd()
    settings = Settings(
        analytics=_read_source(table.table(Side.ANALYTICS), Side.ANALYTICS, path, zone),
        accounting=_read_source(table.table(Side.ACCOUNTING), Side.ACCOUNTING, path, zone),
        policy=read_policy(table.table("policy")),
        reports=reports.take("directory", _below(path), home / "reports"),
        path=path,
    )
    for part in (reports, calendar, table):
        part.close()
    return settings


def _read_source(table: Keys, side: Side, path: Path, zone: str | None) -> SourceSettings:
    if "source" not in table:
        table.mistake("source", "is missing; it is one of " + ", ".join(SourceKind))
    kind = table.take("source", keys.one_of(SourceKind), SourceKind.SAMPLE)
    if kind is SourceKind.FILES and "path" not in table:
        table.mistake("path", "is missing; it names the CSV or Parquet file, or a glob of them")
    compliance: tuple[str, ...] = table.take("compliance", keys.texts, ())
    settings = SourceSettings(
        side=side,
        kind=kind,
        path=table.take("path", _below(path), None),
        columns=_read_columns(table.table("columns"), side, compliance),
        encoding=table.take("encoding", _encoding, "utf-8"),
        delimiter=table.take("delimiter", _delimiter, None),
        decimal=table.take("decimal", _decimal, "."),
        date_format=table.take("date_format", _date_format, None),
        compliance=compliance,
        database=_read_database(table, kind, path, zone),
    )
    table.close()
    return settings


def _read_database(
    table: Keys, kind: SourceKind, path: Path, zone: str | None
) -> DatabaseSettings | None:
    """Return how a database is reached, None for a source that is none."""
    needed = {
        SourceKind.SQLSERVER: ("server", "database", "query"),
        SourceKind.ODBC: ("connection", "query"),
    }.get(kind)
    if needed is None:
        # What another kind of source needs may stay where it is, for a profile to switch to.
        for name in {field.name for field in fields(DatabaseSettings)} - {"time_zone"}:
            table.take(name, str, None)
        return None
    for name in needed:
        if name not in table:
            table.mistake(name, f"is missing; source = {kind.value!r} needs it")
    standard = DatabaseSettings(table.key, path)
    settings = DatabaseSettings(
        key=table.key,
        query=table.take("query", _readable(path), path),
        password_env=table.take("password_env", keys.text, None),
        login_timeout=table.take("login_timeout", keys.whole, standard.login_timeout),
        query_timeout=table.take("query_timeout", keys.whole, standard.query_timeout),
        time_zone=zone,
    )
    if kind is SourceKind.ODBC:
        return replace(settings, connection=table.take("connection", _without_secret, None))
    return replace(
        settings,
        server=table.take("server", keys.text, None),
        database=table.take("database", keys.text, None),
        user=table.take("user", keys.text, None),
        driver=table.take("driver", keys.text, None),
        encrypt=table.take("encrypt", keys.yes_or_no, standard.encrypt),
        trust_server_certificate=table.take("trust_server_certificate", keys.yes_or_no, False),
        application_intent=table.take(
            "application_intent", keys.one_of(Intent), standard.application_intent
        ),
    )


def _readable(path: Path) -> Callable[[object], Path]:
    """Return a parser for the path of a file that is there."""

    def parse(value: object) -> Path:
        found: Path = _below(path)(value)
        if not found.is_file():
            raise ValueError(f"there is no file {found}")
        return found

    return parse


def _without_secret(value: object) -> str:
    text = keys.text(value)
    if re.search(r"(?i)(^|;)\s*(pwd|password)\s*=", text):
        raise ValueError("a password stands in it; name its variable with password_env instead")
    return text


def _read_columns(table: Keys, side: Side, compliance: tuple[str, ...]) -> Mapping[str, str]:
    """Return our column names -> theirs."""
    from recon import intake

    ours = {
        Side.ANALYTICS: (*intake.CONTRACT_COLUMNS, *intake.CONTRACT_OPTIONS),
        Side.ACCOUNTING: (*intake.ENTRY_COLUMNS, *intake.ENTRY_OPTIONS),
    }
    known = {*ours[side], *compliance}
    columns = {our: table.take(our, keys.text, our) for our in table.names() if our in known}
    table.close()
    return columns


def _below(path: Path) -> Any:  # noqa: ANN401 - Keys.take also gets a default of None
    """Return a parser for paths; a relative one starts at the folder of the configuration."""

    def parse(value: object) -> Path:
        text = keys.text(value)
        if min(text) < " ":  # a tab, where "C:\temp" was meant
            raise ValueError(f"{value!r} is not a path; Windows paths stand in single quotes")
        try:
            written = Path(text).expanduser()
        except RuntimeError:  # a name that only begins like the home of a user
            written = Path(text)
        return Path(os.path.normpath(path.parent / written))

    return parse


def _encoding(value: object) -> str:
    import codecs

    try:
        name = codecs.lookup(keys.text(value)).name
        "".encode(name)
    except (LookupError, UnicodeError):
        raise ValueError(f"{value!r} is not a known encoding, like 'utf-8' or 'cp1252'") from None
    return name


def _delimiter(value: object) -> str:
    character = keys.character(value)
    if character in '"\r\n':
        raise ValueError(f"{value!r} cannot separate columns; most files have ',' ';' or '\\t'")
    return character


def _decimal(value: object) -> str:
    if value not in (".", ","):
        raise ValueError(f"{value!r} is not '.' or ','")
    return str(value)


def _time_zone(value: object) -> str:
    from zoneinfo import ZoneInfo

    text = keys.text(value)
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{value!r} is not a time zone, like 'Europe/Berlin'") from None
    return text


def _date_format(value: object) -> str:
    """Return a format that reads back the year and month that it writes."""
    from datetime import datetime

    text, day = keys.text(value), datetime(2033, 12, 31)
    try:
        read = datetime.strptime(day.strftime(text), text)
    except ValueError:
        read = datetime.min
    if (read.year, read.month) != (day.year, day.month):
        raise ValueError(f"{value!r} is not a format of dates, like '%d.%m.%Y'")
    return text
