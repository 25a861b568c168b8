"""Figures as views of a published star, by month.

A fact of one table is a view: its own columns among the dimensions, and the measures that are a
plain sum or count, which add up over months and dimensions. Their SQL is what PostgreSQL and SQL
Server both understand; `{schema}.` is in front of every table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recon.kpi.facts import FACTS, Fact
from recon.kpi.measures import MEASURES, Measure

_FACTS = ("sales", "credits", "debits")
_PLAIN = re.compile(r"count\(\*\)|-?sum\(f\.\w+\)|coalesce\(sum\(f\.\w+\), 0\)")
_OWN_COLUMN = re.compile(r"f\.\w+")
# A document each is not a dimension of a month.
_TOO_FINE = {"sale"}


def figure_views() -> Iterator[tuple[str, str]]:
    """Yield the views of figures: name, and SELECT."""
    for name in _FACTS:
        fact = FACTS[name]
        yield f"figures_{name}", _select(fact, list(_measures(fact)))


def _measures(fact: Fact) -> Iterator[Measure]:
    for measure in MEASURES.values():
        if measure.fact == fact.name and not measure.absent and _PLAIN.fullmatch(measure.formula):
            yield measure


def _select(fact: Fact, measures: list[Measure]) -> str:
    columns = {
        name: text
        for name, text in fact.dimensions.items()
        if _OWN_COLUMN.fullmatch(text) and name not in _TOO_FINE
    }
    named = ", ".join(f"{text} AS {name}" for name, text in columns.items())
    sums = ", ".join(f"{measure.formula} AS {measure.name}" for measure in measures)
    return (
        f"SELECT d.year_month, {named}, {sums} FROM {{schema}}.{fact.source} f "
        f"JOIN {{schema}}.dim_date d ON d.day = f.{fact.day} "
        f"GROUP BY d.year_month, {', '.join(columns.values())}"
    )
