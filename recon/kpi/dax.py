"""Measures in DAX, for the model of Power BI.

They are those that a model of the star can add up by itself: plain sums and counts of one table,
and formulas over them. An amount is blank over several currencies, which cannot be added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recon.kpi.formula import Tree
from recon.kpi.measures import DAYS, MEASURES, Measure, Unit
from recon.store.publishing import power_bi
from recon.store.publishing.star import PUBLISHED

_PLAIN = (
    (re.compile(r"count\(\*\)"), "COUNTROWS({table})"),
    (re.compile(r"(?:coalesce\()?sum\(f\.(\w+)\)(?:, 0\))?"), "SUM({table}[{column}])"),
    (re.compile(r"-sum\(f\.(\w+)\)"), "-SUM({table}[{column}])"),
    (
        re.compile(r"CASE WHEN count\(f\.(\w+)\) = count\(\*\) THEN sum\(f\.\1\) END"),
        "IF(COUNTBLANK({table}[{column}]) = 0, SUM({table}[{column}]))",
    ),
    (re.compile(r"count\(DISTINCT lower\(f\.(\w+)\)\)"), "DISTINCTCOUNT({table}[{column}])"),
)
_FACTS = ("sales", "credits", "debits")
_FORMATS = {Unit.PERCENT: "0.00%", Unit.COUNT: "#,0", Unit.QUANTITY: "#,0.####"}


def dax_measures() -> Iterator[power_bi.Measure]:
    """Yield the measures that a model can have."""
    tables: dict[str, str] = {}
    for measure in MEASURES.values():
        formula = _of_fact(measure) if measure.fact else _of_measures(measure, tables)
        if formula:
            tables[measure.name] = table = formula[0]
            yield power_bi.Measure(
                table, _name(measure, table), formula[1], measure.sentence,
                _FORMATS.get(measure.unit, "#,0.00"),
            )  # fmt: skip


def _of_fact(measure: Measure) -> tuple[str, str] | None:
    """The table and the formula of a sum or count."""
    if measure.fact not in _FACTS:
        return None
    table = measure.of.source
    for pattern, dax in _PLAIN:
        if found := pattern.fullmatch(measure.formula):
            text = dax.format(table=table, column=found[1] if pattern.groups else "")
            is_amount = measure.unit is Unit.AMOUNT
            return table, f"IF(HASONEVALUE({table}[currency]), {text})" if is_amount else text
    return None


def _of_measures(measure: Measure, tables: dict[str, str]) -> tuple[str, str] | None:
    """The formula over measures of one table, if any."""
    parsed = measure.parsed
    of = {tables.get(name) for name in parsed.names if name != DAYS}
    if DAYS in parsed.names or len(of) != 1 or None in of:
        return None
    above, below = parsed.trees()
    table = str(of.pop())
    text = _dax(above, table)
    return table, text if below is None else f"DIVIDE({text}, {_dax(below, table)})"


def _name(measure: Measure, table: str) -> str:
    """Its title, unless a column has that name."""
    columns = PUBLISHED[table].names
    title = measure.title
    return f"Total {title.lower()}" if title.lower() in columns else title


def _dax(tree: Tree, table: str) -> str:
    if isinstance(tree, str):
        return f"[{_name(MEASURES[tree], table)}]"
    sign, *sides = tree
    if sign == "number":
        return str(sides[0])
    texts = [_dax(side, table) for side in sides]
    return f"(-{texts[0]})" if len(texts) == 1 else f"({f' {sign} '.join(texts)})"
