"""The policy: by which rules a month is reconciled.

It is read from the `[policy]` table of the configuration, or from the same keys in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recon.base import keys, money
from recon.base.errors import ConfigError
from recon.base.ids import NO_RULES, IdRules, Ids, read_id_rules
from recon.base.keys import Keys
from recon.base.rules import (
    KINDS,
    PPM,
    TERM_RULES,
    Amendment,
    Convention,
    Kind,
    Recognition,
    RepeatedIds,
    Rounding,
    SameKey,
    SeverityRules,
    StartMonth,
    StopMonth,
    Term,
    Tolerance,
    TypePolicy,
    ValueBasis,
    amount_text,
    rate_text,
    tolerance_parts,
)

# The rules that a policy is made of come with it.
__all__ = [
    "DEFERRED",
    "KINDS",
    "PPM",
    "Amendment",
    "Convention",
    "Kind",
    "Policy",
    "Recognition",
    "RepeatedIds",
    "Rounding",
    "SameKey",
    "SeverityRules",
    "StartMonth",
    "StopMonth",
    "Term",
    "Tolerance",
    "TypePolicy",
    "ValueBasis",
    "rate_text",
    "read_policy",
    "revenue_account",
]

DEFERRED = "Deferred revenue"
_TOLERANCE, _SEVERITY = Tolerance(ppm=PPM // 100), SeverityRules()


def _standard_types() -> Mapping[str, TypePolicy]:
    return {name: TypePolicy(kind) for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a reconciliation, by default the specification's.

    Where a tolerance is set by revenue type and by segment, the type's wins.
    """

    tolerance: Tolerance = _TOLERANCE
    currency: str = "USD"
    convention: Convention = Convention.EVEN
    rounding: Rounding = Rounding.CUMULATIVE
    types: Mapping[str, TypePolicy] = field(default_factory=_standard_types)
    segments: Mapping[str, Tolerance] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    severity: SeverityRules = _SEVERITY
    ids: Ids = Ids.FOLD
    same_key: SameKey = SameKey.REFUSE
    amendment: Amendment = Amendment.PROSPECTIVE
    repeated_ids: RepeatedIds = RepeatedIds.REFUSE
    start_month: StartMonth = StartMonth.FULL
    stop_month: StopMonth = StopMonth.FULL
    value_basis: ValueBasis = ValueBasis.TOTAL
    # Without one it is the duration, or the dates where no row of the side has a duration.
    term: Term | None = None
    analytics_ids: IdRules = NO_RULES
    accounting_ids: IdRules = NO_RULES

    @classmethod
    def of(cls, table: Mapping[str, object]) -> Policy:
        """The policy of a `[policy]` table; raises ConfigError."""
        mistakes: list[str] = []
        policy = read_policy(Keys(table, "policy", mistakes))
        if mistakes:
            raise ConfigError(mistakes)
        return policy

    def allowed_text(self) -> str:
        """The tolerance in words, with those of certain lines."""
        least, most = self.tolerance.floor, self.tolerance.cap
        floor = "one minor unit" if least is None else amount_text(least)
        cap = "no cap" if most is None else f"at most {amount_text(most)}"
        own = "".join(f"; {name}: {', '.join(parts)}" for name, parts in self._own_tolerances())
        return f"{rate_text(self.tolerance.ppm or 0)} of expected, at least {floor}, {cap}{own}"

    def _own_tolerances(self) -> Iterator[tuple[str, list[str]]]:
        own = [(name, rule.tolerance) for name, rule in self.types.items()]
        for name, tolerance in [*own, *self.segments.items()]:
            if parts := tolerance_parts(tolerance):
                yield name, [part.removeprefix("tolerance ") for part in parts]

    def _rules_of_rows(self) -> list[tuple[str, str]]:
        """The rules of rows that are not as usual."""
        rules = {"same_key": self.same_key, "accounting.repeated_ids": self.repeated_ids}
        found = [(key, rule.value) for key, rule in rules.items() if rule != "refuse"]
        versions = self.same_key is SameKey.VERSIONS
        return found + [("amendment", self.amendment.value)] * versions

    def own_terms(self) -> dict[str, str]:
        """The rules of terms that are not default, by key."""
        rules = {key: getattr(self, key) for key in TERM_RULES}
        usual = ("full", "total")
        return {key: rule.value for key, rule in rules.items() if rule and rule not in usual}

    def rows(self) -> list[tuple[str, str]]:
        """Return every parameter as (key, value), for the reports."""
        rows = [
            ("tolerance", self.allowed_text()),
            ("currency", self.currency),
            ("convention", self.convention.value),
            ("rounding", self.rounding.value),
            *self._rules_of_rows(),
            *self.own_terms().items(),
        ]
        rows += [("ids", self.ids.value)] * (self.ids is not Ids.FOLD)
        sides = {"analytics.ids": self.analytics_ids, "accounting.ids": self.accounting_ids}
        rows += [(key, rules.text()) for key, rules in sides.items() if rules != NO_RULES]
        for name, rule in self.types.items():
            parts = [rule.kind.value, rule.recognition.value]
            parts += [part.value for part in (rule.convention, rule.rounding) if part]
            parts += [f"{key} {part}" for key, part in rule.own_terms().items()]
            rows.append((f"types.{name}", ", ".join(parts + tolerance_parts(rule.tolerance))))
        rows += [(f"segments.{s}", ", ".join(tolerance_parts(t))) for s, t in self.segments.items()]
        rows += [(f"aliases.{alias}", name) for alias, name in self.aliases.items()]
        rules = self.severity
        rows += [
            ("severity.warning_percent", f"{rules.warning_percent}%"),
            ("severity.high_percent", f"{rules.high_percent}%"),
        ]
        of_all = {"": rules} | {f"{currency}.": own for currency, own in rules.currencies.items()}
        rows += [
            (f"severity.{of}{key}", amount_text(units))
            for of, ladder in of_all.items()
            for key, units in ladder.amounts().items()
        ]
        return rows


