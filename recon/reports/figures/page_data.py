"""The data of a page of figures, as JSON.

Numbers are whole; those beyond what a browser holds exactly are texts. A column whose rows are all
the same is its one value. Names are in `dimensions`, rows have their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import gcd

from recon.base import money
from recon.base.text import visible
from recon.kpi.buckets import Bucket
from recon.kpi.compiled import MONEY
from recon.kpi.detail import KEYED, TOGETHER, Asking, Detail, Part, shifted
from recon.kpi.dimensions import DIMENSIONS
from recon.kpi.formula import Tree
from recon.kpi.measures import DAYS, Measure
from recon.kpi.result import Figures

Json = dict[str, object]
_SAFE = 2**53 - 1
_MOST_CHOICES = 400
_WINDOWS = {"sales_before": "previous", "sales_year": "year"}
_KEYS = {
    "orders": ("sale", "feed"), "products_sold": ("product",),
    "top_products_revenue": ("product",), "active": ("customer",), "new": ("customer",),
    "active_before": ("customer",), "churned": ("customer",),
    "repeating": ("customer", "sale", "feed"),
}  # fmt: skip
_BUYERS = ("active", "new", "active_before", "churned", "repeating")
_COLUMNS = {"revenue_before": "revenue", "revenue_year_before": "revenue"}
# Of a sale nobody chooses from a list; the currency of amounts is a dimension of none.
_NO_CHOICE = ("sale", "feed", MONEY)


def page_data(figures: Figures, detail: Detail) -> str:
    """The JSON of a page, safe within a script element."""
    codes = _Codes()
    parts = [_part(part, codes) for part in detail.parts]
    document: Json = {
        "view": figures.view if figures.view != "measures" else _names(detail),
        "periods": [_bucket(name, bucket) for name, bucket in detail.periods],
        "months": [_bucket(each.this.name, each) for each in detail.months],
        "tables": {name: _table(asking) for name, asking in detail.tables.items()},
        "measures": _measures(detail, filtered=bool(figures.filters)),
        "parts": parts,
        "dimensions": codes.document(detail.names),
        "below": {each.name: each.below for each in DIMENSIONS.values() if each.below},
        "times": [each.name for each in DIMENSIONS.values() if each.time],
        "firsts": [detail.firsts.get(name, 0) for name in codes.folded("customer")],
        "reach": detail.reach,
        "steps": {code: money.minor_unit(code) for code in codes.values(MONEY)},
        "fine": str(detail.fine // money.SCALE),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return escaped(text)


def escaped(text: str) -> str:
    """JSON that ends no script element and no line."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _names(detail: Detail) -> str:
    asking = next(iter(detail.tables.values()), None)
    return ",".join(asking.query.measures) if asking else ""


