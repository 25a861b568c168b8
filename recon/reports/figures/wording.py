"""Values of figures as people and programs read them."""

from __future__ import annotations

from datetime import date

from recon.base import money
from recon.base.money import SCALE
from recon.base.text import counted
from recon.kpi.measures import Unit
from recon.kpi.result import Column, Figures

UNKNOWN = "n/a"
_FILES = 12
_DECIMALS = {Unit.DAYS: 1, Unit.TIMES: 2}


def shown(value: int | None, column: Column, currency: str) -> str:
    """A value for people: `1,234.50`, `+5.50%`, `36.2`, `n/a`."""
    if value is None:
        return UNKNOWN
    if column.unit is Unit.DATE:
        return str(date.fromordinal(value))
    sign = "+" if column.change and value > 0 else "-" if value < 0 else ""
    return sign + _shown(abs(value), column.unit, currency)


def _shown(value: int, unit: Unit, currency: str) -> str:
    if unit is Unit.AMOUNT:
        return money.pretty(value, currency)
    if unit in (Unit.PERCENT, Unit.POINTS):
        return f"{value // 100:,}.{value % 100:02}{'%' if unit is Unit.PERCENT else ' pt'}"
    whole, rest = divmod(value, SCALE)
    if unit in _DECIMALS:
        places = _DECIMALS[unit]
        return f"{whole:,}.{rest // 10 ** (4 - places):0{places}}"
    return f"{whole:,}" + (f".{rest:04}".rstrip("0") if rest else "")


def plain(value: int | None, unit: Unit = Unit.AMOUNT) -> str:
    """A value for machines: `1234.5`, '' where not known."""
    if value is None:
        return ""
    if unit is Unit.DATE:
        return str(date.fromordinal(value))
    whole, rest = divmod(abs(value), SCALE)
    text = f"{whole}.{rest:04}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def heading(figures: Figures) -> str:
    """The view and its period, in words."""
    days = f"{figures.first} to {figures.last}" if figures.first < figures.last else figures.first
    name = f"{figures.period}, " if figures.period != str(days) else ""
    return f"{figures.title}: {name}{days}"


def origin(figures: Figures) -> str:
    """Filters and snapshot, in words."""
    filters = f"Only {'; '.join(figures.filters)}. " if figures.filters else ""
    if figures.snapshot is None:
        return filters or "From the books of the month."
    return f"{filters}From snapshot {figures.snapshot} of the store."


def control_lines(figures: Figures) -> list[str]:
    """The control totals and the files, in words."""
    lines = [
        f"Control totals of {fact} in the period, before any filter: {'; '.join(lines) or 'none'}."
        for fact, lines in figures.control.items()
    ]
    if figures.files:
        more = len(figures.files) - _FILES
        rest = f" and {counted(more, 'more file')}" if more > 0 else ""
        lines.append(f"The period's sales came in {', '.join(figures.files[:_FILES])}{rest}.")
    return lines