def read_policy(table: Keys) -> Policy:
    """The policy of a table; every mistake is noted."""
    standard = Policy()
    types = _read_types(table)
    policy = Policy(
        tolerance=_read_tolerance(table).over(standard.tolerance),
        currency=table.take("currency", keys.currency, standard.currency),
        convention=table.take("convention", keys.one_of(Convention), standard.convention),
        rounding=table.take("rounding", keys.one_of(Rounding), standard.rounding),
        types=types,
        segments=_read_segments(table),
        aliases=_read_aliases(table, types),
        severity=_read_severity(table.table("severity")),
        ids=table.take("ids", keys.one_of(Ids), standard.ids),
        same_key=table.take("same_key", keys.one_of(SameKey), standard.same_key),
        amendment=table.take("amendment", keys.one_of(Amendment), standard.amendment),
        repeated_ids=table.take("repeated_ids", keys.one_of(RepeatedIds), standard.repeated_ids),
        start_month=table.take("start_month", keys.one_of(StartMonth), standard.start_month),
        stop_month=table.take("stop_month", keys.one_of(StopMonth), standard.stop_month),
        value_basis=table.take("value_basis", keys.one_of(ValueBasis), standard.value_basis),
        term=table.take("term", keys.one_of(Term), None),
        analytics_ids=read_id_rules(table.table("analytics_ids")),
        accounting_ids=read_id_rules(table.table("accounting_ids")),
    )
    table.close()
    return policy


def _read_tolerance(table: Keys) -> Tolerance:
    return Tolerance(
        table.take("tolerance", keys.rate, None),
        table.take("floor", keys.amount, None),
        table.take("cap", keys.amount, None),
    )


def _read_segments(table: Keys) -> Mapping[str, Tolerance]:
    segments = {}
    for name, child in table.tables("segments"):
        segments[name] = _read_tolerance(child)
        child.close()
    _note_collisions(table, "segments", segments)
    return segments


def _note_collisions(
    table: Keys, key: str, names: Iterable[str], known: Iterable[str] = ()
) -> None:
    """Note names that repeat an earlier or a known one."""
    seen = {name.casefold(): name for name in known}
    for name in names:
        first = seen.setdefault(name.strip().casefold(), name)
        if first is not name:
            table.mistake(f"{key}.{name}", f"is the same as {first!r}")


