"""The terms of the specification that are not value over duration, in fractions, as `tests.oracle`.

Lines from start to close, of a monthly value, and contracts with several versions: each has
`expected` and `to_date` of a month, written (2024, 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests import oracle

Month = tuple[int, int]


def months_between(first: Month, last: Month) -> int:
    """Return how many months the last one is after the first."""
    return (last[0] - first[0]) * 12 + last[1] - first[1]


def whole_and_odd(start: date, end: date) -> tuple[int, Fraction]:
    """Return the whole months of a term, and its odd days as a part of a month."""
    after = end + timedelta(days=1)
    months = 0
    while oracle.add_months(start, months + 1) <= after:
        months += 1
    last = oracle.add_months(start, months)
    odd, of = (after - last).days, (oracle.add_months(start, months + 1) - last).days
    return months, Fraction(odd, of)


def dated_shares(  # noqa: PLR0911 - one a convention
    convention: str, start: date, end: date, start_rule: str
) -> list[Fraction]:
    """Return c(0), c(1) … 1 of a term from start to close."""
    days = (end - start).days + 1
    months, odd = whole_and_odd(start, end)
    n = months + odd
    calendar = months_between(oracle.month_of(start), oracle.month_of(end)) + 1
    if convention == "exact_days":
        return [*oracle._by_days(convention, start, end, days), Fraction(1)]
    if convention == "days_360":
        whole = oracle.days_up_to(convention, start, end)
        return [*oracle._by_days(convention, start, end, whole), Fraction(1)]
    if convention == "even" and start_rule == "half":
        begun = [(k + Fraction(1, 2)) / n for k in range(months)]
        return [Fraction(0), *begun, Fraction(1)]
    if convention == "even" or start.day == 1:
        # A start that is put off leaves the last months to what is before the close.
        late = start_rule == "rule_of_15" and start.day > 15
        room = max(calendar - late, 1) if convention == "even" else calendar
        found = [k / n for k in range(months + 1)] + ([Fraction(1)] if odd else [])
        return found if room >= len(found) - 1 else [*found[:room], Fraction(1)]
    if calendar == 1:
        return [Fraction(0), Fraction(1)]
    in_first = oracle.last_day(start).day
    first = Fraction(in_first - start.day + 1, in_first)
    if convention == "prorate_period_rate":
        first = min(first, n - (calendar - 2))
        return [Fraction(0), *((first + k) / n for k in range(calendar - 1)), Fraction(1)]
    first, last = Fraction(in_first - start.day + 1, days), Fraction(end.day, days)
    middle = (1 - first - last) / (calendar - 2) if calendar > 2 else Fraction(0)
    return [Fraction(0), *(first + k * middle for k in range(calendar - 1)), Fraction(1)]


@dataclass(frozen=True)
class DatedLine:
    """A line from start to close; it may be terminated before."""

    value: Fraction
    start: date
    end: date
    decimals: int
    convention: str
    rounding: str
    start_rule: str
    stop_rule: str
    stop: date | None = None

    @property
    def first_month(self) -> Month:
        """Return the first active month."""
        late = self.convention == "even" and self.start_rule == "rule_of_15" and self.start.day > 15
        return oracle.month_after(self.start, 1 if late else 0)

    def shares(self) -> list[Fraction]:
        """Return the shares up to the month of the stop."""
        c = dated_shares(self.convention, self.start, self.end, self.start_rule)
        return stopped(c, self, self.stop)

    def to_date(self, month: Month) -> Fraction:
        """Return what is due up to and including a month."""
        k = max(months_between(self.first_month, month) + 1, 0)
        periods = oracle.spread(self.value, self.decimals, self.rounding, self.shares())
        return sum(periods[:k], Fraction(0))

    def expected(self, month: Month) -> Fraction:
        """Return what is due in a month."""
        return self.to_date(month) - self.to_date(before(month))


def before(month: Month) -> Month:
    """Return the month before a month."""
    return (month[0] - 1, 12) if month[1] == 1 else (month[0], month[1] - 1)


def stopped(c: list[Fraction], line: DatedLine, stop: date | None) -> list[Fraction]:
    """Return the shares up to the month in which a line stops before its end."""
    if stop is None or stop >= line.end:
        return c
    k = months_between(line.first_month, oracle.month_of(stop))
    if k < 0 or k + 1 >= len(c):
        return c[:1] if k < 0 else c
    share = oracle.stop_share(line.convention, line.stop_rule, line.start, line.end, stop)
    return [*c[: k + 1], c[k] + (c[k + 1] - c[k]) * share]


@dataclass(frozen=True)
class MonthlyLine:
    """A line whose value is that of a month, which may have no end."""

    value: Fraction
    start: date
    decimals: int
    convention: str
    start_rule: str
    stop_rule: str
    months: int | None = None
    stop: date | None = None
    rounding: str = ""

    @property
    def end(self) -> date:
        """Return the last day by the duration."""
        return oracle.term_end(self.start, self.months) if self.months else date(9998, 12, 31)

    def expected(self, month: Month) -> Fraction:
        """Return what is due in a month."""
        return oracle.rounded(self.value * self._share(month), self.decimals)

    def to_date(self, month: Month) -> Fraction:
        """Return what is due up to and including a month."""
        found, at = Fraction(0), oracle.month_of(self.start)
        while at <= month:
            found += self.expected(at)
            at = (at[0] + at[1] // 12, at[1] % 12 + 1)
        return found

    def _share(self, month: Month) -> Fraction:
        stop = self.stop if self.stop and self.stop < self.end else None
        if stop and oracle.month_of(stop) < month:
            return Fraction(0)
        if self.convention != "even":
            return self._by_days(month, min(stop or self.end, self.end))
        late = self.start_rule == "rule_of_15" and self.start.day > 15
        k = months_between(oracle.month_of(self.start), month) - late
        part = Fraction(k >= 0)
        if self.start_rule == "half":
            part = Fraction(1, 2) if k in (0, self.months) else part
        last = (self.months or 10**6) - (self.start_rule != "half")
        if k > last:
            return Fraction(0)
        if stop and oracle.month_of(stop) == month:
            return part * self._stop_share(stop)
        return part

    def _stop_share(self, stop: date) -> Fraction:
        if self.stop_rule == "full" or stop == oracle.last_day(stop):
            return Fraction(1)
        if self.stop_rule == "none" or stop < self.start:
            return Fraction(0)
        first = max(self.start, stop.replace(day=1))
        if self.stop_rule == "days" and self.months and self.start_rule == "half":
            k = months_between(oracle.month_of(self.start), oracle.month_of(stop))
            first = stop.replace(day=1) if k == self.months else first
        return Fraction((stop - first).days + 1, oracle.last_day(stop).day)

    def _by_days(self, month: Month, last: date) -> Fraction:
        opens = max(self.start, date(*month, 1))
        closes = min(last, oracle.last_day(date(*month, 1)))
        if closes < opens:
            return Fraction(0)
        if self.convention == "days_360":
            closing = 30 if closes == oracle.last_day(closes) else min(closes.day, 30)
            return Fraction(closing - min(opens.day, 30) + 1, 30)
        return Fraction((closes - opens).days + 1, oracle.last_day(opens).day)


@dataclass(frozen=True)
class Version:
    """What a contract is from a month on: value and months, and the day on which it stops."""

    valid_from: date
    value: Fraction
    months: int
    stop: date | None = None


def _rest(
    rest: Fraction,
    whole: list[Fraction],
    c: list[Fraction],
    k0: int,
    decimals: int,
    rounding: str,
) -> list[Fraction]:
    """Return the amounts of a version's periods from the one on in which it holds.

    `whole` are the shares of its term, and `c` those up to its stop.
    """
    if k0 >= len(whole) - 1:
        # The term is over: the rest is due at once, unless the line had stopped before.
        over = len(c) - 1 <= k0 and c[-1] < 1
        return [] if over else [oracle.rounded(rest, decimals)]
    if k0 > len(c) - 1 or (k0 == len(c) - 1 and c[-1] < 1):
        return []
    left = [(share - c[k0]) / (1 - whole[k0]) for share in c[k0:]]
    return oracle.spread(rest, decimals, rounding, left)


@dataclass(frozen=True)
class VersionedLine:
    """A contract with several versions, in their order; all count from its start."""

    start: date
    versions: Sequence[Version]
    decimals: int
    convention: str
    rounding: str
    start_rule: str
    stop_rule: str
    catch_up: bool = False

    def _line(self, version: Version) -> oracle.Line:
        return oracle.Line(
            version.value, version.months, self.start, self.decimals, self.convention,
            self.rounding, version.stop, self.start_rule, self.stop_rule,
        )  # fmt: skip

    def to_date(self, month: Month) -> Fraction:
        """Return what is due up to and including a month."""
        changes = [oracle.month_of(version.valid_from) for version in self.versions]
        in_force = max((n for n, at in enumerate(changes) if at <= month), default=0)
        if self.catch_up:
            return self._line(self.versions[in_force]).to_date(month)
        earned = Fraction(0)
        for n, version in enumerate(self.versions[: in_force + 1]):
            until = month if n == in_force else min(month, before(changes[n + 1]))
            if n and until < changes[n]:
                continue
            earned += self._window(version, changes[n] if n else None, until, earned)
        return earned

    def _window(
        self, version: Version, change: Month | None, until: Month, earned: Fraction
    ) -> Fraction:
        """Return what a version gives from its month on."""
        line = self._line(version)
        whole = oracle.shares(self.convention, self.start, version.months, self.start_rule)
        k0 = max(months_between(line.first_month, change), 0) if change else 0
        k = max(months_between(line.first_month, until) + 1, 0)
        periods = _rest(
            version.value - earned, whole, line._stopped(whole), k0, self.decimals, self.rounding
        )
        return sum(periods[: k - k0], Fraction(0))

    def expected(self, month: Month) -> Fraction:
        """Return what is due in a month."""
        return self.to_date(month) - self.to_date(before(month))


@dataclass(frozen=True)
class FiscalVersions:
    """A contract with several versions over fiscal periods, known by their places in the table."""

    start: date
    versions: Sequence[Version]
    table: list[tuple[date, date]]
    decimals: int
    convention: str
    rounding: str
    start_rule: str
    stop_rule: str
    catch_up: bool = False

    def _line(self, version: Version) -> oracle.FiscalLine:
        return oracle.FiscalLine(
            version.value, version.months, self.start, self.table, self.decimals, self.convention,
            self.rounding, version.stop, self.start_rule, self.stop_rule,
        )  # fmt: skip

    def to_date(self, at: int) -> Fraction:
        """Return what is due up to and including a period."""
        changes = [self._line(each).place(each.valid_from) for each in self.versions]
        in_force = max((n for n, place in enumerate(changes) if place <= at), default=0)
        if self.catch_up:
            return self._line(self.versions[in_force]).to_date(at)
        earned = Fraction(0)
        for n, version in enumerate(self.versions[: in_force + 1]):
            until = at if n == in_force else changes[n + 1] - 1
            line = self._line(version)
            k0 = max(changes[n] - line.first, 0) if n else 0
            periods = self._from(line, k0, version.value - earned)
            if not n or until >= changes[n]:
                earned += sum(periods[: max(until - line.first + 1 - k0, 0)], Fraction(0))
        return earned

    def _from(self, line: oracle.FiscalLine, k0: int, rest: Fraction) -> list[Fraction]:
        """Return the amounts of a version's periods from the one on in which it holds."""
        whole, at = [Fraction(0)], line.first
        while whole[-1] < 1:
            whole.append(line._whole(at))
            at += 1
        c = [Fraction(0), *(line._share(k) for k in range(line.last - line.first + 1))]
        return _rest(rest, whole, c, k0, self.decimals, self.rounding)

    def expected(self, at: int) -> Fraction:
        """Return what is due in a period."""
        return self.to_date(at) - self.to_date(at - 1)
