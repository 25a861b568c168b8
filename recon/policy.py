"""The policy: by which rules a month is reconciled.

It is read from the `[policy]` table of the configuration, or from the same keys in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from recon import money
from recon.errors import ConfigError

PPM = 1_000_000


class Convention(StrEnum):
    """How a contract's value spreads over its term."""

    EVEN = "even"
    PRORATE_PERIOD_RATE = "prorate_period_rate"
    PRORATE_DAY_RATE = "prorate_day_rate"
    EXACT_DAYS = "exact_days"


class Rounding(StrEnum):
    """Where the cents that do not divide evenly go."""

    CUMULATIVE = "cumulative"
    LAST_PERIOD = "last_period"


class Recognition(StrEnum):
    """When a one-time type is recognized."""

    OVER_DURATION = "over_duration"
    BOOKING_MONTH = "booking_month"
    START_MONTH = "start_month"
    CLOSE_MONTH = "close_month"


class Kind(StrEnum):
    """The two families of revenue types."""

    RECURRING = "recurring"
    ONE_TIME = "one_time"


KINDS: Mapping[str, Kind] = dict.fromkeys(
    ("Subscription", "Support", "Maintenance", "Service"), Kind.RECURRING
) | dict.fromkeys(("Implementation", "Consulting", "Setup"), Kind.ONE_TIME)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What difference is allowed; a field that is None is taken from the wider rule.

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


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """The rules of one revenue type."""

    kind: Kind
    recognition: Recognition = Recognition.OVER_DURATION
    convention: Convention | None = None
    rounding: Rounding | None = None
    tolerance: Tolerance = Tolerance()


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """The ladder of severities: percents of expected, amounts in ten-thousandths."""

    warning_percent: int = 5
    high_percent: int = 10
    at_most_warning_below: int = 100 * money.SCALE
    at_most_high_below: int = 1_000 * money.SCALE
    at_least_high_from: int = 10_000 * money.SCALE
    critical_from: int = 50_000 * money.SCALE