class _Codes:
    """The places of dimensions' values, capital letters or not."""

    def __init__(self) -> None:
        self._places: dict[str, dict[str, int]] = {}
        self._values: dict[str, list[str]] = {}
        self._blank: set[str] = set()

    def column(self, name: str, values: Sequence[str | None]) -> int | list[int]:
        places, known = self._places.setdefault(name, {}), self._values.setdefault(name, [])
        found = []
        for value in values:
            if value is None:
                self._blank.add(name)
                found.append(-1)
                continue
            place = places.setdefault(value.lower(), len(known))
            if place == len(known):
                known.append(value)
            found.append(place)
        return found[0] if found and len({*found}) == 1 else found

    def values(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def folded(self, name: str) -> list[str]:
        return [value.lower() for value in self.values(name)]

    def document(self, names: Mapping[str, Mapping[str, str]]) -> Json:
        return {
            name: {
                "values": values,
                "labels": [visible(names.get(name, {}).get(v.lower(), v)) for v in values],
                "below": DIMENSIONS[name].below if name in DIMENSIONS else "",
                "blank": name in self._blank,
                "filter": name not in _NO_CHOICE
                and 1 < len(values) + (name in self._blank) <= _MOST_CHOICES,
            }
            for name, values in self._values.items()
        }


def _part(part: Part, codes: _Codes) -> Json:
    return {
        "fact": part.fact,
        "days": part.days,
        "by_day": part.by_day,
        "dimensions": {name: codes.column(name, of) for name, of in part.dimensions.items()},
        "numbers": {name: _numbers(of) for name, of in part.numbers.items()},
    }


def _numbers(values: Sequence[int | None]) -> Json:
    """A column of numbers, and their common divisor."""
    by = gcd(*(value for value in values if value)) or 1
    found = [None if value is None else _whole(value // by) for value in values]
    same = bool(found) and all(each == found[0] for each in found)
    return {"by": str(by), "values": found[0] if same else found}


def _whole(value: int) -> int | str:
    return value if abs(value) <= _SAFE else str(value)


def _bucket(name: str, bucket: Bucket) -> Json:
    """A part of time with its windows."""
    windows = {
        shift: [
            [period.first.toordinal(), period.last.toordinal()]
            for period in (of.this, of.before, of.year)
        ]
        for shift, of in shifted(bucket).items()
    }
    return {"name": name, **windows}


def _table(asking: Asking) -> Json:
    query = asking.query
    found: Json = {
        "measures": query.measures,
        "by": query.by,
        "compare": query.compare,
        "money": query.money,
        "top": query.top,
        "cards": query.chart == "cards",
    }
    if asking.buckets:
        found["buckets"] = [_bucket(each.this.name, each) for each in asking.buckets.parts]
        found["whole"] = _bucket(query.period.name, asking.whole)
    return found


def _measures(detail: Detail, *, filtered: bool) -> Json:
    names: dict[str, None] = {}
    for asking in detail.tables.values():
        for measure in asking.query.chosen:
            names |= dict.fromkeys(_with_parts(measure, detail.known))
    parts = {part.fact: part for part in detail.parts}
    return {name: _measure(detail.known[name], parts, filtered) for name in names}


def _with_parts(measure: Measure, known: Mapping[str, Measure]) -> Iterable[str]:
    yield measure.name
    if not measure.fact:
        for name in measure.parsed.names:
            if name != DAYS:
                yield from _with_parts(known[name], known)


def _measure(measure: Measure, parts: Mapping[str, Part], filtered: bool) -> Json:
    found: Json = {
        "title": measure.title,
        "unit": measure.unit,
        "kind": measure.kind,
        "better": -1 if measure.lower_is_better else 1,
    }
    if not measure.fact:
        above, below = measure.parsed.trees()
        return {**found, "above": _scaled(above), "below": _scaled(below) if below else None,
                "here": not (_has_product(above) or (below and _has_product(below)))}  # fmt: skip
    part = KEYED.get(measure.name) or TOGETHER.get(measure.fact, measure.fact)
    column = "active" if measure.name in _BUYERS else _COLUMNS.get(measure.name, measure.name)
    keyed = measure.name in _KEYS
    here = part in parts and (column in parts[part].numbers or keyed)
    if measure.name in _BUYERS and (not here or "active" not in parts[part].numbers):
        here = False
    # Whether a customer stayed is asked of all sales, and the page has only those kept.
    if measure.name == "churned" and filtered:
        here = False
    return {
        **found,
        "fact": measure.fact,
        "part": part,
        "column": column,
        "here": here,
        "keys": _KEYS.get(measure.name, ()),
        "buyers": measure.name in _BUYERS,
        "dimensions": [*measure.of.dimensions, MONEY],
        "blank": measure.of.blank,
        "window": _WINDOWS.get(measure.needs, ""),
    }


def _scaled(tree: Tree) -> object:
    """A formula's tree; its numbers are whole ten-thousandths."""
    if isinstance(tree, str):
        return tree
    if tree[0] == "number":
        return ["number", str(money.parse_sum(str(tree[1])))]
    return [tree[0], *map(_scaled, tree[1:])]


def _has_product(tree: Tree) -> bool:
    """Whether a formula multiplies, or has too fine a number."""
    if isinstance(tree, str):
        return False
    if tree[0] == "number":
        return len(str(tree[1]).partition(".")[2]) > 4  # noqa: PLR2004
    return tree[0] == "*" or any(map(_has_product, tree[1:]))
