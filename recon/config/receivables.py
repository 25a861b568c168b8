"""Receivables: the table [receivables]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from recon.base import keys
from recon.base.fields import RECEIVABLES
from recon.base.keys import Keys
from recon.base.matching import WINDOW, By, MatchingRule, usual_rules
from recon.config import values
from recon.config.settings import CUTOFF, ReceivablesSettings, SourceKind
from recon.config.sources import read_source

_KINDS = (
    SourceKind.SAMPLE, SourceKind.FILES, SourceKind.SQLSERVER, SourceKind.ODBC, SourceKind.STORE,
)  # fmt: skip


def read_receivables(table: Keys, path: Path, zone: str | None) -> ReceivablesSettings:
    """The settings of the table, with every mistake noted."""
    window = table.take("window", _days, WINDOW)
    rules = table.take("rules", _rules, usual_rules(window))
    since = table.take("since", _day, None)
    opening = table.take("opening", values.readable(path), None)
    terms_days = table.take("terms_days", keys.whole, 30)
    cutoff = table.take("cutoff", _days, CUTOFF)
    source = read_source(table, RECEIVABLES, path, zone)
    if source.kind not in _KINDS:
        table.mistake("source", f"is one of {', '.join(_KINDS)} for receivables")
    return ReceivablesSettings(source, since, opening, terms_days, cutoff, window, rules)


def _day(value: object) -> date:
    return value if type(value) is date else values.day(keys.text(value))


def _days(value: object) -> int:
    """A number of days, like `5d`."""
    found = re.fullmatch(r"(\d{1,3}) ?d?(?:ays?)?", str(value).strip())
    if not found or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a number of days, like '5d'")
    return int(found[1])


def _rules(value: object) -> tuple[MatchingRule, ...]:
    """The matching rules, in order."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of rules, like [{ by = ['number', 'amount'] }]")
    return tuple(_rule(at, item) for at, item in enumerate(value, 1))


def _rule(at: int, value: object) -> MatchingRule:
    if not isinstance(value, Mapping):
        raise ValueError(f"rule {at} is not a table")
    item: dict[str, Any] = dict(value)
    columns = item.pop("by", [])
    unknown = [each for each in columns if each not in set(By)]
    if not isinstance(columns, list) or not columns or unknown:
        raise ValueError(f"rule {at}: by is a list of {', '.join(By)}")
    window, tolerance = item.pop("window", None), item.pop("tolerance", None)
    group = item.pop("group", False)
    name = str(item.pop("name", ", ".join(columns)))
    if item:
        raise ValueError(f"rule {at}: {next(iter(item))} is not a known key")
    # Amounts of different currencies are never added.
    by = frozenset(map(By, columns)) | ({By.CURRENCY} if group else frozenset())
    return MatchingRule(
        name,
        by,
        None if window is None else _days(window),
        keys.rate(tolerance) if tolerance is not None else 0,
        group=keys.yes_or_no(group),
    )
