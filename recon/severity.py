"""Severity: how much a break matters (specification, section 6)."""

from __future__ import annotations

from recon.facts import Facts
from recon.model import Cause, Severity
from recon.policy import SeverityRules

AT_LEAST_HIGH = {
    Cause.SIGN_FLIPPED, Cause.DUPLICATE_ENTRY, Cause.WRONG_CURRENCY, Cause.ENDED,
}  # fmt: skip
TIMING = {Cause.WRONG_PERIOD, Cause.CATCH_UP}


def severity(facts: Facts, cause: Cause, rules: SeverityRules) -> Severity:
    """Return a break's severity from percent, amount, cause and how long it has lasted."""
    found = _by_amount(abs(facts.difference), _by_percent(facts, rules), rules)
    if cause in AT_LEAST_HIGH:
        found = max(found, Severity.HIGH)
    if cause in TIMING:
        found = Severity(max(found - 1, Severity.WARNING))
    return _lasting(found, facts.months_broken)


def _by_percent(facts: Facts, rules: SeverityRules) -> Severity:
    hundredfold, expected = abs(facts.difference) * 100, abs(facts.expected)
    if expected == 0 or hundredfold > rules.high_percent * expected:
        return Severity.CRITICAL
    return Severity.HIGH if hundredfold > rules.warning_percent * expected else Severity.WARNING


def _by_amount(amount: int, found: Severity, rules: SeverityRules) -> Severity:
    if amount < rules.at_most_warning_below:
        return Severity.WARNING
    if amount < rules.at_most_high_below:
        return min(found, Severity.HIGH)
    if amount >= rules.critical_from:
        return Severity.CRITICAL
    return max(found, Severity.HIGH) if amount >= rules.at_least_high_from else found


def _lasting(found: Severity, months: int) -> Severity:
    if months > 2:  # noqa: PLR2004 - three months running
        return Severity.CRITICAL
    return Severity(min(found + months - 1, Severity.CRITICAL))
