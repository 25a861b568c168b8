"""Receivables: the table [receivables]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

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
    """The matching rules, in order; raises ValueError with every mistake."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of rules, like [{ by = ['number', 'amount'] }]")
    mistakes = list[str]()
    found = tuple(_rule(at, item, mistakes) for at, item in enumerate(value, 1))
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return found


def _rule(at: int, value: object, mistakes: list[str]) -> MatchingRule:
    if not isinstance(value, Mapping):
        mistakes.append(f"rule {at} is not a table")
        return MatchingRule("", frozenset())
    item = Keys(value, f"rule {at}", mistakes)
    none: tuple[By, ...] = ()
    columns = item.take("by", _columns, none)
    if "by" not in value:
        item.mistake("by", "is missing")
    group = item.take("group", keys.yes_or_no, False)
    # Amounts of different currencies are never added.
    by = frozenset(columns) | ({By.CURRENCY} if group else frozenset())
    found = MatchingRule(
        item.take("name", keys.text, ", ".join(columns)),
        by,
        item.take("window", _days, None),
        item.take("tolerance", keys.rate, 0),
        group=group,
    )
    item.close()
    return found


def _columns(value: object) -> tuple[By, ...]:
    """The columns of a rule."""
    known = [each.value for each in By]
    if not isinstance(value, list) or not value or any(each not in known for each in value):
        raise ValueError(f"{value!r} is not a list of {', '.join(known)}")
    return tuple(map(By, value))
