"""The rules that a policy is made of.

Each is a choice of the `[policy]` table, or a few amounts and rates of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from recon.base import money

PPM = 1_000_000


class Convention(StrEnum):
    """How a contract's value spreads over its term."""

    EVEN = "even"
    PRORATE_PERIOD_RATE = "prorate_period_rate"
    PRORATE_DAY_RATE = "prorate_day_rate"
    EXACT_DAYS = "exact_days"
    DAYS_360 = "days_360"


class Rounding(StrEnum):
    """Where the cents that do not divide evenly go."""

    CUMULATIVE = "cumulative"
    LAST_PERIOD = "last_period"


class StartMonth(StrEnum):
    """How much of its part an even start month counts."""

    FULL = "full"
    HALF = "half"
    RULE_OF_15 = "rule_of_15"


class StopMonth(StrEnum):
    """How much of its part an even stop month counts."""

    FULL = "full"
    DAYS = "days"
    NONE = "none"


class ValueBasis(StrEnum):
    """The span of which a contract's value is."""

    TOTAL = "total"
    MONTH = "month"


class Term(StrEnum):
    """The days between which a line is recognized."""

    DURATION = "duration"
    DATES = "dates"


class Recognition(StrEnum):
    """When a one-time type is recognized."""

    OVER_DURATION = "over_duration"
    BOOKING_MONTH = "booking_month"
    START_MONTH = "start_month"
    CLOSE_MONTH = "close_month"


class SameKey(StrEnum):
    """Meaning of several contract rows of one key."""

    REFUSE = "refuse"
    ADD = "add"
    VERSIONS = "versions"


class Amendment(StrEnum):
    """How a new version begins."""

    PROSPECTIVE = "prospective"
    CATCH_UP = "catch_up"


class RepeatedIds(StrEnum):
    """Meaning of entries of one id with other content.

    It is set as `accounting.repeated_ids`; `keep` is for ids of journals with several lines.
    """

    REFUSE = "refuse"
    KEEP = "keep"


class Kind(StrEnum):
    """The two families of revenue types."""

    RECURRING = "recurring"
    ONE_TIME = "one_time"


KINDS: Mapping[str, Kind] = dict.fromkeys(
    ("Subscription", "Support", "Maintenance", "Service"), Kind.RECURRING
) | dict.fromkeys(("Implementation", "Consulting", "Setup"), Kind.ONE_TIME)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An allowed difference; a None field follows the wider rule.

    `ppm` is millionths of the expected amount; `floor` and `cap` are ten-thousandths of the
    line's currency. A floor that is None everywhere is one minor unit, a cap no cap.
    """

    ppm: int | None = None
    floor: int | None = None
    cap: int | None = None

    def over(self, wider: Tolerance) -> Tolerance:
        """Return this tolerance, completed by a wider one."""
        return Tolerance(
            wider.ppm if self.ppm is None else self.ppm,
            wider.floor if self.floor is None else self.floor,
            wider.cap if self.cap is None else self.cap,
        )


# The rules of a line's term, by key.
TERM_RULES: Mapping[str, type[StrEnum]] = {
    "start_month": StartMonth,
    "stop_month": StopMonth,
    "value_basis": ValueBasis,
    "term": Term,
}


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """The rules of one revenue type."""

    kind: Kind
    recognition: Recognition = Recognition.OVER_DURATION
    convention: Convention | None = None
    rounding: Rounding | None = None
    tolerance: Tolerance = Tolerance()
    start_month: StartMonth | None = None
    stop_month: StopMonth | None = None
    value_basis: ValueBasis | None = None
    term: Term | None = None

    def own_terms(self) -> dict[str, str]:
        """Own rules of its term, by key."""
        return {key: rule.value for key in TERM_RULES if (rule := getattr(self, key))}


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """The ladder of severities: percents of expected, amounts in ten-thousandths.

    The amounts are those of every currency that has none of its own in `currencies`.
    """

    warning_percent: int = 5
    high_percent: int = 10
    at_most_warning_below: int = 100 * money.SCALE
    at_most_high_below: int = 1_000 * money.SCALE
    at_least_high_from: int = 10_000 * money.SCALE
    critical_from: int = 50_000 * money.SCALE
    currencies: Mapping[str, SeverityRules] = field(default_factory=dict)

    def of(self, currency: str) -> SeverityRules:
        """The ladder of a currency's lines."""
        return self.currencies.get(currency, self)

    def amounts(self) -> dict[str, int]:
        """The amounts by key, from the least severe."""
        return {name: getattr(self, name) for name in SEVERITY_AMOUNTS}


SEVERITY_AMOUNTS = (
    "at_most_warning_below", "at_most_high_below", "at_least_high_from", "critical_from",
)  # fmt: skip


def rate_text(ppm: int) -> str:
    """Return millionths as a percentage, as in `1%` or `0.25%`."""
    whole, rest = divmod(ppm, PPM // 100)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def amount_text(units: int) -> str:
    """An amount without a currency, as in `1,000.00`."""
    return money.pretty(units, "")


def tolerance_parts(tolerance: Tolerance) -> list[str]:
    """The fields of a tolerance that are set, in words."""
    parts = [] if tolerance.ppm is None else [f"tolerance {rate_text(tolerance.ppm)}"]
    parts += [] if tolerance.floor is None else [f"floor {amount_text(tolerance.floor)}"]
    return parts + ([] if tolerance.cap is None else [f"cap {amount_text(tolerance.cap)}"])
