"""Figures: the table [figures], with measures of the user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from recon.base import keys
from recon.base.keys import Keys

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_UNITS = ("amount", "quantity", "count", "percent", "days", "times")


@dataclass(frozen=True, slots=True)
class OwnMeasure:
    """A measure as it is configured.

    With a `fact`, `formula` is an aggregate over its rows, of which `where` keeps some; without
    one it is over other measures.
    """

    name: str
    title: str
    sentence: str
    unit: str
    formula: str
    fact: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class FiguresSettings:
    """How figures are made: the user's own measures by name.

    With `pack`, each run of a month is followed by its monthly pack. Amounts are converted into
    `currency`, if any, by the rates of the store.
    """

    measures: Mapping[str, OwnMeasure] = field(default_factory=dict)
    pack: bool = False
    currency: str = ""


def read_figures(table: Keys) -> FiguresSettings:
    """The settings of the table [figures]."""
    found = FiguresSettings(
        {name: _read(name, own) for name, own in table.tables("measures")},
        table.take("pack", keys.yes_or_no, False),
        table.take("currency", keys.currency, ""),
    )
    table.close()
    return found


def _read(name: str, table: Keys) -> OwnMeasure:
    if not _NAME.fullmatch(name):
        table.mistake("", f"{name!r} is no name; use small letters, digits and _")
    if "formula" not in table:
        table.mistake("formula", "is missing, such as 'sum(revenue)' or 'web_revenue / revenue'")
    title = name.replace("_", " ").capitalize()
    found = OwnMeasure(
        name,
        table.take("title", keys.text, title),
        table.take("sentence", keys.text, f"{title}."),
        table.take("unit", _unit, "amount"),
        table.take("formula", keys.text, "0"),
        table.take("fact", keys.text, ""),
        table.take("where", keys.text, ""),
    )
    if found.where and not found.fact:
        table.mistake("where", "goes with a fact, such as fact = 'sales'")
    table.close()
    return found


def _unit(value: object) -> str:
    if value not in _UNITS:
        raise ValueError(f"{value!r} is not one of {', '.join(_UNITS)}")
    return str(value)
