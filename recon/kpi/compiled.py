"""A query compiled to SQL: facts added up, ratios last.

Aggregates of several facts meet in a UNION ALL that is grouped once more, so that blanks match
blanks and no total fans out. Reads the tables of a snapshot, those with amounts as `conversion`
has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recon.base import money
from recon.base.errors import UsageError
from recon.kpi import conversion
from recon.kpi.buckets import Buckets
from recon.kpi.facts import CUSTOMER, FACTS, PRODUCT, Fact
from recon.kpi.formula import Formula
from recon.kpi.measures import DAYS, Measure, Unit
from recon.store.session import Session, literal

# The currency of a row's amounts, the last of its keys.
MONEY, _OF_MONEY = "money", "f.money"
_DECIMAL = "DECIMAL(38, 4)"
# In ten-thousandths, to which a ratio is rounded; amounts have that of their currency.
_STEPS = {
    Unit.PERCENT: 1,
    Unit.DAYS: 1_000,
    Unit.TIMES: 100,
    Unit.COUNT: 100,
    Unit.QUANTITY: 1,
}
# Whether the store reaches back far enough, by month, for a part of the period.
_SALES = "(SELECT CAST(date_trunc('month', min(sold_on)) AS DATE) FROM fact_sales)"
_REACHES = {
    "sales_before": f"{_SALES} <= before_first",
    "sales_year": f"{_SALES} <= year_first",
    "sales_twelve": f"{_SALES} <= twelve_first",
    "market_months": "first_day = date_trunc('month', first_day) AND last_day = last_day(last_day) "
    "AND (SELECT count(DISTINCT date_trunc('month', market_on)) FROM fact_market "
    "WHERE market_on BETWEEN first_day AND last_day) "
    "= date_diff('month', first_day, last_day) + 1",
    "stock_twelve": "(SELECT min(counted_on) FROM fact_inventory) < "
    "date_trunc('month', last_day + 1) - INTERVAL 11 MONTH",
}
# Where nothing is grouped SQL gives a row for no rows, whose sums are not 0 but not known.
_SOME = "HAVING count(*) > 0"
_ROUNDED = """CASE WHEN b <> 0 THEN CAST(sign(a) * sign(b) AS INTEGER) * step * CAST(
        (20000 * abs(parts(a)) + abs(parts(b)) * step) // (2 * abs(parts(b)) * step)
        AS DECIMAL(38, 0))
        * CAST(0.0001 AS DECIMAL(4, 4)) END"""
# As many parts of a unit as a number has decimals, without an overflow.
_PARTS = """CAST(trunc(exact(a)) AS HUGEINT) * 1000000000000000000
        + CAST((exact(a) - trunc(exact(a))) * 1000000000000000000 AS HUGEINT)"""


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of a dimension that are kept, or not.

    A blank value is ''.
    """

    dimension: str
    values: tuple[str, ...]
    excluded: bool = False


def install(session: Session, into: str = "") -> None:
    """Create macros of exact arithmetic, and the views.

    Amounts are converted `into` a currency, if one is given; then they are exact to more decimals,
    and rounded last.
    """
    places: dict[int, list[str]] = {}
    for currency in money.minor_units():
        places.setdefault(money.decimals(currency), []).append(literal(currency))
    rounded = " ".join(
        f"WHEN currency IN ({', '.join(of)}) THEN CAST(round(amount, {count}) AS {_DECIMAL})"
        for count, of in places.items()
    )
    steps = " ".join(
        f"WHEN currency IN ({', '.join(of)}) THEN {10 ** (4 - count)}"
        for count, of in places.items()
    )
    fine = "DECIMAL(38, 18)" if into else _DECIMAL
    for macro in (
        f"exact(a) AS CAST(a AS {fine})",
        f"parts(a) AS {_PARTS if into else 'CAST(a * 10000 AS HUGEINT)'}",
        f"ratio(a, b, step) AS {_ROUNDED}",
        f"minor_step(currency) AS CASE {steps} ELSE 100 END",
        f"round_minor(amount, currency) AS CASE {rounded} "
        f"ELSE CAST(round(amount, 2) AS {_DECIMAL}) END",
    ):
        session.execute(f"CREATE OR REPLACE MACRO {macro}")
    shown = "round_minor(amount, currency)" if into else "amount"
    session.execute(f"CREATE OR REPLACE MACRO shown_amount(amount, currency) AS {shown}")
    conversion.install(session, into)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query: measures by dimensions and parts of a period.

    `dimensions` are those of no time; with `money` rows are per currency of their amounts, too.
    """

    measures: Sequence[Measure]
    known: Mapping[str, Measure]
    buckets: Buckets
    dimensions: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    money: bool = False

    def sql(self) -> str:
        """Bucket, dimensions, money, and the measures by their names."""
        keys = self._keys
        base = self.base()
        facts = {each.fact: each.of for each in base}
        parts = "\n    UNION ALL\n    ".join(self._fact(fact, base) for fact in facts.values())
        united = ", ".join(_brought(each) for each in base)
        values = ", ".join(f"{self._value(each)} AS {each.name}" for each in self.measures)
        listed = "".join(f", {key}" for key in keys)
        needs = "".join(f", {_REACHES[name]} AS {name}" for name in self._needs(base))
        return f"""WITH buckets AS (SELECT *{needs} FROM {self.buckets.relation()}),
