"""The policy as the `[policy]` table that it can be read from again."""

from __future__ import annotations

from recon.base import money
from recon.base.policy import Policy, Tolerance, TypePolicy, rate_text


def policy_table(policy: Policy) -> dict[str, object]:
    """Return every rule under the key of the configuration; `Policy.of` of it is the policy."""
    rules = policy.severity
    return {
        **_tolerance(policy.tolerance),
        "currency": policy.currency,
        "convention": policy.convention.value,
        "rounding": policy.rounding.value,
        "types": {name: _type(rule) for name, rule in policy.types.items()},
        "segments": {name: _tolerance(rule) for name, rule in policy.segments.items()},
        "aliases": dict(policy.aliases),
        "severity": {
            "warning_percent": rules.warning_percent,
            "high_percent": rules.high_percent,
            "at_most_warning_below": _amount(rules.at_most_warning_below),
            "at_most_high_below": _amount(rules.at_most_high_below),
            "at_least_high_from": _amount(rules.at_least_high_from),
            "critical_from": _amount(rules.critical_from),
        },
    }


def _type(rule: TypePolicy) -> dict[str, object]:
    table: dict[str, object] = {"kind": rule.kind.value, "recognition": rule.recognition.value}
    if rule.convention is not None:
        table["convention"] = rule.convention.value
    if rule.rounding is not None:
        table["rounding"] = rule.rounding.value
    return table | _tolerance(rule.tolerance)


def _tolerance(rule: Tolerance) -> dict[str, object]:
    table = {} if rule.ppm is None else {"tolerance": rate_text(rule.ppm)}
    table |= {} if rule.floor is None else {"floor": _amount(rule.floor)}
    return {**table} if rule.cap is None else {**table, "cap": _amount(rule.cap)}


def _amount(units: int) -> str:
    return money.plain(units, "")
