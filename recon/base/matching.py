"""Matching rules: by which columns two sides' documents are one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from recon.base import money


class By(StrEnum):
    """A column in which matched documents agree."""

    NUMBER = "number"
    CUSTOMER = "customer"
    CURRENCY = "currency"
    AMOUNT = "amount"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """A pass over the documents that are still open.

    `by` are the columns that must agree. Within `window` days where it is not None. An amount may
    differ by `ppm` millionths and by `room` ten-thousandths, the larger of the two. A rule that may
    `group` takes several documents of a side together; their sums must agree, but for a rule by
    sign, which takes them as they are.
    """

    name: str
    by: frozenset[By]
    window: int | None = None
    ppm: int = 0
    room: int = 0
    group: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether the amounts must agree to the last digit."""
        return By.AMOUNT in self.by and not (self.ppm or self.room)

    @property
    def is_plain(self) -> bool:
        """Whether its pairs agree in customer, currency and amount."""
        return not self.group and self.is_exact and {By.CUSTOMER, By.CURRENCY} <= self.by

    @property
    def words(self) -> str:
        """Its columns, window and tolerance as people read them."""
        compared = [column.value for column in By if column in self.by]
        if self.group:
            compared.append("several of a sign" if By.SIGN in self.by else "sum")
        parts = [", ".join(compared)]
        if self.window is not None:
            parts.append("same day" if not self.window else f"within {self.window} days")
        if self.room:
            parts.append(f"amounts up to {money.plain(self.room, '')} apart")
        if self.ppm:
            parts.append(f"amounts up to {self.ppm / 10_000:g}% apart")
        return "; ".join(parts)


def rule(
    name: str, by: Iterable[str], window: int | None = None, group: bool = False
) -> MatchingRule:
    """A rule by the names of its columns."""
    return MatchingRule(name, frozenset(map(By, by)), window, group=group)


# Within so many days two documents of one customer and amount are one, unless told otherwise.
WINDOW = 5


def usual_rules(window: int = WINDOW, *, group: bool = True) -> tuple[MatchingRule, ...]:
    """The rules that hold where none are configured, in order."""
    n, c, cur, amount, sign = By
    rules = (
        rule("number", (n, c, cur, amount)),
        rule("number, other customer", (n, cur, amount)),
        rule("number, other amount", (n, c, cur)),
        rule("number, other currency", (n, c, amount)),
        rule("number, sums", (n, c, cur), group=True),
        rule("number, other amount of that sign", (n, c, cur, sign)),
        rule("number, several of another amount", (n, c, cur, sign), group=True),
        rule("amount, same day", (c, cur, amount), window=0),
        rule("amount, near day", (c, cur, amount), window=window),
        rule("sums, near day", (c, cur), window=window, group=True),
    )
    return rules if group else tuple(each for each in rules if not each.group)


def fitting(
    rules: Iterable[MatchingRule], lacking: frozenset[By], *, days: bool
) -> tuple[MatchingRule, ...]:
    """The rules for sides that lack some columns, or days.

    A rule by number needs one; of other columns that are not there nothing is compared. Of rules
    that have become the same, the first stays.
    """
    found = dict[MatchingRule, str]()
    for each in rules:
        if By.NUMBER in each.by & lacking:
            continue
        window = each.window if days else None
        found.setdefault(replace(each, name="", by=each.by - lacking, window=window), each.name)
    return tuple(replace(each, name=name) for each, name in found.items())
