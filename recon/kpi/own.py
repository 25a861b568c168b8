"""Measures of the configuration, beside recon's own."""

from __future__ import annotations

from collections.abc import Mapping

from recon.base.errors import ConfigError
from recon.config.figures import OwnMeasure
from recon.kpi import formula
from recon.kpi.facts import FACTS
from recon.kpi.measures import DAYS, MEASURES, Kind, Measure, Unit
from recon.store.session import Session, evaluating, refuse_many

# Those whose rows are of a table; the columns are those of docs/store.md.
_TABLES = ("sales", "credits", "debits", "movements")


def with_own(session: Session, own: Mapping[str, OwnMeasure]) -> dict[str, Measure]:
    """All measures by name; raises ConfigError with every mistake."""
    mistakes: list[str] = []
    known = dict(MEASURES)
    # Those of facts first, so that formulas may name them in any order.
    for each in sorted(own.values(), key=lambda each: not each.fact):
        try:
            known[each.name] = _made(session, each, known)
        except ValueError as error:
            mistakes.append(f"figures.measures.{each.name}: {error}")
    if mistakes:
        raise ConfigError(mistakes, "the configuration")
    return known


def _made(session: Session, own: OwnMeasure, known: Mapping[str, Measure]) -> Measure:
    """The measure; raises ValueError."""
    if own.name in MEASURES or own.name == DAYS:
        raise ValueError("recon has a measure of that name; choose another one")
    unit = Unit(own.unit)
    if own.fact:
        text = _aggregate(session, own)
        kind = Kind.DISTINCT if "distinct" in own.formula.lower() else Kind.ADDITIVE
        return Measure(own.name, own.title, own.sentence, unit, kind, text, own.fact)
    parsed = formula.parse(own.formula)
    for name in parsed.names:
        if name not in known and name != DAYS:
            raise ValueError(f"there is no measure {name!r}")
        if name in known and known[name].kind is Kind.RATIO:
            raise ValueError(f"{name!r} is a ratio; write what it is made of")
    kind = Kind.RATIO if parsed.is_ratio else Kind.ADDITIVE
    return Measure(own.name, own.title, own.sentence, unit, kind, own.formula)


def _aggregate(session: Session, own: OwnMeasure) -> str:
    """The aggregate as SQL over a fact's rows; raises ConfigError."""
    if own.fact not in _TABLES:
        raise ValueError(f"fact {own.fact!r} is not one of {', '.join(_TABLES)}")
    table = FACTS[own.fact].source
    columns = [row[0] for row in session.execute(f"DESCRIBE {table}").fetchall()]
    text = f"{own.formula} FILTER (WHERE {own.where})" if own.where else own.formula
    with evaluating(f"figures.measures.{own.name}", columns):
        refuse_many(own.formula)
        if own.where:
            refuse_many(own.where)
        session.execute(f"SELECT {text} FROM {table} LIMIT 0")
    return f"coalesce({text}, 0)"
