"""Severity: how much a break matters (specification, section 6)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from recon.base.events import Severity
from recon.base.policy import SeverityRules
from recon.base.result import TIMING, AnyCause, Cause
from recon.reconciliation.causes.broken_line import BrokenLine

AT_LEAST_HIGH = {
    Cause.SIGN_FLIPPED, Cause.DUPLICATE_ENTRY, Cause.WRONG_CURRENCY, Cause.ENDED,
}  # fmt: skip


class Rule(StrEnum):
    """Rule that decides on a rung of the ladder."""

    NOTHING_EXPECTED = "nothing_expected"
    UP_TO_WARNING_PERCENT = "up_to_warning_percent"
    UP_TO_HIGH_PERCENT = "up_to_high_percent"
    ABOVE_HIGH_PERCENT = "above_high_percent"
    AT_MOST_WARNING_BELOW = "at_most_warning_below"
    AT_MOST_HIGH_BELOW = "at_most_high_below"
    AT_LEAST_HIGH_FROM = "at_least_high_from"
    CRITICAL_FROM = "critical_from"
    GRAVE_CAUSE = "grave_cause"
    TIMING_CAUSE = "timing_cause"
    SECOND_MONTH = "second_month"
    THIRD_MONTH = "third_month"
    NO_CHANGE = "no_change"


class Step(NamedTuple):
    """Rung of the ladder: the deciding rule and its severity."""

    rule: Rule
    severity: Severity


class Ladder(NamedTuple):
    """Rungs that lead to a break's severity, in order."""

    percent: Step
    amount: Step
    cause: Step
    months: Step

    @property
    def severity(self) -> Severity:
        """Severity by percent, amount, cause and months broken."""
        return self.months.severity


def severity(line: BrokenLine, cause: AnyCause, rules: SeverityRules) -> Severity:
    """Severity by percent, amount, cause and months broken."""
    return ladder(line.difference, line.expected, cause, line.months_broken, rules).severity


def ladder(
    difference: int, expected: int, cause: AnyCause, months_broken: int, rules: SeverityRules
) -> Ladder:
    """Rungs that lead to a severity; amounts in ten-thousandths."""
    percent = _by_percent(abs(difference), abs(expected), rules)
    amount = _by_amount(abs(difference), percent.severity, rules)
    named = _by_cause(cause, amount.severity)
    return Ladder(percent, amount, named, _by_months(months_broken, named.severity))


def _by_percent(difference: int, expected: int, rules: SeverityRules) -> Step:
    if expected == 0:
        # It counts as 100%.
        return Step(Rule.NOTHING_EXPECTED, _by_percent(1, 1, rules).severity)
    if difference * 100 > rules.high_percent * expected:
        return Step(Rule.ABOVE_HIGH_PERCENT, Severity.CRITICAL)
    if difference * 100 > rules.warning_percent * expected:
        return Step(Rule.UP_TO_HIGH_PERCENT, Severity.HIGH)
    return Step(Rule.UP_TO_WARNING_PERCENT, Severity.WARNING)


def _by_amount(amount: int, found: Severity, rules: SeverityRules) -> Step:
    if amount < rules.at_most_warning_below:
        return Step(Rule.AT_MOST_WARNING_BELOW, Severity.WARNING)
    if amount < rules.at_most_high_below:
        return Step(Rule.AT_MOST_HIGH_BELOW, min(found, Severity.HIGH))
    if amount >= rules.critical_from:
        return Step(Rule.CRITICAL_FROM, Severity.CRITICAL)
    if amount >= rules.at_least_high_from:
        return Step(Rule.AT_LEAST_HIGH_FROM, max(found, Severity.HIGH))
    return Step(Rule.NO_CHANGE, found)


def _by_cause(cause: AnyCause, found: Severity) -> Step:
    if cause in AT_LEAST_HIGH:
        return Step(Rule.GRAVE_CAUSE, max(found, Severity.HIGH))
    if cause in TIMING:
        return Step(Rule.TIMING_CAUSE, Severity(max(found - 1, Severity.WARNING)))
    return Step(Rule.NO_CHANGE, found)


def _by_months(months: int, found: Severity) -> Step:
    if months > 2:  # noqa: PLR2004 - three months running
        return Step(Rule.THIRD_MONTH, Severity.CRITICAL)
    if months == 2:  # noqa: PLR2004 - two months running
        return Step(Rule.SECOND_MONTH, Severity(min(found + 1, Severity.CRITICAL)))
    return Step(Rule.NO_CHANGE, found)
