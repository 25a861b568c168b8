"""The parts of a period, as a relation of SQL.

`bucket` is the key of a part; `first_day` and `last_day` are its days, `before_first`,
`before_last`, `year_first` and `year_last` those of the part before and of a year before,
`twelve_first` the first day of its last twelve months, `days` their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from recon.kpi.facts import Fact, Window
from recon.kpi.period import Period, Unit, add_months, part

_TRUNC = "CAST(date_trunc('{unit}', {day}) AS DATE)"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of a period, and those before it."""

    key: date
    this: Period
    before: Period
    year: Period

    @property
    def twelve_first(self) -> date:
        """The first day of the last twelve months."""
        return add_months(self.this.last + timedelta(days=1), -12)

    def days(self, window: Window) -> tuple[date, date]:
        """The first and the last day of a window."""
        return {
            Window.THIS: (self.this.first, self.this.last),
            Window.PREVIOUS: (self.before.first, self.before.last),
            Window.YEAR_BEFORE: (self.year.first, self.year.last),
            Window.TWELVE_MONTHS: (self.twelve_first, self.this.last),
            Window.UNTIL: (date.min, self.this.last),
        }[window]


@dataclass(frozen=True, slots=True)
class Buckets:
    """The parts of a period, or the whole as one."""

    parts: Sequence[Bucket]
    unit: Unit | None = None

    def relation(self) -> str:
        """Its parts as a relation."""
        rows = ", ".join(f"({', '.join(_literals(each))})" for each in self.parts)
        return (
            f"(VALUES {rows}) AS v(bucket, first_day, last_day, before_first, before_last, "
            "year_first, year_last, twelve_first, days)"
        )

    def rows(self, fact: Fact) -> tuple[str, str, str]:
        """A fact's bucket, its relation after FROM, and its condition."""
        source = fact.source.replace("{buckets}", "buckets")
        if fact.own_buckets:
            return "f.bucket", f"{source} f", "true"
        day = f"f.{fact.day}"
        if len(self.parts) == 1:
            first, last = self.parts[0].days(fact.window)
            return _day(self.parts[0].key), f"{source} f", _between(day, first, last)
        if fact.window is Window.THIS and self._are_whole:
            first, last = self.parts[0].this.first, self.parts[-1].this.last
            return self._key(day), f"{source} f", _between(day, first, last)
        low, high = _COLUMNS[fact.window]
        joined = f"buckets b JOIN {source} f ON {day} BETWEEN {low} AND {high}"
        return "b.bucket", joined, "true"

    @property
    def _are_whole(self) -> bool:
        """Whether each part's key follows from its days."""
        return self.unit is not None and all(
            part(each.this.first, self.unit, each.this.periods).first == each.key
            for each in self.parts
        )

    def _key(self, day: str) -> str:
        if self.unit is Unit.PERIOD:
            return f"month_start(month_index({day}))"
        return day if self.unit is Unit.DAY else _TRUNC.format(unit=self.unit, day=day)


_COLUMNS: Mapping[Window, tuple[str, str]] = {
    Window.THIS: ("b.first_day", "b.last_day"),
    Window.PREVIOUS: ("b.before_first", "b.before_last"),
    Window.YEAR_BEFORE: ("b.year_first", "b.year_last"),
    Window.TWELVE_MONTHS: ("b.twelve_first", "b.last_day"),
    Window.UNTIL: ("DATE '0001-01-01'", "b.last_day"),
}


def divided(period: Period, unit: Unit | None, shift: str = "") -> Buckets:
    """The parts of a period; shifted ones keep the keys.

    `shift` is '', 'previous' or 'year'.
    """
    found = []
    for each in [period] if unit is None else period.buckets(unit):
        key = each.first if unit is None else part(each.first, unit, each.periods).first
        days = each.before() if shift == "previous" else each.year_before() if shift else each
        found.append(Bucket(key, days, days.before(), days.year_before()))
    return Buckets(found, unit)


def _literals(bucket: Bucket) -> list[str]:
    days = [
        bucket.key, bucket.this.first, bucket.this.last, bucket.before.first, bucket.before.last,
        bucket.year.first, bucket.year.last, bucket.twelve_first,
    ]  # fmt: skip
    return [*map(_day, days), str(bucket.this.days)]


def _between(day: str, first: date, last: date) -> str:
    return f"{day} BETWEEN {_day(first)} AND {_day(last)}"


def _day(day: date) -> str:
    return f"DATE '{day}'"
