"""Rules: the policy for a line, as tables and SQL.

A line's rule is a number: of its revenue type, its segment where that has a tolerance of its own,
and its currency's minor unit. Everything else that the policy says is looked up by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recon.base import money
from recon.base.periods import Periods
from recon.base.policy import (
    PPM,
    Convention,
    Policy,
    Recognition,
    Rounding,
    StartMonth,
    StopMonth,
    Tolerance,
    TypePolicy,
)
from recon.reconciliation.expected import ACCRUED_EVENLY, TERM, install
from recon.store import ids
from recon.store import periods as fiscal
from recon.store.session import Session, literal

# The largest HUGEINT: a cap that caps nothing.
_UNLIMITED = f"CAST({2**127 - 1} AS HUGEINT)"

# The columns of a line that its tolerance is made of.
ALLOWANCE = "ppm, floor, cap, term_months, unit"
_TOLERANCE = (
    # Half a minor unit for every month of the term: what rounding alone can move.
    "CREATE MACRO rounding_allowance(months, unit) AS ((months + 1) // 2) * unit",
    # By multiplication, so that nothing is rounded before it is compared.
    f"""CREATE MACRO within(difference, expected, {ALLOWANCE}) AS
        (abs(difference) * CAST({PPM} AS HUGEINT) <= ppm * CAST(abs(expected) AS HUGEINT)
            OR abs(difference) <= greatest(rounding_allowance(term_months, unit), floor))
        AND (cap IS NULL OR abs(difference) <= cap)""",
    # For people: rounded down to the minor unit, so that it never promises too much.
    f"""CREATE MACRO allowed(expected, {ALLOWANCE}) AS least(
        greatest(ppm * CAST(abs(expected) AS HUGEINT) // {PPM} // unit * unit,
            rounding_allowance(term_months, unit), floor),
        coalesce(cap, {_UNLIMITED}))""",
)


def register_policy(connection: Session, policy: Policy, periods: Periods | None = None) -> None:
    """Create `rules`, `units` and the macros of the policy.

    Months are those of the calendar, or fiscal `periods`.

    Where a tolerance is set by type and segment, the type's wins. `own_accrued(periods, terms)` is
    `accrued` for the policy's own rounding, faster where every type rounds alike.
    """
    types = [
        (number, of, *_rule(policy.types[of], policy, periods is not None))
        for number, of in enumerate(policy.types)
    ]
    segments = [
        (number, own.ppm, own.floor, own.cap)
        for number, own in enumerate(_segments(policy).values())
    ]
    wide = policy.tolerance
    connection.execute(
        f"""CREATE TABLE rules AS
        SELECT (t.number * {len(segments)} + s.number) * {len(_UNITS)} + u.number AS rule,
            type, kind, recognition, convention, rounding, start_rule, stop_rule, unit,
            coalesce(t.ppm, s.ppm, {literal(wide.ppm)}) AS ppm,
            coalesce(t.floor, s.floor, {literal(wide.floor)}, unit) AS floor,
            coalesce(t.cap, s.cap, {literal(wide.cap)}) AS cap
        FROM {_values(_TYPE_RULES, types)},
            {_values("s(number, ppm, floor, cap)", segments)},
            {_values("u(number, unit)", enumerate(_UNITS))}"""
    )
    units = list(money.minor_units().items())
    connection.execute(f"CREATE TABLE units AS FROM {_values('u(currency, unit)', units)}")
    fiscal.use(connection, periods)
    evenly = rounds_evenly(policy)
    install(connection, fiscal=periods is not None, evenly=evenly)
    ids.install(connection, policy)
    connection.execute(";\n".join((ACCRUED_EVENLY if evenly else own_accrued(policy), *_TOLERANCE)))


def own_accrued(policy: Policy) -> str:
    """Macro of the amount earned, whatever the terms are."""
    cumulative = all(
        (rule.rounding or policy.rounding) is Rounding.CUMULATIVE for rule in policy.types.values()
    )
    own = "accrued_cumulative" if cumulative else "accrued"
    return f"CREATE OR REPLACE MACRO own_accrued(k, {TERM}) AS {own}(k, {TERM})"


def rounds_evenly(policy: Policy) -> bool:
    """Whether every term has equal parts, rounded cumulatively."""
    even = (Convention.EVEN.value, Rounding.CUMULATIVE.value, StartMonth.FULL.value,
            StopMonth.FULL.value)  # fmt: skip
    return all(_rule(rule, policy, False)[2:6] == even for rule in policy.types.values())


_TYPE_RULES = (
    "t(number, type, kind, recognition, convention, rounding, start_rule, stop_rule, ppm, floor, "
    "cap)"
)
_UNITS = sorted({100, *money.minor_units().values()})


def _segments(policy: Policy) -> dict[str, Tolerance]:
    """Tolerances by segment, first that of all others."""
    own = {name.strip(): tolerance for name, tolerance in policy.segments.items()}
    # No line has a segment without a name.
    own.pop("", None)
    return {"": Tolerance()} | own


# The key of the tolerance that holds where no type and no segment has its own.
TOLERANCE = "policy.tolerance"


def rate_origin(policy: Policy, of: str, segment: str | None) -> str:
    """Key of the policy that sets a tolerance's rate.

    It depends on revenue type and segment.
    """
    if policy.types[of].tolerance.ppm is not None:
        return f"policy.types.{of}.tolerance"
    for name, own in _segments(policy).items():
        if name and name.lower() == (segment or "").lower() and own.ppm is not None:
            return f"policy.segments.{name}.tolerance"
    return TOLERANCE


def _rule(rule: TypePolicy, policy: Policy, fiscal: bool) -> tuple[str | int | None, ...]:
    over_time = rule.recognition is Recognition.OVER_DURATION
    convention = rule.convention or policy.convention
    return (
        rule.kind.value,
        rule.recognition.value,
        # A point in time is a whole period, which need not have the days of a month.
        (Convention.EVEN if fiscal and not over_time else convention).value,
        (rule.rounding or policy.rounding).value,
        # A point in time is one month, which no rule divides.
        (rule.start_month or policy.start_month if over_time else StartMonth.FULL).value,
        (rule.stop_month or policy.stop_month if over_time else StopMonth.FULL).value,
        rule.tolerance.ppm,
        rule.tolerance.floor,
        rule.tolerance.cap,
    )


def _values(named: str, rows: Iterable[Sequence[str | int | None]]) -> str:
    """Rows as a relation of SQL, named with its columns."""
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"(VALUES {listed}) AS {named}"


def rule_of(policy: Policy) -> str:
    """SQL of a line's rule, by type, segment and currency."""
    units = [
        (f"currency IN ({', '.join(literal(c) for c in coded)})", number)
        for number, unit in enumerate(_UNITS)
        if (coded := [c for c, of in money.minor_units().items() if of == unit])
    ]
    types = [(f"type = {literal(of)}", number) for number, of in enumerate(policy.types)]
    segments = [
        (f"lower(segment) = lower({literal(name)})", number)
        for number, name in enumerate(_segments(policy))
        if number
    ]
    return (
        f"CAST(({_choice(types, None)} * {len(segments) + 1} + {_choice(segments, 0)}) "
        f"* {len(_UNITS)} + {_choice(units, _UNITS.index(100))} AS INTEGER)"
    )


def _choice(cases: Sequence[tuple[str, int]], otherwise: int | None) -> str:
    listed = " ".join(f"WHEN {condition} THEN {number}" for condition, number in cases)
    return f"CASE {listed} ELSE {literal(otherwise)} END" if listed else literal(otherwise)


def type_of(folded: str, policy: Policy) -> str:
    """SQL of the revenue type that a folded text means.

    It had better be a column: DuckDB reckons with a CASE of it as often as there are types.
    """
    names = {name: name for name in policy.types} | dict(policy.aliases)
    known = {name.strip(): of for name, of in names.items()}
    # Folded by DuckDB, as what it is compared with: Python has other capitals of a few letters.
    cases = " ".join(
        f"WHEN lower({literal(name)}) THEN {literal(of)}" for name, of in known.items()
    )
    return f"CASE {folded} {cases} END"
