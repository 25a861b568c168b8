"""Revenue types behind the names of products and accounts.

Pure: `Subscription - Annual` is a Subscription; a name in which two types or none can be read is
left for the user to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recon.base.policy import KINDS

# Words of a type; the longer one is read first, so that it is no plain service.
_WORDS = {
    "professional services?": "Consulting", "consult(?:ing|ancy)|beratung": "Consulting",
    "subscriptions?|abonnements?|abo": "Subscription", "saas": "Subscription",
    "support": "Support", "maintenance|maint|wartung": "Maintenance",
    "implementations?|onboarding|implementierung": "Implementation",
    "set-?\\s?up|einrichtung": "Setup",
    "services?": "Service",
}  # fmt: skip
# Names that begin like revenue and are none: what is owed, or what is not earned yet.
_NO_REVENUE = re.compile(
    r"\b(?:un(?:earned|billed)|deferred|receivables?|payables?|cash|bank|tax|expenses?|costs?)\b",
    re.I,
)
_REVENUE = re.compile(r"revenue|\bincome\b|\bsales\b|umsatz", re.I)


@dataclass(frozen=True, slots=True)
class Types:
    """Values of a column: known types, aliases, and the rest."""

    known: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def type_of(value: str) -> str | None:
    """The one type that a name speaks of, else None."""
    exact = {name.casefold(): name for name in KINDS}.get(value.strip().casefold())
    if exact:
        return exact
    if is_no_revenue(value):
        return None
    rest, found = re.sub(r"[_.:/|-]+", " ", value), set()
    for words, name in _WORDS.items():
        rest, count = re.subn(rf"(?<![a-z])(?:{words})(?![a-z])", " ", rest, flags=re.I)
        found |= {name} if count else set()
    # Implementation services are implementation.
    found -= {"Service"} if len(found) > 1 else set()
    return found.pop() if len(found) == 1 else None


def types_of(values: Iterable[str]) -> Types:
    """The meaning of each value of a column."""
    known: list[str] = []
    aliases: dict[str, str] = {}
    unknown: list[str] = []
    folded = {name.casefold() for name in KINDS}
    for value in dict.fromkeys(value.strip() for value in values):
        if value.casefold() in folded:
            known.append(value)
        elif found := type_of(value):
            if value.casefold() not in map(str.casefold, aliases):
                aliases[value] = found
        else:
            unknown.append(value)
    return Types(tuple(known), aliases, tuple(unknown))


def share(values: Iterable[str]) -> float:
    """The share of values that name a type."""
    listed = list(values)
    return sum(type_of(value) is not None for value in listed) / len(listed) if listed else 0.0


def is_revenue(value: str) -> bool:
    """Whether an account's name is one of revenue."""
    if is_no_revenue(value):
        return False
    return bool(_REVENUE.search(value)) or type_of(value) is not None


def is_no_revenue(value: str) -> bool:
    """Whether an account's name is surely another one."""
    # DeferredRevenue is deferred revenue.
    return bool(_NO_REVENUE.search(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", value)))
