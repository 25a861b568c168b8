"""The policy: its defaults are those of the specification, and every mistake is told at once."""

from __future__ import annotations

from typing import Any

import pytest

from recon.base.errors import ConfigError, ExitCode
from recon.base.policy import (
    Convention,
    Kind,
    Policy,
    Recognition,
    Rounding,
    SeverityRules,
    StartMonth,
    StopMonth,
    Tolerance,
    rate_text,
)
from recon.record.evidence.documents import policy_table


def _mistakes(table: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        Policy.of(table)
    assert raised.value.exit_code is ExitCode.CONFIGURATION
    assert all(f"\n  - {mistake}" in str(raised.value) for mistake in raised.value.mistakes)
    return list(raised.value.mistakes)


def test_the_defaults_are_those_of_the_specification() -> None:
    """1%, a floor of one minor unit, no cap; even, cumulative; seven types over their duration."""
    policy = Policy.of({})
    assert policy == Policy()
    assert policy.tolerance == Tolerance(ppm=10_000, floor=None, cap=None)
    assert (policy.currency, policy.convention) == ("USD", Convention.EVEN)
    assert policy.rounding is Rounding.CUMULATIVE
    assert {name: rule.kind for name, rule in policy.types.items()} == {
        "Subscription": Kind.RECURRING,
        "Support": Kind.RECURRING,
        "Maintenance": Kind.RECURRING,
        "Service": Kind.RECURRING,
        "Implementation": Kind.ONE_TIME,
        "Consulting": Kind.ONE_TIME,
        "Setup": Kind.ONE_TIME,
    }
    assert {rule.recognition for rule in policy.types.values()} == {Recognition.OVER_DURATION}
    assert policy.severity == SeverityRules(5, 10, 1_000_000, 10_000_000, 100_000_000, 500_000_000)


def test_every_key_is_read() -> None:
    """What is written is what holds; types are found in any case, aliases too."""
    policy = Policy.of(
        {
            "tolerance": "0.25%",
            "floor": "0.50",
            "cap": 100,
            "currency": "eur",
            "convention": "exact_days",
            "rounding": "last_period",
            "start_month": "half",
            "stop_month": "days",
            "segments": {"SMB": {"tolerance": "5%"}},
            "types": {
                " setup": {"recognition": "start_month", "cap": "7"},
                "Licence": {
                    "kind": "recurring",
                    "convention": "even",
                    "rounding": "cumulative",
                    "start_month": "rule_of_15",
                    "stop_month": "none",
                },
            },
            "aliases": {"SaaS": "subscription", "lic": "LICENCE"},
            "severity": {"warning_percent": 3, "critical_from": "9000.50"},
        }
    )
    assert policy.tolerance == Tolerance(2_500, 5_000, 1_000_000)
    assert (policy.currency, policy.convention) == ("EUR", Convention.EXACT_DAYS)
    assert policy.rounding is Rounding.LAST_PERIOD
    assert (policy.start_month, policy.stop_month) == (StartMonth.HALF, StopMonth.DAYS)
    assert {("start_month", "half"), ("stop_month", "days")} < set(policy.rows())
    assert dict(policy.rows())["types.Licence"] == (
        "recurring, over_duration, even, cumulative, start_month rule_of_15, stop_month none"
    )
    assert policy.segments == {"SMB": Tolerance(ppm=50_000)}
    assert policy.types["Setup"].kind is Kind.ONE_TIME
    assert policy.types["Setup"].recognition is Recognition.START_MONTH
    assert policy.types["Setup"].tolerance == Tolerance(cap=70_000)
    assert policy.types["Licence"].convention is Convention.EVEN
    assert policy.aliases == {"SaaS": "Subscription", "lic": "Licence"}
    assert policy.severity.warning_percent == 3
    assert policy.severity.critical_from == 90_005_000


def test_every_mistake_at_once_each_with_its_full_key() -> None:
    """A configuration is mended in one go, not in one run a mistake."""
    mistakes = _mistakes(
        {
            "tolerance": 0.01,
            "floor": 0.5,
            "cap": "-1",
            "currency": "EURO",
            "convention": "linear",
            "rounding": "bankers",
            "start_month": "third",
            "stop_month": "half",
            "tolerence": "1%",
            "segments": {"SMB": {"tolerance": "101%", "colour": "red"}, "Mid": "5%"},
            "types": {
                "Support": {"recognition": "booking_month"},
                "Setup": {"recognition": "someday", "cap": "1,5"},
                "Licence": {},
            },
            "aliases": {"SaaS": "Subscribtion", "support": "Maintenance"},
            "severity": {"warning_percent": "5%", "at_most_high_below": "a lot", "limit": 3},
        }
    )
    assert sorted(mistake.split(":")[0] for mistake in mistakes) == sorted(
        [
            "policy.tolerance",
            "policy.floor",
            "policy.cap",
            "policy.currency",
            "policy.convention",
            "policy.rounding",
            "policy.start_month",
            "policy.stop_month",
            "policy.tolerence",
            "policy.segments.SMB.tolerance",
            "policy.segments.SMB.colour",
            "policy.segments.Mid",
            "policy.types.Support.recognition",
            "policy.types.Setup.recognition",
            "policy.types.Setup.cap",
            "policy.types.Licence.kind",
            "policy.aliases.SaaS",
            "policy.aliases.support",
            "policy.severity.warning_percent",
            "policy.severity.at_most_high_below",
            "policy.severity.limit",
        ]
    )


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ({"tolerance": "1"}, "policy.tolerance: '1' is not a percentage; write it in quotes"),
        ({"tolerance": "-1%"}, "policy.tolerance: '-1%' is not between 0% and 100%"),
        ({"tolerance": "0.00001%"}, "policy.tolerance: '0.00001' has more than four decimals"),
        ({"tolerance": True}, "policy.tolerance: True is not a percentage"),
        ({"floor": 0.5}, "policy.floor: 0.5 is not an amount; write it in quotes"),
        ({"floor": True}, "policy.floor: True is not an amount"),
        ({"cap": "-1"}, "policy.cap: '-1' is negative"),
        ({"cap": "1,5"}, "policy.cap: '1,5' is not a plain number"),
        ({"currency": "U$D"}, "policy.currency: 'U$D' is not a currency code like USD"),
        ({"convention": "linear"}, "policy.convention: 'linear' is not one of even, prorate_per"),
        ({"tolerence": "1%"}, "policy.tolerence: is not a known key; did you mean tolerance?"),
        ({"segments": {"Mid": "5%"}}, "policy.segments.Mid: must be a table"),
        ({"types": {"X": {"kind": "odd"}}}, "policy.types.X.kind: 'odd' is not one of recurring,"),
        (
            {"types": {"Support": {"recognition": "close_month"}}},
            "policy.types.Support.recognition: only a one-time type can be recognized by close",
        ),
        ({"aliases": {"SaaS": "Subs"}}, "policy.aliases.SaaS: 'Subs' is not a known revenue type"),
        ({"aliases": {"support": "Service"}}, "policy.aliases.support: is the same as 'Support'"),
        (
            {"aliases": {"SaaS": "Support", "saas ": "Service"}},
            "policy.aliases.saas : is the same as 'SaaS'",
        ),
        ({"segments": {"SMB": {}, "smb": {}}}, "policy.segments.smb: is the same as 'SMB'"),
        ({"types": {"Setup": {}, "setup": {}}}, "policy.types.setup: is the same as 'Setup'"),
        ({"severity": {"high_percent": -1}}, "policy.severity.high_percent: -1 is not a whole"),
        ({"severity": {"JPY": 5}}, "policy.severity.JPY: must be a table"),
        ({"severity": {"JPY": {"limit": "1"}}}, "policy.severity.JPY.limit: is not a known key"),
        ({"severity": {"rates": {"JPY": 1.5}}}, "policy.severity.rates.JPY: 1.5 is not an amount"),
        ({"severity": {"rates": {"JPY": "0"}}}, "policy.severity.rates.JPY: '0' is not a rate"),
        ({"severity": {"rates": {"yen": "1"}}}, "policy.severity.rates.yen: is not a currency"),
    ],
)
def test_what_a_mistake_says(table: dict[str, Any], mistake: str) -> None:
    """The message repeats the value and says what would be right."""
    (found,) = _mistakes(table)
    assert found.startswith(mistake)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({}, "1% of expected, at least one minor unit, no cap"),
        (
            {"tolerance": "0.2500%", "floor": "5", "cap": "1000"},
            "0.25% of expected, at least 5.00, at most 1,000.00",
        ),
        ({"tolerance": "0%"}, "0% of expected, at least one minor unit, no cap"),
    ],
)
def test_the_tolerance_in_words(table: dict[str, Any], text: str) -> None:
    """Every report prints the tolerance that it used."""
    policy = Policy.of(table)
    assert policy.allowed_text() == text
    assert ("tolerance", text) in policy.rows()