def _standard_types() -> Mapping[str, TypePolicy]:
    return {name: TypePolicy(kind) for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a reconciliation; the defaults are those of the specification.

    Where a tolerance is set by revenue type and by segment, the type's wins.
    """

    tolerance: Tolerance = Tolerance(ppm=PPM // 100)
    currency: str = "USD"
    convention: Convention = Convention.EVEN
    rounding: Rounding = Rounding.CUMULATIVE
    types: Mapping[str, TypePolicy] = field(default_factory=_standard_types)
    segments: Mapping[str, Tolerance] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    severity: SeverityRules = SeverityRules()

    @classmethod
    def of(cls, table: Mapping[str, object]) -> Policy:
        """Return the policy of a `[policy]` table; raises ConfigError with every mistake."""
        mistakes: list[str] = []
        policy = read_policy(table, "policy", mistakes)
        if mistakes:
            raise ConfigError(mistakes)
        return policy

    def allowed_text(self) -> str:
        """Return the tolerance in words, as every report prints it."""
        floor = "one minor unit" if self.tolerance.floor is None else _amount(self.tolerance.floor)
        cap = "no cap" if self.tolerance.cap is None else f"at most {_amount(self.tolerance.cap)}"
        return f"{rate_text(self.tolerance.ppm or 0)} of expected, at least {floor}, {cap}"

    def rows(self) -> list[tuple[str, str]]:
        """Return every parameter as (key, value), for the reports."""
        rows = [
            ("tolerance", self.allowed_text()),
            ("currency", self.currency),
            ("convention", self.convention.value),
            ("rounding", self.rounding.value),
        ]
        for name, rule in self.types.items():
            parts = [rule.kind.value, rule.recognition.value]
            parts += [part.value for part in (rule.convention, rule.rounding) if part]
            rows.append((f"types.{name}", ", ".join(parts + _tolerance_parts(rule.tolerance))))
        rows += [(f"segments.{s}", ", ".join(_tolerance_parts(t))) for s, t in self.segments.items()]
        rows += [(f"aliases.{alias}", name) for alias, name in self.aliases.items()]
        rules = self.severity
        rows += [
            ("severity.warning_percent", f"{rules.warning_percent}%"),
            ("severity.high_percent", f"{rules.high_percent}%"),
            ("severity.at_most_warning_below", _amount(rules.at_most_warning_below)),
            ("severity.at_most_high_below", _amount(rules.at_most_high_below)),
            ("severity.at_least_high_from", _amount(rules.at_least_high_from)),
            ("severity.critical_from", _amount(rules.critical_from)),
        ]
        return rows


def rate_text(ppm: int) -> str:
    """Return millionths as a percentage, as in `1%` or `0.25%`."""
    whole, rest = divmod(ppm, PPM // 100)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def _amount(units: int) -> str:
    return money.pretty(units, "")


def _tolerance_parts(tolerance: Tolerance) -> list[str]:
    parts = [] if tolerance.ppm is None else [f"tolerance {rate_text(tolerance.ppm)}"]
    parts += [] if tolerance.floor is None else [f"floor {_amount(tolerance.floor)}"]
    return parts + ([] if tolerance.cap is None else [f"cap {_amount(tolerance.cap)}"])


_Parsed = TypeVar("_Parsed")


def read_policy(table: Mapping[str, object], key: str, mistakes: list[str]) -> Policy:
    """Return the policy of a table; append what is wrong with it, each with its full key."""
    reader = _Reader(table, key, mistakes)
    standard = Policy()
    policy = Policy(
        tolerance=reader.tolerance().over(standard.tolerance),
        currency=reader.take("currency", _currency, standard.currency),
        convention=reader.take("convention", _one_of(Convention), standard.convention),
        rounding=reader.take("rounding", _one_of(Rounding), standard.rounding),
        types=_read_types(reader),
        segments={name: sub.closed(sub.tolerance()) for name, sub in reader.tables("segments")},
        aliases=_read_aliases(reader),
        severity=_read_severity(reader),
    )
    return reader.closed(policy)


class _Reader:
    """Takes keys out of a table and notes every mistake under its full key."""

    def __init__(self, table: Mapping[str, object], key: str, mistakes: list[str]) -> None:
        self.table = dict(table)
        self.key = key
        self.mistakes = mistakes

    def take(self, name: str, parse: Callable[[object], _Parsed], default: _Parsed) -> _Parsed:
        if name not in self.table:
            return default
        try:
            return parse(self.table.pop(name))
        except ValueError as error:
            self.mistakes.append(f"{self.key}.{name}: {error}")
            return default

    def sub(self, name: str) -> _Reader:
        found = self.table.pop(name, {})
        if not isinstance(found, Mapping):
            self.mistakes.append(f"{self.key}.{name}: must be a table")
            found = {}
        return _Reader(found, f"{self.key}.{name}", self.mistakes)

    def tables(self, name: str) -> list[tuple[str, _Reader]]:
        tables = self.sub(name)
        return [(child, tables.sub(child)) for child in list(tables.table)]

    def tolerance(self) -> Tolerance:
        return Tolerance(
            self.take("tolerance", _rate, None),
            self.take("floor", _threshold, None),
            self.take("cap", _threshold, None),
        )

    def closed(self, result: _Parsed) -> _Parsed:
        self.mistakes += [f"{self.key}.{name}: is not a known key" for name in self.table]
        return result


def _read_types(reader: _Reader) -> Mapping[str, TypePolicy]:
    types = dict(_standard_types())
    names = {name.casefold(): name for name in types}
    for written, sub in reader.tables("types"):
        name = names.get(written.strip().casefold(), written.strip())
        types[name] = _read_type(sub, types.get(name))
    return types


def _read_type(sub: _Reader, known: TypePolicy | None) -> TypePolicy:
    kind = sub.take("kind", _one_of(Kind), known.kind if known else None)
    if kind is None:
        sub.mistakes.append(f"{sub.key}.kind: a new type needs kind = 'recurring' or 'one_time'")
        kind = Kind.RECURRING
    recognition = sub.take("recognition", _one_of(Recognition), Recognition.OVER_DURATION)
    if kind is Kind.RECURRING and recognition is not Recognition.OVER_DURATION:
        sub.mistakes.append(f"{sub.key}.recognition: only one-time types can be {recognition}")
    rule = TypePolicy(
        kind,
        recognition,
        sub.take("convention", _one_of(Convention), None),
        sub.take("rounding", _one_of(Rounding), None),
        sub.tolerance(),
    )
    return sub.closed(rule)


def _read_aliases(reader: _Reader) -> Mapping[str, str]:
    sub = reader.sub("aliases")
    aliases = {alias: sub.take(alias, _text, "") for alias in list(sub.table)}
    known = {name.casefold() for name in KINDS}
    types = reader.table.get("types")
    known |= {str(name).strip().casefold() for name in types} if isinstance(types, Mapping) else set()
    return {alias: name for alias, name in aliases.items() if name}


def _read_severity(reader: _Reader) -> SeverityRules:
    sub, standard = reader.sub("severity"), SeverityRules()
    rules = SeverityRules(
        sub.take("warning_percent", _whole, standard.warning_percent),
        sub.take("high_percent", _whole, standard.high_percent),
        sub.take("at_most_warning_below", _threshold, standard.at_most_warning_below),
        sub.take("at_most_high_below", _threshold, standard.at_most_high_below),
        sub.take("at_least_high_from", _threshold, standard.at_least_high_from),
        sub.take("critical_from", _threshold, standard.critical_from),
    )
    return sub.closed(rules)


def _one_of(kind: type[_Choice]) -> Callable[[object], _Choice]:
    def parse(value: object) -> _Choice:
        choices = ", ".join(choice.value for choice in kind)
        try:
            return kind(str(value))
        except ValueError:
            raise ValueError(f"{value!r} is not one of {choices}") from None

    return parse


_Choice = TypeVar("_Choice", bound=StrEnum)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value.strip()


def _currency(value: object) -> str:
    text = _text(value).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():  # noqa: PLR2004 - ISO 4217
        raise ValueError(f"{value!r} is not a currency code like USD")
    return text


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a whole number from 0")
    return value


def _threshold(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is not an amount; write it in quotes, like '100.00'")
    amount = money.parse_amount(str(value))
    if amount < 0:
        raise ValueError(f"{value!r} is negative")
    return amount


def _rate(value: object) -> int:
    text = _text(value).removesuffix("%").strip() if isinstance(value, str) else ""
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise ValueError(f"{value!r} is not a percentage; write it in quotes, like '1%'")
    ppm = money.parse_amount(text)
    if not 0 <= ppm <= PPM:
        raise ValueError(f"{value!r} is not between 0% and 100%")
    return ppm
