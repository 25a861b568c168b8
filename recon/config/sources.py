"""Sources: the tables [analytics] and [accounting]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from recon.base import keys
from recon.base.fields import AMOUNTS, DEBIT_CREDIT, known
from recon.base.keys import Keys
from recon.base.result import Side
from recon.config import values
from recon.config.settings import DatabaseSettings, Intent, SourceKind, SourceSettings
from recon.config.spark import read_spark_source


def read_source(table: Keys, side: Side, path: Path, zone: str | None) -> SourceSettings:
    """The source of a side; `zone` is the calendar's."""
    if "source" not in table:
        table.mistake("source", "is missing; it is one of " + ", ".join(SourceKind))
    kind = table.take("source", keys.one_of(SourceKind), SourceKind.SAMPLE)
    if kind is SourceKind.FILES and "path" not in table:
        table.mistake(
            "path", "is missing; it names the CSV, Excel or Parquet file, or a glob of them"
        )
    compliance: tuple[str, ...] = ()
    if side is Side.ACCOUNTING:
        compliance = table.take("compliance", keys.texts, ())
    columns = _read_columns(table.table("columns"), side, compliance)
    settings = SourceSettings(
        side=side,
        kind=kind,
        spark=read_spark_source(table, kind),
        path=table.take("path", values.below(path), None),
        columns=columns,
        fixed=_read_fixed(table.table("fixed"), side, kind, columns),
        encoding=table.take("encoding", values.encoding, "utf-8"),
        delimiter=table.take("delimiter", values.delimiter, None),
        decimal=table.take("decimal", values.decimal, None),
        date_format=table.take("date_format", values.date_format, None),
        dates=table.take("dates", values.dates, None),
        compliance=compliance,
        sheet=table.take("sheet", values.sheet, None),
        skip_head=table.take("skip_head", keys.whole, 0),
        skip_foot=table.take("skip_foot", keys.whole, 0),
        **_read_figures(table, kind),
        database=_read_database(table, kind, path, zone),
        time_zone=zone if kind in (SourceKind.FILES, SourceKind.SPARK) else None,
    )
    table.close()
    return settings


def _read_figures(table: Keys, kind: SourceKind) -> dict[str, Any]:
    """Settings that change amounts or rows, of files alone.

    Elsewhere they would be ignored in silence, and the figures be wrong.
    """
    standard = SourceSettings(Side.ACCOUNTING)
    figures = {
        "invert": table.take("invert", keys.yes_or_no, standard.invert),
        "unit": table.take("unit", values.unit, standard.unit),
        "where": table.take("where", keys.text, standard.where),
    }
    for name, value in figures.items():
        if kind is not SourceKind.FILES and value != getattr(standard, name):
            table.mistake(name, "works with source = 'files' alone; let the query deliver it so")
    return figures


def _read_database(
    table: Keys, kind: SourceKind, path: Path, zone: str | None
) -> DatabaseSettings | None:
    """The access to a database, None for other sources."""
    needed = {
        SourceKind.SQLSERVER: ("server", "database", "query"),
        SourceKind.ODBC: ("connection", "query"),
    }.get(kind)
    if needed is None:
        # What another kind of source needs may stay where it is, for a profile to switch to.
        for name in {field.name for field in fields(DatabaseSettings)} - {"key", "time_zone"}:
            table.take(name, str, None)
        return None
    for name in needed:
        if name not in table:
            table.mistake(name, f"is missing; source = {kind.value!r} needs it")
    standard = DatabaseSettings(table.key, path)
    settings = DatabaseSettings(
        key=table.key,
        query=table.take("query", values.readable(path), path),
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


def _without_secret(value: object) -> str:
    text = keys.text(value)
    if re.search(r"(?i)(^|;)\s*(pwd|password)\s*=", text):
        raise ValueError("it contains a password; name its variable with password_env instead")
    return text


def _read_columns(table: Keys, side: Side, compliance: tuple[str, ...]) -> Mapping[str, str]:
    """Our column names -> theirs."""
    two = DEBIT_CREDIT if side is Side.ACCOUNTING else ()
    ours = dict.fromkeys((*known(side), *two, *compliance))
    columns = {our: table.take(our, keys.text, our) for our in ours if our in table}
    if "amount" in columns and any(column in columns for column in two):
        table.mistake("amount", "does not go with debit and credit, which stand for it")
    table.close()
    return columns


def _read_fixed(
    table: Keys, side: Side, kind: SourceKind, columns: Mapping[str, str]
) -> Mapping[str, str]:
    """Our column names -> the value of every row.

    An amount and the id of a contract are each row's own.
    """
    own = {"contract_id", AMOUNTS[side]}
    names = [our for our in known(side) if our not in own and our in table]
    if kind is not SourceKind.FILES and names:
        for our in names:
            table.mistake(our, "works with source = 'files' alone; let the query deliver it so")
    fixed = {
        our: table.take(our, _entry_id if our == "entry_id" else keys.text, "") for our in names
    }
    for our in [our for our in fixed if our in columns]:
        table.mistake(our, f"is fixed, and a column under [{side}.columns]; leave one of them out")
    table.close()
    return fixed


def _entry_id(value: object) -> str:
    """No id: entries of one id would be one entry."""
    if value != "":
        raise ValueError(f'{value!r} would be the id of every entry; "" says that they have none')
    return ""
