"""Questions to a view: period, dimensions, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recon.kpi.compiled import Filter
from recon.kpi.measures import MEASURES, Measure
from recon.kpi.period import Calendar, Period, Unit, add_months, part


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, how it is divided, filtered and compared.

    `known` are the measures that there are, the user's own among them.
    """

    period: Period
    calendar: Calendar
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    compare: tuple[str, ...] = ()
    top: int | None = None
    known: Mapping[str, Measure] = field(default_factory=lambda: MEASURES)

    def ending(self, months: int) -> Period:
        """Some months up to the period's end, else the period."""
        if not months:
            return self.period
        last = part(self.period.last, Unit.MONTH)
        first = add_months(last.first, 1 - months)
        name = f"{first:%Y-%m}..{last.name}"
        return Period(first, self.period.last, name, None, self.period.periods)