def _read_types(table: Keys) -> Mapping[str, TypePolicy]:
    types = dict(_standard_types())
    known = {name.casefold(): name for name in types}
    tables = table.tables("types")
    _note_collisions(table, "types", [written for written, _ in tables])
    for written, child in tables:
        name = known.get(written.strip().casefold(), written.strip())
        types[name] = _read_type(child, types.get(name))
        child.close()
    return types


def _read_type(table: Keys, known: TypePolicy | None) -> TypePolicy:
    if known is None and "kind" not in table:
        table.mistake("kind", "a new type needs kind = 'recurring' or 'one_time'")
    kind = table.take("kind", keys.one_of(Kind), known.kind if known else None)
    recognition = table.take("recognition", keys.one_of(Recognition), Recognition.OVER_DURATION)
    if kind is Kind.RECURRING and recognition is not Recognition.OVER_DURATION:
        table.mistake("recognition", f"only a one-time type can be recognized by {recognition}")
    return TypePolicy(
        kind or Kind.RECURRING,
        recognition,
        table.take("convention", keys.one_of(Convention), None),
        table.take("rounding", keys.one_of(Rounding), None),
        _read_tolerance(table),
        table.take("start_month", keys.one_of(StartMonth), None),
        table.take("stop_month", keys.one_of(StopMonth), None),
        table.take("value_basis", keys.one_of(ValueBasis), None),
        table.take("term", keys.one_of(Term), None),
    )


def _read_aliases(table: Keys, types: Mapping[str, TypePolicy]) -> Mapping[str, str]:
    """Return alias -> type; both are matched trimmed and case-folded."""
    known = {name.casefold(): name for name in types}

    def parse(value: object) -> str:
        name = known.get(keys.text(value).casefold())
        if name is None:
            raise ValueError(f"{value!r} is not a known revenue type")
        return name

    child = table.table("aliases")
    _note_collisions(table, "aliases", child.names(), types)
    found = {alias: child.take(alias, parse, "") for alias in child.names()}
    return {alias: name for alias, name in found.items() if name}


def _read_severity(table: Keys) -> SeverityRules:
    standard = SeverityRules()
    rules = SeverityRules(
        table.take("warning_percent", keys.whole, standard.warning_percent),
        table.take("high_percent", keys.whole, standard.high_percent),
        **_read_amounts(table, standard),
    )
    if rules.warning_percent > rules.high_percent:
        table.mistake("high_percent", "is below warning_percent")
    ladders = _read_rates(table.table("rates"), rules)
    for name in filter(_is_currency, table.names()):
        own, currency = table.table(name), keys.currency(name)
        ladders[currency] = replace(rules, **_read_amounts(own, ladders.get(currency, rules)))
        own.close()
    table.close()
    return replace(rules, currencies=dict(sorted(ladders.items())))


def _is_currency(name: str) -> bool:
    try:
        return name == keys.currency(name)
    except ValueError:
        return False


def _read_amounts(table: Keys, usual: SeverityRules) -> dict[str, Any]:
    """The amounts of a ladder, by their keys."""
    return {key: table.take(key, keys.amount, units) for key, units in usual.amounts().items()}


def _read_rates(table: Keys, rules: SeverityRules) -> dict[str, SeverityRules]:
    """The ladders of currencies by their rates.

    A rate says how much of the currency is one of those that the amounts are in.
    """
    ladders = {}
    for name in table.names():
        if not _is_currency(name):
            table.mistake(name, "is not a currency code like JPY")
        rate = table.take(name, _rate_of_exchange, money.SCALE)
        amounts: dict[str, Any] = {
            key: (units * rate + money.SCALE // 2) // money.SCALE
            for key, units in rules.amounts().items()
        }
        ladders[name] = replace(rules, **amounts)
    return ladders


def _rate_of_exchange(value: object) -> int:
    rate = keys.amount(value)
    if not rate:
        raise ValueError(f"{value!r} is not a rate; write it in quotes, like '150'")
    return rate


def revenue_account(revenue_type: str) -> str:
    """The revenue account of a type, by default name."""
    return f"Revenue - {revenue_type}"