def test_the_rows_of_the_reports_have_every_rule() -> None:
    """Segments, types, aliases and severities stand in what the reports print."""
    policy = Policy.of(
        {
            "segments": {"SMB": {"tolerance": "5%", "floor": "1", "cap": "20"}},
            "types": {"Setup": {"recognition": "start_month", "rounding": "last_period"}},
            "aliases": {"SaaS": "Subscription"},
        }
    )
    rows = dict(policy.rows())
    assert rows["segments.SMB"] == "tolerance 5%, floor 1.00, cap 20.00"
    assert rows["types.Setup"] == "one_time, start_month, last_period"
    assert rows["aliases.SaaS"] == "Subscription"
    assert rows["severity.critical_from"] == "50,000.00"


@pytest.mark.parametrize(
    ("ppm", "text"), [(10_000, "1%"), (2_500, "0.25%"), (1, "0.0001%"), (0, "0%"), (10**6, "100%")]
)
def test_rates_in_words(ppm: int, text: str) -> None:
    """A percentage has no decimals that it does not need."""
    assert rate_text(ppm) == text


def test_a_tolerance_completes_another_field_by_field() -> None:
    """The narrower rule wins where it says something, also where it says zero."""
    wider = Tolerance(ppm=10_000, floor=100, cap=500)
    assert Tolerance(floor=0).over(wider) == Tolerance(ppm=10_000, floor=0, cap=500)
    assert Tolerance().over(wider) == wider
    assert Tolerance(1, 2, 3).over(wider) == Tolerance(1, 2, 3)


def test_severity_has_amounts_by_currency() -> None:
    """A rate multiplies them, a currency's own table sets them; a pack has them all."""
    own = {"rates": {"JPY": "150", "KWD": "0.307"}, "KWD": {"critical_from": "20000"}}
    policy = Policy.of({"severity": {"critical_from": "40000", "warning_percent": 3, **own}})
    yen, dinar = (policy.severity.of(currency) for currency in ("JPY", "KWD"))
    assert policy.severity.of("USD").amounts() == policy.severity.amounts()
    amounts = (15_000, 150_000, 1_500_000, 6_000_000)
    assert tuple(yen.amounts().values()) == tuple(10_000 * amount for amount in amounts)
    assert tuple(dinar.amounts().values()) == (307_000, 3_070_000, 30_700_000, 200_000_000)
    assert (yen.warning_percent, dinar.warning_percent) == (3, 3)
    assert dict(policy.rows())["severity.JPY.critical_from"] == "6,000,000.00"
    assert Policy.of(policy_table(policy)) == policy
    assert not {"JPY", "currencies", "rates"} & {*policy_table(Policy())["severity"]}