added AS (
    {parts}),
parts AS (SELECT * FROM added{self._spine()}),
united AS (SELECT bucket{listed}, {united} FROM parts GROUP BY ALL)
SELECT u.bucket{"".join(f", u.{key}" for key in keys)}, {values}
FROM united u JOIN buckets b ON b.bucket = u.bucket"""

    @property
    def _keys(self) -> list[str]:
        return [f"d_{name}" for name in (*self.dimensions, *([MONEY] if self.money else []))]

    def base(self) -> list[Measure]:
        """The measures of facts that the others are made of."""
        found: dict[str, Measure] = {}
        for each in self.measures:
            found |= {of.name: of for of in bases(each, self.known)}
        return list(found.values())

    def _spine(self) -> str:
        """A row for each part; one without rows is 0."""
        if self.dimensions:
            return ""
        currencies = f" CROSS JOIN (SELECT DISTINCT d_{MONEY} FROM added)" if self._keys else ""
        listed = "".join(f", {key}" for key in self._keys)
        return f" UNION ALL BY NAME SELECT 'none' AS fact, bucket{listed} FROM buckets{currencies}"

    def _needs(self, base: Sequence[Measure]) -> list[str]:
        return list(dict.fromkeys(each.needs for each in base if each.needs))

    def _fact(self, fact: Fact, base: Sequence[Measure]) -> str:
        """The SELECT that adds up one fact."""
        of = self._dimensions(fact)
        bucket, source, days = self.buckets.rows(fact)
        kept = [fact.condition, days, *(_condition(fact, each) for each in self.filters)]
        where = " AND ".join(f"({each})" for each in kept if each != "true") or "true"
        listed = "".join(f", {expression} AS {key}" for key, expression in of.items())
        joins = _joins(fact, [*of.values(), where, *(m.formula for m in base if m.of is fact)])
        values = ", ".join(
            f"{_exact(each, each.formula if each.of is fact else 'NULL')} AS m_{each.name}"
            for each in base
        )
        if not fact.key:
            return (
                f"SELECT '{fact.name}' AS fact, {bucket} AS bucket{listed}, {values}\n"
                f"    FROM {source} {joins} WHERE {where} GROUP BY ALL {_SOME}"
            )
        keys = "".join(f", i.{key}" for key in of)
        asked = " ".join(each.formula for each in base if each.of is fact)
        outer = fact.outer.replace("{buckets}", "buckets") if re.search(r"\bq\.", asked) else ""
        return (
            f"SELECT '{fact.name}' AS fact, i.bucket{keys}, {values}\n    FROM (SELECT "
            f"{bucket} AS bucket{listed}, {fact.key} AS key, {fact.inner}\n        FROM {source} "
            f"{joins} WHERE {where} GROUP BY ALL) i {outer} GROUP BY ALL {_SOME}"
        )

    def _dimensions(self, fact: Fact) -> dict[str, str]:
        of = {**fact.dimensions, MONEY: _OF_MONEY}
        return {key: of[key.removeprefix("d_")] for key in self._keys}

    def _value(self, measure: Measure) -> str:
        """The SQL of a measure over the united facts."""
        if measure.fact:
            return f"u.m_{measure.name}" if not measure.needs else (
                f"CASE WHEN b.{measure.needs} THEN u.m_{measure.name} END"
            )  # fmt: skip
        step = f"minor_step(u.d_{MONEY})" if measure.unit is Unit.AMOUNT else _STEPS[measure.unit]
        return self._formula(measure.parsed, str(step))

    def _formula(self, parsed: Formula, step: str) -> str:
        def column(name: str) -> str:
            return f"CAST(b.days AS {_DECIMAL})" if name == DAYS else self._value(self.known[name])

        return parsed.sql(column, lambda above, below: f"ratio({above}, {below}, {step})")


def bases(measure: Measure, known: Mapping[str, Measure]) -> Iterable[Measure]:
    """Yield the measures of facts behind a measure."""
    if measure.fact:
        yield measure
        return
    for name in measure.parsed.names:
        if name != DAYS:
            yield from bases(known[name], known)


def is_money(measure: Measure, known: Mapping[str, Measure]) -> bool:
    """Whether a measure is per currency."""
    return measure.unit is Unit.AMOUNT or any(
        each.unit is Unit.AMOUNT for each in bases(measure, known)
    )


def lacking(measure: Measure, known: Mapping[str, Measure], dimensions: Iterable[str]) -> list[str]:
    """The dimensions that a fact of a measure lacks."""
    facts = {each.fact for each in bases(measure, known)}
    return [name for name in dimensions if any(name not in FACTS[f].dimensions for f in facts)]


def refuse_lacking(
    measures: Iterable[Measure], known: Mapping[str, Measure], dimensions: Sequence[str]
) -> None:
    """Raise UsageError where a measure has no such dimension."""
    for each in measures:
        for name in lacking(each, known, dimensions):
            facts = [of for of in bases(each, known) if name not in of.of.dimensions]
            rows = facts[0].of.sentence.rstrip(".")
            have = ", ".join(facts[0].of.dimensions)
            raise UsageError(
                f"{each.title} cannot be divided or filtered by {name}: its rows "
                f"({rows[0].lower()}{rows[1:]}) have none. They have {have}, and the time."
            )


def _exact(measure: Measure, aggregate: str) -> str:
    """An aggregate with all its decimals; only amounts have many."""
    is_amount = measure.unit is Unit.AMOUNT
    return f"exact({aggregate})" if is_amount else f"CAST({aggregate} AS {_DECIMAL})"


def _brought(measure: Measure) -> str:
    """A united measure: 0 where its fact has no row."""
    name = f"m_{measure.name}"
    if measure.of.blank:
        return f"max({name}) AS {name}"
    return (
        f"CASE WHEN count(CASE WHEN fact = '{measure.fact}' THEN 1 END) = 0 THEN 0 "
        f"ELSE max({name}) END AS {name}"
    )


def _joins(fact: Fact, expressions: Sequence[str]) -> str:
    """The joins that some expressions need."""
    text = " ".join(expressions)
    found = [PRODUCT] if re.search(r"\bp\.", text) else []
    if re.search(r"\bc\.", text):
        found.append(CUSTOMER.format(day=fact.day))
    return " ".join(found)


def kept_rows(fact: Fact, filters: Sequence[Filter], used: Sequence[str] = ()) -> tuple[str, str]:
    """The joins and condition of the rows that filters keep.

    `used` are expressions that need joins, too.
    """
    kept = [fact.condition, *(_condition(fact, each) for each in filters)]
    where = " AND ".join(f"({each})" for each in kept)
    return _joins(fact, [where, *used]), where


def _condition(fact: Fact, kept: Filter) -> str:
    """The SQL of a filter; case does not count."""
    expression = fact.dimensions[kept.dimension]
    listed = ", ".join(literal(value.lower()) for value in kept.values if value)
    parts = [f"lower({expression}) IN ({listed})"] if listed else []
    if kept.dimension == "product" and listed:
        parts.append(f"lower(p.name) IN ({listed})")
    if kept.dimension == "customer" and listed:
        parts.append(f"lower(c.name) IN ({listed})")
    if "" in kept.values:
        parts.append(f"{expression} IS NULL")
    found = f"coalesce({' OR '.join(parts)}, false)"
    return f"NOT {found}" if kept.excluded else found
