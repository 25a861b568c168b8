"""From a configuration's text to settings, with every mistake."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recon.base import keys
from recon.base.errors import ConfigError
from recon.base.ids import NO_RULES, IdRules, read_id_rules
from recon.base.keys import Keys
from recon.base.policy import Policy, RepeatedIds, SameKey, read_policy
from recon.base.result import Side
from recon.config import values
from recon.config.calendar import read_calendar
from recon.config.feeds import read_feeds, read_store
from recon.config.figures import read_figures
from recon.config.location import find
from recon.config.log import read_log
from recon.config.publish import read_publish
from recon.config.settings import (
    Engine,
    ReceivablesSettings,
    Settings,
    SourceKind,
    SourceSettings,
)
from recon.config.sources import read_source
from recon.config.spark import read_engine, read_spark
from recon.config.tasks import read_tasks
from recon.config.web import read_web

if TYPE_CHECKING:
    from recon.config.slack import SlackSettings


def load(given: Path | None = None, profile: str | None = None) -> Settings:
    """The settings that apply; without any, those of the sample.

    Raises ConfigError with every mistake.
    """
    here = _here()
    path = find(given, here)
    if path is None:
        if profile:
            mistake = f"profiles.{profile}: no configuration was found; leave out --profile"
            raise ConfigError([mistake], "the command line")
        return Settings(reports=here / "reports", store=here / "store")
    mistakes: list[str] = []
    table = _with_profile(_parsed(path), profile, mistakes)
    settings = _read(Keys(table, "", mistakes), path)
    if mistakes:
        raise ConfigError(mistakes, path)
    return settings


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigError(["the current folder is gone; change to another one"]) from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = "; Windows paths need single quotes" if "\\" in text else ""
        raise ConfigError([f"it is not TOML: {error}{hint}"], path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(["it is not UTF-8; save it as UTF-8"], path) from error
    except RecursionError as error:
        raise ConfigError(["it is nested too deeply"], path) from error
    except ValueError as error:  # of Python's own limit on digits
        raise ConfigError(["a number in it has too many digits"], path) from error
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
        found.mistake(profile, f"there is no such profile (available: {known})")
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
    reports = table.table("reports")
    calendar = read_calendar(table.table("calendar"), path)
    # Whoever only loads feeds needs no books.
    books = "feeds" not in table or any(side in table for side in Side)
    given = {side: table.table(side) for side in Side}
    rules = {side: read_id_rules(found.table("ids")) for side, found in given.items()}
    policy = _with_id_rules(_read_policy(table.table("policy"), given[Side.ACCOUNTING]), rules)
    sides = {side: SourceSettings(side) for side in Side}
    if books:
        sides = {side: read_source(given[side], side, path, calendar.time_zone) for side in Side}
    settings = Settings(
        analytics=replace(sides[Side.ANALYTICS], currency=policy.currency),
        accounting=replace(sides[Side.ACCOUNTING], currency=policy.currency),
        policy=policy,
        path=path,
        calendar=calendar,
        tasks=read_tasks(table.table("tasks")),
        accounts=_read_accounts(table.table("accounts"), policy),
        log=read_log(table.table("log"), path),
        slack=_read_slack(table.table("slack"), path) if "slack" in table else None,
        engine=read_engine(table, list(sides.values())),
        spark=read_spark(table.table("spark")),
        memory_limit=table.take("memory_limit", values.memory, None),
        feeds=read_feeds(table, path, policy.currency),
        publish=read_publish(table, path),
        figures=read_figures(table.table("figures")),
        receivables=_read_receivables(table, path, calendar.time_zone),
        web=read_web(table.table("web"), path),
    )
    if settings.engine is Engine.SPARK and policy.same_key is not SameKey.REFUSE:
        table.mistake("policy.same_key", "takes several rows only where engine = 'local'")
    if settings.engine is Engine.SPARK and (policy.analytics_ids, policy.accounting_ids) != (
        NO_RULES,
        NO_RULES,
    ):
        table.mistake("engine", "'spark' knows no rules on ids; use 'local', or leave out ids")
    if calendar.periods and books:
        _check_periods(table, settings)
    directory = reports.take("directory", values.below(path), settings.home / "reports")
    store = read_store(table.table("store"), path) or directory.parent / "store"
    reports.close()
    table.close()
    of = settings.receivables
    return replace(
        settings,
        reports=directory,
        store=store,
        analytics=_within(settings.analytics, store),
        accounting=_within(settings.accounting, store),
        receivables=of and replace(of, source=_within(of.source, store)),
    )


def _within(side: SourceSettings, store: Path) -> SourceSettings:
    """A side with the store's folder where it needs it."""
    return replace(side, path=store) if side.kind is SourceKind.STORE else side


def _check_periods(table: Keys, settings: Settings) -> None:
    """Note the settings that fiscal periods do not go with."""
    if settings.sample:
        table.mistake("calendar.periods", "goes with sources of your own; the sample has months")
    written = settings.accounting.date_format
    if written and datetime(2033, 12, 31).strftime(written) == datetime(2033, 12, 30).strftime(
        written
    ):
        what = f"{written!r} has no day, so no date says which of [calendar] periods it is in"
        table.mistake("accounting.date_format", what)


def _read_policy(table: Keys, accounting: Keys) -> Policy:
    """The policy, with the accounting side's rule on ids."""
    if "repeated_ids" in table:
        table.mistake("repeated_ids", f"belongs to [{accounting.key}]")
    rule = accounting.take("repeated_ids", keys.one_of(RepeatedIds), RepeatedIds.REFUSE)
    return replace(read_policy(table), repeated_ids=rule)


def _with_id_rules(policy: Policy, rules: Mapping[Side, IdRules]) -> Policy:
    """A policy with the rules of each side's table."""
    ours, theirs = rules[Side.ANALYTICS], rules[Side.ACCOUNTING]
    return replace(
        policy,
        analytics_ids=policy.analytics_ids if ours == NO_RULES else ours,
        accounting_ids=policy.accounting_ids if theirs == NO_RULES else theirs,
    )


def _read_receivables(table: Keys, path: Path, zone: str | None) -> ReceivablesSettings | None:
    if "receivables" not in table:
        return None
    from recon.config.receivables import read_receivables

    return read_receivables(table.table("receivables"), path, zone)


def _read_slack(table: Keys, path: Path) -> SlackSettings:
    from recon.config.slack import read_slack

    return read_slack(table, path)


def _read_accounts(table: Keys, policy: Policy) -> Mapping[str, str]:
    """The ledger's account names, by recon's own names."""
    if not table.names():
        return {}
    from recon.base.cash import ACCOUNTS, OTHER_ACCOUNT, RECEIVABLE
    from recon.base.policy import DEFERRED, revenue_account

    of_cash = dict.fromkeys((RECEIVABLE, *ACCOUNTS.values(), OTHER_ACCOUNT))
    known = [DEFERRED, *map(revenue_account, policy.types), *of_cash]
    accounts = {name: table.take(name, keys.text, name) for name in known if name in table}
    table.close()
    return accounts
